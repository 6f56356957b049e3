"""Tables drawn with `|` in running text, as Markdown, `mysql`, `psql` and `sqlmap` draw them."""

from __future__ import annotations

from collections.abc import Iterator

_RULE = frozenset("-+|:= \t\r>")
_BEFORE = " \t>"
_LONGEST = 1_000
"""Characters of the names of columns that are shown again where a table goes on."""


def is_rule(line: str) -> bool:
    """Whether a line is but a rule between the rows of a table: `+---+---+`, `|---|:-:|`, `---+---`."""
    return "--" in line and ("|" in line or "+" in line) and _RULE.issuperset(line)


def cells_of(line: str) -> list[tuple[int, int]]:
    """Where the cells of a row stand in its line (half-open), in order, without the blanks around."""
    start, end = 0, len(line)
    while start < end and line[start] in _BEFORE:
        start += 1
    while end > start and line[end - 1].isspace():
        end -= 1
    if line.startswith("|", start):
        start += 1
    if end > start and line[end - 1] == "|":
        end -= 1
    cells = []
    for cell in line[start:end].split("|"):
        low, high = start, start + len(cell)
        start = high + 1
        while low < high and line[low].isspace():
            low += 1
        while high > low and line[high - 1].isspace():
            high -= 1
        cells.append((low, high))
    return cells


def heads(text: str) -> Iterator[tuple[int, str]]:
    """The lines that name the columns of tables, a rule below them, and where each begins."""
    position, before, start, within = 0, "", 0, False
    for line in text.split("\n"):
        if is_rule(line):
            if before and not within:
                yield start, before
            within = within or bool(before)
        elif "|" not in line:
            within = False
        before = line if "|" in line and not is_rule(line) else ""
        start, position = position, position + len(line) + 1


def head_at_end(text: str, head: str = "") -> str:
    """The names of columns and the rule below them, when a table goes on at the end of a text.

    `head`: those of a table that goes on at its beginning, or "".
    """
    before = ""
    for line in text.splitlines():
        if is_rule(line):
            head = f"{before}\n{line}\n" if before and not head else head
        elif "|" not in line:
            head = ""
        before = line if "|" in line and not is_rule(line) else ""
    return head if len(head) <= _LONGEST else ""
