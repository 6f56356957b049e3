"""The last search: every spelling of a value, in every place."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pii_guard.residue import Residue
from pii_guard.spellings import (
    SHARED,
    encoded_forms,
    is_distinctive,
    plain_forms,
    scannable,
    without_tokens,
)

EMAIL = "maría.roe@mail.example"
RESIDUE = Residue([("EMAIL_ADDRESS", EMAIL), ("US_SSN", "536-22-8417"), ("PERSON", "Jane Roemer")])


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (f"x {EMAIL} y", [("EMAIL_ADDRESS", EMAIL)]),
        ("no 536(22)8417!", [("US_SSN", "536(22)8417")]),
        ("of ROEMER, Jane.", [("PERSON", "ROEMER, Jane")]),
        ("see <PERSON_1> 536-22-8418", []),
        (f"İ {EMAIL}", []),  # its lower-case form is longer: nothing there has a place
        (quote_plus(EMAIL), []),  # nor what is encoded
    ],
)
def test_values_that_stand_as_they_are_have_a_place(text, places):
    assert {(kind, text[a:b]) for kind, a, b in RESIDUE.places_in(text)} == set(places)


@given(st.text(max_size=30), st.text(" .-/()\t\u00a0\u2011", min_size=8, max_size=8))
def test_a_number_with_separators_of_its_own_has_its_place(before, gaps):
    assume(len(before.lower()) == len(before))
    number = "5" + "".join(map("".join, zip(gaps, "36228417", strict=True)))
    text = f"{before}! {number} ¡𝒳"
    assert number in {text[a:b] for _, a, b in RESIDUE.places_in(text)}


def test_places_of_a_search_beneath_are_told_too():
    above = Residue([("US_SSN", "600-11-2233")], RESIDUE)
    text = "600-11-2233 and 536-22-8417"
    assert {text[a:b] for _, a, b in above.places_in(text)} == {"600-11-2233", "536-22-8417"}


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


def _remains_by_all_forms(values, text):
    """The same search, every form of every value written out and looked for."""
    low = without_tokens(scannable(text)).lower()
    forms = {
        scannable(coded.lower())
        for kind, value in values
        if kind not in SHARED and is_distinctive(kind, value)
        for form in plain_forms(kind, value)
        if is_distinctive(kind, form)
        for coded in encoded_forms(form)
    }
    return any(form in low for form in forms)


_VALUES = st.lists(
    st.tuples(
        st.sampled_from(["EMAIL_ADDRESS", "PERSON", "US_SSN", "PHONE_NUMBER", "ADDRESS", "API_KEY"]),
        st.one_of(
            st.sampled_from(["Zoë O'Neil", "+44 20 7946 0958", "a\"b\\c@x.example", "é1é2é3é4é5", "Li 1 <&> 23456"]),
            st.from_regex(r"[a-zé]{1,8}[.@ +-][a-z0-9/&_ü]{2,9}", fullmatch=True),
            st.text(min_size=4, max_size=14),
        ),
    ),
    min_size=1, max_size=4,
)  # fmt: skip
_BYTES = st.binary(max_size=7)


@given(_VALUES, st.data())
def test_the_forms_that_are_looked_for_are_all_encoded_forms(values, data):
    plain = [f for kind, value in values for f in plain_forms(kind, value)] + ["nobody at all"]
    text = data.draw(st.sampled_from(plain))
    before, after = data.draw(_BYTES), data.draw(_BYTES)
    raw = [text.encode(code, "surrogatepass") for code in ("utf-8", "utf-16-le")]
    coded = [
        quote(text, safe="", errors="surrogatepass"), quote_plus(text, errors="surrogatepass"),
        html.escape(text), json.dumps(text), "".join(f"&#{ord(c)};" for c in text),
        *((before + one + after).hex() for one in raw),
        *(base64.b64encode(before + one + after).decode() for one in raw),
        *(base64.urlsafe_b64encode(before + one + after).decode() for one in raw),
    ]  # fmt: skip
    one = data.draw(st.sampled_from(coded))
    low, high = data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12)))
    one = data.draw(st.sampled_from([one, one.swapcase(), one[low:], one[: len(one) - high]]))
    # Symbols of base64 beside it would say that it is another value.
    text = f"{data.draw(st.text(max_size=9))} {one} {data.draw(st.text(max_size=9))}"
    plainly = Residue(values)
    plainly._encoded = type(plainly._encoded)(())
    expected = plainly.remains_in(text) or _remains_by_all_forms(values, text)
    assert Residue(values).remains_in(text) == expected


def test_a_value_is_seen_far_into_a_long_text():
    coded = base64.b64encode(EMAIL.encode()).decode()
    for size in (1 << 20) - 9, (1 << 20) - 3, 1 << 20, (1 << 20) + 1:
        assert RESIDUE.remains_in(" " * size + coded + " x")


@pytest.mark.parametrize(
    "coded", [base64.b64encode(b"i" + EMAIL.encode()).decode(), EMAIL.encode().hex()]
)
def test_a_value_among_many_is_seen_in_a_short_text(coded):
    many = [("EMAIL_ADDRESS", f"user{n}@mail.example") for n in range(500)]
    residue = Residue([*many, ("EMAIL_ADDRESS", EMAIL)])
    for text in coded, f"{coded} ", coded + " " * 9_000:
        assert residue.remains_in(text)
    assert not residue.remains_in(coded[:6] + coded[-6:])
    assert not residue.remains_in("short")


@pytest.mark.parametrize(
    ("haystack", "remains"),
    [
        ("Jane Roemer", True),
        ("jane-roemer77", True),
        ("Jane-RoemerInvoice.pdf", True),
        ("Jane Roemers", False),
        ("Mary-Jane Roemer", True),
        ("Rajane Roemer", False),
    ],
)
def test_a_name_that_goes_on_is_somebody_elses(haystack, remains):
    assert RESIDUE.remains_in(haystack) is remains


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("behind", ["", '"', '","x', "ab"])
@pytest.mark.parametrize("coding", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_value_in_base64_is_told_from_its_neighbour(shift, behind, coding):
    """An attacker's own number in a token and the victim's in an answer differ in one digit."""
    search = Residue([("NATIONAL_ID", "usr_90137")])

    def token(value):
        return coding(f"{'x' * shift}{value}{behind}".encode()).decode().rstrip("=")

    assert search.remains_in(f"eyJ {token('usr_90137')} .")
    # Behind `usr_90132` nothing may stand that tells of its last bits.
    assert not search.remains_in(f"eyJ {token('usr_90132')}. ") or not behind
    assert not search.remains_in(f"eyJ {token('zsr_90137')}.") or not shift


def test_a_value_in_base64_that_is_cut_is_seen():
    coded = base64.b64encode(b"xusr_90137").decode()
    assert Residue([("NATIONAL_ID", "usr_90137")]).remains_in(coded[2:-1].rstrip("="))
