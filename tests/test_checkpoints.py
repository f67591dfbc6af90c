"""Signed checkpoints: only notes with a valid signature open."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronology.store import checkpoints
from chronology.store.checkpoints import Checkpoint, CheckpointRefused
from chronology.store.log import Head

SIGNER = checkpoints.generate("example.org/timeline")
VERIFIER = checkpoints.verifier_of(SIGNER)
CHECKPOINT = Checkpoint("example.org/timeline", Head(42, "ab" * 32))
NOTE = checkpoints.sign(CHECKPOINT, SIGNER)

# The example of the signed-note format, made by another implementation.
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
FOREIGN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)


def test_a_signed_note_opens_as_its_checkpoint() -> None:
    assert checkpoints.open_note(NOTE, VERIFIER) == CHECKPOINT


def test_the_text_has_a_line_for_origin_size_and_hash() -> None:
    root = base64.b64encode(bytes.fromhex("ab" * 32)).decode()
    assert NOTE.startswith(f"example.org/timeline\n42\n{root}\n\n— example.org/timeline ")


def test_keys_survive_being_written_and_read() -> None:
    signer = checkpoints.parse_signer(checkpoints.format_signer(SIGNER))
    verifier = checkpoints.parse_verifier(checkpoints.format_verifier(VERIFIER))
    assert checkpoints.open_note(checkpoints.sign(CHECKPOINT, signer), verifier) == CHECKPOINT


def test_a_key_and_a_signature_of_another_implementation_are_valid() -> None:
    """The signature is valid, so the note is refused only because it has no checkpoint."""
    verifier = checkpoints.parse_verifier(FOREIGN_KEY)
    with pytest.raises(CheckpointRefused, match="a checkpoint has three lines"):
        checkpoints.open_note(FOREIGN_NOTE, verifier)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, change: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[place] ^= change
    with pytest.raises(CheckpointRefused):
        checkpoints.open_note(raw.decode(errors="replace"), VERIFIER)


def test_the_signature_of_another_key_is_ignored() -> None:
    other = checkpoints.generate("example.org/witness")
    line = checkpoints.sign(CHECKPOINT, other).rpartition("\n\n")[2]
    assert checkpoints.open_note(NOTE + line, VERIFIER) == CHECKPOINT


def test_a_note_without_the_keys_signature_is_refused() -> None:
    other = checkpoints.verifier_of(checkpoints.generate("example.org/timeline"))
    with pytest.raises(CheckpointRefused, match="the note has no signature by the key"):
        checkpoints.open_note(NOTE, other)


@pytest.mark.parametrize(
    "note",
    ["", "a\n1\n", "a\n1\nq6urq6urq6s=\n\n", NOTE.rstrip("\n"), NOTE.replace("— ", "- ")],
)
def test_a_text_that_is_not_a_signed_note_is_refused(note: str) -> None:
    with pytest.raises(CheckpointRefused):
        checkpoints.open_note(note, VERIFIER)


def sign_text(text: str) -> str:
    signature = checkpoints.key_id(VERIFIER) + SIGNER.key.sign(text.encode())
    return f"{text}\n— {SIGNER.name} {base64.b64encode(signature).decode()}\n"


def set_unused_bit(encoded: str) -> str:
    """Another text that decodes to the same bytes: the last character has unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digits = encoded.rstrip("=")
    other = digits[:-1] + alphabet[alphabet.index(digits[-1]) + 1] + encoded[len(digits) :]
    assert base64.b64decode(other) == base64.b64decode(encoded)
    return other


def test_a_signature_in_other_base64_is_refused() -> None:
    start, _, signature = NOTE.rstrip("\n").rpartition(" ")
    with pytest.raises(CheckpointRefused, match=r"the signature of .* is not canonical base64"):
        checkpoints.open_note(f"{start} {set_unused_bit(signature)}\n", VERIFIER)


def test_a_hash_in_other_base64_is_refused_even_if_it_is_signed() -> None:
    origin, size, root = checkpoints.body(CHECKPOINT).splitlines()
    text = f"{origin}\n{size}\n{set_unused_bit(root)}\n"
    with pytest.raises(CheckpointRefused, match="the hash is not canonical base64"):
        checkpoints.open_note(sign_text(text), VERIFIER)


@pytest.mark.parametrize("root", ["q6ur", "", "A" * 44 + "AAAA"])
def test_a_hash_of_another_length_is_refused(root: str) -> None:
    with pytest.raises(CheckpointRefused, match="is not a SHA-256 hash"):
        checkpoints.open_note(sign_text(f"example.org\n42\n{root}\n"), VERIFIER)


def test_lines_after_the_hash_are_signed_and_ignored() -> None:
    text = checkpoints.body(CHECKPOINT) + "an extension\n"
    assert checkpoints.open_note(sign_text(text), VERIFIER) == CHECKPOINT


@pytest.mark.parametrize("size", ["-1", "007", "4 2", "٤", "x", ""])
def test_a_size_is_a_plain_number(size: str) -> None:
    text = checkpoints.body(CHECKPOINT).replace("42", size)
    with pytest.raises(CheckpointRefused, match="is not the size of a log"):
        checkpoints.open_note(sign_text(text), VERIFIER)


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000+AAAA", FOREIGN_KEY.replace("c74f20a3", "c74f20a4"), "+a+b"],
)
def test_a_text_that_is_not_a_public_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointRefused):
        checkpoints.parse_verifier(text)


def test_a_key_without_a_name_is_refused() -> None:
    text = checkpoints.format_verifier(VERIFIER._replace(name=""))
    with pytest.raises(CheckpointRefused, match="not an Ed25519 key"):
        checkpoints.parse_verifier(text)


def test_a_key_of_another_algorithm_is_refused() -> None:
    raw = b"\x02" + VERIFIER.key.public_bytes_raw()
    with pytest.raises(CheckpointRefused, match="not an Ed25519 key"):
        checkpoints.parse_verifier(f"name+00000000+{base64.b64encode(raw).decode()}")


def test_a_checkpoint_without_an_origin_is_refused() -> None:
    text = checkpoints.body(CHECKPOINT._replace(origin=""))
    with pytest.raises(CheckpointRefused, match="three lines"):
        checkpoints.open_note(sign_text(text), VERIFIER)


def test_a_public_key_is_not_a_private_key() -> None:
    with pytest.raises(CheckpointRefused, match="PRIVATE"):
        checkpoints.parse_signer(FOREIGN_KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_a_name_of_a_key_has_no_spaces_and_no_plus(name: str) -> None:
    with pytest.raises(CheckpointRefused):
        checkpoints.generate(name)
