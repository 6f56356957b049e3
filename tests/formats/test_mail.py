"""Mail: what is read where, and that an edit changes its own bytes only."""

from __future__ import annotations

import base64
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import test
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.document import Changes, Kind
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from tests.fixtures.mail import box, message, part, parts
from tests.formats import rewriting

BOUNDS, FORMATS = Bounds(), Formats()
MAIL = FORMATS.of("message/rfc822")
TOKEN = "<PERSON_1>"
CODED = "Content-Transfer-Encoding: base64\r\n"
DATA = Path(test.__file__).parent / "test_email" / "data"


def read(blob, form=MAIL):
    return form.read(blob, BOUNDS)


def edited(blob, old, new=TOKEN, form=MAIL):
    """The blob with a text replaced in its segments and children, where it must stand."""
    document = form.read(blob, BOUNDS)
    assert any(old in segment.text for segment in document.segments) or any(
        old.encode() in child.blob for child in document.children
    )
    return rewriting.rewritten(form, blob, old, new)


def parsed(blob):
    return email.message_from_bytes(blob, policy=email.policy.default)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X-A: by Jane Roe, today\r\n", "X-A: by <PERSON_1>, today\r\n"),
        ("X-A: by Jane\r\n Roe today\r\n", "X-A: by <PERSON_1> today\r\n"),
        ('Cc: "Jane Roe" <j@a.example>\r\n', 'Cc: "<PERSON_1>" <j@a.example>\r\n'),
        ("Cc: Jane Roe <j@a.example>\r\n", "Cc: =?utf-8?q?=3CPERSON=5F1=3E?= <j@a.example>\r\n"),
        ("X-A: =?utf-8?q?Jane_Roe_=C3=A9?=\r\n", "X-A: =?utf-8?q?=3CPERSON=5F1=3E_=C3=A9?=\r\n"),
        ("X-A: =?utf-8?q?Jane?=\r\n =?utf-8?q?_Roe_z?= q\r\n", "X-A: =?utf-8?q?=3CPERSON=5F1=3E_z?= q\r\n"),
        ("X-A: =?utf-8?b?SmFuZQ==?= Roe\r\n", "X-A: =?utf-8?b?PFBFUlNPTl8xPg==?=\r\n"),
        ("X-A: =?no-such?q?Jane_Roe?=\r\n", "X-A: =?utf-8?q?=3CPERSON=5F1=3E?=\r\n"),
    ],
)  # fmt: skip
def test_an_edit_of_a_header_changes_its_own_bytes(before, after):
    text = read(message(before)).segments
    wanted = next(s.text for s in text if "Jane" in s.text)
    value = "Jane Roe" if "Jane Roe" in wanted else wanted
    out = edited(message(before), value)
    assert out.replace(b" \r\n", b"\r\n") == message(after)
    assert value not in str(parsed(out).items())


def test_an_address_in_brackets_stays_one():
    out = edited(message("Cc: Q <jane@a.example>\r\n"), "jane@a.example", "<EMAIL_ADDRESS_1>")
    assert b"Cc: Q <EMAIL_ADDRESS_1>\r\n" in out
    assert "EMAIL_ADDRESS_1" in str(parsed(out)["Cc"])


def test_foreign_bytes_in_a_header_are_read_and_stay():
    blob = message("X-A: J\xfcrgen of Jane Roe \xe9\r\n").decode().encode("latin-1")
    assert "Jürgen of Jane Roe é" in [s.text for s in read(blob).segments]
    assert edited(blob, "Jane Roe") == blob.replace(b"Jane Roe", TOKEN.encode())


def test_signatures_go_with_the_first_change_and_stay_without_one():
    signed = (
        "DKIM-Signature: v=1; b=QUJDREVGR0hJSktMTU5P\r\nAuthentication-Results: mx; dkim=pass\r\n"
    )
    blob = message(f"X-A: Jane Roe\r\n{signed}")
    children = {n: child.blob for n, child in enumerate(read(blob).children)}
    assert MAIL.write(blob, Changes((), children), BOUNDS) == blob
    assert edited(blob, "Jane Roe") == message("X-A: <PERSON_1>\r\n")


