"""Encoded runs within a text: base64 (RFC 4648), hexadecimal, numbers of characters; hex dumps are in `dumps.py`.

What is encoded may be UTF-8, UTF-16 (as `powershell -enc` takes it) or compressed (RFC 1950, 1952).
A run gets a view of its own, and what replaces a part of it is written in the same encoding.
"""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from array import array
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from types import MappingProxyType

from pii_guard.document import Layer
from pii_guard.views.dumps import dumped, dumps
from pii_guard.views.legible import SHORTEST, is_readable, is_text, legible
from pii_guard.views.view import View

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRETCH = re.compile(rb"[\t -~\x80-\xef]{12}")
"""Bytes of a control character make no text of the whole, and without so many others there is none
within: most digests and identifiers are told by these two alone.
"""
_WIDE = re.compile(
    rb"(?P<le>(?:[\t\n\r -~\xa0-\xff]\0|[\0-\xff][\1-\6]){8,})"
    rb"|(?P<be>(?:\0[\t\n\r -~\xa0-\xff]|[\1-\6][\0-\xff]){8,})",
    re.DOTALL,
)
"""Text in UTF-16 amid binary data: Latin letters, Greek, Cyrillic, Hebrew and Arabic."""
_MEASURED = re.compile(rb"[\x0c\x13\x14\x16\x1a]([ -~])(?=[ -~\x80-\xff])")
"""A string of a certificate and its length in bytes, which looks like a letter of it (X.690, 8.1.3)."""
_LARGEST = 1 << 20
"""Bytes that a compressed run may become: more is no text that somebody hid in a text."""

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_%-])(?:[A-Za-z0-9+/]{44,200}\r?\n[ \t]*(?:[A-Za-z0-9+/]{12,200}\r?\n[ \t]*)*"
    r"[A-Za-z0-9+/][A-Za-z0-9+/_-]+|[A-Za-z0-9+/_-]{12,})={0,2}"
)
"""Lines of 64 (RFC 7468) or 76 (RFC 2045) symbols are one run with a last line of any length, and stay
one when some have got longer or shorter by what was written into them.
"""
_SEGMENT = re.compile(r"[^/\s]{12,}")
"""A part of an address may be base64 by itself: a stroke is a sign of both."""
_LONGEST_PATH = 4_096
_PACKED_MARKS = ("H4s", "eAE", "eJw", "eNo")
"""How gzip and zlib begin in base64: what they hold is seen unpacked or not at all."""
_LONG = 40
"""Symbols of a run that is worth a second look: shorter ones are mostly identifiers."""
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?P<digits>[0-9A-Fa-f]{16,}+"
    r"|[0-9A-Fa-f]{2}(?:[ :-]{1,2}[0-9A-Fa-f]{2}){7,}(?![0-9A-Za-z]))"
)
_NUMBER = r"(?:0x[0-9A-Fa-f]{2,6}|\d{1,7})"
_CALLED = re.compile(
    rf"(?i)(?:fromcharcode|fromcodepoint|n?char|chr|bytes|bytearray|array)\s?\(\s?[\[(]?\s?"
    rf"(?P<list>{_NUMBER}(?:\s?,\s?{_NUMBER}){{4,}})"
    rf"|(?P<calls>n?cha?r\s?\(\s?{_NUMBER}\s?\)(?:\s?(?:\|\||[+.,&])\s?n?cha?r\s?\(\s?{_NUMBER}\s?\)){{4,}})"
)
_CALLS = ("char", "chr", "code", "bytes", "array")
_LISTED = re.compile(
    rf"[\[{{]\s?(?P<list>{_NUMBER}(?:,\s{{0,9}}{_NUMBER}){{7,}})\s{{0,9}}[\]}}]", re.I
)
_ONE_CODE = re.compile(rf"(?i)(?:n?cha?r\s?\(\s?)?({_NUMBER})(?:\s?\))?")
HIDING = re.compile(
    r"[%&\\=\x1b]|\^\[\[|#033\[|[^\x00-\x7f]|[A-Za-z0-9+/_-]{12}|xn--|\+A|\d, ?\d|[0-9A-Fa-f]{2}[ :-]|(?i:chr?\()"
)
"""What every escape begins with, and every encoded run has: most cells of a table have neither."""

