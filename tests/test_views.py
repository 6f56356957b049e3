"""Decoded views: what an escape hides is seen, and every character knows where it came from."""

from __future__ import annotations

import base64
import gzip
import json
import random
import time
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import CertificateBuilder, Name, NameAttribute
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.views import changed_lines, revealed, undone, views, written
from pii_guard.views.runs import HIDING, encoded

VALUE = "jane.roe@mail.example"
PRINTABLE = st.text(st.characters(categories=["L", "Nd", "Po", "Zs"], max_codepoint=0x2FF))


def shown(text):
    view = undone(text)
    return text if view is None else view.text


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("q=Jane%20R%C3%B6e&x=1", "q=Jane Röe&x=1"),
        ("a=%256a%2561ne", "a=jane"),
        ("Jane&nbsp;Roe &#74;ane &#x4a;o", "Jane Roe Jane Jo"),
        ("\\u004aane \\x4aane", "Jane Jane"),
        ("\\ud83d\\ude00", "😀"),
        ("name=Jane+Roe", "name=Jane Roe"),
        ("Content-Transfer-Encoding: quoted-printable\nR=C3=B6e=\n!", None),
        ("536-22\u200b-8417", "536-22-8417"),
        ("\u202ajane\u202c", "jane"),
        ("Jаne Rоe", "Jane Roe"),  # Cyrillic а and о
        ("４１１１", "4111"),
        ("4111\u00a01111", "4111 1111"),
        ("536\u201322\u22128417", "536-22-8417"),
        ("４１１１＠a．b。c", "4111@a.b.c"),
        ("٤١١١ ४१", "4111 41"),
        ("4111\u20281111", "4111 1111"),
        ("\\u{6a}ane \\u{1F600}", "jane 😀"),
        ('{\\"a\\":\\"b\\/c\\"}', '{"a":"b/c"}'),
        ('{\\\\\\"a\\\\\\":\\\\u0040', '{"a":@'),
        ("a\\n536\\r\\nAB\\t7\\n", "a\n536\nAB\t7\n"),
        ("a\\\\n536\\\\r\\\\n", "a\n536\n"),
        ("Re=C3=A9ponse=\n!", "Reéponse!"),
        ("key=1\\nghp_x\\tjane", "key=1\nghp_x\tjane"),
        ("\\b536\\b \\f7", " 536   7"),
        (
            "\x1b[31m536\x1b[0m \\x1b[1;31m22\\033[0m ^[[K84#033[17m \\e[0m\\u001b[m\x1b(B",
            "536 22 84 ",
        ),
    ],
)
def test_a_reader_sees(text, reads):
    expected = "Content-Transfer-Encoding: quoted-printable\nRöe!" if reads is None else reads
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        "100% sure",
        "a & b; c",
        "x=20",
        "1+1=2",
        "Müller’s “naïve” — été",
        "Москва",
        "a – b, 10 – 12, x—y",
        "C:\\new\\users",
        "“quoted”",
        "C++",
        "OU=0002 43\n  MIIDZzQ=\nMIIDZz==\n",
    ],
)
def test_nothing_to_undo(text):
    assert undone(text) is None


def test_bytes_that_are_no_utf8_stay():
    assert undone("%ff%fe") is None


@given(PRINTABLE.filter(bool))
def test_every_character_of_an_inline_view_knows_its_origin(text):
    origin = "a=" + quote(text, safe="")
    view = undone(origin)
    if view is None:
        return
    assert len(view.starts) == len(view.ends) == len(view.text)
    for i, letter in enumerate(view.text):
        part = origin[view.starts[i] : view.ends[i]]
        assert letter in shown(part)


