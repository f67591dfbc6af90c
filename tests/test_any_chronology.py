"""The engine serves any chronology: what it is about stands in `events/` and `metadata.yml`."""

from __future__ import annotations

import ast
import html
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import naval
import pytest
from conftest import ROOT
from in_process import in_process
from server import ids, publish, run
from small_chronology import EVENTS, START
from test_as_written import APOLLO, LANDING, SPLASH, WRITTEN
from test_web_facets import counts, facets

# The levels as names of something; "in front of" is only English.
LEVELS = r"(?:^|[_\"'])(?:fronts?|army|armies)(?:$|[\"'])"
WORDS = rf"belgrade|yugoslav|balkan|soviet|german|ukrainian|{LEVELS}"
OTHER_WORDS = re.compile(WORDS, re.IGNORECASE)
HEADER = "format: 1\nbatch: more\nrecorded: 2026-02-01T00:00:00Z\nrecords:\n"
LATER = HEADER.replace("more", "later")
SUBJECT = re.compile(f"1944|{WORDS}", re.IGNORECASE)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over what `chronology init` makes."""
    folder = tmp_path_factory.mktemp("example") / "harrowmere"
    command = [sys.executable, "-c", "from chronology.cli import main; main()", "init", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    run(folder)
    with in_process(folder) as client:
        yield client


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over a chronology of the 18th century."""
    folder = publish(tmp_path_factory.mktemp("fleets") / "it", naval.BATCHES)
    (folder / "metadata.yml").write_text(naval.METADATA, "utf-8")
    with in_process(folder) as client:
        yield client


def test_a_new_chronology_has_facets_and_filters(example: httpx.Client) -> None:
    found = facets(example, "")

    assert counts(found["places"]) == {"Mill Bridge": 2, "Harrowmere": 1}
    assert ids(example, "_place=mill-bridge") == {
        "mill-bridge-collapses",
        "rebuilding-of-the-bridge",
    }
    assert len(ids(example, "_place=harrowmere")) == 3


def test_pages_show_dates_as_the_sources_write_them(tmp_path: Path) -> None:
    folder = publish(tmp_path / "it", {"0001.yml": START, "0002.yml": HEADER + WRITTEN})
    shown = {
        "people/ivan": "4 June 1894 O.S.|in the year of the comet|the next day|in his youth",
        "sources/three": "Anno MCMXLIV|New Year",
        "formations/d1": "18 Sept O.S.|till Christmas|the day of the liberation",
        "events/spoken": "the next day",
    }

    with in_process(folder) as client:
        pages = {path: client.get(f"/timeline/{path}").text for path in shown}
        battle = client.get("/-/chronology/order-of-battle?_day=1944-10-14").text
        data = client.get("/timeline/events/spoken.json").json()
    for path, texts in shown.items():
        for text in texts.split("|"):
            assert f"written: {text}" in pages[path], (path, text)
    assert "written: 18 Sept O.S." in battle
    assert data["accounts"][0]["said_as_written"] == "the next day"


def test_years_of_more_than_four_digits_are_shown_and_filter(tmp_path: Path) -> None:
    long_ago = "- {person: rex, name: Rex, born: Y-68000000~}\n"
    folder = publish(tmp_path / "it", {"1.yml": START, "2.yml": EVENTS, "3.yml": HEADER + long_ago})

    with in_process(folder) as client:
        assert "born about 68,000,001 BC" in client.get("/timeline/people/rex").text
        assert ids(client, "_within=Y-65000000/1944-10-14") == {"nis-taken"}
        assert ids(client, "_within=Y-65000000") == set()
        assert client.get("/?_within=Y-65000000/1944-10-14").status_code == 200


def test_the_time_since_the_zero_is_wherever_the_date_is(tmp_path: Path) -> None:
    folder = publish(
        tmp_path / "it", {"1.yml": APOLLO, "2.yml": HEADER + LANDING, "3.yml": LATER + SPLASH}
    )
    day = "/?_within=1972-12-11"
    paths = ["/", day, "/timeline/events", "/timeline/events/landing"]
    formats = [f"/timeline/events.{form}" for form in ("csv", "geojson", "ics", "atom", "jsonld")]
    data = ["/timeline/events.json?_shape=array", "/-/chronology/points.json"]

    with in_process(folder) as client:
        shown = {path: client.get(path).text for path in [*paths, *formats, *data]}
        (row,) = client.get("/timeline/events.json?_shape=array&id=splash").json()
    for path, text in shown.items():
        assert "T+110:21:58" in text, path
    # The date of the event, and that of its account as written.
    assert shown["/timeline/events/landing"].count("T+110:21:58") == 2
    assert re.search(r'<span class="elapsed"[^>]*>T\+110:21:58</span>', shown[day])
    assert row["elapsed"] == "T+301:51"
    assert "As written" not in shown["/timeline/events.ics"]