_Placed = Callable[[int, int], Layer]


def encoded(text: str) -> Iterator[View]:
    """The encoded runs of a text that hold text."""
    for match in _BASE64.finditer(text):
        found = list(_run(match[0], match.start(), "base64"))
        if not found and "/" in match[0] and len(match[0]) < _LONGEST_PATH:
            for part in _SEGMENT.finditer(text, *match.span()):
                found += _run(part[0], part.start(), "base64")
        length = match.end() - match.start()
        if (
            length >= _LONG
            and _unread(found, length) >= _LONG
            and not match[0].startswith(_PACKED_MARKS)
        ):
            # A symbol that was lost or put in shifts what is left of a longer run.
            is_wide = any(_scheme(view) != "base64" for view in found)
            for shift in (1, 2, 3):
                for view in _run(match[0][shift:], match.start() + shift, "base64"):
                    # What is UTF-16 in one alignment is letters of another script in the next.
                    if not is_wide or _scheme(view) == "base64" or _is_latin(view.text):
                        found.append(view)
        yield from found
    for match in _HEX.finditer(text):
        digits, place = match["digits"], match.start("digits")
        unbroken = digits.isalnum()
        odd = len(digits) % 2 if unbroken else 0
        found = list(_run(digits[: len(digits) - odd], place, "hex"))
        if not found and unbroken and (odd or len(digits) >= _LONG):
            # Cut within a byte, as by the window that a long text is read in.
            found += _run(digits[1 : len(digits) - 1 + odd], place + 1, "hex")
        yield from found
    low = text.lower()
    patterns = [_LISTED, _CALLED] if any(call in low for call in _CALLS) else [_LISTED]
    for pattern in patterns:
        for match in pattern.finditer(text):
            kind = match.lastgroup or ""
            yield from _codes(match[kind], match.start(kind))
    yield from dumps(text)


def _scheme(view: View) -> str:
    return view.layer(0, 1).scheme


def _is_latin(text: str) -> bool:
    return 2 * sum(map(str.isascii, text)) > len(text)


def _unread(views: Sequence[View], symbols: int) -> int:
    """About how many symbols of a run no view shows; none of what is compressed."""
    shown = 0
    for view in views:
        inner = _scheme(view).partition(":")[2]
        if inner in _PACKED:
            return 0
        if not inner:
            shown += len(view.text)
        elif _is_latin(view.text):  # others may be what a shift made of Latin letters
            shown += 2 * len(view.text)
    return symbols - shown * 4 // 3


def decoded(raw: str, layer: Layer) -> str:
    """What the slice `raw` of an origin says of the value that `layer` is of. Raises `ValueError`."""
    if layer.scheme == "codes":
        return "".join(letter for letter, _, _ in _letters(raw))
    if layer.scheme == "dump":
        text = dumped(raw)[0]
        return text[layer.head : len(text) - layer.tail]
    data = _bytes(raw, layer.scheme)
    return data[layer.head : len(data) - layer.tail].decode(_charset(layer.scheme), "replace")


def written(text: str, raw: str, layer: Layer) -> str:
    """`text` in place of what the slice `raw` of an origin says, in the encoding of the layer.

    In base64 it is followed by blanks that fill its last group, so that what comes after it stays
    readable. A hex dump is replaced by the text itself, line and all. Raises `ValueError`.
    """
    if layer.scheme == "dump":
        return text
    if layer.scheme == "codes":
        return _codes_like(raw, text)
    data = _bytes(raw, layer.scheme)
    head, tail = data[: layer.head], data[len(data) - layer.tail :]
    coding, _, inner = layer.scheme.partition(":")
    charset = _charset(layer.scheme)
    new = text.encode(charset)
    while coding == "base64" and inner not in _PACKED and (len(head) + len(new) + len(tail)) % 3:
        new += " ".encode(charset)
    whole = head + new + tail
    if inner in _PACKED:
        whole = _PACKED[inner][1](whole)
    if coding == "hex":
        return _hex_like(raw, whole)
    return _lines_like(
        raw, base64.b64encode(whole, _SAFE if "-" in raw or "_" in raw else None).decode()
    )


