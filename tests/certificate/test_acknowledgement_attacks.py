"""Every attack on an acknowledgement fails closed, and says by which rule."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from random import Random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pii_guard.certificate import generate, sshsig
from pii_guard.certificate.acknowledgement import NAMESPACE, Signing
from pii_guard.certificate.envelope import Signature, pae
from pii_guard.certificate.researcher import load_researcher, researcher_id
from pii_guard.certificate.ssh_envelope import MOST_BYTES, is_by, open_small, sealed_by_ssh
from pii_guard.certificate.strict import Malformed
from pii_guard.certificate.terms import load_terms
from pii_guard.errors import CertificateError
from tests.certificate.acknowledging import (
    DONE,
    PLATFORM,
    TERMS,
    acknowledged,
    altered,
    check,
    enveloped,
    signed,
)
from tests.certificate.conftest import spki, statement, trusting
from tests.certificate.ssh import keygen_sign, made, needs_ssh_keygen, new_key

UNTRUSTED = "a signature is not by a trusted key"
NOBODY = "a signature is by neither the case's researcher nor an issuer"
LATE = "dated later than something independent saw it"
METHOD = "it is signed by another method than it says"


@pytest.fixture
def researcher(tmp_path):
    return generate(tmp_path / "researcher.pem")


@pytest.fixture
def stranger(tmp_path):
    return generate(tmp_path / "stranger.pem")


@pytest.fixture
def registered(researcher):
    return [load_researcher(researcher.public_pem)]


@pytest.fixture
def both(key, researcher, tmp_path):
    return trusting(tmp_path / "trust.json", key, {"spki": spki(researcher), "role": "researcher"})


# -- which certificate ---------------------------------------------------------------------------


def test_an_acknowledgement_of_another_case_is_not_replayed(both, researcher):
    other = acknowledged(certificate=statement(ref="VDP-2"))
    assert check(signed(other, researcher), both) == ["it is about another certificate"]


def test_the_right_digest_with_another_certificates_id_is_refused(both, researcher):
    forged = altered(certificate={"id": "urn:uuid:" + "0" * 8 + "-0000-0000-0000-" + "0" * 12})
    assert check(signed(forged, researcher), both) == ["it names another certificate"]


def test_two_certificates_are_not_acknowledged_at_once(both, researcher):
    whole = json.loads(acknowledged())
    whole["subject"] *= 2
    content = signed(json.dumps(whole).encode(), researcher)
    assert check(content, both) == ["it is about more than one certificate"]


@pytest.mark.parametrize("before", [timedelta(seconds=1), timedelta(days=400)])
def test_nothing_is_completed_before_the_certificate_is_issued(both, researcher, before):
    early = DONE - timedelta(days=2) - before
    forged = altered(completedAt=early.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert check(signed(forged, researcher), both) == [
        "it was completed before the certificate was issued"
    ]


def test_nothing_is_completed_after_it_was_seen(both, researcher):
    content = signed(acknowledged(), researcher)
    seen = DONE - timedelta(minutes=6)  # five are a clock's
    own = [load_researcher(researcher.public_pem)]
    for keys in ((), own):
        assert check(content, both, researchers=keys, independent=seen) == [LATE]


def test_nothing_is_completed_after_it_was_seen_by_a_key_in_no_list(trust, registered, researcher):
    content = signed(acknowledged(), researcher)
    seen = DONE - timedelta(minutes=6)
    assert check(content, trust, researchers=registered, independent=seen) == [LATE]


# -- which words ---------------------------------------------------------------------------------


def shipped_bytes():
    file = resources.files("pii_guard.certificate.terms") / "researcher-deletion-1.en.toml"
    return file.read_bytes()


def test_edited_terms_are_not_approved(both, researcher):
    """One word more, under the id, version and language of the shipped template."""
    edited = load_terms(shipped_bytes().replace(b"admits no wrongdoing", b"admits all wrongdoing"))
    assert edited.reference() | {"digest": ""} == TERMS.reference() | {"digest": ""}
    content = signed(acknowledged(terms=edited), researcher)
    assert check(content, both) == ["its terms are not approved"]
    assert check(content, both, terms=[edited]) == []
    assert check(signed(acknowledged(), researcher), both, terms=[edited]) == [
        "its terms are not approved"
    ]


def without(*labels):
    """The shipped template, some places or reasons struck out."""
    lines = shipped_bytes().decode().splitlines()
    return load_terms(
        "\n".join(
            one for one in lines if not one.startswith(tuple(f"{w} =" for w in labels))
        ).encode()
    )


@pytest.mark.parametrize(
    ("struck", "fault"),
    [
        ("downloads", "it ticks a place twice, or one that its terms do not ask about"),
        ("backups", "it has an exception that its terms do not allow"),
        ("automatic_backup", "it has an exception that its terms do not allow"),
    ],
)
def test_what_a_template_does_not_ask_about_cannot_be_said(both, researcher, struck, fault):
    narrow = without(struck)
    assert len({**narrow.places, **narrow.reasons}) == len({**TERMS.places, **TERMS.reasons}) - 1
    content = signed(altered(terms=narrow.reference()), researcher)
    assert check(content, both, terms=[narrow]) == [fault]


@pytest.mark.parametrize("field", ["templateId", "version", "language"])
def test_approved_terms_under_another_name_are_refused(both, researcher, field):
    other = {"templateId": "mine", "version": "9", "language": "xx"}[field]
    forged = altered(terms={**TERMS.reference(), field: other})
    assert check(signed(forged, researcher), both) == ["its terms are not approved"]


@pytest.mark.parametrize(
    ("predicate", "fault"),
    [
        ({"statements": ["search"]}, "a statement that its terms require is not ticked"),
        (
            {"statements": [*(c.identifier for c in TERMS.clauses), "waiver"]},
            "it ticks a statement twice, or one that its terms do not have",
        ),
        (
            {"statements": [*(c.identifier for c in TERMS.clauses), "search"]},
            "it ticks a statement twice, or one that its terms do not have",
        ),
        (
            {"placesChecked": ["device", "device"]},
            "it ticks a place twice, or one that its terms do not ask about",
        ),
        (
            {"identityAssurance": "wet_ink"},
            "its assurance is not that of its method",
        ),
    ],
)
def test_ticks_that_the_terms_do_not_have_are_refused(both, researcher, predicate, fault):
    content = signed(altered(**predicate), researcher)
    assert fault in check(content, both, least_assurance="wet_ink")


@pytest.mark.parametrize(
    ("predicate", "where"),
    [
        ({"placesChecked": ["under_the_bed"]}, "/predicate/placesChecked/0"),
        ({"placesChecked": []}, "/predicate/placesChecked"),
        (
            {"exceptions": [{"place": "paper", "reason": "Jane Roe"}]},
            "/predicate/exceptions/0/reason",
        ),
        (
            {"exceptions": [{"place": "paper", "reason": "no_access", "until": "2026-13-01"}]},
            "/predicate/exceptions/0/until",
        ),
        ({"completedAt": "2026-02-30T00:00:00Z"}, "/predicate/completedAt"),
        ({"completedAt": "2026-11-26T00:00:00+01:00"}, "/predicate/completedAt"),
        ({"nonce": None}, "/predicate"),
        ({"note": "Jane Roe"}, "/predicate"),
        ({"x-note": "Jane Roe"}, "/predicate"),
        ({"signer": {"method": "pkcs8", "name": "Jane Roe"}}, "/predicate/signer"),
        ({"signer": {"method": ["pkcs8"]}}, "/predicate/signer/method"),
        ({"signer": "pkcs8"}, "/predicate/signer/method"),
        ({"identityAssurance": "notarised"}, "/predicate/identityAssurance"),
    ],
)
def test_a_word_that_is_none_of_ours_is_refused_and_not_repeated(
    both, researcher, predicate, where
):
    (fault,) = check(signed(altered(**predicate), researcher), both)
    assert fault.startswith(f"{where}: ")
    assert "Jane" not in fault


# -- who signs -----------------------------------------------------------------------------------


def test_a_stranger_does_not_acknowledge(both, trust, registered, stranger):
    content = signed(acknowledged(), stranger)
    assert check(content, both) == [UNTRUSTED]
    assert check(content, trust, researchers=registered) == [UNTRUSTED]


def test_another_researcher_of_the_programme_does_not_acknowledge(both, stranger):
    """Where the case has a key of its own, the programme's other researchers are strangers."""
    own = [load_researcher(stranger.public_pem)]
    with_researcher = signed(acknowledged(), stranger)
    assert check(with_researcher, both, researchers=own) == []


