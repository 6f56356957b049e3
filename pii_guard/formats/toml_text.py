"""TOML 1.0 by splicing: comments, quoting, order and white space stay.

The standard library's tomllib has to accept what is read, and is the second reader.
"""

from __future__ import annotations

import re
import tomllib
from itertools import repeat
from typing import Any

from pii_guard.document import Document, Kind
from pii_guard.errors import ReasonCode, Unreadable, refused
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.formats.pieces import MANY, Sorts
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.formats.toml_lexer import lex
from pii_guard.segment_table import Collector, Sort

_PART = r"(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+')"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_.\"'\\-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART})++")
"""A key of parts; in a string there may stand what looks like one."""
_COMMENT = re.compile(r"#([^\n]*)")
_REMARK = Sort(Kind.PROSE, axis="comment")


def loaded(text: str, most: int) -> dict[str, Any]:
    """What tomllib makes of a text. Raises `Unreadable`, for keys of more than `most` parts as well.

    A key of many parts takes tomllib time that grows with their square.
    """
    if any(line.count(".") >= most for line in text.split("\n") if len(line) > most):
        deepest = max((one[0].count(".") for one in _DOTTED.finditer(text)), default=0)
        if deepest >= most:
            raise Unreadable(ReasonCode.LIMIT_NESTING, f"deeper than {most}")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise refused(error, "the TOML parser refuses it") from None


def reread(blob: bytes, bounds: Bounds) -> Document:
    """The document as tomllib sees it, and whatever may be a comment."""
    text = decode(blob).text
    reading = _Reading()
    reading.take(loaded(text, bounds.max_nesting))
    remarks = [one[1] for one in _COMMENT.finditer(text) if one[1].strip()]
    reading.settle()
    ordinals = range(1, len(remarks) + 1)
    reading.segments.extend(
        remarks, repeat(_REMARK, len(remarks)), ordinals, repeat((), len(remarks))
    )
    return Document(reading.segments.table())


class _Reading:
    """Puts what the parser found into columns."""

    def __init__(self) -> None:
        self.segments = Collector()
        self._texts, self._sorts = list[str](), list[Sort]()
        self._records = list[tuple[int, ...]]()
        self._alike = Sorts()

    def settle(self) -> None:
        """Put what is left into the columns."""
        places = repeat(0, len(self._texts))
        self.segments.extend(self._texts, self._sorts, places, self._records)
        self._texts, self._sorts, self._records = [], [], []

    def _add(self, text: str, sort: Sort, record: tuple[int, ...]) -> None:
        self._texts.append(text)
        self._sorts.append(sort)
        self._records.append(record)
        if len(self._texts) >= MANY:
            self.settle()

    def take(self, root: dict[str, Any]) -> None:
        """Take in all that is in a table."""
        add, alike, name, ordinal = self._add, self._alike, self._alike[Kind.NAME, "", False, ""], 0
        labels: dict[tuple[str, str], str] = {}
        waiting: list[tuple[Any, str, tuple[int, ...], bool]] = [(root, "", (), True)]
        while waiting:
            value, path, record, in_table = waiting.pop()
            if isinstance(value, str):
                shown = Kind.PROSE if "\n" in value else Kind.FIELD
                add(value, alike[shown, path, False, ""], record)
            elif isinstance(value, dict):
                ordinal += 1
                record = (*record, ordinal) if in_table else (ordinal,)
                for key, inner in reversed(value.items()):
                    add(key, name, record)
                    label = labels.get((path, key))
                    if label is None:
                        label = labels[path, key] = f"{path}.{key}" if path else key
                    waiting.append((inner, label, record, True))
            elif isinstance(value, list):
                waiting += [(inner, path, record, False) for inner in reversed(value)]
            elif not isinstance(value, bool):
                number = isinstance(value, (int, float))
                add(str(value), alike[Kind.FIELD, path, number, ""], record)


class Toml(SplicedFormat):
    """The format. What is read was taken by tomllib first; what is written was read before."""

    def read(self, blob: bytes, bounds: Bounds) -> Document:
        """Every piece as a segment. Raises `Unreadable` for what tomllib refuses, too."""
        loaded(decode(blob).text, bounds.max_nesting)
        return super().read(blob, bounds)


FORMAT = Toml(frozenset({"application/toml"}), lex, reread)
