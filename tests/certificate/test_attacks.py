"""Every attack on a certificate fails closed, and by the rule that names it."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard import CertificateError
from pii_guard.certificate import Checks, generate, load_trust, sign, verify
from pii_guard.certificate.envelope import MOST_BYTES
from pii_guard.certificate.report import RULES
from tests.certificate.conftest import (
    OUTPUTS,
    WHEN,
    envelope,
    failed,
    parsed,
    repacked,
    spki,
    statement,
    statuses,
    trusting,
)


def leaves(value, path=()):
    if isinstance(value, (dict, list)) and value:
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        return [p for step, one in steps for p in leaves(one, (*path, step))]
    return [path]


def altered(path, value, whole=None):
    whole = parsed() if whole is None else whole
    target = whole
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return whole


def other(value):
    """Another value of the same kind, so that only the signature can tell."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("a" if value[-1] != "a" else "b") if isinstance(value, str) else None


def signed(whole, key):
    return sign(json.dumps(whole).encode(), key).to_json()


# -- the envelope ------------------------------------------------------------------------------


def test_no_byte_of_the_envelope_can_be_flipped(key, trust):
    good = sign(statement(), key).to_json()
    for at in range(len(good)):
        flipped = bytearray(good)
        flipped[at] ^= 1 << at % 8
        report = verify(bytes(flipped), trust)
        assert report.exit_code, at
        assert failed(report) in (["envelope"], ["signature"])


def test_no_claim_can_be_altered_under_a_signature(key, trust):
    certificate = sign(statement(), key)
    paths = leaves(parsed())
    assert len(paths) > 60
    for path in paths:
        whole = parsed()
        target = whole
        for step in path:
            target = target[step]
        forged = json.dumps(altered(path, other(target))).encode()
        assert failed(verify(repacked(certificate, forged), trust)) == ["signature"], path


@pytest.mark.parametrize(
    "broken",
    [
        lambda c: b"",
        lambda c: b"not json",
        lambda c: b"\xff\xfe",
        lambda c: c.to_json() + b" " * MOST_BYTES,
        lambda c: b"[" * 100_000,
        lambda c: b"[]",
        lambda c: envelope(c, payloadType="text/plain"),
        lambda c: envelope(c, payloadType="application/vnd.in-toto+json "),
        lambda c: envelope(c, payloadType=1),
        lambda c: envelope(c, signatures=[]),
        lambda c: envelope(c, signatures={}),
        lambda c: envelope(c, signatures=c.envelope["signatures"] * 17),
        lambda c: envelope(c, signatures=c.envelope["signatures"] * 2),
        lambda c: envelope(c, signatures=[{**c.envelope["signatures"][0], "cert": ""}]),
        lambda c: envelope(c, signatures=[{**c.envelope["signatures"][0], "keyid": ["x"]}]),
        lambda c: envelope(c, signatures=[{**c.envelope["signatures"][0], "keyid": ""}]),
        lambda c: envelope(c, signatures=[{**c.envelope["signatures"][0], "sig": 1}]),
        lambda c: envelope(c, extra=1),
        lambda c: envelope(c, payload=c.envelope["payload"] + "\n"),
        lambda c: envelope(c, payload=None),
        lambda c: json.dumps({k: v for k, v in c.envelope.items() if k != "payload"}).encode(),
        lambda c: c.to_json().replace(b'"payloadType"', b'"payload": "", "payloadType"', 1),
        lambda c: c.to_json().replace(b'"keyid"', b'"keyid": "x", "keyid"', 1),
        lambda c: "﻿".encode() + c.to_json(),
    ],
    ids="empty text utf16 oversized nesting list type_confusion type_space type_number unsigned "
    "signatures_table too_many_signatures repeated_signature embedded_certificate keyid_list "
    "keyid_empty sig_number unknown_field base64_slack payload_null payload_missing "
    "duplicate_key duplicate_keyid bom".split(),
)
def test_malformed_envelopes_are_refused(key, trust, broken):
    report = verify(broken(sign(statement(), key)), trust)
    assert report.exit_code == 3
    assert failed(report) == ["envelope"]
    assert [rule.name for rule in report.rules] == list(RULES)


