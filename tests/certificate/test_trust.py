"""Whom a verifier trusts: by role and time, by a policy that its root has signed, never an older one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard import CertificateError
from pii_guard.certificate import generate, load_trust, sign, verify
from pii_guard.certificate.envelope import Unverified, countersign, envelope_json, open_envelope
from pii_guard.certificate.public_keys import spki
from pii_guard.certificate.trust import CLOCK_SKEW, Trust, TrustedKey
from pii_guard.certificate.trust_edit import find, with_key, with_revocation
from pii_guard.certificate.trust_policy import POLICY_TYPE, policy_table, read_policy, sign_policy
from tests.certificate.conftest import WHEN, failed, statement, trusting
from tests.certificate.conftest import spki as spelt

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def make(tmp_path):
    numbers = itertools.count()
    return lambda: generate(tmp_path / f"key{next(numbers)}.pem")


@pytest.fixture
def root(tmp_path):
    return generate(tmp_path / "root.pem")


@pytest.fixture
def policy(key):
    return with_key(Trust((), {}, 1, NOW), TrustedKey(key.public, "issuer", "acme"), NOW)


@pytest.fixture
def path(tmp_path, policy, root):
    file = tmp_path / "policy.json"
    file.write_bytes(sign_policy(policy, [root]))
    return file


def listed(*keys, **changes):
    return Trust(tuple(TrustedKey(key.public) for key in keys), **changes)


# -- time ----------------------------------------------------------------------------------------


def test_a_backdated_certificate_of_a_revoked_key_is_not_believed(key):
    """A thief writes any time into it: only what something else saw before counts."""
    stolen = WHEN
    trust = Trust((TrustedKey(key.public, revoked_at=stolen),))
    backdated = stolen - timedelta(days=400)
    assert trust.fault(key.key_id, "issuer", None, backdated)
    assert trust.fault(key.key_id, "issuer", stolen, backdated)
    assert trust.fault(key.key_id, "issuer", stolen + SECOND, backdated)
    assert trust.fault(key.key_id, "issuer", stolen - SECOND, backdated) == ""
    assert failed(verify(sign(statement(), key).to_json(), trust)) == ["key validity"]


def test_a_certificate_is_not_dated_later_than_it_was_seen(key):
    trust = listed(key)
    assert trust.fault(key.key_id, "issuer", WHEN, WHEN + CLOCK_SKEW) == ""
    assert trust.fault(key.key_id, "issuer", WHEN, WHEN + CLOCK_SKEW + SECOND)


def test_a_key_signs_only_between_its_dates(key):
    trust = Trust((TrustedKey(key.public, not_before=WHEN, not_after=WHEN + DAY),))
    for claimed, good in (
        (WHEN - SECOND, False), (WHEN, True), (WHEN + DAY, True), (WHEN + DAY + SECOND, False),
    ):  # fmt: skip
        for independent in (None, WHEN + DAY * 9):
            assert (trust.fault(key.key_id, "issuer", independent, claimed) == "") == good


def test_a_later_checkpoint_makes_no_certificate_worse(key):
    """A log's later checkpoints are stamped later: that must not undo what an earlier one showed."""
    trust = Trust((TrustedKey(key.public, not_after=WHEN + DAY),))
    assert trust.fault(key.key_id, "issuer", WHEN + DAY * 900, WHEN) == ""


def test_a_key_has_only_the_roles_that_it_is_listed_with(key, make):
    log = make()
    trust = Trust((TrustedKey(key.public), TrustedKey(log.public, "log")))
    assert trust.fault(key.key_id, "issuer", None, WHEN) == ""
    assert trust.fault(key.key_id, "log", None, WHEN)
    assert trust.fault(log.key_id, "issuer", None, WHEN)
    assert trust.fault("0" * 64, "issuer", None, WHEN)
    assert failed(verify(sign(statement(), log).to_json(), trust)) == ["signature"]


