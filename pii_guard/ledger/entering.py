"""Statements into a ledger, and back as one file that proves they are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pii_guard.certificate import acknowledgement_grammar, grammar, revocation, validation
from pii_guard.certificate.acknowledged import statement_fault
from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.envelope import Certificate, envelope_json
from pii_guard.certificate.leaf import leaf_of
from pii_guard.certificate.strict import Malformed, strict_json
from pii_guard.ledger.interface import Ledger


def enter(ledger: Ledger, said: Certificate | Bundle) -> Bundle:
    """Append a certificate, or all of a bundle that has no place in a ledger yet: its statement, and
    each statement about it. When this returns the entries are on disk and under a
    signed checkpoint.

    The envelopes are kept beside the entries until `Ledger.erase`. Entering a certificate again gives a
    new proof of the same entry; what has a proof in a bundle keeps it, with its witnesses. Raises
    `LedgerError`, and `Malformed` for what is no statement of ours; nothing of a statement that is
    malformed is appended.
    """
    bundle = Bundle(said.envelope) if isinstance(said, Certificate) else said
    for one in (bundle, *bundle.said):
        _refuse_unfit(one)
    return _entered(ledger, bundle).with_each(lambda one: _entered(ledger, one))


def _entered(ledger: Ledger, said: Bundle) -> Bundle:
    if said.inclusion is not None:
        return said
    receipt = ledger.append(leaf_of(said.opened()), envelope_json(said.envelope))
    return replace(said, inclusion=receipt.inclusion, checkpoint=receipt.checkpoint)


def _refuse_unfit(said: Bundle) -> None:
    """A ledger keeps no text that a value could hide in: only statements of the closed grammars."""
    statement = strict_json(said.opened().payload)
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    judge = _FAULTS.get(kind) if isinstance(kind, str) else None
    if judge is None:
        raise Malformed("no statement that a ledger takes")
    if judge(statement):
        raise Malformed("a field is missing or unknown, or what it holds is no word of ours")


def _certificate_fault(statement: dict[str, Any]) -> str:
    return "" if grammar.misfit(statement) is None else "it leaves its grammar"


_FAULTS: dict[str, Callable[[dict[str, Any]], str]] = {
    grammar.PREDICATE_TYPE: _certificate_fault,
    acknowledgement_grammar.PREDICATE_TYPE: statement_fault,
    revocation.PREDICATE_TYPE: revocation.statement_fault,
    validation.PREDICATE_TYPE: validation.statement_fault,
}
