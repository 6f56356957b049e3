"""Presidio's AnalyzerEngine set up our way: segments in, findings out.

For each passage: technical evidence is protected first, recognizers and the NER model propose,
overlaps are settled by tier of proof, and what is left is mapped back to segments.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile

from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from pii_guard.detect.ensemble import Ensemble
from pii_guard.detect.ner import LANGUAGE, PERSONAL, PipelineNlpEngine
from pii_guard.detect.passages import WINDOW, Passage, ViewPassage, passages, with_views
from pii_guard.detect.recognizer import LABELLED
from pii_guard.detect.recognizers import recognizers
from pii_guard.detect.recognizers.listed import ListedColumn
from pii_guard.detect.repeats import Repeats, as_passages, copies, learn, sort_out
from pii_guard.detect.routing import Line, Met, Route, only, route, within
from pii_guard.detect.settling import NER, Candidate, is_time, judged, trim
from pii_guard.document import Kind, Layer, Segment
from pii_guard.entities import entity
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.findings import Finding, united

BATCH = 32
LOWEST = 0.3


@dataclass(slots=True)
class Memory:
    """What was read before in a case. It holds text: its owner drops it when the case is closed.

    `passages`: what was found, by text and kind; `met` and `lines`: what was read of lines, by
    keys, and what the model found in those (first word, last word, type, score); `repeats`: what was
    found in log lines, by template.
    """

    passages: dict[tuple[str, Kind], list[Candidate]] = field(default_factory=dict, repr=False)
    repeats: Repeats = field(default_factory=Repeats, repr=False)
    met: Met = field(default_factory=Met, repr=False)
    lines: dict[int, list[tuple[int, int, str, float]]] = field(default_factory=dict, repr=False)


class NoContextEnhancer(ContextAwareEnhancer):
    """Leaves scores alone: our recognizers judge their own context, in whole words."""

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.0,
            min_score_with_context_similarity=0.0,
            context_prefix_count=0,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,  # noqa: ARG002
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,  # noqa: ARG002
        recognizers: list[EntityRecognizer],  # noqa: ARG002
        context: list[str] | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """The results as they are."""
        return raw_results


class Detector:
    """Finds personal data in segments. Built once, then shared between threads.

    `nlp_engine`: any Presidio NLP engine, by default the shipped pipeline. `extra`: recognizers of
    the caller beside ours.
    """

    def __init__(
        self, nlp_engine: NlpEngine | None = None, extra: Sequence[EntityRecognizer] = ()
    ) -> None:
        engine = nlp_engine or PipelineNlpEngine()
        engine.load()
        names = SpacyRecognizer(
            supported_language=LANGUAGE,
            supported_entities=list(PERSONAL),
            name=NER,
        )
        ours = recognizers(LANGUAGE)
        registry = RecognizerRegistry(
            recognizers=[Ensemble(ours, LANGUAGE), names, *extra], supported_languages=[LANGUAGE]
        )
        self.nlp_engine = engine
        self._names = names
        self._columns = ListedColumn(LANGUAGE)
        self._analyzer = AnalyzerEngine(
            registry=registry,
            nlp_engine=engine,
            supported_languages=[LANGUAGE],
            context_aware_enhancer=NoContextEnhancer(),
        )
        self.ruleset = tuple(sorted(r.name for r in [*ours, names, *extra]))

    def detect(
        self, segments: Sequence[Segment], memory: Memory | None = None, most: int | None = None
    ) -> tuple[Finding, ...]:
        """Findings in the segments, sorted by (segment, start), disjoint within a segment.

        `memory`: what was found in passages before; a passage that comes again is not read again.
        It holds texts: its owner drops it when the case is closed. Raises `Unreadable` as soon as
        there must be more than `most` findings.
        """
        memory = memory or Memory()
        logs = {
            number: sort_out(number, segment, memory.repeats)
            for number, segment in enumerate(segments)
            if segment.kind is Kind.LOG and len(segment.text) > WINDOW
        }
        fresh = [stretch for log in logs.values() for stretch in log.fresh]
        again = [stretch for log in logs.values() for stretch in log.again]
        found = self._found(
            chain(passages(segments, logs), as_passages(fresh, segments)), segments, memory, most
        )
        learn(fresh, found, segments, memory.repeats)
        copied, unknown = copies(again, segments, memory.repeats)
        copied += self._found(as_passages(unknown, segments), segments, memory, most)
        copied += _listed(segments, self._columns)
        if not copied:
            return tuple(found)
        found = list(_disjoint([*found, *copied]))
        if most is not None and len(found) > most:
            raise Unreadable(ReasonCode.LIMIT_FINDINGS)
        return tuple(found)

    def _found(
        self,
        read: Iterable[Passage],
        segments: Sequence[Segment],
        memory: Memory,
        most: int | None,
    ) -> list[Finding]:
        """Findings in passages, sorted and disjoint."""
        found: list[Finding] = []
        stream = chain.from_iterable(map(with_views, read))
        while batch := list(islice(stream, BATCH)):
            unread = {(p.text, p.kind): p for p in batch if (p.text, p.kind) not in memory.passages}
            self._read(list(unread.values()), memory)
            for passage in batch:
                candidates = memory.passages[passage.text, passage.kind]
                found += self._findings(passage, candidates, segments)
            if most is not None and len(found) > most:
                found = list(_disjoint(found))  # windows and views repeat findings
                if len(found) > most:
                    raise Unreadable(ReasonCode.LIMIT_FINDINGS)
        return list(_disjoint(found))

    def _read(self, fresh: Sequence[Passage | ViewPassage], memory: Memory) -> None:
        """Put what is found in passages into the memory."""
        if memory.met.is_full:
            memory.met, memory.lines = Met(), {}
        routes = [route(passage, memory.met) for passage in fresh]
        artifacts = self.nlp_engine.process_batch([way.text for way in routes], LANGUAGE)
        proposed = []
        for passage, way, (_, read) in zip(fresh, routes, artifacts, strict=True):
            candidates = self._propose(passage, read)
            proposed.append(candidates)
            self._learn(way.read, candidates, memory)
        self._read_again(fresh, routes, proposed, memory)
        for passage, way, candidates in zip(fresh, routes, proposed, strict=True):
            candidates += [c for line in way.repeated for c in _recalled(line, memory)]
            memory.passages[passage.text, passage.kind] = judged(candidates, passage.text)

    def _read_again(
        self,
        fresh: Sequence[Passage | ViewPassage],
        routes: Sequence[Route],
        proposed: Sequence[list[Candidate]],
        memory: Memory,
    ) -> None:
        """Read lines that seemed familiar, but hold words that have since named somebody."""
        doubtful = [
            (passage, lines, candidates)
            for passage, way, candidates in zip(fresh, routes, proposed, strict=True)
            if (lines := [n for n in way.familiar if not memory.met.naming.isdisjoint(n.unread)])
        ]
        texts = [only(passage.text, lines) for passage, lines, _ in doubtful]
        artifacts = self.nlp_engine.process_batch(texts, LANGUAGE)
        for (_, lines, candidates), (_, read) in zip(doubtful, artifacts, strict=True):
            found = self._named(read)
            candidates += found
            self._learn(lines, found, memory)

    def _named(self, artifacts: NlpArtifacts) -> list[Candidate]:
        """What the model found in a text that recognizers read already."""
        results = self._names.analyze("", list(self._names.supported_entities), artifacts)
        return [Candidate(r.start, r.end, r.entity_type, r.score, NER) for r in results]

    @staticmethod
    def _learn(lines: Iterable[Line], candidates: Sequence[Candidate], memory: Memory) -> None:
        named = sorted(c for c in candidates if c.recognizer == NER)
        for line in lines:
            found = _learnt(line, named)
            if found:
                memory.lines[line.key] = found
                memory.met.learn(line, ((first, last) for first, last, _, _ in found))

    def _propose(self, passage: Passage | ViewPassage, artifacts: NlpArtifacts) -> list[Candidate]:
        results = self._analyzer.analyze(
            passage.text,
            LANGUAGE,
            nlp_artifacts=artifacts,
            score_threshold=LOWEST,
            return_decision_process=False,
        )
        return [
            Candidate(
                r.start,
                r.end,
                r.entity_type,
                r.score,
                r.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY],
            )
            for r in results
        ]

    def _findings(
        self,
        passage: Passage | ViewPassage,
        candidates: Iterable[Candidate],
        segments: Sequence[Segment],
    ) -> Iterator[Finding]:
        for candidate in candidates:
            shown = trim(passage.text, candidate.start, candidate.end)
            for place in passage.places(*shown) if shown[0] < shown[1] else ():
                segment = segments[place.segment]
                start, end = place.span
                if place.layer is None:
                    start, end = trim(segment.text, start, end)
                if start == end or (candidate.recognizer == NER and segment.kind is Kind.NAME):
                    continue
                if candidate.recognizer == NER and is_time(segment.text[start:end]):
                    continue  # beside an address in another field
                if candidate.recognizer == NER and _is_noise(
                    place.layer, passage.text[slice(*shown)]
                ):
                    continue
                yield Finding(
                    candidate.entity_type,
                    entity(candidate.entity_type).category,
                    place.segment,
                    start,
                    end,
                    round(candidate.score, 4),
                    segment.locator,
                    candidate.recognizer,
                    preview(passage.text[shown[0] : shown[1]]),
                    place.layer,
                )


_SPELLED = re.compile(
    r"[^\W_a-z][a-zß-ÿ]{1,30}[ '’-][^\W_a-z][a-zß-ÿ]|[^\W\d_][a-zß-ÿ]{2}|[^\W\d_]{4}|[^\W\d_\x00-\x7f]{2}"
)
_UNSPELLED = re.compile(r"[^\w\s.,;:'’\"()@&/+#-]")


def _is_noise(layer: Layer | None, value: str) -> bool:
    """Whether a value stands in decoded bytes and is no word: of those drawn at random some are letters."""
    if layer is None or layer.scheme == "inline":
        return False
    return _SPELLED.search(value) is None or _UNSPELLED.search(value) is not None


def _listed(segments: Sequence[Segment], columns: ListedColumn) -> Iterator[Finding]:
    """What the names of a log's columns say of lines that are read without them, far below."""
    for number, segment in enumerate(segments):
        if len(segment.text) <= WINDOW or segment.kind not in (Kind.LOG, Kind.PROSE):
            continue
        for kind, start, end in columns.values(segment.text):
            yield Finding(
                kind,
                entity(kind).category,
                number,
                start,
                end,
                LABELLED,
                segment.locator,
                columns.name,
                preview(segment.text[start:end]),
            )