def test_a_trusted_researcher_of_another_case_is_refused(both, researcher, stranger):
    own = [load_researcher(stranger.public_pem)]
    assert check(signed(acknowledged(), researcher), both, researchers=own) == [NOBODY]


def test_the_programme_does_not_sign_for_the_researcher(both, key):
    assert check(signed(acknowledged(), key), both) == ["it is not signed by the case's researcher"]


def test_a_key_that_is_researcher_and_issuer_is_refused(key, trust):
    content = signed(acknowledged(), key)
    own = [load_researcher(key.public_pem)]
    assert check(content, trust, researchers=own) == [
        "the researcher's key is one of the programme's"
    ]


def test_the_researcher_does_not_sign_as_the_platform(both, researcher):
    content = signed(acknowledged(PLATFORM), researcher)
    assert METHOD in check(content, both, least_assurance="wet_ink")


def test_a_log_key_does_not_countersign(both, key, researcher, stranger, tmp_path):
    trust = trusting(
        tmp_path / "trust.json",
        key,
        {"spki": spki(researcher), "role": "researcher"},
        {"spki": spki(stranger), "role": "log"},
    )
    assert check(signed(acknowledged(), researcher, stranger), trust) == [NOBODY]


def test_a_signature_added_by_a_stranger_is_not_passed_over(both, researcher, stranger):
    assert check(signed(acknowledged(), researcher, stranger), both) == [UNTRUSTED]


