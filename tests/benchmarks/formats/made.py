"""What a benchmark measures: a generated file, and how to tell its size."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field

from pii_guard.document import Edit, Span
from pii_guard.stages import Part

VALUE = re.compile(r"[\w.+-]{1,40}@[\w-]{1,30}\.[a-z]{2,7}")
"""What is replaced: every address. They are about as frequent as in reports that are full of them."""
TOKEN = "<EMAIL_ADDRESS_1>"


@dataclass(frozen=True, slots=True)
class Made:
    """A file and its name. `inside`: bytes of what is packed in it. `count` pages or images, if any."""

    name: str
    blob: bytes = field(repr=False)
    inside: int = 0
    count: int = 0

    @property
    def unpacked(self) -> int:
        """The bytes it stands for: of what is packed unpacked, else its own."""
        return self.inside or len(self.blob)


def unzipped(blob: bytes) -> int:
    """Bytes of what an archive holds; none of what is no archive."""
    if not blob.startswith(b"PK"):
        return 0
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        return sum(info.file_size for info in archive.infolist())


def edits(whole: Part) -> tuple[dict[int, list[Edit]], tuple[str, ...]]:
    """Every value replaced, by the part it stands in; and the values."""
    found: dict[int, list[Edit]] = {}
    gone: set[str] = set()
    for number, part in enumerate(whole.parts()):
        for position, segment in enumerate(part.document.segments):
            for match in VALUE.finditer(segment.text):
                new = "7" if segment.number else TOKEN
                found.setdefault(number, []).append(Edit(position, Span(*match.span()), new))
                gone.add(match[0])
    return found, tuple(sorted(gone))
