"""What every intake of whole reports promises: a report with its attachments, redacted as one, or nothing."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pii_guard import Guard, Policy
from pii_guard.certificate import Checks, Trust, verify
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.trust import TrustedKey
from pii_guard.errors import CertificateError
from pii_guard.limits import Limits
from pii_guard.quarantine import Identity, Quarantine, generate
from tests.contract.intakes import INTAKES, Refused

pytestmark = pytest.mark.localhost
EMAIL = "jane.roe@mail.example"
TEXT = f"Please ask {EMAIL} about it."
TABLE = b"id,email\n1,jane.roe@mail.example\n2,joe.doe@mail.example\n"
UNREADABLE = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8


@pytest.fixture(params=INTAKES)
def intake(request, guard):
    return INTAKES[request.param](guard, request)


@pytest.fixture(params=INTAKES)
def intake_of(request):
    """Makes an intake of a guard."""
    return lambda guard: INTAKES[request.param](guard, request)


def nothing_raw(intake, *values):
    for name, content in intake.held().items():
        for value in (EMAIL, *values):
            assert value.encode() not in content, name
            assert value not in name


def subjects(certificate):
    statement = json.loads(open_bundle(certificate).opened().payload)
    return {one["digest"]["sha256"] for one in statement["subject"]}


def test_a_person_has_one_token_in_the_text_and_in_the_attachments(intake):
    intake.send(TEXT, {"export.csv": TABLE})
    ((_, _, inner),) = intake.reports()
    nothing_raw(intake, "joe.doe@mail.example")
    jane = re.search(rb"Please ask (<EMAIL_ADDRESS_\d>) about it", inner["text"])[1]
    first, second = re.findall(rb"<EMAIL_ADDRESS_\d>", inner["export.csv"])
    assert (first == jane, second == jane) == (True, False)


def test_the_certificate_is_about_what_is_stored(intake, signer, tmp_path):
    intake.send(TEXT, {"export.csv": TABLE})
    ((certificate, files, _),) = intake.reports()
    assert {hashlib.sha256(one).hexdigest() for one in files.values()} <= subjects(certificate)
    copies = tmp_path / "copies"
    copies.mkdir()
    for name, content in files.items():
        (copies / name).write_bytes(content)
    report = verify(certificate, Trust((TrustedKey(signer.public),)), Checks(artifacts=copies))
    told = {rule.name: rule.status for rule in report.rules}
    assert (told["signature"], told["outputs"]) == ("pass", "pass")


def test_names_of_attachments_and_who_sent_them_are_redacted_as_well(intake):
    intake.send("hello", {f"{EMAIL}.txt": b"first"}, who="Jane Roe <joe.doe@mail.example>")
    nothing_raw(intake, "joe.doe@mail.example", "Jane Roe")
    ((_, _, inner),) = intake.reports()
    assert b"first" in inner.values()


@pytest.mark.parametrize("name", ["../../up.txt", "/etc/up.txt", "..\\up.txt", "..", "a\0b", ""])
def test_a_name_leads_nowhere(intake, name, tmp_path):
    try:
        intake.send(TEXT, {name: b"first"})
    except Refused:
        assert intake.held() == {}
    else:
        assert len(intake.reports()) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"store"}


def test_two_attachments_of_one_name_are_both_there(intake):
    intake.send("hello", {f"{EMAIL}.txt": b"first", "joe.doe@mail.example.txt": b"second"})
    whole = b"".join(content for _, files, _ in intake.reports() for content in files.values())
    assert whole.count(b"first") or whole.count(b"Zmlyc3Q=")
    assert whole.count(b"second") or whole.count(b"c2Vjb25k")
    nothing_raw(intake)


def test_one_attachment_that_cannot_be_read_stores_nothing(intake):
    with pytest.raises(Refused, match="unsupported") as refused:
        intake.send(TEXT, {"export.csv": TABLE, "tool.bin": UNREADABLE})
    assert not refused.value.again
    assert intake.held() == {}


def test_what_is_cut_off_stores_nothing(intake):
    intake.cut_off(TEXT)
    time.sleep(0.2)  # the other side may not have noticed yet
    assert intake.held() == {}


def test_more_than_the_limit_stores_nothing(intake_of, signer):
    small = Limits(max_file_bytes=4000, max_streamed_bytes=4000)
    intake = intake_of(Guard(Policy(limits=small, isolation="off"), signer=signer))
    with pytest.raises(Refused) as refused:
        intake.send("hello", {"long.txt": b"a line of a log\n" * 1000})
    assert not refused.value.again
    assert intake.held() == {}


def test_a_store_that_fails_has_nothing_and_the_sender_may_try_again(intake, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "no space")

    monkeypatch.setattr("pii_guard.intake.objects.Upload.commit", full)
    with pytest.raises(Refused) as refused:
        intake.send(TEXT, {"export.csv": TABLE})
    assert refused.value.again
    assert intake.held() == {}
    monkeypatch.undo()
    intake.send(TEXT, {"export.csv": TABLE})
    assert len(intake.reports()) == 1


def test_a_certificate_that_cannot_be_signed_leaves_nothing(intake_of, unconfined, monkeypatch):
    intake = intake_of(unconfined)

    def broken(*_):
        raise CertificateError("the key is gone")

    monkeypatch.setattr("pii_guard.certify.issue", broken)
    with pytest.raises(Refused) as refused:
        intake.send(TEXT, {})
    assert refused.value.again
    assert intake.held() == {}


def test_what_is_quarantined_is_kept_where_the_guard_has_a_place(intake_of, signer, tmp_path):
    generate(tmp_path / "key.txt")
    kept = Quarantine(tmp_path / "quarantine", Identity.load(tmp_path / "key.txt").recipient)
    intake = intake_of(Guard(Policy(isolation="off"), signer=signer, quarantine=kept))
    with pytest.raises(Refused):
        intake.send(TEXT, {"tool.bin": UNREADABLE})
    assert intake.held() == {}
    assert any((tmp_path / "quarantine").iterdir())


def test_nothing_is_said_of_what_came_in(intake, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Refused) as refused:
        intake.send(TEXT, {f"{EMAIL}.bin": UNREADABLE + TABLE}, who=EMAIL)
    told = f"{refused.value.told} {caplog.text}"
    assert "jane" not in told
    assert "sig=abc" not in told


def test_many_at_once_are_each_whole(intake):
    with ThreadPoolExecutor(6) as pool:
        for done in [
            pool.submit(intake.send, f"{n} {TEXT}", {"n.txt": b"%d" % n}) for n in range(12)
        ]:
            done.result()
    reports = intake.reports()
    assert len(reports) == 12
    assert sorted(int(inner["n.txt"]) for _, _, inner in reports) == list(range(12))
    for certificate, files, inner in reports:
        assert b"%d Please" % int(inner["n.txt"]) in inner["text"]
        assert {hashlib.sha256(one).hexdigest() for one in files.values()} <= subjects(certificate)
    nothing_raw(intake)
