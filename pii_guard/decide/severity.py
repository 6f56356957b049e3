"""How bad a finding is, by what stands beside it in its record.

Critical: a secret, or a government, financial or health number with a name. High: two strong
identifiers of different kinds, or a special category of somebody who is identified. Medium: one
strong identifier, and what is weak beside it. Low: weak ones only.
"""

from __future__ import annotations

from functools import lru_cache

from pii_guard.entities import entity
from pii_guard.findings import Category, Severity

Company = tuple[str, bool]
"""An entity type in a record, and whether it is strong there."""

NAMING = frozenset({"PERSON", "USERNAME"})
_NUMBERED = frozenset({Category.GOVERNMENT_ID, Category.FINANCIAL, Category.HEALTH})
_SPECIAL = frozenset(
    {
        Category.HEALTH,
        Category.POLITICAL_RELIGIOUS,
        Category.RACE_ETHNICITY,
        Category.SEXUAL_ORIENTATION,
        Category.GENDER,
    }
)


@lru_cache(maxsize=4_096)
def severity(one: Company, beside: frozenset[Company]) -> Severity:
    """The severity of a finding that goes; `beside`: the others in its record, or around it."""
    kind, strong = one
    category = entity(kind).category
    named = any(other in NAMING for other, _ in beside)
    if category is Category.SECRET or (strong and category in _NUMBERED and named):
        return Severity.CRITICAL
    if kind in NAMING and any(_is_number(other) for other in beside):
        return Severity.CRITICAL
    strong_beside = {other for other, is_strong in beside if is_strong}
    if strong and strong_beside - {kind}:
        return Severity.HIGH
    if not strong and category in _SPECIAL and (named or strong_beside):
        return Severity.HIGH
    return Severity.MEDIUM if strong or strong_beside else Severity.LOW


def _is_number(one: Company) -> bool:
    kind, strong = one
    return strong and entity(kind).category in _NUMBERED