def _learnt(line: Line, named: Sequence[Candidate]) -> list[tuple[int, int, str, float]]:
    """What the model found (in order, disjoint) in a line it read, for lines of the same words."""
    low, high = line.words[0][0], line.words[-1][1]
    first = bisect_left(named, low + 1, key=lambda c: c.end)
    return [
        (*place, c.entity_type, c.score)
        for c in takewhile(lambda c: c.start < high, islice(named, first, None))
        if (place := within(line, c.start, c.end))
    ]


def _recalled(line: Line, memory: Memory) -> Iterator[Candidate]:
    """What was found in an earlier line of the same words, as candidates in this one."""
    for first, last, kind, score in memory.lines.get(line.key, ()):
        yield Candidate(line.words[first][0], line.words[last][1], kind, score, NER)


def preview(value: str) -> str:
    """A masked hint: the first letter of a word-like value, nothing of a number."""
    return (value[0] if value[:1].isalpha() else "") + "***"


def _disjoint(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Windows overlap, so a value may be found twice: the union, under the better finding."""
    last: Finding | None = None
    for finding in sorted(findings, key=lambda f: (f.segment, f.start, -f.end, -f.score)):
        if last is None or finding.segment != last.segment or finding.start >= last.end:
            if last is not None:
                yield last
            last = finding
        else:
            last = _under_the_better(united(last, finding), finding)
    if last is not None:
        yield last


def _under_the_better(union: Finding, other: Finding) -> Finding:
    """A union as what `other`, which is in it, takes it for, if that is proved better."""
    if other.score <= union.score:
        return union
    return replace(
        union,
        entity_type=other.entity_type,
        category=other.category,
        score=other.score,
        recognizer=other.recognizer,
        preview=other.preview,
    )
