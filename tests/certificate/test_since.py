"""What was said of a certificate since has a time of its own, and a ledger proves to be the one seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pii_guard.certificate import Checks, Trust, sign, verify
from pii_guard.certificate.acknowledgement import Remainder
from pii_guard.certificate.bundle import MOST_PROOFS, Bundle, open_bundle
from pii_guard.certificate.envelope import countersign, seal
from pii_guard.certificate.leaf import leaf_data, leaf_of
from pii_guard.certificate.logged import Watch
from pii_guard.certificate.merkle import Consistency
from pii_guard.certificate.note import NoteKey
from pii_guard.certificate.seen import keep_seen, load_seen
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.trust import TrustedKey
from pii_guard.ledger import enter, open_ledger
from tests.certificate.acknowledging import DONE, acknowledged
from tests.certificate.conftest import (
    LATER,
    ORIGIN,
    WHEN,
    ended,
    failed,
    statement,
    statuses,
    watched,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reasons(report):
    return {rule.name: rule.reason for rule in report.rules}


def revoking(trust, role, at):
    """The trust with the keys of a role revoked."""
    return Trust(
        tuple(
            TrustedKey(one.public, role, one.identity, revoked_at=at) if one.role == role else one
            for one in trust.keys
        )
    )


@pytest.fixture
def said(ledger, researcher):
    """An acknowledgement that the researcher signed, in the ledger."""
    return enter(ledger, Bundle(seal(acknowledged(), [researcher])))


# -- an acknowledgement's own time --------------------------------------------------------------


def test_an_acknowledgement_that_was_seen_before_its_key_was_revoked_holds(
    bundle, trusted, said, watcher
):
    trust = revoking(trusted(), "researcher", DONE + DAY)
    early = bundle.with_acknowledgement(watched(said, watcher, DONE + HOUR))
    report = verify(early.to_json(), trust)
    assert report.exit_code == 0
    assert reasons(report)["acknowledgement"] == (
        "1 signed, 0 countersigned, 1 seen by something independent"
    )
    for late in (said, watched(said, watcher, DONE + DAY + HOUR), Bundle(said.envelope)):
        report = verify(bundle.with_acknowledgement(late).to_json(), trust)
        assert failed(report) == ["acknowledgement"]


def test_an_acknowledgement_dated_after_somebody_saw_it_fails(bundle, trusted, said, watcher):
    backdated = bundle.with_acknowledgement(watched(said, watcher, DONE - HOUR))
    assert failed(verify(backdated.to_json(), trusted())) == ["acknowledgement"]


def test_a_stolen_key_cannot_countersign_what_was_logged_before(
    bundle, trusted, said, watcher, key
):
    logged = watched(said, watcher, DONE + HOUR)
    forged = replace(logged, envelope=countersign(logged.envelope, key))
    report = verify(bundle.with_acknowledgement(forged).to_json(), trusted())
    assert failed(report) == ["acknowledgement"]
    assert reasons(report)["acknowledgement"].startswith("its place in the ledger: ")


def test_the_place_of_another_statement_is_none(bundle, trusted, said, ledger, researcher):
    other = Bundle(seal(acknowledged(places=("downloads",)), [researcher]))
    grafted = replace(said, envelope=other.envelope)
    assert failed(verify(bundle.with_acknowledgement(grafted).to_json(), trusted())) == [
        "acknowledgement"
    ]


# -- a revocation's own time --------------------------------------------------------------------


def test_a_revocation_that_was_seen_before_its_key_was_revoked_is_one(
    bundle, trusted, ledger, watcher, key
):
    payload = bundle.opened().payload
    revocation = enter(ledger, Bundle(ended(payload, key)))
    trust = revoking(trusted(), "issuer", LATER + DAY)
    whole = watched(bundle, watcher, WHEN + HOUR)
    early = whole.with_revocation(watched(revocation, watcher, LATER + HOUR))
    report = verify(early.to_json(), trust)
    assert (failed(report), reasons(report)["supersession"]) == (
        ["supersession"],
        "revoked: issued_in_error",
    )
    for late in (revocation, watched(revocation, watcher, LATER + DAY + HOUR)):
        report = verify(whole.with_revocation(late).to_json(), trust)
        assert reasons(report)["supersession"] == (
            "a revocation does not hold: the key is revoked; no independent time is given"
            if late is revocation
            else "a revocation does not hold: "
            "the key was revoked before anything independent saw the signature"
        )


def test_a_thief_who_takes_an_acknowledgement_back_later_does_not(
    bundle, trusted, said, ledger, watcher, key
):
    """The thief of an issuer's key backdates; the ledger saw it after the key was revoked."""
    payload = said.opened().payload
    back = ended(payload, key, reason="signer_withdrew", target="acknowledgement")
    stolen = watched(enter(ledger, Bundle(back)), watcher, LATER + DAY + HOUR)
    trust = revoking(trusted(), "issuer", LATER + DAY)
    whole = watched(bundle, watcher, WHEN + HOUR).with_acknowledgement(said)
    report = verify(whole.with_revocation(stolen).to_json(), trust)
    assert statuses(report)["acknowledgement"] == "pass"
    assert failed(report) == ["supersession"]  # it is not passed over in silence