def test_a_signature_of_another_statement_does_not_hold(both, researcher):
    own = json.loads(signed(acknowledged(), researcher))
    other = json.loads(signed(acknowledged(places=("paper",)), researcher))
    own["signatures"] = other["signatures"]
    assert check(json.dumps(own).encode(), both) == [UNTRUSTED]


def test_a_key_from_the_envelope_is_never_trusted(both, stranger):
    """A signature under the researcher's id, by a stranger's key."""
    table = json.loads(signed(acknowledged(), stranger))
    table["signatures"][0]["keyid"] = both.keys[1].key_id
    assert check(json.dumps(table).encode(), both) == [UNTRUSTED]


def test_a_revoked_key_cannot_backdate(key, researcher, tmp_path):
    """What it says of its own time does not help."""
    entry = {"spki": spki(researcher), "role": "researcher", "revokedAt": "2027-06-01T00:00:00Z"}
    trust = trusting(tmp_path / "trust.json", key, entry)
    assert check(signed(acknowledged(), researcher), trust) == [
        "the key is revoked; no independent time is given"
    ]


@pytest.mark.parametrize("role", ["researcher", "issuer"])
@pytest.mark.parametrize(
    ("dates", "fault"),
    [
        ({"notBefore": "2026-12-01T00:00:00Z"}, "issued before the key was valid"),
        ({"notAfter": "2026-11-24T00:00:00Z"}, "issued after the key expired"),
    ],
)
def test_keys_sign_within_their_dates(key, researcher, tmp_path, role, dates, fault):
    keys = {"issuer": {"spki": spki(key), "role": "issuer"},
            "researcher": {"spki": spki(researcher), "role": "researcher"}}  # fmt: skip
    keys[role] |= dates
    trust = trusting(tmp_path / "trust.json", *keys.values())
    assert check(signed(acknowledged(), researcher, key), trust) == [fault]


# -- SSH -----------------------------------------------------------------------------------------

SSH_KEY = Ed25519PrivateKey.generate()


def ssh_signed(payload, private=SSH_KEY, namespace=NAMESPACE, message=None):
    signature = made(private, pae(payload) if message is None else message, namespace)
    return enveloped(payload, **{f"_{researcher_id(private.public_key())}": signature})


def test_an_ssh_signature_holds(trust):
    content = ssh_signed(acknowledged(Signing("sshsig")))
    assert check(content, trust, researchers=[SSH_KEY.public_key()]) == []


