"""A form is one case: its fields and files are redacted together, and stored together or not at all."""

from __future__ import annotations

import hashlib
import json

import fsspec
import pytest

from pii_guard import Guard, Policy
from pii_guard.certificate.bundle import open_bundle
from pii_guard.errors import Busy, FormError, FormRefused, PolicyError, ReasonCode
from pii_guard.intake.form import FormLimits, Forms
from pii_guard.intake.landing import Landing
from pii_guard.intake.pressure import Pressure
from pii_guard.limits import Limits
from pii_guard.quarantine import Identity, Quarantine, generate

UNREADABLE = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8


def sent(forms, *parts):
    """What becomes of a form of (field, text) and (field, name, content)."""
    opened = forms.open()
    with forms.taking(opened):
        for name, *rest in parts:
            if len(rest) == 1:
                opened.text(name, *rest)
            else:
                opened.file(name, rest[0]).write(rest[1])
        return forms.redact(opened)


@pytest.fixture
def forms(unconfined):
    return Forms(guard=unconfined)


def subjects(certificate):
    statement = json.loads(open_bundle(certificate.to_json()).opened().payload)
    return {one["digest"]["sha256"] for one in statement["subject"]}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_one_person_has_one_token_in_fields_names_and_files(forms):
    form = sent(
        forms,
        ("title", "Customer data of Jane Roe"),
        ("contact", "jane.roe@mail.example"),
        ("file", "jane.roe@mail.example.txt", b"Jane Roe <jane.roe@mail.example>\n"),
        ("file", "b.json", b'{"name": "Jane Roe"}'),
    )
    assert form.fields == (
        ("title", "Customer data of <PERSON_1>"),
        ("contact", "<EMAIL_ADDRESS_1>"),
    )
    first, second = form.files
    assert first.read() == b"<PERSON_1> <<EMAIL_ADDRESS_1>>\n"
    assert second.read() == b'{"name": "<PERSON_1>"}'
    assert "jane" not in first.name
    assert form.value("contact") == "<EMAIL_ADDRESS_1>"
    assert form.value("missing", "none") == "none"


def test_fields_keep_their_order_and_their_repetitions(forms):
    parts = [("tag", "idor"), ("title", "A"), ("tag", "sqli"), ("empty", "")]
    assert sent(forms, *parts).fields == tuple(parts)


def test_names_of_fields_are_redacted_those_of_files_too(forms):
    form = sent(forms, ("jane.roe@mail.example", "1"), ("joe.doe@mail.example", "a.txt", b"x\n"))
    (name, _), *_ = form.fields
    assert name == "<EMAIL_ADDRESS_1>"
    assert form.files[0].field_name == "<EMAIL_ADDRESS_2>"


def test_what_the_program_keeps_passes_and_is_in_no_certificate(unconfined):
    token = "jane.roe@mail.example"
    forms = Forms(guard=unconfined, keep_fields={"csrf"})
    form = sent(forms, ("csrf", token), ("title", f"by {token}"))
    assert form.fields == (("csrf", token), ("title", "by <EMAIL_ADDRESS_1>"))
    assert token.encode() not in form.record


def test_a_form_is_certified_as_a_whole_or_as_far_as_it_was_stored(forms):
    form = sent(forms, ("title", "T"), ("a", "a.txt", b"first\n"), ("b", "b.txt", b"second\n"))
    first, second = form.files
    every = {sha256(one) for one in (form.record, first.read(), second.read())}
    assert subjects(form.certify(ref="VDP-1")) == every
    assert subjects(form.certify([second])) == {sha256(form.record), sha256(b"second\n")}
    assert subjects(second.alone.certify()) == {sha256(b"second\n")}


def test_a_form_without_text_has_no_record(forms):
    form = sent(forms, ("a", "a.txt", b"first\n"))
    assert form.record == b""
    assert subjects(form.certify()) == {sha256(b"first\n")}


def test_nothing_is_certified_after_its_request(forms):
    form = sent(forms, ("title", "T"))
    form.discard()
    with pytest.raises(PolicyError):
        form.certify()


def test_an_input_without_a_file_is_no_file(forms):
    form = sent(forms, ("title", "T"), ("file", "", b""))
    assert (form.files, form.blank) == ((), ("file",))


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("a/b\\c.txt", "c.txt"),
        ("../..", "unnamed"),
        ("", "unnamed"),
        ("a\r\n\0b.txt", "ab.txt"),
        ("a\x9b31mb.txt", "a31mb.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("عکس\u200cها.txt", "عکس\u200cها.txt"),
        ("a.certificate.json", "a.certificate.file.json"),
        (".headers.json", ".headers.file.json"),
    ],
)
def test_a_name_is_no_path_and_no_name_of_ours(forms, name, bare):
    assert sent(forms, ("file", name, b"x\n")).files[0].name == bare