def _lines_like(raw: str, coded: str) -> str:
    """`coded` with the line ends of `raw`, after as many symbols as there, and no line longer for them."""
    lines: list[str] = []
    for line in raw.splitlines(keepends=True)[:-1]:
        bare = line.rstrip("\r\n")
        size = len(bare.strip())
        lines.append(bare[: len(bare) - len(bare.lstrip())] + coded[:size] + line[len(bare) :])
        coded = coded[size:]
    return "".join(lines) + coded


_SAFE = b"-_"
_STANDARD = str.maketrans("-_", "+/")


def _inflated(data: bytes, wbits: int) -> bytes:
    """Of what is cut off as much as there is. Raises `ValueError` for what is broken or too large."""
    machine = zlib.decompressobj(wbits)
    try:
        found = machine.decompress(data, _LARGEST)
    except zlib.error:
        raise ValueError("not compressed") from None
    if machine.unconsumed_tail or (not machine.eof and len(found) >= _LARGEST):
        raise ValueError("too large")
    return found


_PACKED: MappingProxyType[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = (
    MappingProxyType(
        {
            "gzip": (lambda d: _inflated(d, 31), lambda d: gzip.compress(d, mtime=0)),
            "zlib": (lambda d: _inflated(d, 15), zlib.compress),
        }
    )
)
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"x\x01", "zlib"), (b"x\x9c", "zlib"), (b"x\xda", "zlib"))


def _charset(scheme: str) -> str:
    return scheme.partition(":")[2] if scheme.endswith(("-le", "-be")) else "utf-8"


