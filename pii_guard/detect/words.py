"""Words and word pieces: how text becomes the model's input, at training and at run time alike.

Words are cut as the uncased BERT tokenizer cuts them (Devlin et al. 2018): at white space and
around every punctuation mark and ideograph; pieces are the longest vocabulary entries from the left
(WordPiece, Schuster and Nakajima 2012), accents and case removed. Case is kept beside, as a shape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_IDEOGRAPHS = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "\u0300-\u036f"
WORD = re.compile(
    rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}](?:[^\W_{_IDEOGRAPHS}]|[{_MARKS}])*|[^\w\s]|_"
)
MAX_WORD = 40
"""Longer words (hashes, base64) become one unknown piece: they are not names."""
MAX_PIECES = 8
_CACHE = 60_000

LOWER, TITLE, UPPER, MIXED = range(4)


def shape(word: str) -> int:
    """The letter case of a word: lower or caseless, Title, UPPER, mIxed."""
    if word.islower() or word.lower() == word.upper():
        return LOWER
    if word.istitle():
        return TITLE
    return UPPER if word.isupper() else MIXED


class WordPieces:
    """A vocabulary that turns words into piece numbers.

    `pieces` in order of their numbers; must contain [PAD], [UNK], [CLS] and [SEP].
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self._numbers = {piece: number for number, piece in enumerate(self.pieces)}
        self.pad, self.unknown, self.cls, self.sep = (
            self._numbers[special] for special in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
        )
        self._cache: dict[str, tuple[int, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> WordPieces:
        """The vocabulary in a file with one piece a line."""
        return cls(path.read_text("utf-8").rstrip("\n").split("\n"))

    def numbers(self, word: str) -> tuple[int, ...]:
        """One to `MAX_PIECES` piece numbers of a word."""
        found = self._cache.get(word)
        if found is None:
            found = self._split(word)
            if len(self._cache) >= _CACHE:
                self._cache = {}  # a fresh dict: other threads go on with the old one
            self._cache[word] = found
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        if len(word) > MAX_WORD:
            return (self.unknown,)
        folded = "".join(
            c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c)
        )
        found: list[int] = []
        start = 0
        while start < len(folded) and len(found) < MAX_PIECES:
            for end in range(len(folded), start, -1):
                piece = folded[start:end] if start == 0 else "##" + folded[start:end]
                number = self._numbers.get(piece)
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                found.append(self.unknown)
                start += 1
        return tuple(found) or (self.unknown,)
