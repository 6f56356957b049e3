"""A file with a text replaced, by the format's own reading and writing."""

from __future__ import annotations

from pii_guard.document import Changes, Edit, Span
from pii_guard.formats.base import Bounds

BOUNDS = Bounds()


def rewritten(form, blob: bytes, old: str, new: str) -> bytes:
    """The blob with a text replaced in segments and, as bytes, in children."""
    document = form.read(blob, BOUNDS)
    edits = tuple(
        Edit(n, Span(segment.text.index(old), segment.text.index(old) + len(old)), new)
        for n, segment in enumerate(document.segments)
        if old in segment.text
    )
    children = {
        n: child.blob.replace(old.encode(), new.encode())
        for n, child in enumerate(document.children)
    }
    return form.write(blob, Changes(edits, children), BOUNDS)