def test_a_revocation_with_a_place_that_is_not_its_own_is_no_silence(bundle, trusted, said, key):
    forged = replace(said, envelope=ended(bundle.opened().payload, key))
    report = verify(bundle.with_revocation(forged).to_json(), trusted())
    assert failed(report) == ["supersession"]
    assert "its place in the ledger" in reasons(report)["supersession"]


# -- in the ledger ------------------------------------------------------------------------------


def test_all_of_a_bundle_that_has_no_place_yet_is_entered_once(ledger, key, researcher, said):
    whole = Bundle(sign(statement(), key).envelope).with_acknowledgement(said)
    whole = whole.with_revocation(Bundle(ended(statement(), key)))
    entered = enter(ledger, whole)
    assert entered.acknowledgements == (said,)
    assert {entered.inclusion.index, entered.revocations[0].inclusion.index} == {6, 7}
    assert enter(ledger, entered) == entered
    assert open_bundle(entered.to_json()) == entered


def test_a_countersigned_acknowledgement_is_another_entry(ledger, said, key):
    both = enter(ledger, Bundle(countersign(said.envelope, key)))
    assert both.inclusion.index == said.inclusion.index + 1


def test_the_leaf_of_a_certificate_is_of_its_bytes_alone(key, researcher):
    one = Bundle(sign(statement(), key).envelope).opened()
    assert leaf_of(one) == leaf_data("urn:pii-guard:deletion-certificate:v1", statement())


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_signatures_says_nothing(key, researcher, order):
    signers = [key, researcher][::order]
    leaf = leaf_of(Bundle(seal(acknowledged(), signers)).opened())
    assert leaf == leaf_of(Bundle(seal(acknowledged(), signers[::-1])).opened())


def with_a_value(**changes):
    said = json.loads(statement())
    return json.dumps({**said, **changes}).encode()


@pytest.mark.parametrize(
    "payload",
    [
        b"[]", b'{"predicateType": ["x"]}', b'{"predicateType": "urn:example:other"}',
        with_a_value(note="SSN 536-90-4399"), with_a_value(predicateType="urn:pii-guard:revocation:v1"),
        with_a_value(predicateType="urn:pii-guard:acknowledgement:v1"),
    ],
)  # fmt: skip
def test_no_text_that_a_value_could_hide_in_enters_a_ledger(ledger, key, payload):
    before = ledger.checkpoint()
    whole = Bundle(sign(statement(), key).envelope)
    for bad in (Bundle(seal(payload, [key])), whole.with_revocation(Bundle(seal(payload, [key])))):
        with pytest.raises(Malformed) as fault:
            enter(ledger, bad)
        assert "536" not in str(fault.value)
    assert ledger.checkpoint() == before


# -- of the ledger that was seen before -----------------------------------------------------------


