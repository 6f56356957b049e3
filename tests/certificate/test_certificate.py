"""A certificate says what was done, verifies offline, and gives nothing back."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pii_guard
from pii_guard import Guard
from pii_guard.certificate import Checks, Researcher, sign, verify
from pii_guard.certificate.commitments import code as value_code
from pii_guard.certificate.commitments import file_code
from pii_guard.certificate.grammar import PREDICATE_TYPE, STATEMENT_TYPE
from pii_guard.keystore import KeyStore
from tests.certificate.conftest import statement, statuses

GIVEN = ["Maria", "Tomasz", "Aylin", "Ngozi"]
FAMILY = ["Fernández", "Wiśniewski", "Öztürk", "Okonkwo-Bell"]


def test_a_good_certificate_passes_every_rule_that_there_is(key, trust, stored):
    report = verify(
        sign(statement(), key).to_json(), trust, Checks(stored, rescan=lambda blob, kind: 0)
    )
    assert report.exit_code == 0
    assert [rule.name for rule in report.rules if rule.status == "pass"] == [
        "envelope", "signature", "types", "grammar", "key validity", "consistency", "outputs",
        "other files", "rescan",
    ]  # fmt: skip
    assert {r.name: r.reason for r in report.rules if r.status == "not_checked"} == {
        "ledger": "the file holds no proof of a ledger",
        "deadlines": "no date is given",
        "supersession": "no revocation is in the file; ask the programme for newer ones",
        "acknowledgement": "none is in the file",
        "validation": "none is in the file",
    }


def test_what_was_not_asked_is_not_checked(key, trust, stored):
    good = sign(statement(), key).to_json()
    checked = statuses(verify(good, trust))
    assert {checked[n] for n in ("outputs", "other files", "rescan")} == {"not_checked"}
    assert statuses(verify(good, trust, Checks(stored)))["rescan"] == "not_checked"


def test_the_certificate_may_lie_beside_the_outputs(key, trust, stored):
    good = sign(statement(), key).to_json()
    (stored / "certificate.json").write_bytes(good)
    assert verify(good, trust, Checks(stored)).exit_code == 0


def test_the_rescan_is_given_each_output_with_its_type(key, trust, stored):
    seen = []
    verify(
        sign(statement(), key).to_json(), trust, Checks(stored, rescan=lambda *a: seen.append(a) or 0)
    )  # fmt: skip
    assert seen == [
        (b"User <PERSON_1> SSN <US_SSN_1>", "text/markdown"),
        (b"nothing in it", "text/csv"),
    ]


def test_the_statement_is_the_same_for_the_same_facts():
    assert statement() == statement()
    parsed = json.loads(statement())
    assert [one["name"] for one in parsed["subject"]] == ["artifact-001.md", "artifact-002.csv"]
    predicate = parsed["predicate"]
    (found,) = predicate["findings"]
    assert (found["policyCategory"], found["occurrences"], found["distinct"]) == (
        "government_id", 1, 1,
    )  # fmt: skip
    assert found["locations"] == [{"place": "-", "token": "<US_SSN_1>"}]
    assert predicate["retained"][0]["basis"] == "researcher_test_asset"
    assert predicate["notCovered"]
    assert predicate["result"] == "complete_with_exceptions"
    stores = [(one["store"], one["claim"], one["assurance"]) for one in predicate["deletions"]]
    assert stores == [
        ("process_memory", "attested", "attested"), ("process_memory", "attested", "attested"),
        ("source_file", "not_deleted", "observed"),
    ]  # fmt: skip


def test_a_case_without_outputs_certifies_its_list_of_inputs(key, trust):
    held = sign(statement(artifacts=[]), key)
    assert held.result == "incomplete"
    assert held.statement["subject"][0]["name"] == "redaction-manifest"
    assert verify(held.to_json(), trust).exit_code == 0


# -- nothing is given back ---------------------------------------------------------------------


def shown(text):
    """All ways in which a value could be read in a certificate."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return {text.casefold(), plain.casefold(), json.dumps(text).strip('"').casefold()}


