"""What the names of fields say of what they hold: paths of keys, columns, headers."""

from __future__ import annotations

import pytest

from pii_guard.detect.fields import meaning
from pii_guard.detect.values import plausible


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("data.nodes.diagnoses.text", "HEALTH"),
        ("data.nodes.diagnoses.code", "HEALTH"),
        ("patient.allergies.code.coding.display", "HEALTH"),
        ("medications[0].name", "HEALTH"),
        ("person.religion.label", "RELIGION"),
        ("sexualOrientation.display", "SEXUAL_ORIENTATION"),
        ("ethnicity.coding.code", "ETHNICITY"),
    ],
)
def test_a_part_of_a_delicate_value_is_what_the_value_is(name, entity):
    assert meaning(name) == entity


@pytest.mark.parametrize(
    "name",
    ["error.code", "rule.condition.text", "treatment.name", "race.name", "race.condition.description", "policy.title",
     "phone.label", "email.text", "address.code", "variant.treatment.code", "text", "code.display", "name.text.code"],
)  # fmt: skip
def test_parts_of_other_values_say_nothing(name):
    assert meaning(name) == ""


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("Mitarbeiter", "PERSON"), ("Kontoinhaber", "PERSON"), ("Nom d'usage", "PERSON"), ("tutor_legal", "PERSON"),
        ("Salaire brut", "SALARY"), ("Renda mensal", "SALARY"), ("Household income", "SALARY"), ("Raça/Cor", "ETHNICITY"),
        ("Konf.", "RELIGION"), ("party_affil", "POLITICS"), ("Syndicat", "POLITICS"), ("Bank acct", "BANK_ACCOUNT"),
        ("Né(e) le", "DATE_OF_BIRTH"), ("N° Séc. Soc.", "NATIONAL_ID"),
    ],
)  # fmt: skip
def test_columns_as_payrolls_and_registers_call_them(name, entity):
    assert meaning(name) == entity


@pytest.mark.parametrize(
    "name", ["Cor", "Netto", "Brutto", "union", "mitarbeiter_id", "salaire_id", "tutorial", "Usage"]
)
def test_columns_that_are_called_alike(name):
    assert meaning(name) == ""


@pytest.mark.parametrize("value", ["021000021 / 1234567890", "021000021/1234567890", "12 3456 7"])
def test_a_bank_and_an_account_stand_side_by_side(value):
    assert plausible("BANK_ACCOUNT", value)


@pytest.mark.parametrize("value", ["see page 3 / 12", "100 / page / 25 rows", "/ 12"])
def test_what_is_no_number_of_an_account(value):
    assert not plausible("BANK_ACCOUNT", value)


@pytest.mark.parametrize("value", ["12.47351", "-179.99999", "41.8751923"])
def test_one_number_of_a_position(value):
    assert meaning("loc.coordinates") == "COORDINATES"
    assert plausible("COORDINATES", value)


@pytest.mark.parametrize(
    "value", ["12", "640.5", "0.25", "1.2.3.4", "x 12.47351", "1714560000.1041"]
)
def test_places_on_a_screen_and_versions_are_no_positions(value):
    assert not plausible("COORDINATES", value)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("88214", False), ("912345678", True), ("W55209317", True), ("12-345", True)],
)
def test_a_short_counter_is_no_number_of_an_insurer(value, is_one):
    assert plausible(meaning("memberId"), value) is is_one


def test_a_short_number_of_a_policy_is_an_insurers(guard):
    told = "| full name | policy no | member id |\n|---|---|---|\n| Jane Whitfield | 1234567 | 88214 |\n"
    output = guard.redact_text(told)
    assert "1234567" not in output
    assert "88214" in output