def test_a_root_key_signs_no_certificate(key, root):
    trust = Trust((TrustedKey(key.public), TrustedKey(root.public, "root")))
    assert failed(verify(sign(statement(), root).to_json(), trust)) == ["signature"]
    assert failed(verify(sign(statement(), key, root).to_json(), trust)) == ["signature"]


# -- how many ------------------------------------------------------------------------------------


def test_a_threshold_counts_keys_not_signatures(key, make):
    second = make()
    trust = listed(key, second, thresholds={"issuer": 2})
    ids = [key.key_id, second.key_id]
    assert trust.judge(ids, "issuer", None, WHEN) == ""
    assert trust.judge(ids[:1], "issuer", None, WHEN)
    assert trust.judge(ids[:1] * 5, "issuer", None, WHEN)
    assert trust.judge([], "issuer", None, WHEN)
    alone, both = sign(statement(), key), sign(statement(), key, second)
    assert failed(verify(alone.to_json(), trust)) == ["key validity"]
    assert verify(both.to_json(), trust).exit_code == 0


def test_a_revoked_key_does_not_count_for_a_threshold(key, make):
    second = make()
    revoked = TrustedKey(second.public, revoked_at=NOW)
    trust = Trust((TrustedKey(key.public), revoked), {"issuer": 2})
    both = sign(statement(), key, second)
    assert failed(verify(both.to_json(), trust)) == ["key validity"]


def test_one_key_under_two_ids_counts_once(key, tmp_path):
    """In PEM, DER and base64, or under an id of its own: it is listed once, and signs once."""
    pem, der = key.public_pem.decode(), spelt(key)
    for first, second in ((pem, der), (der, der), (pem, pem)):
        with pytest.raises(CertificateError):
            trusting(tmp_path / "t", *({"spki": s, "role": "issuer"} for s in (first, second)))
    with pytest.raises(CertificateError):
        trusting(tmp_path / "t", {"spki": der, "role": "issuer", "keyId": "1" * 64})
    with pytest.raises(CertificateError):
        trusting(tmp_path / "t", key, thresholds={"issuer": 2})
    good = sign(statement(), key)
    one = good.envelope["signatures"][0]
    twice = {**good.envelope, "signatures": [one, {**one, "keyid": "1" * 64}]}
    report = verify(envelope_json(twice), trusting(tmp_path / "t", key))
    assert failed(report) == ["signature"]


def test_a_key_file_may_be_pem_der_or_base64(key, tmp_path):
    for content in (key.public_pem, spki(key.public), spelt(key).encode()):
        (tmp_path / "k").write_bytes(content)
        assert load_trust(tmp_path / "k").issuers().keys() == {key.key_id}


@pytest.mark.parametrize("others", [["log"], ["researcher"], ["validator"], ["root"]])
def test_who_issues_does_nothing_else(key, tmp_path, others):
    """One stolen key must not both forge a certificate and log, acknowledge or validate it."""
    entries = [{"spki": spelt(key), "role": role} for role in ("issuer", *others)]
    for order in (entries, entries[::-1]):
        with pytest.raises(CertificateError, match="another role"):
            trusting(tmp_path / "t", *order)


@pytest.mark.parametrize(
    "thresholds", [{"issuer": 0}, {"issuer": -1}, {"issuer": 2}, {"issuer": True}, {"king": 1}, {"log": 1}, []]
)  # fmt: skip
def test_a_threshold_that_cannot_be_met_or_means_nothing_is_refused(key, tmp_path, thresholds):
    with pytest.raises(CertificateError):
        trusting(tmp_path / "t", key, thresholds=thresholds)


# -- the signed policy ---------------------------------------------------------------------------


def test_a_signed_policy_is_read_with_its_root(key, path, tmp_path, policy):
    trust = load_trust(path, tmp_path / "root.pub")
    assert trust == policy
    assert verify(sign(statement(), key).to_json(), trust).exit_code == 0


