"""A detector's engine without its model: what it finds is what recognizers find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts

from pii_guard.detect.ner import PipelineNlpEngine


class NoModel(PipelineNlpEngine):
    """An engine that finds nothing."""

    def load(self) -> None:
        self._nlp = spacy.blank("en")

    def process_batch(
        self, texts: Iterable[str], language: str, **_: object
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        for text in texts:
            yield text, self._artifacts(self._nlp(""), language)
