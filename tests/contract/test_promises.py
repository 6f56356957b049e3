"""What every hook before a store promises, whatever the store is."""

from __future__ import annotations

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from pii_guard import Guard, Policy
from pii_guard.certificate import Checks, Trust, verify
from pii_guard.certificate.bundle import open_bundle
from pii_guard.certificate.trust import TrustedKey
from pii_guard.errors import CertificateError, NotStored, PolicyError, ReasonCode
from pii_guard.limits import Limits
from pii_guard.quarantine import Identity, Quarantine, generate

EMAIL = b"jane.roe@mail.example"
RAW = b"Please ask jane.roe@mail.example about it.\n"
SAFE = b"Please ask <EMAIL_ADDRESS_1> about it.\n"
UNREADABLE = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8
ENDING = ".certificate.json"


def files(hook):
    """What the store holds but certificates and what is beside files."""
    return {
        name: content
        for name, content in hook.held().items()
        if not name.endswith((ENDING, ".headers.json"))
    }


def nothing_raw(hook, *values):
    for name, content in hook.held().items():
        for value in (EMAIL, *values):
            assert value not in content, name
            assert value.decode() not in name + hook.headers(name)


def paired(hook):
    """Every file has the certificate that is about it, and every certificate its file."""
    held = hook.held()
    certificates = {name for name in held if name.endswith(ENDING)}
    assert certificates == {name + ENDING for name in files(hook)}
    for name, content in files(hook).items():
        statement = _statement(held[name + ENDING])
        digests = {one["digest"]["sha256"] for one in statement["subject"]}
        assert hashlib.sha256(content).hexdigest() in digests, name


def _statement(certificate):
    return json.loads(open_bundle(certificate).opened().payload)


def test_what_is_stored_is_redacted_and_certified(hook):
    hook.put("notes.txt", [RAW[:20], RAW[20:]])
    assert files(hook) == {"notes.txt": SAFE}
    paired(hook)


def test_the_certificate_verifies_against_what_the_store_holds(hook, signer, tmp_path):
    hook.put("notes.txt", [RAW])
    held = hook.held()
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("notes.txt", "notes.txt" + ENDING):
        (copies / name).write_bytes(held[name])
    trust = Trust((TrustedKey(signer.public),))
    report = verify(held["notes.txt" + ENDING], trust, Checks(artifacts=copies))
    told = {rule.name: rule.status for rule in report.rules}
    assert (told["signature"], told["outputs"], told["other files"]) == ("pass", "pass", "pass")


def test_a_name_is_redacted_as_well(hook):
    hook.put("jane.roe@mail.example.txt", [RAW])
    assert list(files(hook).values()) == [SAFE]
    nothing_raw(hook)
    paired(hook)


def test_a_directory_named_after_somebody_is_redacted_as_well(hook):
    hook.fs().makedirs(hook.at("jane.roe@mail.example"), exist_ok=True)
    hook.put("jane.roe@mail.example/notes.txt", [RAW])
    assert list(files(hook).values()) == [SAFE]
    nothing_raw(hook)
    assert "jane" not in hook.seen()


def test_two_names_that_become_one_are_two_files(hook):
    hook.put("jane.roe@mail.example.txt", [b"first\n"])
    hook.put("joe.doe@mail.example.txt", [b"second\n"])
    hook.put("joe.doe@mail.example.txt", [b"third\n"])
    assert sorted(files(hook).values()) == [b"first\n", b"second\n", b"third\n"]
    paired(hook)


def test_what_another_process_stored_is_not_overlooked(hook):
    hook.put("first.txt", [b"first\n"], headers={"Metadata": {"k": "v"}})
    assert "first.txt" in hook.seen()  # which some file systems remember
    other = hook.elsewhere()
    other.put("jane.roe@mail.example.txt", [b"second\n"])
    other.put("again.txt", [b"third\n"], headers={"Metadata": {"k": "v"}})
    hook.put("joe.doe@mail.example.txt", [b"fourth\n"])
    hook.put("again.txt", [b"fifth\n"])
    there = [b"fifth\n", b"first\n", b"fourth\n", b"second\n"]
    assert sorted(files(hook).values()) == there + [b"third\n"] * (not hook.replaces)
    assert not hook.replaces or "again.txt.headers.json" not in hook.held()
    paired(hook)


