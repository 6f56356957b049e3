"""RTF (Microsoft's specification 1.9.1) by splicing: control words, groups and formatting stay.

Pictures are children; embedded objects, themes and data stores, which nobody can look into, are taken
out. The second reader is a flat one that knows neither destinations nor fonts.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_guard.document import Changes, Child, Document, Locator, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.office.blanks import blank_for
from pii_guard.formats.rtf.lexer import lexed
from pii_guard.formats.rtf.parts import Blob, Lexed
from pii_guard.formats.rtf.reread import flat, reread
from pii_guard.formats.spliced import document_of, replacements
from pii_guard.signatures import signatures


class Rtf:
    """The format."""

    media_types = frozenset({"text/rtf"})
    exact = True

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """The texts of the document and of all that stands beside it; pictures are children."""
        found = _lexed(blob, bounds)
        document = document_of(found.pieces, bounds)
        children = tuple(
            Child(one.content, _at(n), f"picture{n}") for n, one in enumerate(_pictures(found), 1)
        )
        return Document(document.segments, children, (), tuple(_unseen(found)))

    def write(self, blob: bytes, changes: Changes, bounds: Bounds) -> bytes:
        """The file with the edited spans and pictures replaced, without what cannot be looked into."""
        found = _lexed(blob, bounds)
        cuts = replacements(found.pieces, changes.edits)
        for number, one in enumerate(_pictures(found)):
            redacted = changes.children.get(number, b"")
            if redacted != one.content:
                cuts.append((one.start, one.end, redacted.hex()))
        for one in found.blobs:
            blank = blank_for(one.content)
            if _is_hidden(one):
                cuts.append(
                    (one.start, one.end, blank.hex() if blank and one.destination == "pict" else "")
                )
        if not cuts:
            return blob
        # Digits or letters behind a control word would be of it.
        cuts = [
            (start, end, " " + text if start in found.words and text[:1].isalnum() else text)
            for start, end, text in sorted(cuts)
        ]
        return decode(blob).splice(cuts)

    def reread(self, blob: bytes, bounds: Bounds) -> Document:
        """The texts as the flat reader sees them."""
        return reread(blob, bounds)

    def haystacks(self, blob: bytes) -> Iterator[str | bytes]:
        """All text of the file, tables of fonts and styles included."""
        yield from flat(decode(blob).text)


def _lexed(blob: bytes, bounds: Bounds) -> Lexed:
    source = decode(blob)
    if source.encoding != "utf-8":
        raise Unreadable(ReasonCode.CORRUPT, "RTF is in bytes, not in UTF-16")
    return lexed(source.text, bounds)


def _pictures(found: Lexed) -> list[Blob]:
    return [one for one in found.blobs if one.destination == "pict" and signatures(one.content)
            and blank_for(one.content) is None]  # fmt: skip


def _is_hidden(one: Blob) -> bool:
    """Whether nobody can look into data: it is no picture, or a metafile other than the blank one."""
    if one.destination == "pict":
        blank = blank_for(one.content)
        return one.content != blank if blank is not None else not signatures(one.content)
    return len(one.content) > 16


def _unseen(found: Lexed) -> Iterator[Locator]:
    for number, one in enumerate(found.blobs, 1):
        if _is_hidden(one):
            yield (Step("data", number),)


def _at(number: int) -> Locator:
    return (Step("picture", number),)


FORMAT = Rtf()
