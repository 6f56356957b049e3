"""Which object a list stands in: readers give each element of a list a record of its own.

A column of users must not be one record, but the diagnoses in a patient's object are that patient's. The
path that labels a value tells how deep it stands, and the key of the list, before it, in which record.
"""

from __future__ import annotations

from collections.abc import Sequence

from pii_guard.document import Kind, Segment

_Record = tuple[int, ...]
_REACH = 300
"""Segments that are looked at for the key of a list; elements of one list are told by each other."""


class Nesting:
    """The objects around the lists of one document."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._known: dict[int, tuple[list[str], _Record]] = {}

    def above(self, number: int) -> _Record:
        """The records around that of a segment which it does not name itself, outermost first."""
        one = self._segments[number]
        if one.kind is not Kind.FIELD or not one.record or one.label.count(".") < len(one.record):
            return ()
        return self._above(one.record, one.label.split(".")[:-1], number)

    def _above(self, record: _Record, path: list[str], number: int) -> _Record:
        """The same for an object at a path, of which the segment of that number is a part."""
        element = path[: len(path) - len(record) + 1]
        if not element:
            return ()
        if record[0] not in self._known:
            self._known[record[0]] = element, self._around(record[0], element, number)
        return self._known[record[0]][1]

    def _around(self, root: int, element: list[str], number: int) -> _Record:
        """The records around an element of a list: its key stands in the innermost of them."""
        for at in range(number - 1, max(-1, number - _REACH), -1):
            other = self._segments[at]
            if not other.record or other.record[0] == root:
                continue
            if other.kind is Kind.NAME and other.text == element[-1]:
                return (*self._above(other.record, element[:-1], at), *other.record)
            known = self._known.get(other.record[0])
            if known is not None and known[0] == element:
                return known[1]
        return ()
