"""One file, offline: what is in a ledger, who vouches for when, what was said since; and every attack on it."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard import CertificateError
from pii_guard.certificate import Checks, Researcher, Trust, generate, sign, verify
from pii_guard.certificate.bundle import MOST_STATEMENTS, Bundle, open_bundle
from pii_guard.certificate.envelope import seal
from pii_guard.certificate.logged import Watch
from pii_guard.certificate.note import Kind, NoteKey, NoteSigner, parse_note
from pii_guard.certificate.seen import keep_seen, load_seen
from pii_guard.certificate.since import Acceptance
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import TrustedKey
from pii_guard.ledger import enter, open_ledger
from tests.certificate import acknowledging
from tests.certificate.authority import OPENSSL, authority
from tests.certificate.conftest import (
    LATER,
    ORIGIN,
    WHEN,
    WITNESS,
    ended,
    failed,
    statement,
    statuses,
    watched,
)


def test_a_bundle_is_read_as_it_was_written(bundle):
    assert open_bundle(bundle.to_json()) == bundle
    assert open_bundle(bundle.to_json()).to_json() == bundle.to_json()


def test_a_certificate_in_a_ledger_verifies_offline(bundle, trusted):
    report = verify(bundle.to_json(), trusted())
    assert report.exit_code == 0
    assert statuses(report)["ledger"] == "pass"
    (rule,) = [one for one in report.rules if one.name == "ledger"]
    assert rule.reason == "entry 6 of 6; no independent time"


def test_entering_it_again_proves_the_same_entry(bundle, ledger, key):
    ledger.append(b"another", None)
    again = enter(ledger, sign(statement(), key))
    assert again.inclusion.index == bundle.inclusion.index
    assert again.inclusion.size == 7


def test_a_required_rule_that_cannot_be_checked_is_two(key, trusted, bundle):
    bare = sign(statement(), key).to_json()
    wanted = Checks(required=frozenset({"ledger"}))
    assert verify(bare, trusted(), wanted).exit_code == 2
    assert verify(bundle.to_json(), trusted(), wanted).exit_code == 0
    nobody = Trust(tuple(one for one in trusted().keys if one.role != "log"))
    assert verify(bundle.to_json(), nobody, wanted).exit_code == 2
    with pytest.raises(CertificateError, match="no such rule"):
        Checks(required=frozenset({"everything"}))


# -- when: revocation is judged by what neither issuer nor log can move -----------------------------


def revoked(trusted, at):
    return trusted(revoked_at=at, reason="key_compromise")


def test_a_backdated_certificate_by_a_revoked_key_fails(bundle, trusted):
    assert failed(verify(bundle.to_json(), revoked(trusted, LATER))) == ["key validity"]


def test_what_a_witness_saw_before_the_revocation_holds(bundle, trusted, watcher):
    early = watched(bundle, watcher, LATER - timedelta(hours=1)).to_json()
    assert verify(early, revoked(trusted, LATER)).exit_code == 0
    late = watched(bundle, watcher, LATER + timedelta(hours=1)).to_json()
    assert failed(verify(late, revoked(trusted, LATER))) == ["key validity"]


def test_a_witness_of_nobody_vouches_for_nothing(bundle, trusted):
    stranger = watched(bundle, Ed25519PrivateKey.generate(), LATER - timedelta(hours=1))
    assert failed(verify(stranger.to_json(), revoked(trusted, LATER))) == ["key validity"]


def test_what_the_verifier_saw_before_the_revocation_holds(bundle, trusted, tmp_path, ledger, log):
    keys = [NoteKey.of(ORIGIN, log.public)]
    path = tmp_path / "seen.json"
    keep_seen(path, bundle.checkpoint, keys, lambda old, new: None, LATER - timedelta(hours=1))
    checks = Checks(watch=Watch(load_seen(path, keys)))
    assert verify(bundle.to_json(), revoked(trusted, LATER), checks).exit_code == 0
    # A checkpoint that was not seen itself, and is not proved to continue it, says nothing of time.
    ledger.append(b"more", None)
    moved = replace(bundle, inclusion=ledger.inclusion(5), checkpoint=ledger.checkpoint())
    report = verify(moved.to_json(), revoked(trusted, LATER), checks)
    assert failed(report) == ["key validity"]
    assert statuses(report)["ledger"] == "not_checked"


@pytest.mark.parametrize("before", [1, 4])
def test_a_rewritten_ledger_of_another_size_does_not_pass_for_the_one_seen(
    bundle, trusted, tmp_path, log, before, key
):
    signer = NoteSigner(NoteKey.of(ORIGIN, log.public), log.sign)
    other = open_ledger(tmp_path / "other.db", signer=signer, create=True)
    other.append_many([(f"rewritten {number}".encode(), None) for number in range(before * 2)])
    rewritten = enter(other, sign(statement(), key))
    other.close()
    path = tmp_path / "seen.json"
    keep_seen(path, bundle.checkpoint, [signer.key], lambda old, new: None, LATER)
    checks = Checks(watch=Watch(load_seen(path, [signer.key])), required=frozenset({"ledger"}))
    assert verify(rewritten.to_json(), trusted(), checks).exit_code == 2
    assert verify(bundle.to_json(), trusted(), checks).exit_code == 0


# -- the trust policy speaks for log and witness keys, too ------------------------------------------


def altered(trust, role, **changes):
    keys = tuple(replace_key(one, **changes) if one.role == role else one for one in trust.keys)
    return Trust(keys)


def replace_key(key, **changes):
    return TrustedKey(key.public, key.role, key.identity, **changes)


@pytest.mark.parametrize(
    "changes",
    [{"not_after": WHEN - timedelta(days=1)}, {"not_before": LATER}, {"revoked_at": LATER}],
)
def test_a_log_key_that_was_not_valid_proves_nothing(bundle, trusted, changes):
    assert failed(verify(bundle.to_json(), altered(trusted(), "log", **changes))) == ["ledger"]


def test_a_revoked_log_key_counts_for_what_a_witness_saw_before(bundle, trusted, watcher):
    early = watched(bundle, watcher, LATER - timedelta(hours=1)).to_json()
    assert verify(early, altered(trusted(), "log", revoked_at=LATER)).exit_code == 0


def test_a_revoked_witness_vouches_for_nothing(bundle, trusted, watcher):
    early = watched(bundle, watcher, LATER - timedelta(hours=1)).to_json()
    gone = altered(revoked(trusted, LATER), "witness", revoked_at=LATER + timedelta(days=9))
    gone = Trust(
        tuple(k if k.role != "issuer" else revoked(trusted, LATER).keys[0] for k in gone.keys)
    )
    assert failed(verify(early, gone)) == ["key validity"]


def test_as_many_witnesses_sign_as_the_trust_file_asks_for(bundle, trusted, watcher):
    asked = Trust(trusted().keys, {"witness": 1})
    assert failed(verify(bundle.to_json(), asked)) == ["ledger"]
    assert verify(watched(bundle, watcher, LATER).to_json(), asked).exit_code == 0


@pytest.mark.skipif(OPENSSL is None, reason="no openssl command")
def test_a_time_stamp_on_the_checkpoint_holds(bundle, trusted, tmp_path):
    pytest.importorskip("rfc3161_client", reason="the extra timestamp is not installed")
    from pii_guard.certificate.timestamp import query, stamped_at

    tsa = authority(tmp_path / "tsa")
    token = tsa.answer(query(bundle.checkpoint).der)
    stamped = replace(bundle, timestamp=token).to_json()
    checks = Checks(watch=Watch(stamped=lambda raw, note: stamped_at(raw, note, [tsa.root])))
    after = datetime.now(UTC) + timedelta(days=1)
    assert verify(stamped, revoked(trusted, after), checks).exit_code == 0
    # Nobody asked for the stamp to be judged: it says nothing.
    assert failed(verify(stamped, revoked(trusted, after))) == ["key validity"]
    other = authority(tmp_path / "other")
    foreign = Checks(watch=Watch(stamped=lambda raw, note: stamped_at(raw, note, [other.root])))
    assert "ledger" in failed(verify(stamped, trusted(), foreign))


# -- forged proofs ------------------------------------------------------------------------------


def proved(bundle, **changes):
    return replace(bundle, inclusion=replace(bundle.inclusion, **changes)).to_json()


def test_removed_or_reversed_hashes_prove_nothing(bundle, trusted):
    hashes = bundle.inclusion.hashes
    assert len(hashes) > 1
    for other in (hashes[1:], hashes[:-1], hashes[::-1], (*hashes, hashes[0]), ()):
        assert failed(verify(proved(bundle, hashes=other), trusted())) == ["ledger"]


@pytest.mark.parametrize(
    "changes",
    [{"index": 0}, {"index": 6}, {"index": -1}, {"size": 7}, {"size": 0}, {"size": 2**62}],
)
def test_another_place_or_size_proves_nothing(bundle, trusted, changes):
    assert failed(verify(proved(bundle, **changes), trusted())) == ["ledger"]


def test_a_forked_ledger_is_seen(bundle, trusted, tmp_path, log, key):
    signer = NoteSigner(NoteKey.of(ORIGIN, log.public), log.sign)
    other = open_ledger(tmp_path / "fork.db", signer=signer, create=True)
    other.append_many([(f"other {number}".encode(), None) for number in range(5)])
    forked = enter(other, sign(statement(), key))
    other.close()
    path, keys = tmp_path / "seen.json", [signer.key]
    keep_seen(path, bundle.checkpoint, keys, lambda old, new: None, LATER)
    report = verify(forked.to_json(), trusted(), Checks(watch=Watch(load_seen(path, keys))))
    assert failed(report) == ["ledger"]


def test_a_log_of_nobody_s_proves_nothing(bundle, trusted, tmp_path, key):
    stranger = generate(tmp_path / "stranger.pem")
    signer = NoteSigner(NoteKey.of(ORIGIN, stranger.public), stranger.sign)
    own = open_ledger(tmp_path / "own.db", signer=signer, create=True)
    forged = enter(own, sign(statement(), key))
    own.close()
    assert failed(verify(forged.to_json(), trusted())) == ["ledger"]


def test_a_certificate_that_is_not_in_the_ledger_is_not(bundle, trusted, key):
    other = replace(bundle, envelope=sign(statement(ref="VDP-2"), key).envelope)
    assert failed(verify(other.to_json(), trusted())) == ["ledger"]


def test_no_random_flip_goes_unnoticed(bundle, trusted):
    """10,000 flips of single bits over payload, signature, proof and checkpoint."""
    table = json.loads(bundle.to_json())
    payload = bytearray(base64.b64decode(table["envelope"]["payload"]))
    signature = bytearray(base64.b64decode(table["envelope"]["signatures"][0]["sig"]))
    hashes = [bytearray(one) for one in bundle.inclusion.hashes]
    note = bytearray(bundle.checkpoint.encode())
    parts = [payload, signature, *hashes, note]
    rng, trust = random.Random(7), trusted()
    for number in range(10_000):
        part = parts[number % len(parts)]
        place, bit = rng.randrange(len(part)), 1 << rng.randrange(8)
        part[place] ^= bit
        table["envelope"]["payload"] = base64.b64encode(payload).decode()
        table["envelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
        table["inclusion"]["hashes"] = [base64.b64encode(one).decode() for one in hashes]
        try:
            table["checkpoint"] = note.decode()
        except UnicodeDecodeError:
            pass  # no JSON text can say this
        else:
            assert verify(json.dumps(table).encode(), trust).exit_code in (1, 3), (
                number,
                place,
                bit,
            )
        part[place] ^= bit


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t.pop("checkpoint"), lambda t: t.pop("inclusion"), lambda t: t.pop("envelope"),
        lambda t: t.update(extra=1), lambda t: t.update(schema="pii-guard/bundle/2"),
        lambda t: t["inclusion"].update(index=True), lambda t: t["inclusion"].update(index="5"),
        lambda t: t["inclusion"].update(more=1), lambda t: t["inclusion"].update(hashes=["x"]),
        lambda t: t["inclusion"].update(hashes=["AAAA"] * 65), lambda t: t.update(checkpoint=5),
        lambda t: t.update(timestamp="AB=="), lambda t: t.update(acknowledgements={}),
        lambda t: t.update(acknowledgements=[{}]), lambda t: t.update(revocations=[1]),
        lambda t: t.update(acknowledgements=[t["envelope"]] * (MOST_STATEMENTS + 1)),
    ],
)  # fmt: skip
def test_a_malformed_bundle_is_refused(bundle, trusted, damage):
    table = json.loads(bundle.to_json())
    damage(table)
    content = json.dumps(table).encode()
    with pytest.raises(Malformed):
        open_bundle(content)
    assert verify(content, trusted()).exit_code == 3


def test_a_key_twice_or_too_many_bytes_are_refused(bundle, trusted):
    twice = bundle.to_json().replace(b'"checkpoint"', b'"checkpoint": "", "checkpoint"', 1)
    for content in (twice, b" " * (16 * 1024 * 1024 + 1)):
        assert verify(content, trusted()).exit_code == 3


# -- what was said since ------------------------------------------------------------------------


def test_a_revoked_certificate_fails(bundle, trusted, key):
    payload = bundle.opened().payload
    report = verify(bundle.with_revocation(Bundle(ended(payload, key))).to_json(), trusted())
    assert failed(report) == ["supersession"]
    newer = ended(payload, key, "supersede", "corrected", replacement=statement(ref="VDP-2"))
    report = verify(bundle.with_revocation(Bundle(newer)).to_json(), trusted())
    assert [r.reason for r in report.rules if r.status == "fail"] == [
        "superseded by a newer certificate: corrected"
    ]


def test_a_revocation_by_nobody_or_of_another_case_is_no_silence(bundle, trusted, log, key):
    for bad in (ended(bundle.opened().payload, log), ended(statement(ref="VDP-2"), key)):
        assert failed(verify(bundle.with_revocation(Bundle(bad)).to_json(), trusted())) == [
            "supersession"
        ]


def test_an_acknowledgement_in_the_bundle_is_judged(bundle, trusted, researcher, key):
    signed = seal(acknowledging.acknowledged(), [researcher])
    held = bundle.with_acknowledgement(Bundle(signed))
    report = verify(held.to_json(), trusted())
    assert report.exit_code == 0
    assert (
        next(r.reason for r in report.rules if r.name == "acknowledgement")
        == "1 signed, 0 countersigned"
    )
    asked = Checks(acceptance=Acceptance(countersigned=True))
    assert failed(verify(held.to_json(), trusted(), asked)) == ["acknowledgement"]
    both = bundle.with_acknowledgement(
        Bundle(seal(acknowledging.acknowledged(), [researcher, key]))
    )
    assert verify(both.to_json(), trusted(), asked).exit_code == 0


def test_the_acknowledgement_of_another_case_is_a_replay(ledger, trusted, researcher, key):
    other = enter(ledger, sign(statement(ref="VDP-2"), key))
    signed = seal(acknowledging.acknowledged(), [researcher])
    assert failed(verify(other.with_acknowledgement(Bundle(signed)).to_json(), trusted())) == [
        "acknowledgement"
    ]


def test_an_acknowledgement_that_was_taken_back_is_none(bundle, trusted, researcher, key):
    payload = acknowledging.acknowledged()
    held = bundle.with_acknowledgement(Bundle(seal(payload, [researcher])))
    back = ended(payload, key, reason="signer_withdrew", target="acknowledgement")
    assert failed(verify(held.with_revocation(Bundle(back)).to_json(), trusted())) == [
        "acknowledgement"
    ]


def test_what_was_to_expire_is_overdue_one_day_later(key, trusted):
    content = sign(statement(), key).to_json()
    kept = Checks(now=datetime(2032, 11, 23, 12, tzinfo=UTC))
    assert verify(content, trusted(), kept).exit_code == 0
    over = Checks(now=datetime(2032, 11, 24, tzinfo=UTC))
    assert failed(verify(content, trusted(), over)) == ["deadlines"]


def test_a_bare_envelope_is_a_bundle(key):
    content = sign(statement(), key).to_json()
    assert open_bundle(content) == Bundle(json.loads(content))


def test_one_witness_of_the_two_that_are_asked_for_cannot_backdate(bundle, trusted, watcher):
    other = Ed25519PrivateKey.generate()
    keys = (
        *revoked(trusted, LATER).keys,
        TrustedKey(other.public_key(), "witness", "other.example/w"),
    )
    asked = Trust(keys, {"witness": 2})
    note = parse_note(bundle.checkpoint)
    for name, key, at in (
        (WITNESS, watcher, LATER - timedelta(days=300)),
        ("other.example/w", other, LATER + timedelta(hours=1)),
    ):
        named = NoteKey(name, key.public_key(), Kind.COSIGNATURE)
        note = note.cosigned(named, key.sign, at)
    report = verify(replace(bundle, checkpoint=str(note)).to_json(), asked)
    assert failed(report) == ["key validity"]


def test_a_log_cannot_be_its_own_witness(log):
    with pytest.raises(CertificateError, match="own witness"):
        Trust((TrustedKey(log.public, "log", ORIGIN), TrustedKey(log.public, "witness", WITNESS)))


def test_a_witness_at_the_end_of_time_is_no_crash(bundle, trusted, watcher):
    end = watched(bundle, watcher, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)).to_json()
    assert verify(end, trusted()).exit_code == 0


def test_a_revocation_under_another_name_hides_nothing(bundle, trusted, key):
    payload = bundle.opened().payload
    named = ended(payload, key, reason="signer_withdrew", target="acknowledgement")
    assert failed(verify(bundle.with_revocation(Bundle(named)).to_json(), trusted())) == [
        "supersession"
    ]


def test_the_same_acknowledgement_twice_is_one(bundle, trusted, researcher):
    signed = seal(acknowledging.acknowledged(), [researcher])
    twice = bundle.with_acknowledgement(Bundle(signed)).with_acknowledgement(Bundle(signed))
    report = verify(twice.to_json(), trusted())
    assert next(r.reason for r in report.rules if r.name == "acknowledgement").startswith(
        "1 signed"
    )


def test_the_issuer_cannot_name_a_key_of_its_own_for_a_researcher_that_is_pinned(
    key, trusted, tmp_path
):
    own = generate(tmp_path / "throwaway.pem")
    named = statement(researcher=Researcher("r-7Q2K", own.key_id))
    forged = seal(acknowledging.acknowledged(certificate=named), [own])
    trust = Trust((*trusted().keys, TrustedKey(own.public, "researcher", "somebody-else")))
    held = Bundle(sign(named, key).envelope).with_acknowledgement(Bundle(forged))
    assert failed(verify(held.to_json(), trust)) == ["acknowledgement"]


def test_a_certificate_of_a_time_to_come_fails(key, trusted):
    content = sign(statement(), key).to_json()
    assert failed(verify(content, trusted(), Checks(now=WHEN - timedelta(hours=1)))) == [
        "deadlines"
    ]
    assert verify(content, trusted(), Checks(now=WHEN - timedelta(minutes=1))).exit_code == 0
