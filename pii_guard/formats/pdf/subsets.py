"""Takes out of fonts what only removed text used: a subset tells the letters it was made for.

Maps to Unicode, widths, names of codes and glyph descriptions go with the codes that nothing shows
any more; in embedded programs their outlines are emptied (`programs`). Fonts that a form offers for
typing stay whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, ContentStreamInlineImage, Name, String

from pii_guard.formats.pdf.fonts import Font, differences
from pii_guard.formats.pdf.glyphs import Glyph, StreamKey
from pii_guard.formats.pdf.programs import cleaned
from pii_guard.formats.pdf.walk import Walker

Gone = Mapping[int, Mapping[int, Mapping[int, Glyph]]]
_ROWS = 100
"""Entries of one `beginbfchar` (Adobe technical note 5411)."""


@dataclass(slots=True)
class Used:
    """Codes that are still shown, as (code, length in bytes), and what they select (CIDs)."""

    codes: set[tuple[int, int]] = field(default_factory=set)
    selected: set[int] = field(default_factory=set)

    def add(self, other: Used) -> None:
        """Take in what another font shows."""
        self.codes |= other.codes
        self.selected |= other.selected


def reduce(walker: Walker, gone: Mapping[StreamKey, Gone]) -> None:
    """Take out of the fonts of `gone` glyphs what no glyph that stays needs. Before streams change."""
    touched: dict[int, Font] = {}
    for stream, operators in gone.items():
        shown = walker.shown.get(stream, {})
        for operator in operators:
            touched.update((id(font), font) for font in shown.get(operator, ()))
    typed = _typed(walker.pdf)
    fonts = [f for f in touched.values() if not (f.spec.is_indirect and f.spec.objgen in typed)]
    if not fonts:
        return
    used = _used(walker, gone)
    nothing = Used()
    by_map: dict[Any, Used] = defaultdict(Used)
    by_program: dict[Any, list[Font]] = defaultdict(list)
    everyone: dict[int, Font] = {id(f): f for f in walker.known_fonts()} | touched
    for font in everyone.values():
        by_map[_key(font.spec.get("/ToUnicode"))].add(used.get(id(font), nothing))
        by_program[_key(_program(font))].append(font)
    for font in fonts:
        mine = used.get(id(font), nothing)
        together = Used()
        shared = by_program[_key(_program(font))] if _program(font) is not None else [font]
        for one in shared or [font]:
            together.add(used.get(id(one), nothing))
        _map(font, by_map[_key(font.spec.get("/ToUnicode"))])
        if font.wide:
            _descendant(font, together)
        else:
            _simple(walker.pdf, font, mine)
        _descriptor(font)
        program = _program(font)
        if program is not None:
            cleaned(program, [(one, used.get(id(one), nothing).selected) for one in shared])


def _typed(pdf: pikepdf.Pdf) -> set[tuple[int, int]]:
    """The fonts of the form's default resources."""
    form = pdf.Root.get("/AcroForm")
    resources = form.get("/DR") if isinstance(form, pikepdf.Dictionary) else None
    fonts = resources.get("/Font") if isinstance(resources, pikepdf.Dictionary) else None
    found = fonts.values() if isinstance(fonts, pikepdf.Dictionary) else ()
    return {one.objgen for one in found if one.is_indirect}


def _key(item: Any) -> Any:
    return item.objgen if isinstance(item, pikepdf.Object) and item.is_indirect else id(item)


def _used(walker: Walker, gone: Mapping[StreamKey, Gone]) -> dict[int, Used]:
    """What the glyphs that stay need, by the identity of fonts."""
    found: dict[int, Used] = defaultdict(Used)
    for stream, operators in walker.shown.items():
        instructions = walker.instructions(stream)
        lost = gone.get(stream, {})
        for operator, fonts in operators.items():
            for element, raw in _strings(instructions[operator]):
                without = lost.get(operator, {}).get(element, {})
                for font in fonts:
                    one = found[id(font)]
                    if not font.wide:
                        kept = (byte for at, byte in enumerate(raw) if at not in without)
                        one.selected.update(kept if without else raw)
                        continue
                    for offset, length, code in font.codes(raw):
                        if offset not in without:
                            number = int.from_bytes(raw[offset : offset + length], "big")
                            one.codes.add((number, length))
                            if code is not None:
                                one.selected.add(code)
        walker.spare(stream)
    for one in found.values():
        one.codes |= {(code, 1) for code in one.selected if code < 256 and not _long(one)}
    return found


def _long(one: Used) -> bool:
    return any(length > 1 for _, length in one.codes)


def _strings(one: Any) -> Iterator[tuple[int, bytes]]:
    if isinstance(one, ContentStreamInlineImage):
        return
    last = one.operands[-1]
    items = last if isinstance(last, Array) else [last]
    for element, item in enumerate(items):
        if isinstance(item, String):
            yield element, bytes(item)


