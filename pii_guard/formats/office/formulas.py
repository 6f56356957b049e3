"""Formulas: text in quotation marks may change, names of sheets are quoted, anything else would break."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pii_guard.document import Edit, Segment
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.office.spots import TEXT, Leaf, spliced

_QUOTED = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'")
_SHEET = re.compile(r"(?<![\w.])[\w.]++(?=!)")


def fits(formula: str, edits: Sequence[Edit]) -> bool:
    """Whether all edits stand within quotation marks."""
    inner = [(m.start() + 1, m.end() - 1) for m in _QUOTED.finditer(formula)]
    return all(any(a <= e.span.start and e.span.end <= b for a, b in inner) for e in edits)


def rewritten(formula: str, edits: Sequence[Edit]) -> str | None:
    """The formula with edits applied, or None when it would be none any more."""
    if fits(formula, edits):
        return spliced(formula, edits)
    # `Jane!A1` becomes `'<PERSON_1>'!A1`.
    made, position = [], 0
    spans = [m.span() for m in _QUOTED.finditer(formula)]
    for edit in edits:
        quoted = any(a < edit.span.start and edit.span.end < b for a, b in spans)
        sheet = next(
            (
                m
                for m in _SHEET.finditer(formula)
                if m.start() <= edit.span.start and edit.span.end <= m.end()
            ),
            None,
        )
        if quoted:
            made += [formula[position : edit.span.start], edit.replacement]
            position = edit.span.end
        elif sheet is not None and sheet.start() >= position:
            before = formula[sheet.start() : edit.span.start]
            after = formula[edit.span.end : sheet.end()]
            made += [formula[position : sheet.start()], f"'{before}{edit.replacement}{after}'"]
            position = sheet.end()
        else:
            return None
    return "".join(made) + formula[position:]


@dataclass(frozen=True, slots=True)
class Formula:
    """The formula that is the text of an element. `otherwise` is done where it cannot be kept."""

    node: Any = field(repr=False)
    segment: Segment = field(repr=False)
    otherwise: Callable[[Any], None] | None = None

    def put(self, edits: Sequence[Edit]) -> None:
        """Write the formula with edits. Raises `Unreadable` where it would not work any more."""
        text = rewritten(self.segment.text, edits)
        if text is not None:
            Leaf(self.node, TEXT, "").put(text)
        elif self.otherwise is not None:
            self.otherwise(self.node)
        else:
            raise Unreadable(ReasonCode.NOT_COVERED, "a formula that would not work any more")