@pytest.mark.parametrize("namespace", ["file", "git", "pii-guard-acknowledgement@v2", ""])
def test_an_ssh_signature_for_another_purpose_does_not_count(trust, namespace):
    content = ssh_signed(acknowledged(Signing("sshsig")), namespace=namespace)
    assert check(content, trust, researchers=[SSH_KEY.public_key()]) == [UNTRUSTED]


@needs_ssh_keygen
def test_the_wrong_namespace_of_the_real_ssh_keygen_is_refused(tmp_path, trust):
    path = new_key(tmp_path, "ed25519")
    public = load_researcher(path.with_suffix(".pub").read_bytes())
    payload = acknowledged(Signing("sshsig"))
    printed = keygen_sign(path, pae(payload), "file")

    with pytest.raises(CertificateError, match="not over this statement"):
        sealed_by_ssh(payload, printed, NAMESPACE)
    content = enveloped(payload, **{f"_{researcher_id(public)}": sshsig.unarmoured(printed)})
    assert check(content, trust, researchers=[public]) == [UNTRUSTED]


def test_an_ssh_signature_over_the_payload_alone_does_not_count(trust):
    """Without DSSE's payload type nobody knows what was signed."""
    payload = acknowledged(Signing("sshsig"))
    content = ssh_signed(payload, message=payload)
    assert check(content, trust, researchers=[SSH_KEY.public_key()]) == [UNTRUSTED]


def test_an_ssh_signature_under_anothers_key_id_does_not_count(trust, registered):
    payload = acknowledged(Signing("sshsig"))
    signature = made(SSH_KEY, pae(payload), NAMESPACE)
    content = enveloped(payload, **{f"_{researcher_id(registered[0])}": signature})
    assert check(content, trust, researchers=registered) == [UNTRUSTED]


@pytest.mark.parametrize("method", ["pkcs8", "sshsig"])
def test_the_method_is_the_one_that_was_used(trust, registered, researcher, method):
    payload = acknowledged(Signing(method))
    if method == "pkcs8":
        content, keys = ssh_signed(payload), [SSH_KEY.public_key()]
    else:
        content, keys = signed(payload, researcher), registered
    assert check(content, trust, researchers=keys) == [METHOD]


def test_an_issuer_does_not_countersign_with_ssh(key, trust, registered, researcher):
    payload = acknowledged()
    signature = made(key.private, pae(payload), NAMESPACE)
    own = researcher.sign(pae(payload))
    content = enveloped(payload, **{f"_{researcher.key_id}": own, f"_{key.key_id}": signature})
    assert check(content, trust, researchers=registered) == ["an issuer signed with SSH"]


def test_a_key_makes_no_signature_under_another_id(researcher, stranger):
    opened = open_small(signed(acknowledged(), researcher))
    public = load_researcher(researcher.public_pem)
    assert is_by(opened, opened.signatures[0], public, NAMESPACE)
    moved = Signature(stranger.key_id, opened.signatures[0].value)
    assert not is_by(opened, moved, public, NAMESPACE)


def test_an_rsa_key_counts_with_ssh_only(trust):
    private, payload = rsa.generate_private_key(65537, 2048), acknowledged()
    name = researcher_id(private.public_key())
    for pad in (
        padding.PKCS1v15(),
        padding.PSS(padding.MGF1(hashes.SHA512()), padding.PSS.MAX_LENGTH),
    ):
        signature = private.sign(pae(payload), pad, hashes.SHA512())
        content = enveloped(payload, **{f"_{name}": signature})
        assert check(content, trust, researchers=[private.public_key()]) == [UNTRUSTED]


def test_ecdsa_keys_sign_with_the_hash_of_their_curve(trust):
    for curve, good, bad in (
        (ec.SECP256R1(), hashes.SHA256(), hashes.SHA384()),
        (ec.SECP384R1(), hashes.SHA384(), hashes.SHA256()),
    ):
        private, payload = ec.generate_private_key(curve), acknowledged()
        name = researcher_id(private.public_key())
        for digest, faults in ((good, []), (bad, [UNTRUSTED])):
            signature = private.sign(pae(payload), ec.ECDSA(digest))
            content = enveloped(payload, **{f"_{name}": signature})
            assert check(content, trust, researchers=[private.public_key()]) == faults
            longer = enveloped(payload, **{f"_{name}": signature + b"\0"})
            assert check(longer, trust, researchers=[private.public_key()]) == [UNTRUSTED]


