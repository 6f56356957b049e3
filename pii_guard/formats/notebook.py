"""Jupyter notebooks (nbformat 3 and 4) by splicing over JSON: cells, outputs and metadata in place.

Source reads as code, what a cell printed as a log, each line by itself as the file has it. Pictures
and other files in outputs and attachments are children. The second reader is the standard library's
JSON parser.
"""

from __future__ import annotations

import re

from pii_guard.document import Child, Document, Kind, Segment
from pii_guard.formats.base import Bounds
from pii_guard.formats.inlays import Inlay, decoded, encoded
from pii_guard.formats.json_text import lex_json, reread_json
from pii_guard.formats.spliced import Lexed, SplicedFormat, singly

_MIME = re.compile(
    r"(?:^|\.)(?P<type>(?:image|application|audio|video|font)/[\w.+-]+)$|\.outputs\.(?P<old>png|jpeg)$"
)
_WRITTEN = re.compile(r"(?:svg|xml|json|javascript)$|/vnd\.|/javascript")
_KINDS = (
    (re.compile(r"(?:^|\.)(?:traceback|text|text/plain|evalue)$"), Kind.LOG),
    (re.compile(r"(?:^|\.)(?:source|input)$"), Kind.CODE),
)


def lex(text: str, bounds: Bounds) -> Lexed:
    """The pieces of the JSON, files in outputs as inlays."""
    for piece in singly(lex_json(text, bounds)):
        if isinstance(piece, Inlay):
            yield piece
            continue
        media_type = "" if piece.kind is not Kind.FIELD or piece.number else _file(piece.label)
        blob = decoded(piece.text) if media_type else b""
        if blob:
            where = piece.locator or ()
            yield Inlay(piece.start, piece.end, blob, encoded, media_type, where, piece.record)
        elif (kind := _kind(piece.label)) and piece.kind is Kind.FIELD and not piece.number:
            yield piece._replace(kind=kind, label="")
        else:
            yield piece


def _file(label: str) -> str:
    """The type of the file that a value is in base64; "" for a text."""
    found = _MIME.search(label)
    if found is None or _WRITTEN.search(label):
        return ""
    return found["type"] or f"image/{found['old']}"


def _kind(label: str) -> Kind | None:
    return next((kind for pattern, kind in _KINDS if pattern.search(label)), None)


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The notebook as the standard library's parser sees it."""
    segments: list[Segment] = []
    children: list[Child] = []
    for segment in reread_json(blob, bounds).segments:
        plain = segment.kind is Kind.FIELD and not segment.number
        content = decoded(segment.text) if plain and _file(segment.label) else b""
        if content:
            children.append(Child(content, (), "", "", segment.record))
        elif plain and (kind := _kind(segment.label)):
            segments.append(segment._replace(kind=kind, label=""))
        else:
            segments.append(segment)
    return Document(tuple(segments), tuple(children))


FORMAT = SplicedFormat(frozenset({"application/x-ipynb+json"}), lex, reread)
