"""Signed checkpoints: a signature of the head of a log, which others can keep and compare.

The text is a tlog-checkpoint (https://c2sp.org/tlog-checkpoint) in a signed note
(https://c2sp.org/signed-note) with Ed25519. The hash is the digest at the head. The log is a hash
chain and not a Merkle tree, so a proof of inclusion needs all records before the head.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chronology.model.errors import ChronologyError
from chronology.store.log import Head

ED25519 = b"\x01"
_DASH = "— "
_PRIVATE = "PRIVATE+KEY+"


class CheckpointRefused(ChronologyError):
    """A checkpoint or key is malformed, or a signature is not valid."""


class Signer(NamedTuple):
    """A private key with its name."""

    name: str
    key: Ed25519PrivateKey


class Verifier(NamedTuple):
    """A public key with its name."""

    name: str
    key: Ed25519PublicKey


class Checkpoint(NamedTuple):
    """The content of a checkpoint: the origin of the log, and its head."""

    origin: str
    head: Head


def generate(name: str) -> Signer:
    """A new key. By convention, `name` is an address of its owner, without the scheme."""
    if not name or any(c.isspace() or c == "+" for c in name):
        raise CheckpointRefused(f"{name!r} is not a name for a key; leave out spaces and '+'")
    return Signer(name, Ed25519PrivateKey.generate())


def verifier_of(signer: Signer) -> Verifier:
    return Verifier(signer.name, signer.key.public_key())


def key_id(verifier: Verifier) -> bytes:
    """Four bytes that distinguish keys of the same name."""
    return sha256(f"{verifier.name}\n".encode() + _encoded(verifier)).digest()[:4]


def _encoded(verifier: Verifier) -> bytes:
    return ED25519 + verifier.key.public_bytes_raw()


def format_signer(signer: Signer) -> str:
    """The private key as one line; keep it secret."""
    raw = base64.b64encode(ED25519 + signer.key.private_bytes_raw()).decode()
    return f"{_PRIVATE}{signer.name}+{key_id(verifier_of(signer)).hex()}+{raw}"


def format_verifier(verifier: Verifier) -> str:
    """The public key as one line, to be published."""
    raw = base64.b64encode(_encoded(verifier)).decode()
    return f"{verifier.name}+{key_id(verifier).hex()}+{raw}"


def parse_signer(text: str) -> Signer:
    """The private key in a line from `format_signer`."""
    if not text.startswith(_PRIVATE):
        raise CheckpointRefused("this is not a private key; a private key starts with PRIVATE+KEY+")
    name, id_text, raw = _key_parts(text.removeprefix(_PRIVATE))
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(raw))
    _check_id(verifier_of(signer), id_text)
    return signer


def parse_verifier(text: str) -> Verifier:
    """The public key in a line from `format_verifier`."""
    name, id_text, raw = _key_parts(text)
    verifier = Verifier(name, Ed25519PublicKey.from_public_bytes(raw))
    _check_id(verifier, id_text)
    return verifier


def _key_parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.strip().partition("+")
    id_text, _, encoded = rest.partition("+")
    raw = _decode(encoded, "the key")
    if not name or raw[:1] != ED25519 or len(raw) != 33:
        raise CheckpointRefused("this is not an Ed25519 key of the form name+id+key")
    return name, id_text, raw[1:]


def _check_id(verifier: Verifier, id_text: str) -> None:
    if key_id(verifier).hex() != id_text:
        raise CheckpointRefused(f"the id {id_text!r} does not match the key; copy the key again")


def _decode(text: str, name: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        raise CheckpointRefused(f"{name} is not base64") from None
    # The last character can contain unused bits, so that several texts decode to the same bytes.
    if base64.b64encode(decoded).decode() != text:
        raise CheckpointRefused(f"{name} is not canonical base64")
    return decoded


def body(checkpoint: Checkpoint) -> str:
    """The signed text of a checkpoint."""
    root = base64.b64encode(bytes.fromhex(checkpoint.head.digest)).decode()
    return f"{checkpoint.origin}\n{checkpoint.head.position}\n{root}\n"


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """A signed note with the checkpoint."""
    text = body(checkpoint)
    signature = key_id(verifier_of(signer)) + signer.key.sign(text.encode())
    return f"{text}\n{_DASH}{signer.name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a signed note; signatures by other keys are ignored.

    Raises `CheckpointRefused` unless the note has a valid signature by this key.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise CheckpointRefused("this is not a signed note; signatures come after a blank line")
    text += "\n"
    for line in signatures.splitlines():
        if not line.startswith(_DASH):
            raise CheckpointRefused(f"{line!r} is not a signature line")
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        signature = _decode(encoded, f"the signature of {name}")
        if name == verifier.name and signature[:4] == key_id(verifier):
            _check_signature(text, signature[4:], verifier)
            return _parse_body(text)
    raise CheckpointRefused(f"the note has no signature by the key {format_verifier(verifier)}")


def _check_signature(text: str, signature: bytes, verifier: Verifier) -> None:
    try:
        verifier.key.verify(signature, text.encode())
    except InvalidSignature:
        raise CheckpointRefused(
            f"the signature of {verifier.name} is not valid: the text or the signature was changed"
        ) from None


def _parse_body(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:
        raise CheckpointRefused("a checkpoint has three lines: origin, size and hash")
    origin, size, root = lines[:3]
    if not size.isascii() or not size.isdigit() or (size != "0" and size.startswith("0")):
        raise CheckpointRefused(f"{size!r} is not the size of a log")
    digest = _decode(root, "the hash")
    if len(digest) != 32:
        raise CheckpointRefused(f"{root!r} is not a SHA-256 hash")
    return Checkpoint(origin, Head(int(size), digest.hex()))
