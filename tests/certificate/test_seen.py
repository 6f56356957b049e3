"""What a verifier keeps of a ledger: forwards only, with proof only, and never begun anew in silence."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate.checkpoint import Checkpoint, sign_checkpoint
from pii_guard.certificate.merkle import EMPTY_ROOT, Consistency
from pii_guard.certificate.note import NoteSigner
from pii_guard.certificate.seen import MOST_STEPS, Relation, _kept, keep_seen, load_seen, relate
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import CertificateError
from tests.certificate.test_merkle import consistency, entries, naive

ORIGIN = "pii-guard.example/ledger"
LOG = NoteSigner.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
START = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)


def state(data):
    return Checkpoint(ORIGIN, len(data), naive(data))


def note(data):
    return sign_checkpoint(state(data), LOG)


def honest(old, new):
    return consistency(old, entries(new))


def see(path, data, prove=honest, minutes=0):
    when = START + timedelta(minutes=minutes)
    return keep_seen(path, note(data), [LOG.key], prove, when).relation


@pytest.fixture
def path(tmp_path):
    return tmp_path / "seen.json"


def test_it_goes_forwards(path):
    assert load_seen(path, [LOG.key]) is None
    assert see(path, entries(3)) is Relation.FIRST
    assert see(path, entries(3)) is Relation.SAME
    assert see(path, entries(9), minutes=5) is Relation.GROWN
    assert load_seen(path, [LOG.key]).checkpoint == state(entries(9))


REWRITTEN = [*entries(2), b"replaced", *entries(9)[3:]]


@pytest.mark.parametrize(
    ("data", "prove", "relation"),
    [
        (entries(2), honest, Relation.BEHIND),
        (entries(0), honest, Relation.BEHIND),
        (entries(2), lambda old, new: None, Relation.BEHIND),
        (entries(5)[::-1], honest, Relation.FORKED),
        (REWRITTEN, lambda old, new: consistency(old, REWRITTEN), Relation.REWRITTEN),
        (entries(9), lambda old, new: None, Relation.UNPROVEN),
        (entries(9), lambda old, new: Consistency(old, new, ()), Relation.REWRITTEN),
        (entries(9), lambda old, new: honest(old - 1, new), Relation.UNPROVEN),
        ([b"x", b"y"], honest, Relation.REWRITTEN),
    ],
)
def test_what_does_not_go_forwards_with_proof_is_told_and_not_kept(path, data, prove, relation):
    see(path, entries(5))
    before = path.read_bytes()
    verdict = keep_seen(path, note(data), [LOG.key], prove, START)
    assert (verdict.relation, verdict.holds) == (relation, False)
    assert verdict.reason
    assert path.read_bytes() == before


def test_every_relation_has_a_reason():
    from pii_guard.certificate.seen import Verdict

    assert all(Verdict(relation).reason for relation in Relation)


def test_another_ledger_is_not_taken_for_this_one(path):
    see(path, entries(5))
    other = NoteSigner.of("other.example/log", Ed25519PrivateKey.generate())
    moved = sign_checkpoint(Checkpoint("other.example/log", 9, naive(entries(9))), other)
    verdict = keep_seen(path, moved, [LOG.key, other.key], honest, START)
    assert verdict.relation is Relation.OTHER_LOG


def test_from_the_empty_ledger_everything_follows():
    assert relate(state([]), state(entries(3))) is Relation.GROWN
    assert relate(state(entries(3)), state([])) is Relation.BEHIND
    forged = Checkpoint(ORIGIN, 0, naive(entries(3)))
    assert relate(forged, state(entries(3))) is Relation.REWRITTEN
    assert state([]).root == EMPTY_ROOT


def test_the_time_of_an_entry_is_when_it_was_first_seen_covered(path):
    for minutes, size in enumerate((2, 5, 9)):
        see(path, entries(size), minutes=minutes)
    seen = load_seen(path, [LOG.key])
    times = [seen.time_of(index) for index in (0, 1, 2, 4, 5, 8, 9)]
    minute = timedelta(minutes=1)
    assert times == [
        START, START, START + minute, START + minute, START + 2 * minute, START + 2 * minute, None,
    ]  # fmt: skip


@given(st.integers(1, 40))
def test_a_time_only_becomes_later_by_forgetting(extra):
    steps = tuple((size, START + timedelta(seconds=size)) for size in range(MOST_STEPS + extra))
    kept = _kept(steps)
    assert len(kept) <= MOST_STEPS
    assert kept[-1] == steps[-1]
    assert set(kept) <= set(steps)
    assert list(kept) == sorted(kept)


def test_a_checkpoint_of_a_stranger_is_malformed(path):
    see(path, entries(3))
    thief = NoteSigner.of(ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(Malformed):
        keep_seen(path, sign_checkpoint(state(entries(9)), thief), [LOG.key], honest, START)


def changed(**changes):
    return lambda table: {**table, **changes}


@pytest.mark.parametrize(
    "change",
    [
        changed(schema="pii-guard/seen/2"),
        changed(more=1),
        changed(checkpoint=1),
        changed(checkpoint=note(entries(4))),
        changed(steps=[]),
        changed(steps=[1]),
        changed(steps=[{"size": 3}]),
        changed(steps=[{"size": True, "seenAt": "2026-11-23T19:40:00Z"}]),
        changed(steps=[{"size": 3, "seenAt": "2026-11-23"}]),
        changed(steps=[{"size": 3, "seenAt": "2026-11-23T19:40:00Z"}] * 2),
        lambda table: [],
        lambda table: "x",
    ],
)
def test_a_changed_file_is_an_error_not_a_new_beginning(path, change):
    see(path, entries(3))
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))))
    with pytest.raises(CertificateError, match="malformed"):
        see(path, entries(9))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b" " * (1 << 22)])
def test_a_broken_file_is_an_error_not_a_new_beginning(path, content):
    path.write_bytes(content)
    with pytest.raises(CertificateError, match="malformed"):
        see(path, entries(9))
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path):
    with pytest.raises(CertificateError, match="cannot be"):
        see(tmp_path, entries(9))
    with pytest.raises(CertificateError, match="written"):
        see(tmp_path / "no" / "seen.json", entries(9))


def test_verifiers_at_the_same_time_do_not_step_backwards(path):
    see(path, entries(1))
    threads = [
        threading.Thread(target=see, args=(path, entries(size))) for size in range(2, 40)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load_seen(path, [LOG.key]).checkpoint == state(entries(39))