@settings(max_examples=60)
@given(PRINTABLE, PRINTABLE, st.sampled_from(["base64", "urlsafe", "hex"]))
def test_an_encoded_value_is_replaced_and_its_neighbours_are_not(before, after, scheme):
    parts = {"a": before, "mail": VALUE, "b": after}
    whole = json.dumps(parts, ensure_ascii=False).encode()
    origin = {
        "base64": base64.b64encode(whole).decode(),
        "urlsafe": base64.urlsafe_b64encode(whole).decode().rstrip("="),
        "hex": whole.hex(),
    }[scheme]
    text = f"token {origin} end"
    found = [v for v in views(text) if VALUE in v.text]
    if not found:  # mostly punctuation: not taken for text
        return
    view = found[0]
    start = view.text.index(VALUE)
    end = start + len(VALUE)
    low, high = view.starts[start], view.ends[end - 1]
    layer = view.layer(start, end)
    assert revealed(text[low:high], layer) == VALUE
    changed = text[:low] + written("<EMAIL_ADDRESS_1>", text[low:high], layer) + text[high:]
    again = next(v for v in views(changed) if "EMAIL_ADDRESS_1" in v.text)
    assert VALUE not in again.text
    seen = json.loads(again.text)
    assert seen.pop("mail").strip() == "<EMAIL_ADDRESS_1>"
    assert seen == {"a": before, "b": after}


@pytest.mark.parametrize(
    "text",
    [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "550e8400-e29b-41d4-a716-446655440000",
        "getUserProfileByIdentifierAndName",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB",
        base64.b64encode(random.Random(3).randbytes(60_000)).decode(),
    ],
)
def test_hashes_identifiers_and_binary_have_no_view(text):
    assert list(views(text)) == []


@pytest.mark.parametrize("coding", ["base64", "hex"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\x08\x01\x12\x15", b"\x1a\x02\xff\xfe"),  # fields of a protocol buffer
        (b"\xff\x01\x0f\x05", b"\x00\x00\x00"),  # the state of a web form
        ("\ufeffto: ".encode(), b"\xe7\x8d"),  # a byte order mark, and a letter that is cut
        ("an\u00a0".encode(), " und\u200b".encode()),
    ],
)
def test_a_value_amid_encoded_binary_data_is_replaced_and_the_data_stay(
    guard, coding, before, after
):
    whole = before + VALUE.encode() + b"\n" + after
    run = base64.b64encode(whole).decode() if coding == "base64" else whole.hex()
    out = guard.redact_text(f"state={run} end").removeprefix("state=").removesuffix(" end")
    left = base64.b64decode(out) if coding == "base64" else bytes.fromhex(out)
    assert left.replace(b" ", b"") == (before + b"<EMAIL_ADDRESS_1>\n" + after).replace(b" ", b"")


@pytest.mark.parametrize("lost", ["1", "10", "100"])
def test_utf16_is_read_in_whatever_alignment_it_is(guard, lost):
    """Symbols before it shift it, and make letters of other scripts of it."""
    said = f"4.\r\nThey write to {VALUE} of the desk, and to nobody else"
    run = base64.b64encode(said.encode("utf-16-le")).decode()
    out = guard.redact_text(f"On 1 May 2026 {lost}{run}")
    assert VALUE not in "".join(view.text for view in views(out[len("On 1 May 2026 " + lost) :]))


NO_TEXT = b"\xff\xfe\x81\x93\x02\x88\xf1\xfa\x9c" * 6
"""Bytes that are no text, around what is."""


@pytest.mark.parametrize(
    "drawn",
    ["P0aÑ<ԮWVB;NQq", "W~Xø[]m.ѣ>l~J=", 't{ּz7"Xru%g1o', 'FHF^\t"jWN{nn', " j_RYe<uCKgD"],
)
def test_letters_drawn_at_random_name_nobody(guard, drawn):
    """Each is from 300,000 random bytes, and the model takes it for somebody."""
    run = base64.encodebytes(NO_TEXT + drawn.encode() + b"\n" + NO_TEXT).decode()
    result = guard.redact(f"a dump of memory:\n{run}".encode(), name="a.txt")
    assert (result.verdict, result.actions) == ("clean", ())


