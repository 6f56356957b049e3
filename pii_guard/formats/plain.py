"""Running text: one segment, the whole decoded text, so that offsets are offsets in the file.

Markdown, logs, source and patches are plain text to a reader; they differ in what is one record
(paragraph or line). The second reader decodes incrementally with the codecs of the standard library
and shares no code with `decoding`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from pii_guard.document import Document, Kind, Segment
from pii_guard.formats.base import Bounds
from pii_guard.formats.cutting import Cutting, after_paragraph, before_hunk
from pii_guard.formats.pieces import Piece
from pii_guard.formats.spliced import Lexer, SplicedFormat


def _whole(kind: Kind) -> Lexer:
    def lex(text: str, bounds: Bounds) -> Iterable[Piece]:  # noqa: ARG001
        return (Piece(text, 0, len(text), kind=kind, locator=()),) if text else ()

    return lex


def _second(kind: Kind):  # type: ignore[no-untyped-def]
    def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
        return Document((Segment(_text(blob), (), kind),)) if blob else Document()

    return reread


def _text(blob: bytes) -> str:
    for mark, codec in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if blob.startswith(mark):
            return _incremental(blob[len(mark) :], codec)
    if b"\0" in blob[:4096]:
        wide = [_incremental(blob, codec) for codec in ("utf-16-le", "utf-16-be")]
        best = max(wide, key=lambda text: sum(c < "\u0250" and c != "\0" for c in text))
        if sum(c < "\u0250" and c != "\0" for c in best) > len(best) // 2:
            return best
    try:
        return blob.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        # Both readings: what is foreign in UTF-8 is a letter in Windows-1252.
        return _incremental(blob, "utf-8") + "\n\n" + _incremental(blob, "cp1252")


def _incremental(blob: bytes, codec: str) -> str:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    return "".join(
        decoder.decode(blob[start : start + 65_536], start + 65_536 >= len(blob))
        for start in range(0, len(blob), 65_536)
    )


FORMATS = tuple(
    SplicedFormat(frozenset(types), _whole(kind), _second(kind), cutting=Cutting(cut))
    for kind, types, cut in (
        (Kind.PROSE, {"text/plain", "text/markdown"}, after_paragraph),
        (Kind.LOG, {"text/x-log"}, after_paragraph),
        (Kind.CODE, {"text/x-source"}, after_paragraph),
        (Kind.CODE, {"text/x-diff"}, before_hunk),
    )
)