def _inner(data: bytes) -> str:
    """How the bytes of a run hold text: compressed, UTF-16 or (empty) neither."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    pairs = len(data) // 2
    if pairs >= SHORTEST and b"\0" in data:
        for charset, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
            if 2 * zeros.count(0) > pairs:
                return charset
    return ""


def _run(raw: str, place: int, coding: str) -> Iterator[View]:
    """What a run shows: as a whole, or each text of UTF-16 amid binary data."""
    if coding == "base64":
        raw = _in_groups(raw)
    try:
        plain = _bytes(raw, coding)
        inner = _inner(plain)
        data = _unpacked(plain, inner)
    except ValueError:
        return
    if inner:
        whole = list(_view(raw, place, f"{coding}:{inner}", data, (0, len(data))))
        if inner in _PACKED or (whole and len(whole[0].text) == len(data) // 2):
            yield from whole
            return
    if not _CONTROL.search(data) or _STRETCH.search(data):
        yield from _view(raw, place, coding, data, (0, len(data)))
    if b"\0" in data:
        for found in _WIDE.finditer(data):
            yield from _view(raw, place, f"{coding}:utf-16-{found.lastgroup}", data, found.span())


def _view(raw: str, place: int, scheme: str, data: bytes, span: tuple[int, int]) -> Iterator[View]:
    """The text in the bytes `span` (half-open) of a run, if there is any."""
    coding, _, inner = scheme.partition(":")
    charset = _charset(scheme)
    wide = charset != "utf-8"
    errors = "surrogatepass" if wide else "surrogateescape"
    begin, end = span
    try:
        # What was cut may end within a character.
        exact = data[begin : end - (end - begin) % 2 * wide].decode(charset, errors)
    except ValueError:
        return
    if not wide:
        exact = _without_lengths(exact, data[begin:end])
    kept = legible(exact)
    if not kept:
        return
    widths = [len(letter.encode(charset, errors)) for letter in exact]
    stops = array("q", accumulate(widths, initial=begin))
    first = array("q", (stops[i] for i in kept))
    last = array("q", (stops[i + 1] for i in kept))
    shown = "".join(exact[i] if is_readable(exact[i]) else "\n" for i in kept)
    whole = len(data)
    if inner in _PACKED:
        # No letter of it has a place of its own: the run is written anew.
        starts, ends = array("q", [place]) * len(shown), array("q", [place + len(raw)]) * len(shown)

        def packed(start: int, stop: int) -> Layer:
            return Layer(scheme, first[start], whole - last[stop - 1])

        yield View(shown, starts, ends, packed)
        return
    symbols = array(
        "q", (place + i for i, c in enumerate(raw) if c not in "\r\n\t =" and _counts(c, coding))
    )
    size, width = (3, 4) if coding == "base64" else (1, 2)
    starts = array("q", (symbols[b // size * width] for b in first))
    groups = [-(-b // size) * width for b in last]
    ends = array(
        "q", (symbols[s - 1] + 1 if s <= len(symbols) else place + len(raw) for s in groups)
    )

    def layer(start: int, stop: int) -> Layer:
        head = first[start] % size
        tail = min(-(-last[stop - 1] // size) * size, whole) - last[stop - 1]
        return Layer(scheme, head, tail)

    yield View(shown, starts, ends, layer)


def _without_lengths(exact: str, data: bytes) -> str:
    """The text of `data` with a line end in place of what is the length of what follows it."""
    parts: list[str] = []
    place = last = done = 0
    for measured in _MEASURED.finditer(data):
        begin, size = measured.end(), measured[1][0]
        if begin + size <= len(data) and _CONTROL.search(data, begin, begin + size) is None:
            place += len(data[last : begin - 1].decode("utf-8", "surrogateescape"))
            last = begin - 1
            parts += [exact[done:place], "\n"]
            done = place + 1
    return "".join([*parts, exact[done:]])


def _in_groups(raw: str) -> str:
    """Base64 without a last symbol that stands for nothing: decoders leave it out, or stop before it."""
    bare = raw.rstrip("=")
    return bare[:-1] if len("".join(bare.split())) % 4 == 1 else raw


def _counts(character: str, coding: str) -> bool:
    return coding == "base64" or character not in ":-"


def _bytes(raw: str, scheme: str) -> bytes:
    """The bytes of a slice that begins and ends with its groups. Raises `ValueError`."""
    coding, _, inner = scheme.partition(":")
    if coding == "hex":
        return _unpacked(bytes.fromhex(raw.translate(_HEX_GAPS)), inner)
    compact = "".join(raw.split()).rstrip("=").translate(_STANDARD)
    return _unpacked(a2b_base64(compact + "=" * (-len(compact) % 4), strict_mode=True), inner)


def _unpacked(data: bytes, inner: str) -> bytes:
    return _PACKED[inner][0](data) if inner in _PACKED else data


_HEX_GAPS = str.maketrans("", "", " :-")


def _hex_like(raw: str, data: bytes) -> str:
    gap = raw[2 : len(raw) - len(raw[2:].lstrip(" :-"))]
    coded = data.hex(gap[0]) if gap else data.hex()
    return coded.upper() if raw.upper() == raw else coded


def _letters(raw: str) -> Iterator[tuple[str, int, int]]:
    """Characters of numbers, with the range each stands at."""
    for one in _ONE_CODE.finditer(raw):
        number = int(one[1], 16 if one[1][:2] in ("0x", "0X") else 10)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            number = 0xFFFD
        yield chr(number), one.start(), one.end()


def _codes(raw: str, place: int) -> Iterator[View]:
    letters = list(_letters(raw))
    shown = "".join(letter for letter, _, _ in letters)
    if len(shown) < 5 or not is_text(shown):
        return
    starts = array("q", (place + start for _, start, _ in letters))
    ends = array("q", (place + end for _, _, end in letters))
    yield View(shown, starts, ends, lambda _start, _stop: Layer("codes"))


def _codes_like(raw: str, text: str) -> str:
    """The text as numbers, called and separated as those in `raw` are."""
    first, *others = _ONE_CODE.finditer(raw)
    call = raw[: first.start(1)], raw[first.end(1) : first.end()]
    gap = raw[first.end() : others[0].start()] if others else (" + " if call[0] else ", ")
    numbers = (hex(ord(c)) if first[1][:2] in ("0x", "0X") else str(ord(c)) for c in text)
    return gap.join(f"{call[0]}{number}{call[1]}" for number in numbers)
