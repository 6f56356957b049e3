"""What is left of the proposals of recognizers and model once they are weighed against each other.

Overlaps are settled by tier of proof; technical evidence vetoes what is weakly proved; what the model
says of numbers, dates and streets is cut to what they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pii_guard.detect.evidence import Shield, Shields, protected
from pii_guard.detect.fields import is_label
from pii_guard.detect.recognizer import LABELLED, WEAK
from pii_guard.detect.values import ATTRIBUTE

NER = "NamesModel"
"""The recognizer that stands for the model."""
_EDGE = ",;:|\ufffd"
_PLACES = frozenset({"ADDRESS", "LOCATION"})
_NAMED = _PLACES | {"PERSON"}
_GAP = 8
_BELOW = 0.01
_OPAQUE = re.compile(
    r"(?=[A-Za-z]{0,200}\d)(?=[A-Z\d]{0,200}[a-z])(?=[a-z\d]{0,200}[A-Z])[A-Za-z0-9+/_-]{20,}"
)
"""A run of digits and letters of both cases: encoded text, nobody's name."""
_ENCODED = re.compile(rf"(?:{_OPAQUE.pattern}={{0,2}}|[0-9A-Fa-f]{{20,}})")
"""A value that is all such a run, or hexadecimal, and no place."""
_UNREADABLE = re.compile("(?<=[\ufffd\ud800-\udfff])")
_LINE = re.compile("(?<=[\n\r\ufffd\ud800-\udfff])")
"""Where a name ends: behind a line end, and behind bytes that are no text."""
_DATE = frozenset("0123456789/.-")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_ESCAPES = re.compile(r"(?:%u?[0-9A-Fa-f]{2,4})+")
_IN_NAMES = frozenset(" .,'’`´-‐‑·&@_/()\"\n\r\t#")
_DAY = re.compile(
    r"\d{1,4}\s?[./-]\s?\d{1,2}|\d{6}|[^\W\d_]{3,}|\d{1,2}(?:st|nd|rd|th)\b|[年月日년월일]"
)
"""What a date of birth has at least: two numbers that a sign joins, six digits, or a word."""
_CLOCK = re.compile(r"\d:\d\d|\[")
_NAME = re.compile(r"(?:[A-Z]|[^\W\d_a-z])[^\W\d_]+(?:['’-][^\W\d_]+)?")
_BIRTH = re.compile(
    r"(?i)\b(?:born|birth|dob|n[ée]e?|geb\w*|nacid\w|nat[oa]|nascid\w)\b\W{0,3}(?:\w+\W{1,3}){0,2}\Z"
)
_AND = re.compile(r" (?:and|&|und|et|y|e|en) ")
_CORNER = re.compile(r"\b(?:the )?corner of \Z")
_POSTCODE = re.compile(
    r"(?i)(?<!\w)(?:zip|post(?:al)?[ -]?code|PLZ|code postal|cap)\b[^\d\n]{0,24}\Z"
)


class Candidate(NamedTuple):
    """A proposed span of a passage, half-open, with its score in 0..1."""

    start: int
    end: int
    entity_type: str
    score: float
    recognizer: str


def judged(candidates: Iterable[Candidate], text: str) -> list[Candidate]:
    """What is left of the candidates once they are settled and evidence is spared."""
    shields = protected(text)
    offered = below_numbers(unprotected(candidates, shields), text)
    settled = settle(offered, text)
    worded = list(with_words(settled, text))
    if len(worded) < len(settled):
        # What the model took for somebody, and is nobody, hides no number that stands there.
        worded = settle([*worded, *(c for c in offered if c.recognizer != NER)], text)
    # What settling left of a name may be nothing but the technical word beside it.
    placed = [as_place(c, text) for c in worded]
    whole = crossings(full_names(placed, text), text)
    return unprotected(whole, shields)


