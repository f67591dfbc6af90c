"""Signed checkpoints: a head of the log that somebody vouches for, and that others can keep.

The text is a tlog-checkpoint (https://c2sp.org/tlog-checkpoint) and the envelope a signed note
(https://c2sp.org/signed-note) with Ed25519. The hash is the head's digest, that of a hash
chain; there is no Merkle tree, so nobody can prove inclusion without the records before it.
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
    """A checkpoint or key that is malformed, or a signature that does not hold."""


class Signer(NamedTuple):
    """A private key with its name."""

    name: str
    key: Ed25519PrivateKey


class Verifier(NamedTuple):
    """A public key with its name."""

    name: str
    key: Ed25519PublicKey


class Checkpoint(NamedTuple):
    """What is signed: whose log it is, and its head."""

    origin: str
    head: Head


def generate(name: str) -> Signer:
    """A new key; `name` is, by custom, an address without a scheme that the owner controls."""
    if not name or any(c.isspace() or c == "+" for c in name):
        raise CheckpointRefused(f"{name!r} is no name of a key; leave out spaces and '+'")
    return Signer(name, Ed25519PrivateKey.generate())


def verifier_of(signer: Signer) -> Verifier:
    return Verifier(signer.name, signer.key.public_key())


def key_id(verifier: Verifier) -> bytes:
    """The four bytes that tell keys of one name apart."""
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
    """The private key of a line that `format_signer` wrote."""
    if not text.startswith(_PRIVATE):
        raise CheckpointRefused("this is no private key; it begins with PRIVATE+KEY+")
    name, found_id, raw = _key_parts(text.removeprefix(_PRIVATE))
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(raw))
    _check_id(verifier_of(signer), found_id)
    return signer


def parse_verifier(text: str) -> Verifier:
    """The public key of a line that `format_verifier` wrote."""
    name, found_id, raw = _key_parts(text)
    verifier = Verifier(name, Ed25519PublicKey.from_public_bytes(raw))
    _check_id(verifier, found_id)
    return verifier


def _key_parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.strip().partition("+")
    found_id, _, encoded = rest.partition("+")
    raw = _decode(encoded, "the key")
    if not name or raw[:1] != ED25519 or len(raw) != 33:
        raise CheckpointRefused("this is no Ed25519 key of the form name+id+key")
    return name, found_id, raw[1:]


def _check_id(verifier: Verifier, found_id: str) -> None:
    if key_id(verifier).hex() != found_id:
        raise CheckpointRefused(f"the key's id {found_id!r} does not belong to it; copy it again")


def _decode(text: str, what: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        raise CheckpointRefused(f"{what} is no base64") from None
    # The last character may hold bits that decode to nothing; only one text is the right one.
    if base64.b64encode(decoded).decode() != text:
        raise CheckpointRefused(f"{what} is no canonical base64")
    return decoded


def body(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    root = base64.b64encode(bytes.fromhex(checkpoint.head.digest)).decode()
    return f"{checkpoint.origin}\n{checkpoint.head.position}\n{root}\n"


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """A signed note of the checkpoint."""
    text = body(checkpoint)
    signature = key_id(verifier_of(signer)) + signer.key.sign(text.encode())
    return f"{text}\n{_DASH}{signer.name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that the key signed; signatures by other keys are passed over.

    Raises `CheckpointRefused` if there is none by this key, or it does not hold.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise CheckpointRefused("this is no signed note: it needs a blank line and signatures")
    text += "\n"
    for line in signatures.splitlines():
        if not line.startswith(_DASH):
            raise CheckpointRefused(f"{line!r} is no line of a signature")
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        signature = _decode(encoded, f"the signature of {name}")
        if name == verifier.name and signature[:4] == key_id(verifier):
            _check_signature(text, signature[4:], verifier)
            return _parse_body(text)
    raise CheckpointRefused(f"no signature is by the key {format_verifier(verifier)}")


def _check_signature(text: str, signature: bytes, verifier: Verifier) -> None:
    try:
        verifier.key.verify(signature, text.encode())
    except InvalidSignature:
        raise CheckpointRefused(
            f"the signature of {verifier.name} does not hold: the text or it was changed"
        ) from None


def _parse_body(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:
        raise CheckpointRefused("a checkpoint has an origin, a size and a hash, a line each")
    origin, size, root = lines[:3]
    if not size.isascii() or not size.isdigit() or (size != "0" and size.startswith("0")):
        raise CheckpointRefused(f"{size!r} is no size of a log")
    digest = _decode(root, "the hash")
    if len(digest) != 32:
        raise CheckpointRefused(f"{root!r} is no SHA-256 hash")
    return Checkpoint(origin, Head(int(size), digest.hex()))
