"""`python -m scripts.api_reference`: writes the tables of docs/api.md from the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.api_catalogue import ADDRESSES, PARAMETERS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
_START, _END = "<!-- catalogue -->\n", "<!-- end of the catalogue -->\n"


def tables() -> str:
    """The tables of all addresses and of all parameters."""
    addresses = [
        f"| `{each.path}` | {each.returns} | {', '.join(f'`{name}`' for name in each.parameters)} |"
        for each in ADDRESSES
    ]
    parameters = [f"| `{each.name}={each.example}` | {each.meaning} |" for each in PARAMETERS]
    return "\n".join(
        [
            "| address | returns | parameters |\n|---|---|---|",
            *addresses,
            "\n| parameter | selects or shows |\n|---|---|",
            *parameters,
            "",
        ]
    )


def with_tables(text: str) -> str:
    """A text with the tables between its marks."""
    pattern = re.escape(_START) + ".*?" + re.escape(_END)
    return re.sub(pattern, lambda _: _START + tables() + _END, text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