def below_numbers(candidates: Sequence[Candidate], text: str) -> list[Candidate]:
    """The candidates, an account's name below the number in it: `user=536-22-8417` names nobody else."""
    if not any(c.entity_type == "USERNAME" for c in candidates):
        return list(candidates)
    numbers = settle(
        (
            c
            for c in candidates
            if c.recognizer != NER and c.entity_type != "USERNAME" and c.score > WEAK
            and any(map(str.isdecimal, text[c.start : c.end]))
        ),
        text,
    )  # fmt: skip
    return [
        c._replace(score=min([c.score, *(n.score - _BELOW for n in _overlapping(c, numbers))]))
        if c.entity_type == "USERNAME"
        else c
        for c in candidates
    ]


_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d)?")


def is_time(value: str) -> bool:
    """Whether a value is a date with a time, as machines write them."""
    return _TIME.fullmatch(value) is not None


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and separators at its ends; empty without letter or digit."""
    while start < end and (text[start].isspace() or text[start] in _EDGE):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _EDGE):
        end -= 1
    return (start, end) if any(map(str.isalnum, text[start:end])) else (start, start)


def with_words(candidates: Sequence[Candidate], text: str) -> Iterator[Candidate]:
    """Candidates (disjoint, in order) without what the model sees in numbers alone.

    Those name nobody and no place, but as a part of an address: beside one, or behind its label. Nor do
    signs and escapes, and a year alone is nobody's birthday.
    """
    worded = [_is_word_like(one, text) for one in candidates]
    for number, one in enumerate(candidates):
        if worded[number]:
            yield one
        elif one.entity_type == "ADDRESS":
            # Numbers do not vouch for each other.
            before = candidates[number - 1] if number and worded[number - 1] else None
            after = candidates[number + 1] if any(worded[number + 1 : number + 2]) else None
            if (
                (before is not None and _adjoin(before, one, text))
                or (after is not None and _adjoin(one, after, text))
                or _POSTCODE.search(text, max(0, one.start - 40), one.start)
            ):
                yield one


_CODE = re.compile(r"[A-Z]{2,6}(?:[-_][A-Z\d]{1,6}){0,3}[-_]\d{1,6}|[A-Z]{2,4}-\d{4,6}-[A-Z]{3,5}")
"""A code of an article, a ticket or a test (`MC-TEA-0091`, `WSTG-ATHZ-04`, `HX-44819-BLK`)."""
_VERSION = re.compile(r"\d{1,5}(?:\.\d{1,5}){1,4}")
_DAY_NAMED = re.compile(
    r"(?:[^\W\d_]{2,4} )?\d{1,2}\.? (?:de )?[^\W\d_]{3,10} (?:de )?(?:19|20)\d\d"
)
"""A day with its month and year is no place."""
_COUNTED = re.compile(r"[^\W\d_]{2,20} \d{1,6}")
_UNIT = re.compile(
    r" ?(?:Tagen?|Stunden?|Minuten?|Sekunden?|days?|hours?|minutes?|seconds?|jours?|heures?|d[ií]as?|horas?|ms|[kMG]i?B)(?!\w)"
)
"""`Frist 90 Tage` is no street with a house's number."""
_SYMBOL = re.compile(r"[\w-]{1,30}")
_LABEL = re.compile(r"[\"'*]{0,3}\s?[:：=]")
_NAMED_BY = re.compile(r"(?i)name(?:: |=)[\"']?\Z")
_ENDED = re.compile(r"[\"'](?:[\s,>/]|\Z)|[\n\r]|\Z")


def _is_symbol(value: str, candidate: Candidate, text: str) -> bool:
    """Whether a value is a part of a code, an attribute or extension (`.png`), or what says what follows."""
    start, end = candidate.start, candidate.end
    while start > 0 and end - start < 40 and _SYMBOL.fullmatch(text[start - 1]):
        start -= 1
    while end < len(text) and end - start < 40 and _SYMBOL.fullmatch(text[end]):
        end += 1
    if _CODE.fullmatch(text, start, end):
        return True
    if candidate.entity_type in _NAMED and value.isalpha():
        before, after = (
            text[max(0, candidate.start - 2) : candidate.start],
            text[candidate.end : candidate.end + 1],
        )
        if value.islower() and before[-1:] == "." and before[:1].isalnum():
            return True
        if len(value) < 4 and value.isupper() and after.isdigit():
            return True
    if _LABEL.match(text, candidate.end):
        return is_label(value)
    # The name of an attribute: `Name="givenName"` in an assertion, `name: uid` in a directory.
    return bool(
        ATTRIBUTE.fullmatch(value)
        and _NAMED_BY.search(text, max(0, candidate.start - 24), candidate.start)
        and _ENDED.match(text, candidate.end)
    )


