"""Lines of vCard and iCalendar: unfolded, with the place of each character, and their parameters."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
HEAD = re.compile(
    r"(?:(?P<group>[A-Za-z0-9_-]{1,64})\.)?(?P<name>[A-Za-z0-9_-]{1,64})"
    r"(?P<parameters>(?:;(?:[^\":;]++|\"[^\"]*+\")*+)*+):"
)
_PARAMETER = re.compile(r";(?:(?P<name>[A-Za-z0-9_-]{1,64})=)?(?P<value>(?:[^\";]++|\"[^\"]*\")*)")
_QUOTED = re.compile(r"(?i)quoted-printable\Z")
_BINARY = re.compile(r"(?i)(?:b|base64)\Z")


@dataclass(frozen=True, slots=True)
class Logical:
    """An unfolded line: its text and the place of each of its characters in the source, and its end."""

    text: str = field(repr=False)
    places: Sequence[int] = field(repr=False)
    number: int
    ends_with_return: bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a line, with their places from where the first begins."""

    places: tuple[tuple[str, int, int], ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_encoded: bool = False
    """Whether the value may be written otherwise than it reads."""

    @property
    def is_quoted(self) -> bool:
        """Whether the value is in quoted-printable."""
        return bool(_QUOTED.match(self.said.get("ENCODING", "")))

    @property
    def is_binary(self) -> bool:
        """Whether the value is in base64."""
        return bool(_BINARY.match(self.said.get("ENCODING", "")))


NONE = Parameters()
"""No parameters."""


def logical(text: str, position: int, number: int) -> tuple[Logical, int, int]:
    """A line unfolded; a soft break of quoted-printable goes on as well. Then where the next one is.

    The last is how many lines of the source it takes.
    """
    line = _next(text, position)
    whole, count = line, 1
    ranges = [_bare(line)]
    head = HEAD.match(line.group())
    soft = head is not None and "quoted-printable" in head["parameters"].lower()
    while line.end() < len(text):
        start, end = ranges[-1]
        after = line.end()
        if soft and text[start:end].rstrip(" \t").endswith("="):
            # The break itself belongs to the value: it is undone where that is decoded.
            ranges[-1] = (start, after)
            line = _next(text, after)
            ranges.append(_bare(line))
        elif text[after] in " \t":
            line = _next(text, after)
            low, high = _bare(line)
            ranges.append((low + 1, high))
        else:
            break
        count += 1
    places: Sequence[int] = range(ranges[0][0], ranges[0][1] + 1)
    if len(ranges) > 1:
        places = array("q", chain(*(range(*one) for one in ranges), (ranges[-1][1],)))
    unfolded = "".join(text[low:high] for low, high in ranges)
    return Logical(unfolded, places, number, whole.group().endswith("\r\n")), line.end(), count


def _next(text: str, position: int) -> re.Match[str]:
    line = _LINE.match(text, position)
    assert line is not None
    return line


def _bare(line: re.Match[str]) -> tuple[int, int]:
    return line.start(), line.start() + len(line.group().rstrip("\r\n"))


def parameters_of(text: str) -> Parameters:
    """What parameters say; those that are no words of the format have a place."""
    if not text:
        return NONE
    places: list[tuple[str, int, int]] = []
    said: dict[str, str] = {}
    for match in _PARAMETER.finditer(text):
        raw, (start, end) = match["value"], match.span("value")
        name = (match["name"] or ("ENCODING" if _is_encoding(raw) else "TYPE")).upper()
        said.setdefault(name, raw.strip('"'))
        if end - start > 1 and raw[0] == raw[-1] == '"':
            start, end = start + 1, end - 1
        if text[start:end].strip() and name not in ("ENCODING", "CHARSET"):
            places.append((name, start, end))
    is_encoded = "ENCODING" in said or "quoted-printable" in text.lower()
    return Parameters(tuple(places), said, is_encoded)


def _is_encoding(raw: str) -> bool:
    return bool(_QUOTED.match(raw) or _BINARY.match(raw))
