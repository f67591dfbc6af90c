"""Masking of secrets in addresses."""

from __future__ import annotations

import pytest

from chronology.model.addresses import mask_secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://host/a.jsonl", "http://host/a.jsonl"),
        ("http://user:secret@host:80/a?token=T#part", "http://***@host:80/a?***"),
        ("HTTPS://secret@host", "HTTPS://***@host"),
        ("http://host#secret", "http://host#***"),
        ("http://user:se/cr@et@host/a", "http://***@host/a"),
        ("http://user:se?cret@host/a", "http://***"),
        ("http://host/a?mail=me@host&token=T", "http://host/a?***"),
        ("http://host?mail=me@host&token=T", "http://***"),
        ("from http://u:p@a/b?c to https://d/e?f: refused", None),
        ("socks5://user:secret@host:1 is no proxy", "socks5://***@host:1 is no proxy"),
        ("a 'http://u:p@h/x'", "a 'http://***@h/x'"),
        ("user@host is no address?", "user@host is no address?"),
    ],
)
def test_an_address_shows_no_secret(text: str, masked: str | None) -> None:
    expected = "from http://***@a/b?*** to https://d/e?*** refused" if masked is None else masked
    assert mask_secrets(text) == expected
    assert mask_secrets(mask_secrets(text)) == mask_secrets(text)