def digests(blob):
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sha3_256"):
        digest = hashlib.new(name, blob).digest()
        yield digest.hex()
        for code in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
            yield code(digest).decode().casefold().rstrip("=")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(GIVEN), st.sampled_from(FAMILY), st.integers(1, 9_999),
    st.sampled_from(["text", "key", "column", "element", "header"]),
)  # fmt: skip
def test_neither_contents_nor_names_nor_their_digests_are_in_a_certificate(
    guard, given_name, family, serial, shape
):
    """A name in the text, as a JSON key, a column, an element, a header, and in the file's name."""
    name, number = f"{given_name} {family}", f"536-22-{serial:04}"
    mail = f"{given_name}.{serial}@mail.example".lower()
    blob, file_name = {
        "text": (f"Hello {name}, SSN {number}, {mail}", f"{given_name}-{family}.txt"),
        "key": (json.dumps({name: {"ssn": number, mail: 1}}), f"{name}.json"),
        "column": (f"{name},{mail}\n{number},x\n", f"{mail}.csv"),
        "element": (f"<r><{given_name} a='{mail}'>{number}</{given_name}></r>", f"{name}.xml"),
        "header": (f"GET /?{number} HTTP/1.1\nX-{given_name}: {mail}\n\n", f"{number}.http"),
    }[shape]
    case = guard.case("VDP-9")
    case.add(blob.encode(), name=file_name)
    case.add(f"seen: {mail}, {number}, {name}".encode(), name="note.txt")
    results = list(case.redact())
    held = case.close().payload.decode().casefold()
    for value in (name, given_name, family, number, mail, file_name):
        assert not any(form in held for form in shown(value)), shape
        assert not any(d in held for d in digests(value.encode()))
    originals = [r for r in results if r.verdict != "clean"]
    assert originals
    if results[0] in originals:
        assert not any(d in held for d in digests(blob.encode()))


def test_the_digest_of_a_file_that_stays_as_it_is_is_that_of_its_output(guard):
    """The one digest of an input: of a file that holds nothing, and is stored unchanged."""
    blob = b"GET /status answers 500\n"
    case = guard.case("VDP-9")
    case.add(blob)
    certificate = case.close()
    assert certificate.result == "complete"
    (subject,) = certificate.statement["subject"]
    assert subject["digest"]["sha256"] == hashlib.sha256(blob).hexdigest()


def test_no_number_can_be_confirmed_from_a_certificate(guard):
    case = guard.case("VDP-9")
    case.add(b"SSN 536-22-8417, call +1 212-555-0143")
    payload = case.close().payload.decode()
    held = set(payload.replace('"', " ").replace(":", " ").split())
    assert any(len(word) == 64 for word in held)
    guesses = set()
    for serial in range(10_000):
        for form in (f"536-22-{serial:04}", f"53622{serial:04}", f"+1 212-555-{serial:04}"):
            assert form not in payload
            guesses |= {
                hashlib.new(name, form.encode()).hexdigest() for name in ("md5", "sha1", "sha256")
            }
    assert not guesses & held


def strings(value):
    """Every string in a JSON value, names of fields included."""
    if isinstance(value, dict):
        return {s for name, one in value.items() for s in ({name} | strings(one))}
    if isinstance(value, list):
        return {s for one in value for s in strings(one)}
    return {value} if isinstance(value, str) else set()


RANDOM = re.compile(r"[0-9a-f]{12,}|[a-z0-9+/]{20,}|[a-z0-9+/=_-]{40,}", re.IGNORECASE)
"""What could be a digest, a code or noise: our words are shorter, or not of these letters alone."""


def unaccounted(certificate, known):
    """What in a certificate's file may be a digest and is none of `known`."""
    envelope = certificate.envelope
    payload = envelope.pop("payload")
    assert base64.b64decode(payload) == certificate.payload
    found = strings(envelope) | strings(certificate.statement)
    parts = {one for text in found for one in RANDOM.findall(text)}
    # A UUID and a key's reference hold short runs; each string is taken as a whole as well.
    return {one for one in parts if not any(one in given for given in known)}


