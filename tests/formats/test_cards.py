"""Contacts and calendars: what the matrix of places does not say."""

from __future__ import annotations

import random

import pytest
import vobject

from pii_guard.document import Changes, Edit, Span
from pii_guard.errors import Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from tests.formats.samples import SAMPLES

BOUNDS = Bounds()
CARD, CALENDAR = (Formats().of(f"text/{kind}") for kind in ("vcard", "calendar"))


def told(form, text):
    return [(s.label, s.text) for s in form.read(text.encode(), BOUNDS).segments]


def replacing(form, text, wanted, new):
    segments = form.read(text.encode(), BOUNDS).segments
    number = next(n for n, s in enumerate(segments) if wanted in s.text)
    start = segments[number].text.index(wanted)
    edit = Edit(number, Span(start, start + len(wanted)), new)
    return form.write(text.encode(), Changes((edit,)), BOUNDS).decode()


def test_parts_are_told_apart_and_labelled():
    card = "BEGIN:VCARD\r\nN:Roe\\;Li;Jo,Ann;;Dr.;\r\nADR;TYPE=home:;;1 Main St;Town;ZH;8001;CH\r\nTEL:+41 1\r\nEND:VCARD\r\n"
    assert told(CARD, card) == [
        ("last name", "Roe;Li"), ("first name", "Jo,Ann"), ("name prefix", "Dr."),
        ("", "home"), ("street address", "1 Main St"), ("city", "Town"), ("region", "ZH"),
        ("postal code", "8001"), ("country", "CH"), ("phone", "+41 1"),
    ]  # fmt: skip


def test_folds_and_soft_breaks_are_undone_and_stay_elsewhere():
    card = (
        "BEGIN:VCARD\nNOTE:one Wil\n ma two\n\tthree\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6=\nrg\n"
        "X-A:b\nEND:VCARD\n"
    )
    assert told(CARD, card) == [("", "one Wilma twothree"), ("full name", "Jörg"), ("a", "b")]
    out = replacing(CARD, card, "Wilma", "<PERSON_1>")
    assert out == card.replace("Wil\n ma", "<PERSON_1>")
    assert replacing(CARD, card, "Jörg", "é=").count("=C3=A9=3D") == 1


def test_each_card_and_each_event_is_a_record_and_each_attendee_one_of_its_own():
    cards = "BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n"
    first, second = (s.record[0] for s in CARD.read(cards.encode(), BOUNDS).segments)
    assert first != second
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTENDEE;CN=A:mailto:a\nATTENDEE;CN=B:mailto:b\nEND:VEVENT\nEND:VCALENDAR\n"
    records = [s.record for s in CALENDAR.read(event.encode(), BOUNDS).segments]
    assert records[0] == records[1] != records[2] == records[3]
    assert {record[0] for record in records} == {2}


def test_replacements_are_escaped_for_their_place():
    event = 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTENDEE;CN="Jo, Roe":mailto:a\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n'
    assert 'CN="a b  c":' in replacing(CALENDAR, event, "Jo, Roe", 'a"b: c')
    assert "SUMMARY:a\\,b\\;\\n\\\\\n" in replacing(CALENDAR, event, "x", "a,b;\n\\")


def test_a_redacted_card_reads_as_a_card(guard):
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Whitfield;Margaret;;;\r\nFN:Margaret Whitfield\r\n"
        "EMAIL;TYPE=INTERNET:m.whitfield@mail-of-her.net\r\nBDAY:1980-02-03\r\nTITLE:Tester\r\nEND:VCARD\r\n"
    )
    out = guard.redact(card.encode(), name="a.vcf").output.decode()
    made = vobject.readOne(out)
    assert made.fn.value == "<PERSON_1>"
    assert made.title.value == "Tester"
    assert "Whitfield" not in out
    assert "1980" not in out


def test_mutated_cards_are_read_or_refused():
    chance = random.Random(6)
    for turn in range(400):
        form, media_type = (CARD, "text/vcard") if turn % 2 else (CALENDAR, "text/calendar")
        blob = bytearray(SAMPLES[media_type])
        for _ in range(chance.randint(1, 6)):
            blob[chance.randrange(len(blob))] = chance.choice(b'\r\n\t =;:"\\,AB\xc3\x00')
        try:
            document = form.read(bytes(blob), BOUNDS)
            form.reread(bytes(blob), BOUNDS)
        except Unreadable:
            continue
        edits = tuple(Edit(n, Span(0, len(s.text)), "x") for n, s in enumerate(document.segments))
        form.write(bytes(blob), Changes(edits), BOUNDS)


@pytest.mark.parametrize(
    "line",
    ["NICKNAME:dr_morty7", "X-SOCIALPROFILE;type=twitter:dr_morty7", "X-SKYPE:dr_morty7", "NOTE:call dr_morty7\\, asthma"],
)  # fmt: skip
def test_all_lines_of_a_card_are_about_one_person(guard, line):
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:Mordecai Whitfield\n{line}\nEND:VCARD\n"
    result = guard.redact(card.encode(), name="a.vcf")
    assert result.verdict == "redacted", result.reason
    assert b"dr_morty7" not in result.output
    assert b"asthma" not in result.output
    assert b"VERSION:3.0" in result.output


def test_a_nickname_on_another_card_stays(guard):
    cards = "BEGIN:VCARD\nFN:Mordecai Whitfield\nEND:VCARD\nBEGIN:VCARD\nKIND:group\nNICKNAME:oncall7\nEND:VCARD\n"
    assert b"oncall7" in guard.redact(cards.encode(), name="a.vcf").output
