"""The shipped spaCy pipeline: our tokenizer and our NER component over onnxruntime.

`spacy.load(model_directory())` opens it; spaCy finds the factories by entry points, or because this
module was imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from pii_guard.detect.decoder import Decoder
from pii_guard.detect.windows import TEXTS, Words, batches, windows, words_of
from pii_guard.detect.words import WORD, WordPieces, shape
from pii_guard.silent_onnx import onnxruntime

LABELS = (
    "PERSON", "LOCATION", "ADDRESS", "ORG", "USERNAME", "DATE_OF_BIRTH",
    "RELIGION", "POLITICS", "ETHNICITY", "ORIENTATION", "GENDER", "HEALTH",
)  # fmt: skip
"""Class 0 is nothing; classes 1 + 2k and 2 + 2k begin and continue label k of a model's labels."""


def model_directory() -> Path:
    """Where the shipped pipeline stands: in the package, or beside it in a source tree."""
    package = Path(__file__).resolve().parents[1]
    carried = package / "models" / "en"
    return carried if carried.is_dir() else package.parent / "models" / "en"


def model_digest(directory: Path) -> str:
    """`sha256:…` over names and contents of a directory's files, in order of their names."""
    whole = hashlib.sha256()
    for file in sorted(p for p in directory.rglob("*") if p.is_file()):
        name = file.relative_to(directory).as_posix().encode()
        content = file.read_bytes()
        for part in (name, content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return "sha256:" + whole.hexdigest()


class WordTokenizer:
    """spaCy's tokenizer slot: exactly the model's words, white space kept."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The text as a Doc whose tokens concatenate to it."""
        words: list[str] = []
        spaces: list[bool] = []
        position = 0
        for match in WORD.finditer(text):
            if match.start() > position:
                _put_gap(words, spaces, text[position : match.start()])
            words.append(match.group())
            spaces.append(False)
            position = match.end()
        if position < len(text):
            _put_gap(words, spaces, text[position:])
        return Doc(self.vocab, words, spaces, user_data={TEXTS: words})

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to keep."""
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> WordTokenizer:
        """Nothing to restore."""
        return self

    def to_disk(self, path: Path | str, **_: Any) -> None:
        """Nothing to write."""

    def from_disk(self, path: Path | str, **_: Any) -> WordTokenizer:  # noqa: ARG002
        """Nothing to read."""
        return self


def _put_gap(words: list[str], spaces: list[bool], gap: str) -> None:
    if gap[0] == " " and words and not spaces[-1]:
        spaces[-1] = True
        gap = gap[1:]
    if gap:
        words.append(gap)
        spaces.append(False)


@spacy.registry.tokenizers("pii_guard.words.v1")  # type: ignore[untyped-decorator]
def create_tokenizer() -> Callable[[Language], WordTokenizer]:
    """SpaCy factory of the tokenizer."""
    return lambda nlp: WordTokenizer(nlp.vocab)


class NamesNer:
    """Finds names, places and special-category mentions with a token classifier.

    `labels`: those of the model, in the order of its classes. `thresholds` and `spread`: see
    `Decoder`. `threads`: onnxruntime threads of one call. Entities go to `doc.ents`, their scores to `doc.user_data["ner_scores"]`
    by (start, end) character offsets. Safe to share between threads.
    """

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        thresholds: Mapping[str, float],
        spread: float,
        threads: int,
    ) -> None:
        self.name = name
        self.labels = tuple(labels)
        self.decoder = Decoder(labels, thresholds, spread)
        self.threads = threads
        self._model = b""
        self._pieces: WordPieces | None = None
        self._session: Any = None

    def load(self, model: bytes, pieces: Sequence[str]) -> NamesNer:
        """Use this ONNX model (bytes) and vocabulary."""
        library = onnxruntime()
        options = library.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._model = model
        self._pieces = WordPieces(pieces)
        self._session = library.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return self

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one Doc."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 16) -> Iterator[Doc]:
        """Annotate Docs in order, many windows per model call."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            texts = [words_of(doc) for doc in batch]
            for doc, words, chances in zip(batch, texts, self.chances(texts), strict=True):
                self._annotate(doc, words.places, chances)
            yield from batch

    def chances(self, texts: Sequence[Words]) -> list[NDArray[np.float32]]:
        """Class probabilities for each word of each text."""
        if self._pieces is None:
            raise RuntimeError("the NER component was not loaded")
        numbered = [[self._pieces.numbers(word) for word in text.words] for text in texts]
        shapes = [[shape(word) for word in text.words] for text in texts]
        shown = [
            window
            for number, text in enumerate(texts)
            for window in windows(number, [len(p) for p in numbered[number]], text.breaks)
        ]
        # Alike lengths together: padding is paid for like text.
        shown.sort(key=lambda w: w.pieces)
        result = [np.zeros((len(t.words), 1 + 2 * len(self.labels)), np.float32) for t in texts]
        for chunk in batches(shown):
            chances = self._run(
                [numbered[w.text][w.start : w.end] for w in chunk],
                [shapes[w.text][w.start : w.end] for w in chunk],
            )
            for w, rows in zip(chunk, chances, strict=True):
                result[w.text][w.low : w.high] = rows[w.low - w.start : w.high - w.start]
        return result

    def _run(
        self, pieces: Sequence[Sequence[tuple[int, ...]]], shapes: Sequence[Sequence[int]]
    ) -> Iterator[NDArray[np.float32]]:
        assert self._pieces is not None
        width = max(sum(map(len, window)) for window in pieces) + 2
        ids = np.full((len(pieces), width), self._pieces.pad, np.int64)
        mask = np.zeros_like(ids)
        cases = np.zeros_like(ids)
        firsts = []
        for row, (window, cased) in enumerate(zip(pieces, shapes, strict=True)):
            flat = [self._pieces.cls]
            case = [0]
            first = []
            for numbers, one in zip(window, cased, strict=True):
                first.append(len(flat))
                flat += numbers
                case += [one] * len(numbers)
            flat.append(self._pieces.sep)
            ids[row, : len(flat)] = flat
            mask[row, : len(flat)] = 1
            cases[row, : len(case)] = case
            firsts.append(first)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": cases}
        logits = self._session.run(["logits"], feed)[0]
        odds = np.exp(logits - logits.max(-1, keepdims=True))
        chances = odds / odds.sum(-1, keepdims=True)
        return (chances[row][first] for row, first in enumerate(firsts))

    def _annotate(self, doc: Doc, tokens: Sequence[int], chances: NDArray[np.float32]) -> None:
        scores: dict[tuple[int, int], float] = {}
        ents = []
        for number, start, end, score in self.decoder.entities(chances):
            label = self.labels[number]
            span = Span(doc, tokens[start], tokens[end - 1] + 1, label=label)
            if any(map(str.isalnum, span.text)) and (
                label != "PERSON" or any(map(str.isalpha, span.text))
            ):
                ents.append(span)
                scores[span.start_char, span.end_char] = score
        doc.ents = ents
        doc.user_data.pop(TEXTS, None)
        doc.user_data["ner_scores"] = scores

    def to_disk(self, path: Path | str, **_: Any) -> None:
        """Write model and vocabulary into the component's folder."""
        assert self._pieces is not None
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(self._model)
        (folder / "vocabulary.txt").write_text("\n".join(self._pieces.pieces) + "\n", "utf-8")

    def from_disk(self, path: Path | str, **_: Any) -> NamesNer:
        """Load model and vocabulary from the component's folder."""
        pieces = (Path(path) / "vocabulary.txt").read_text("utf-8").rstrip("\n").split("\n")
        return self.load((Path(path) / "model.onnx").read_bytes(), pieces)


@Language.factory(  # type: ignore[untyped-decorator]
    "pii_guard_ner",
    default_config={"labels": list(LABELS), "thresholds": {}, "spread": 0.5, "threads": 1},
    assigns=["doc.ents"],
)
def create_ner(
    nlp: Language,  # noqa: ARG001 - spaCy's signature
    name: str,
    labels: list[str],
    thresholds: dict[str, float],
    spread: float,
    threads: int,
) -> NamesNer:
    """SpaCy factory of the NER component."""
    return NamesNer(name, labels, thresholds, spread, threads)
