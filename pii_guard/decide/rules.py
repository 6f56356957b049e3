"""Which findings become actions: thresholds, the keep list, and the combination rule per record.

The rule, by the bases a certificate names: a strong identifier goes wherever it stands; a weak one
goes in a record that holds a strong one, or another weak one of a different kind when either is a
name or a username, and everywhere else in the case once so linked; alone it stays, and is recorded.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

from pii_guard.decide.nesting import Nesting
from pii_guard.decide.scope import SCOPE
from pii_guard.decide.severity import NAMING, Company, severity
from pii_guard.document import Kind, Segment
from pii_guard.findings import Basis, Finding, Severity
from pii_guard.policy import Policy
from pii_guard.views import revealed

Record = tuple[int, ...]
_RUNNING = frozenset({Kind.PROSE, Kind.LOG, Kind.CODE, Kind.OCR})
_BREAK = re.compile(r"\n[ \t\r]*\n|\n(?=[ \t]*(?:[-*+>#|]|\d{1,3}[.)]\s|```))")
_LINE = re.compile(r"\n")
_ITEM = re.compile(
    r"[ \t]*[-*+•][ \t]+(?:\[.\] )?\**[^\W\d_][^\n:`]{0,40}:\**[ \t]+(?!\S*://)[^\n]{1,80}(?=\n|\Z)"
)
"""An item of a list that is a field of a form: `- Name: Jane Roe`."""
_DUMPED = re.compile(
    r"[ \t]*(?:\[[^\]\n]{1,80}\] ?=>|(?:string|int|float|bool)\(|'[\w.-]{1,60}' => (?![\w$]*\())"
    r"|(?:EVN|PID|PD1|NK1|PV[12]|GT1|IN[123]|MRG|OB[RX]|ORC|AL1|DG1|NTE)\|[\w|^]"
)
"""A line of what is one record over lines: a dump of an array or object (PHP), a message (HL7 v2)."""
_GIVEN = re.compile(r"(?i)(?:^|[\W_])(?:f(?:irst)?_?name|first|given|vor|pr[eé]|nombre|fore)")
_PART = re.compile(
    r"(?i)first|last|given|family|sur|fore|middle|apell|vorn|nachn|cogn|[fl]_?name|nom"
)


_BETWEEN = re.compile(r"[\s,]+|(?<=[A-Z]{2})/(?=[A-Z]{2})")
"""What stands between the words of a name; in a booking of a flight a stroke (`ROE/JANE`)."""


class Located(NamedTuple):
    """A finding with the text it stands for and the record it stands in."""

    finding: Finding
    value: str
    record: Record
    label: str
    linked: bool = False
    """Whether the value is known to go from elsewhere in the case."""
    part: int = 0
    """Which part of the attachment, by its position in `Part.parts()`."""


class Decision(NamedTuple):
    """What the rules say about one finding.

    `full_name` links the parts of a name in one record; `beside`: the types that were weighed.
    """

    located: Located
    operator: str
    basis: Basis
    full_name: str = ""
    severity: Severity | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The decisions of one policy.

    `documents(entity_type, value)` tells values that stand for nobody by design.
    """

    policy: Policy
    documents: Callable[[str, str], bool]

    def decide(self, found: Sequence[Located]) -> list[Decision]:
        """A decision for each finding of one attachment, in order."""
        kept = [self._kept(one) for one in found]
        live = [
            (one, self.is_strong(one))
            for one, basis in zip(found, kept, strict=True)
            if basis is None
        ]
        company = _Company((one, one.linked or strong) for one, strong in live)
        proved = iter(live)
        decisions = []
        for one, basis in zip(found, kept, strict=True):
            if basis is not None:
                decisions.append(Decision(one, "keep", basis))
                continue
            own = (one.finding.entity_type, next(proved)[1])
            beside, types = company.beside(one.record, own)
            basis = company.basis(one, own, beside)
            if basis is Basis.UNCOMBINED:
                decisions.append(Decision(one, "keep", basis, beside=types))
                continue
            operator = self.policy.rule(one.finding.entity_type).operator
            name, worst = company.full_name(one), severity(own, beside)
            decisions.append(Decision(one, operator, basis, name, worst, types))
        return decisions

    def is_strong(self, one: Located) -> bool:
        """Whether the finding identifies somebody alone; a name of one word does not."""
        if one.finding.entity_type == "PERSON" and not is_full_name(one.value):
            return False
        return self.policy.rule(one.finding.entity_type).strong

    def _kept(self, one: Located) -> Basis | None:
        rule = self.policy.rule(one.finding.entity_type)
        if one.finding.recognizer == SCOPE and not one.linked:
            return Basis.IN_SCOPE
        if self._is_asset(one):
            return Basis.RESEARCHER_TEST_ASSET
        if rule.operator == "keep":
            return Basis.POLICY_KEEP
        if one.finding.score < rule.threshold and not one.linked:
            return Basis.BELOW_THRESHOLD
        # A value that must go may stand in one that stands for nobody: `info@jane-roe.example`.
        documented = not one.linked and self.documents(one.finding.entity_type, one.value)
        return Basis.DOCUMENTATION_VALUE if documented else None

    def _is_asset(self, one: Located) -> bool:
        keep = self.policy.keep
        if not (keep.emails or keep.usernames or keep.ip_addresses):
            return False
        value = one.value.casefold()
        if value in keep.emails or value.lstrip("@") in keep.usernames:
            return True
        if keep.ip_addresses and one.finding.entity_type == "IP_ADDRESS":
            return _is_in(one.value, keep.ip_addresses)
        return False


