"""The places of a message that hold text: headers, parameters, what stands between parts.

Each place knows its segment and how to write it again.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from pii_guard.document import Edit, Kind, Locator, Segment, Step
from pii_guard.formats.decoding import shown
from pii_guard.formats.mail.entity import Entity, Header, Parameter, parameter_text, parameters
from pii_guard.formats.mail.transfer import line_end
from pii_guard.formats.mail.values import (
    ADDRESSES,
    Splice,
    Value,
    read_value,
    rewritten,
)

INVALID = frozenset(
    "dkim-signature domainkey-signature x-google-dkim-signature arc-seal arc-message-signature "
    "arc-authentication-results authentication-results autocrypt face x-face content-md5 "
    "content-length lines x-ms-exchange-crosstenant-originalattributedtenantconnectingip".split()
)
"""Headers that are dropped with the first change: signatures and digests of what is no longer there,
and keys and pictures, which hold text that no text search finds."""
SEALED = frozenset(
    "application/pgp-signature application/pgp-keys application/pkcs7-signature "
    "application/x-pkcs7-signature".split()
)
"""Types of parts that are signatures and keys: read for what is printable in them, then dropped."""
_SILENT = frozenset({"mime-version", "content-transfer-encoding", "content-length", "lines"})
_DATE = re.compile(
    r"(?:[A-Za-z]{3},? {1,2})?\d{1,2} [A-Za-z]{3} \d{2,4} \d\d?:\d\d(?::\d\d)? ?(?:[+-]\d{4}|[A-Z]{1,4})?(?: \([A-Z]{3,5}\))?"
)
_MOST_PARAMETERS = 100
"""More of them are read as the text they are."""
_PLAIN = re.compile(r"[\w.+/=-]{0,70}")
_ODD_NAME = re.compile(r"[^A-Za-z0-9_.-]|.{50}|\d{6}")
_SIGNED = re.compile(r"\b(b|bh|p|keydata)=[A-Za-z0-9+/=\s]{16,}")
_TRADE = re.compile(
    r"\b(?:with|via) (?:Microsoft SMTP Server|(?:UTF8)?E?SMTPS?A?|LMTPS?A?|HTTPS?|local)\b|;\s*"
    + _DATE.pattern
    + r"\s*\Z"
)
SENTENCES = frozenset({"subject", "comments", "thread-topic"})
"""Headers that people write sentences in."""
STRUCTURAL = frozenset(
    "boundary charset format delsp type protocol micalg smime-type report-type start-info size "
    "x-unix-mode reply-type hasattachment".split()
)
_ARMOUR = re.compile(rb"-----BEGIN PGP [A-Z ,/\d]+-----(.*?)(?:-----END PGP|\Z)", re.S)
_PRINTABLE = re.compile(rb"[\x20-\x7e\t]{5,}|(?:[\x20-\x7e]\0){5,}|(?:\0[\x20-\x7e]){5,}")


class Place(Protocol):
    """A segment and its way back."""

    @property
    def segment(self) -> Segment: ...

    def splices(self, edits: Sequence[Edit]) -> list[Splice]: ...


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    """The whole value of a header."""

    segment: Segment
    value: Value = field(repr=False)
    phrases: bool
    eol: bytes

    def splices(self, edits: Sequence[Edit]) -> list[Splice]:
        """The changed bytes of the value."""
        return rewritten(self.value, edits, phrases=self.phrases, eol=self.eol)


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Text that stands as it is at bytes `start` and on; `exact` encodes to the very bytes."""

    segment: Segment
    start: int
    exact: str = field(repr=False)

    def splices(self, edits: Sequence[Edit]) -> list[Splice]:
        """The changed bytes."""
        found, at, position = [], self.start, 0
        for edit in edits:
            at += _size(self.exact[position : edit.span.start])
            end = at + _size(self.exact[edit.span.start : edit.span.end])
            found.append((at, end, edit.replacement.encode()))
            at, position = end, edit.span.end
        return found


