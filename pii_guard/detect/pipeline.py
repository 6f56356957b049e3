"""The shipped spaCy pipeline: our tokenizer and our NER component over onnxruntime.

`spacy.load(model_directory())` opens it; spaCy finds the factories by entry points, or because this
module was imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import spacy
from numpy.typing import NDArray
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from pii_guard.detect.words import WORD, WordPieces, shape

LABELS = (
    "PERSON", "LOCATION", "ADDRESS", "ORG", "USERNAME", "DATE_OF_BIRTH",
    "RELIGION", "POLITICS", "ETHNICITY", "ORIENTATION", "GENDER", "HEALTH",
)  # fmt: skip
"""Class 0 is nothing; classes 1 + 2k and 2 + 2k begin and continue label k of a model's labels."""
IDENTITY = frozenset({"PERSON", "LOCATION", "ADDRESS", "USERNAME", "DATE_OF_BIRTH"})
COUNTER = frozenset({"ORG"})
_THRESHOLD = 0.5
WINDOW = 126
"""Pieces of one model input, without the two special ones."""
BATCH_PIECES = 520
"""Pieces of one model call: more do not go faster (measured: 8 windows of 64 beat 16 of 128)."""
_TEXTS = "pii_guard.texts"
"""Where a Doc's user data holds the texts of its tokens, until the model has read them."""
OVERLAP = 24
"""Words two windows share: each word is judged where it has context on both sides."""


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
        return Doc(self.vocab, words, spaces, user_data={_TEXTS: words})

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
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._model = model
        self._pieces = WordPieces(pieces)
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        return self

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one Doc."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 16) -> Iterator[Doc]:
        """Annotate Docs in order, many windows per model call."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            texts = [_words(doc) for doc in batch]
            for doc, words, chances in zip(batch, texts, self.chances(texts), strict=True):
                self._annotate(doc, words.places, chances)
            yield from batch

    def chances(self, texts: Sequence[Words]) -> list[NDArray[np.float32]]:
        """Class probabilities for each word of each text."""
        if self._pieces is None:
            raise RuntimeError("the NER component was not loaded")
        numbered = [[self._pieces.numbers(word) for word in text.words] for text in texts]
        shapes = [[shape(word) for word in text.words] for text in texts]
        windows = [
            window
            for number, text in enumerate(texts)
            for window in _windows(number, [len(p) for p in numbered[number]], text.breaks)
        ]
        # Alike lengths together: padding is paid for like text.
        windows.sort(key=lambda w: w.pieces)
        result = [np.zeros((len(t.words), 1 + 2 * len(self.labels)), np.float32) for t in texts]
        for chunk in _batches(windows):
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
        doc.user_data.pop(_TEXTS, None)
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


_LINE, _SENTENCE = b"\2", b"\1"


class Words(NamedTuple):
    """The words of a text, and whether it can be cut before each: a byte of `_LINE`, `_SENTENCE`."""

    words: list[str]
    breaks: bytes
    places: list[int]
    """The number of each word among the Doc's tokens."""


def _words(doc: Doc) -> Words:
    words, breaks, places, gap = [], bytearray(), [], 0
    starts = doc.to_array(SENT_START)
    for place, text in enumerate(doc.user_data.get(_TEXTS) or [token.text for token in doc]):
        if text.isspace():
            gap = 2 if "\n" in text else gap
            continue
        words.append(text)
        places.append(place)
        breaks.append(max(gap, 1 if starts[place] == 1 else 0))
        gap = 0
    return Words(words, bytes(breaks), places)


class Window(NamedTuple):
    """Words `start`..`end` are shown to the model, which is asked about `low`..`high`."""

    text: int
    start: int
    end: int
    low: int
    high: int
    pieces: int


def _windows(text: int, lengths: Sequence[int], breaks: bytes) -> Iterator[Window]:
    """Windows of at most `WINDOW` pieces; each word is asked about once.

    Cut at the last line or sentence end of the window's second half; a window that has neither
    shares words with the next, so that each word is judged far from an edge.
    """
    start = low = 0
    while start < len(lengths):
        end, pieces = start, 0
        while end < len(lengths) and pieces + lengths[end] <= WINDOW:
            pieces += lengths[end]
            end += 1
        if end == len(lengths):
            yield Window(text, start, end, low, end, pieces)
            return
        middle = (start + end) // 2
        cut = max(breaks.rfind(mark, middle + 1, end + 1) for mark in (_LINE, _SENTENCE))
        if cut > 0:
            yield Window(text, start, cut, low, cut, sum(lengths[start:cut]))
            start = low = cut
        else:
            shared = min(OVERLAP, (end - start) // 3)
            high = end - shared // 2
            yield Window(text, start, end, low, high, pieces)
            start, low = end - shared, high


def _batches(windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
    """Runs of windows in order whose pieces fit the processor's caches, padding included."""
    first = 0
    while first < len(windows):
        last = first + 1
        while (
            last < len(windows) and (windows[last].pieces + 2) * (last + 1 - first) <= BATCH_PIECES
        ):
            last += 1
        yield windows[first:last]
        first = last
