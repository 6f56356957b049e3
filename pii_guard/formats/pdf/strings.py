"""The strings of a PDF outside its pages: metadata, annotations, fields, outlines, names, streams."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pikepdf

from pii_guard.formats.pdf.signed import certificate_text, is_signature

# Written by programs for programs. Values that must go are still looked for in them.
_TECHNICAL = frozenset(
    "/ID /CIDSystemInfo /CharSet /Encrypt /OE /UE /Perms /DA /DR /FontName /BaseFont /CMapName "
    "/Registry /Ordering /Filter /SubFilter /ByteRange /Lang /CheckSum "
    "/CreationDate /ModDate /M /PTEX.Fullbanner".split()
)
_OF_KEYS = frozenset({"/O", "/U"})
_CERTIFIED = frozenset({"/Contents", "/Cert"})
_RICH = frozenset({"/RC", "/RV"})
_DEEPEST = 24
_TAG = re.compile(r"<[^<>]*>")
_BLOCK = re.compile(r"</(?:p|div|li)>|<br\s*/?>", re.IGNORECASE)


class Text(NamedTuple):
    """A string object: its holder and key (or index), its name for people, its decoded text.

    `rich`: rich text (12.7.3.4), of which `text` is what it shows. `named`: a key of a dictionary.
    """

    holder: Any
    key: str | int
    label: str
    text: str
    rich: bool = False
    named: bool = False

    def put(self, text: str) -> None:
        """Write another text in its place, unless it is a name: those are renamed everywhere."""
        if self.key in _CERTIFIED and is_signature(self.holder):
            self.holder[self.key] = pikepdf.String("")
        elif self.rich:
            shown = html.escape(text, quote=False)
            body = f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{shown}</p></body>'
            self.holder[self.key] = pikepdf.String(f'<?xml version="1.0"?>{body}')
        else:
            self.holder[self.key] = pikepdf.String(text)
            self._make_room(text)

    def _make_room(self, text: str) -> None:
        """A field that holds no more than so many characters has to take what stands there now."""
        if self.key in ("/V", "/DV") and isinstance(self.holder, pikepdf.Dictionary):
            node: Any = self.holder
            for _ in range(_DEEPEST):
                if "/MaxLen" in node or "/Parent" not in node:
                    break
                node = node.Parent
            if "/MaxLen" in node and int(node.MaxLen) < len(text):
                self.holder.MaxLen = len(text)


def strings(pdf: pikepdf.Pdf) -> Iterator[Text]:
    """Every human string of the file, in the order of objects."""
    lock = getattr(pdf.trailer.get("/Encrypt"), "objgen", None) if pdf.is_encrypted else None
    for item in pdf.objects:
        for text in _within(item, "", 0):
            # Random bytes that keys are made of; anywhere else their names are those of texts.
            if text.key not in _OF_KEYS or text.holder.objgen != lock or not lock[0]:
                yield text
    yield from _within(pdf.trailer, "", 0)


def _within(item: Any, label: str, depth: int) -> Iterator[Text]:
    if depth > _DEEPEST:
        return
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        signature = is_signature(item)
        for key in sorted(item.keys()):
            if key in _TECHNICAL or key == "/Parent":
                continue
            if signature and key in _CERTIFIED:
                yield from _certified(item, key)
                continue
            yield from _one(item, key, _named(item, key), item[key], depth)
    elif isinstance(item, pikepdf.Array):
        for index, value in enumerate(item):
            yield from _one(item, index, label, value, depth)


def _certified(item: Any, key: str) -> Iterator[Text]:
    """What a signature is and carries: it goes whole, with the names in it."""
    values = item[key] if isinstance(item[key], pikepdf.Array) else (item[key],)
    texts = [certificate_text(bytes(v)) for v in values if isinstance(v, pikepdf.String)]
    if any(texts):
        yield Text(item, key, "", "\n".join(text for text in texts if text))


def _one(holder: Any, key: str | int, label: str, value: Any, depth: int) -> Iterator[Text]:
    if isinstance(value, pikepdf.String):
        text, rich = str(value), key in _RICH
        if rich:
            text = shown_by(text)
        if any(map(str.isalnum, text)):
            yield Text(holder, key, label, text, rich=rich)
    elif isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
        yield from _within(value, label, depth + 1)


def shown_by(rich: str) -> str:
    """What rich text shows: without its tags, so that none splits a word."""
    return html.unescape(_TAG.sub("", _BLOCK.sub("\n", rich))).strip()


def _named(holder: Any, key: str) -> str:
    """The label of an entry: a form field's value goes by the field's name."""
    if key in ("/V", "/DV") and isinstance(holder.get("/T"), pikepdf.String):
        return str(holder.T)[:80]
    return {"/Author": "Author name", "/T": "", "/NM": ""}.get(key, key[1:])


def holders(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary of the file, those within others included."""
    for item in (*pdf.objects, pdf.trailer):
        yield from _dictionaries(item, 0)


def _dictionaries(item: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    values: Any = ()
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        yield item
        values = [value for _, value in item.items()]
    elif isinstance(item, pikepdf.Array):
        values = list(item)
    for value in values:
        inner = isinstance(value, (pikepdf.Dictionary, pikepdf.Array))
        if inner and not value.is_indirect:
            yield from _dictionaries(value, depth + 1)


def understood(pdf: pikepdf.Pdf) -> set[str]:
    """Each string and name that could be read, technical ones included."""
    return {text for item in (*pdf.objects, pdf.trailer) for text in _everything(item, 0)}


def every_text(pdf: pikepdf.Pdf) -> Iterator[str]:
    """All strings, names and keys of the file, technical ones included, one text an object."""
    for item in (*pdf.objects, pdf.trailer):
        found = list(_everything(item, 0))
        if found:
            yield "\n".join(found)


def _everything(item: Any, depth: int) -> Iterator[str]:
    if depth > 4 * _DEEPEST:
        return
    if isinstance(item, (pikepdf.String, pikepdf.Name)):
        yield str(item)
    elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, value in item.items():
            yield key
            if not getattr(value, "is_indirect", False):
                if key in _RICH and isinstance(value, pikepdf.String):
                    yield shown_by(str(value))
                yield from _everything(value, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if not getattr(value, "is_indirect", False):
                yield from _everything(value, depth + 1)
