"""Keys, digests and identifiers drawn at random, as base64 of either alphabet or hexadecimal writes them.

As letters they say nothing, though the model may read a name or a house number in them. What they encode
is read in their views.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_SHORTEST = 16
_RUN = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}+={0,2}(?![\w=])")
_PIECE = re.compile(r"[A-Za-z0-9]{4,}+")
_WORDS = re.compile(
    r"(?!sha\d{1,3}\Z)(?:(?:[A-Z][a-z]{2,20}){2}|[a-z]{6}|(?:[A-Z]?[a-z]{2,20}+|[A-Z]{3,20}+){1,8}+\d{0,4}\Z)"
)
"""How a piece begins, or is written whole, that people name something with (`JaneRoe1987`)."""
_IDENTIFIER = re.compile(
    r"(?<![\w+/=-])[a-z]{1,8}[-_](?=[0-9]{0,127}[a-f])(?=[a-f]{0,127}[0-9])[0-9a-f]{12,127}(?![\w+/=-])"
)
_CLASSES = str.maketrans(
    {
        **dict.fromkeys(map(chr, range(ord("a"), ord("z") + 1)), "a"),
        **dict.fromkeys(map(chr, range(ord("A"), ord("Z") + 1)), "A"),
        **dict.fromkeys("0123456789", "0"),
    }
)


def random_runs(text: str) -> Iterator[tuple[int, int]]:
    """Half-open ranges of characters drawn at random, in no order; words beside them are none of them."""
    yield from (found.span() for found in _IDENTIFIER.finditer(text))
    for run in _RUN.finditer(text):
        start = run.start()
        for piece in _PIECE.finditer(text, *run.span()):
            if _WORDS.match(piece[0]):
                if _is_mixed(text[start : piece.start()]):
                    yield start, piece.start()
                start = piece.end()
        if _is_mixed(text[start : run.end()]):
            yield start, run.end()


def _is_mixed(part: str) -> bool:
    """Whether small letters, capitals and digits follow each other as if by chance: in words, few do."""
    if len(part) < _SHORTEST:
        return False
    classes = part.translate(_CLASSES)
    changes = sum(one != other for one, other in pairwise(classes))
    return 2 * changes >= len(part) and {"a", "A", "0"} <= set(classes)
