"""Takes glyphs out of content streams and puts tokens in their place.

A removed glyph leaves its advance as a TJ number, so nothing after it moves. The token stands in an
opaque box in Helvetica, as text, so that a reader can follow who is who.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, ContentStreamInstruction, Operator, String

from pii_guard.formats.pdf.walk import Glyph, StreamKey, Walker

Box = tuple[float, float, float, float]
_HELVETICA_WIDTH = 0.62
_PAD = 1.0
_MARKS = ("/ActualText", "/Alt", "/E")


def remove(walker: Walker, glyphs: Iterable[Glyph]) -> None:
    """Remove the glyphs from their streams, wherever those are used."""
    by_stream: dict[StreamKey, dict[int, dict[int, list[Glyph]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for glyph in glyphs:
        by_stream[glyph.stream][glyph.operator][glyph.element].append(glyph)
    for key, operators in by_stream.items():
        holder, instructions = walker.streams[key]
        written = []
        for position, one in enumerate(instructions):
            written += (
                _shown(one, operators[position]) if position in operators else [_unmarked(one)]
            )
        content = pikepdf.unparse_content_stream(written)
        if key[0] == "page":
            holder.obj.Contents = walker.pdf.make_stream(content)
        else:
            holder.write(content)


def _unmarked(one: Any) -> Any:
    """A marked-content operator without its replacement text: it may repeat what was removed."""
    if isinstance(one, pikepdf.ContentStreamInlineImage):
        return one
    if str(one.operator) in ("BDC", "DP") and len(one.operands) > 1:
        properties = one.operands[1]
        if isinstance(properties, pikepdf.Dictionary) and any(k in properties for k in _MARKS):
            kept = {k: v for k, v in properties.items() if k not in _MARKS}
            return ContentStreamInstruction(
                [one.operands[0], pikepdf.Dictionary(kept)], one.operator
            )
    return one


def _shown(one: Any, hit: dict[int, list[Glyph]]) -> list[Any]:
    """A show operator as one TJ without the hit glyphs."""
    name, operands = str(one.operator), list(one.operands)
    before = []
    if name == '"':
        before = [
            ContentStreamInstruction([operands[0]], Operator("Tw")),
            ContentStreamInstruction([operands[1]], Operator("Tc")),
        ]
    if name in ("'", '"'):
        before.append(ContentStreamInstruction([], Operator("T*")))
    items: list[Any] = []
    pending = 0.0

    def flush() -> None:
        nonlocal pending
        if pending:
            items.append(round(pending, 3))
        pending = 0.0

    for element, item in enumerate(operands[0] if name == "TJ" else [operands[-1]]):
        if not isinstance(item, String):
            pending += float(item)
            continue
        raw, position = bytes(item), 0
        for glyph in sorted(
            {g.offset: g for g in hit.get(element, ())}.values(), key=lambda g: g.offset
        ):
            if glyph.offset > position:
                flush()
                items.append(String(raw[position : glyph.offset]))
            pending += glyph.shift
            position = glyph.offset + glyph.length
        if position < len(raw):
            flush()
            items.append(String(raw[position:]))
    flush()
    return [*before, ContentStreamInstruction([Array(items)], Operator("TJ"))]


def boxes(glyphs: Sequence[Glyph]) -> list[Box]:
    """One box for each line of the glyphs."""
    found: list[Box] = []
    for glyph in glyphs:
        x0, y0, x1, y1 = glyph.box
        if found:
            a, b, c, d = found[-1]
            reach = 1.5 * glyph.size
            if x0 <= c + reach and x1 >= a - reach and y0 < d and y1 > b:
                found[-1] = (min(a, x0), min(b, y0), max(c, x1), max(d, y1))
                continue
        found.append(glyph.box)
    return found


def draw_tokens(pdf: pikepdf.Pdf, number: int, marks: Sequence[tuple[list[Box], str]]) -> None:
    """Draw the boxes on a page, the token in the first box of each mark."""
    page = pdf.pages[number]
    name = page.add_resource(
        pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
                Encoding=pikepdf.Name.WinAnsiEncoding,
            )
        ),
        pikepdf.Name.Font,
        pikepdf.Name.PiiGuardToken,  # a name of our own: drawn ones are random
    )
    content = ["q"]
    for places, token in marks:
        for first, (x0, y0, x1, y1) in enumerate(places):
            wide, tall = x1 - x0 + 2 * _PAD, y1 - y0
            content.append(f"0 g {x0 - _PAD:.2f} {y0:.2f} {wide:.2f} {tall:.2f} re f")
            if first == 0 and token and token.isascii():
                size = 0.7 * tall
                stretch = max(5.0, min(100.0, 100 * wide / (len(token) * _HELVETICA_WIDTH * size)))
                shown = token.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
                content.append(
                    f"1 g BT {name} {size:.2f} Tf {stretch:.1f} Tz 0 Tr 0 Tc 0 Tw 0 Ts "
                    f"1 0 0 1 {x0:.2f} {y0 + 0.25 * tall:.2f} Tm ({shown}) Tj ET"
                )
    content.append("Q")
    page.contents_add(_balanced(page), prepend=True)
    page.contents_add(b"\nQ\n" + "\n".join(content).encode("ascii"), prepend=False)


def _balanced(page: Any) -> bytes:
    """`q` as often as the page restores more than it saves, and once for ourselves."""
    depth = lowest = 0
    for one in pikepdf.parse_content_stream(page):
        if not isinstance(one, pikepdf.ContentStreamInlineImage):
            name = str(one.operator)
            depth += (name == "q") - (name == "Q")
            lowest = min(lowest, depth)
    return b"q\n" * (1 - lowest)
