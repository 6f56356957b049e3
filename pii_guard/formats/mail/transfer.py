"""Transfer encodings of bodies (RFC 2045, section 6): decoded, and encoded again as they were.

Only what changed is written anew: of quoted-printable the changed lines, of base64 all with the old
length of lines.
"""

from __future__ import annotations

import base64
import binascii
import re

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.mail.values import codec, decoded

_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_SPACE = re.compile(rb"\s+")
_SOFT = re.compile(rb"=[ \t]*\r?\n")
_WITHIN = re.compile(rb"(?<=\w)=[ \t]*\r?\n(?=[\w=])")
"""A soft line break in a word."""
_QP_BAD = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")
_UU_BEGIN = re.compile(rb"begin(?:-base64)? [0-7]{3,4} [^\r\n]*\r?\n")
_WIDEST = 76


def decode_body(raw: bytes, encoding: str, where: str) -> bytes:
    """The bytes of a body. Raises `Unreadable` for a broken or an unknown encoding."""
    if encoding in _AS_IT_IS:
        return raw
    if encoding == "base64":
        return _from_base64(raw, where)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _from_uu(raw, where)
    raise Unreadable(ReasonCode.UNSUPPORTED, f"{where}: transfer encoding")


def encode_body(new: bytes, encoding: str, raw: bytes) -> bytes:
    """`new` in the encoding of `raw`, the body that it replaces."""
    if encoding in _AS_IT_IS:
        return new
    if encoding == "base64":
        return _to_base64(new, raw)
    if encoding == "quoted-printable":
        return _to_quoted(new, raw)
    return _to_uu(new, raw)


def _from_base64(raw: bytes, where: str) -> bytes:
    compact = _SPACE.sub(b"", raw).rstrip(b"=")
    if _is_shifted(raw.split()):
        raise Unreadable(ReasonCode.CORRUPT, f"{where}: base64 out of step")
    try:
        # What is no base64 stands there for a reader that is not ours: refused, not skipped.
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, f"{where}: base64") from None


def _is_shifted(lines: list[bytes]) -> bool:
    """Whether something was put in or lost, so that what follows is noise as a whole and text by itself.

    Encoders fill lines evenly, with whole groups of four, up to 76 characters (RFC 2045, 6.8).
    """
    lengths = {len(line) for line in lines[:-1]}
    uneven = len(lengths) > 1 or max(lengths, default=0) > _WIDEST
    return uneven and any(length % 4 for length in lengths)


def line_end(raw: bytes) -> bytes:
    """How lines end in it."""
    return b"\n" if b"\n" in raw and b"\r\n" not in raw else b"\r\n"


def _to_base64(new: bytes, raw: bytes) -> bytes:
    lines = raw.strip().split(b"\n", 1)
    width = len(lines[0].strip()) if len(lines) > 1 else 76
    width = width // 4 * 4 or 76
    coded, eol = base64.b64encode(new), line_end(raw)
    head = raw[: len(raw) - len(raw.lstrip())]
    tail = raw[len(raw.rstrip()) :]
    return head + eol.join(coded[i : i + width] for i in range(0, len(coded), width)) + tail


def _to_quoted(new: bytes, raw: bytes) -> bytes:
    eol = line_end(raw)
    lines = _hard_lines(raw)
    before = [binascii.a2b_qp(line) for line in lines]
    after = new.split(b"\n")
    after = [line + b"\n" for line in after[:-1]] + ([after[-1]] if after[-1] else [])
    if len(after) != len(before):
        return b"".join(_quoted_line(line, eol) for line in after)
    return b"".join(
        line if old == now else _quoted_line(now, eol)
        for line, old, now in zip(lines, before, after, strict=True)
    )


def _hard_lines(raw: bytes) -> list[bytes]:
    """Lines of the decoded text as they are encoded, soft line breaks within them."""
    lines: list[bytes] = []
    start = position = 0
    while (end := raw.find(b"\n", position)) >= 0:
        soft = raw[position:end].rstrip().endswith(b"=")
        position = end + 1
        if not soft:
            lines.append(raw[start:position])
            start = position
    if start < len(raw):
        lines.append(raw[start:])
    return lines


def _quoted_line(line: bytes, eol: bytes) -> bytes:
    bare = line.rstrip(b"\r\n")
    coded = binascii.b2a_qp(bare, quotetabs=False, istext=True)
    return coded.replace(b"\n", eol) + line[len(bare) :]


def _from_uu(raw: bytes, where: str) -> bytes:
    begin = _UU_BEGIN.match(raw.lstrip())
    if begin is None or begin[0].startswith(b"begin-base64"):
        raise Unreadable(ReasonCode.CORRUPT, f"{where}: uuencode")
    found: list[bytes] = []
    for line in raw.lstrip()[begin.end() :].splitlines():
        if line.strip() == b"end":
            return b"".join(found)
        try:
            found.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    raise Unreadable(ReasonCode.CORRUPT, f"{where}: uuencode")


def _to_uu(new: bytes, raw: bytes) -> bytes:
    eol = line_end(raw)
    lines = [binascii.b2a_uu(new[i : i + 45]).rstrip(b"\n") for i in range(0, len(new), 45)]
    return eol.join([b"begin 644 attachment", *lines, b"`", b"end", b""])


def to_utf8(data: bytes, charset: str) -> tuple[bytes, bool]:
    """Text in a charset as UTF-8, and whether it is: not when that would lose a byte."""
    if charset in ("", "us-ascii", "ascii", "utf-8", "utf8") or (
        data.isascii() and not _shifts(charset)
    ):
        return data, False
    text = decoded(data, charset)
    try:
        same = text.encode(codec(charset)) == data
    except (LookupError, UnicodeError, ValueError):
        same = False
    return (text.encode("utf-8"), True) if same else (data, False)


def _shifts(charset: str) -> bool:
    """Whether ASCII bytes may mean other letters in it."""
    return charset.startswith(("iso-2022", "utf-7", "hz", "utf-16", "utf-32", "cp037", "cp500"))


def from_utf8(data: bytes, charset: str) -> bytes:
    """UTF-8 in the charset again. Raises `Unreadable` where a letter of it is not in the charset."""
    try:
        return data.decode("utf-8").encode(codec(charset))
    except (LookupError, UnicodeError, ValueError):
        raise Unreadable(ReasonCode.NOT_COVERED, "a replacement in another charset") from None


def without_soft_breaks(blob: bytes) -> bytes:
    """Mail without the line breaks of quoted-printable in words: `Paul=`, `o` is no Paul.

    What is in the parts is searched as it is meant besides.
    """
    return _WITHIN.sub(b"", blob)
