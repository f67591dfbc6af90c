"""The address of the service in a data package: the one that the server of the folder has."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import Timeline
from datasette.app import Datasette
from datasette.utils.asgi import Request

from chronology.cli import main
from chronology.web.datasette_compat import public_address

DONE, USAGE = 0, 2


def export(folder: Path, *arguments: str, status: int = DONE) -> Result:
    database = ["--db", str(folder / "timeline.db")]
    result = CliRunner().invoke(main, ["export", *database, *arguments], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result


def homepage(folder: Path, *arguments: str) -> str | None:
    """The address in the descriptor of an export, without its state."""
    export(folder, "--out", str(folder / "out"), *arguments)
    descriptor = json.loads((folder / "out" / "datapackage.json").read_text("utf-8"))
    address = descriptor.get("homepage")
    return address and str(address).partition("?")[0]


@pytest.fixture
def published(timeline: Timeline) -> Callable[..., Path]:
    """Makes a folder with the settings of the installed line of Datasette."""
    folder = timeline.path.parent
    timeline.path.rename(folder / "timeline.db")

    def make(public_url: str | None = None, base_url: str = "/") -> Path:
        plugin = {"datasette-chronology": {"public_url": public_url} if public_url else {}}
        if version("datasette").startswith("0."):
            (folder / "metadata.json").write_text(json.dumps({"plugins": plugin}))
            (folder / "settings.json").write_text(json.dumps({"base_url": base_url}))
        else:
            settings = {"plugins": plugin, "settings": {"base_url": base_url}}
            (folder / "datasette.yaml").write_text(json.dumps(settings))
        return folder

    return make


@pytest.mark.parametrize(
    ("public_url", "base_url", "address"),
    [
        ("https://example.org", "/", "https://example.org/timeline/events"),
        ("https://example.org/", "/chron/", "https://example.org/chron/timeline/events"),
        ("https://example.org/chron", "/chron/", "https://example.org/chron/timeline/events"),
        (None, "/chron/", None),
    ],
)
def test_an_export_names_the_address_of_the_server(
    published: Callable[..., Path], public_url: str | None, base_url: str, address: str | None
) -> None:
    folder = published(public_url, base_url)
    served = Datasette([], config_dir=folder)
    request = Request.fake("/timeline/events")

    assert homepage(folder) == address
    if address:
        page = public_address(served, request) + served.urls.table("timeline", "events")
        assert page == address


def test_an_export_takes_an_address(published: Callable[..., Path]) -> None:
    folder = published("https://example.org", "/chron/")
    url = "https://other.example/here/"

    assert homepage(folder, "--url", url) == "https://other.example/here/timeline/events"
    assert "is not a web address" in export(folder, "--url", "here", status=USAGE).output


def test_settings_that_cannot_be_read_are_named(published: Callable[..., Path]) -> None:
    folder = published()
    name = "settings.json" if version("datasette").startswith("0.") else "datasette.yaml"
    (folder / "metadata.yml").write_text(
        "plugins: {datasette-chronology: {public_url: https://example.org}}"
    )
    (folder / "metadata.json").unlink(missing_ok=True)
    (folder / name).write_text("- [")

    assert "cannot be read" in export(folder, status=USAGE).output
