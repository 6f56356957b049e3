r"""Escapes within a text, all kinds undone together.

Percent-encoding (RFC 3986) and its `%uXXXX`, character references, `\uXXXX`, `\xXX`, `\u{X}`, octal
and CSS escapes, `\n` and `\t`, colours of terminals (ECMA-48), quoted-printable (RFC 2045), encoded
words (RFC 2047), UTF-7 (RFC 2152), labels in punycode (RFC 3492), blanks written as `+`, and characters
that look like others.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Callable
from email.errors import HeaderParseError
from email.header import decode_header
from types import MappingProxyType

from pii_guard.views.looks import mixed_words, plain
from pii_guard.views.view import View, inline

_PERCENT = r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)|(?P<wide>%u[0-9A-Fa-f]{4})"
_REFERENCE = r"(?P<reference>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_ANSI = (
    r"(?P<ansi>(?:\x1b|\^\[|\#033|\\(?:033|x1[bB]|u001[bB]|e))\[[0-9;:?]{0,30}[A-Za-z]|\x1b\([0AB])"
)
_ESCAPE = (
    r"(?P<line>\\{1,7}r\\{1,7}n|\\{1,7}[nrt](?![a-z])|\\{1,7}[bf](?![A-Za-z]))"
    r"|(?P<escape>(?:\\u[0-9a-fA-F]{4}){1,2}|(?:\\x[0-9a-fA-F]{2})+)"
    r"|(?P<braced>\\u\{[0-9a-fA-F]{1,6}\})|(?P<slashes>\\{1,7}(?=[\"/]|\\u[0-9a-fA-F]{4}))"
    # Two or more in a row: one alone is as well the end of a path.
    r"|(?P<octal>(?:\\[0-3][0-7]{2}){2,})|(?P<css>\\0{0,4}[2-7][0-9a-fA-F](?: ?\\0{0,4}[2-7][0-9a-fA-F]){2,})"
    r"|(?P<dot>(?<=\w)\\(?=[.@-]\w))"
)
_ANY_LINE = r"(?P<anyline>\\{1,7}[nrt])"
_QUOTED = r"(?P<quoted>(?:=[0-9A-F]{2})+|=\r?\n)"
_ENCODED_WORD = r"(?P<encoded>=\?[\w-]{2,30}\?[bBqQ]\?[^\s?]{1,200}\?=(?:\s{1,3}(?==\?))?)"
_UTF_7 = r"(?P<seven>\+[A-Za-z0-9+/]{2,64}-)"
_PUNYCODE = r"(?P<label>(?<![\w-])xn--[a-z0-9-]{2,59}(?![\w-]))"
_PLUS = r"(?P<plus>(?<=\w)\+(?=\w))"
_ODD = r"(?P<odd>[^\x00-\x7f])"
_IS_QUOTED = re.compile(
    r"quoted-printable|=3D(?![0-9A-F]{6})|[\w.]=40(?=[\w=-]{1,80}(?:\.|=2E)[\w=])(?!\d*\b)"
    # A soft line break; what fills up the last line of base64 is none.
    r"|(?:[^A-Za-z0-9+/\s]|\S[ \t])[A-Za-z0-9+/]{0,75}(?<!=)=\r?\n",
    re.I,
)
_IS_FORM = re.compile(r"[?&\w]=(?:(?![?\w]=)[^\s&+])*+\+")
_IS_ANSI = re.compile(r"(?:\^\[|#033|\\(?:033|x1[bB]|u001[bB]|e))\[")
_IS_PATH = re.compile(r"\\(?!e\[)[ac-eg-mo-qswyzA-Z]|(?<![A-Za-z])[A-Za-z]:\\")
"""A backslash before a letter that it makes no other character of, or behind a drive (`C:\\temp`)."""
_IS_UTF_7 = re.compile(r"\+A[A-Za-z0-9+/]{2}-")


def once(text: str) -> View | None:
    """The text with its escapes undone one time; None where it has none."""
    units = _units(text)
    if units is None:
        return None
    parts: list[str] = []
    starts, ends = array("q"), array("q")
    position, changed = 0, False
    mixed = None
    for match in units.finditer(text):
        kind = match.lastgroup or ""
        if kind == "odd":
            mixed = mixed_words(text) if mixed is None else mixed
            shown = [(plain(text, match.start(), mixed), match.start(), match.end())]
        else:
            shown = _DECODERS[kind](match)
        if not shown or (len(shown) == 1 and shown[0][0] == match[0]):
            continue
        changed = True
        parts.append(text[position : match.start()])
        starts.extend(range(position, match.start()))
        ends.extend(range(position + 1, match.start() + 1))
        for piece, start, end in shown:
            parts.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([end] * len(piece))
        position = match.end()
    if not changed:
        return None
    parts.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return View("".join(parts), starts, ends, inline)


def spelled_like(raw: str, text: str) -> str:
    """A replacement as it has to be written among the escapes of `raw`."""
    if "%" in raw and "\\" not in raw:
        return text.replace("<", "%3C").replace(">", "%3E")
    return text


def _units(text: str) -> re.Pattern[str] | None:
    """The pattern of what may be undone in a text, as few alternatives as it can do with."""
    kinds = []
    if "%" in text:
        kinds.append(_PERCENT)
    if "&" in text and ";" in text:
        kinds.append(_REFERENCE)
    if "\x1b" in text or _IS_ANSI.search(text):
        kinds.append(_ANSI)
    if "\\" in text:
        kinds.append(_ESCAPE)
        if not _IS_PATH.search(text):
            kinds.append(_ANY_LINE)
    if "=?" in text:
        kinds.append(_ENCODED_WORD)
    if "=" in text and _IS_QUOTED.search(text):
        kinds.append(_QUOTED)
    if "+" in text:
        if _IS_UTF_7.search(text):
            kinds.append(_UTF_7)
        if _IS_FORM.search(text):
            kinds.append(_PLUS)
    if "xn--" in text:
        kinds.append(_PUNYCODE)
    if not text.isascii():
        kinds.append(_ODD)
    return re.compile("|".join(kinds)) if kinds else None


Shown = list[tuple[str, int, int]]
"""Pieces of text and the half-open range of the origin that each stands for."""


def _bytes(match: re.Match[str], width: int, base: int = 16) -> Shown:
    """Characters of a run of escaped bytes, `width` characters a byte; nothing if it is not UTF-8.

    The digits of a byte are the last two (hexadecimal) or three (octal) of its characters.
    """
    digits = 2 if base == 16 else 3
    run = match[0]
    raw = bytes(int(run[i + width - digits : i + width], base) for i in range(0, len(run), width))
    shown, place = [], match.start()
    try:
        for letter in raw.decode("utf-8"):
            size = len(letter.encode()) * width
            shown.append((letter, place, place + size))
            place += size
    except UnicodeDecodeError:
        return []
    return shown


def _percent(match: re.Match[str]) -> Shown:
    return _bytes(match, 3)


def _octal(match: re.Match[str]) -> Shown:
    return _bytes(match, 4, base=8)


def _quoted(match: re.Match[str]) -> Shown:
    if match[0].endswith("\n"):
        return _nothing(match)
    return _bytes(match, 3)


def _escape(match: re.Match[str]) -> Shown:
    if match[0][1] == "x":
        return _bytes(match, 4)
    numbers = [int(match[0][i + 2 : i + 6], 16) for i in range(0, len(match[0]), 6)]
    if len(numbers) == 2 and 0xD800 <= numbers[0] < 0xDC00 <= numbers[1] < 0xE000:
        number = 0x10000 + ((numbers[0] - 0xD800) << 10) + numbers[1] - 0xDC00
        return [(chr(number), match.start(), match.end())]
    return [
        (_character(n) or "\ufffd", match.start() + 6 * i, match.start() + 6 * i + 6)
        for i, n in enumerate(numbers)
    ]


def _css(match: re.Match[str]) -> Shown:
    return [
        (chr(int(one[0].strip(" \\"), 16)), match.start() + one.start(), match.start() + one.end())
        for one in re.finditer(r"\\[0-9a-fA-F]+ ?", match[0])
    ]


def _reference(match: re.Match[str]) -> Shown:
    return _as(match, html.unescape(match[0]))


def _wide(match: re.Match[str]) -> Shown:
    return _as(match, _character(int(match[0][2:], 16)))


def _braced(match: re.Match[str]) -> Shown:
    return _as(match, _character(int(match[0][3:-1], 16)))


def _encoded(match: re.Match[str]) -> Shown:
    try:
        decoded = decode_header(match[0].strip())
        text = "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii")
            for part, charset in decoded
        )
    except (HeaderParseError, LookupError, ValueError):
        return []
    return _as(match, text)


def _seven(match: re.Match[str]) -> Shown:
    try:
        text = match[0].encode().decode("utf-7")
    except UnicodeDecodeError:
        return []
    return _as(match, text if text.isprintable() else "")


def _label(match: re.Match[str]) -> Shown:
    try:
        return _as(match, match[0][4:].encode().decode("punycode"))
    except (UnicodeDecodeError, ValueError):
        return []


def _as(match: re.Match[str], text: str) -> Shown:
    return [(text, match.start(), match.end())] if text else []


def _character(number: int) -> str:
    return "" if number > 0x10FFFF or 0xD800 <= number < 0xE000 else chr(number)


def _nothing(match: re.Match[str]) -> Shown:
    return [("", match.start(), match.end())]


def _line(match: re.Match[str]) -> Shown:
    return _as(match, {"t": "\t", "b": " ", "f": " "}.get(match[0][-1], "\n"))


def _plus(match: re.Match[str]) -> Shown:
    return _as(match, " ")


_DECODERS: MappingProxyType[str, Callable[[re.Match[str]], Shown]] = MappingProxyType(
    {
        "percent": _percent, "wide": _wide, "reference": _reference, "escape": _escape,
        "braced": _braced, "slashes": _nothing, "octal": _octal, "css": _css, "dot": _nothing,
        "quoted": _quoted, "encoded": _encoded, "seven": _seven, "label": _label, "plus": _plus,
        "ansi": _nothing, "line": _line, "anyline": _line,
    }
)  # fmt: skip
