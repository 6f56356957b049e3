"""The contract of a recognizer: one identifier with its pattern, validator, words and proof.

A recognizer is a subclass of `Identifier` in a module of `detect/recognizers/`, listed by being
there. What it `analyze`s is a *passage*: prose as it stands, or fields rendered one a line as
`label: value`, so that context words work for columns, keys and headers as they do for prose.
Its texts, those it must find in and those it must spare, stand in `tests/detect/recognizers/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from pii_guard.detect.gate import Gate, Needs

VALIDATED, LABELLED, PATTERN, WEAK = 1.0, 0.9, 0.6, 0.3
"""Score tiers: checksum or grammar proved it; a label names it; its shape alone; a guess."""

# A form with letters or dashes is told from its surroundings by itself: what joins two numbers may stand
# before it (a sign, a dash, a dot behind a word), and a comma, a colon or a word behind it.
_MARKED = r"(?=[0-9]{0,7}[A-Za-z]|[0-9]{1,6}-[0-9])"
_BEFORE = (
    # Atomic: where the form does not follow, no other of these could help.
    r"(?<![0-9A-Za-z@$€£¥])(?>(?<![_.+%,-])|(?<=--)|(?<=,)(?<![0-9],)|(?<=_)(?<![0-9]_)|(?<=[\"']%)"
    r"|(?<=[0-9]_)(?=[A-Za-z]|[0-9]{1,6}-[0-9])"
    rf"|(?:(?<=[0-9],)|(?<=[+-])(?<![^\n][+-])|(?<=-)(?<![0-9A-Za-z_)\]]-)|(?<=[A-Za-z]{{2}}[-.])|(?<=\.\.)){_MARKED})"
)
_UNMARKED = "".join(
    rf"(?<!{mark})" for mark in ("[A-Za-z]", *(rf"[A-Za-z-][0-9]{{{n}}}" for n in range(1, 8)))
)
_AFTER = (
    r"(?![0-9A-Za-z]|=(?![>A-Za-z])|%(?![\"'])|\.\d|"
    rf"-(?=\d|[A-Za-z]\d|[A-Za-z]{{1,2}}(?![A-Za-z]))|{_UNMARKED}(?:[,:]\d|_[A-Za-z]{{0,2}}\d|-(?!-)))"
)
_NOUN = r"(?:s|['’]s)?(?:[\s_-]?(?:numbers?|num|no|nr|id|code|key)\b\.?)?(?:\s?[#№])?"
_JOINT = (
    r"(?:[\s:=#\"'\[\]|>*`!│┃║]{1,6}|\s\(|\s?(?:->|→|\.{3,60})\s?|\s[–—-]\s|\)\s?=\s?\(|[\"'],\s?[\"']"
    r"|:?\s?(?:</?[a-z][a-z0-9]{0,9}>\s?){1,3})"
    r"(?:(?:is|was|are|ist|es|est|number)[ :]{1,2}|(?:in|like)\s?(?=[(\"']))?(?:[bu](?=[\"']))?[\"'(`*“”„‘«]{0,3}"
)
_UNSPACED = "\u0e00"
_LOOSE = " \t:=\"'([|>*`"
_AND = re.compile(
    r"\s?[,;/&]\s?(?:(?:and|or|und|oder)\s)?|\s(?:and|or|und|oder|et|ou|y|e|en|och|ve|i|&|/)\s"
)
_IS = re.compile(
    # MySQL: `Duplicate entry '…' for key 'users.ssn'`
    r"['\"] for key ['\"`](?:[A-Za-z]\w{0,40}\.)?(?:[a-z]{1,8}_)?| (?:is|was|ist|war|es|est|é|è|är) (?:(?:my|his|her|our|your|their|the|an?|mi|su|el|la|mein|meine|die|der|"
    r"mon|ma|son|sa|le|mitt|min|vårt|vår|mijn|il mio|la mia|o meu|a minha) )?"
)


_BEHIND = frozenset(" '\"")


class Match(NamedTuple):
    """Half-open character range in the passage with its score in 0..1."""

    start: int
    end: int
    score: float


def standing(form: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern for `form` where it stands alone: no part of a longer word, number or price.

    Boundaries are ASCII, so that scripts without blanks may touch the value.
    """
    return re.compile(rf"{_BEFORE}(?P<value>{form}){_AFTER}", flags)


