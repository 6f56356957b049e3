"""The words a researcher signs: plain, honest, and never changed under the same digest."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate.terms import LANGUAGES, PLACES, REASONS, load_terms, shipped_terms
from pii_guard.errors import CertificateError

DIGESTS = {
    "en": "sha256:efe0e9c6e0ebd285cae57067bf69d1659d69a5ad9e66f1570e3dd842f9ed9e17",
    "de": "sha256:b044f6b8426a411ff98b9eb616cb5a233e35f0a3dbd38b950306fa48e3185add",
    "fr": "sha256:cd79a11fa8a9ba577852599eaafb193c41e7f9c4442c38fa45c9d15324d04e0a",
}
"""Once signed, a template is never changed: new words are a new file with a new version."""
VALUES = {"certificate": "urn:x", "digest": "00", "case": "VDP-1", "completed": "2026-11-25"}
OVERCLAIMS = re.compile(
    r"all copies|permanent|irrecoverabl|irreversibl|destroy|complian|conform|perjury|indemni|forever|"
    r"alle kopien|endgültig|unwiederbringlich|vernichte|eidesstatt|für immer|"
    r"toutes les copies|définitive|irrécupérable|irréversible|détrui|pour toujours",
    re.IGNORECASE,
)


def raw(language="en"):
    file = resources.files("pii_guard.certificate.terms") / f"researcher-deletion-1.{language}.toml"
    return file.read_bytes()


def words(terms):
    shown = terms.rendered(VALUES)
    return "\n".join(
        [shown.title, shown.opening, *(text for _, text in shown.clauses), shown.closing,
         *terms.places.values(), *terms.reasons.values()]
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_that_somebody_may_have_signed_stays_as_it_is(language):
    assert shipped_terms(language).digest == DIGESTS[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_words_promise_no_more_than_a_person_can_know(language):
    assert not OVERCLAIMS.search(words(shipped_terms(language)))


def test_the_search_for_overclaims_sees_one():
    assert OVERCLAIMS.search("I permanently destroyed all copies")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_say_the_same_things(language):
    terms, english = shipped_terms(language), shipped_terms("en")
    assert terms.language == language
    assert (terms.template_id, terms.version) == (english.template_id, english.version)
    assert [(c.identifier, c.required) for c in terms.clauses] == [
        (c.identifier, c.required) for c in english.clauses
    ]
    assert list(terms.places) == list(PLACES)
    assert list(terms.reasons) == list(REASONS)
    assert terms.review


@pytest.mark.parametrize("language", LANGUAGES)
def test_certificate_case_digest_and_date_are_filled_in(language):
    shown = words(shipped_terms(language))
    assert all(value in shown for value in VALUES.values())
    assert "{" not in shown
    assert "\n\n\n" not in shown


def test_a_programme_may_bring_its_own():
    own = raw().replace(b'"researcher-deletion"', b'"acme-deletion"').replace(b"three", b"two")
    terms = load_terms(own)
    assert terms.template_id == "acme-deletion"
    assert "two years" in terms.clauses[3].text
    assert terms.digest != shipped_terms("en").digest


def test_another_language_is_refused_with_a_remedy():
    for language in ("xx", "", "../de", "en.toml"):
        with pytest.raises(CertificateError) as refused:
            shipped_terms(language)
        assert "--terms" in refused.value.remedy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{case}", b"{case.__class__}"),
        (b"{case}", b"{researcher}"),
        (b"{case}", b"{case!r}"),
        (b"{case}", b"{case:>9999999}"),
        (b"{case}", b"{0}"),
        (b"{case}", b"{case"),
        (b"{case}", b"{}"),
        (b'device = "files', b'device = "{case} files'),
        (b'title = "R', b'title = "{case} R'),
        (b"device =", b"attic ="),
        (b"automatic_backup =", b"forgot ="),
        (b'id = "means"', b'id = "rights"'),
        (b'id = "means"', b'id = "Means of Jane"'),
        (b"required = true", b"required = false"),
        (b"required = true", b'required = "yes"'),
        (b"required = true", b"required = true\nnote = 1"),
        (b"terms/1", b"terms/2"),
        (b'version = "1"', b'version = "one"'),
        (b'language = "en"', b'language = "english"'),
        (b'paper = "paper"', b'paper = " "'),
        (b"I searched", b"\xff"),
        (b"I searched", "I \u202esearched".encode()),
        (b"I searched", "I \u200bsearched".encode()),
        (b"I searched", b"I \\u001b[2Jsearched"),
        (b"[places]", b"[elsewhere]\na = 1\n[places]"),
        (b"I searched", b"x" * 70_000),
    ],
)
def test_a_template_that_could_deceive_is_refused(old, new):
    content = raw().replace(old, new)
    assert content != raw()
    with pytest.raises(CertificateError) as refused:
        load_terms(content)
    assert refused.value.remedy
    assert "Jane" not in str(refused.value)


@given(st.binary(max_size=400))
def test_noise_is_no_template(noise):
    with pytest.raises(CertificateError):
        load_terms(noise)
