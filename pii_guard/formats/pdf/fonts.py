"""What the codes of a PDF font mean and how far they advance, by pdfminer.six's font classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf
from pdfminer.cmapdb import IdentityCMapByte
from pdfminer.encodingdb import name2unicode
from pdfminer.pdffont import PDFCIDFont, PDFType3Font
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdftypes import PDFStream
from pdfminer.psparser import LIT

from pii_guard.formats.pdf.glyphs import IDENTITY, Matrix, as_matrix

_DEEPEST = 12
_SKIPPED = frozenset({"/Parent", "/Resources", "/CharProcs", "/P"})
NOTHING = "\0"
"""The text of a control code that means nothing and shows nothing."""
_SYMBOLS = frozenset({"/ZapfDingbats", "/Symbol"})
_STREAM_KEYS = frozenset({"/Filter", "/DecodeParms", "/Length"})


class Font:
    """One font of a page: bytes of a string to codes, codes to text and width (text space units)."""

    def __init__(self, spec: pikepdf.Object) -> None:
        manager = PDFResourceManager(caching=False)
        self._font: Any = manager.get_font(None, _converted(spec, {}, 0))
        self.spec = spec
        self.wide = isinstance(self._font, PDFCIDFont)
        self.vertical = bool(self._font.is_vertical())
        ascent, descent = self._font.get_ascent(), self._font.get_descent()
        # Declared extents are often wrong (0, or in thousands): then usual ones are taken.
        sane = 0 < ascent <= 2 and not isinstance(self._font, PDFType3Font)
        self.ascent: float = ascent if sane else 0.8
        self.descent: float = min(descent, -0.15) if sane else -0.2
        self._known: dict[int | None, tuple[str, float]] = {}
        # Dingbats that are not embedded are pictures: that they mean no text is as it should be.
        self.symbols = str(spec.get("/BaseFont", "")) in _SYMBOLS and not _embedded(spec)
        self.em = 1.0
        self.matrix: Matrix = IDENTITY
        self.resources: Any = None
        self.procs: dict[int, pikepdf.Object] = {}
        # Codes of glyphs whose names say nothing: pdfminer reads them as if they were not renamed.
        self._nameless = {code: name for code, name in differences(spec) if not _means(code, name)}
        # What a font of the reader's shows is told by its encoding, whatever else it claims to mean.
        self._shown: dict[int, str] = {}
        if not (self.wide or isinstance(self._font, PDFType3Font) or _embedded(spec)):
            self._shown = {} if self.symbols else dict(self._font.cid2unicode)
        if isinstance(self._font, PDFType3Font):
            self._describe(spec)
        elif not self.wide:
            self._learn(spec)

    def _learn(self, spec: pikepdf.Object) -> None:
        """Take in what pdfminer passes over: widths of standard fonts, the hyphen at 0xAD (D.2)."""
        first, encoding = int(spec.get("/FirstChar", 0)), spec.get("/Encoding")
        for code, wide in enumerate(spec.get("/Widths", ()), first):
            if not isinstance(wide, pikepdf.Object):
                self._known[code] = self._text(code), float(wide) / 1000
        base = (
            encoding.get("/BaseEncoding") if isinstance(encoding, pikepdf.Dictionary) else encoding
        )
        if base == pikepdf.Name.WinAnsiEncoding and self._text(0xAD) == self._text(0x20):
            self._known[0xAD] = "\u00ad", self._meaning(0x2D)[1]

    def _describe(self, spec: pikepdf.Object) -> None:
        """Take in what only Type 3 fonts have: glyph descriptions, their matrix and resources."""
        self.matrix = as_matrix(spec.get("/FontMatrix", (0.001, 0, 0, 0.001, 0, 0)))
        self.resources = spec.get("/Resources")
        low, high = (float(spec.FontBBox[n]) * self.matrix[3] for n in (1, 3))
        if low != high and abs(high - low) < 100:
            self.descent, self.ascent = min(low, high), max(low, high)
            self.em = self.ascent - self.descent
        for code, name in differences(spec):
            proc = spec.CharProcs.get(name)
            if isinstance(proc, pikepdf.Stream):
                self.procs[code] = proc

    def glyphs(self, raw: bytes) -> Iterator[tuple[int, int, str, float]]:
        """(offset, length in bytes, text, width) of each code in a shown string."""
        for offset, length, code in self.codes(raw):
            text, width = self._meaning(code)
            yield offset, length, text, width

    def text(self, code: int) -> str:
        """What a code means; nothing if unknown."""
        return self._meaning(code)[0]

    def mapped(self, code: int) -> str | None:
        """What the font's own map to Unicode says of a code."""
        try:
            found = self._font.unicode_map.get_unichr(code)
        except (KeyError, AttributeError, TypeError):
            return None
        return str(found)

    def glyph_numbers(self, selected: Iterable[int]) -> set[int]:
        """The glyphs of a TrueType program that CIDs select (9.7.4.2)."""
        table = self.spec.DescendantFonts[0].get("/CIDToGIDMap")
        if not isinstance(table, pikepdf.Stream):
            return set(selected)
        raw = table.read_bytes()
        return {int.from_bytes(raw[2 * cid : 2 * cid + 2], "big") for cid in selected}

    def codes(self, raw: bytes) -> Iterator[tuple[int, int, int | None]]:
        """(offset, length in bytes, code or CID) of each code in a shown string."""
        cmap = getattr(self._font, "cmap", None)
        if not self.wide or isinstance(cmap, IdentityCMapByte):
            yield from ((i, 1, code) for i, code in enumerate(raw))
            return
        tree = getattr(cmap, "code2cid", None)
        if not tree:
            yield from ((i, 2, raw[i] << 8 | raw[i + 1]) for i in range(0, len(raw) - 1, 2))
            return
        start, node = 0, tree
        for i, byte in enumerate(raw):
            found = node.get(byte)
            if isinstance(found, dict):
                node = found
                continue
            yield start, i + 1 - start, found
            start, node = i + 1, tree

    def _meaning(self, code: int | None) -> tuple[str, float]:
        if code not in self._known:
            text, width = self._text(code), 0.0
            if code is not None:
                try:
                    width = float(self._font.char_width(code))
                except Exception:  # noqa: BLE001
                    width = 0.5
            self._known[code] = text, width
        return self._known[code]

    def _text(self, code: int | None) -> str:
        # Broken fonts raise anything; a code without meaning counts as unreadable.
        try:
            known = code is not None and code not in self._nameless
            text = self._font.to_unichr(code) if known else ""
            if code in self._nameless and self._font.unicode_map:
                text = self._font.unicode_map.get_unichr(code)
        except Exception:  # noqa: BLE001
            text = ""
        shown = self._shown.get(code, "") if code is not None else ""
        if text and shown.isascii() and shown.isalnum() and text[:1] != shown[:1]:
            return ""
        if not text and code is not None and not self.wide:
            # The glyph for what is not defined, or a control code.
            return NOTHING if code < 32 or self._nameless.get(code) == "/.notdef" else ""
        return str(text)