def test_a_signature_has_one_spelling(key, trust):
    """Base64 leaves bits unused at the end of 64 bytes: with them set it is no base64 of ours."""
    certificate = sign(statement(), key)
    one = certificate.envelope["signatures"][0]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = one["sig"].rstrip("=")[-1]
    second = one["sig"].replace(last + "==", letters[letters.index(last) + 1] + "==")
    assert base64.b64decode(second) == base64.b64decode(one["sig"])
    report = verify(envelope(certificate, signatures=[{**one, "sig": second}]), trust)
    assert failed(report) == ["envelope"]


FREE = {"ref", "version", "nonce", "certificateId", "issuedAt", "retained"}
"""Fields that can be something else without contradicting anything: the signature covers them."""
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)  # fmt: skip


@given(st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
def test_nothing_that_is_read_raises(content):
    from pii_guard.certificate import Trust

    assert verify(content, Trust(())).exit_code == 3


@given(json_values, st.data())
def test_no_signed_statement_raises_or_passes(signer, value, data):
    """An issuer's key in the wrong hands: any value, at any place of a statement."""
    trust = load_trust(signer.path.with_suffix(".pub"))
    paths = [*leaves(parsed()), ("predicate",), ("subject",), ("predicate", "findings", 0)]
    path = data.draw(st.sampled_from([path for path in paths if not FREE & set(path)]))
    target = parsed()
    for step in path:
        target = target[step]
    if value == target and type(value) is type(target):
        return
    report = verify(signed(altered(path, value), signer), trust)
    assert report.exit_code
    assert set(failed(report)) & {"types", "grammar", "consistency"}
    assert [rule.name for rule in report.rules] == list(RULES)


# -- keys --------------------------------------------------------------------------------------


def test_a_self_trusted_key_is_not_trusted(trust, tmp_path):
    forged = sign(statement(), generate(tmp_path / "thief.pem"))
    assert failed(verify(forged.to_json(), trust)) == ["signature"]


def test_what_nobody_vouches_for_is_not_read(trust, tmp_path):
    forged = sign(b"\xff not even JSON", generate(tmp_path / "thief.pem"))
    report = verify(forged.to_json(), trust)
    assert report.exit_code == 1
    assert statuses(report)["types"] == statuses(report)["grammar"] == "not_checked"
    assert report.rules[2].reason == "the rule signature failed"


def test_a_key_id_does_not_lend_trust(key, trust, tmp_path):
    forged = sign(statement(), generate(tmp_path / "thief.pem"))
    one = {**forged.envelope["signatures"][0], "keyid": key.key_id}
    assert failed(verify(envelope(forged, signatures=[one]), trust)) == ["signature"]


def test_a_signature_over_another_type_is_not_one_over_this(key, trust):
    """DSSE signs the payload's type too; a signature over the bare payload is refused."""
    certificate = sign(statement(), key)
    bare = base64.b64encode(key.private.sign(certificate.payload)).decode()
    report = verify(envelope(certificate, signatures=[{"keyid": key.key_id, "sig": bare}]), trust)
    assert failed(report) == ["signature"]


@pytest.mark.parametrize("first", [True, False])
def test_a_signature_that_nobody_vouches_for_spoils_the_good_one(key, trust, tmp_path, first):
    thief = sign(statement(), generate(tmp_path / "thief.pem"))
    good = sign(statement(), key)
    both = [*good.envelope["signatures"], *thief.envelope["signatures"]]
    report = verify(envelope(good, signatures=both if first else both[::-1]), trust)
    assert failed(report) == ["signature"]


def test_a_broken_signature_spoils_the_good_one(key, tmp_path):
    second = generate(tmp_path / "second.pem")
    trust = trusting(tmp_path / "t", key, second)
    good, other_one = sign(statement(), key), sign(statement(), second)
    both = [*good.envelope["signatures"], *other_one.envelope["signatures"]]
    assert verify(envelope(good, signatures=both), trust).exit_code == 0
    both[1]["sig"] = both[0]["sig"]
    assert failed(verify(envelope(good, signatures=both), trust)) == ["signature"]


def test_a_valid_key_does_not_cover_for_an_expired_one(key, tmp_path):
    """The dates that count are those of the key that signed, not of one that is merely named."""
    second = generate(tmp_path / "second.pem")
    expired = {"spki": spki(key), "role": "issuer", "notAfter": "2026-01-01T00:00:00Z"}
    trust = trusting(tmp_path / "t", expired, second)
    good = sign(statement(), key)
    named = {"keyid": second.key_id, "sig": good.envelope["signatures"][0]["sig"]}
    both = [named, *good.envelope["signatures"]]
    assert failed(verify(envelope(good, signatures=both), trust)) == ["signature"]
    assert failed(verify(good.to_json(), trust)) == ["key validity"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"notBefore": (WHEN + timedelta(seconds=1)).isoformat()}, 1),
        ({"notBefore": WHEN.isoformat()}, 0),
        ({"notAfter": (WHEN - timedelta(seconds=1)).isoformat()}, 1),
        ({"notAfter": WHEN.isoformat()}, 0),
        ({"revokedAt": "2027-01-01T00:00:00Z"}, 1),
        ({"revokedAt": "2020-01-01T00:00:00Z"}, 1),
    ],
)
def test_a_key_vouches_only_while_it_is_valid(key, tmp_path, fields, code):
    """A revoked key does not vouch at all: the certificate's own time may be a thief's."""
    trust = trusting(tmp_path / "t", {"spki": spki(key), "role": "issuer", **fields})
    report = verify(sign(statement(), key).to_json(), trust)
    assert report.exit_code == code
    assert failed(report) == (["key validity"] if code else [])


