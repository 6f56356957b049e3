"""What the pages of an SQLite file hold beside its live content: deleted rows, free pages, slack.

Walks the b-trees by the file format (sqlite.org/fileformat2.html) and shares no code with SQLite.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pii_guard.errors import ReasonCode, Unreadable

HEADER = 100
_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13
_INTERIOR = frozenset({_INDEX_INTERIOR, _TABLE_INTERIOR})
_SMALL_PAGE = 8192
_RESERVED = (72, 92)
"""The part of the file header that is for later versions."""


@dataclass(slots=True)
class _Pages:
    """One walk over a file; `claimed` are the half-open ranges in use, by page from 1."""

    blob: bytes = field(repr=False)
    size: int
    usable: int
    count: int
    claimed: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    gaps: dict[int, int] = field(default_factory=dict)
    """Where the array of pointers to cells ends, by page."""

    def claim(self, page: int, start: int, end: int) -> None:
        if not 1 <= page <= self.count or end > self.size or start < 0:
            raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
        self.claimed.setdefault(page, []).append((start, end))

    def number(self, page: int, at: int, form: str = ">L") -> int:
        return int(struct.unpack_from(form, self.blob, (page - 1) * self.size + at)[0])

    def tree(self, root: int) -> None:
        """Claim everything of one b-tree."""
        waiting = [root]
        while waiting:
            page = waiting.pop()
            if page in self.claimed:
                raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
            head = HEADER if page == 1 else 0
            self.claim(page, 0, head)
            kind = self.number(page, head, "B")
            cells = self.number(page, head + 3, ">H")
            start = head + (12 if kind in _INTERIOR else 8)
            self.claim(page, head, start + 2 * cells)
            self.gaps[page] = start + 2 * cells
            base = (page - 1) * self.size
            if kind in _INTERIOR:
                waiting.append(self.number(page, head + 8))
            free = self.number(page, head + 1, ">H")
            while free:
                self.claim(page, free, free + 4)
                after = self.number(page, free, ">H")
                if after and after <= free:
                    raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
                free = after
            for at in struct.unpack_from(f">{cells}H", self.blob, base + start):
                if kind in _INTERIOR:
                    waiting.append(self.number(page, at))
                self._cell(page, at, kind)

    def _cell(self, page: int, at: int, kind: int) -> None:
        base = (page - 1) * self.size
        position = base + at + (4 if kind in _INTERIOR else 0)
        value, position = _varint(self.blob, position)
        if kind == _TABLE_INTERIOR:
            self.claim(page, at, position - base)
            return
        if kind == _TABLE_LEAF:
            _, position = _varint(self.blob, position)
        elif kind not in (_INDEX_LEAF, _INDEX_INTERIOR):
            raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
        local = self._local(value, kind)
        end = position - base + local
        if local < value:
            overflow = self.number(page, end)
            end += 4
            self._overflow(overflow, value - local)
        self.claim(page, at, max(end, at + 4))

    def _local(self, payload: int, kind: int) -> int:
        """How much of a payload stands in the cell itself ("Cell Payload Overflow Pages")."""
        usable = self.usable
        most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if payload <= most:
            return payload
        least = (usable - 12) * 32 // 255 - 23
        kept = least + (payload - least) % (usable - 4)
        return kept if kept <= most else least

    def _overflow(self, page: int, left: int) -> None:
        while left > 0:
            if page in self.claimed:
                raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
            here = min(left, self.usable - 4)
            self.claim(page, 0, 4 + here)
            left -= here
            page = self.number(page, 0)

    def free_list(self) -> None:
        """Claim the lists of free pages, not what is left in those pages."""
        trunk = self.number(1, 32)
        while trunk:
            if trunk in self.claimed:
                raise Unreadable(ReasonCode.CORRUPT, "SQLite pages")
            self.claim(trunk, 0, 8 + 4 * min(self.number(trunk, 4), self.size // 4 - 2))
            trunk = self.number(trunk, 0)

    def pointer_map(self) -> None:
        """Claim the pages that say which page points where (auto_vacuum)."""
        if self.number(1, 52):
            for page in range(2, self.count + 1, self.usable // 5 + 1):
                self.claim(page, 0, self.size)

    def unclaimed(self) -> Iterator[tuple[int, int]]:
        """The half-open ranges of the file that are nobody's and hold anything."""
        for page in range(1, self.count + 1):
            base, position = (page - 1) * self.size, 0
            for start, end in [*sorted(self.claimed.get(page, ())), (self.size, self.size)]:
                if position == self.gaps.get(page):
                    position = self._behind_pointers(base, position, start)
                if start > position and self.blob[base + position : base + start].strip(b"\0"):
                    yield base + position, base + start
                position = max(position, end)
        for start, end in (_RESERVED, (self.count * self.size, len(self.blob))):
            if self.blob[start:end].strip(b"\0"):
                yield start, end

    def _behind_pointers(self, base: int, position: int, end: int) -> int:
        """Where pointers to cells that are gone end: they say nothing of what was in them.

        In small pages a pointer is too small a number to be two letters or digits.
        """
        while self.size <= _SMALL_PAGE and position + 2 <= end:
            (pointer,) = struct.unpack_from(">H", self.blob, base + position)
            if not 0 < pointer <= self.usable:
                break
            position += 2
        return position


def scrubbed(blob: bytes, roots: Iterable[int]) -> bytes:
    """The file with zero bytes wherever `leftovers` finds anything."""
    made = bytearray(blob)
    for start, end in leftovers(blob, roots):
        made[start:end] = bytes(end - start)
    return bytes(made)


def leftovers(blob: bytes, roots: Iterable[int]) -> list[tuple[int, int]]:
    """The half-open ranges that hold anything and that no tree uses. `roots`: the first page of each tree.

    Raises `Unreadable(CORRUPT)` where the pages contradict each other.
    """
    try:
        size = int.from_bytes(blob[16:18], "big")
        size = 65_536 if size == 1 else size
        if size < 512 or size & (size - 1):
            raise Unreadable(ReasonCode.CORRUPT, "SQLite header")
        count = int.from_bytes(blob[28:32], "big") or len(blob) // size
        if count * size > len(blob):
            raise Unreadable(ReasonCode.CORRUPT, "it ends too early")
        pages = _Pages(blob, size, size - blob[20], count)
        for root in (1, *roots):
            pages.tree(root)
        pages.free_list()
        pages.pointer_map()
    except (struct.error, IndexError):
        raise Unreadable(ReasonCode.CORRUPT, "SQLite pages") from None
    return list(pages.unclaimed())


def _varint(blob: bytes, position: int) -> tuple[int, int]:
    value = 0
    for _ in range(8):
        byte = blob[position]
        position += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position
    return value << 8 | blob[position], position + 1
