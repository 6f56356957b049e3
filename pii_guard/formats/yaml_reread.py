"""YAML once more: the second reader, on ruamel.yaml; comments and tags as they stand."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pii_guard.document import Document, Kind
from pii_guard.errors import refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.yaml_levels import Reading
from pii_guard.formats.yaml_lines import Lines, UnsureError
from pii_guard.segment_table import Sort

COMMENT = re.compile(r"#(?<!\S#)(?P<text>[^\n\r\x85\u2028\u2029]*)")
# Tags and directives are URIs: read where they hold an address.
_URI = re.compile(
    r"[!%](?:(?<=!)(?<![^\s\[{,]!)|(?<=%)(?<![^\n]%))"
    r"(?P<text>(?:\S{0,200}+[^\S\n\r][^\s@]{0,200}+@|[^\s@]{0,400}+@)\S+)"
)

_REMARK, _URIS = Sort(Kind.PROSE), Sort(Kind.NAME)


def uris(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
    """Tags and directives that hold an address; the group `text` is what follows their mark."""
    return _URI.finditer(text, start, end) if text.find("@", start, end) >= 0 else iter(())


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The scalars in order, then what may be a comment or a tag. Raises `Unreadable`."""
    text = decode(blob).text
    segments = scalars(text, bounds)
    for found, sort in ((COMMENT.finditer(text), _REMARK), (uris(text), _URIS)):
        for one in found:
            segments.put(one["text"], sort, ())
    segments.settle()
    return Document(segments.segments.table())


def scalars(text: str, bounds: Bounds) -> Reading:
    """The scalars of a text in order. Raises `Unreadable`."""
    try:
        return Lines(bounds, root=1, text=text.replace("\r\n", "\n")).read()
    except UnsureError:
        pass
    whole = Reading(bounds)
    try:
        for event in _events(text):
            whole.take(event)
    except (YAMLError, ValueError, RecursionError) as error:
        raise refused(error, "the YAML parser refuses it") from None
    return whole


def _events(text: str) -> Iterator[object]:
    return YAML(typ="safe", pure=True).parse(text)  # type: ignore[no-any-return]
