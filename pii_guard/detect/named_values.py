"""The base of recognizers that find values by the names that stand beside them, of any entity type."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from pii_guard.detect.recognizer import LABELLED
from pii_guard.entities import ENTITIES


class NamedValues(LocalRecognizer):
    """What `values` finds, as Presidio takes it."""

    def __init__(self, language: str = "en") -> None:
        super().__init__(list(ENTITIES), name=type(self).__name__, supported_language=language)

    def load(self) -> None:
        """Nothing to load (Presidio's hook)."""

    @abstractmethod
    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of each value."""

    def analyze(
        self,
        text: str,
        entities: list[str],  # noqa: ARG002 - Presidio's signature
        nlp_artifacts: NlpArtifacts | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """Presidio's entry point."""
        return [
            RecognizerResult(
                entity,
                start,
                end,
                LABELLED,
                AnalysisExplanation(self.name, LABELLED),
                {RecognizerResult.RECOGNIZER_NAME_KEY: self.name},
            )
            for entity, start, end in self.values(text)
        ]
