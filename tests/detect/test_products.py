"""The list of products holds nobody's name, and what it names survives where the model might be torn."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from faker.providers import person

from pii_guard.detect.evidence import protected
from pii_guard.detect.products import named_in

KNOWN = frozenset({"Katana", "Okta", "Rails", "Safari"})
"""Names somewhere, and products everywhere."""


def listed() -> set[str]:
    from pii_guard.detect.products import _forms

    return {form for forms in _forms().values() for form in forms}


def people() -> set[str]:
    """Given and family names of all languages that Faker speaks."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            if "name" in attribute:
                value = getattr(provider, attribute)
                if isinstance(value, tuple | list | dict):
                    found |= {one for one in value if isinstance(one, str)}
    return found


def test_nobody_is_called_like_a_product():
    names = people()
    assert len(names) > 10_000
    assert listed() & names == KNOWN


def test_a_product_is_evidence_with_its_version():
    text = "We saw it in Caido 0.44.1, in Burp Suite and on Istio."
    assert [text[start:end] for start, end in named_in(text)] == [
        "Caido 0.44.1", "Burp Suite", "Istio",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Caidos", "xCaido", "caido", "GoogleMaps", "Burp Suites"])
def test_a_part_of_a_word_is_no_product(text):
    assert text not in [text[start:end] for start, end in named_in(text)]


@pytest.mark.parametrize(
    "name",
    ["Jenkins", "Travis CI", "Apache Nifi", "HS256", "Fortigate", "Europe/Warsaw", "America/Argentina/Salta", "KYC",
     "Fisher-Yates", "Haskell", "Sinatra 3.0", "urn:oid:2.5.4.42"],
)  # fmt: skip
def test_words_of_the_trade_are_evidence(name):
    assert list(protected(f"see {name} here").near(4, 4 + len(name)))


@pytest.mark.parametrize(
    "text",
    [
        "Ping me on Slack if you need more. My address is jane.roe@mail.example.",
        "Heroku returns HTTP 500 when the payload is sent.\nContact: jane.roe@mail.example",
        "Server: Traefik\nStatus: 200 OK\nX-User-Email: jane.roe@mail.example",
    ],
)
def test_a_product_beside_a_person_stays(guard, text):
    out = guard.redact(text.encode(), name="report.md").output.decode()
    assert "jane.roe" not in out
    assert out.split("<EMAIL_ADDRESS_1>")[0] == text.split("jane.roe@mail.example")[0]


def test_a_person_whose_name_begins_like_a_product_goes(guard):
    text = "Jackson Pollard (jackson.pollard@mail.example) called."
    assert b"Pollard" not in guard.redact(text.encode(), name="report.md").output