def test_after_a_rotation_the_valid_key_of_two_is_enough(key, tmp_path):
    second = generate(tmp_path / "second.pem")
    revoked = {"spki": spki(key), "role": "issuer", "revokedAt": "2027-01-01T00:00:00Z"}
    trust = trusting(tmp_path / "t", revoked, second)
    good, again = sign(statement(), key), sign(statement(), second)
    both = [*good.envelope["signatures"], *again.envelope["signatures"]]
    assert verify(envelope(good, signatures=both), trust).exit_code == 0


def test_a_key_of_another_role_is_no_issuer(key, tmp_path):
    keys = [{"spki": spki(key), "role": role} for role in ("researcher", "log", "validator")]
    thief = generate(tmp_path / "second.pem")
    good = sign(statement(), key).to_json()
    assert failed(verify(good, trusting(tmp_path / "t", *keys))) == ["signature"]
    assert failed(verify(good, trusting(tmp_path / "t", *keys, thief))) == ["signature"]


@pytest.mark.parametrize(
    "content", ["", "x", "{}", '{"schema": "pii-guard/trust/1", "keys": [{}]}', "[" * 99_999]
)
def test_a_bad_trust_file_is_a_usage_error(tmp_path, content):
    path = tmp_path / "t"
    path.write_text(content)
    with pytest.raises(CertificateError):
        load_trust(path)


def test_a_trust_file_says_one_thing_only(key, tmp_path):
    """A key listed twice, a field twice, a time without zone, somebody else's key id."""
    entry = {"spki": spki(key), "role": "issuer"}
    revoked = {**entry, "revokedAt": "2027-01-01T00:00:00Z"}
    for keys in (
        [entry, revoked], [revoked, entry], [{**entry, "notAfter": "2027-01-01T00:00:00"}],
        [{**entry, "keyId": "0" * 64}], [{**entry, "role": "root of all"}], [{**entry, "note": ""}],
        [{**entry, "notAfter": 5}], [{**entry, "spki": "AAAA"}],
    ):  # fmt: skip
        with pytest.raises(CertificateError):
            trusting(tmp_path / "t", *keys)
    with pytest.raises(CertificateError):
        trusting(tmp_path / "t", entry, extra=1)
    text = json.dumps({"schema": "pii-guard/trust/1", "keys": [revoked]})
    (tmp_path / "t").write_text(text.replace('"revokedAt"', '"role": "issuer", "revokedAt"'))
    with pytest.raises(CertificateError):
        load_trust(tmp_path / "t")
    assert trusting(tmp_path / "t", revoked).issuers()


def test_without_an_issuer_nothing_verifies(key, tmp_path):
    report = verify(sign(statement(), key).to_json(), trusting(tmp_path / "t"))
    assert failed(report) == ["signature"]


# -- statements signed by the issuer that must not be believed ------------------------------------