def test_no_number_of_any_kind_can_be_confirmed_since_every_digest_is_of_something_else(
    guard, tmp_path
):
    """All 10^9 SSNs, in every spelling and under every function: of each string that could be a digest of one
    it is shown what it is made of. Outputs, our code and rules, public keys, random numbers, and codes under
    a random key that is not in the certificate; nothing else.
    """
    store = KeyStore(tmp_path)
    made = Guard(guard.policy, signer=guard.signer, keystore=store)
    case = made.case("VDP-9", researcher=Researcher("r-7Q2K", "2" * 64))
    given = [
        (b"Jane Roe, SSN 536-90-4399, jane.roe@mail.example", "536-90-4399.txt"),
        (b"nothing in it", "a.txt"),
        (b"\x00\x01 536-90-4399", "b.xyz"),
    ]
    for blob, name in given:
        case.add(blob, name=name)
    results = list(case.redact())
    certificate = case.close()
    said = certificate.statement["predicate"]
    key = store.load(said["commitments"]["keyRef"])
    outputs = [one.output for one in results if one.output is not None]
    coded = [
        ("US_SSN", "536-90-4399"),
        ("PERSON", "Jane Roe"),
        ("EMAIL_ADDRESS", "jane.roe@mail.example"),
    ]
    known = {
        *(hashlib.sha256(one).hexdigest() for one in outputs),
        made.policy.digest(), made.engine.digest, made.code, said["coverage"]["rulesetDigest"],
        "2" * 64, made.signer.key_id,
        # Random: each is new although nothing of the case is.
        said["nonce"], said["certificateId"], said["commitments"]["keyRef"],
        # Under a key of 32 random bytes, which is none of the strings.
        *(value_code(key, *one) for one in coded),
        *(file_code(key, hashlib.sha256(blob).digest()) for blob, _ in given),
        # Over the statement, by a key that knows none of this.
        certificate.envelope["signatures"][0]["sig"],
        PREDICATE_TYPE, STATEMENT_TYPE,
    }  # fmt: skip
    assert unaccounted(certificate, known) == set()
    assert said["coverage"]["rulesetDigest"] == ruleset_digest(made)
    assert key.hex() not in certificate.to_json().decode()
    # The test can fail: a plain digest of a value, however written, would not be accounted for.
    for raw in (b"536-90-4399", b"536904399", given[0][0]):
        digest = hashlib.sha256(raw)
        encoded = base64.b64encode(hashlib.md5(raw).digest()).decode()
        for leak in (digest.hexdigest(), base64.b64encode(digest.digest()).decode(), encoded):
            forged = json.loads(certificate.payload)
            forged["predicate"]["nonce"] = leak
            worse = sign(json.dumps(forged).encode(), made.signer)
            assert unaccounted(worse, known)

    again = made.case("VDP-9")
    for blob, name in given:
        again.add(blob, name=name)
    other = again.close().statement["predicate"]
    for name in ("nonce", "certificateId"):
        assert other[name] != said[name]
    assert other["commitments"]["keyRef"] != said["commitments"]["keyRef"]


def ruleset_digest(guard):
    ruleset = "\n".join([pii_guard.__version__, *guard.engine.recognizers])
    return "sha256:" + hashlib.sha256(ruleset.encode()).hexdigest()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_alone_checks_the_signature(key, tmp_path):
    certificate = sign(statement(), key)
    kind, payload = certificate.envelope["payloadType"].encode(), certificate.payload
    # DSSE v1, pre-authentication encoding.
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    (tmp_path / "sig").write_bytes(base64.b64decode(certificate.envelope["signatures"][0]["sig"]))
    for content, code in ((signed, 0), (signed + b" ", 1)):
        (tmp_path / "pae").write_bytes(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "issuer.pub", "-rawin",
             "-in", tmp_path / "pae", "-sigfile", tmp_path / "sig"],
            capture_output=True,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
