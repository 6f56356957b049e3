"""The NLP engine that Presidio drives: any spaCy pipeline, by default the one we ship."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Span

from pii_guard.detect.pipeline import LABELS, model_directory
from pii_guard.spellings import scannable

if TYPE_CHECKING:
    from spacy.tokens import Doc

LANGUAGE = "en"
NER_SCORE = 0.85
"""The most a model's word counts (Presidio's value for spaCy): labels and checksums outrank it."""

ENTITY_TYPES = {"ORIENTATION": "SEXUAL_ORIENTATION"}
"""Labels of the model that entity types have another name for."""
PERSONAL = tuple(ENTITY_TYPES.get(label, label) for label in LABELS if label != "ORG")
"""What the shipped model finds; organisations are counter-evidence only."""


class PipelineNlpEngine(NlpEngine):
    """A spaCy pipeline from a directory as Presidio's NLP engine. Nothing is ever downloaded."""

    engine_name = "pii_guard"
    is_available = True

    def __init__(self, model: Path | None = None) -> None:
        self.model = model or model_directory()
        self._nlp: Any = None

    def load(self) -> None:
        """Load the pipeline, once."""
        if self._nlp is None:
            self._nlp = spacy.load(self.model)

    def is_loaded(self) -> bool:
        """Whether `load` was done."""
        return self._nlp is not None

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The artifacts of one text."""
        return self._artifacts(self._nlp(scannable(text)), language)

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 16,
        n_process: int = 1,  # noqa: ARG002 - Presidio's signature; onnxruntime has its own threads
        **_: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """The artifacts of many texts, in order."""
        docs = self._nlp.pipe(map(scannable, texts), batch_size=batch_size)
        for doc in docs:
            yield doc.text, self._artifacts(doc, language)

    def is_stopword(self, word: str, language: str) -> bool:  # noqa: ARG002
        """Not used: our recognizers judge context themselves."""
        return False

    def is_punct(self, word: str, language: str) -> bool:  # noqa: ARG002
        """Not used: our recognizers judge context themselves."""
        return False

    def get_supported_entities(self) -> list[str]:
        """The labels of the pipeline that are personal, as entity types."""
        return list(PERSONAL)

    def get_supported_languages(self) -> list[str]:
        """The one language code under which everything is registered."""
        return [LANGUAGE]

    def _artifacts(self, doc: Doc, language: str) -> NlpArtifacts:
        scores = doc.user_data.get("ner_scores", {})
        entities = [
            Span(doc, e.start, e.end, label=ENTITY_TYPES.get(e.label_, e.label_)) for e in doc.ents
        ]
        return NlpArtifacts(
            entities=entities,
            tokens=doc,
            tokens_indices=[],
            lemmas=[],  # context is judged by our recognizers, so none are computed
            nlp_engine=self,
            language=language,
            scores=[
                min(NER_SCORE, scores.get((e.start_char, e.end_char), NER_SCORE)) for e in entities
            ],
        )
