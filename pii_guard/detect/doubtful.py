"""Words that the model takes for a name here and for a word everywhere else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence

from pii_guard.detect.settling import NER
from pii_guard.document import Kind, Segment
from pii_guard.findings import Finding

_WORD = re.compile(r"[^\W\d_]+")
_TIMES = 3
"""So many times as often as it is taken for a name, a word stands where the model read it as a word."""


def doubtful_words(
    segments: Sequence[Segment], findings: Iterable[Finding], blob: bytes = b""
) -> frozenset[str]:
    """Words that no more than a quarter of their places in running text speak for being a name.

    What is found of them stays found; it is no reason to look for them elsewhere. A word is judged as
    it is written: `Grant` who called says nothing about to `grant`. Only prose counts, which the
    model reads as a whole, and only words that nothing but the model took for a name. Words that the
    file itself is made of (the tags of a `blob`) are doubtful as well.
    """
    taken: Counter[str] = Counter()
    alone: set[str] = set()
    sure: set[str] = set()
    for finding in findings:
        segment = segments[finding.segment]
        value = segment.text[finding.start : finding.end]
        words = _WORD.findall(value)
        if segment.kind is Kind.PROSE:
            taken.update(words)
        if finding.recognizer != NER:
            sure.update(words)
        elif words == [value]:
            alone.add(value)
    alone -= sure
    if not alone:
        return frozenset()
    stands = _count((s.text for s in segments if s.kind is Kind.PROSE), alone)
    written = _count([blob.decode("utf-8", "replace")], alone)
    shown = _count((segment.text for segment in segments if blob), alone)
    return frozenset(
        word
        for word in alone
        if stands[word] - taken[word] >= _TIMES * max(1, taken[word])
        or written[word] > 2 * shown[word]
    )


def _count(texts: Iterable[str], words: Container[str]) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(text) if word in words)
