"""All our recognizers as one of Presidio's: it looks at every result once per recognizer it knows."""

from __future__ import annotations

from collections.abc import Sequence

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from pii_guard.detect.gate import Gate
from pii_guard.detect.recognizer import Identifier


class Ensemble(EntityRecognizer):
    """Runs its members one after the other; results carry the member's name.

    A gate tells once a text which identifiers are worth running on it.
    """

    def __init__(self, members: Sequence[EntityRecognizer], language: str) -> None:
        self.members = tuple(members)
        self._gate = Gate({m.name: m.needs() for m in self.members if isinstance(m, Identifier)})
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
        names = self._gate.names(text)
        results: list[RecognizerResult] = []
        for one in self.members:
            if not isinstance(one, Identifier):
                results += one.analyze(text, entities, nlp_artifacts)
            elif one.name in names:
                results += one.results(text)
        return results
