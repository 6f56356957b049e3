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
        # Sorted out once: to ask an abstract class for its instances is slow.
        self._gated = tuple((m, m if isinstance(m, Identifier) else None) for m in self.members)
        self._gate = Gate({gated.name: gated.needs() for _, gated in self._gated if gated})
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
        for one, gated in self._gated:
            if gated is None:
                results += one.analyze(text, entities, nlp_artifacts)
            elif gated.name in names:
                results += gated.results(text)
        return results
