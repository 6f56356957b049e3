"""All our recognizers as one of Presidio's: it looks at every result once per recognizer it knows."""

from __future__ import annotations

from collections.abc import Sequence

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts


class Ensemble(EntityRecognizer):
    """Runs its members one after the other; results carry the member's name."""

    def __init__(self, members: Sequence[EntityRecognizer], language: str) -> None:
        self.members = tuple(members)
        entities = sorted({kind for one in self.members for kind in one.supported_entities})
        super().__init__(entities, name=type(self).__name__, supported_language=language)

    def load(self) -> None:
        """Load the members."""
        for one in self.members:
            one.load()

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """What any member finds."""
        return [
            result for one in self.members for result in one.analyze(text, entities, nlp_artifacts)
        ]