def test_headers_are_redacted_and_certified_as_well(hook):
    headers = {
        "Metadata": {"reporter": "jane.roe@mail.example"},
        "ContentDisposition": 'attachment; filename="jane.roe@mail.example.txt"',
    }
    if not hook.takes_headers:
        pytest.skip("nothing comes with a file")
    hook.put("notes.txt", [RAW], headers=headers)
    nothing_raw(hook)
    record = hook.record("notes.txt")
    assert b"<EMAIL_ADDRESS_1>" in record  # as in the file: one case
    assert EMAIL not in record
    subject = _statement(hook.held()["notes.txt" + ENDING])["subject"]
    digests = {one["digest"]["sha256"] for one in subject}
    assert (hashlib.sha256(record).hexdigest() in digests) == hook.certifies_headers
    if hook.keeps_headers:
        assert "<EMAIL_ADDRESS_1>" in hook.headers("notes.txt")


def test_bytes_smuggled_in_as_an_option_are_refused(hook):
    """Some file systems take what a new file is to hold as an option of `open`."""
    if hook.takes_headers and not hook.takes_options:
        hook.put("notes.txt", [b"first\n"], headers={"data": RAW})
        nothing_raw(hook)
        return
    if not hook.takes_headers:
        pytest.skip("nothing comes with a file")
    with pytest.raises(PolicyError) as refused:
        hook.put("notes.txt", [b""], headers={"data": RAW})
    assert refused.value.remedy
    assert hook.held() == {}


def test_an_exception_in_the_middle_stores_nothing(hook):
    def parts():
        yield RAW
        raise RuntimeError("the connection is gone")

    with pytest.raises(RuntimeError, match="the connection is gone"):
        hook.put("notes.txt", parts())
    assert hook.held() == {}


def test_quarantined_stores_nothing_and_says_what_to_do(hook):
    with pytest.raises(NotStored) as refused:
        hook.put("tool.bin", [UNREADABLE])
    assert refused.value.reason.code is ReasonCode.UNSUPPORTED
    assert refused.value.remedy == refused.value.reason.remedy
    assert hook.held() == {}


def test_what_fails_leaves_what_was_there_with_its_certificate(hook):
    hook.put("notes.txt", [b"first\n"])
    before = hook.held()
    with pytest.raises(NotStored):
        hook.put("notes.txt", [UNREADABLE])
    assert files(hook) == {"notes.txt": b"first\n"}
    assert hook.held()["notes.txt" + ENDING] == before["notes.txt" + ENDING]


def test_a_new_version_has_a_new_certificate(hook):
    hook.put("notes.txt", [b"first\n"], headers={"Metadata": {"k": "v"}})
    hook.put("notes.txt", [RAW])
    paired(hook)
    if hook.replaces:
        assert files(hook) == {"notes.txt": SAFE}
        assert "notes.txt.headers.json" not in hook.held()
    else:
        assert sorted(files(hook).values()) == [SAFE, b"first\n"]


def test_more_than_the_limit_stores_nothing(hook_of, signer):
    small = Limits(max_file_bytes=1000, max_streamed_bytes=1000)
    hook = hook_of(Guard(Policy(limits=small, isolation="off"), signer=signer))
    with pytest.raises(NotStored) as refused:
        hook.put("notes.txt", [RAW] * 100)
    assert refused.value.reason.code is ReasonCode.LIMIT_SIZE
    assert hook.held() == {}


def test_nothing_can_be_added_to_or_changed_in_a_file(hook):
    hook.put("notes.txt", [RAW])
    before = hook.held()
    for change in hook.partial():
        with pytest.raises(PolicyError) as refused:
            change("notes.txt", b"jane.roe@mail.example")
        assert refused.value.remedy
    assert hook.held() == before


def test_a_copy_of_what_nobody_redacted_is_redacted(hook):
    for number, copy in enumerate(hook.copies()):
        hook.plant("planted.txt", RAW)
        copy("planted.txt", f"copy-{number}.txt")
        assert files(hook)[f"copy-{number}.txt"] == SAFE
        if "planted.txt" in files(hook):
            hook.remove("planted.txt")
    paired(hook)


def test_what_cannot_be_redacted_is_neither_copied_nor_moved(hook):
    for copy in hook.copies():
        hook.plant("planted.bin", UNREADABLE)
        with pytest.raises(NotStored):
            copy("planted.bin", "copy.bin")
        assert files(hook) == {"planted.bin": UNREADABLE}
        hook.remove("planted.bin")


