"""The contract of a recognizer: one identifier with its pattern, validator, words and proof.

A recognizer is a subclass of `Identifier` in a module of `detect/recognizers/`, listed by being
there. What it `analyze`s is a *passage*: prose as it stands, or fields rendered one a line as
`label: value`, so that context words work for columns, keys and headers as they do for prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

VALIDATED, LABELLED, PATTERN, WEAK = 1.0, 0.9, 0.6, 0.3
"""Score tiers: checksum or grammar proved it; a label names it; its shape alone; a guess."""


class Match(NamedTuple):
    """Half-open character range in the passage with its score in 0..1."""

    start: int
    end: int
    score: float


class Identifier(LocalRecognizer):
    """One kind of identifier.

    `entity` is its entity type (Presidio's name where Presidio has one). Candidates of `pattern`
    (group `value` if it has one, else the whole match) are scored: False from `valid` drops them,
    True makes them VALIDATED, None leaves `score`, raised to LABELLED when one of `words` stands as
    a whole word within `reach` characters before the candidate on the same or the previous line.
    `finds` and `spares` are passages with and without it: tests walk them. Patterns are anchored
    and bounded so that time stays linear.
    """

    entity: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    score: ClassVar[float] = PATTERN
    words: ClassVar[tuple[str, ...]] = ()
    reach: ClassVar[int] = 60
    finds: ClassVar[tuple[str, ...]] = ()
    spares: ClassVar[tuple[str, ...]] = ()

    def __init__(self, language: str = "en") -> None:
        super().__init__([self.entity], name=type(self).__name__, supported_language=language)
        stems = "|".join(sorted(map(re.escape, self.words), key=len, reverse=True))
        self._context = re.compile(rf"(?<![^\W_])(?:{stems})(?![^\W_])", re.I) if stems else None

    def load(self) -> None:
        """Nothing to load (Presidio's hook)."""

    def valid(self, text: str) -> bool | None:  # noqa: ARG002 - for subclasses
        """True: proved; False: cannot be one; None: the shape fits, nothing is proved."""
        return None

    def matches(self, text: str) -> Iterator[Match]:
        """Candidates in `text` that score above 0, in order."""
        named = "value" in self.pattern.groupindex
        for match in self.pattern.finditer(text):
            start, end = match.span("value") if named else match.span()
            verdict = self.valid(text[start:end])
            if verdict is False:
                continue
            score = VALIDATED if verdict else self.score
            if score < LABELLED and self.labelled(text, start):
                score = LABELLED
            yield Match(start, end, score)

    def labelled(self, text: str, start: int) -> bool:
        """Whether one of `words` stands shortly before `start`."""
        if self._context is None:
            return False
        before = text[max(0, start - self.reach) : start]
        lines = before.rsplit("\n", 2)
        return self._context.search("\n".join(lines[-2:])) is not None

    def analyze(
        self,
        text: str,
        entities: list[str],  # noqa: ARG002 - Presidio's signature
        nlp_artifacts: NlpArtifacts | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """Presidio's entry point: the matches as results."""
        return [self.result(match) for match in self.matches(text)]

    def result(self, match: Match) -> RecognizerResult:
        """A match as Presidio's result, with the explanation its enhancer expects."""
        return RecognizerResult(
            self.entity,
            match.start,
            match.end,
            match.score,
            AnalysisExplanation(self.name, match.score),
            {RecognizerResult.RECOGNIZER_NAME_KEY: self.name},
        )
