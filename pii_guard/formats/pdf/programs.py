"""Empties glyphs in embedded font programs: TrueType and CFF by fontTools, Type 1 by hand.

A glyph that stays keeps its number; one that goes keeps its number, too, and loses outline, width
and name. What fontTools cannot read stays as it is: the text is gone all the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf

from pii_guard.formats.pdf.fonts import Font, differences

Shown = Sequence[tuple[Font, set[int]]]
"""Fonts that use one program, each with the codes or CIDs that it shows."""

_ENTRY = re.compile(rb"/([^\s/{}\[\]()<>%]+)[ \t]+(\d+)[ \t]+(RD|-\||\S+)[ ]")
_EEXEC, _CHARSTRING = 55665, 4330
# hsbw with no width, endchar (Adobe Type 1 Font Format, 6.4).
_EMPTY = bytes([139, 139, 13, 14])


def cleaned(program: Any, shown: Shown) -> None:
    """Write the program of a font with the glyphs emptied that none of the fonts shows."""
    try:
        raw = program.read_bytes()
        if "/Subtype" in program and program.Subtype != pikepdf.Name.OpenType:
            program.write(_cff(raw, shown))
        elif raw[:2] == b"%!" or raw[:1] == b"\x80":
            _type1(program, raw, shown)
        else:
            program.write(_true_type(raw, shown))
            if "/Length1" in program:
                program.Length1 = len(program.read_bytes())
    except Exception:  # noqa: BLE001 - broken fonts raise anything
        return


def _names(font: Font, codes: Iterable[int]) -> set[str]:
    """Names under which glyphs for codes may stand in a program, by every way there is."""
    from fontTools import agl
    from fontTools.encodings.StandardEncoding import StandardEncoding

    named = {code: name[1:] for code, name in differences(font.spec)}
    found = set()
    for code in codes:
        found.add(named.get(code, ""))
        if code < 256:
            found.add(StandardEncoding[code])
            found.add(agl.UV2AGL.get(ord(bytes([code]).decode("cp1252", "replace")), ""))
        text = font.text(code)
        if len(text) == 1:
            found.update({agl.UV2AGL.get(ord(text), ""), f"uni{ord(text):04X}"})
    return found


def _true_type(raw: bytes, shown: Shown) -> bytes:
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    program = TTFont(io.BytesIO(raw), recalcBBoxes=False, recalcTimestamp=False)
    if "glyf" not in program:
        return raw
    order = program.getGlyphOrder()
    tables = program["cmap"].tables if "cmap" in program else []
    kept = {order[0]}
    for font, codes in shown:
        if font.wide:
            numbers = font.glyph_numbers(codes)
            kept.update(order[n] for n in numbers if n < len(order))
            continue
        names = _names(font, codes)
        kept.update(name for name in order if name in names)
        wanted = {*codes, *(0xF000 + c for c in codes), *(0xF100 + c for c in codes)}
        texts = {ord(t) for c in codes if len(t := font.text(c)) == 1}
        for table in tables:
            for code, name in table.cmap.items():
                if code in wanted or code in texts:
                    kept.add(name)
    outlines = program["glyf"]
    waiting = list(kept)
    while waiting:
        one = outlines[waiting.pop()]
        parts = [p.glyphName for p in one.components] if one.isComposite() else []
        waiting += [name for name in parts if name not in kept]
        kept.update(parts)
    lost = [name for name in order if name not in kept]
    for name in lost:
        outlines.glyphs[name] = Glyph()
        if "hmtx" in program:
            program["hmtx"].metrics[name] = (0, 0)
    for table in tables:
        table.cmap = {code: name for code, name in table.cmap.items() if name in kept}
    if "post" in program and all(font.wide for font, _ in shown):
        program["post"].formatType = 3.0
    for tag in ("kern", "GSUB", "GPOS", "GDEF", "hdmx", "LTSH", "VDMX"):
        if tag in program:
            del program[tag]
    held = io.BytesIO()
    program.save(held, reorderTables=None)
    return held.getvalue()


def _cff(raw: bytes, shown: Shown) -> bytes:
    from fontTools.cffLib import CFFFontSet, IndexedStrings
    from fontTools.misc.psCharStrings import T2CharString

    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(raw), None)
    top = fonts[0]
    charset, strings = list(top.charset), top.CharStrings
    by_cid = hasattr(top, "ROS")
    kept = {".notdef", charset[0]}
    for font, codes in shown:
        if font.wide:
            kept.update(f"cid{c:05d}" for c in codes)
            if not by_cid:
                kept.update(charset[c] for c in codes if c < len(charset))
        else:
            kept |= _names(font, codes)
            inner = top.Encoding if isinstance(top.Encoding, list) else []
            kept.update(inner[c] for c in codes if c < len(inner))
    renamed: dict[str, str] = {}
    free = max((int(n[3:]) for n in kept if by_cid and n.startswith("cid")), default=0)
    for number, name in enumerate(charset):
        if name not in kept:
            free += 1
            renamed[name] = f"cid{free:05d}" if by_cid else f"gone{number}"
            old = strings[name]
            empty = T2CharString(
                program=["endchar"], private=old.private, globalSubrs=old.globalSubrs
            )
            if strings.charStringsAreIndexed:
                strings.charStringsIndex[strings.charStrings[name]] = empty
            else:
                strings.charStrings[name] = empty
    top.charset = [renamed.get(name, name) for name in charset]
    strings.charStrings = {renamed.get(k, k): v for k, v in strings.charStrings.items()}
    strings.charset = top.charset
    if isinstance(top.Encoding, list):
        top.Encoding = [".notdef" if name in renamed else name for name in top.Encoding]
    fonts.strings = IndexedStrings()  # names of what went are not written again
    held = io.BytesIO()
    fonts.compile(held, _Around(top.charset))
    return held.getvalue()


class _Around:
    """What fontTools asks of the font around a CFF table."""

    def __init__(self, order: list[str]) -> None:
        self._order = order
        self.recalcBBoxes = False
        self.cfg: dict[str, Any] = {}

    def getGlyphOrder(self) -> list[str]:  # noqa: N802 - its name for it
        """Names of the glyphs by number."""
        return self._order


def _type1(program: Any, raw: bytes, shown: Shown) -> None:
    if raw[:1] == b"\x80":
        return
    clear = int(program.Length1)
    size = int(program.Length2)
    body = _decrypted(raw[clear : clear + size], _EEXEC)
    head, tail = raw[:clear], raw[clear + size :]
    kept = {".notdef"}
    inner = {
        int(c): n.decode("latin-1") for c, n in re.findall(rb"dup\s+(\d+)\s*/(\S+)\s+put", head)
    }
    for font, codes in shown:
        kept |= _names(font, codes) | {inner[c] for c in codes if c in inner}
    start = body.find(b"/CharStrings")
    if start < 0:
        return
    skip = re.search(rb"/lenIV\s+(\d+)", body[:start])
    lead = int(skip[1]) if skip else 4
    out, at, lost = [body[:start]], start, 0
    place = body.find(b"begin", start)
    while (found := _ENTRY.search(body, place)) is not None:
        begin, length = found.end(), int(found[2])
        name = found[1].decode("latin-1")
        if name not in kept:
            lost += 1
            code = _encrypted(bytes(lead) + _EMPTY, _CHARSTRING)
            out.append(body[at : found.start()])
            out.append(b"/.gone%d %d %s " % (lost, len(code), found[3]) + code)
            at = begin + length
        place = begin + length
        if re.match(rb"\s*\S+\s+end\b", body[place : place + 40]):
            break
    out.append(body[at:])
    head = re.sub(
        rb"dup\s+\d+\s*/(\S+)\s+put[ \t]*\r?\n?",
        lambda one: one[0] if one[1].decode("latin-1") in kept else b"",
        head,
    )
    sealed = _encrypted(b"".join(out), _EEXEC)
    program.write(head + sealed + tail)
    program.Length1, program.Length2, program.Length3 = len(head), len(sealed), len(tail)


def _decrypted(raw: bytes, key: int) -> bytes:
    """Type 1 encryption undone, its first bytes included (Adobe Type 1 Font Format, 7.1)."""
    out = bytearray()
    for byte in raw:
        out.append(byte ^ key >> 8)
        key = (byte + key) * 52845 + 22719 & 0xFFFF
    return bytes(out)


def _encrypted(raw: bytes, key: int) -> bytes:
    out = bytearray()
    for byte in raw:
        sealed = byte ^ key >> 8
        out.append(sealed)
        key = (sealed + key) * 52845 + 22719 & 0xFFFF
    return bytes(out)
