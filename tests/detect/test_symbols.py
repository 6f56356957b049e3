"""What the model takes for a name and is a code, a part of one, or the label of what follows."""

from __future__ import annotations

import pytest

from pii_guard.detect.settling import NER, Candidate, judged


def left(text: str, kind: str) -> list[str]:
    start, end = text.index("«"), text.index("»") - 1
    plain = text.replace("«", "").replace("»", "")
    found = judged([Candidate(start, end, kind, 0.85, NER)], plain)
    return [plain[c.start : c.end] for c in found]


@pytest.mark.parametrize("kind", ["PERSON", "LOCATION"])
@pytest.mark.parametrize(
    "text",
    [
        "sku «MC-TEA»-0091", "see «SKU»-889.", "Ref «WSTG-ATHZ-04»", "tracking=«GA»1.2.1032847", "jq .contact.«mob»",
        "poc1.«png»", "«Celular»: 55 4127", "«Patient»: x", '"«Telefon»": "', "- **«Date of birth»:** x",
        "from 203.0.113.9 «port 51122» ssh2", 'Name="«givenName»"', "FriendlyName: «telephoneNumber»⏎x".replace("⏎", "\n"),
        "Name: «uid»",
    ],
)  # fmt: skip
def test_symbols_are_nobody(text, kind):
    assert left(text, kind) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("«Maria Fernandez»: hello", "Maria Fernandez"), ("by «Ada»-Lovelace 1", "Ada"), ("Dr.«Roe» said", "Roe"),
        ("ask «Jane».", "Jane"), ("to «Moira»: ok", "Moira"), ("«Roe» 1985", "Roe"), ("in e.g. «leeds» now", "leeds"),
        ("Name: «janeRoe»", "janeRoe"), ("name=«Sn»", "Sn"), ("ask «givenName» x", "givenName"), ("Name: «uid» Roe", "uid"),
        ("«Nick»: hello", "Nick"), ("«Della Street»: hi", "Della Street"), ("«Faith»: I agree", "Faith"),
    ],
)  # fmt: skip
def test_names_stay_names(text, value):
    assert left(text, "PERSON") == [value]


def test_a_house_beside_a_code_is_an_address():
    assert left("at «12 Elm Street, APT-12»", "ADDRESS") == ["12 Elm Street, APT-12"]