def test_another_chronology_answers_an_unknown_name_with_its_own(fleets: httpx.Client) -> None:
    answer = fleets.get("/timeline/events.json?_fleet=Nobody")

    assert answer.status_code == 400
    assert "Leeward Fleet" in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/", "/timeline/events", "/timeline/events/mill-bridge-collapses"]
)
def test_the_pages_of_a_new_chronology_are_about_it_alone(example: httpx.Client, path: str) -> None:
    page = example.get(path)

    assert page.status_code == 200
    assert "Harrowmere" in page.text
    assert not re.search("1944|Belgrade|By front|By army", page.text)


MILITARY = re.compile(
    r"formation|\barm(?:y|ies)\b|\bfronts?\b|order of battle|\bunits?\b|militar|\bsides?\b|battle"
    r"|subordinate|superior|\bcommand|division|corps|troops|siege",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)


def test_a_chronology_without_formations_has_no_military_word_on_any_page(
    example: httpx.Client,
) -> None:
    """All its pages but the list of tables, which names the columns of each."""
    waiting, seen, found = ["/"], set[str](), []
    while waiting and len(seen) < 80:
        address = waiting.pop(0)
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        answer = example.get(address)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        text = HIDDEN.sub("", answer.text)
        spoken = " ".join(re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', text))
        said = re.sub(r"<[^>]+>", " ", text) + spoken
        found += [(address, word) for word in MILITARY.findall(said)]
        links = [html.unescape(link) for link in re.findall(r'href="([^"#]+)', text)]
        # One of each kind of filter: the days of the window are many.
        waiting += [
            str(httpx.URL(address).join(link))
            for link in links
            if not re.search(r"_tables|/log\?|_within=1421-0[3-6]-[0-3][2-9]", link)
        ]
    assert {"/", "/timeline/events", "/timeline/people", "/timeline/history"} <= seen
    assert found == []


def test_another_century_has_its_own_facets_filters_and_months(fleets: httpx.Client) -> None:
    found = facets(fleets, "")

    assert counts(found["fleets"]) == {"Leeward Fleet": 1}
    assert counts(found["squadrons"]) == {"Van Squadron": 2}
    assert list(counts(found["months"])) == ["1781-01", "1782-04"]
    assert ids(fleets, "_fleet=leeward") == {"battle-off-dominica"}
    assert ids(fleets, "_squadron=Van+Squadron") == {"battle-off-dominica", "barfleur-arrives"}
    assert ids(fleets, "_certain=1782-04") == {"battle-off-dominica", "sailing-from-fort-royal"}
    assert ids(fleets, "_place=antilles&_within=1782-04-08") == {"sailing-from-fort-royal"}


def test_another_century_has_its_own_pages(fleets: httpx.Client) -> None:
    home = fleets.get("/").text
    event = fleets.get("/timeline/events/battle-off-dominica").text

    assert "Fleets in the West Indies" in home
    assert "By squadron" in home
    assert "1944" not in home
    assert "The sources disagree about the date." in event
    assert "Leeward Fleet" in event


def test_a_parameter_of_another_chronology_has_no_effect(fleets: httpx.Client) -> None:
    assert len(ids(fleets, "_front=x")) == 3


@pytest.mark.parametrize("path", sorted((ROOT / "chronology").rglob("*.py")), ids=lambda p: p.name)
def test_no_string_of_the_code_is_about_one_chronology(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    explained = {
        id(text) for node in ast.walk(tree) if _is_explanation(node) for text in ast.walk(node)
    }
    # The reasons why a text is not a date have dates as examples.
    about = OTHER_WORDS if path.name.startswith("edtf") else SUBJECT
    found = [
        f"{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in explained and about.search(node.value)
    ]

    assert found == []


def _is_explanation(node: ast.AST) -> bool:
    """Docstrings and the texts of help, which may give examples."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.keyword) and node.arg in ("help", "remedy", "epilog")


def test_no_template_or_style_is_about_one_chronology() -> None:
    web = ROOT / "chronology" / "web"
    own = [*(web / "templates").rglob("*.html"), *(web / "static").glob("*.*")]

    assert own
    assert [path.name for path in own if OTHER_WORDS.search(path.read_text("utf-8"))] == []
