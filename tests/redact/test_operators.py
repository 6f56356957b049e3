"""Operators are deterministic, reversible where they say so, and typed."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from pii_guard import Policy, PolicyError
from pii_guard.policy import OPERATORS, Rule
from pii_guard.redact import surrogates
from pii_guard.redact.dates import same_date
from pii_guard.redact.numbering import Numbering
from pii_guard.redact.operators import Replacements, decrypt, number_for
from pii_guard.redact.surrogates import Surrogates

KEY = b"k" * 32
MADE = Replacements(KEY)


@pytest.mark.parametrize("operator", [o for o in OPERATORS if o != "keep"])
def test_the_value_is_gone_and_the_same_value_gives_the_same(operator):
    first = MADE.replacement(operator, "EMAIL_ADDRESS", "jane@mail.example", "<EMAIL_ADDRESS_3>")
    assert "jane" not in first
    assert first == MADE.replacement(
        operator, "EMAIL_ADDRESS", "jane@mail.example", "<EMAIL_ADDRESS_3>"
    )


def test_encryption_is_reversed_with_the_key_only():
    token = MADE.replacement("encrypt", "PERSON", "Jäne Roe", "<PERSON_1>")
    assert decrypt(token, KEY) == "Jäne Roe"
    with pytest.raises(PolicyError):
        decrypt(token, b"x" * 32)


def test_keyed_hashes_differ_by_key():
    other = Replacements(b"x" * 32)
    args = ("hmac", "PERSON", "Jane Roe", "<PERSON_1>")
    assert MADE.replacement(*args) != other.replacement(*args)


def test_stand_ins_are_valid_and_reserved():
    def stand_in(kind, value, number=7):
        return MADE.replacement("format_preserving", kind, value, f"<{kind}_{number}>")

    assert stand_in("EMAIL_ADDRESS", "x").endswith("@example.com")
    assert luhn.is_valid(stand_in("CREDIT_CARD", "x"))
    assert not ipaddress.ip_address(stand_in("IP_ADDRESS", "81.2.69.142")).is_global
    assert not ipaddress.ip_address(stand_in("IP_ADDRESS", "2a00::1")).is_global
    assert "-555-01" in stand_in("PHONE_NUMBER", "x")
    assert stand_in("EMAIL_ADDRESS", "x", 1) != stand_in("EMAIL_ADDRESS", "x", 2)


def test_numbers_stay_numbers():
    assert number_for("<US_SSN_12>") == "12"
    for operator in ("surrogate", "mask", "hmac", "remove"):
        assert MADE.number(operator, "US_SSN", "536228417", "<US_SSN_12>") == "12"


@pytest.mark.parametrize("value", ["536228417", "0", "-12.50e3"])
def test_an_encrypted_number_is_a_number_and_is_reversed(value):
    made = MADE.number("encrypt", "US_SSN", value, "<US_SSN_1>")
    assert made.isdecimal()
    assert made[0] != "0"
    assert decrypt(made, KEY) == value
    with pytest.raises(PolicyError):
        decrypt(made, b"x" * 32)


@pytest.mark.parametrize("token", ["", "0", "1", "<PERSON_1>", "<PERSON:AAAA>", "<X:é>", "9" * 40])
def test_what_is_no_token_is_said(token):
    with pytest.raises(PolicyError):
        decrypt(token, KEY)


def test_a_stand_in_for_a_number_is_valid():
    assert luhn.is_valid(MADE.number("format_preserving", "CREDIT_CARD", "4", "<CREDIT_CARD_3>"))
    assert MADE.number("format_preserving", "PERSON", "4", "<PERSON_3>") == "3"
    assert not MADE.number("format_preserving", "US_SSN", "4", "<US_SSN_3>").startswith("0")


def test_keyed_operators_need_a_key():
    with pytest.raises(PolicyError):
        Policy({"PERSON": Rule(operator="hmac")})


def test_one_person_one_token():
    given = Surrogates()
    forms = ("Jane Roe", "Roe, Jane", "J. Roe", "JANE ROE", "Jane", "Jané Roe")
    assert {given.token("PERSON", form) for form in forms} == {"<PERSON_1>"}
    assert given.token("PERSON", "Omar Haddad") == "<PERSON_2>"


def test_an_ambiguous_first_name_is_nobody_in_particular():
    given = Surrogates()
    given.token("PERSON", "Jane Roe")
    given.token("PERSON", "Jane Doe")
    assert given.token("PERSON", "Jane") == "<PERSON_3>"


def test_a_number_is_the_same_with_and_without_separators():
    given = Surrogates()
    assert given.token("US_SSN", "536-22-8417") == given.token("US_SSN", "536228417")
    assert given.token("PHONE_NUMBER", "+44 7700 900123") == given.token(
        "PHONE_NUMBER", "07700900123"
    )


@pytest.mark.parametrize(
    "text",
    [
        "1987-02-14", "1987/2/14", "19870214", "1987-02-14T00:00:00Z", "14.02.1987", "14/02/1987",
        "02/14/1987", "14 February 1987", "February 14, 1987", "14. Februar 1987", "14th of Feb 1987",
        "14 de febrero de 1987", "14 février 1987",
    ],
)  # fmt: skip
def test_a_birthday_is_the_same_however_it_is_written(text):
    assert same_date(text) == "1987-02-14"


@pytest.mark.parametrize(
    "text", ["02/03/1987", "31.02.1987", "1987", "14 February", "0000-01-01", "99999999", "", "x", "Jan Mai 5 1987"]
)  # fmt: skip
def test_what_may_be_another_day_is_no_day(text):
    assert same_date(text) == ""


@pytest.mark.parametrize(
    "other", ["Joerg Weissmann", "JORG WEISSMANN", "J. Weissmann", "Weißmann, Jörg"]
)
def test_one_person_with_and_without_marks_on_letters(other):
    surrogates = Surrogates()
    assert surrogates.token("PERSON", "Jörg Weißmann") == surrogates.token("PERSON", other)


def test_letters_that_only_look_spelled_out_name_somebody_else():
    surrogates = Surrogates()
    assert surrogates.token("PERSON", "Noel Kaya") != surrogates.token("PERSON", "Nol Kara")


@given(st.lists(st.text(max_size=4), max_size=3_000))
def test_texts_are_numbered_in_the_order_they_come(texts):
    numbering, expected = Numbering(), {}
    for text in texts:
        expected.setdefault(text, len(expected) + 1)
        assert numbering.number(text) == expected[text]
    assert len(numbering) == len(expected)
    assert all(numbering.known(text) == number for text, number in expected.items())
    assert numbering.known("never given") == 0


def test_very_many_texts_have_numbers_of_their_own():
    numbering = Numbering()
    assert [numbering.number(str(n)) for n in range(20_000)] == list(range(1, 20_001))
    assert [numbering.number(str(n)) for n in range(20_000)] == list(range(1, 20_001))


def test_beyond_the_people_that_are_known_well_a_name_is_still_one_person(monkeypatch):
    monkeypatch.setattr(surrogates, "PEOPLE", 2)
    given = Surrogates()
    names = ["Jane Roe", "Omar Haddad", "Mei Tanaka", "Piotr Nowak", "Tanaka, Mei", "J. Roe"]
    tokens = [given.token("PERSON", name) for name in names]
    assert tokens == [f"<PERSON_{n}>" for n in (1, 2, 3, 4, 3, 1)]