def test_a_signed_part_stays_and_its_signature_goes():
    blob = message(
        body=parts(part("Jane Roe"), part("x", "application/pgp-signature"), kind="signed")
    )
    out = parsed(edited(blob, "Jane Roe"))
    assert out.get_content_type() == "multipart/mixed"
    assert [one.get_content_type() for one in out.iter_parts()] == ["text/plain"]
    assert not out.defects


def test_of_quoted_printable_only_the_changed_lines_are_written_anew():
    lines = ["na=EFve and =C3=A9=\r\n soft", "Jane Roe =E2=82=AC", "last =3D line  =20"]
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    blob = message(body=(head + "\r\n".join(lines)).encode())
    out = edited(blob, "Jane Roe")
    assert out == blob.replace(b"Jane Roe", TOKEN.encode())


def test_base64_keeps_the_length_of_its_lines():
    coded = base64.b64encode(b"Jane Roe and " * 30)
    body = b"\n".join(coded[i : i + 60] for i in range(0, len(coded), 60)) + b"\n"
    head = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    out = edited(message(body=head + body), "Jane Roe").partition(head)[2]
    assert {len(line) for line in out.split(b"\n")[:-2]} == {60}
    assert base64.b64decode(out) == b"<PERSON_1> and " * 30


@pytest.mark.parametrize(
    "charset", ["iso-8859-1", "koi8-r", "utf-16", "iso-2022-jp", "utf-7", "cp1252"]
)
def test_text_goes_back_in_its_charset(charset):
    extra = {"koi8-r": "Привет", "iso-2022-jp": "日本語"}.get(charset, "é")
    blob = message(
        body=part(f"{extra} Jane Roe".encode(charset), f"text/plain; charset={charset}", "base64")
    )
    assert f"{extra} Jane Roe" in [child.blob.decode() for child in read(blob).children]
    assert parsed(edited(blob, "Jane Roe")).get_content() == f"{extra} {TOKEN}"


def test_uuencoded_parts_are_files():
    blob = message(body=part(b"begin 644 a.txt\n(2F%N92!2;V4\n`\nend\n", coding="x-uuencode"))
    assert [child.blob for child in read(blob).children] == [b"Jane Roe"]
    assert [child.blob for child in read(edited(blob, "Jane Roe")).children] == [TOKEN.encode()]


def test_attached_messages_are_files_for_both_readers():
    blob = message(body=parts(part(), part(message("X-A: Jane Roe\r\n"), "message/rfc822")))
    for document in (read(blob), MAIL.reread(blob, BOUNDS)):
        assert any(
            b"Jane Roe" in c.blob and c.media_type == "message/rfc822" for c in document.children
        )


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        (message(body=b"Content-Transfer-Encoding: base64\r\n" + parts(part())), ReasonCode.CORRUPT),
        (message(body=b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n"), ReasonCode.CORRUPT),
        (message(body=part("!!!!", headers=CODED)), ReasonCode.CORRUPT),
        (message(body=part("aGk=\r\nfooter", headers=CODED)), ReasonCode.CORRUPT),
        (message(body=part("QUJD123RERE\r\nSmFuZSBS\r\nb2U=", headers=CODED)), ReasonCode.CORRUPT),
        (message(body=part("x", coding="x-of-my-own")), ReasonCode.UNSUPPORTED),
        (message(body=b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(40))), ReasonCode.LIMIT_NESTING),
    ],
    ids=["encoded multipart", "two boundaries", "no base64", "text behind base64", "base64 out of step", "encoding", "nesting"],
)  # fmt: skip
def test_what_reads_in_two_ways_is_refused(blob, code):
    with pytest.raises(Unreadable) as refused:
        read(blob)
    assert refused.value.reason.code is code


def test_a_boundary_that_begins_another_is_told_from_it():
    inner = parts(part("Jane Roe"), boundary="frontier2")
    blob = message(body=parts(inner, part("b"), boundary="frontier"))
    assert [child.blob for child in read(blob).children] == [b"Jane Roe", b"b"]


