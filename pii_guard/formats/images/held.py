"""What a picture's file holds beside its pixels: pieces of the file, each with what can be read in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pii_guard.document import UNSCANNED, Kind

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")


@dataclass(frozen=True, slots=True)
class Held:
    """A text (`blob` None) or a file within (`blob` set, with the media type it claims).

    The text `UNSCANNED` stands for what cannot be scanned, and for what goes on principle.
    """

    text: str = field(default="", repr=False)
    label: str = field(default="", repr=False)
    kind: Kind = Kind.METADATA
    blob: bytes | None = field(default=None, repr=False)
    media_type: str = ""


UNKNOWN = Held(UNSCANNED)
Value = str | bytes | None
"""What a `Held` is to be: a text, the bytes of a file, or None where it goes whole."""


def _nothing(_: Sequence[Value]) -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the file. `rebuild` makes it anew from a value for each of `held`, in order."""

    raw: bytes = field(repr=False)
    held: tuple[Held, ...] = ()
    rebuild: Callable[[Sequence[Value]], bytes] = _nothing


def values_of(pieces: Iterable[Piece]) -> list[Value]:
    """What everything held is now."""
    return [one.text if one.blob is None else one.blob for piece in pieces for one in piece.held]


def joined(pieces: Iterable[Piece], values: Iterator[Value]) -> bytes:
    """The file with everything held as `values` has it; pieces that stay are copied."""
    parts = []
    for piece in pieces:
        wanted = [next(values) for _ in piece.held]
        parts.append(piece.raw if wanted == values_of([piece]) else piece.rebuild(wanted))
    return b"".join(parts)


def readable(raw: bytes) -> str | None:
    """The text of bytes in UTF-8, UTF-16 with a mark, or Latin-1; None when they are no text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
            if re.search("[\x80-\x9f]", text):
                return None
    return None if _CONTROLS.search(text) else text


def spelled(text: str, like: bytes) -> bytes:
    """A text in the encoding that `readable` found `like` to be in."""
    if like.startswith((b"\xff\xfe", b"\xfe\xff")):
        return like[:2] + text.encode("utf-16-le" if like[0] == 0xFF else "utf-16-be")
    try:
        like.decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("latin-1", "replace")
    return text.encode("utf-8")


def loose(raw: bytes) -> Piece:
    """Bytes that belong to no part of a format: text is shown, anything else is unknown.

    Whatever is edited in them goes whole: nothing reads them.
    """
    if not raw.strip(b"\0"):
        return Piece(raw)
    text = readable(raw)
    return Piece(raw, (UNKNOWN,) if text is None else (Held(text, kind=Kind.CODE),))


def gone(value: Value) -> bool:
    """Whether what was `UNSCANNED` is to go."""
    return value != UNSCANNED