def _map(font: Font, used: Used) -> None:
    """The /ToUnicode map with the entries of codes in use only (9.10.3)."""
    stream = font.spec.get("/ToUnicode")
    if not isinstance(stream, pikepdf.Stream):
        return
    entries = [
        (code, length, text)
        for code, length in sorted(used.codes)
        if (text := font.mapped(code)) is not None
    ]
    lengths = sorted({length for _, length in used.codes}) or [2 if font.wide else 1]
    spaces = "\n".join(f"<{'00' * n}> <{'FF' * n}>" for n in lengths)
    rows = []
    for start in range(0, len(entries), _ROWS):
        part = entries[start : start + _ROWS]
        rows.append(f"{len(part)} beginbfchar")
        rows += [
            f"<{code:0{2 * length}X}> <{text.encode('utf-16-be', 'surrogatepass').hex().upper()}>"
            for code, length, text in part
        ]
        rows.append("endbfchar")
    stream.write(
        "\n".join([
            "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap",
            "/CMapName /Adobe-Identity-UCS def", "/CMapType 2 def",
            f"{len(lengths)} begincodespacerange", spaces, "endcodespacerange", *rows,
            "endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end",
        ]).encode()
    )  # fmt: skip


def _simple(pdf: pikepdf.Pdf, font: Font, used: Used) -> None:
    """Widths, names and glyph descriptions by single bytes."""
    spec, codes = font.spec, used.selected
    widths = spec.get("/Widths")
    if isinstance(widths, Array):
        first = int(spec.get("/FirstChar", 0))
        known = {first + n: wide for n, wide in enumerate(widths) if first + n in codes}
        low, high = min(known, default=0), max(known, default=0)
        spec.Widths = Array([known.get(code, 0) for code in range(low, high + 1)])
        spec.FirstChar, spec.LastChar = low, high
    named = dict(differences(spec))
    encoding = spec.get("/Encoding")
    if named and isinstance(encoding, pikepdf.Dictionary):
        kept: list[Any] = []
        last = -2
        for code in sorted(named):
            if code in codes:
                kept += ([] if code == last + 1 else [code]) + [Name(named[code])]
                last = code
        renewed = pikepdf.Dictionary({k: v for k, v in encoding.items() if k != "/Differences"})
        renewed.Differences = Array(kept)
        spec.Encoding = pdf.make_indirect(renewed)
    procs = spec.get("/CharProcs")
    if isinstance(procs, pikepdf.Dictionary):
        names = {name for code, name in named.items() if code in codes}
        spec.CharProcs = pikepdf.Dictionary({k: v for k, v in procs.items() if k in names})


def _descendant(font: Font, used: Used) -> None:
    """Widths, glyph numbers and the set of CIDs of a composite font (9.7.4)."""
    below = font.spec.DescendantFonts[0]
    if isinstance(below.get("/W"), Array):
        rows: list[Any] = []
        last = -2
        for cid, wide in _widths(below.W, used.selected):
            if cid == last + 1:
                rows[-1].append(wide)
            else:
                rows += [cid, [wide]]
            last = cid
        below.W = Array([Array(one) if isinstance(one, list) else one for one in rows])
    glyphs = below.get("/CIDToGIDMap")
    if isinstance(glyphs, pikepdf.Stream):
        raw = bytearray(glyphs.read_bytes())
        for place in range(0, len(raw), 2):
            if place // 2 not in used.selected:
                raw[place : place + 2] = bytes(len(raw[place : place + 2]))
        glyphs.write(bytes(raw))
    held = below.get("/FontDescriptor", pikepdf.Dictionary()).get("/CIDSet")
    if isinstance(held, pikepdf.Stream):
        bits = bytearray((max(used.selected, default=0) // 8) + 1)
        for cid in {0, *used.selected}:
            bits[cid // 8] |= 0x80 >> cid % 8
        held.write(bytes(bits))


def _widths(table: Any, wanted: Iterable[int]) -> list[tuple[int, Any]]:
    """(CID, width) of those wanted, in order, of a /W array (9.7.4.3)."""
    found: dict[int, Any] = {}
    wanted, items, at = sorted(wanted), list(table), 0
    ranges: list[tuple[int, int, Any]] = []
    while at + 1 < len(items):
        if isinstance(items[at + 1], Array):
            found.update(enumerate(items[at + 1], int(items[at])))
            at += 2
        elif at + 2 < len(items):
            ranges.append((int(items[at]), int(items[at + 1]), items[at + 2]))
            at += 3
        else:
            break
    for low, high, wide in ranges:
        found.update((cid, wide) for cid in wanted if low <= cid <= high)
    return [(cid, found[cid]) for cid in wanted if cid in found]


def _described(font: Font) -> Any:
    spec = font.spec
    if font.wide:
        spec = spec.DescendantFonts[0]
    held = spec.get("/FontDescriptor")
    return held if isinstance(held, pikepdf.Dictionary) else None


def _descriptor(font: Font) -> None:
    held = _described(font)
    if held is not None and "/CharSet" in held:
        del held["/CharSet"]


def _program(font: Font) -> Any:
    held = _described(font)
    for key in ("/FontFile", "/FontFile2", "/FontFile3"):
        if held is not None and isinstance(held.get(key), pikepdf.Stream):
            return held[key]
    return None
