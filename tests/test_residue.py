"""The last search: every spelling of a value, in every place."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.residue import Residue

EMAIL = "maría.roe@mail.example"
RESIDUE = Residue([("EMAIL_ADDRESS", EMAIL), ("US_SSN", "536-22-8417"), ("PERSON", "Jane Roemer")])


@pytest.mark.parametrize(
    "haystack",
    [
        f"x {EMAIL} y", EMAIL.upper(), quote(EMAIL), quote_plus(EMAIL), json.dumps(EMAIL),
        html.escape(EMAIL), EMAIL.encode().hex(), EMAIL.encode("utf-16-le"), EMAIL.encode("utf-16-be"),
        base64.b64encode(EMAIL.encode()), base64.b64encode(b"a" + EMAIL.encode() + b"tail"),
        base64.b64encode(b"ab" + EMAIL.encode() + b"t"), base64.urlsafe_b64encode(b"?>" + EMAIL.encode()),
        "536228417", "536 22 8417", "536.22.8417", "Roemer, Jane", "J. Roemer", "jane-roemer.pdf",
        "JANE ROEMER", "Jane%20Roemer", b"id: " + "536-22-8417".encode("utf-16-le") + b" \n",
        b"idx: " + "536-22-8417".encode("utf-16-be") + b"\n", base64.b64encode(EMAIL.encode("utf-16-le")),
    ],
)  # fmt: skip
def test_every_spelling_is_seen(haystack):
    assert RESIDUE.remains_in(haystack)


@pytest.mark.parametrize(
    "haystack",
    [
        "",
        "<PERSON_1> <US_SSN_1>",
        "5362284179999",
        "a536228417b",
        b"\0\1\2",
        "roe deer",
        "mail.example",
    ],
)
def test_what_is_something_else_is_not_seen(haystack):
    assert not RESIDUE.remains_in(haystack)


def test_shared_attributes_are_not_searched():
    assert not Residue([("LOCATION", "Springfield")]).remains_in("Springfield")


def test_a_token_is_no_residue():
    assert not Residue([("PERSON", "EMAIL")]).remains_in("<EMAIL_ADDRESS_1>")


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_value_is_seen_in_any_surroundings(before, after):
    assert RESIDUE.remains_in(f"{before} {EMAIL} {after}")
