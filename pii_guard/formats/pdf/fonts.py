"""What the codes of a PDF font mean and how far they advance, by pdfminer.six's font classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pikepdf
from pdfminer.cmapdb import IdentityCMapByte
from pdfminer.pdffont import PDFCIDFont, PDFType3Font
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdftypes import PDFStream
from pdfminer.psparser import LIT

_DEEPEST = 12
_SKIPPED = frozenset({"/Parent", "/Resources", "/CharProcs", "/P"})
_STREAM_KEYS = frozenset({"/Filter", "/DecodeParms", "/Length"})


class Font:
    """One font of a page: bytes of a string to codes, codes to text and width (text space units)."""

    def __init__(self, spec: pikepdf.Object) -> None:
        manager = PDFResourceManager(caching=False)
        self._font: Any = manager.get_font(None, _converted(spec, {}, 0))
        self._wide = isinstance(self._font, PDFCIDFont)
        self.vertical = bool(self._font.is_vertical())
        ascent, descent = self._font.get_ascent(), self._font.get_descent()
        # Declared extents are often wrong (0, or in thousands): then usual ones are taken.
        sane = 0 < ascent <= 2 and not isinstance(self._font, PDFType3Font)
        self.ascent: float = ascent if sane else 0.8
        self.descent: float = min(descent, -0.15) if sane else -0.2
        self._known: dict[int | None, tuple[str, float]] = {}

    def glyphs(self, raw: bytes) -> Iterator[tuple[int, int, str, float]]:
        """(offset, length in bytes, text, width) of each code in a shown string."""
        for offset, length, code in self._codes(raw):
            text, width = self._meaning(code)
            yield offset, length, text, width

    def _codes(self, raw: bytes) -> Iterator[tuple[int, int, int | None]]:
        cmap = getattr(self._font, "cmap", None)
        if not self._wide or isinstance(cmap, IdentityCMapByte):
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
            text, width = "", 0.0
            if code is not None:
                # Broken fonts raise anything; a code without meaning counts as unreadable.
                try:
                    text = self._font.to_unichr(code)
                except Exception:  # noqa: BLE001
                    text = ""
                try:
                    width = float(self._font.char_width(code))
                except Exception:  # noqa: BLE001
                    width = 0.5
            self._known[code] = text, width
        return self._known[code]


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
