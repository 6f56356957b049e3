"""Values that must be gone, as another reader may spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pii_guard.document import Span
from pii_guard.formats.pdf.search import Values

_SHORTEST = 4


class Wanted:
    """Looks for values in what the second reader read: long ones in any setting, short ones as words."""

    def __init__(self, values: Iterable[str]) -> None:
        listed = sorted(set(values))
        self._values = Values(listed)
        short = [v for v in listed if len(v.strip()) >= _SHORTEST and sum(map(str.isalnum, v)) < 7]
        words = "|".join(re.escape(value) for value in sorted(short, key=len, reverse=True))
        self._words = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.I) if short else None

    def within(self, text: str) -> Iterator[Span]:
        """Where one of the values stands in a text."""
        for start, end in self._values.within(text):
            yield Span(start, end)
        if self._words is not None:
            for match in self._words.finditer(text):
                yield Span(*match.span())