def test_a_signed_policy_counts_for_nothing_without_its_root(path):
    with pytest.raises(CertificateError, match="root is not given"):
        load_trust(path)


def test_an_unsigned_policy_does_not_pass_for_a_signed_one(path, tmp_path, key):
    """Who pins a root gets the root's policy: neither its bare content nor a key."""
    payload = open_envelope(path.read_bytes(), POLICY_TYPE).payload
    for content in (payload, key.public_pem):
        path.write_bytes(content)
        with pytest.raises(CertificateError, match="not signed by the root"):
            load_trust(path, tmp_path / "root.pub")


def test_a_policy_by_another_root_is_refused(path, tmp_path, policy, make):
    thief = make()
    path.write_bytes(sign_policy(policy, [thief]))
    with pytest.raises(CertificateError, match="not signed by the root that is pinned"):
        load_trust(path, tmp_path / "root.pub")
    named = json.loads(path.read_bytes())
    named["signatures"][0]["keyid"] = load_trust(tmp_path / "root.pub").keys[0].key_id
    path.write_text(json.dumps(named))
    with pytest.raises(CertificateError, match="not signed by the root that is pinned"):
        load_trust(path, tmp_path / "root.pub")


def test_no_bit_of_a_signed_policy_can_be_flipped(path, tmp_path):
    good = path.read_bytes()
    for at in range(len(good)):
        flipped = bytearray(good)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        with pytest.raises(CertificateError):
            load_trust(path, tmp_path / "root.pub")


def test_a_certificate_is_no_policy(path, tmp_path, root, policy):
    """The root's signature over a statement, or a statement's type around a policy."""
    path.write_bytes(sign(open_envelope(path.read_bytes(), POLICY_TYPE).payload, root).to_json())
    with pytest.raises(CertificateError):
        load_trust(path, tmp_path / "root.pub")


def test_a_policy_does_not_name_its_own_root(path, tmp_path, root, make):
    heir = TrustedKey(make().public, "root")
    path.write_bytes(sign_policy(Trust((heir,), {}, 1, NOW), [root]))
    with pytest.raises(CertificateError, match="own root"):
        load_trust(path, tmp_path / "root.pub")
    with pytest.raises(CertificateError, match="root is listed"):
        sign_policy(Trust((TrustedKey(root.public),), {}, 1, NOW), [root])


@pytest.mark.parametrize("change", [{"version": 0}, {"issued_at": None}])
def test_a_signed_policy_has_a_version_and_a_time(path, tmp_path, root, policy, change):
    path.write_bytes(sign_policy(replace(policy, **change), [root]))
    with pytest.raises(CertificateError, match="version or time"):
        load_trust(path, tmp_path / "root.pub")


def test_two_roots_sign_where_two_are_asked_for(path, tmp_path, root, policy, make):
    second = make()
    roots = [{"spki": spelt(one), "role": "root"} for one in (root, second)]
    trusting(tmp_path / "roots.json", *roots, thresholds={"root": 2})
    with pytest.raises(CertificateError, match="fewer root keys"):
        load_trust(path, tmp_path / "roots.json")
    path.write_bytes(envelope_json(countersign(path.read_bytes(), second, POLICY_TYPE)))
    assert load_trust(path, tmp_path / "roots.json") == policy


def test_a_new_root_signs_beside_the_old_one(path, tmp_path, root, policy, make):
    """Who has pinned either of them reads the policy; who has pinned neither does not."""
    heir, stranger = make(), make()
    path.write_bytes(sign_policy(policy, [root, heir]))
    for pinned, good in ((root, True), (heir, True), (stranger, False)):
        (tmp_path / "pin").write_bytes(pinned.public_pem)
        if good:
            assert load_trust(path, tmp_path / "pin") == policy
        else:
            with pytest.raises(CertificateError):
                load_trust(path, tmp_path / "pin")