def _is_word_like(candidate: Candidate, text: str) -> bool:
    if candidate.recognizer != NER:
        return True
    value = text[candidate.start : candidate.end]
    if _is_symbol(value, candidate, text):
        return False
    if candidate.entity_type == "DATE_OF_BIRTH":
        near = text[max(0, candidate.start - 40) : candidate.start]
        return not _CLOCK.search(value) and bool(_DAY.search(value) or _BIRTH.search(near))
    if candidate.entity_type == "PERSON" and _OPAQUE.search(value):
        return False
    if candidate.entity_type in _PLACES and (
        _ENCODED.fullmatch(value)
        or _ends_version(candidate, text)
        or _DAY_NAMED.fullmatch(value)
        or (_COUNTED.fullmatch(value) and _UNIT.match(text, candidate.end))
    ):
        return False
    # Escapes are read where they are undone; among signs of a program nobody is named.
    value = _ESCAPES.sub(" ", value)
    if 2 * sum(not (c.isalnum() or c in _IN_NAMES) for c in value) > len(value):
        return False
    words = _WORDS.findall(value)
    return bool(words) and (candidate.entity_type != "ADDRESS" or max(map(len, words)) > 2)


def _ends_version(candidate: Candidate, text: str) -> bool:
    """Whether a place begins within a version: what `5.3.8, until then` ends with is no house's number."""
    before = text[max(0, candidate.start - 12) : candidate.start]
    return (
        before[-1:] == "."
        and before[-2:-1].isdigit()
        and _VERSION.search(before + text[candidate.start : candidate.start + 1]) is not None
    )


def _adjoin(first: Candidate, second: Candidate, text: str) -> bool:
    """Whether two parts of an address follow each other; a street may be taken for somebody."""
    gap = text[first.end : second.start]
    kinds = {first.entity_type, second.entity_type}
    if any(map(str.isalnum, gap)) or not kinds <= _NAMED:
        return False
    return len(gap) <= _GAP if kinds <= _PLACES else len(gap) < 3 and "\n" not in gap


def full_names(candidates: Sequence[Candidate], text: str) -> list[Candidate]:
    """Candidates (disjoint, in order), a word taken for a place and a name behind it as one name.

    The model is often torn about a given name that is a place, too; side by side both are a full name.
    """
    found: list[Candidate] = []
    for one in candidates:
        last = found[-1] if found else None
        if (
            last is not None
            and (last.entity_type, one.entity_type) == ("LOCATION", "PERSON")
            and last.recognizer == one.recognizer == NER
            and text[last.end : one.start] == " "
            and _NAME.fullmatch(text, last.start, last.end)
            and _NAME.fullmatch(text, one.start, one.end)
        ):
            found[-1] = one._replace(start=last.start, score=max(one.score, last.score))
        else:
            found.append(one)
    return found


def crossings(candidates: Sequence[Candidate], text: str) -> list[Candidate]:
    """Candidates (disjoint, in order), two streets that meet as one address (`the corner of A and B`)."""
    found: list[Candidate] = []
    for one in candidates:
        last = found[-1] if found else None
        if (
            last is not None
            and one.entity_type == "ADDRESS" and last.entity_type in _NAMED
            and _AND.fullmatch(text, last.end, one.start)
        ):  # fmt: skip
            found[-1] = one._replace(start=last.start, score=max(one.score, last.score))
        else:
            found.append(one)
    for number, one in enumerate(found):
        corner = one.entity_type in _PLACES and _CORNER.search(
            text, max(0, one.start - 24), one.start
        )
        if corner:
            found[number] = one._replace(start=corner.start())
    return found


