"""The tables of docs/api.md are those of the catalogue, and the catalogue is what is served."""

from __future__ import annotations

import httpx
import pytest

from scripts.api_catalogue import ADDRESSES, PARAMETERS, Address
from scripts.api_reference import PAGE, with_tables

EXAMPLES = {parameter.name: parameter.example for parameter in PARAMETERS}
IDS = {
    "events": "schneckenburger-killed",
    "sources": "savich",
    "places": "belgrade",
    "people": "tito",
    "formations": "57th-army",
}


def path_of(address: Address) -> str:
    path = address.path.replace("NAME", "timeline").replace("FILE", f"{'0' * 64}.png")
    return next(
        (path.replace("ID", row) for table, row in IDS.items() if f"/{table}/ID" in path), path
    )


def test_the_documented_tables_are_those_of_the_catalogue() -> None:
    text = PAGE.read_text("utf-8")

    assert with_tables(text) == text
    assert "| `/NAME/events.csv` |" in text


def test_every_parameter_of_an_address_is_described() -> None:
    named = {name for address in ADDRESSES for name in address.parameters}

    assert named == EXAMPLES.keys()


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.path)
def test_every_address_is_served(chronicle: httpx.Client, address: Address) -> None:
    status = chronicle.get(path_of(address), follow_redirects=True).status_code

    # No checkpoint is signed, and the chronicle has no tags and no files.
    is_missing = address.path.endswith(("checkpoint", "tags/ID", "media/FILE"))
    assert status == (404 if is_missing else 200)
