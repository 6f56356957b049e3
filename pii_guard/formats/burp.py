"""Items exported by Burp Suite: XML in which requests and responses are base64, each a child.

The XML is spliced with the lexer of `markup`; lxml reads it again.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from itertools import chain

from lxml import etree

from pii_guard.document import Changes, Child, Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import Source, decode
from pii_guard.formats.markup import lex_xml
from pii_guard.formats.pieces import Batch, Piece
from pii_guard.formats.spliced import document_of, replacements

_MESSAGES = ("request", "response")


@dataclass(frozen=True, slots=True)
class _Held:
    """A message: where it stands, whether in base64, its item, and the number that counts it."""

    piece: Piece = field(repr=False)
    data: bytes = field(repr=False)
    coded: bool
    item: int
    size: Piece | None = field(default=None, repr=False)


class BurpItems:
    """The format; `exact`."""

    media_types = frozenset({"application/x-burp+xml"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """What describes an item as segments, its messages as children."""
        pieces, messages = _walk(decode(blob), bounds)
        flat = document_of(pieces, bounds)
        children = [
            Child(one.data, _where(one.item, one.piece.label), "", "message/http", (one.item,))
            for one in messages
        ]
        return Document(flat.segments, tuple(children))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with texts spliced and messages replaced."""
        source = decode(blob)
        pieces, messages = _walk(source, bounds)
        found = replacements(pieces, changes.edits)
        for number, one in enumerate(messages):
            new = changes.children.get(number, b"")
            if new == one.data:
                continue
            text = base64.b64encode(new).decode("ascii") if one.coded else _text(new, one, source)
            found.append((one.piece.start, one.piece.end, text))
            if one.size is not None and one.size.text.strip() == str(len(one.data)):
                found.append((one.size.start, one.size.end, str(len(new))))
        return source.splice(sorted(found)) if found else blob

    def reread(self, blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG002
        """The file as lxml sees it."""
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
        )
        try:
            root = etree.fromstring(blob, parser)
        except (etree.LxmlError, ValueError):
            raise Unreadable(ReasonCode.CORRUPT, "the XML parser refuses it") from None
        segments: list[Segment] = []
        children: list[Child] = []
        item = 0
        for node in root.iter():
            item += node.tag == "item"
            texts = [(node.text, str(node.tag)), (node.tail, "")]
            if node.tag in _MESSAGES and node.text and node.text.strip():
                coded = node.get("base64", "").strip().lower() == "true"
                data = _data(node.text) if coded else node.text.encode()
                children.append(
                    Child(data, _where(item, str(node.tag)), "", "message/http", (item,))
                )
                del texts[0]
            texts += [(value, str(name)) for name, value in node.attrib.items() if name != "base64"]
            segments += [
                Segment(text, (), Kind.FIELD, label, (item,))
                for text, label in texts
                if text and text.strip()
            ]
        return Document(tuple(segments), tuple(children))


def _where(item: int, label: str) -> tuple[Step, ...]:
    return Step("item", item), Step(label, 1)


def _data(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(ReasonCode.CORRUPT, "base64 of a message") from None


def _text(new: bytes, one: _Held, source: Source) -> str:
    errors = "surrogateescape" if source.encoding == "utf-8" else "strict"
    try:
        text = new.decode(source.encoding, errors)
    except UnicodeDecodeError:
        raise Unreadable(ReasonCode.NOT_COVERED, "a message in another encoding") from None
    return one.piece.spell(text).replace("]]>", "]]]]><![CDATA[>")


def _walk(source: Source, bounds: Bounds) -> tuple[list[Piece], list[_Held]]:
    """The pieces that are segments, and the messages, both in source order."""
    pieces: list[Piece] = []
    messages: list[_Held] = []
    coded, item = False, 0
    above: tuple[int, ...] = ()
    size: Piece | None = None
    for piece in chain.from_iterable(map(Batch.pieces, lex_xml(source.text, bounds))):
        if piece.record[:2] != above and len(piece.record) > 1:
            item, above, size = item + 1, piece.record[:2], None
        if piece.label == "base64":
            coded = piece.text.strip().lower() == "true"
            continue
        if piece.label == "responselength":
            size = piece
            continue
        if piece.label not in _MESSAGES:
            pieces.append(piece._replace(record=(item,)))
            continue
        if coded:
            data = _data(piece.text)
        elif piece.offsets is None:
            data = source.slice(piece.start, piece.end)
        else:
            data = piece.text.encode()
        if data:
            counted = size if piece.label == "response" else None
            messages.append(_Held(piece, data, coded, item, counted))
    return pieces, messages


FORMAT = BurpItems()