@pytest.mark.parametrize("stem", ["a", "報", "x y "])
def test_a_long_name_is_shortened_so_that_file_and_certificate_can_be_stored(
    unconfined, tmp_path, stem
):
    (file,) = sent(Forms(guard=unconfined), ("file", stem * 300 + ".txt", b"x\n")).files
    assert file.name.startswith(stem * 40)
    assert file.name.endswith("~.txt")
    stored = Landing(fsspec.filesystem("file"), unconfined).land(file.admission, str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {
        file.name,
        f"{file.name}.certificate.json",
    }
    assert stored == str(tmp_path / file.name)


def test_a_long_name_is_redacted_before_it_is_shortened(forms):
    """Cut in two, an account number would be none."""
    for before in range(170, 200, 5):
        name = "x " * (before // 2) + "DE89370400440532013000" + " y" * 50 + ".txt"
        (file,) = sent(forms, ("file", name, b"x\n")).files
        assert "DE89" not in file.name
        assert file.admission.renamed


def test_two_files_of_a_name_are_two_files(forms):
    """A program that stores them by their names loses none."""
    names = ["a.txt", "A.TXT", "Jane Roe.txt", "PERSON_1.txt", "a-2.txt", "a.txt"]
    files = sent(forms, *(("file", name, name.encode()) for name in names)).files
    assert [file.name for file in files] == [
        "a.txt", "A-2.TXT", "PERSON_1.txt", "PERSON_1-2.txt", "a-2-2.txt", "a-3.txt"
    ]  # fmt: skip
    assert [file.admission.renamed for file in files] == [False, *[True] * 5]


def test_a_policy_that_cannot_be_used_is_told_of_before_the_first_form(unconfined, tmp_path):
    path = tmp_path / "pii-guard.toml"
    with pytest.raises(PolicyError, match=r"policy file pii-guard\.toml"):
        Forms(policy=path)
    path.write_text("no = 'setting'\n")
    with pytest.raises(PolicyError):
        Forms(policy=path)
    path.write_text("schema = 1\n")
    Forms(policy=path)
    with pytest.raises(PolicyError, match="a policy and a guard"):
        Forms(policy=path, guard=unconfined)


def test_one_part_that_is_refused_refuses_the_form(unconfined):
    told = []
    forms = Forms(guard=unconfined, refused=told.append)
    parts = (
        ("title", "by jane.roe@mail.example"),
        ("a", "a.txt", b"x\n"),
        ("b", "b.bin", UNREADABLE),
    )
    with pytest.raises(FormRefused) as refused:
        sent(forms, *parts)
    (part,) = refused.value.parts
    assert (part.field, part.number, part.reason.code) == ("b", 2, ReasonCode.UNSUPPORTED)
    assert refused.value.fields == (("title", "by <EMAIL_ADDRESS_1>"),)
    assert refused.value.files == ("a", "b")
    assert told == [refused.value]


def test_a_certificate_of_a_refusal_is_about_what_is_kept_only(signer, tmp_path):
    generate(tmp_path / "key.txt")
    kept = Quarantine(tmp_path / "quarantine", Identity.load(tmp_path / "key.txt").recipient)
    forms = Forms(guard=Guard(Policy(isolation="off"), signer=signer, quarantine=kept))
    with pytest.raises(FormRefused) as refused:
        sent(forms, ("title", "T"), ("a", "a.txt", b"x\n"), ("b", "b.bin", UNREADABLE))
    payload = open_bundle(refused.value.certificate.to_json()).opened().payload
    artifacts = json.loads(payload)["predicate"]["artifacts"]
    assert [one["disposition"] for one in artifacts] == ["quarantined"]
    assert refused.value.entry == refused.value.parts[0].entry != ""


@pytest.mark.parametrize(
    ("limits", "parts"),
    [
        (FormLimits(max_files=1), [("a", "a", b"x"), ("b", "b", b"x")]),
        (FormLimits(max_fields=1), [("a", "x"), ("b", "x")]),
        (FormLimits(max_fields_bytes=10), [("title", "0123456789")]),
    ],
)
def test_a_form_beyond_a_limit_is_refused_before_it_is_looked_at(unconfined, limits, parts):
    with pytest.raises(FormError) as refused:
        sent(Forms(guard=unconfined, limits=limits), *parts)
    assert refused.value.kind == "too_large"
    assert refused.value.remedy


def test_a_body_beyond_the_limit_is_refused_by_its_announcement(unconfined):
    forms = Forms(guard=unconfined, limits=FormLimits(max_form_bytes=100))
    with pytest.raises(FormError):
        forms.open("101")
    opened = forms.open("")
    opened.took(100)
    with pytest.raises(FormError):
        opened.took(1)


def test_a_file_beyond_the_policy_is_refused_while_it_comes(signer):
    small = Policy(limits=Limits(max_file_bytes=10, max_streamed_bytes=10), isolation="off")
    with pytest.raises(FormRefused) as refused:
        sent(Forms(guard=Guard(small, signer=signer)), ("a", "a.txt", b"01234567890"))
    assert refused.value.reason.code is ReasonCode.LIMIT_SIZE


def test_a_part_of_a_form_is_no_form(forms):
    with pytest.raises(FormError):
        forms.open("10", "bytes 0-9/20")


def test_who_comes_when_all_places_are_taken_is_told_to_come_again():
    pressure = Pressure(at_once=1, waiting=0, retry_after_s=7)
    with pressure:
        with pytest.raises(Busy) as busy:
            pressure.check()
        with pytest.raises(Busy), pressure:
            pass
    assert busy.value.retry_after_s == 7
    with pressure:
        pass


def test_a_full_disk_is_no_fault_of_the_form(forms, monkeypatch):
    def full():
        raise OSError(28, "no space")

    opened = forms.open()
    file = opened.file("a", "a.txt")
    monkeypatch.setattr("pii_guard.sealed.tempfile.TemporaryFile", lambda **_: full())
    with pytest.raises(Busy), forms.taking(opened):
        file.write(b"x" * (2 << 20))
