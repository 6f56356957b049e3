"""What was found, what is done about it, and how an input ended. Values only, no I/O.

A `Finding` points into a segment and holds no text of it, so it may be logged and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pii_guard.document import Gap, Layer, Locator, Unread, print_locator
from pii_guard.errors import Reason

if TYPE_CHECKING:
    from pii_guard.tally import Tally


class Category(StrEnum):
    """The policy's categories of personal data (certificate enum, see `certificate/schema`)."""

    FULL_NAME = "full_name"
    NAME_PLUS_IDENTIFIER = "name_plus_identifier"
    HEALTH = "health"
    FINANCIAL = "financial"
    GOVERNMENT_ID = "government_id"
    POLITICAL_RELIGIOUS = "political_religious"
    RACE_ETHNICITY = "race_ethnicity"
    SEXUAL_ORIENTATION = "sexual_orientation"
    GENDER = "gender"
    OTHER_IDENTIFYING = "other_identifying"
    SECRET = "secret"  # noqa: S105 - a category name


@dataclass(frozen=True, slots=True)
class Finding:
    """Something personal in one segment.

    `start`/`end` are half-open character offsets in the text of segment number `segment` of its
    document (in a plain text file: in the decoded text). `score` is in 0..1. `preview` is masked.
    `recognizer` names the recognizer that is responsible. `layer`: how the value is encoded where it
    stands, None when it is not.
    """

    entity_type: str
    category: Category
    segment: int
    start: int
    end: int
    score: float
    locator: Locator = ()
    recognizer: str = ""
    preview: str = ""
    layer: Layer | None = None

    def __str__(self) -> str:
        place = print_locator(self.locator)
        return f"{self.entity_type} at {place} [{self.start}:{self.end}] {self.score:.2f}"


def united(first: Finding, other: Finding) -> Finding:
    """The first of two overlapping findings (it starts no later), reaching to the end of both."""
    if other.end <= first.end:
        return first
    one, two = first.layer, other.layer
    if one is not None and two is not None and one.scheme == two.scheme:
        layer: Layer | None = one._replace(tail=two.tail)
    else:
        # Escapes within a plain text are undone like any; an encoded run cut at random is not.
        layer = next((x for x in (one, two) if x is not None and x.scheme == "inline"), None)
    return replace(first, end=other.end, layer=layer)


class Basis(StrEnum):
    """Why an action was chosen. The strings are written to certificates."""

    STRONG_IDENTIFIER = "strong_identifier"
    COMBINATION = "combination"
    LINKED = "linked"
    POLICY_KEEP = "policy_keep"
    RESEARCHER_TEST_ASSET = "researcher_test_asset"
    IN_SCOPE = "in_scope"
    DOCUMENTATION_VALUE = "documentation_value"
    UNCOMBINED = "uncombined"
    BELOW_THRESHOLD = "below_threshold"


KEEPING = frozenset(
    {
        Basis.POLICY_KEEP,
        Basis.RESEARCHER_TEST_ASSET,
        Basis.IN_SCOPE,
        Basis.DOCUMENTATION_VALUE,
        Basis.UNCOMBINED,
        Basis.BELOW_THRESHOLD,
    }
)


class Severity(StrEnum):
    """How bad it is that a finding stood there (`decide/severity.py`), from the least to the worst."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


REASONS = {
    Basis.STRONG_IDENTIFIER: "identifies somebody alone",
    Basis.COMBINATION: "identifies somebody together with what stands beside it",
    Basis.LINKED: "belongs to somebody identified elsewhere in the case",
    Basis.POLICY_KEEP: "stays: the policy keeps this type",
    Basis.RESEARCHER_TEST_ASSET: "stays: the researcher's own",
    Basis.IN_SCOPE: "stays: a host in scope",
    Basis.DOCUMENTATION_VALUE: "stays: reserved for documentation and tests",
    Basis.UNCOMBINED: "stays: identifies nobody alone",
    Basis.BELOW_THRESHOLD: "stays: below the threshold of the policy",
}


@dataclass(frozen=True, slots=True)
class Action:
    """What is done about one finding: an operator with its basis and what stands there afterwards.

    `operator` is `keep` exactly when `basis` is one of `KEEPING`; `replacement` is then "" and
    `severity` None. `token` is the case-wide surrogate that names the value (`<PERSON_1>`) whatever
    the operator. `beside`: the entity types that were weighed with it, sorted.
    """

    finding: Finding
    operator: str
    basis: Basis
    token: str = ""
    replacement: str = field(default="", repr=False)
    severity: Severity | None = None
    beside: tuple[str, ...] = ()

    @property
    def explanation(self) -> str:
        """Why, in a sentence without any value."""
        beside = f"; in its record: {', '.join(self.beside)}" if self.beside else ""
        return REASONS[self.basis] + beside


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value that was decided to go, with its entity type. Held in memory by an open case only."""

    entity_type: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """That written bytes were opened again, searched and scanned, and nothing was left.

    Made by `pii_guard.stages.prove`, and of such by `pii_guard.proofs`, only (a test holds that). `sha256` is of the written bytes.
    """

    sha256: str
    values_searched: int
    segments_rescanned: int


@dataclass(frozen=True, slots=True)
class _Ended:
    media_type: str
    findings: tuple[Finding, ...] = ()
    actions: tuple[Action, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    """The attachment's name after redaction: each part of a path by itself, so that its directories stay."""
    counted: Tally | None = field(default=None, repr=False, kw_only=True)
    """All that was done, where `findings` and `actions` list the first of too many (see `tally.py`)."""
    unlinked: int = field(default=0, kw_only=True)
    """How many values went where they were found, but were too many to look for elsewhere."""
    unlocked: int = field(default=0, kw_only=True)
    """How many files in it had a password, which the output has not."""


@dataclass(frozen=True, slots=True)
class _Written(_Ended):
    pieces: Iterable[bytes] = field(default=(), repr=False, kw_only=True)
    """The output in order, in pieces that fit into memory; may be iterated again."""
    proof: Proof = field(kw_only=True)
    unread: tuple[Unread, ...] = field(default=(), kw_only=True)
    """What nobody can read and is in the output all the same, such as encrypted traffic."""

    @property
    def output(self) -> bytes:
        """The output as a whole: of a large file, more than memory may hold (see `pieces`)."""
        return b"".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Clean(_Written):
    """Nothing had to go (findings may have been kept): `output` is the input, byte for byte.

    But for bytes that no program shows and nobody could scan, such as deleted rows: those go anyway.
    """

    verdict: ClassVar[Literal["clean"]] = "clean"
    reason: ClassVar[None] = None
    gaps: ClassVar[tuple[Gap, ...]] = ()


@dataclass(frozen=True, slots=True)
class Redacted(_Written):
    """Findings were removed: `output` has the same format and was proved.

    `gaps`: members of an archive that could not be read and were left out, as the policy asked.
    """

    verdict: ClassVar[Literal["redacted"]] = "redacted"
    reason: ClassVar[None] = None
    gaps: tuple[Gap, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Quarantined(_Ended):
    """Could not be read, scanned, redacted or proved in full: must not be stored."""

    verdict: ClassVar[Literal["quarantined"]] = "quarantined"
    unread: ClassVar[tuple[Unread, ...]] = ()
    output: ClassVar[None] = None
    proof: ClassVar[None] = None
    reason: Reason = field(kw_only=True)
    gaps: tuple[Gap, ...] = field(default=(), kw_only=True)


Result = Clean | Redacted | Quarantined