# -- the envelope --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        lambda c: b"",
        lambda c: b"\xff\xfe",
        lambda c: b"[" * 100_000,
        lambda c: c + b" " * MOST_BYTES,
        lambda c: c.replace(b'"payloadType"', b'"payload": "", "payloadType"', 1),
        lambda c: c.replace(b'"keyid"', b'"keyid": "x", "keyid"', 1),
        lambda c: c.replace(b"in-toto+json", b"in-toto+JSON"),
        lambda c: edited(c, extra=1),
        lambda c: edited(c, signatures=[]),
        lambda c: edited(c, signatures=json.loads(c)["signatures"] * 2),
        lambda c: edited(c, signatures=json.loads(c)["signatures"] * 17),
        lambda c: edited(c, signatures=[{"keyid": "A" * 64, "sig": ""}]),
        lambda c: edited(c, signatures=[{"keyid": "a" * 64, "sig": "A"}]),
        lambda c: edited(c, signatures=["x"]),
        lambda c: edited(c, payload=json.loads(c)["payload"] + "\n"),
        lambda c: edited(c, payload=None),
        lambda c: c.replace(b'"signatures"', b'"n": NaN, "signatures"'),
    ],
    ids="empty utf16 nesting oversized duplicate_key duplicate_keyid type_case unknown_field "
    "unsigned repeated too_many upper_keyid base64 list payload_slack payload_null nan".split(),
)
def test_malformed_envelopes_are_refused(both, researcher, broken):
    with pytest.raises(Malformed):
        check(broken(signed(acknowledged(), researcher)), both)


def edited(content, **changes):
    return json.dumps({**json.loads(content), **changes}).encode()


def test_a_key_twice_in_the_statement_is_malformed(both, researcher):
    forged = acknowledged().replace(b'"nonce"', b'"completedAt":"2026-11-26T00:00:00Z","nonce"')
    with pytest.raises(Malformed, match="twice"):
        check(signed(forged, researcher), both)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'"x"', b"1", b'{"_type": NaN}'])
def test_another_statement_is_no_acknowledgement(both, researcher, payload):
    try:
        faults = check(signed(payload, researcher), both)
    except Malformed:
        return
    assert faults in (["not an in-toto Statement v1"], ["another predicate type"])


def test_a_certificate_is_no_acknowledgement(both, researcher):
    assert check(signed(statement(), researcher), both) == ["another predicate type"]


def test_no_random_bit_can_be_flipped(both, key, researcher):
    """Payload, signatures and the JSON around them: 2,000 flips, all refused."""
    content, random = signed(acknowledged(), researcher, key), Random(5)
    assert check(content, both, countersigned=True) == []
    for _ in range(2_000):
        flipped = bytearray(content)
        at = random.randrange(len(content))
        flipped[at] ^= 1 << random.randrange(8)
        try:
            faults = check(bytes(flipped), both, countersigned=True)
        except Malformed:
            continue
        assert faults, at


def test_an_altered_payload_is_not_even_read(both, researcher):
    table = json.loads(signed(acknowledged(), researcher))
    table["payload"] = base64.b64encode(b"{" * 1000).decode()
    assert check(json.dumps(table).encode(), both) == [UNTRUSTED]


@pytest.mark.parametrize(
    "certificate", [b"", b"{}", b"[]", b'{"predicate": 1}', b'{"predicate": {}}']
)
def test_what_is_no_certificate_cannot_be_acknowledged(both, researcher, certificate):
    from pii_guard.certificate.acknowledged import check_acknowledgement

    with pytest.raises(Malformed):
        check_acknowledgement(signed(acknowledged(), researcher), certificate, both)


def test_seen_at_the_moment_of_revocation_is_too_late(key, researcher, tmp_path):
    entry = {"spki": spki(key), "role": "issuer", "revokedAt": "2026-12-01T00:00:00Z"}
    trust = trusting(
        tmp_path / "trust.json", entry, {"spki": spki(researcher), "role": "researcher"}
    )
    content = signed(acknowledged(), researcher, key)
    assert check(content, trust, independent=datetime(2026, 12, 1, tzinfo=UTC))
    assert check(content, trust, independent=datetime(2026, 11, 30, tzinfo=UTC)) == []
