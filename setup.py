"""The README for the package index; everything else is declared in pyproject.toml.

The index shows the README without the repository around it, so relative links would lead nowhere.
"""

import re
from pathlib import Path

from setuptools import setup

PICTURE = re.compile(r"^!\[[^\]]*\]\((?!https?://)[^)]*\)\n+", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\((?!https?://)[^)]*\)")


def without_relative_links(text: str) -> str:
    """Markdown without its relative pictures, and with the text alone of relative links."""
    return LINK.sub(r"\1", PICTURE.sub("", text))


setup(
    long_description=without_relative_links(Path("README.md").read_text("utf-8")),
    long_description_content_type="text/markdown",
)
