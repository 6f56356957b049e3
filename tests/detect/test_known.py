"""Linking: the forms in which a known value comes back."""

from __future__ import annotations

import base64

import pytest

from pii_guard.detect.known import KnownValues
from pii_guard.findings import KnownValue
from pii_guard.residue import Residue

NAME = KnownValues([KnownValue("PERSON", "Maria Fernández")])
PHONE = KnownValues([KnownValue("PHONE_NUMBER", "+34 612 34 56 78")])


def shown(known, text):
    return [text[found.start : found.end] for found in known.find(text)]


@pytest.mark.parametrize(
    "form",
    [
        "Maria Fernández", "MARIA FERNÁNDEZ", "maria fernández", "Fernández, Maria", "Fernández Maria",
        "M. Fernández", "Fernández, M.", "maria.fernandez", "fernandez_maria", "maria-fernandez",
        "mariafernandez", "mfernandez", "Fernández",
    ],
)  # fmt: skip
def test_a_name_comes_back_reordered_initialled_and_as_an_account(form):
    assert shown(NAME, f"a {form} b") == [form]


def test_a_short_account_that_may_be_a_word_is_known_with_its_capital_only():
    known = KnownValues([KnownValue("PERSON", "Bea Ring")])
    assert shown(known, "please bring it") == []
    assert shown(known, "by Bring") == ["Bring"]


@pytest.mark.parametrize(
    "form", ["+34 612 34 56 78", "+34612345678", "0034612345678", "34612345678", "612345678"]
)
def test_an_international_number_comes_back_as_it_is_dialled(form):
    assert shown(PHONE, f"call {form}.") == [form]


@pytest.mark.parametrize("form", ["70-242-162-63", "63-162-242-70", "63.162.242.70.in-addr.arpa"])
def test_an_address_comes_back_in_the_name_of_a_line(form):
    known = KnownValues([KnownValue("IP_ADDRESS", "70.242.162.63")])
    assert shown(known, f"from ppp-{form}.isp.example") == [form]


def test_the_digits_of_another_number_do_not():
    assert shown(PHONE, "id 9612345678, 6123456789") == []


@pytest.mark.parametrize(
    "form", ["joerg.weissmann", "jorg weissmann", "JOERG WEISSMANN", "jweissmann"]
)
def test_letters_with_marks_come_back_spelled_out(form):
    known = KnownValues([KnownValue("PERSON", "Jörg Weißmann")])
    assert shown(known, f"by {form}.") == [form]


def test_texts_that_are_searched_together_are_apart():
    known = KnownValues(
        [
            KnownValue("PERSON", "Maria Fernández"),
            KnownValue("ADDRESS", "12 Elm Road\0Leeds"),
            KnownValue("EMAIL_ADDRESS", "m.roe@mail.example"),
        ]
    )
    coded = "bS5yb2VAbWFpbC5leGFtcGxl"
    texts = [
        "x" * 40_000, "Maria", "Fernández", "maria.fernandez", "12 Elm Road", "Leeds", "",
        "12 Elm Road\0Leeds", coded[:12], coded[12:], coded, "y" * 40_000, "M.", " Fernández",
    ]  # fmt: skip
    together = list(known.find_each(texts))
    assert together == [(n, found) for n, text in enumerate(texts) for found in known.find(text)]
    assert [n for n, _ in together] == [1, 2, 3, 7, 10, 13]


def test_an_account_with_a_number_behind_it_is_whole():
    assert shown(NAME, "id maria-fernandez77;") == ["maria-fernandez77"]


def test_a_lone_name_in_small_letters_comes_back_in_small_letters():
    known = KnownValues([KnownValue("PERSON", "zanele")])
    assert shown(known, "so zanele and Zanele") == ["zanele", "Zanele"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jane-RoemerInvoice.pdf", "Jane-Roemer"),
        ("getJaneRoemer()", "JaneRoemer"),
        ("JaneRoemer2", "JaneRoemer"),
        ("janeRoemerFile", "janeRoemer"),
        ("@richardlau", "richardlau"),
        ("janeroemerx", ""),
        ("Janet Roemer", "Roemer"),
    ],
)
def test_a_name_written_together_with_others_is_found_as_the_proof_sees_it(text, found):
    values = [("PERSON", "Jane Roemer"), ("PERSON", "Richard Lau")]
    places = list(KnownValues(KnownValue(*value) for value in values).find(text))
    assert [text[p.start : p.end] for p in places] == ([found] if found else [])
    left = text.replace(found, "<PERSON_1>") if found else text
    assert not Residue(values).remains_in(left)


def test_a_value_between_bytes_that_look_like_letters_is_found_in_base64():
    # In DER the next tag of a sequence is the byte 0x30, a zero.
    der = b"\x16\x12xmlsec@mail.example0\\0\r\x06\t*\x86H"
    text = base64.b64encode(b"\x30\x82\x01" + der).decode()
    (place,) = KnownValues([KnownValue("EMAIL_ADDRESS", "xmlsec@mail.example")]).find(text)
    assert place.start < place.end


@pytest.mark.parametrize(
    "held",
    [
        b"\x0c\x39Autoridad Roe\x30\x0b",
        b"\x0c\x09for today\x1e\x20" + "Autoridad Roe SA".encode("utf-16-be") + b"\x30",
    ],
    ids=["UTF-8", "UTF-16"],
)
def test_a_name_in_a_certificate_is_found_as_the_proof_sees_it(held):
    text = base64.b64encode(b"\x30\x82\x01\x06\x03\x55\x04\x03" + held + b"\x01\x02\x03").decode()
    known = KnownValues([KnownValue("PERSON", "Autoridad Roe")])
    assert Residue([("PERSON", "Autoridad Roe")]).remains_in(text)
    (place,) = known.find(text)
    assert not Residue([("PERSON", "Autoridad Roe")]).remains_in(
        text[: place.start] + "A" * (place.end - place.start) + text[place.end :]
    )
