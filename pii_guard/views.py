r"""Text as its reader will see it: escapes undone, invisible characters gone, look-alikes plain.

A view is a derived text with the way back, character by character, to the text it was made of. In a
line all escapes are undone together (percent-encoding RFC 3986, character references, `\uXXXX` and
`\xXX`, quoted-printable RFC 2045), nested ones up to three deep; what is base64 (RFC 4648) or
hexadecimal text gets a view of its own, written back in the same encoding.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import NamedTuple

from pii_guard.document import Layer

DEPTH = 3
_SHORTEST = 8
"""Characters of a decoded text that is worth a look."""

_PERCENT = r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
_REFERENCE = r"(?P<reference>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_ESCAPE = (
    r"(?P<escape>(?:\\u[0-9a-fA-F]{4}){1,2}|(?:\\x[0-9a-fA-F]{2})+)"
    r"|(?P<braced>\\u\{[0-9a-fA-F]{1,6}\})|(?P<slashes>\\{1,7}(?=[\"/]|\\u[0-9a-fA-F]{4}))"
)
_QUOTED = r"(?P<quoted>(?:=[0-9A-F]{2})+|=\r?\n)"
_PLUS = r"(?P<plus>(?<=\w)\+(?=\w))"
_ODD = r"(?P<odd>[^\x00-\x7f])"
_IS_QUOTED = re.compile(
    r"quoted-printable|=3D|[\w.]=40(?=[\w=-]{1,80}(?:\.|=2E)[\w=])(?!\d*\b)|=\r?\n", re.I
)
_IS_FORM = re.compile(r"[?&\w]=[^\s&]*\+")

# Unicode TR 39 confusables of Latin letters in the two scripts that are met in practice.
_LOOK_ALIKE = MappingProxyType(
    dict(
        zip(
            "аеорсухіѕјԁһкмтвнАЕОРСУХІЅЈКМТВНοαινρκτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
            "aeopcyxisjdhkmtbhAEOPCYXISJKMTBHoaivpktABEZHIKMNOPTYX",
            strict=True,
        )
    )
)
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63")
_DIGITS = re.compile(r"\d[^\d]\d")
_POSING = re.compile(f"[{''.join(_LOOK_ALIKE)}]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_=%-])(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]*)*[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/=])"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?P<digits>(?:[0-9A-Fa-f]{2}){8,})(?![0-9A-Za-z])")

_HIDING = re.compile(r"[%&\\=]|[^\x00-\x7f]|[A-Za-z0-9+/_-]{12}")
"""What every escape begins with, and every encoded run has: most cells of a table have neither."""


class View(NamedTuple):
    """`text`, of which character `i` stands for `starts[i]`..`ends[i]` (half-open) of its origin.

    `layer(start, end)` says how that range of the view is written there.
    """

    text: str
    starts: array[int]
    ends: array[int]
    layer: Callable[[int, int], Layer]


def views(text: str) -> Iterator[View]:
    """The views of a text that show something else than it does."""
    if not _HIDING.search(text):
        return
    inline = undone(text)
    if inline is not None:
        yield inline
    for view in _encoded(text):
        yield view
        yield from _within(view)


def _within(view: View) -> Iterator[View]:
    """What an encoded text hides further: escapes exactly, an encoded run within it as a whole."""
    inner = undone(view.text)
    if inner is not None:
        firsts, lasts = inner.starts, inner.ends

        def layer(start: int, end: int) -> Layer:
            return view.layer(firsts[start], lasts[end - 1])

        starts = array("q", (view.starts[i] for i in firsts))
        ends = array("q", (view.ends[i - 1] for i in lasts))
        yield View(inner.text, starts, ends, layer)
    for run in _encoded(view.text):
        low, high = run.starts[0], run.ends[-1]
        run_layer = view.layer(low, high)
        for text in _revealing(run.text, DEPTH - 2):
            starts = array("q", [view.starts[low]]) * len(text)
            ends = array("q", [view.ends[high - 1]]) * len(text)
            yield View(text, starts, ends, _always(run_layer))


def _always(layer: Layer) -> Callable[[int, int], Layer]:
    return lambda _start, _end: layer


def _revealing(text: str, depth: int) -> Iterator[str]:
    """A text, the same with its escapes undone, and what is encoded in it."""
    yield text
    inner = undone(text)
    if inner is not None:
        yield inner.text
    if depth:
        for run in _encoded(text):
            yield from _revealing(run.text, depth - 1)


def changed_lines(view: View, text: str) -> View:
    """The lines of an inline view that show something else than `text`, its origin."""
    parts: list[str] = []
    starts, ends = array("q"), array("q")
    for line in _LINE.finditer(view.text):
        low, high = line.span()
        if text[view.starts[low] : view.ends[high - 1]] != line[0]:
            parts.append(line[0])
            starts += view.starts[low:high]
            ends += view.ends[low:high]
    return View("".join(parts), starts, ends, view.layer)


def undone(text: str) -> View | None:
    """The text with its escapes undone; None where it has none."""
    whole: View | None = None
    for _ in range(DEPTH):
        view = _once(whole.text if whole else text)
        if view is None:
            break
        whole = view if whole is None else _composed(whole, view)
    return whole


def revealed(raw: str, layer: Layer) -> str:
    """What a slice of an origin says, by the layer of its view."""
    if layer.scheme == "inline":
        view = undone(raw)
        return view.text if view else raw
    data = _decoded(raw, layer.scheme)
    shown = data[layer.head : len(data) - layer.tail].decode("utf-8", "replace")
    inner = undone(shown)
    return inner.text if inner else shown


def written(text: str, raw: str, layer: Layer) -> str:
    """`text` in place of what the slice `raw` of an origin says, in the encoding of the layer.

    In base64 it is followed by blanks that fill its last group, so that what comes after it stays
    readable.
    """
    if layer.scheme == "inline":
        return _quoted_like(raw, text)
    data = _decoded(raw, layer.scheme)
    head, tail = data[: layer.head], data[len(data) - layer.tail :]
    new = text.encode()
    if layer.scheme == "hex":
        coded = (head + new + tail).hex()
        return coded.upper() if raw.upper() == raw else coded
    new += b" " * (-(len(head) + len(new) + len(tail)) % 3)
    return base64.b64encode(head + new + tail, _SAFE if "-" in raw or "_" in raw else None).decode()


_SAFE = b"-_"


def _quoted_like(raw: str, text: str) -> str:
    if "%" in raw and "\\" not in raw:
        return text.replace("<", "%3C").replace(">", "%3E")
    return text


def _composed(outer: View, inner: View) -> View:
    """A view of a view as a view of the first origin."""
    starts = array("q", (outer.starts[i] for i in inner.starts))
    ends = array("q", (outer.ends[i - 1] for i in inner.ends))
    return View(inner.text, starts, ends, _inline)


def _inline(_start: int, _end: int) -> Layer:
    return Layer("inline")


def _once(text: str) -> View | None:
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
            mixed = _mixed_words(text) if mixed is None else mixed
            place = match.start()
            letter = _plain(match[0], inside=place in mixed)
            if letter in _DASHES and _DIGITS.match(text, max(0, place - 1)):
                letter = "-"
            shown = [(letter, place, match.end())]
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
    return View("".join(parts), starts, ends, _inline)


def _units(text: str) -> re.Pattern[str] | None:
    """The pattern of what may be undone in a text, as few alternatives as it can do with."""
    kinds = []
    if "%" in text:
        kinds.append(_PERCENT)
    if "&" in text and ";" in text:
        kinds.append(_REFERENCE)
    if "\\" in text:
        kinds.append(_ESCAPE)
    if "=" in text and _IS_QUOTED.search(text):
        kinds.append(_QUOTED)
    if "+" in text and _IS_FORM.search(text):
        kinds.append(_PLUS)
    if not text.isascii():
        kinds.append(_ODD)
    return re.compile("|".join(kinds)) if kinds else None


Shown = list[tuple[str, int, int]]


def _escaped_bytes(match: re.Match[str], width: int) -> Shown:
    """Characters of a run of escaped bytes, `width` characters a byte; nothing if it is not UTF-8."""
    raw = bytes.fromhex(
        "".join(match[0][i + width - 2 : i + width] for i in range(0, len(match[0]), width))
    )
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
    return _escaped_bytes(match, 3)


def _quoted(match: re.Match[str]) -> Shown:
    if match[0].endswith("\n"):
        return [("", match.start(), match.end())]
    return _escaped_bytes(match, 3)


def _escape(match: re.Match[str]) -> Shown:
    if match[0][1] == "x":
        return _escaped_bytes(match, 4)
    numbers = [int(match[0][i + 2 : i + 6], 16) for i in range(0, len(match[0]), 6)]
    if len(numbers) == 2 and 0xD800 <= numbers[0] < 0xDC00 <= numbers[1] < 0xE000:
        number = 0x10000 + ((numbers[0] - 0xD800) << 10) + numbers[1] - 0xDC00
        return [(chr(number), match.start(), match.end())]
    return [
        (
            chr(n) if not 0xD800 <= n < 0xE000 else "\ufffd",
            match.start() + 6 * i,
            match.start() + 6 * i + 6,
        )
        for i, n in enumerate(numbers)
    ]


def _reference(match: re.Match[str]) -> Shown:
    return [(html.unescape(match[0]), match.start(), match.end())]


def _braced(match: re.Match[str]) -> Shown:
    number = int(match[0][3:-1], 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return []
    return [(chr(number), match.start(), match.end())]


def _slashes(match: re.Match[str]) -> Shown:
    return [("", match.start(), match.end())]


def _plus(match: re.Match[str]) -> Shown:
    return [(" ", match.start(), match.end())]


_DECODERS: MappingProxyType[str, Callable[[re.Match[str]], Shown]] = MappingProxyType(
    {
        "percent": _percent,
        "reference": _reference,
        "escape": _escape,
        "quoted": _quoted,
        "plus": _plus,
        "braced": _braced,
        "slashes": _slashes,
    }
)


def _mixed_words(text: str) -> frozenset[int]:
    """Places of the letters of words in which Latin and look-alike letters stand together."""
    found: list[int] = []
    for word in _WORD.finditer(text) if _POSING.search(text) else ():
        letters = word[0]
        if _LATIN.search(letters) and _POSING.search(letters):
            found += range(word.start(), word.end())
    return frozenset(found)


def _plain(character: str, *, inside: bool) -> str:
    """A character as it looks: nothing if invisible, a Latin letter if it poses as one."""
    if inside and character in _LOOK_ALIKE:
        return _LOOK_ALIKE[character]
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character in "\u034f\u115f\u3164":
        return ""
    if category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _DOTS:
        return "."
    folded = unicodedata.normalize("NFKC", character)
    wide = "\uff01" <= character <= "\uff5e"
    return folded if folded.isascii() and (wide or folded.isalnum()) else character


_DOTS = "\u3002\uff61"
"""Full stops that separate labels of a domain as well (UTS 46)."""


def _encoded(text: str) -> Iterator[View]:
    for match in _BASE64.finditer(text):
        yield from _view_of(match[0], match.start(), "base64")
    for match in _HEX.finditer(text):
        yield from _view_of(match["digits"], match.start("digits"), "hex")


def _view_of(raw: str, place: int, scheme: str) -> Iterator[View]:
    try:
        data = _decoded(raw, scheme)
        shown = data.decode("utf-8")
    except (binascii.Error, ValueError):
        return
    if len(shown) < _SHORTEST or not _is_text(shown):
        return
    symbols = array("q", (place + i for i, c in enumerate(raw) if c not in "\r\n\t ="))
    size, width = (3, 4) if scheme == "base64" else (1, 2)
    first, last = array("q"), array("q")
    byte = 0
    for letter in shown:
        first.append(byte)
        byte += len(letter.encode())
        last.append(byte)
    end = place + len(raw)
    starts = array("q", (symbols[b // size * width] for b in first))
    stops = [-(-b // size) * width for b in last]
    ends = array("q", (symbols[s - 1] + 1 if s <= len(symbols) else end for s in stops))

    def layer(start: int, stop: int) -> Layer:
        head = first[start] % size
        tail = min(-(-last[stop - 1] // size) * size, len(data)) - last[stop - 1]
        return Layer(scheme, head, tail)

    yield View(shown, starts, ends, layer)


def _decoded(raw: str, scheme: str) -> bytes:
    """The bytes of a slice that begins and ends with its groups. Raises `ValueError`."""
    if scheme == "hex":
        return bytes.fromhex(raw)
    compact = "".join(raw.split()).rstrip("=").translate(_STANDARD)
    return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)


_STANDARD = str.maketrans("-_", "+/")


def _is_text(shown: str) -> bool:
    """Whether decoded bytes are what somebody wrote: printable, a quarter of it letters or digits."""
    readable = all(c.isprintable() or c in "\r\n\t" for c in shown)
    return readable and 4 * sum(map(str.isalnum, shown)) >= len(shown)