def test_from_lines_within_a_message_are_quoted_again():
    form = FORMATS.of("application/mbox")
    blob = box(message(body=part("Jane Roe\n\n>From here on\n>>From there\n")), message())
    document = form.read(blob, BOUNDS)
    assert b"\nFrom here on\n>From there\n" in document.children[0].blob
    out = edited(blob, "Jane Roe", form=form)
    assert out == blob.replace(b"Jane Roe", TOKEN.encode())


@pytest.mark.parametrize(
    ("blob", "name", "media_type"),
    [
        (message(), "a.txt", "message/rfc822"), (message(), "a.bin", "message/rfc822"),
        (box(message()), "inbox", "application/mbox"),
        (b"from: x\nto: y\nsubject: z\n", "job.yaml", "application/yaml"),
        (b"Subject: only a note\n\nwords", "a.txt", "text/plain"),
        (message(body=part(b"\0\x01\x02%PDF-1.4 PK\x05\x06", "application/x")), "", "message/rfc822"),
    ],
)  # fmt: skip
def test_mail_is_known_by_its_headers(blob, name, media_type):
    assert identify(blob, name) == media_type


LETTERS = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Co", "Cf"]
)
WORDS = st.text(LETTERS, min_size=1, max_size=30).map(str.strip).filter(bool)


