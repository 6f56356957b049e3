"""Bodies of forms are read the same however they are cut, and what is written is read back as it was."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_guard.errors import FormError
from pii_guard.intake.form import Forms
from pii_guard.intake.multipart import Written, reader

KIND = "multipart/form-data; boundary=x"
BODY = (
    b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nby jane.roe@mail.example\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    b"Content-Type: text/html\r\n\r\njane.roe@mail.example\r\n--x--\r\n"
)


def read(forms, kind, *chunks):
    opened = forms.open()
    with forms.taking(opened):
        body = reader(kind, opened)
        for chunk in chunks:
            body.feed(chunk)
        body.end()
        return forms.redact(opened)


@pytest.fixture
def forms(unconfined):
    return Forms(guard=unconfined)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=8))
def test_it_is_read_the_same_however_it_is_cut(forms, cuts):
    places = sorted({0, len(BODY), *cuts})
    form = read(forms, KIND, *(BODY[a:b] for a, b in itertools.pairwise(places)))
    assert form.fields == (("title", "by <EMAIL_ADDRESS_1>"),)
    (file,) = form.files
    assert (file.name, file.media_type, file.read()) == (
        "a.txt",
        "text/plain",
        b"<EMAIL_ADDRESS_1>",
    )


def test_what_is_written_is_read_back(forms):
    form = read(forms, KIND, BODY)
    body = Written(form.fields, form.files, ["empty"])
    assert body.size == len(b"".join(body))
    again = read(forms, body.content_type, *body)
    assert (again.fields, again.blank) == (form.fields, ("empty",))
    assert [(f.field_name, f.name, f.read()) for f in again.files] == [
        (f.field_name, f.name, f.read()) for f in form.files
    ]


@pytest.mark.parametrize("name", ['a"b.txt', "a;b.txt", "ü.txt", "a'b.txt"])
def test_a_name_cannot_end_its_header(forms, name):
    opened = forms.open()
    opened.file("file", name).write(b"x\n")
    (file,) = forms.redact(opened).files
    (again,) = read(forms, (body := Written((), [file])).content_type, *body).files
    assert again.name == name.replace('"', "%22")


def test_a_urlencoded_form_is_read_as_well(forms):
    form = read(
        forms,
        "application/x-www-form-urlencoded; charset=utf-8",
        b"a=jane.roe%40",
        b"mail.example&b=",
    )
    assert form.fields == (("a", "<EMAIL_ADDRESS_1>"), ("b", ""))


def test_what_a_urlencoded_form_does_not_encode_is_utf_8(forms):
    """Browsers encode all of it, and `curl -d` nothing (URL Standard, urlencoded parsing)."""
    body = "title=by José Ñandú, jose%40mail.example&b=naïve caf%C3%A9".encode()
    form = read(forms, "application/x-www-form-urlencoded", body)
    assert form.fields == (("title", "by <PERSON_1>, <EMAIL_ADDRESS_1>"), ("b", "naïve café"))


def test_text_that_is_no_utf_8_loses_no_letter(forms):
    head = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    text = "by José Ñandú, jose@mail.example".encode("latin-1")
    form = read(forms, KIND, head + text + b"\r\n--x--\r\n")
    assert form.fields == (("title", "by <PERSON_1>, <EMAIL_ADDRESS_1>"),)


def test_more_fields_than_allowed_are_not_taken_apart(forms, monkeypatch):
    """Four million of them stand in a body of eight megabytes, and take some hundred."""
    monkeypatch.setattr("pii_guard.intake.multipart.parse_qsl", None)
    with pytest.raises(FormError) as refused:
        read(forms, "application/x-www-form-urlencoded", b"a=&" * 1001)
    assert refused.value.kind == "too_large"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", BODY),
        (KIND, BODY[:-10]),
        (KIND, b"no form"),
        (KIND, b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 1000, BODY),
        ("multipart/form-data; boundary=y", BODY),
        ("", BODY),
        ("application/json", b"{}"),
    ],
)
def test_what_is_no_form_is_refused_without_quoting_it(forms, kind, body):
    with pytest.raises(FormError) as refused:
        read(forms, kind, body)
    assert "jane" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_text_is_not_gathered_beyond_the_limit(forms):
    head = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    with pytest.raises(FormError) as refused:
        read(forms, KIND, head, *[b"x" * (1 << 20)] * 100)
    assert refused.value.kind == "too_large"
