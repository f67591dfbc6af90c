"""The event of one row: its title and texts, its figures, links and media."""

from __future__ import annotations

import json
import re
from typing import Any

from chronology.importing.column_samples import number
from chronology.importing.row_dates import RowFault
from chronology.importing.row_subjects import LINE, TEXT, URL, RowSubjects
from chronology.importing.slugs import key_name

_TITLE = 120
_SENTENCE = re.compile(r".{20,}?[.!?](?=\s)", re.DOTALL)
_SPLIT = re.compile(r"\s*;\s*")
_LONGEST_TITLE = 200
_MAX_MEDIA = 50
_MAX_CAPTION = 2_000
_MAX_URL = 2_000


class RowEvent(RowSubjects):
    """The event of one row while its fields are collected."""

    # The title and the texts

    def title(self) -> str:
        if self.mapping.title:
            cells = {name: self.cells[name] for name in self.mapping.columns}
            made = re.sub(r"\{([^{}]*)\}", lambda match: cells[match[1]], self.mapping.title)
            made = " ".join(re.sub(r"\(\s*\)|\[\s*\]", "", made).split()).strip(" ,;:–-")
            if made:
                self._keep_titles(made)
                return self._line(made)
        for column, _, cell in self.values("title"):
            text = self.text(column, cell)
            if text:
                return self._line(text)
        return self._made_title()

    def _keep_titles(self, made: str) -> None:
        for _, _, cell in self.values("title"):
            if cell not in made:
                self.texts.append(cell)

    def _line(self, text: str) -> str:
        """The first sentence or words of a text that is too long for a title."""
        one_line = " ".join(text.split())
        if len(one_line) <= _LONGEST_TITLE and "\n" not in text:
            return one_line
        self.texts.append(text)
        first = " ".join(text.split("\n")[0].split())
        if len(first) <= _TITLE:
            return first
        sentence = _SENTENCE.match(first)
        if sentence and len(sentence[0]) <= _TITLE:
            return sentence[0].rstrip(".")
        return f"{first[:_TITLE].rpartition(' ')[0] or first[:_TITLE]}…"

    def _made_title(self) -> str:
        parts = [
            cell
            for group in ("kind", "place", "people", "tags")
            for _, _, cell in self.values(group)
        ]
        parts = parts or [
            " ".join(cell.split())[:80]
            for group in ("summary", "claims")
            for _, _, cell in self.values(group)
        ]
        made = ", ".join(dict.fromkeys(parts))[:LINE] or "Untitled event"
        column = next(iter(self.converter.by_role.get("title", [""])))
        self.remark(column, "", "guessed: without a title, it is made of other cells")
        return " ".join(made.split())

    def fill(self, event: dict[str, Any], account: dict[str, Any]) -> None:
        """Adds all other fields."""
        self.fill_places(event)
        self.fill_people(event)
        self.fill_formations(event)
        self._fields(event)
        self.fill_tags(event)
        self._quantities(event)
        self._importance(event)
        self._texts(event, account)
        media = self._media()
        for column, _, cell in self.values("link"):
            self._addresses(column, cell)
        if not self.links:
            for column, _, cell in self.values("link.label"):
                self.claim(key_name(column), cell)
        if self.links and "links" not in event:
            event["links"] = [
                {"url": url, **({"label": label} if label else {})}
                for url, label in self.links.items()
            ]
        if media:
            event["media"] = media
        if self.account_links:
            account["links"] = self.account_links[:1]
        if self.says:
            account["says"] = self._cut("says", "\n".join(self.says))
        if self.claims:
            account["claims"] = self.claims

    def _texts(self, event: dict[str, Any], account: dict[str, Any]) -> None:
        for column, _, cell in self.values("summary"):
            text = self.text(column, cell)
            if URL.fullmatch(text):
                self.link(column, text)
            elif text not in self.texts:
                self.texts.append(text)
        if self.texts:
            event["summary"] = self._cut("summary", "\n".join(self.texts))
        for column, _, cell in self.values("basis"):
            event["basis"] = self.text(column, cell)
        for column, _, cell in self.values("says"):
            self.says.append(self.text(column, cell))
        for column, _, cell in self.values("by"):
            account["by"] = self.line(column, cell)
        for column, settings, cell in self.values("claims"):
            self.claim(settings.name, self.text(column, cell))

    def _cut(self, column: str, text: str) -> str:
        if len(text) <= TEXT:
            return text
        self.remark(column, text[TEXT:], f"left out: characters beyond {TEXT:,}")
        return text[:TEXT]

    def _fields(self, event: dict[str, Any]) -> None:
        for column, settings, cell in self.values("field"):
            try:
                event[settings.name] = json.loads(cell)
            except ValueError:
                raise RowFault(column, cell, "it is not JSON", "correct the cell") from None

    def _quantities(self, event: dict[str, Any]) -> None:
        quantities: dict[str, float] = {}
        for column, settings, cell in self.values("quantities"):
            try:
                value = number(cell)
                if not abs(value) <= 1e15:
                    raise ValueError(cell)
                quantities[settings.name] = value
            except ValueError:
                self.remark(column, cell, "not a number; recorded as a claim")
                self.claim(settings.name, cell)
        if quantities:
            event["quantities"] = quantities

    def _importance(self, event: dict[str, Any]) -> None:
        for column, _, cell in self.values("importance"):
            if re.fullmatch(r"[1-5](\.0)?", cell):
                event["importance"] = int(cell[0])
            else:
                self.remark(column, cell, "not 1 to 5; recorded as a claim")
                self.claim("importance", cell)

    def _addresses(self, column: str, cell: str) -> None:
        label = next((text for _, _, text in self.values("link.label")), "")
        for part in re.split(r"\s+|(?<=\S);\s*", cell):
            if URL.fullmatch(part):
                self.link(column, part, label)
            elif part:
                self.claim(key_name(column), cell)
                return

    def _media(self) -> list[dict[str, str]]:
        fields = {
            part: self.text(column, cell)
            for part in ("credit", "caption", "alt", "licence")
            for column, _, cell in self.values(f"media.{part}")
        }
        limits = {"credit": LINE, "licence": LINE}
        media: list[dict[str, str]] = []
        for column, _, cell in self.values("media"):
            for part in _SPLIT.split(cell) if URL.match(cell) else [cell]:
                if URL.fullmatch(part) and len(part) <= _MAX_URL:
                    media.append({"url": part})
                else:
                    self.says.append(self.text(column, part))
        if media:
            for key, text in fields.items():
                media[0][key] = self.line(f"media.{key}", text, limits.get(key, _MAX_CAPTION))
        else:
            self.says += filter(None, fields.values())
        for medium in media[_MAX_MEDIA:]:
            self.remark("media", medium["url"], "left out: one too many")
        return media[:_MAX_MEDIA]