def as_place(candidate: Candidate, text: str) -> Candidate:
    """An address without any number, by the model's word alone, is a place."""
    value = text[candidate.start : candidate.end]
    if candidate.recognizer != NER or candidate.entity_type != "ADDRESS":
        return candidate
    return candidate if any(map(str.isdigit, value)) else candidate._replace(entity_type="LOCATION")


def unprotected(candidates: Iterable[Candidate], shields: Shields) -> list[Candidate]:
    """Candidates that are not technical evidence.

    A shield vetoes weakly proved candidates that lie within it, and surrogate tokens of ours veto
    everything.
    """
    return [c for c in candidates if not any(_vetoes(s, c) for s in shields.near(c.start, c.end))]


def _vetoes(shield: Shield, candidate: Candidate) -> bool:
    within = shield.start <= candidate.start and candidate.end <= shield.end
    weak = candidate.score < LABELLED or candidate.recognizer == NER
    return shield.absolute or (weak and within)


def settle(candidates: Iterable[Candidate], text: str) -> list[Candidate]:
    """Disjoint candidates: better proof wins, then length; names keep what others leave of them."""
    candidates = [line for candidate in candidates for line in _lines(candidate, text)]
    ranked = sorted(candidates, key=lambda c: (-c.score, c.start - c.end, c.start, c.entity_type))
    taken: list[Candidate] = []
    for candidate in ranked:
        met = _overlapping(candidate, taken)
        for start, end in _rest(candidate, met):
            if _is_leftover(candidate, start, end, met):
                continue
            start, end = trim(text, start, end)
            if start < end:
                insort(taken, candidate._replace(start=start, end=end))
    return taken


def _overlapping(candidate: Candidate, taken: list[Candidate]) -> list[Candidate]:
    """Those of `taken` (sorted, disjoint) that overlap the candidate."""
    first = max(0, bisect_left(taken, candidate.start, key=lambda t: t.start) - 1)
    last = bisect_left(taken, candidate.end, key=lambda t: t.start)
    return [t for t in taken[first:last] if t.end > candidate.start]


def _is_leftover(candidate: Candidate, start: int, end: int, taken: Iterable[Candidate]) -> bool:
    """Whether a pattern's name was cut by a better name: the rest is a word beside it (`Patient`)."""
    whole = (start, end) == (candidate.start, candidate.end)
    if whole or candidate.entity_type != "PERSON" or candidate.recognizer == NER:
        return False
    return any(
        t.entity_type == "PERSON" and t.start < candidate.end and candidate.start < t.end
        for t in taken
    )


def _lines(candidate: Candidate, text: str) -> Iterator[Candidate]:
    """What the model proposes over a line end, line by line; addresses have several lines."""
    if candidate.recognizer == NER and candidate.entity_type == "DATE_OF_BIRTH":
        yield _whole_date(candidate, text)
        return
    value = text[candidate.start : candidate.end]
    cut = _LINE if candidate.entity_type != "ADDRESS" else _UNREADABLE
    if candidate.recognizer != NER or not cut.search(value):
        yield candidate
        return
    start = candidate.start
    for part in cut.split(value):
        if part.strip():
            yield candidate._replace(start=start, end=start + len(part))
        start += len(part)


def _whole_date(candidate: Candidate, text: str) -> Candidate:
    """The candidate with all digits and separators that it is written together with."""
    start, end = candidate.start, candidate.end
    while start > 0 and text[start - 1] in _DATE:
        start -= 1
    while end < len(text) and text[end] in _DATE:
        end += 1
    while text[end - 1] in "/.-" and end > candidate.end:
        end -= 1
    return candidate._replace(start=start, end=end)


def _rest(candidate: Candidate, taken: Iterable[Candidate]) -> list[tuple[int, int]]:
    free = [(candidate.start, candidate.end)]
    for other in taken:
        free = [
            piece
            for start, end in free
            for piece in ((start, min(end, other.start)), (max(start, other.end), end))
            if piece[0] < piece[1]
        ]
    return free
