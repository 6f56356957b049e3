"""Was this exact value among those found? Answered while the key is kept, and never after."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard import CertificateError, Guard
from pii_guard.certificate.commitments import (
    MOST,
    code,
    commit,
    file_code,
    file_in,
    found_in,
    normalised,
)
from pii_guard.certificate.consistency import contradictions
from pii_guard.certificate.grammar import misfit
from pii_guard.keystore import WRAPPING_KEY, KeyStore
from tests.certificate.conftest import statement

KEY = bytes(range(32))
VALUES = [
    ("US_SSN", "536-90-4399"),
    ("PERSON", "Jane  Roe"),
    ("EMAIL_ADDRESS", "Jane@mail.example"),
]


def committed(values=VALUES, key=KEY, **changes):
    return commit(key, "k-" + "0" * 16, values, **changes).to_dict()


@pytest.mark.parametrize(
    "value", ["536-90-4399", "536 90 4399", "jane roe", "JANE ROE", "jane@MAIL.example"]
)
def test_a_value_that_was_found_is_known_again_in_another_spelling(value):
    assert found_in(committed(), KEY, "", value)


@pytest.mark.parametrize("value", ["536-90-4398", "Jane", "jane.mail.example", ""])
def test_others_are_not(value):
    assert not found_in(committed(), KEY, "", value)


def test_a_type_may_be_asked_for():
    assert found_in(committed(), KEY, "US_SSN", "536-90-4399")
    assert not found_in(committed(), KEY, "PERSON", "536-90-4399")


def test_the_same_value_has_another_code_in_every_certificate():
    assert code(KEY, *VALUES[0]) != code(bytes(32), *VALUES[0])


def test_types_and_values_do_not_run_into_each_other():
    assert code(KEY, "A", "B\0C") != code(KEY, "A\0B", "C")


def test_of_too_many_values_the_list_is_cut_and_says_so():
    many = committed([("PERSON", f"name {number}") for number in range(MOST + 1)])
    assert many["truncated"]
    assert sum(len(entry["codes"]) for entry in many["values"]) == MOST
    assert committed(truncated=True)["truncated"]


def test_how_often_a_value_was_found_does_not_show():
    assert committed(VALUES * 3) == committed()


@given(st.text(max_size=40))
def test_what_is_normalised_stays_so(text):
    assert normalised(normalised(text)) == normalised(text)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        code(b"short", "PERSON", "x")


def test_a_certificate_says_them_and_until_when_the_key_is_kept():
    said = json.loads(statement(commitments=commit(KEY, "k-" + "0" * 16, VALUES)))["predicate"]
    assert said["commitments"] == committed()
    assert said["retention"]["keyShredBy"] == "2027-02-21"


def test_brute_force_over_a_published_certificate_finds_nothing():
    """Every SSN of an area, every telephone number of a prefix, 100,000 addresses: no digest of any kind
    that the certificate holds is one of theirs, plain or under a key that the certificate holds.
    """
    values = [
        ("US_SSN", "536-90-4399"),
        ("PHONE_NUMBER", "212-555-0143"),
        ("EMAIL_ADDRESS", "user4711@mail.example"),
    ]
    payload = statement(commitments=commit(os.urandom(32), "k-" + "0" * 16, values))
    assert all(value.encode() not in payload for _, value in values)
    held = {one for one in payload.decode().replace("sha256:", "").split('"') if len(one) == 64}
    assert len(held) >= 5
    said = json.loads(payload)["predicate"]
    keys = [
        said["nonce"],
        said["certificateId"],
        said["commitments"]["keyRef"],
        said["case"]["ref"],
    ]
    guesses = [f"536-90-{n:04}" for n in range(10_000)] + [f"53690{n:04}" for n in range(10_000)]
    guesses += [f"212-555-{n:04}" for n in range(10_000)] + [
        f"+1212555{n:04}" for n in range(10_000)
    ]
    guesses += [f"user{n}@mail.example" for n in range(100_000)]
    for guess in guesses:
        raw = guess.encode()
        assert hashlib.sha256(raw).hexdigest() not in held
        assert hashlib.sha256(keys[0].encode() + raw).hexdigest() not in held
    for key in keys:
        padded = hashlib.sha256(key.encode()).digest()
        assert not any(found_in(said["commitments"], padded, "", value) for _, value in values)


# -- of attachments

FILES = [hashlib.sha256(one).digest() for one in (b"report", b"dump", b"report")]


def committed_files(key=KEY):
    codes = {number: file_code(key, one) for number, one in enumerate(FILES, 1)}
    return replace(commit(key, "k-" + "0" * 16, VALUES), files=codes)


def test_a_file_that_was_received_is_known_again_and_no_other():
    said = committed_files().to_dict()
    assert [one["artifact"] for one in said["files"]] == [
        "artifact-001", "artifact-002", "artifact-003",
    ]  # fmt: skip
    assert all(file_in(said, KEY, one) for one in FILES)
    assert not file_in(said, KEY, hashlib.sha256(b"other").digest())
    assert not file_in(said, bytes(32), FILES[0])
    assert not file_in(committed(), KEY, FILES[0])


def test_neither_a_files_digest_nor_that_of_its_digest_is_in_a_certificate():
    payload = statement(commitments=committed_files()).decode()
    assert file_code(KEY, FILES[0]) in payload
    for one in FILES:
        assert one.hex() not in payload
        assert hashlib.sha256(one).hexdigest() not in payload


def test_a_value_cannot_pass_for_a_file():
    assert file_code(KEY, FILES[0]) != code(KEY, "PERSON", FILES[0].decode("latin-1"))


@pytest.mark.parametrize(
    "artifacts", [["artifact-004"], ["artifact-001"] * 2, ["artifact-002", "artifact-001"]]
)
def test_a_commitment_to_a_file_is_of_an_attachment_once(artifacts):
    said = json.loads(statement(commitments=committed_files()))
    said["predicate"]["commitments"]["files"] = [
        {"artifact": one, "code": "0" * 64} for one in artifacts
    ]
    assert misfit(said) is None
    assert list(contradictions(said)) == ["a commitment is to no attachment, or twice to one"]


def test_a_file_is_committed_to_only_where_values_are(guard, tmp_path):
    for keystore in (None, KeyStore(tmp_path)):
        given = Guard(guard.policy, signer=guard.signer, keystore=keystore)
        case = given.case("VDP-9")
        case.add(b"Hello Jane Roe, jane.roe@mail.example", name="a.txt")
        case.add(b"\x00\x01 nobody can read this", name="b.xyz")
        said = case.close().statement["predicate"].get("commitments", {})
        assert [one["artifact"] for one in said.get("files", ())] == (
            ["artifact-001", "artifact-002"] if keystore else []
        )


# -- the key store ------------------------------------------------------------------------------

DAY = date(2027, 2, 21)


@pytest.fixture(params=["", "ab" * 32], ids=["as it is", "wrapped"])
def store(request, tmp_path):
    return KeyStore.at(tmp_path / "keys", {WRAPPING_KEY: request.param})


def test_a_key_is_read_back(store):
    ref, key = store.new(DAY)
    assert store.load(ref) == key
    assert len(key) == 32


def test_only_the_owner_reads_it(store):
    ref, _ = store.new(DAY)
    assert (store.folder / f"{ref}.json").stat().st_mode & 0o777 == 0o600
    assert store.folder.stat().st_mode & 0o777 == 0o700


def test_a_wrapped_key_does_not_stand_in_its_file(tmp_path):
    store = KeyStore.at(tmp_path, {WRAPPING_KEY: "ab" * 32})
    ref, key = store.new(DAY)
    assert key.hex() not in (tmp_path / f"{ref}.json").read_text()
    with pytest.raises(CertificateError, match="another key"):
        KeyStore(tmp_path).load(ref)
    with pytest.raises(CertificateError, match="another key"):
        KeyStore(tmp_path, bytes(32)).load(ref)


def test_after_shredding_nobody_can_ask(store):
    ref, key = store.new(DAY)
    kept = (store.folder / f"{ref}.json").open("rb")
    said = commit(key, ref, VALUES).to_dict()
    assert found_in(said, store.load(ref), "", VALUES[0][1])
    store.shred(ref)
    with kept:  # whoever has the file open sees what is left of it
        assert b"shredBy" not in kept.read()
    assert list(store.folder.iterdir()) == []
    for again in (store.load, store.shred):
        with pytest.raises(CertificateError, match="no such key"):
            again(ref)


def test_keys_are_due_on_their_day(store):
    first, _ = store.new(date(2027, 1, 1))
    store.new(date(2027, 1, 2))
    assert list(store.due(date(2026, 12, 31))) == []
    assert list(store.due(date(2027, 1, 1))) == [first]


@pytest.mark.parametrize("ref", ["", "k-1", "../../etc/passwd", "k-" + "0" * 15 + "/"])
def test_a_reference_names_no_other_file(store, ref):
    with pytest.raises(CertificateError, match="no key reference"):
        store.load(ref)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b'{"schema":"pii-guard/commitment-key/1","key":"zz","wrapped":false,"shredBy":"2027-01-01"}',
    ],
)
def test_a_broken_key_file_is_an_error(store, content):
    ref, _ = store.new(DAY)
    (store.folder / f"{ref}.json").write_bytes(content)
    with pytest.raises(CertificateError, match="malformed"):
        store.load(ref)


def test_a_wrapping_key_of_another_length_is_refused(tmp_path):
    with pytest.raises(CertificateError, match=WRAPPING_KEY):
        KeyStore.at(tmp_path, {WRAPPING_KEY: "abcd"})


def test_a_store_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CertificateError, match="cannot be stored"):
        KeyStore(tmp_path / "file" / "keys").new(DAY)


def test_no_key_and_no_code_shows_in_a_repr():
    assert repr(KeyStore(Path("keys"), bytes(32))) == f"KeyStore(folder={Path('keys')!r})"
    assert "codes" not in repr(commit(KEY, "k-" + "0" * 16, VALUES))


def test_a_half_destroyed_key_is_due_and_a_held_one_is_not(store):
    first, _ = store.new(date(2027, 1, 1))
    held, _ = store.new(date(2027, 1, 1), hold=True)
    broken = "k-" + "0" * 16
    (store.folder / f"{broken}.json").write_bytes(b"")
    assert set(store.due(date(2030, 1, 1))) == {first, broken}
    store.shred(broken)
    assert set(store.due(date(2030, 1, 1))) == {first}
    assert store.load(held)
