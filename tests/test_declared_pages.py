"""Dimensions of tags, quantities, names and importance on pages, in lists and in exports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

import httpx
import pytest
import space_chronology
from in_process import in_process
from server import ids, publish
from test_web_facets import counts, facets

from chronology.batches import csv_reader
from chronology.web.pages.quantity_charts import scale_of


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with in_process(
        publish(tmp_path_factory.mktemp("space") / "it", space_chronology.BATCHES)
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_theme=race", {"luna-9", "surveyor-1"}),
        ("_theme=Space+race&_theme=geology", {"surveyor-1"}),
        ("_country=ussr&_within=1966-02", {"luna-9"}),
        ("theme__arraycontains=Geology", {"surveyor-1", "luna-24"}),
        ("mass_kg__gte=100&mass_kg__lte=292", {"surveyor-1"}),
        ("mass_kg__gt=100&_theme=geology", {"surveyor-1", "luna-24"}),
        ("days__isnull=1", {"surveyor-1", "luna-24", "launch-of-luna-9"}),
        ("_person=smith", {"luna-9", "luna-24"}),
        ("_person=smith-2", {"surveyor-1", "luna-24"}),
        ("_search=СССР", {"luna-9", "launch-of-luna-9"}),
        ("_search=садится", {"luna-9"}),
    ],
)
def test_a_filter_selects_its_events(space: httpx.Client, query: str, found: set[str]) -> None:
    assert ids(space, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [("_theme=race", {"luna-9", "surveyor-1"}), ("mass_kg__gte=500", {"luna-24"})],
)
def test_a_filter_selects_the_events_of_a_position(
    space: httpx.Client, query: str, found: set[str]
) -> None:
    address = f"/timeline/events.json?_shape=array&{query}&_as_of=16"
    answer = space.get(address, follow_redirects=True)

    assert {row["id"] for row in answer.json()} == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("_theme=usa", "'usa' is not a theme. Values of theme: Geology, Space race."),
        ("_person=John+Smith", "is the name of several people: smith, smith-2."),
        ("_person=smith&_as_of=16", "events of the past are found by name alone"),
        ("_person=nobody", "'nobody' is not a person"),
    ],
)
def test_an_unknown_value_is_named(space: httpx.Client, query: str, message: str) -> None:
    answer = space.get(f"/timeline/events.json?{query}", follow_redirects=True)

    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_tags_are_facets_of_the_list(space: httpx.Client) -> None:
    found = facets(space, "kind=landing")

    assert counts(found["country"]) == {"Soviet Union": 1, "United States": 1}
    assert counts(found["theme"]) == {"Geology": 2, "Space race": 2}


def test_a_list_is_sorted_by_a_quantity(space: httpx.Client) -> None:
    rows = space.get("/timeline/events.json?_shape=array&_sort_desc=mass_kg").json()

    assert [row["mass_kg"] for row in rows] == [515, 292, 99, None]


def test_the_home_page_has_lanes_colours_filters_and_charts(space: httpx.Client) -> None:
    page = space.get("/").text
    explore = json.loads(re.findall(r'id="explore">(.*?)</script>', page)[0])

    assert explore["series"] == ["Soviet Union", "United States"]
    assert explore["tags"] == {"country": "Country", "theme": "Theme"}
    assert '<option value="theme" data-column="theme">theme</option>' in page
    assert '<select name="_country">' in page
    assert 'name="mass_kg__gte"' in page
    assert "Mass (kg) over time" in page
    assert page.count('class="dot') == 4  # Three masses and a number of days.
    assert "no country named" in page
    assert "By theme" in page


def test_a_filter_by_a_quantity_is_named_and_kept(space: httpx.Client) -> None:
    page = space.get("/?mass_kg__gte=200&_theme=geology").text

    assert "<span>Mass (kg) at least</span> 200" in page
    assert 'name="mass_kg__gte" value="200"' in page
    assert '<input type="hidden" name="mass_kg__gte"' not in page


def test_the_lanes_can_be_those_of_any_dimension(space: httpx.Client) -> None:
    answer = space.get("/?_lane=theme").text
    refused = space.get("/?_lane=themes")

    assert '<option value="theme" data-column="theme" selected>' in answer
    assert refused.status_code == 400
    assert "Lanes: country, theme, place, kind." in refused.text


def test_the_data_of_the_home_page_has_tags_and_importance(space: httpx.Client) -> None:
    data = space.get("/-/chronology/points.json").json()
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]

    importances = {row["id"]: row["importance"] for row in rows}
    assert importances == {
        "luna-9": 5,
        "surveyor-1": 4,
        "luna-24": None,
        "launch-of-luna-9": None,
    }
    themes = {row["id"]: [data["names"]["theme"][n] for n in row["theme"]] for row in rows}
    assert themes["surveyor-1"] == ["Space race", "Geology"]


def test_the_page_of_an_event_shows_what_is_declared(space: httpx.Client) -> None:
    page = space.get("/timeline/events/luna-9").text
    launch = space.get("/timeline/events/launch-of-luna-9").text

    assert 'lang="ru">Луна-9 садится</span>' in page
    assert '<dt>Country</dt><dd><a href="/timeline/tags/ussr">Soviet Union</a></dd>' in page
    assert "<dt>Mass</dt><dd>99 kg</dd>" in page
    assert "<dt>Importance</dt><dd>5 of 5</dd>" in page
    assert "(then Leningrad)" in launch


def test_the_json_of_an_event_has_tags_and_quantities(space: httpx.Client) -> None:
    found = space.get("/timeline/events/luna-9.json").json()

    assert found["tags"] == [
        {"id": "ussr", "name": "Soviet Union", "dimension": "country", "label": "Country"},
        {"id": "race", "name": "Space race", "dimension": "theme", "label": "Theme"},
    ]
    assert found["quantities"] == [
        {"name": "mass_kg", "value": 99.0, "label": "Mass", "unit": "kg"},
        {"name": "days", "value": 3.5, "label": "Days in flight", "unit": None},
    ]
    assert found["event"]["theme"] == ["Space race"]


def test_a_tag_and_a_list_of_tags_have_pages(space: httpx.Client) -> None:
    page = space.get("/timeline/tags/race").text

    assert "<h1>Space race</h1>" in page
    assert "The contest of two powers." in page
    assert 'href="/timeline/events?_theme=race&' in page
    assert "Another probe lands" in page
    assert ">Geology</a>" in page
    assert "Soviet Union" in space.get("/timeline/tags?dimension=country").text


def test_namesakes_are_told_apart_on_their_pages(space: httpx.Client) -> None:
    page = space.get("/timeline/people/smith").text

    assert 'Not the same as <a href="/timeline/people/smith-2">' in page
    assert 'href="/timeline/events?_person=smith&' in page


def test_a_place_has_names_with_their_time(space: httpx.Client) -> None:
    page = space.get("/timeline/places/saint-petersburg").text

    assert "(ru, from 26 January 1924 until 6 September 1991)" in page


@pytest.mark.parametrize(
    ("extension", "texts"),
    [
        ("geojson", ['"country":["Soviet Union"]', '"mass_kg":99.0', '"importance":5', "садится"]),
        (
            "jsonld",
            ['"name":"Mass","value":99.0,"unitText":"kg"', '"@language":"ru"', "Space race"],
        ),
        (
            "atom",
            ['label="Theme: Space race"', "Mass: 99 kg.", "Also called: Луна-9 садится (ru)."],
        ),
        ("ics", ["CATEGORIES:landing,Soviet Union,Space race", "Days in flight: 3.5."]),
        ("timelinejs", ['"group":"Soviet Union"', "Theme: Space race."]),
        ("csv", ['"[""Soviet Union""]","[""Space race""]"', ",5,"]),
    ],
)
def test_every_export_has_what_is_declared(
    space: httpx.Client, extension: str, texts: list[str]
) -> None:
    text = space.get(f"/timeline/events.{extension}?id=luna-9").text.replace("\r\n ", "")

    assert [each for each in texts if each not in text] == []


def test_the_columns_are_described(space: httpx.Client) -> None:
    page = space.get("/timeline/events").text

    assert "<dt>theme</dt><dd>Theme: What a flight was for</dd>" in page
    assert "<dt>mass_kg</dt><dd>Mass (kg)</dd>" in page


def test_a_chronology_without_tags_hides_their_table(small: httpx.Client) -> None:
    assert ">Tags</a>" not in small.get("/").text
    assert "importance" not in small.get("/-/chronology/points.json").text
    assert 'class="quantity"' not in small.get("/").text


@pytest.mark.parametrize(
    ("values", "marks", "is_logarithmic"),
    [
        ([3, 8], ["0", "2", "4", "6", "8"], False),
        ([-4, 4], ["−4", "−2", "0", "2", "4"], False),
        ([0], ["0", "0.5", "1"], False),
        ([1, 5_000], ["1", "10", "100", "1,000", "10,000"], True),
        ([0.002, 40], ["0.001", "0.1", "10"], True),
    ],
)
def test_the_scale_of_a_chart_has_few_round_marks(
    values: list[float], marks: list[str], is_logarithmic: bool
) -> None:
    scale = scale_of([float(value) for value in values])

    assert [mark["label"] for mark in scale.marks] == marks
    assert scale.is_logarithmic == is_logarithmic
    assert all(0 <= scale.height(value) <= 100 for value in values)


def test_a_spreadsheet_has_columns_for_tags_and_quantities() -> None:
    cells = [
        [
            "id",
            "date",
            "title",
            "kind",
            "tags.country",
            "tags.theme",
            "quantities.kg",
            "importance",
        ],
        ["luna-9", "1966-02-03", "It lands", "landing", "ussr", "race; geology", "99", "5"],
        ["luna-10", "1966-04-03", "It orbits", "orbit", "", "", "", ""],
    ]
    text = io.StringIO()
    csv.writer(text).writerows(cells)

    _, records = csv_reader.read(io.BytesIO(text.getvalue().encode()), "it.csv")
    first, second = (raw for raw, _ in records)

    assert first == {
        "event": "luna-9",
        "date": "1966-02-03",
        "title": "It lands",
        "kind": "landing",
        "importance": "5",
        "tags": {"country": ["ussr"], "theme": ["race", "geology"]},
        "quantities": {"kg": "99"},
    }
    assert isinstance(second, dict)
    assert "tags" not in second
