"""YAML once more: the second reader, on ruamel.yaml; comments and tags as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pii_guard.document import Document, Kind, Segment
from pii_guard.errors import refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.yaml_levels import Reading
from pii_guard.formats.yaml_lines import Lines, UnsureError

COMMENT = re.compile(r"#(?<!\S#)(?P<text>[^\n\r\x85\u2028\u2029]*)")
# Tags and directives are URIs: read where they hold an address.
_URI = re.compile(
    r"[!%](?:(?<=!)(?<![^\s\[{,]!)|(?<=%)(?<![^\n]%))"
    r"(?P<text>(?:\S{0,200}+[^\S\n\r][^\s@]{0,200}+@|[^\s@]{0,400}+@)\S+)"
)


def uris(text: str) -> Iterator[re.Match[str]]:
    """Tags and directives that hold an address; the group `text` is what follows their mark."""
    return _URI.finditer(text) if "@" in text else iter(())


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The scalars in order, then what may be a comment or a tag. Raises `Unreadable`."""
    text = decode(blob).text
    segments = scalars(text, bounds)
    segments += [Segment(found["text"], (), Kind.PROSE) for found in COMMENT.finditer(text)]
    segments += [Segment(found["text"], (), Kind.NAME) for found in uris(text)]
    return Document(tuple(segments))


def scalars(text: str, bounds: Bounds) -> list[Segment]:
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
    return whole.segments


def _events(text: str) -> Iterator[object]:
    return YAML(typ="safe", pure=True).parse(text)  # type: ignore[no-any-return]
