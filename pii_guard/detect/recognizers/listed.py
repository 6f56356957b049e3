"""Values of logs whose head names their columns: `#Fields: date time cs-username …` (W3C, IIS, Zeek)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.recognizers.drawn import column_types
from pii_guard.detect.recognizers.labelled import labelled_value

_HEAD = re.compile(r"^#fields(?::[ \t]{0,3}|\t)(?P<names>[^\r\n]{1,4000})", re.M | re.I)
_CELL = re.compile(r"\"[^\"\n]{0,2000}\"|[^\s\"]\S*+")
_LONGEST = 20_000


class ListedColumn(NamedValues):
    """The values below a name that says what they hold (`detect/fields.py`)."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of values below telling names, up to the next head."""
        heads = list(_HEAD.finditer(text)) if "#" in text else []
        for number, head in enumerate(heads):
            end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
            mark = "\t" if "\t" in head["names"] else ""
            names = head["names"].split(mark or None)
            types = column_types(names)
            telling = [(n, one) for n, one in enumerate(types) if one]
            if not telling:
                continue
            start = head.end()
            while start < end:
                stop = text.find("\n", start, end)
                stop = end if stop < 0 else stop
                if text[start : start + 1] != "#" and len(names) <= stop - start <= _LONGEST:
                    cells = _cells(text, start, stop, mark)
                    for column, entity in telling if len(cells) == len(names) else ():
                        yield from labelled_value(text, entity, *cells[column])
                start = stop + 1


def _cells(text: str, start: int, end: int, mark: str) -> list[tuple[int, int]]:
    """Where the values of a line stand, which blanks part, or the mark."""
    if not mark:
        return [match.span() for match in _CELL.finditer(text, start, end)]
    found = []
    for cell in text[start:end].rstrip("\r").split(mark):
        found.append((start, start + len(cell)))
        start += len(cell) + 1
    return found
