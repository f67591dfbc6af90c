"""Keys and checkpoints that are nearly right are refused."""

from __future__ import annotations

import base64

import pytest

from chronology.store import checkpoints
from chronology.store.checkpoints import Checkpoint, CheckpointRefused
from chronology.store.log import Head

SIGNER = checkpoints.generate("example.org/timeline")
VERIFIER = checkpoints.verifier_of(SIGNER)
CHECKPOINT = Checkpoint("example.org/timeline", Head(42, "ab" * 32))


def signed(text: str) -> str:
    """A note with a valid signature, whatever its text."""
    signature = checkpoints.key_id(VERIFIER) + SIGNER.key.sign(text.encode())
    return f"{text}\n— {SIGNER.name} {base64.b64encode(signature).decode()}\n"


def test_a_private_key_with_the_id_of_another_key_is_refused() -> None:
    line = checkpoints.format_signer(SIGNER)
    key_id = checkpoints.key_id(VERIFIER).hex()
    with pytest.raises(CheckpointRefused):
        checkpoints.parse_signer(line.replace(key_id, "00000000"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    root = base64.b64encode(b"\xab" * length).decode()
    text = f"example.org/timeline\n42\n{root}\n"
    with pytest.raises(CheckpointRefused):
        checkpoints.open_note(signed(text), VERIFIER)


def test_base64_with_spare_bits_is_refused() -> None:
    """32 bytes take 43 characters; the last has two bits that have to be zero."""
    text = checkpoints.body(CHECKPOINT)
    root = base64.b64encode(bytes.fromhex(CHECKPOINT.head.digest)).decode()
    with_spare_bits = root[:-2] + chr(ord(root[-2]) + 1) + "="
    assert base64.b64decode(with_spare_bits) == base64.b64decode(root)
    with pytest.raises(CheckpointRefused):
        checkpoints.open_note(signed(text.replace(root, with_spare_bits)), VERIFIER)


def test_a_name_of_a_key_may_have_other_signs_than_plus_and_spaces() -> None:
    name = "example.org/'timeline' (1944), *draft*"
    with pytest.raises(CheckpointRefused):
        checkpoints.generate(name)
    assert checkpoints.generate(name.replace(" ", "")).name == name.replace(" ", "")


def test_a_key_with_signs_that_are_not_base64_is_refused() -> None:
    line = checkpoints.format_verifier(VERIFIER)
    with pytest.raises(CheckpointRefused, match="the key is not base64"):
        checkpoints.parse_verifier(f"{line[:-4]}!{line[-4:]}")