@pytest.mark.parametrize("name", ["Jane Whitfield", "Ed Li", "JANE ROE", "jane whitfield"])
def test_a_name_amid_encoded_binary_data_is_one(guard, name):
    run = base64.encodebytes(
        NO_TEXT + f"the customer is {name}".encode() + b"\n" + NO_TEXT
    ).decode()
    found = guard.scan(f"a dump of memory:\n{run}".encode(), name="a.txt").findings
    assert "PERSON" in {one.entity_type for one in found}


@pytest.mark.parametrize("odd", range(6))
@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoded_lines_stay_lines_of_one_run(guard, width, end, odd):
    """As in a certificate: what stands behind a replaced value is read with it when all is scanned again."""
    before = b"\x30\x82" + b"\x0c\x11issued by the test authority" * 3 + b"\x16\x15"
    after = (
        b"\x0c\x11it is good for this server only" * 9
        + b"\x0c\x11as the policy of it says"
        + b"!" * odd
    )
    symbols = base64.b64encode(before + VALUE.encode() + after).decode()
    block = end.join(symbols[i : i + width] for i in range(0, len(symbols), width))
    out = guard.redact_text(f"-----BEGIN{end}{block}{end}-----END")
    assert max(map(len, out.splitlines())) <= width + 4
    assert out.count(end) == block.count(end) + 2
    (view,) = encoded(out)
    assert view.text.count("<EMAIL") == 1
    assert view.text.endswith("as the policy of it says" + "!" * odd)
    left = base64.b64decode(out.split("-----")[1].removeprefix("BEGIN"))
    assert left.replace(b" ", b"") == (before + b"<EMAIL_ADDRESS_1>" + after).replace(b" ", b"")


def test_the_length_of_a_string_in_a_certificate_is_no_letter_of_it(guard):
    """DER says how long a text is in the byte before it: 55 is a `7`, 46 a full stop."""
    for size in (46, 55, 65):
        name = ("Academic and Research Institutions of the Hellenic Republic" * 2)[:size].encode()
        run = base64.b64encode(
            bytes([0x30, 0x82, 6, 3, 0x55, 4, 10, 0x0C, size]) + name + b"1\x1b0\x19"
        ).decode()
        (view,) = encoded(run)
        assert view.text == name.decode() + "1\n"