@pytest.mark.parametrize(
    "entry",
    [
        {"reason": "key_compromise"},
        {"reason": "Jane left", "revokedAt": "2027-01-01T00:00:00Z"},
        {"identity": "a\u202eb"},
        {"identity": "a\nb"},
        {"identity": "x" * 201},
        {"identity": 1},
        {"replaces": "0" * 64},
        {"replaces": "x"},
        {"replaces": ["0"]},
        {"role": ["issuer"]},
        {"spki": None},
        {"spki": "é"},
    ],
)
def test_a_malformed_entry_is_refused(key, tmp_path, entry):
    with pytest.raises(CertificateError):
        trusting(tmp_path / "t", {"spki": spelt(key), "role": "issuer", **entry})


@pytest.mark.parametrize(
    "content",
    [
        b'{"schema":"pii-guard/trust/1","keys":[],"version":1.0}',
        b'{"schema":"pii-guard/trust/1","keys":[],"version":NaN}',
        b'{"schema":"pii-guard/trust/1","keys":[],"version":true}',
        b'{"schema":"pii-guard/trust/1","keys":[],"version":-1}',
        b'{"schema":"pii-guard/trust/1","keys":[],"keys":[]}',
        b'{"schema":"pii-guard/trust/1","keys":{}}{}',
        b'{"schema":"pii-guard/trust/1","keys":"x"}',
        b'{"schema":"pii-guard/trust/2","keys":[]}',
        b"{" + b" " * 2**20 + b"}",
        b'{"payload":"","payloadType":"","signatures":[]}',
    ],
)
def test_a_malformed_policy_is_refused(tmp_path, content):
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(CertificateError):
        load_trust(tmp_path / "t")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("root"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)  # fmt: skip
SPKI = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="


@given(
    st.sampled_from(["schema", "keys", "version", "issuedAt", "thresholds", "x"]),
    st.sampled_from(["", "spki", "role", "identity", "notAfter", "reason", "replaces", "keyId"]),
    json_values,
)
def test_no_policy_is_anything_but_read_or_refused(top, field, value):
    table = {"schema": "pii-guard/trust/1", "keys": [{"spki": SPKI, "role": "log"}]}
    if field:
        table["keys"][0][field] = value
    else:
        table[top] = value
    try:
        policy = read_policy(json.dumps(table).encode())
    except CertificateError as error:
        assert error.remedy
    else:
        assert read_policy(json.dumps(policy_table(policy)).encode()) == policy


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_end_of_the_calendar_is_refused(time):
    entry = {"spki": SPKI, "role": "log", "notAfter": time}
    with pytest.raises(CertificateError, match="malformed"):
        read_policy(json.dumps({"schema": "pii-guard/trust/1", "keys": [entry]}).encode())


# -- versions ------------------------------------------------------------------------------------


def test_an_older_policy_is_not_taken_again(path, tmp_path, policy, root, key):
    """The attack: the policy from before the revocation is put back."""
    seen, pin, old = tmp_path / "seen", tmp_path / "root.pub", path.read_bytes()
    load_trust(path, pin, seen)
    path.write_bytes(
        sign_policy(with_revocation(policy, key.key_id, NOW, "key_compromise", NOW), [root])
    )
    assert load_trust(path, pin, seen).version == 3
    assert load_trust(path, pin, seen).version == 3
    path.write_bytes(old)
    with pytest.raises(CertificateError, match="older"):
        load_trust(path, pin, seen)


def test_two_policies_of_one_version_are_an_alarm(path, tmp_path, policy, root, make):
    seen, pin = tmp_path / "seen", tmp_path / "root.pub"
    load_trust(path, pin, seen)
    other = replace(policy, keys=(TrustedKey(make().public),))
    path.write_bytes(sign_policy(other, [root]))
    with pytest.raises(CertificateError, match="two trust policies"):
        load_trust(path, pin, seen)


