"""The outcome of verification, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["pass", "fail", "not_checked"]

RULES = (
    "envelope", "signature", "types", "grammar", "ledger", "key validity", "consistency", "deadlines",
    "outputs", "other files", "rescan", "supersession", "acknowledgement", "validation",
)  # fmt: skip
"""All rules, in order. What follows a rule that failed may not be checked, and says so."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule's outcome. The reason repeats nothing that was read: only our words and counts."""

    name: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all rules. `malformed`: it could not be read as a certificate at all. `required`:
    the names of rules that must not stay unchecked.
    """

    rules: tuple[Rule, ...]
    malformed: bool = False
    required: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, done: Iterable[Rule], required: frozenset[str], *, malformed: bool = False
    ) -> Report:
        """A report of the rules that were judged; the others are not checked, for the first failure."""
        judged = {rule.name: rule for rule in done}
        failed = next((rule.name for rule in judged.values() if rule.status == "fail"), "")
        why = f"the rule {failed} failed"
        every = (judged.get(name, Rule(name, "not_checked", why)) for name in RULES)
        return cls(tuple(every), malformed, required)

    @property
    def exit_code(self) -> int:
        """0: all holds; 1: a rule failed; 2: a required rule was not checked; 3: malformed."""
        if self.malformed:
            return 3
        if any(rule.status == "fail" for rule in self.rules):
            return 1
        unchecked = {rule.name for rule in self.rules if rule.status == "not_checked"}
        return 2 if unchecked & self.required else 0

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "schema": "pii-guard/verify/1",
            "ok": self.exit_code == 0,
            "rules": [
                {
                    "rule": r.name,
                    "status": r.status,
                    "required": r.name in self.required,
                    "reason": r.reason,
                }
                for r in self.rules
            ],
        }