def differences(spec: pikepdf.Object) -> Iterator[tuple[int, str]]:
    """(code, glyph name with its slash) of each code that the encoding renames."""
    encoding, code = spec.get("/Encoding"), 0
    if not isinstance(encoding, pikepdf.Dictionary):
        return
    for item in encoding.get("/Differences", ()):
        if isinstance(item, pikepdf.Name):
            yield code, str(item)
            code += 1
        else:
            code = int(item)


def _means(code: int, name: str) -> bool:
    """Whether a glyph name says what it is: a known one, or the code's own number (`/a65` for 65)."""
    numbered = re.fullmatch(r"/[A-Za-z]{0,3}0*(\d{1,3})", name)
    if numbered is not None and int(numbered[1]) == code:
        return True
    try:
        return bool(name2unicode(name[1:]))
    except (KeyError, ValueError):
        return False


def _embedded(spec: pikepdf.Object) -> bool:
    descriptor = spec.get("/FontDescriptor")
    return isinstance(descriptor, pikepdf.Dictionary) and any(
        key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
    )


def _converted(item: Any, memo: dict[tuple[int, int], Any], depth: int) -> Any:
    """A pikepdf object as pdfminer's; streams decoded, cycles kept, page trees left out."""
    if isinstance(item, pikepdf.Name):
        return LIT(str(item)[1:])
    if isinstance(item, pikepdf.String):
        return bytes(item)
    if not isinstance(item, pikepdf.Object):
        return float(item) if not isinstance(item, (int, bool, type(None))) else item
    if depth > _DEEPEST:
        return None
    key = item.objgen if item.is_indirect else None
    if key in memo:
        return memo[key]
    made: Any = None
    if isinstance(item, pikepdf.Stream):
        entries = {k: v for k, v in item.items() if k not in _STREAM_KEYS}
        made = PDFStream(
            {k[1:]: _converted(v, memo, depth + 1) for k, v in entries.items()}, item.read_bytes()
        )
    elif isinstance(item, pikepdf.Dictionary):
        made = {}
        if key is not None:
            memo[key] = made
        made.update(
            (k[1:], _converted(v, memo, depth + 1)) for k, v in item.items() if k not in _SKIPPED
        )
        if "/CharProcs" in item:
            made["CharProcs"] = {}
    elif isinstance(item, pikepdf.Array):
        made = [_converted(one, memo, depth + 1) for one in item]
    if key is not None:
        memo[key] = made
    return made