def test_a_policy_that_is_refused_is_not_remembered(path, tmp_path, policy, make):
    seen = tmp_path / "seen"
    path.write_bytes(sign_policy(replace(policy, version=99), [make()]))
    with pytest.raises(CertificateError):
        load_trust(path, tmp_path / "root.pub", seen)
    assert not seen.exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"schema":"pii-guard/trust-seen/1"}'])
def test_a_memory_that_says_nothing_is_no_fresh_start(path, tmp_path, content):
    seen = tmp_path / "seen"
    seen.write_bytes(content)
    with pytest.raises(CertificateError, match="seen last"):
        load_trust(path, tmp_path / "root.pub", seen)
    assert seen.read_bytes() == content


def test_a_memory_that_cannot_be_written_is_no_obstacle(path, tmp_path, policy):
    assert load_trust(path, tmp_path / "root.pub", tmp_path / "none" / "seen") == policy
    assert not list(tmp_path.glob("**/*.part"))


# -- changes -------------------------------------------------------------------------------------


def test_a_rotated_key_ends_when_the_new_one_begins(policy, key, make):
    new = TrustedKey(make().public, "issuer", not_before=NOW + DAY, replaces=key.key_id)
    after = with_key(policy, new, NOW)
    assert after.version == policy.version + 1
    old, fresh = after.keys
    assert (old.not_after, fresh.replaces) == (NOW + DAY, key.key_id)
    assert after.fault(key.key_id, "issuer", None, NOW) == ""
    assert after.fault(key.key_id, "issuer", None, NOW + DAY * 2)
    ended = with_key(Trust((replace(policy.keys[0], not_after=NOW),)), new, NOW)
    assert ended.keys[0].not_after == NOW


def test_a_replaced_key_stays_listed(policy, make):
    with pytest.raises(CertificateError, match="replaced"):
        Trust((TrustedKey(make().public, replaces=policy.keys[0].key_id),))


def test_a_revocation_is_never_made_later(policy, key):
    revoked = with_revocation(policy, key.key_id, NOW, "key_compromise", NOW)
    assert revoked.keys[0].revoked_at == NOW
    for at in (NOW, NOW + DAY):
        with pytest.raises(CertificateError, match="already"):
            with_revocation(revoked, key.key_id, at, "retired", NOW)
    earlier = with_revocation(revoked, key.key_id, NOW - DAY, "key_compromise", NOW)
    assert earlier.keys[0].revoked_at == NOW - DAY


def test_a_revocation_is_of_every_role_of_the_key(key):
    both = Trust((TrustedKey(key.public, "log"), TrustedKey(key.public, "validator")), {}, 1, NOW)
    revoked = with_revocation(both, key.key_id, NOW, "retired", NOW)
    assert [one.revoked_at for one in revoked.keys] == [NOW, NOW]


def test_a_key_is_found_by_enough_of_its_id(policy, key):
    assert find(policy, key.key_id[:8].upper()) == key.key_id
    for beginning in ("", key.key_id[:7], "0" * 64):
        with pytest.raises(CertificateError):
            find(policy, beginning)


def test_what_is_signed_is_canonical_and_reads_back(policy, root):
    payload = open_envelope(sign_policy(policy, [root]), POLICY_TYPE).payload
    assert (
        payload == json.dumps(json.loads(payload), sort_keys=True, separators=(",", ":")).encode()
    )
    assert read_policy(payload) == policy


def test_who_signed_is_told_by_role_only(key, make):
    log = make()
    trust = Trust((TrustedKey(key.public), TrustedKey(log.public, "log")))
    opened = open_envelope(sign(statement(), key, log).to_json())
    assert trust.signers(opened, "issuer") == (key.key_id,)
    assert trust.signers(opened, "log") == (log.key_id,)
    with pytest.raises(Unverified, match="names no researcher"):
        trust.signers(opened, "researcher")