_Beside = tuple[frozenset[Company], tuple[str, ...]]
_NOBODY: MappingProxyType[Company, int] = MappingProxyType({})


class _Company:
    """Who stands with whom: in the same record, or one record within the other by two steps."""

    def __init__(self, live: Iterable[tuple[Located, bool]]) -> None:
        self._own: dict[Record, dict[Company, int]] = {}
        self._below: dict[Record, set[Company]] = defaultdict(set)
        self._names: dict[Record, dict[str, str]] = defaultdict(dict)
        self._beside: dict[tuple[Record, Company], _Beside] = {}
        # Many records hold the same kinds.
        self._weighed: dict[frozenset[Company], _Beside] = {}
        for one, strong in live:
            if not one.record:
                continue
            kind = (one.finding.entity_type, strong)
            own = self._own.setdefault(one.record, {})
            own[kind] = own.get(kind, 0) + 1
            for above in _ancestors(one.record):
                self._below[above].add(kind)
            if (
                one.finding.entity_type == "PERSON"
                and _PART.search(one.label)
                and len(one.value.split()) < 4
            ):
                self._names[one.record].setdefault(one.label, one.value)

    def beside(self, record: Record, own: Company) -> _Beside:
        """What else stands in the record of a finding (itself `own`), above and below; its types."""
        known = self._beside.get((record, own))
        if known is None:
            here = self._own.get(record, _NOBODY)
            found = {kind for kind, count in here.items() if count > 1 or kind != own}
            found.update(self._below.get(record, ()))
            for above in _ancestors(record):
                found.update(self._own.get(above, ()))
            known = self._beside[record, own] = self._with_types(frozenset(found))
        return known

    def _with_types(self, found: frozenset[Company]) -> _Beside:
        known = self._weighed.get(found)
        if known is None:
            known = self._weighed[found] = found, tuple(sorted({kind for kind, _ in found}))
        return known

    def basis(self, one: Located, own: Company, beside: Iterable[Company]) -> Basis:
        """Why the finding goes, or that it stands alone."""
        kind, strong = own
        if strong:
            return Basis.STRONG_IDENTIFIER
        if one.linked:
            return Basis.LINKED
        for other, other_strong in beside:
            if other_strong or (other != kind and NAMING & {kind, other}):
                return Basis.COMBINATION
        parts = len(self._names.get(one.record, ()))
        return Basis.COMBINATION if kind == "PERSON" and parts > 1 else Basis.UNCOMBINED

    def full_name(self, one: Located) -> str:
        """The name that given and family name of this record make together, or ""."""
        if one.finding.entity_type != "PERSON":
            return ""
        parts = self._names.get(one.record, {})
        if len(parts) != 2 or one.value not in parts.values():
            return ""
        return " ".join(parts[label] for label in sorted(parts, key=lambda x: not _GIVEN.search(x)))


def _ancestors(record: Record) -> Iterator[Record]:
    for steps in (1, 2):
        if len(record) > steps:
            yield record[:-steps]


def is_full_name(value: str) -> bool:
    """Two words or more, or an initial and a word."""
    words = [word for word in _BETWEEN.split(value) if word.strip(".'’-")]
    return len(words) >= 2 and any(len(word.strip(".")) > 1 for word in words)


def locate(
    segments: Sequence[Segment], findings: Iterable[tuple[Finding, bool]], base: Record = ()
) -> list[Located]:
    """The findings (each with whether it is linked) with values and records.

    `base` is the record that the whole document is in.
    """
    cuts: dict[int, list[int]] = {}
    located = []
    nesting = Nesting(segments)
    for finding, linked in findings:
        segment = segments[finding.segment]
        record = base + nesting.above(finding.segment) + segment.record
        if segment.kind in _RUNNING:
            if finding.segment not in cuts:
                cuts[finding.segment] = _cuts(segment)
            paragraph = bisect_right(cuts[finding.segment], finding.start)
            record = (*record, finding.segment + 1, paragraph)
        raw = segment.text[finding.start : finding.end]
        try:
            value = revealed(raw, finding.layer) if finding.layer else raw
        except ValueError:
            # A run was read from two places on, and both readings together are in step with neither.
            finding, value = replace(finding, layer=None), raw
        located.append(Located(finding, value, record, segment.label, linked))
    return located


def _cuts(segment: Segment) -> list[int]:
    pattern = _LINE if segment.kind in (Kind.LOG, Kind.CODE) else _BREAK
    text = segment.text
    cuts = (m.start() for m in pattern.finditer(text))
    goes_on = _goes_on if pattern is _BREAK else _is_dumped
    cuts = (cut for cut in cuts if not goes_on(text, cut))
    return list(accumulate([0, *cuts], max))


def _goes_on(text: str, cut: int) -> bool:
    """Whether the lines before and after a line end are fields of one form, written as a list."""
    before = text.rfind("\n", 0, cut) + 1
    return _ITEM.match(text, cut + 1) is not None and _ITEM.match(text, before) is not None


def _is_dumped(text: str, cut: int) -> bool:
    """Whether the lines before and after a line end are values of one dump."""
    before = text.rfind("\n", 0, cut) + 1
    return _DUMPED.match(text, cut + 1) is not None and _DUMPED.match(text, before) is not None


def _is_in(address: str, networks: Iterable[str]) -> bool:
    try:
        one = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    return any(one in ipaddress.ip_network(network, strict=False) for network in networks)
