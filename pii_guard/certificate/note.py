"""Signed notes (C2SP signed-note v1) and witnesses' cosignatures (C2SP tlog-cosignature, v1).

    text, ending in a newline
    (an empty line)
    — key name base64(4 bytes of key hash || signature)

Ed25519 (type 0x01), ECDSA over P-256 (0x02) and timestamped Ed25519 (0x04) are understood; lines of
keys that are not known are passed over, as the specification asks.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pii_guard.certificate.strict import Malformed, strict_base64

MOST_CHARACTERS = 131_072  # sixteen post-quantum signatures fit, which the specification asks for
MOST_SIGNATURES = 64
_MARK = "— "
_HASH_BYTES = 4
_TIME_BYTES = 8
_ED25519_BYTES = 64
_LAST_SECOND = 253_402_300_799  # the end of the year 9999, as far as dates go here

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


class Kind(IntEnum):
    """Signature types of the specification."""

    ED25519 = 0x01
    ECDSA = 0x02
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that notes are checked with, under its name.

    Raises `ValueError` for a name or a key that notes cannot have.
    """

    name: str
    public: PublicKey = field(repr=False)
    kind: Kind = Kind.ED25519

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ValueError("the name of a note's key holds no space and no plus")
        if (self.kind is Kind.ECDSA) == isinstance(self.public, Ed25519PublicKey):
            raise ValueError("the kind of signature does not go with the key")
        if isinstance(self.public, EllipticCurvePublicKey) and not isinstance(
            self.public.curve, SECP256R1
        ):
            raise ValueError("of ECDSA keys only P-256 signs notes")  # noqa: TRY004 - a wrong value

    @classmethod
    def of(cls, name: str, public: object) -> NoteKey:
        """The key of a log: Ed25519 or P-256. Raises `ValueError` for any other."""
        if isinstance(public, Ed25519PublicKey):
            return cls(name, public)
        if isinstance(public, EllipticCurvePublicKey):
            return cls(name, public, Kind.ECDSA)
        raise ValueError("only Ed25519 and P-256 keys sign notes")

    @property
    def hash(self) -> bytes:
        """The four bytes that, with the name, tell a note which key signed."""
        if isinstance(self.public, Ed25519PublicKey):
            raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            named = self.name.encode() + b"\n" + bytes([self.kind]) + raw
        else:
            named = self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(named).digest()[:_HASH_BYTES]

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature` (without the key's hash) is this key's over the text."""
        try:
            if isinstance(self.public, EllipticCurvePublicKey):
                self.public.verify(signature, text, ECDSA(SHA256()))
            elif self.kind is Kind.COSIGNATURE:
                when = _seconds(signature)
                self.public.verify(signature[_TIME_BYTES:], _cosigned(when, text))
            else:
                self.public.verify(signature, text)
        except (InvalidSignature, Malformed):
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A key that signs notes. `sign` takes bytes and gives a signature; it may ask a device."""

    key: NoteKey
    sign: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def of(cls, name: str, private: object) -> NoteSigner:
        """A signer from a private key in memory. Raises `ValueError` for a kind of no use."""
        if isinstance(private, Ed25519PrivateKey):
            return cls(NoteKey.of(name, private.public_key()), private.sign)
        if isinstance(private, EllipticCurvePrivateKey):
            return cls(
                NoteKey.of(name, private.public_key()),
                lambda text: private.sign(text, ECDSA(SHA256())),
            )
        raise ValueError("only Ed25519 and P-256 keys sign notes")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_hash: bytes
    signature: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {base64.b64encode(self.key_hash + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures of which nothing has been checked."""

    text: str = field(repr=False)
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    def signed(self, signer: NoteSigner) -> Note:
        """The note with one signature more. Raises `ValueError` if it does not verify."""
        return self._with(signer.key, signer.sign(self.text.encode()))

    def cosigned(self, key: NoteKey, sign: Callable[[bytes], bytes], at: datetime) -> Note:
        """The note with a witness's signature, made `at` (aware). Raises `ValueError` as above."""
        when = int(at.timestamp())
        signature = sign(_cosigned(when, self.text.encode()))
        return self._with(key, when.to_bytes(_TIME_BYTES, "big") + signature)

    def _with(self, key: NoteKey, signature: bytes) -> Note:
        if not key.verifies(self.text.encode(), signature):
            raise ValueError("the signature that was made does not verify")
        return replace(
            self, signatures=(*self.signatures, Signature(key.name, key.hash, signature))
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose signatures on a note hold: `keys`, and what witnesses among them say of the time."""

    keys: tuple[NoteKey, ...]
    seen: tuple[tuple[NoteKey, datetime], ...]


def parse_note(note: str) -> Note:
    """Read a note; trust nothing in it yet. Raises `Malformed`."""
    if len(note) > MOST_CHARACTERS:
        raise Malformed("the note is too long")
    if any(character < " " and character != "\n" for character in note):
        raise Malformed("the note holds a control character")
    try:
        note.encode()
    except UnicodeEncodeError:
        raise Malformed("the note is not Unicode") from None
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise Malformed("the note has no signatures, or does not end its last line")
    signatures = tuple(map(_signature, lines[:-1].split("\n")))
    if len(signatures) > MOST_SIGNATURES:
        raise Malformed("the note has too many signatures")
    return Note(text + "\n", signatures)


def check_note(note: Note, known: Iterable[NoteKey]) -> Signed:
    """Whose signatures hold, of the keys that are known; others are passed over.

    Raises `Malformed` if a known key's signature does not hold: that note is no one's.
    """
    text, by_hash = note.text.encode(), {(key.name, key.hash): key for key in known}
    keys: dict[tuple[str, bytes], NoteKey] = {}
    seen = []
    for line in note.signatures:
        which = line.name, line.key_hash
        key = by_hash.get(which)
        if key is None:
            continue
        if not key.verifies(text, line.signature):
            raise Malformed("a signature on the note does not hold")
        if key.kind is Kind.COSIGNATURE and which not in keys:
            seen.append((key, datetime.fromtimestamp(_seconds(line.signature), UTC)))
        keys[which] = key
    return Signed(tuple(keys.values()), tuple(seen))


def parse_verifier_key(text: str) -> NoteKey:
    """A key as C2SP writes it: `name+hash in hex+base64(type || key)`. Raises `Malformed`."""
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    raw = strict_base64(encoded)
    try:
        kind = Kind(raw[0])
        if kind is Kind.ECDSA:
            raise ValueError("such keys are not written in this way")
        key = NoteKey(name, Ed25519PublicKey.from_public_bytes(raw[1:]), kind)
    except (ValueError, IndexError):
        raise Malformed("the verifier key is malformed, or of a kind that is not known") from None
    if key.hash.hex() != key_hash:
        raise Malformed("the verifier key's hash is not its own")
    return key


def is_name(text: str) -> bool:
    """Whether a key may be called so: not empty, no Unicode space, no plus, nothing unprintable."""
    return text.isprintable() and _may_name(text)


def _may_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(map(str.isspace, text))


def _signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not gap or not _may_name(name):
        raise Malformed("a signature line of the note is malformed")
    raw = strict_base64(encoded)
    if len(raw) <= _HASH_BYTES:
        raise Malformed("a signature line of the note is malformed")
    return Signature(name, raw[:_HASH_BYTES], raw[_HASH_BYTES:])


def _seconds(signature: bytes) -> int:
    if len(signature) != _TIME_BYTES + _ED25519_BYTES:
        raise Malformed("a cosignature has another length")
    when = int.from_bytes(signature[:_TIME_BYTES], "big")
    if when > _LAST_SECOND:
        raise Malformed("a cosignature's time is out of range")
    return when


def _cosigned(when: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % when + text