@pytest.fixture
def watching(tmp_path, log):
    """Checks by a verifier who saw some checkpoint at some time."""

    def made(note, when):
        keys = [NoteKey.of(ORIGIN, log.public)]
        path = tmp_path / f"seen-{when:%Y%m%d%H}.json"
        keep_seen(path, note, keys, lambda old, new: None, when)
        return Checks(watch=Watch(load_seen(path, keys)), required=frozenset({"ledger"}))

    return made


def test_a_newer_checkpoint_with_its_proof_is_of_the_ledger_seen(bundle, trusted, ledger, watching):
    checks = watching(bundle.checkpoint, LATER)
    for number in range(9):
        ledger.append(b"more %d" % number, None)
        newer = replace(bundle, inclusion=ledger.inclusion(5), checkpoint=ledger.checkpoint())
        assert verify(newer.to_json(), trusted(), checks).exit_code == 2
        proved = newer.with_consistency(ledger.consistency(6))
        assert open_bundle(proved.to_json()) == proved
        report = verify(proved.to_json(), trusted(), checks)
        assert (report.exit_code, reasons(report)["ledger"]) == (0, f"entry 6 of {7 + number}")


def test_an_older_checkpoint_with_its_proof_is_of_the_ledger_seen(
    bundle, trusted, ledger, watching
):
    ledger.append_many([(b"more %d" % number, None) for number in range(3)])
    checks = watching(ledger.checkpoint(), LATER - HOUR)
    trust = revoking(trusted(), "issuer", LATER)
    assert "key validity" in failed(verify(bundle.to_json(), trust, checks))
    proved = bundle.with_consistency(ledger.consistency(6, 9))
    # What the verifier remembers of the entry is then a time that nobody else can move.
    assert verify(proved.to_json(), trust, checks).exit_code == 0


def test_any_two_checkpoints_of_a_ledger_are_proved_to_agree(bundle, trusted, ledger, watching):
    states = [bundle]
    for number in range(8):
        ledger.append(b"more %d" % number, None)
        now = replace(bundle, inclusion=ledger.inclusion(5), checkpoint=ledger.checkpoint())
        states.append(now)
    for day, before in enumerate(states):
        checks = watching(before.checkpoint, LATER + day * DAY)
        for now in states:
            old, new = sorted((before.inclusion.size, now.inclusion.size))
            proved = now.with_consistency(ledger.consistency(old, new))
            assert verify(proved.to_json(), trusted(), checks).exit_code == 0
            assert verify(now.to_json(), trusted(), checks).exit_code == (0 if old == new else 2)


def test_an_entry_made_after_the_last_look_has_no_time_of_it(
    bundle, trusted, ledger, watching, researcher
):
    """Seen at six entries; the seventh, proved to follow, was not among them."""
    checks = watching(bundle.checkpoint, DONE - DAY)
    said = enter(ledger, Bundle(seal(acknowledged(), [researcher])))
    said = said.with_consistency(ledger.consistency(6, 7))
    trust = revoking(trusted(), "researcher", DONE + DAY)
    report = verify(bundle.with_acknowledgement(said).to_json(), trust, checks)
    assert failed(report) == ["acknowledgement"]


def test_a_rewritten_ledger_proves_nothing_of_the_one_seen(
    bundle, trusted, tmp_path, log, key, watching
):
    from pii_guard.certificate.note import NoteSigner

    signer = NoteSigner(NoteKey.of(ORIGIN, log.public), log.sign)
    other = open_ledger(tmp_path / "other.db", signer=signer, create=True)
    other.append_many([(b"rewritten %d" % number, None) for number in range(8)])
    rewritten = enter(other, sign(statement(), key))
    checks = watching(bundle.checkpoint, LATER)
    for proof in (other.consistency(6, 9), Consistency(6, 9, ())):
        report = verify(rewritten.with_consistency(proof).to_json(), trusted(), checks)
        assert failed(report) == ["ledger"]
        assert reasons(report)["ledger"] == "its proof does not lead to the checkpoint seen before"
    other.close()