class Identifier(LocalRecognizer):
    """One kind of identifier.

    `entity` is its entity type (Presidio's name where Presidio has one). Candidates of `pattern`
    (group `value` if it has one, else the whole match) are scored: False from `valid` drops them,
    True makes them VALIDATED, None leaves `score` (WEAK where `telling`, a pattern, is set and not in
    the value), raised to LABELLED when one of `words` stands as a whole word before the candidate:
    within `reach` characters on its line or at the end of the line above; `adjacent`: with nothing
    but a word such as `number is` between. A label is shared by the values of a list (`plates: A and B`)
    and may follow as a statement (`A is my passport number`).

    A text is read when one of `shapes` (see `detect/gate.py`), of `stems` or `pieces` (words and
    parts of words in the pattern itself) stands in it, or one of `words` where they decide; or if
    the class names none of these. WEAK candidates are for who calls `matches`:
    `analyze` leaves them. Patterns are anchored and bounded so that time stays linear.
    """

    entity: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    score: ClassVar[float] = PATTERN
    telling: ClassVar[str] = ""
    words: ClassVar[tuple[str, ...]] = ()
    reach: ClassVar[int] = 60
    adjacent: ClassVar[bool] = False
    shapes: ClassVar[tuple[str, ...]] = ()
    stems: ClassVar[tuple[str, ...]] = ()
    pieces: ClassVar[tuple[str, ...]] = ()

    def __init__(self, language: str = "en", gate: Gate | None = None) -> None:
        super().__init__([self.entity], name=type(self).__name__, supported_language=language)
        self._same, self._above = _contexts(self.words, adjacent=self.adjacent)
        self._behind = _statement(self.words)
        self._gate = gate or Gate({self.name: self.needs()})

    def load(self) -> None:
        """Nothing to load (Presidio's hook)."""

    @classmethod
    def needs(cls) -> Needs:
        """What a text must hold for `analyze` to read it."""
        deciding = cls.words if cls.score <= WEAK or cls.telling else ()
        return Needs(cls.shapes, cls.stems + deciding, cls.pieces)

    def valid(self, text: str) -> bool | None:  # noqa: ARG002 - for subclasses
        """True: proved; False: cannot be one; None: the shape fits, nothing is proved."""
        return None

    def matches(self, text: str) -> Iterator[Match]:
        """Candidates in `text` that score above 0, in order."""
        named = "value" in self.pattern.groupindex
        listed = -1
        for match in self.pattern.finditer(text):
            start, end = match.span("value") if named else match.span()
            value = text[start:end]
            verdict = self.valid(value)
            if verdict is False:
                continue
            score = VALIDATED if verdict else self._alone(value)
            if score < LABELLED and (
                self.labelled(text, start)
                or (listed >= 0 and _AND.fullmatch(text, listed, start))
                or self._named_behind(text, end)
            ):
                score = LABELLED
            listed = end if score == LABELLED else -1
            yield Match(start, end, score)

    def _alone(self, value: str) -> float:
        return self.score if not self.telling or re.search(self.telling, value) else WEAK

    def labelled(self, text: str, start: int) -> bool:
        """Whether one of `words` stands before `start` as the class says."""
        if self._same is None or self._above is None:
            return False
        before = text[max(0, start - self.reach) : start]
        above, newline, same = before.rpartition("\n")
        if self.adjacent and same.rstrip(_LOOSE)[-1:].isdecimal():
            return False
        if self._same.search(same):
            return True
        # A line of its own under its label; what stands further up names something else.
        return bool(newline and not same.strip(" \t>|*\"'") and self._above.search(above))

    def _named_behind(self, text: str, end: int) -> bool:
        """Whether what follows the value says what it is: `… is my passport number`."""
        if self._behind is None or text[end : end + 1] not in _BEHIND:
            return False
        verb = _IS.match(text, end)
        return verb is not None and self._behind.match(text, verb.end()) is not None

    def analyze(
        self,
        text: str,
        entities: list[str],  # noqa: ARG002 - Presidio's signature
        nlp_artifacts: NlpArtifacts | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """Presidio's entry point: the matches that are more than a guess, as results."""
        return self.results(text) if self._gate.opens(text, self.name) else []

    def results(self, text: str) -> list[RecognizerResult]:
        """What `analyze` finds in a text that the gate lets through."""
        return [self.result(match) for match in self.matches(text) if match.score > WEAK]

    def result(self, match: Match) -> RecognizerResult:
        """A match as Presidio's result, with the explanation its enhancer expects."""
        return RecognizerResult(
            self.entity,
            match.start,
            match.end,
            match.score,
            AnalysisExplanation(self.name, match.score),
            {RecognizerResult.RECOGNIZER_NAME_KEY: self.name},
        )


Context = re.Pattern[str] | None


def _statement(words: tuple[str, ...]) -> Context:
    """What stands at the end of a statement about a value: one of the words, a noun before it or not."""
    spaced = [re.escape(w) for w in sorted(words, key=len, reverse=True) if w[0] < _UNSPACED]
    if not spaced:
        return None
    return re.compile(rf"(?:n[uú]m(?:ber|ero) (?:de |of )?)?(?:{'|'.join(spaced)})(?![^\W_])", re.I)


def _contexts(words: tuple[str, ...], *, adjacent: bool) -> tuple[Context, Context]:
    """What is searched before a value on its own line, and in the line above."""
    if not words:
        return None, None
    longest = [re.escape(w).replace(r"\ ", "[ _-]") for w in sorted(words, key=len, reverse=True)]
    spaced = "|".join(word for word in longest if word[0] < _UNSPACED)
    stems = "|".join(
        [
            *([rf"(?<![^\W_])(?:{spaced})(?![^\W_])"] if spaced else []),
            *(w for w in longest if w[0] >= _UNSPACED),
        ]
    )
    above = re.compile(rf"(?:{stems}){_NOUN}[\s:=#\"'|*]{{0,6}}$", re.I)
    same = re.compile(rf"(?:{stems}){_NOUN}{_JOINT}$" if adjacent else rf"(?:{stems})", re.I)
    return same, above