@pytest.mark.parametrize(
    ("payload", "rule", "code"),
    [
        (b'{"_type": NaN}', "types", 3),
        (statement().replace(b'"findings":0', b'"findings":0.0'), "types", 3),
        (statement().replace(b'"_type"', b'"_type":"x","_type"', 1), "types", 3),
        (statement().replace(b'"result"', b'"result":"complete","result"', 1), "types", 3),
        (statement()[:-1], "types", 3),
        (b"\xff", "types", 3),
        (b"[" * 100_000, "types", 3),
        (b"[]", "types", 1),
        (b"{}", "types", 1),
        (statement().replace(b"Statement/v1", b"Statement/v2"), "types", 1),
        (statement().replace(b"certificate:v1", b"certificate:v2"), "types", 1),
        (statement().replace(b'"result"', b'"x-result":1,"result"'), "grammar", 1),
        (statement().replace(b'"VDP-1"', b'"jane@mail.example"'), "grammar", 1),
        (statement().replace(b'"handwriting"', b'"Jane Roe"'), "grammar", 1),
    ],
    ids="nan float duplicate_key duplicate_result truncated no_utf8 nesting list empty "
    "statement_v2 predicate_v2 unknown_field ref_with_mail name_among_gaps".split(),
)
def test_a_signed_but_malformed_statement_is_refused(key, trust, payload, rule, code):
    report = verify(sign(payload, key).to_json(), trust)
    assert (report.exit_code, failed(report)) == (code, [rule])
    assert not any("jane" in one.reason.lower() for one in report.rules)


CONTRADICTIONS = {
    "received": (("predicate", "coverage", "received"), 7),
    "scanned": (("predicate", "coverage", "scanned"), 3),
    "unscannable": (("predicate", "coverage", "unscannable"), 0),
    "partial": (("predicate", "coverage", "partial"), 1),
    "result": (("predicate", "result"), "complete"),
    "residue": (("predicate", "residualScan", "findings"), 1),
    "residue count": (("predicate", "residualScan", "artifacts"), 1),
    "residue rules": (("predicate", "residualScan", "rulesetDigest"), "sha256:" + "1" * 64),
    "no deletions": (("predicate", "deletions"), []),
    "a deletion of another": (("predicate", "deletions", 0, "artifact"), "artifact-002"),
    "a deletion renumbered": (("predicate", "deletions", 0, "id"), "x9"),
    "a stronger claim": (("predicate", "deletions", 2, "claim"), "attested"),
    "a stronger assurance": (("predicate", "deletions", 0, "assurance"), "observed"),
    "distinct": (("predicate", "findings", 0, "distinct"), 9),
    "none distinct": (("predicate", "findings", 0, "distinct"), 0),
    "occurrences": (("predicate", "findings", 0, "occurrences"), 5),
    "truncated": (("predicate", "findings", 0, "locationsTruncated"), True),
    "no findings": (("predicate", "findings"), []),
    "a finding elsewhere": (("predicate", "findings", 0, "artifact"), "artifact-002"),
    "a finding nowhere": (("predicate", "findings", 0, "artifact"), "artifact-009"),
    "a finding renumbered": (("predicate", "findings", 0, "id"), "f2"),
    "a token of another type": (("predicate", "findings", 0, "type"), "PERSON"),
    "retained nowhere": (("predicate", "retained", 0, "artifact"), "artifact-009"),
    "retained never": (("predicate", "retained", 0, "occurrences"), 0),
    "an artifact renumbered": (("predicate", "artifacts", 0, "id"), "artifact-009"),
    "held back without reason": (("predicate", "artifacts", 0, "disposition"), "quarantined"),
    "stored with a reason": (("predicate", "artifacts", 2, "disposition"), "clean"),
    "another extension": (("predicate", "artifacts", 0, "mediaType"), "text/csv"),
    "a subject less": (("subject",), parsed()["subject"][:1]),
    "subjects swapped": (("subject",), parsed()["subject"][::-1]),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_statement_that_contradicts_itself_is_refused(key, trust, name):
    report = verify(signed(altered(*CONTRADICTIONS[name]), key), trust)
    assert failed(report) == ["consistency"]


def test_two_tokens_are_two_values(key, trust):
    whole = parsed()
    (found,) = whole["predicate"]["findings"]
    found["locations"].append({"place": "-", "token": "<US_SSN_2>"})
    found["occurrences"] = 2
    assert failed(verify(signed(whole, key), trust)) == ["consistency"]
    found["distinct"] = 2
    assert failed(verify(signed(whole, key), trust)) == []


def test_the_manifest_is_that_of_the_artifacts(key, trust):
    whole = parsed(artifacts=[])
    whole["subject"][0]["digest"]["sha256"] = "0" * 64
    assert failed(verify(signed(whole, key), trust)) == ["consistency"]


def test_an_empty_list_of_what_is_not_covered_is_refused(key, trust):
    whole = altered(("predicate", "notCovered"), [])
    assert failed(verify(signed(whole, key), trust)) == ["grammar"]


# -- the stored outputs --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("damage", "rules"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b" "), ["outputs", "other files"]),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), ["outputs", "other files"]),
        (lambda path: path.write_bytes(b""), ["outputs", "other files"]),
        (lambda path: path.unlink(), ["outputs"]),
    ],
    ids="longer shorter emptied missing".split(),
)
def test_an_altered_output_is_seen(key, trust, stored, number, damage, rules):
    damage(stored / f"anything{number}.md")
    report = verify(
        sign(statement(), key).to_json(), trust, Checks(stored, rescan=lambda blob, kind: 0)
    )
    assert failed(report) == rules
    assert statuses(report)["rescan"] == "not_checked"
    assert f"artifact-00{number + 1}." in next(
        rule.reason for rule in report.rules if rule.name == "outputs"
    )