def test_a_proof_between_other_sizes_is_not_taken(bundle, trusted, ledger, watching):
    checks = watching(bundle.checkpoint, LATER)
    ledger.append_many([(b"more %d" % number, None) for number in range(3)])
    newer = replace(bundle, inclusion=ledger.inclusion(5), checkpoint=ledger.checkpoint())
    other = newer.with_consistency(ledger.consistency(5, 9))
    assert verify(other.to_json(), trusted(), checks).exit_code == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t["consistency"].append(t["consistency"][0]),
        lambda t: t["consistency"][0].update(new=8, old=3),
        lambda t: t["consistency"][0].update(new=True),
        lambda t: t["consistency"][0].update(more=1),
        lambda t: t["consistency"][0].update(hashes=["AAAA"] * 65),
        lambda t: t.update(consistency=[]),
        lambda t: t.update(consistency={}),
        lambda t: t.update(consistency=[t["consistency"][0]] * (MOST_PROOFS + 1)),
        lambda t: t.pop("checkpoint"),
        lambda t: (t.pop("checkpoint"), t.pop("inclusion")),
        lambda t: t.update(acknowledgements=[{**t["acknowledgements"][0], "revocations": []}]),
        lambda t: t["acknowledgements"][0].pop("inclusion"),
        lambda t: t["acknowledgements"][0].update(schema="pii-guard/bundle/2"),
    ],
)
def test_a_malformed_proof_or_a_statement_about_a_statement_about_another_is_refused(
    bundle, trusted, ledger, damage, said
):
    newer = replace(bundle, inclusion=ledger.inclusion(5), checkpoint=ledger.checkpoint())
    whole = newer.with_consistency(ledger.consistency(6, 7)).with_acknowledgement(said)
    assert verify(whole.to_json(), trusted()).exit_code == 0
    table = json.loads(whole.to_json())
    damage(table)
    content = json.dumps(table).encode()
    with pytest.raises(Malformed):
        open_bundle(content)
    assert verify(content, trusted()).exit_code == 3


def test_nothing_is_said_about_what_is_said(bundle, said):
    with pytest.raises(Malformed):
        bundle.with_acknowledgement(said.with_revocation(said))


# -- what the researcher still had ----------------------------------------------------------------


def at(day):
    return Checks(now=datetime(*day, 12, tzinfo=UTC))


def test_a_copy_that_the_researcher_was_to_lose_is_overdue_one_day_later(
    bundle, trusted, researcher
):
    held = bundle.with_acknowledgement(Bundle(seal(acknowledged(), [researcher]))).to_json()
    assert verify(held, trusted(), at((2027, 1, 31))).exit_code == 0
    report = verify(held, trusted(), at((2027, 2, 1)))
    assert failed(report) == ["deadlines"]
    assert reasons(report)["deadlines"].startswith("1 copies of the researcher's were to be gone")


def test_the_researcher_s_last_word_is_what_is_left(bundle, trusted, researcher):
    first = seal(acknowledged(), [researcher])
    left = Remainder("backups", "automatic_backup", date(2027, 3, 31))
    longer = seal(acknowledged(completed_at=DONE + DAY, remainders=(left,)), [researcher])
    gone = seal(acknowledged(completed_at=DONE + 2 * DAY, remainders=()), [researcher])
    for others, late in (((longer,), False), ((longer, gone), False), ((), True)):
        whole = bundle
        for one in (*others, first):  # their order in the file says nothing
            whole = whole.with_acknowledgement(Bundle(one))
        report = verify(whole.to_json(), trusted(), at((2027, 2, 1)))
        assert failed(report) == (["deadlines"] if late else [])


def test_an_acknowledgement_that_does_not_hold_promises_nothing(bundle, trusted, key):
    forged = bundle.with_acknowledgement(Bundle(seal(acknowledged(), [key])))
    report = verify(forged.to_json(), trusted(), at((2027, 2, 1)))
    assert failed(report) == ["acknowledgement"]
