"""Targets of a fuzzer that sees coverage: a module each, with `one(data)` and the `SEEDS` it begins with.

`python -m tests.fuzz.targets NAME` runs them. What a target raises is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Format
from pii_guard.formats.base import Bounds
from tests.fixtures import everything

BOUNDS = Bounds(max_nesting=50, max_pages=20, max_cells=20_000, max_unpacked_bytes=1 << 22, max_members=200)  # fmt: skip
TOKEN = "<PERSON_1>"
_LARGEST = 64_000


def planted(formats: Iterable[str]) -> tuple[bytes, ...]:
    """The files of the fixture factory in these formats that are small enough to be changed often."""
    wanted = set(formats)
    return tuple(one.blob for one in everything() if one.format in wanted and len(one.blob) < _LARGEST)  # fmt: skip


def rewritten(form: Format, data: bytes) -> bytes | None:
    """The data read and written with its first texts replaced, children as they are; None if refused."""
    try:
        document = form.read(data, BOUNDS)
        edits = [
            Edit(number, Span(0, len(segment.text)), TOKEN)
            for number, segment in enumerate(document.segments)
            if segment.text.strip() and segment.kind.value != "name"
        ]
        children = {number: child.blob for number, child in enumerate(document.children)}
        out = form.write(data, Changes(tuple(edits[:3]), children), BOUNDS)
        form.reread(out, BOUNDS)
    except Unreadable:
        return None
    return out
