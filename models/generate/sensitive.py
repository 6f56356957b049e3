"""Special categories: what a text says of a person's health, faith, politics, origin, orientation and
gender, and the same words where they are about machines. The terms stand in `lists/terms.txt`.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from models.generate.phrases import expanded, lines

_LISTS = Path(__file__).parent / "lists"
_LABELS = dict.fromkeys(
    ("CONDITION", "MEDICATION", "PROCEDURE", "DISABILITY", "DIAGNOSIS"), "HEALTH"
)

COLUMNS_SENSITIVE = (
    ("diagnosis", "CONDITION"),
    ("icd10", "DIAGNOSIS"),
    ("medication", "MEDICATION"),
    ("procedure", "PROCEDURE"),
    ("religion", "RELIGION"),
    ("party", "POLITICS"),
    ("ethnicity", "ETHNICITY"),
    ("orientation", "ORIENTATION"),
    ("gender", "GENDER"),
)
"""Columns of records: a name and the slot its values are drawn for."""
HEADERS_SENSITIVE = {
    "diagnosis": "diagnosis condition illness primary_diagnosis dx health_condition diagnose "
    "medical_history reason_for_visit".split(),
    "icd10": "icd10 icd_code diagnosis_code dx_code".split(),
    "medication": "medication drug prescription rx med_name treatment medikament".split(),
    "procedure": "procedure surgery treatment operation".split(),
    "religion": "religion faith denomination konfession religious_affiliation belief".split(),
    "party": "party party_affiliation political_party voter_party political_views union".split(),
    "ethnicity": "ethnicity race ethnic_group nationality citizenship ethnic_origin".split(),
    "orientation": "sexual_orientation orientation sexuality looking_for preference".split(),
    "gender": "gender sex gender_identity geschlecht sexe sexo pronouns".split(),
}


@cache
def terms() -> dict[str, tuple[str, ...]]:
    """The terms of each slot."""
    rows = (_LISTS / "terms.txt").read_text("utf-8").splitlines()
    named = (row.partition(": ") for row in rows)
    return {name: tuple(rest.split("¦")) for name, _, rest in named}


def value(slot: str, rng: random.Random) -> tuple[str, str]:
    """A term and its label. KeyError for a slot that is none of ours."""
    if slot == "HEALTH":
        slot = rng.choice(("CONDITION", "CONDITION", "MEDICATION", "PROCEDURE", "DISABILITY"))
    term = rng.choice(terms()[slot])
    if slot in ("RELIGION", "ETHNICITY", "CONDITION", "MEDICATION") and rng.random() < 0.12:
        term = term.lower()
    return term, _LABELS.get(slot, slot)


def sensitive(rng: random.Random) -> str:
    """A template about somebody's health, faith, politics, origin, orientation or gender."""
    return expanded(rng.choice(lines("sensitive.en")), rng)


def neutral(rng: random.Random) -> str:
    """A template with the same words in other roles."""
    return expanded(rng.choice(lines("neutral.en")), rng)
