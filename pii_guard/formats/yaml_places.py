"""Where the characters of a folded or escaped YAML scalar stand (YAML 1.2.2, 5.7, 6.5 and 7.3)."""

from __future__ import annotations

import re
from array import array

_BREAK = r"(?:\r\n|[\r\n\x85\u2028\u2029])"
_ESCAPED = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_RUN = re.compile(
    rf"(?P<fold>[ \t]*+(?:{_BREAK}[ \t]*+)++)|(?P<blank>[ \t]++)|(?P<joined>\\{_BREAK}[ \t]*+)"
    r"|(?P<code>\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))|(?P<escape>\\.)|(?P<twice>'')"
    r"|(?P<plain>[^ \t\r\n\x85\u2028\u2029\\']++)|(?P<other>.)",
    re.S,
)
_BREAKS = re.compile(_BREAK)


def places(source: str, start: int, end: int, quote: str) -> tuple[str, array[int]]:
    """The value of the scalar whose text (without its quotes) is `source[start:end]`.

    `quote` is `'`, `"` or "" for a plain scalar. Also the place of each character in `source`, and
    of the end. What a parser says the value is decides: the caller compares.
    """
    value: list[str] = []
    offsets = array("q")
    for match in _RUN.finditer(source, start, end):
        read = _read(match, quote)
        if len(read) == match.end() - match.start():
            offsets.extend(range(match.start(), match.end()))
        else:
            offsets.extend([match.start()] * len(read))
        value.append(read)
    offsets.append(end)
    return "".join(value), offsets


def _read(match: re.Match[str], quote: str) -> str:
    kind, text = match.lastgroup, match.group()
    if kind == "fold":
        breaks = len(_BREAKS.findall(text))
        return " " if breaks == 1 else "\n" * (breaks - 1)
    if kind == "twice" and quote == "'":
        return "'"
    if quote == '"':
        if kind == "joined":
            return ""
        if kind == "escape":
            return _ESCAPED.get(text[1], text)
        if kind == "code":
            number = int(text[2:], 16)
            return chr(number) if number < 0x110000 else text
    return text