def test_who_a_certificate_is_of_is_replaced_and_nothing_else(guard):
    subject = Name([NameAttribute(NameOID.COUNTRY_NAME, "US"), NameAttribute(NameOID.ORGANIZATION_NAME, "Microsec Ltd."),
                    NameAttribute(NameOID.COMMON_NAME, "Jane Whitfield"), NameAttribute(NameOID.EMAIL_ADDRESS, VALUE)])  # fmt: skip
    key, day = (
        Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    draft = CertificateBuilder(subject, subject, key.public_key(), 7, day, day + timedelta(9))
    pem = draft.sign(key, None).public_bytes(Encoding.PEM).decode()
    result = guard.redact(
        f"I used this one:\n\n{pem}\nand was let in.\n".encode(), name="client.md"
    )
    assert {f.entity_type for f in result.findings} == {"PERSON", "EMAIL_ADDRESS"}
    left = result.output.decode().split("-----")[2]
    der = base64.b64decode(left)
    assert (
        der.count(b"<PERSON_1>"),
        der.count(b"<EMAIL_ADDRESS_1>"),
        der.count(b"Microsec Ltd."),
    ) == (2, 2, 2)
    assert der[-60:] == base64.b64decode(pem.split("-----")[2])[-60:]


@pytest.mark.parametrize(
    "line", ["GET /reset?token={}&n=1", "GET /reset/{}/now", "state={}", "password_reset_token={}"]
)
def test_base64_in_an_address_is_read(guard, line):
    run = base64.urlsafe_b64encode(f"do write to {VALUE}, now!".encode()).decode().rstrip("=")
    head, tail = line.split("{}")
    out = guard.redact_text(line.format(run))
    left = out.removeprefix(head).removesuffix(tail)
    shown = base64.urlsafe_b64decode(left + "=" * (-len(left) % 4)).decode()
    assert shown.split() == ["do", "write", "to", "<EMAIL_ADDRESS_1>", ",", "now!"]


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf16_that_is_cut_within_a_character_is_read(guard, charset):
    whole = f"Wünsche, write to {VALUE}; thanks".encode(charset)[:-1]
    out = guard.redact_text(f"token {base64.b64encode(whole).decode()} end")
    assert VALUE not in base64.b64decode(out.split()[1] + "==").decode(charset, "replace")


BINARY = (bytes.fromhex("d0cf11e0a1b11ae1fe"), bytes.fromhex("ffffff0300ff"))


@pytest.mark.parametrize("coding", ["base64", "hex"])
@pytest.mark.parametrize("odd", [b"", b"\x07"])
@pytest.mark.parametrize(
    ("charset", "word"),
    [("utf-16-le", "write to"), ("utf-16-be", "write to"), ("utf-16-le", "γράψε")],
)
def test_utf16_amid_encoded_binary_data_is_replaced_and_the_data_stay(
    guard, coding, odd, charset, word
):
    head, tail = BINARY[0] + odd, BINARY[1]
    whole = head + f"{word} {VALUE} now".encode(charset) + tail
    run = base64.b64encode(whole).decode() if coding == "base64" else whole.hex()
    out = guard.redact_text(f"state={run} end").removeprefix("state=").removesuffix(" end")
    left = base64.b64decode(out) if coding == "base64" else bytes.fromhex(out)
    said = left.removeprefix(head).removesuffix(tail).decode(charset)
    assert (left.startswith(head), left.endswith(tail)) == (True, True)
    assert said.split() == [*word.split(), "<EMAIL_ADDRESS_1>", "now"]


@pytest.mark.parametrize("coding", ["base64", "hex"])
def test_both_widths_of_letters_amid_encoded_binary_data_are_read(guard, coding):
    whole = f"to {VALUE};".encode("utf-16-le") + f"cc {VALUE}".encode() + bytes(90)
    run = base64.b64encode(whole).decode() if coding == "base64" else whole.hex()
    out = guard.redact_text(f"state={run} end").removeprefix("state=").removesuffix(" end")
    left = base64.b64decode(out) if coding == "base64" else bytes.fromhex(out)
    said = left.replace(b"\0", b"").replace(b" ", b"")
    assert said == b"to<EMAIL_ADDRESS_1>;cc<EMAIL_ADDRESS_1>"


@pytest.mark.parametrize("before", ["", "0", "d0", "d0c"])
@pytest.mark.parametrize("after", ["", "0", "x", "0h"])
def test_digits_that_are_cut_within_a_byte_are_read(guard, before, after):
    run = f"please write to {VALUE} soon".encode().hex()
    out = guard.redact_text(f"{before}{run}{after} end")
    assert VALUE.encode().hex() not in out
    assert (out.startswith(before), out.endswith(f"{after} end")) == (True, True)


def test_what_follows_the_padding_of_base64_hides_nothing(guard):
    runs = [base64.b64encode(f"{way} {VALUE}.".encode()).decode() for way in ("to", "mail", "bcc")]
    assert sorted(run.count("=") for run in runs) == [0, 1, 2]
    for run in runs:
        out = guard.redact_text(f"token={run}In0= end")
        assert run not in out
        assert out.endswith(" end")


@pytest.mark.parametrize("surplus", ["Q", "Q==", "Q^"])
def test_base64_with_a_symbol_too_many_is_read_up_to_it(guard, surplus):
    run = base64.b64encode(f"reply to {VALUE}".encode()).decode()
    assert len(run) % 4 == 0
    assert "=" not in run
    out = guard.redact_text(f"token {run}{surplus} end")
    assert b"<EMAIL_ADDRESS_1>" in base64.b64decode(out.split()[1].rstrip("=^")[:-1])


def nested(*codings, text="write to jane.roe@mail.example now"):
    for coding in codings:
        text = {
            "base64": lambda t: base64.b64encode(t.encode()).decode(),
            "hex": lambda t: t.encode().hex(),
            "percent": lambda t: quote(t, safe=""),
            "json": lambda t: json.dumps({"a": "b", "in": t}),
        }[coding](text)
    return text


@pytest.mark.parametrize(
    "codings",
    [
        ("base64", "base64"),
        ("base64", "base64", "base64"),
        ("hex", "base64"),
        ("base64", "hex"),
        ("percent", "base64"),
        ("base64", "percent"),
        ("percent", "percent", "percent"),
        ("json", "json"),
        ("json", "base64", "json"),
        ("base64", "json", "base64"),
        ("json", "json", "base64"),
    ],
)
def test_a_value_is_removed_from_encodings_within_each_other(guard, codings):
    hidden = nested(*codings)
    output = guard.redact_text(f"first {hidden} last\n")
    assert output.startswith("first ")
    assert output.endswith(" last\n")
    assert hidden not in output
    assert list(guard.scan(output.encode(), name="a.txt")) == []
    shown = {output, *(v.text for v in views(output))}
    assert any("EMAIL_ADDRESS_1" in text for text in shown)


def test_what_stands_beside_a_value_within_two_encodings_stays(guard):
    hidden = nested("percent", "base64", text="mail=jane.roe@mail.example&page=12")
    output = guard.redact_text(f"first {hidden} last\n").split()[1]
    assert (
        base64.b64decode(output).decode().replace(" ", "") == "mail%3D<EMAIL_ADDRESS_1>%26page%3D12"
    )


def test_only_lines_that_read_differently_are_looked_at_again():
    text = "plain one\na=%4aane\nplain two\n"
    view = undone(text)
    part = changed_lines(view, text)
    assert part.text == "a=Jane\n"
    assert text[part.starts[2] : part.ends[5]] == "%4aane"


def test_base64_that_lost_a_symbol_is_read_beside_text_in_utf16():
    """As in a mail's `winmail.dat`: what is read in the one alignment says nothing about the other."""
    head = b"\1\0A note.\2\1" + VALUE.encode() + b"\3\1" * 8
    lost = base64.b64encode(head).decode()[1:]
    wide = base64.b64encode("desk@service.example".encode("utf-16-le") + b"\1\2").decode()
    shown = [view.text for view in encoded(f"x {lost[: len(lost) // 4 * 4]}{wide} y")]
    assert any("desk@service.example" in text for text in shown)
    assert any(VALUE in text for text in shown)


@pytest.mark.parametrize("put_in", ["4", "42", "429"])
def test_base64_that_gained_symbols_in_its_middle_is_read_behind_them(guard, put_in):
    before = base64.b64encode(b"The endpoint answers with status 403 to them").decode().rstrip("=")
    behind = base64.b64encode(b"please write to jane.roe@mail.example at once, as agreed").decode()
    out = guard.redact(f"x {before}{put_in}{behind} y".encode(), name="a.txt").output
    assert out is not None
    run = out.split()[1].rstrip(b"=")
    seen = [base64.b64decode(run[n : n + (len(run) - n) // 4 * 4]) for n in range(4)]
    assert not any(b"jane.roe" in one for one in seen)
    assert any(b"<EMAIL_ADDRESS_1>" in one for one in seen)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_base64_that_lost_symbols_before_it_is_read(guard, lost):
    hidden = base64.b64encode(b"please write to jane.roe@mail.example at once").decode()[lost:]
    out = guard.redact(f"data:text/plain;base64,cGx\x7f{hidden}".encode(), name="a.txt").output
    rest = out[out.rindex(b"\x7f") + 1 :]
    whole = [rest[n : n + (len(rest) - n) // 4 * 4] for n in range(4)]
    shown = b"".join(map(base64.b64decode, whole))
    assert b"jane.roe" not in shown


@pytest.mark.parametrize(
    "unit", ["%41", "&#65;", "\\u0041", "=41", "\u200b", "QUFB", "4142", "а", "a+"]
)
def test_hostile_repetition_costs_in_proportion(unit):
    text = "x=3D " + unit * (200_000 // len(unit))
    begun = time.process_time()
    for view in views(text):
        changed_lines(view, text)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "text",
    [
        "mail %6a%61%6e%65%40%6d%61%69%6c%2e%65%78%61%6d%70%6c%65 x",
        "mail &#106;&#97;&#110;&#101;&#64;mail.example x",
        "mail " + base64.b64encode(b"the mail is jane.roe@mail.example").decode() + " x",
        "mail " + b"jane.roe@mail.example".hex() + " x",
        "SSN 536-22\u200b-8417",
        "mail j\u200bane.roe@mail.example",
    ],
)
def test_hidden_values_are_removed_and_proved_gone(guard, text):
    output = guard.redact_text(text)
    assert output != text
    assert list(guard.scan(output.encode(), name="a.txt")) == []


def test_the_claims_of_a_token_stay_readable(guard):
    claims = base64.urlsafe_b64encode(b'{"sub":"7","name":"Jane Roe","email":"jane@mail.example"}')
    text = f"Cookie: jwt=eyJhbGciOiJIUzI1NiJ9.{claims.decode().rstrip('=')}.c2ln\n"
    output = guard.redact_text(text)
    part = output.split(".")[1]
    shown = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert shown["sub"] == "7"
    assert shown["name"].strip() == "<PERSON_1>"
    assert shown["email"].strip() == "<EMAIL_ADDRESS_1>"


@pytest.mark.parametrize(
    "line",
    [
        "[UFW BLOCK] IN=eth0 OUT= SRC=132.12.0.7 LEN=40 SPT=40123 DPT=443",
        "a=4012 b=41",
        "x=40.1.2.3",
    ],
)
def test_numbers_of_logs_are_not_quoted_printable(line):
    assert shown(line + "\n" + line) == line + "\n" + line


@pytest.mark.parametrize(
    "mail", ["jane=40mail.example", "jane.=40m=2Eexample", "j=402go.example", "j=40a-b.example"]
)
def test_an_address_in_quoted_printable_is_seen_without_its_header(mail):
    assert shown(f"to {mail} now") == f"to {mail} now".replace("=40", "@").replace("=2E", ".")


HIDDEN = {
    "octal": lambda t: "".join(f"\\{ord(c):03o}" for c in t),
    "css": lambda t: "".join(f"\\{ord(c):06x}" for c in t),
    "iis": lambda t: "".join(f"%u{ord(c):04x}" for c in t),
    "regular expression": lambda t: t.replace(".", "\\."),
    "encoded word": lambda t: f"=?utf-8?b?{base64.b64encode(t.encode()).decode()}?=",
    "quoted word": lambda t: f"=?utf-8?q?{t.replace('@', '=40')}?=",
    "utf-7": lambda t: f"+ADw- {t.replace('@', '+AEA-')} +AD4-",
    "javascript": lambda t: f"String.fromCharCode({','.join(str(ord(c)) for c in t)})",
    "sql function": lambda t: f"CHAR({', '.join(str(ord(c)) for c in t)})",
    "sql calls": lambda t: "||".join(f"CHR({ord(c)})" for c in t),
    "byte array": lambda t: f"new byte[] {{{', '.join(hex(ord(c)) for c in t)}}};",
    "powershell": lambda t: base64.b64encode(f"curl {t}".encode("utf-16-le")).decode(),
    "gzip": lambda t: base64.b64encode(
        gzip.compress(f'{{"to": "{t}"}}'.encode(), mtime=0)
    ).decode(),
    "zlib": lambda t: base64.b64encode(zlib.compress(f'{{"to": "{t}"}}'.encode())).decode(),
    "hex of gzip": lambda t: gzip.compress(f'{{"to": "{t}"}}'.encode(), mtime=0).hex(),
    "hex of utf-16": lambda t: f"N'0x{f'curl {t}'.encode('utf-16-le').hex().upper()}'",
    "spaced": lambda t: t.encode().hex(" "),
    "colons": lambda t: t.encode().hex(":").upper(),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_hidden_value_is_removed_and_its_neighbours_are_not(guard, way):
    output = guard.redact_text(f"first line\nsend {HIDDEN[way](VALUE)} on\nlast line\n")
    assert output.startswith("first line\nsend ")
    assert output.endswith(" on\nlast line\n")
    assert HIDDEN[way](VALUE) not in output
    assert list(guard.scan(output.encode(), name="a.txt")) == []
    assert any("EMAIL_ADDRESS_1" in text for text in [output, *(v.text for v in views(output))])


def test_what_replaces_part_of_a_compressed_text_can_be_unpacked(guard):
    packed = base64.b64encode(gzip.compress(f'{{"to": "{VALUE}", "n": 1}}'.encode(), mtime=0))
    output = guard.redact_text(f"body {packed.decode()}\n").split()[1]
    assert gzip.decompress(base64.b64decode(output)) == b'{"to": "<EMAIL_ADDRESS_1>", "n": 1}'


def test_what_is_left_of_a_compressed_text_that_was_cut_is_read(guard):
    packed = gzip.compress(f'{{"to": "{VALUE}", "n": 1}}'.encode(), mtime=0)
    output = guard.redact_text(f"body {base64.b64encode(packed[:-9]).decode()}\n").split()[1]
    assert b'{"to": "<EMAIL_ADDRESS_1>"' in gzip.decompress(base64.b64decode(output))


def test_a_compressed_run_that_grows_beyond_measure_is_no_text():
    bomb = base64.b64encode(gzip.compress(b"a" * 20_000_000)).decode()
    assert list(views(f"x {bomb} y")) == []


DUMPS = {
    "xxd": lambda data: "\n".join(
        f"{i:08x}: {data[i : i + 16].hex(' ', 2):<40} {data[i : i + 16].decode()}"
        for i in range(0, len(data), 16)
    ),
    "hexdump": lambda data: "\n".join(
        f"{i:08x}  {data[i : i + 8].hex(' ')}  {data[i + 8 : i + 16].hex(' '):<24} |{data[i : i + 16].decode()}|"
        for i in range(0, len(data), 16)
    ),
}


@pytest.mark.parametrize("tool", DUMPS)
def test_a_value_in_a_hex_dump_goes_with_its_lines(guard, tool):
    data = b"GET / HTTP/1.1  " + b"to " + VALUE.encode() + b" now...." + b"the end of data."
    output = guard.redact_text(f"first\n{DUMPS[tool](data)}\nlast\n")
    assert "jane" not in output
    assert "mail.ex" not in output
    assert "the end of data" in output
    assert "GET / HTTP/1.1" in output


def test_what_a_layer_is_of_is_what_a_dump_says():
    data = b"0123456789abcdefto " + VALUE.encode() + b" and so on for some time"
    text = f"x\n{DUMPS['xxd'](data)}\ny"
    view = next(v for v in views(text) if VALUE in v.text)
    start = view.text.index(VALUE)
    layer = view.layer(start, start + len(VALUE))
    assert revealed(text[view.starts[start] : view.ends[start + len(VALUE) - 1]], layer) == VALUE


@given(st.text(st.sampled_from("aB3+/_-=%&;\\ux.\n é#0,:?(chr"), max_size=40))
def test_a_text_that_is_passed_over_has_no_view(text):
    if HIDING.search(text) is None:
        assert undone(text) is None
        assert list(encoded(text)) == []


@pytest.mark.parametrize("text", ["C:\\temp\\new", "CORP\\nroe in \\\\share", "\\d+\\table"])
def test_paths_hold_no_line_ends(text):
    assert shown(text) == text


def test_lines_of_which_only_an_end_is_left_out_are_changed_lines():
    text = "one\n\x1b[1m536-22-8417\x1b[m\nthree\n8417\x1b[m"
    assert changed_lines(undone(text), text).text == "536-22-8417\n8417"


def test_lines_behind_an_escaped_line_end_are_changed_lines():
    text = "one\ntwo\\n536-22-8417\nthree"
    view = undone(text)
    changed = changed_lines(view, text)
    assert changed.text == "two\n536-22-8417\n"
    assert text[changed.starts[4] : changed.ends[14]] == "536-22-8417"
