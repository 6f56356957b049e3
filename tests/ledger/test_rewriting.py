"""Those who may write to the ledger's database: what they change is found, and nothing is added to it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate.merkle import leaf_hash
from pii_guard.certificate.note import NoteSigner
from pii_guard.certificate.seen import Relation
from pii_guard.errors import LedgerBroken, LedgerError
from pii_guard.ledger import open_ledger
from tests.ledger.conftest import ORIGIN
from tests.ledger.test_ledger import data


def filled(ledger, count=11):
    return [ledger.append(leaf).checkpoint for leaf in data(count)][-1]


def rebuilt(where, tamper, log, leaves):
    """The operator, who holds the key, makes another history under the same name."""
    for table in ("head", "node", "leaf", "payload"):
        tamper(f"DELETE FROM pii_ledger_{table}")
    made = open_ledger(where, signer=log, create=True)
    made.append_many([(leaf, None) for leaf in leaves])
    return made


@pytest.mark.parametrize(
    ("leaves", "relation"),
    [
        (data(11), Relation.SAME),
        (data(15), Relation.GROWN),
        (data(9), Relation.BEHIND),
        ([], Relation.BEHIND),
        (data(11)[::-1], Relation.FORKED),
        ([*data(5), b"replaced", *data(11)[6:]], Relation.FORKED),
        ([*data(11)[::-1], b"more"], Relation.REWRITTEN),
        ([*data(5), b"replaced", *data(15)[6:]], Relation.REWRITTEN),
        ([b"backdated", *data(11)], Relation.REWRITTEN),
        ([*data(5), *data(15)[6:]], Relation.REWRITTEN),
    ],
    ids=[
        "same", "grown", "truncated", "emptied", "reordered", "replaced", "reordered-and-grown",
        "replaced-and-grown", "backdated", "removed",
    ],
)  # fmt: skip
def test_another_history_is_known_by_a_checkpoint_seen_before(
    ledger, where, log, tamper, leaves, relation
):
    seen = filled(ledger)
    ledger.close()
    made = rebuilt(where, tamper, log, leaves)
    verdict = made.check(seen)
    assert verdict.relation is relation
    assert verdict.holds == (relation in (Relation.SAME, Relation.GROWN))
    made.close()


def test_another_log_is_not_this_one(ledger, where, log, tamper):
    seen = filled(ledger)
    ledger.close()
    elsewhere = NoteSigner.of("elsewhere.example/log", Ed25519PrivateKey.generate())
    rebuilt(where, tamper, elsewhere, data(15)).close()
    made = open_ledger(where, keys=[log.key, elsewhere.key])
    assert made.check(seen).relation is Relation.OTHER_LOG
    made.close()


TAMPERED = {
    "right edge changed": "UPDATE pii_ledger_node SET hash = :hash WHERE number = 20",
    "subtree changed": "UPDATE pii_ledger_node SET hash = :hash WHERE number = 7",
    "right edge removed": "DELETE FROM pii_ledger_node WHERE number = 20",
    "more than was signed": "INSERT INTO pii_ledger_node VALUES (22, :hash)",
    "checkpoint of an earlier time": "UPDATE pii_ledger_head SET checkpoint = :old",
    "checkpoint of another key": "UPDATE pii_ledger_head SET checkpoint = :forged",
    "checkpoint malformed": "UPDATE pii_ledger_head SET checkpoint = 'x'",
    "truncated without the key": "DELETE FROM pii_ledger_node WHERE number > 10",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
def test_what_was_signed_is_compared_on_opening_and_before_each_append(
    ledger, where, log, tamper, statement
):
    old = filled(ledger, 5)
    filled(ledger)
    thief = NoteSigner.of(ORIGIN, Ed25519PrivateKey.generate())
    from pii_guard.certificate.checkpoint import Checkpoint, sign_checkpoint

    forged = sign_checkpoint(Checkpoint(ORIGIN, 11, bytes(32)), thief)
    tamper(
        statement,
        **{k: v for k, v in {"hash": bytes(32), "old": old, "forged": forged}.items() if f":{k}" in statement},
    )  # fmt: skip
    with pytest.raises(LedgerBroken):
        ledger.append(b"more")
    with pytest.raises(LedgerBroken):
        open_ledger(where, signer=log)
    with pytest.raises(LedgerBroken):
        ledger.check(old)
    with pytest.raises(LedgerBroken):
        ledger.audit()


INSIDE = {
    "leaf changed": "UPDATE pii_ledger_node SET hash = :hash WHERE number = 6",
    "inner node changed": "UPDATE pii_ledger_node SET hash = :hash WHERE number = 5",
    "leaf removed": "DELETE FROM pii_ledger_node WHERE number = 6",
    "inner node removed": "DELETE FROM pii_ledger_node WHERE number = 5",
}


@pytest.mark.parametrize("statement", INSIDE.values(), ids=INSIDE.keys())
def test_a_change_deep_inside_never_leaves_as_a_proof(ledger, tamper, statement):
    filled(ledger)
    tamper(statement, **({"hash": bytes(32)} if ":hash" in statement else {}))
    with pytest.raises(LedgerBroken):
        ledger.audit()
    broken = 0
    for size in range(1, 12):
        for index in range(size):
            try:
                proof = ledger.inclusion(index, size)
            except LedgerBroken:
                broken += 1
            else:
                assert bytes(32) not in proof.hashes
    assert broken


def test_a_leaf_moved_in_the_index_is_found(ledger, tamper):
    """Else asking for one certificate would give the proof of another."""
    filled(ledger)
    tamper("UPDATE pii_ledger_leaf SET position = 4 WHERE hash = :hash", hash=leaf_hash(b"leaf 3"))
    for ask in (ledger.find, ledger.append):
        with pytest.raises(LedgerBroken, match="index"):
            ask(b"leaf 3")
    with pytest.raises(LedgerBroken, match="index"):
        ledger.audit()


def test_a_leaf_removed_from_the_index_is_found_by_the_audit(ledger, tamper):
    filled(ledger)
    tamper("DELETE FROM pii_ledger_leaf WHERE hash = :hash", hash=leaf_hash(b"leaf 3"))
    with pytest.raises(LedgerBroken, match="index"):
        ledger.audit()


def test_two_heads_or_none_are_no_ledger(ledger, where, log, tamper):
    filled(ledger)
    tamper("DELETE FROM pii_ledger_head")
    with pytest.raises(LedgerError, match="no ledger"):
        open_ledger(where, signer=log)
    with pytest.raises(LedgerBroken, match="more than was signed"):
        open_ledger(where, signer=log, create=True)


def test_a_newer_layout_is_not_guessed_at(ledger, where, log, tamper):
    tamper("UPDATE pii_ledger_head SET version = 2")
    with pytest.raises(LedgerError, match="another version"):
        open_ledger(where, signer=log)


@pytest.mark.parametrize("seen", ["", "x", "a\n1\nAAAA\n\n— a AAAAAAAA\n"])
def test_a_seen_checkpoint_of_no_use_is_an_error(ledger, seen):
    with pytest.raises(LedgerError, match="cannot be used"):
        ledger.check(seen)
