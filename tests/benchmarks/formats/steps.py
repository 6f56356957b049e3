"""What is done to a file without detection: it is read, its addresses are replaced, it is proved."""

from __future__ import annotations

from dataclasses import dataclass, field

from pii_guard.collecting import seldom
from pii_guard.document import Child
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.stages import Part, Workshop, _haystacks, _reread, rewrite, survey
from tests.benchmarks.formats.made import edits

SHOP = Workshop(Formats(), Bounds())


@dataclass
class Steps:
    """A file by name, with all files within it; the steps are to be taken in order."""

    name: str
    blob: bytes = field(repr=False)

    def read(self) -> Part:
        """Everything in it."""
        with seldom():
            return survey(SHOP, self.blob, self.name)

    def ask(self, whole: Part) -> None:
        """Ask for the addresses in what was read to be replaced."""
        self.whole = whole
        self.edits, self.gone = edits(whole)

    def write(self) -> bytes:
        """The file without them."""
        with seldom():
            return rewrite(SHOP, self.whole, self.edits, self.gone)

    def reread(self, out: bytes) -> int:
        """Read what was written as a proof does: again, and all that is to be searched."""
        with seldom():
            again = _reread(SHOP, out, self.whole.media_type, Child(out), 0)
            return sum(len(one) for part in again.parts() for one in _haystacks(SHOP, part))

    def all(self) -> None:
        """All steps, once."""
        self.ask(self.read())
        self.reread(self.write())
