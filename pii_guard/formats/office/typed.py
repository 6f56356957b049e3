"""Cells of OpenDocument tables that hold a number or a date beside the text they show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pii_guard.document import Edit, Segment
from pii_guard.formats.office.spots import spliced

_FIGURES = re.compile(r"[\s\d.,()'+\-/:%$\u20ac\xa3\xa5\xa0]*")
_TYPED = {"float": "value", "currency": "value", "percentage": "value", "date": "date-value"}


@dataclass(frozen=True, slots=True)
class Typed:
    """The value of a cell. A number stays one, and is shown as it is; of a date, a text is left."""

    cell: Any = field(repr=False)
    attribute: str
    segment: Segment = field(repr=False)

    def put(self, edits: Sequence[Edit]) -> None:
        """Write value and shown text."""
        text = spliced(self.segment.text, edits)
        if self.segment.number:
            self.cell.set(self.attribute, text)
        else:
            del self.cell.attrib[self.attribute]
            space = self.attribute.rpartition("}")[0] + "}"
            for name in self.cell.attrib:
                if name.endswith("}value-type"):
                    self.cell.set(name, "string")
            self.cell.set(f"{space}string-value", text)
        for number, paragraph in enumerate(self.cell.iterchildren("{*}p")):
            for child in list(paragraph):
                paragraph.remove(child)
            paragraph.text = "" if number else text


def typed_value(cell: Any) -> tuple[str, str, bool] | None:
    """The attribute, the value and whether it is a number, of a cell that has such."""
    kinds = {k.rpartition("}")[2]: k for k in cell.attrib}
    kind = cell.get(kinds["value-type"], "") if "value-type" in kinds else ""
    name = kinds.get(_TYPED.get(kind, ""))
    if name is None or not cell.get(name, "").strip():
        return None
    value = cell.get(name)
    return name, value, name.endswith("}value")


def says_the_same(cell: Any, value: str) -> bool:
    """Whether the text of a cell is nothing but its value written out in figures."""
    return is_written_out(
        "\n".join("".join(p.itertext()) for p in cell.iterchildren("{*}p")), value
    )


def is_written_out(shown: str, value: str) -> bool:
    """Whether a text is nothing but a number or a date written out in figures."""
    if not _FIGURES.fullmatch(shown):
        return False
    ours, theirs = (re.sub(r"\D", "", one) for one in (value.partition("E")[0], shown))
    return ours.strip("0") == theirs.strip("0") or sorted(ours[:8]) == sorted(theirs)
