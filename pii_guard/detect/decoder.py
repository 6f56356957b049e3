"""From class probabilities of words to entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

IDENTITY = frozenset({"PERSON", "LOCATION", "ADDRESS", "USERNAME", "DATE_OF_BIRTH"})
COUNTER = frozenset({"ORG"})
_THRESHOLD = 0.5


class Decoder:
    """Reads entities off class probabilities.

    `thresholds`: for each label, the probability (0..1) from which a word begins an entity; a
    neighbour of the same label belongs to it from `spread` (0..1) times that. A word that is torn
    between kinds of identity is still an identity: of those the probabilities add up. `counter`
    labels only speak against the others.
    """

    def __init__(
        self, labels: Sequence[str], thresholds: Mapping[str, float], spread: float
    ) -> None:
        self._thresholds = np.array(
            [thresholds.get(label, _THRESHOLD) for label in labels], np.float32
        )
        self._spread = spread
        self._identity = np.array([label in IDENTITY for label in labels])
        self._counter = np.array([label in COUNTER for label in labels])

    def entities(self, chances: NDArray[np.float32]) -> Iterator[tuple[int, int, int, float]]:
        """(label number, first word, past last word, score) of each entity, in order.

        The score is 0.5 at the threshold of the label and 1 for certainty.
        """
        if not len(chances):
            return
        both = chances[:, 1::2] + chances[:, 2::2]
        against = both[:, self._counter].max(1, initial=0.0)
        known = both[:, self._identity].sum(1)
        ours = np.where(self._counter, 0.0, both)
        best = ours.argmax(1)
        odds = np.where(self._identity[best], known, ours[np.arange(len(best)), best])
        lost = against > odds
        best[lost] = both[lost].argmax(1)
        odds[lost] = against[lost]
        limits = self._thresholds[best]
        start, kind, surest = 0, -1, 0.0
        end = -1
        # Most words are in no entity: only the others are looked at one by one.
        for word in np.flatnonzero(odds >= limits * self._spread).tolist():
            label, chance = int(best[word]), float(odds[word])
            begins = chances[word, 1 + 2 * label] >= chances[word, 2 + 2 * label]
            if kind >= 0 and (word != end or label != kind or begins):
                yield from self._entity(kind, start, end, surest)
                kind = -1
            if kind < 0:
                start, kind, surest = word, label, 0.0
            end = word + 1
            surest = max(surest, chance)
        if kind >= 0:
            yield from self._entity(kind, start, end, surest)

    def _entity(
        self, kind: int, start: int, end: int, surest: float
    ) -> Iterator[tuple[int, int, int, float]]:
        limit = float(self._thresholds[kind])
        if surest >= limit:
            yield kind, start, end, 0.5 + 0.5 * (surest - limit) / max(1 - limit, 1e-6)