def test_no_byte_of_an_output_can_be_flipped(key, trust, stored):
    good = sign(statement(), key).to_json()
    path = stored / "anything0.md"
    for at in range(len(OUTPUTS[0])):
        flipped = bytearray(OUTPUTS[0])
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        assert "outputs" in failed(verify(good, trust, Checks(stored)))


@pytest.mark.parametrize("name", ["Jane Roe.txt", "sub/certificate.json", ".hidden"])
def test_a_file_that_the_certificate_does_not_cover_is_seen(key, trust, stored, name):
    (stored / "sub").mkdir()
    (stored / name).write_bytes(b"the original of Jane Roe")
    report = verify(sign(statement(), key).to_json(), trust, Checks(stored))
    assert failed(report) == ["other files"]
    assert not any("Jane" in rule.reason for rule in report.rules)


def test_another_certificate_is_another_file(key, trust, stored):
    (stored / "certificate.json").write_bytes(sign(statement(ref="VDP-2"), key).to_json())
    report = verify(sign(statement(), key).to_json(), trust, Checks(stored))
    assert failed(report) == ["other files"]


def test_a_second_copy_of_an_output_is_covered(key, trust, stored):
    (stored / "again.md").write_bytes(OUTPUTS[0])
    assert verify(sign(statement(), key).to_json(), trust, Checks(stored)).exit_code == 0


def test_an_output_that_cannot_be_read_is_not_as_certified(key, trust, stored, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "no", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    report = verify(sign(statement(), key).to_json(), trust, Checks(stored))
    assert failed(report) == ["outputs"]
    assert not any("anything" in rule.reason for rule in report.rules)


def test_a_failing_rescan_is_seen(key, trust, stored):
    report = verify(
        sign(statement(), key).to_json(), trust, Checks(stored, rescan=lambda blob, kind: 1)
    )
    assert failed(report) == ["rescan"]


@pytest.mark.parametrize(
    "hide",
    [
        lambda folder, away: (folder / "originals").symlink_to(away),
        lambda folder, away: (folder / "gone").symlink_to("/nonexistent/place"),
        lambda folder, away: (folder / "empty-of-jane").mkdir(),
        lambda folder, away: os.mkfifo(folder / "pipe"),
    ],
    ids="linked-directory dangling-link empty-directory pipe".split(),
)
def test_what_is_no_file_is_something_else_that_is_there(key, trust, stored, tmp_path, hide):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "jane.txt").write_bytes(b"Jane Roe")
    hide(stored, tmp_path / "away")
    report = verify(sign(statement(), key).to_json(), trust, Checks(stored))
    assert failed(report) == ["other files"]