def _size(exact: str) -> int:
    return len(exact.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """What can be read in a part that is dropped with the first change (a signature, a key)."""

    segment: Segment

    def splices(self, edits: Sequence[Edit]) -> list[Splice]:  # noqa: ARG002
        """Nothing: whoever drops the part has no use for it."""
        return []


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """A parameter, in one piece or in several (RFC 2231)."""

    segment: Segment
    pieces: tuple[Parameter, ...]
    eol: bytes

    def splices(self, edits: Sequence[Edit]) -> list[Splice]:
        """The parameter written anew in its first place, its others gone."""
        text, parts, position = self.segment.text, [], 0
        for edit in edits:
            parts += [text[position : edit.span.start], edit.replacement]
            position = edit.span.end
        parts.append(text[position:])
        first, *others = self.pieces
        spelled = spell_parameter(first.name, "".join(parts))
        return [
            (first.named, first.end, spelled),
            *((other.first, other.end, b"") for other in others),
        ]


def spell_parameter(name: str, text: str) -> bytes:
    """A parameter as `name="value"`, or percent-encoded where it is not ASCII (RFC 2231)."""
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'.encode("ascii")
    return f"{name}*=utf-8''{quote(text, safe='')}".encode("ascii")


def places_of(blob: bytes, entity: Entity, where: Locator, record: tuple[int, ...]) -> list[Place]:
    """What an entity's own headers say, and what stands around its parts."""
    eol = line_end(blob[entity.first : entity.start])
    found: list[Place] = []
    for number, header in enumerate(entity.headers, 1):
        at = (*where, Step("header", number))
        if _ODD_NAME.search(header.name):
            named = Segment(header.name, at, Kind.NAME, "", record)
            found.append(TextPlace(named, header.first, header.name))
        found += _of_header(blob, header, at, record, eol)
    for number, (start, end) in enumerate(entity.loose, 1):
        text = blob[start:end]
        if text.strip():
            at = (*where, Step("text", number))
            found.append(_text(text, start, at, record))
    return found


def _text(raw: bytes, start: int, where: Locator, record: tuple[int, ...]) -> TextPlace:
    exact = raw.decode("utf-8", "surrogateescape")
    return TextPlace(Segment(shown(exact), where, Kind.PROSE, "", record), start, exact)


def _of_header(
    blob: bytes, header: Header, where: Locator, record: tuple[int, ...], eol: bytes
) -> Iterator[Place]:
    name = header.name.lower()
    raw = blob[header.start : header.end]
    if not raw:
        return
    if name in ("content-type", "content-disposition"):
        named = parameters(blob, header)
        if len(named) <= _MOST_PARAMETERS and all_read(blob, header, named):
            yield from _of_parameters(blob, named, where, record, eol)
            return
    value = read_value(blob, header.start, header.end)
    plain = _PLAIN.fullmatch(value.text)
    if (name in _SILENT and plain) or (
        name in ("date", "resent-date") and _DATE.fullmatch(value.text)
    ):
        return
    kind = Kind.PROSE if name in SENTENCES else Kind.FIELD
    value = Value(hushed(name, value.text), value.start, value.starts, value.ends, value.runs)
    segment = Segment(value.text, where, kind, header.name, record)
    yield HeaderPlace(segment, value, name in ADDRESSES, eol)


def hushed(name: str, text: str) -> str:
    """The text of a header with what no person can be in blanked, character by character.

    Signatures and keys, which go with any change; the protocols and the time of a `Received` header.
    """
    if name.lower() in INVALID:
        return _SIGNED.sub(lambda m: m[1] + "=" + " " * (len(m[0]) - len(m[1]) - 1), text)
    if name.lower() in ("received", "x-received"):
        return _TRADE.sub(lambda m: " " * len(m[0]), text)
    return text


def all_read(blob: bytes, header: Header, named: Sequence[Parameter]) -> bool:
    """Whether a structured header is a plain word and parameters, and nothing else."""
    position, rest = header.start, []
    for one in named:
        rest.append(blob[position : one.first])
        position = one.end
    rest.append(blob[position : header.end])
    first = rest[0].strip()
    return (
        not b"".join(rest[1:]).strip(b" \t\r\n;\"'")
        and re.fullmatch(rb"[\w.+/-]{1,100}[ \t]*;?", first) is not None
    )


def _of_parameters(
    blob: bytes, named: Sequence[Parameter], where: Locator, record: tuple[int, ...], eol: bytes
) -> Iterator[Place]:
    groups: dict[str, list[Parameter]] = {}
    for one in named:
        groups.setdefault(one.name, []).append(one)
    for name, pieces in groups.items():
        simple = [one for one in pieces if not one.starred and one.number == 0]
        # `filename` and `filename*` side by side say the same twice: each is a place of its own.
        sets = [[one] for one in simple] if len(pieces) > 1 and simple else []
        rest = [one for one in pieces if one not in simple] if sets else pieces
        if sets and any(one.number for one in rest):
            sets, rest = [], pieces
        for group in (*sets, rest):
            if not group:
                continue
            text = parameter_text(blob, group)
            if name in STRUCTURAL and (name == "boundary" or _PLAIN.fullmatch(text)):
                continue
            label = "filename" if name in ("name", "filename") else name
            yield ParameterPlace(
                Segment(text, where, Kind.METADATA, label, record), tuple(group), eol
            )


def _dearmoured(data: bytes) -> bytes:
    """The binary of armoured parts (RFC 4880, section 6) behind the text that they stand in."""
    parts = [data]
    for block in _ARMOUR.finditer(data):
        body = re.split(rb"\r?\n[ \t]*\r?\n", block[1], maxsplit=1)[-1]
        body = re.sub(rb"\n=[A-Za-z0-9+/]{4}\s*\Z|[^A-Za-z0-9+/]", b"", body)
        try:
            parts.append(base64.b64decode(body[: len(body) // 4 * 4]))
        except binascii.Error:
            continue
    return b"\n".join(parts)


def sealed_text(data: bytes) -> str:
    """What can be read in a signature or a key without knowing its form, one run a line."""
    runs = _PRINTABLE.finditer(_dearmoured(data))
    return "\n".join(run[0].replace(b"\0", b"").decode("ascii") for run in runs)
