"""The NLP engine that Presidio drives: any spaCy pipeline, by default the one we ship."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc
from spacy.vocab import Vocab

from pii_guard.detect.pipeline import LABELS, model_directory
from pii_guard.spellings import scannable

LANGUAGE = "en"
NER_SCORE = 0.85
"""The most a model's word counts (Presidio's value for spaCy): labels and checksums outrank it."""

ENTITY_TYPES = {"ORIENTATION": "SEXUAL_ORIENTATION"}
"""Labels of the model that entity types have another name for."""
PERSONAL = tuple(ENTITY_TYPES.get(label, label) for label in LABELS if label != "ORG")
"""What the shipped model finds; organisations are counter-evidence only."""


_NO_TOKENS = Doc(Vocab())
MOST_WORDS = 5_000
"""Words that a pipeline keeps before it forgets all it has read: spaCy would keep every one."""


class Named(NamedTuple):
    """An entity as Presidio reads a spaCy span: it outlives the memory of the pipeline."""

    label_: str
    start_char: int
    end_char: int


class PipelineNlpEngine(NlpEngine):
    """A spaCy pipeline from a directory as Presidio's NLP engine. Nothing is ever downloaded.

    Artifacts hold entities and scores; the tokens are forgotten. Safe to share between threads.
    """

    engine_name = "pii_guard"
    is_available = True

    def __init__(self, model: Path | None = None) -> None:
        self.model = model or model_directory()
        self._nlp: Any = None
        self._zone = ExitStack()
        self._words = 0
        self._lock = threading.RLock()

    def load(self) -> None:
        """Load the pipeline, once."""
        if self._nlp is None:
            self._nlp = spacy.load(self.model)
            # Nobody asks what a word looks like, and a blank that is a page long is a word, too.
            self._nlp.vocab.lex_attr_getters = {}
            self._words = len(self._nlp.vocab.strings)
            self._zone.enter_context(self._nlp.memory_zone())

    def forget(self) -> None:
        """Forget the words that were read."""
        with self._lock:
            self._zone.close()
            self._zone.enter_context(self._nlp.memory_zone())

    def is_loaded(self) -> bool:
        """Whether `load` was done."""
        return self._nlp is not None

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The artifacts of one text."""
        ((_, artifacts),) = self.process_batch((text,), language)
        return artifacts

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 16,
        n_process: int = 1,  # noqa: ARG002 - Presidio's signature; onnxruntime has its own threads
        **_: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """The artifacts of many texts, in order."""
        with self._lock:
            if len(self._nlp.vocab.strings) - self._words > MOST_WORDS:
                self.forget()
            docs = self._nlp.pipe(map(scannable, texts), batch_size=batch_size)
            read = [(doc.text, self._artifacts(doc, language)) for doc in docs]
        yield from read

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
            Named(ENTITY_TYPES.get(e.label_, e.label_), e.start_char, e.end_char) for e in doc.ents
        ]
        return NlpArtifacts(
            entities=entities,
            tokens=_NO_TOKENS,
            tokens_indices=[],
            lemmas=[],  # context is judged by our recognizers, so none are computed
            nlp_engine=self,
            language=language,
            scores=[
                min(NER_SCORE, scores.get((e.start_char, e.end_char), NER_SCORE)) for e in entities
            ],
        )