def test_a_store_that_fails_in_the_middle_has_nothing(hook, monkeypatch):
    hook.break_store(monkeypatch, after=0)
    with pytest.raises(OSError, match="no space"):
        hook.put("notes.txt", [RAW])
    monkeypatch.undo()
    assert hook.held() == {}


def test_a_store_that_fails_while_it_replaces_leaves_what_belongs_together(hook, monkeypatch):
    hook.put("notes.txt", [b"first\n"])
    hook.break_store(monkeypatch, after=0)
    with pytest.raises(OSError, match="no space"):
        hook.put("notes.txt", [RAW])
    monkeypatch.undo()
    paired(hook)
    assert not hook.atomic or files(hook) == {"notes.txt": b"first\n"}


def test_a_certificate_that_cannot_be_signed_leaves_no_file(hook_of, unconfined, monkeypatch):
    hook = hook_of(unconfined)

    def broken(*_):
        raise CertificateError("the key is gone")

    monkeypatch.setattr("pii_guard.certify.issue", broken)
    with pytest.raises(CertificateError):
        hook.put("notes.txt", [RAW])
    assert hook.held() == {}


def test_a_certificate_that_cannot_be_kept_takes_its_file_back(hook):
    def full(path, certificate):
        assert files(hook), "the file is there before its certificate is"
        raise OSError("no room for certificates")

    with pytest.raises(OSError, match="no room"):
        hook.put("notes.txt", [RAW], certificates=full)
    assert hook.held() == {}


def test_certificates_go_where_the_caller_says(hook):
    given = []
    hook.put("notes.txt", [RAW], certificates=lambda path, one: given.append((path, one)))
    ((path, certificate),) = given
    assert path == hook.at("notes.txt")
    assert certificate.result.startswith("complete")
    assert set(hook.held()) == {"notes.txt"}


@pytest.mark.parametrize("ending", [ENDING, ".headers.json", ".Certificate.JSON"])
def test_nobody_forges_a_certificate_by_a_name(hook, ending):
    hook.put("notes.txt", [RAW])
    before = hook.held()
    try:
        hook.put("notes.txt" + ending, [b"{}"])
    except PolicyError:
        assert hook.held() == before
    else:  # it is an attachment like others, by another name
        assert before.items() <= hook.held().items()
        paired(hook)


def test_what_is_quarantined_is_kept_where_the_guard_has_a_place(hook_of, signer, tmp_path):
    generate(tmp_path / "key.txt")
    kept = Quarantine(tmp_path / "quarantine", Identity.load(tmp_path / "key.txt").recipient)
    hook = hook_of(Guard(Policy(isolation="off"), signer=signer, quarantine=kept))
    with pytest.raises(NotStored) as refused:
        hook.put("tool.bin", [UNREADABLE])
    assert refused.value.entry
    assert refused.value.certificate is not None
    assert hook.held() == {}


def test_nothing_is_said_of_what_came_in(hook, caplog):
    caplog.set_level(logging.DEBUG, logger="pii_guard")
    with pytest.raises(NotStored) as refused:
        hook.put("jane.roe@mail.example.bin", [UNREADABLE + RAW])
    told = f"{refused.value} {refused.value!r} {refused.value.remedy} {caplog.text}"
    assert "jane" not in told


def test_threads_that_write_one_name_leave_one_file_with_its_certificate(hook, monkeypatch):
    hook.slow_down(monkeypatch)
    names = [f"same-{n % 6}.txt" for n in range(24)]
    with ThreadPoolExecutor(24) as pool:
        for done in [pool.submit(hook.put, name, [b"%d\n" % n]) for n, name in enumerate(names)]:
            done.result()
    if hook.replaces:
        assert set(files(hook)) == set(names)
    else:
        assert sorted(files(hook).values()) == sorted(b"%d\n" % n for n in range(len(names)))
    paired(hook)


def test_threads_that_write_many_names_lose_none(hook):
    names = [f"{n}-{n}@mail.example.txt" for n in range(12)] + [f"plain-{n}.txt" for n in range(12)]
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(hook.put, name, [b"%d " % n + RAW]) for n, name in enumerate(names)]
        for one in done:
            one.result()
    assert sorted(files(hook).values()) == sorted(b"%d " % n + SAFE for n in range(24))
    nothing_raw(hook)
    paired(hook)
