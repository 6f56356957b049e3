"""What embedded font programs say of who made them: nothing that is drawn needs it (ISO 32000-1, 9.9).

Copyright texts name people, and whoever is called like one of them would be looked for there in vain.
They are blanked where they stand, so that a program is as long as it was. What is broken stays as it is:
it is searched like all else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_SFNT = (b"\0\1\0\0", b"true", b"OTTO", b"ttcf")
_NO_NAMES = b"\0\0\0\0\0\6"
"""A table of names (OpenType, `name`) that has none."""
_NOTES = re.compile(rb"(/(?:Notice|Copyright|FullName|FamilyName|version)\s*+\()([^()\\]*+)(?=\))")
_REMARK = re.compile(rb"(?<=[\r\n])%(?!%|!)[^\r\n]*+")
_STANDARD = 391
"""Strings of CFF that every reader knows (Adobe's Technical Note 5176, appendix A)."""
_TOLD = frozenset({0, 1, 2, 3, (12, 0)})
"""Operators of a CFF's dictionary: version, notice, full name, family, copyright (same note, 9)."""


def without_colophon(program: bytes) -> bytes:
    """The program of a font without the texts that say who made it, of the same length."""
    held = bytearray(program)
    try:
        if program[:4] in _SFNT:
            _blank_tables(held)
        elif program[:2] == b"%!":
            end = program.find(b"eexec")
            clear = program[: end if end > 0 else len(program)]
            clear = _NOTES.sub(lambda one: one[1] + b" " * len(one[2]), clear)
            clear = _REMARK.sub(lambda one: b"%" + b" " * (len(one[0]) - 1), clear)
            held[: len(clear)] = clear
        elif program[:1] == b"\1":
            _blank_cff(held, 0)
    except (IndexError, ValueError):
        return program
    return bytes(held)


def _blank_tables(held: bytearray) -> None:
    """Empty the table of names of an sfnt; one of OpenType may hold a CFF as well."""
    for number in range(int.from_bytes(held[4:6], "big")):
        entry = 12 + 16 * number
        tag = bytes(held[entry : entry + 4])
        start, size = (int.from_bytes(held[entry + n : entry + n + 4], "big") for n in (8, 12))
        if start + size > len(held):
            raise ValueError
        if tag == b"name" and size >= len(_NO_NAMES):
            held[start : start + size] = _NO_NAMES + bytes(size - len(_NO_NAMES))
            held[entry + 4 : entry + 8] = _NO_NAMES[2:4] + _NO_NAMES[4:]  # the sum of its numbers
        elif tag == b"CFF ":
            _blank_cff(held, start)


def _blank_cff(held: bytearray, start: int) -> None:
    """Blank the texts that the top dictionaries of a CFF point at."""
    _, after = _index(held, start + held[start + 2])
    tops, after = _index(held, after)
    strings, _ = _index(held, after)
    for begin, end in tops:
        for operator, operand in _entries(bytes(held[begin:end])):
            number = operand - _STANDARD
            if operator in _TOLD and 0 <= number < len(strings):
                low, high = strings[number]
                held[low:high] = b" " * (high - low)


def _index(held: bytearray, start: int) -> tuple[list[tuple[int, int]], int]:
    """Where the items of a CFF index begin and end, and where it ends itself."""
    count = int.from_bytes(held[start : start + 2], "big")
    if not count:
        return [], start + 2
    size = held[start + 2]
    first = start + 3
    data = first + size * (count + 1) - 1
    offsets = [
        data + int.from_bytes(held[first + size * n : first + size * (n + 1)], "big")
        for n in range(count + 1)
    ]
    if offsets[-1] > len(held) or any(one > other for one, other in pairwise(offsets)):
        raise ValueError
    return list(pairwise(offsets)), offsets[-1]


def _entries(top: bytes) -> Iterator[tuple[int | tuple[int, int], int]]:
    """The operators of a CFF dictionary, each with its last operand (whole numbers only)."""
    at, operand = 0, 0
    while at < len(top):
        byte = top[at]
        at += 1
        if byte == 12:
            yield (12, top[at]), operand
            at += 1
        elif byte <= 21:
            yield byte, operand
        elif byte == 28:
            operand, at = int.from_bytes(top[at : at + 2], "big", signed=True), at + 2
        elif byte == 29:
            operand, at = int.from_bytes(top[at : at + 4], "big", signed=True), at + 4
        elif byte == 30:
            while top[at] & 0xF != 0xF:
                at += 1
            at, operand = at + 1, -1
        elif byte <= 246:
            operand = byte - 139
        elif byte <= 250:
            operand, at = (byte - 247) * 256 + top[at] + 108, at + 1
        else:
            operand, at = -1, at + 1