@settings(max_examples=60, deadline=None)
@given(
    WORDS, WORDS, st.lists(WORDS, min_size=1, max_size=5),
    st.sampled_from(["7bit", "quoted-printable", "base64"]), st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_any_message_reads_as_the_standard_library_wrote_it(subject, name, lines, coding, end):
    made = EmailMessage(policy=email.policy.SMTP.clone(linesep=end))
    made["Subject"], made["X-Name"] = f"Wilma Ohara {subject}", name
    made["From"] = "robot <robot@service.example>"
    text = "\n".join([*lines, "Wilma Ohara"])
    made.set_content(
        text, cte=coding if text.isascii() else "base64" if coding == "7bit" else coding
    )
    made.add_attachment(text.encode(), "application", "x-note", filename=f"{name}.txt")
    blob = made.as_bytes()
    document = read(blob)
    children = {n: child.blob for n, child in enumerate(document.children)}
    assert MAIL.write(blob, Changes((), children), BOUNDS) == blob
    texts = [segment.text.strip() for segment in document.segments]
    again = parsed(blob)
    assert str(again["X-Name"]).strip() in texts
    assert (
        document.children[0].blob.decode().splitlines()
        == again.get_body().get_content().splitlines()
    )
    out = parsed(edited(blob, "Wilma Ohara"))
    assert str(out["Subject"]) == str(again["Subject"]).replace("Wilma Ohara", TOKEN)
    assert out.get_body().get_content() == again.get_body().get_content().replace(
        "Wilma Ohara", TOKEN
    )
    assert next(out.iter_attachments()).get_content() == text.replace("Wilma Ohara", TOKEN).encode()


@pytest.mark.skipif(not DATA.is_dir(), reason="the standard library's tests are not installed")
def test_the_messages_of_the_standard_library_are_read_and_stay():
    for path in sorted(DATA.glob("msg_*.txt")):
        blob = path.read_bytes()
        try:
            document = read(blob)
        except Unreadable:
            continue
        children = {n: child.blob for n, child in enumerate(document.children)}
        assert MAIL.write(blob, Changes((), children), BOUNDS) == blob, path.name


@pytest.mark.parametrize(
    "text", ["begin 644 a.txt\nM" + "A" * 60 + "\n`\nend\n", "=ybegin line=128 size=9 name=a\n"]
)
def test_a_file_within_text_is_a_gap(text):
    assert [g.reason.code for g in read(message(body=part(text))).gaps] == [ReasonCode.NOT_COVERED]


def test_a_boundary_that_spells_what_goes_is_replaced():
    blob = message(
        body=parts(part("by jane-roe"), parts(part("x"), boundary="b2"), boundary="9.jane-roe/1")
    )
    children = {
        n: child.blob.replace(b"jane-roe", b"J") for n, child in enumerate(read(blob).children)
    }
    out = MAIL.write(blob, Changes((), children, ("jane-roe",)), BOUNDS)
    assert b"jane-roe" not in out
    assert [child.blob for child in read(out).children] == [b"by J", b"x"]
    assert not parsed(out).defects
    assert b'boundary="b2"' in out


def test_a_boundary_is_replaced_once_in_a_header_that_is_one_text(guard):
    """`odd` is no parameter: such a header is read as a whole, its boundary with it."""
    body = parts(part("nothing"), boundary="9.jane.roe@mail.example")
    blob = message(body=body.replace(b"; boundary", b"; odd; boundary", 1))
    result = guard.redact(blob, name="a.eml")
    assert result.verdict == "redacted"
    assert b"jane.roe" not in result.output
    assert not parsed(result.output).defects


def test_protocols_and_times_of_a_received_header_are_nobody():
    value = (
        "from h by mx with ESMTPSA id 7 for <a@b.example>; Tue,  3 Mar 2026 10:00:00 +0100 (CET)"
    )
    for document in (
        read(message(f"Received: {value}\r\n")),
        MAIL.reread(message(f"Received: {value}\r\n"), BOUNDS),
    ):
        texts = [s.text for s in document.segments if s.label == "Received"]
        assert {text.split("  ")[0] for text in texts} == {"from h by mx"}
        assert all("id 7 for <a@b.example>" in text and "Tue" not in text for text in texts)
    assert value.encode() in edited(message(f"Received: {value}\r\nX-A: Jane Roe\r\n"), "Jane Roe")


def said(document):
    """What the model reads of segments, each once."""
    kept = (s for s in document.segments if s.kind is not Kind.NAME and s.text.strip())
    return {(one.text, one.label, one.kind) for one in kept}


@pytest.mark.parametrize(
    "headers",
    [
        "Subject: Re: Oxford Linen Curtain =?utf-8?q?f=C3=BCr?= Luz\r\n",
        "To: Ozan =?utf-8?b?xo9saXlldmE=?= <o@mail.example>\r\n",
        "X-Note: Sékou Sow, Rūta Žukauskas\r\n",
        'Content-Disposition: attachment; filename="order of Jane.csv"\r\n',
        "Content-Disposition: inline; filename*=utf-8''J%C3%BCrgen\r\n",
    ],
)
def test_headers_read_again_as_they_are_meant(headers):
    blob = message(headers)
    assert said(MAIL.reread(blob, BOUNDS)) == said(read(blob))


def test_the_fields_of_a_form_read_again_under_their_names():
    form = FORMATS.of("multipart/form-data")
    text = 'Content-Disposition: form-data; name="product"\r\n\r\nGrant Drawer Unit\r\n'
    file = 'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\r\n1,2\r\n'
    blob = f"--frontier\r\n{text}--frontier\r\n{file}--frontier--\r\n".encode()
    told, again = form.read(blob, BOUNDS), form.reread(blob, BOUNDS)
    assert [one.label for one in told.children] == ["product", ""]
    for one, other in zip(told.children, again.children, strict=True):
        assert (one.blob, one.label) == (other.blob, other.label)


def test_a_short_field_of_a_form_is_proved_as_the_field_it_is(guard):
    fields = (
        ("full_name", "Ann Rose"),
        ("product", "Rose Quartz Necklace"),
        ("vendor", "Calvin Klein"),
    )
    blob = "".join(
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    result = guard.redact(f"{blob}--frontier--\r\n".encode(), name="a")
    assert result.verdict == "redacted", result.reason
    assert b"Calvin Klein" in result.output


@pytest.mark.parametrize("boxed", [False, True])
def test_a_word_that_a_soft_line_break_cuts_is_nobody(guard, boxed):
    text = (
        "At Universidade de S=C3=A3o Paul=\r\no.\r\nPaul Roe, paul.roe@mail.example. Thanks, Paul"
    )
    coding = "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    blob = message(body=f"Content-Type: text/plain; {coding}\r\n\r\n{text}\r\n".encode())
    blob = box(blob.replace(b"\r\n", b"\n")) if boxed else blob
    result = guard.redact(blob, name="a.mbox" if boxed else "a.eml")
    assert result.verdict == "redacted", result.reason
    assert b"Paul=" in result.output
    assert b"Thanks, Paul" not in result.output
