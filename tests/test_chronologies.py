"""Several chronologies in one server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from datasette.utils import tilde_encode
from several_databases import Links, Served, make_databases


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("databases")
    make_databases(folder)
    return folder


@pytest.fixture(scope="module")
def two(folder: Path) -> Served:
    """Two chronologies and the club in one server."""
    return Served(*(folder / f"{name}.db" for name in ("timeline", "fleets & sails", "club")))


def test_several_are_listed_at_the_root(two: Served) -> None:
    page = two.get("/").text
    found = Links(page).found

    assert "A test" in page
    assert "Fleets in the West Indies" in page
    assert "1 September to 30 November 1944" in page
    assert "<b>2</b> events" in page
    assert {"/timeline", f"/{tilde_encode('fleets & sails')}", "/club"} <= set(found)


@pytest.mark.parametrize("name", ["timeline", "fleets & sails"])
def test_each_of_several_has_a_whole_site(two: Served, name: str) -> None:
    """Every address within two steps of the home answers, and stays with the chronology."""
    base = f"/{tilde_encode(name)}"
    own = f"_db={tilde_encode(name).replace('~26', '%26')}"
    seen: dict[str, httpx.Response] = {}
    ahead = [base]
    for _ in range(2):
        seen.update(zip(ahead, two.get_all(ahead, follow_redirects=True), strict=True))
        pages = [seen[a].text for a in ahead if "html" in seen[a].headers["content-type"]]
        links = {link.partition("#")[0] for page in pages for link in Links(page).found}
        ahead = sorted(links - seen.keys() - {"/", "/-/logout"})[:60]

    assert len(seen) > 30
    assert {address: a.status_code for address, a in seen.items() if a.status_code != 200} == {}
    for address in seen:
        assert address.startswith(base) or own in address, address


def test_the_home_of_each_shows_its_own_events(two: Served) -> None:
    test, fleets = two.get_all(["/timeline", f"/{tilde_encode('fleets & sails')}"])

    assert "Belgrade is taken" in test.text
    assert "Belgrade is taken" not in fleets.text
    assert '"database": {"_db": "timeline"}' in test.text
    assert '"database": {"_db": "fleets \\u0026 sails"}' in fleets.text


@pytest.mark.parametrize("page", ["points.json", "order-of-battle.json", "disagreements.json"])
def test_data_of_several_has_to_be_named(two: Served, page: str) -> None:
    address = f"/-/chronology/{page}"
    unnamed, unknown, named = two.get_all(
        [address, f"{address}?_db=club", f"{address}?_db=fleets+%26+sails"]
    )

    assert unnamed.status_code == 400
    assert "add _db=timeline or _db=fleets+%26+sails" in unnamed.json()["error"]
    assert unknown.status_code == 400
    assert "'club' is not a chronology. Chronologies: " in unknown.json()["error"]
    assert named.status_code == 200
    assert "Belgrade" not in named.text


def test_without_a_name_the_page_lists_the_chronologies(two: Served) -> None:
    answer = two.get("/-/chronology/disagreements?kind=action")

    assert answer.status_code == 400
    found = Links(answer.text).found
    assert "/-/chronology/disagreements?_db=timeline&kind=action" in found


def test_the_checkpoint_of_each_is_its_own(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.db").write_bytes((folder / "timeline.db").read_bytes())
    (tmp_path / "two" / "checkpoint.txt").write_text("signed\n", "utf-8")
    served = Served(tmp_path / "one" / "one.db", tmp_path / "two" / "two.db")
    address = "/-/chronology/checkpoint"
    found = served.get_all([address, f"{address}?_db=one", f"{address}?_db=two"])

    assert [answer.status_code for answer in found] == [400, 404, 200]
    assert found[2].text == "signed\n"


def test_the_routes_behind_an_address_are_none_themselves(two: Served) -> None:
    paths = ["/-/chronology/of", "/-/chronology/of/timeline", "/-/chronology/of/club/events.csv"]

    assert [answer.status_code for answer in two.get_all(paths)] == [404, 404, 404]


def test_one_chronology_need_not_be_named(folder: Path) -> None:
    served = Served(folder / "my chron.2.db", folder / "club.db")
    paths = ["/", "/-/chronology/disagreements", "/-/chronology/disagreements?_db=my+chron.2"]

    for answer in served.get_all(paths):
        assert answer.status_code == 200
        assert "_db=fleets" not in answer.text
    assert "_db=" not in served.get("/").text


def test_what_an_actor_may_not_see_is_neither_listed_nor_named(folder: Path) -> None:
    hidden = {"databases": {"fleets & sails": {"allow": {"id": "admiral"}}}}
    served = Served(folder / "timeline.db", folder / "fleets & sails.db", metadata=hidden)
    paths = ["/", "/-/chronology/points.json", "/-/chronology/points.json?_db=fleets+%26+sails"]
    home, points, named = served.get_all(paths)
    admiral = served.get("/", cookies={"ds_actor": cookie(served, "admiral")})

    assert "<h1>A test</h1>" in home.text
    assert points.status_code == 200
    assert named.status_code == 400
    for answer in (home, points, named):
        assert "West Indies" not in answer.text
    assert "Chronologies: timeline." in named.json()["error"]
    assert "Fleets in the West Indies" in admiral.text
    assert served.get(f"/{tilde_encode('fleets & sails')}").status_code == 403


def cookie(served: Served, actor: str) -> str:
    return str(served.datasette.sign({"a": {"id": actor}}, "actor"))
