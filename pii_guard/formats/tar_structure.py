"""The structure of a tar archive: POSIX ustar and pax (IEEE 1003.1), GNU and V7.

A member is its header block with what pax records or GNU long names say instead, and its data. Sparse
files and archives in several volumes are refused: their data is not what it seems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.unpacking import Unpacking

BLOCK = 512
FIELDS = {
    "name": (0, 100), "mode": (100, 108), "uid": (108, 116), "gid": (116, 124), "size": (124, 136),
    "mtime": (136, 148), "checksum": (148, 156), "type": (156, 157), "linkname": (157, 257),
    "uname": (265, 297), "gname": (297, 329), "prefix": (345, 500),
}  # fmt: skip
"""Half-open ranges of the fields in a header block."""
REGULAR = frozenset(b"0\x007")
LINKS, FOLDER, GLOBAL = frozenset(b"12"), ord("5"), ord("g")
_DEVICES = frozenset(b"346")
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK = b"x", b"g", b"L", b"K"
_RECORD = re.compile(rb"(\d{1,8}) ([^=]{1,512})=")
_SPARSE = ("GNU.sparse.", "SCHILY.realsize")


@dataclass(frozen=True, slots=True)
class Member:
    """One member. `pax`: what records before it say, in order; `content`: the data of a file.

    `path`, `target`, `owner` and `group` are as a reader shows them. `slack`: bytes in the header
    that mean nothing; `behind`: those that are not zero between the data and the next block. A global header is a member without a path.
    """

    block: bytes = field(repr=False)
    kind: int
    path: str = field(repr=False)
    target: str = field(repr=False)
    owner: str = field(repr=False)
    group: str = field(repr=False)
    pax: dict[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    slack: bytes = field(repr=False)
    behind: bytes = field(default=b"", repr=False)


def members(blob: bytes, unpacking: Unpacking) -> Iterator[Member]:
    """The members in order. Raises `Unreadable`."""
    position, ended = 0, False
    common: dict[str, str] = {}
    pax: dict[str, str] = {}
    slack = behind = b""
    while position < len(blob):
        block = blob[position : position + BLOCK]
        if not block.strip(b"\0"):
            ended = True
            break
        if len(block) < BLOCK:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
        _check(block)
        unpacking.member()
        size = _number(pax.get("size") or common.get("size"), _field(block, "size"))
        kind = block[156:157]
        holds = kind in (_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK) or kind[0] in REGULAR
        start = position + BLOCK
        end = start + (size if holds else 0)
        position = start + -(-(end - start) // BLOCK) * BLOCK
        data = blob[start:end]
        if len(data) != end - start:
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
        slack, behind = slack + _slack(block), behind + blob[end:position].strip(b"\0")
        if kind == _PAX:
            pax |= _records(data)
        elif kind == _GLOBAL:
            common = common | _records(data)
            yield Member(block, kind[0], "", "", "", "", _records(data), b"", slack, behind)
            slack = behind = b""
        elif kind in (_LONG_NAME, _LONG_LINK):
            pax["path" if kind == _LONG_NAME else "linkpath"] = text_of(data.rstrip(b"\0"))
        else:
            yield replace(_member(block, common | pax, pax, data, slack), behind=behind)
            pax, slack, behind = {}, b"", b""
    if blob[position:].strip(b"\0"):
        raise Unreadable(ReasonCode.NOT_COVERED, "data after its end")
    if pax or not (ended or position == len(blob)):
        raise Unreadable(ReasonCode.CORRUPT, "it ends too early")


def text_of(raw: bytes) -> str:
    """A name: UTF-8, or bytes that are kept as they are (PEP 383)."""
    return raw.decode("utf-8", "surrogateescape")


def _member(
    block: bytes, said: dict[str, str], own: dict[str, str], data: bytes, slack: bytes
) -> Member:
    kind = block[156]
    if any(key.startswith(_SPARSE) for key in said) or (
        kind not in REGULAR | LINKS | _DEVICES | {FOLDER}
    ):
        raise Unreadable(ReasonCode.UNSUPPORTED, "a sparse file or part of another volume")
    name, prefix = _text(block, "name"), _text(block, "prefix") if _is_ustar(block) else ""
    return Member(
        block,
        kind,
        said.get("path") or (f"{prefix}/{name}" if prefix else name),
        said.get("linkpath") or _text(block, "linkname"),
        said.get("uname") or (_text(block, "uname") if _has_owner(block) else ""),
        said.get("gname") or (_text(block, "gname") if _has_owner(block) else ""),
        own,
        data,
        slack,
    )


def _is_ustar(block: bytes) -> bool:
    return block[257:263] == b"ustar\0"


def _has_owner(block: bytes) -> bool:
    return block[257:262] == b"ustar"


def _check(block: bytes) -> None:
    told = _number(None, _field(block, "checksum"))
    if sum(block[:148]) + 8 * 32 + sum(block[156:]) != told:
        raise Unreadable(ReasonCode.CORRUPT, "header checksum")


def _field(block: bytes, name: str) -> bytes:
    return block[slice(*FIELDS[name])]


def _text(block: bytes, name: str) -> str:
    return text_of(_field(block, name).partition(b"\0")[0])


def _number(said: str | None, raw: bytes) -> int:
    """A number in octal, or binary where its first bit is set (GNU); `said` by a pax record wins."""
    try:
        if said is not None:
            return max(0, int(said))
        if raw[0] & 0x80:
            return int.from_bytes(raw, "big") & ~(0x80 << 8 * (len(raw) - 1))
        return int(raw.strip(b" \0").partition(b"\0")[0] or b"0", 8)
    except ValueError:
        raise Unreadable(ReasonCode.CORRUPT, "header number") from None


def _slack(block: bytes) -> bytes:
    """What stands in a header behind the end of its texts, or in no field of it."""
    parts = [block[500:] if _is_ustar(block) else b""]
    texts = ["name", "linkname"]
    if _has_owner(block):
        texts += ["uname", "gname"]
    if _is_ustar(block):
        texts.append("prefix")
    parts += [_field(block, name).partition(b"\0")[2] for name in texts]
    if not _has_owner(block):
        parts.append(block[257:])
    elif not _is_ustar(block):
        parts.append(block[369:])  # behind the two times that GNU writes
    return b"\0".join(part for part in parts if part.strip(b"\0"))


def _records(data: bytes) -> dict[str, str]:
    """The records of a pax header: `27 path=…`, each with its own length."""
    found, position = dict[str, str](), 0
    data = data.rstrip(b"\0")
    while position < len(data):
        match = _RECORD.match(data, position)
        end = position + int(match[1]) if match else 0
        if match is None or end > len(data) or end <= match.end() or data[end - 1 : end] != b"\n":
            raise Unreadable(ReasonCode.CORRUPT, "pax header")
        found[text_of(match[2])] = text_of(data[match.end() : end - 1])
        position = end
    return found


def with_fields(block: bytes, values: dict[str, bytes]) -> bytes:
    """A header block with fields replaced, nothing behind the end of any, the checksum right."""
    made = bytearray(block)
    kept = ["name", "linkname", "uname", "gname"] if _has_owner(block) else ["name", "linkname"]
    for name in [*kept, *(["prefix"] if _is_ustar(block) else [])]:
        if name not in values:
            values = {**values, name: _field(block, name).partition(b"\0")[0]}
    for name, raw in values.items():
        start, end = FIELDS[name]
        made[start:end] = raw[: end - start].ljust(end - start, b"\0")
    if _is_ustar(block):
        made[500:] = bytes(12)
    elif _has_owner(block):
        made[369:] = bytes(BLOCK - 369)
    else:
        made[257:] = bytes(BLOCK - 257)
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def octal(number: int, width: int) -> bytes:
    """A number as a header field of `width` bytes holds it."""
    return b"%0*o\0" % (width - 1, number)


def pax_records(values: dict[str, str]) -> bytes:
    """Pax records; each counts its own length."""
    parts = []
    for key, value in values.items():
        rest = b" %s=%s\n" % (_raw(key), _raw(value))
        size = len(rest) + 1
        while len(str(size)) + len(rest) != size:
            size = len(str(size)) + len(rest)
        parts.append(b"%d%s" % (size, rest))
    return b"".join(parts)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def padded(data: bytes) -> bytes:
    """Data filled up to whole blocks."""
    return data + bytes(-len(data) % BLOCK)
