"""HTML and XML by splicing: tags, attribute order and quoting stay; text, attributes, comments are read.

A surrogate for what inline tags cut stands in the first run and the tags stay. One lexer serves both
languages.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_guard.formats.base import Bounds
from pii_guard.formats.markup_lexer import Lexer
from pii_guard.formats.markup_reread import reread_xml
from pii_guard.formats.page_reread import reread_html
from pii_guard.formats.pieces import Batch
from pii_guard.formats.spliced import SplicedFormat


def lex_html(text: str, bounds: Bounds) -> Iterator[Batch]:
    """The pieces of an HTML page."""
    return Lexer(text, bounds, is_html=True).batches()


def lex_xml(text: str, bounds: Bounds) -> Iterator[Batch]:
    """The pieces of an XML document."""
    return Lexer(text, bounds, is_html=False).batches()


FORMATS = (
    SplicedFormat(frozenset({"text/html", "application/xhtml+xml"}), lex_html, reread_html),
    SplicedFormat(frozenset({"application/xml", "image/svg+xml"}), lex_xml, reread_xml),
)
