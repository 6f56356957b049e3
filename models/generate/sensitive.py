"""Special categories: what a text says of a person's health, faith, politics, origin, orientation,
gender and birth, and the same words where they are about machines.

Sentences stand in `lists/text/sensitive.*.txt` and `neutral.*.txt`, in the grammar of `phrases` with
one thing more: `~name~` is the part of that name in `lists/parts.txt`. Terms stand in
`lists/terms.txt`: one group a line, a slot may have several; `~name~` in a term is another term.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from models.generate.phrases import expanded, lines

_LISTS = Path(__file__).parent / "lists"
_HEALTH = ("CONDITION", "MEDICATION", "PROCEDURE", "DISABILITY", "DIAGNOSIS")
_REFERENCE = re.compile(r"~(\w+)~")
_SLOT = re.compile(r"\{([A-Z]+(?:_\w+)?)\}")
_ENTITY = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]|" + _SLOT.pattern)
_ARTICLE = re.compile(
    r"(?:an?|the|eine?|de[rm]|den|une?|las?|les?|el|il|lo|uma?|een|una) (?=\S)"  # not `La France`
)
_ABOUT = (
    ("sensitive.medical", 30),
    ("sensitive.work", 14),
    ("sensitive.cases", 16),
    ("sensitive.personal", 22),
    ("sensitive.forms", 20),
    ("sensitive.trap", 10),
    ("sensitive.xx", 14),
)
_NOT_ABOUT = (("neutral.data", 30), ("neutral.words", 45), ("neutral.prose", 25))

COLUMNS = (
    ("diagnosis", "CONDITION"),
    ("icd10", "DIAGNOSIS"),
    ("medication", "MEDICATION"),
    ("procedure", "PROCEDURE"),
    ("disability", "DISABILITY"),
    ("religion", "RELIGION"),
    ("party", "POLITICS"),
    ("ethnicity", "ETHNICITY"),
    ("orientation", "ORIENTATION"),
    ("gender", "GENDER"),
    ("pronouns", "GENDER_pron"),
)
"""Columns of records: a name and the slot its values are drawn for."""
HEADERS = {
    "diagnosis": "diagnosis condition illness primary_diagnosis dx health_condition diagnose "
    "medical_history reason_for_visit chief_complaint comorbidity diagnostico diagnostic "
    "health_notes sick_reason allergies injury cause_of_death patient.condition".split(),
    "icd10": "icd10 icd_code diagnosis_code dx_code icd icd10_code principalDx".split(),
    "medication": "medication drug prescription rx med_name treatment medikament medicamento "
    "current_meds drugName medicament active_substance".split(),
    "procedure": "procedure surgery treatment operation procedure_name service_rendered eingriff "
    "intervention planned_procedure".split(),
    "disability": "disability impairment accommodation special_needs handicap health_status "
    "behinderung medical_flag".split(),
    "religion": "religion faith denomination konfession religious_affiliation belief kirchensteuer "
    "religionszugehoerigkeit religione religiao creed".split(),
    "party": "party party_affiliation political_party voter_party political_views union "
    "union_membership partei gewerkschaft political_opinion registered_party".split(),
    "ethnicity": "ethnicity race ethnic_group nationality citizenship ethnic_origin race_ethnicity "
    "nationalite staatsangehoerigkeit nacionalidad etnia".split(),
    "orientation": "sexual_orientation orientation sexuality looking_for preference interested_in "
    "profile.orientation orientacion_sexual".split(),
    "gender": "gender sex gender_identity geschlecht sexe sexo genero patient_sex user.gender "
    "PID-8 geslacht".split(),
    "pronouns": "pronouns preferred_pronouns user.pronouns pronoun".split(),
}
"""What the columns are called."""


@cache
def _rows(name: str) -> tuple[tuple[str, str], ...]:
    pairs = (row.partition(": ") for row in (_LISTS / name).read_text("utf-8").splitlines())
    return tuple((key, rest) for key, _, rest in pairs if rest)


@cache
def terms() -> dict[str, tuple[tuple[str, ...], ...]]:
    """The groups of terms of each slot."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, rest in _rows("terms.txt"):
        found.setdefault(name, []).append(tuple(rest.split("¦")))
    return {name: tuple(groups) for name, groups in found.items()}


@cache
def templates(register: str) -> tuple[str, ...]:
    """The templates of a register, parts put in."""
    parts = dict(_rows("parts.txt"))

    def whole(text: str) -> str:
        while _REFERENCE.search(text):
            text = _REFERENCE.sub(lambda m: parts[m[1]], text)
        return text

    return tuple(whole(text) for text in lines(register))


def value(slot: str, rng: random.Random) -> tuple[str, str]:
    """A term without its article, and its label. KeyError for a slot that is none of ours."""
    _, term, label = _term(slot, rng)
    return term, label


def _term(slot: str, rng: random.Random) -> tuple[str, str, str]:
    """Article, term and label."""
    if slot == "HEALTH":
        slot = rng.choice(_HEALTH[:-1])
    if slot == "DIAGNOSIS" and rng.random() < 0.6:
        term = _code(rng)
    else:
        term = rng.choice(rng.choice(terms()[slot]))
    while "~" in term:
        term = _REFERENCE.sub(lambda m: rng.choice(rng.choice(terms()[m[1]])), term)
    kind = slot.partition("_")[0]
    article = _ARTICLE.match(term)
    cut = article.end() if article else 0
    before, term = term[:cut], term[cut:].strip()
    if kind not in ("GENDER", "PERSON", "DIAGNOSIS"):
        term = rng.choices((term, term.lower(), term[:1].upper() + term[1:]), (82, 12, 6))[0]
    return before, term, "HEALTH" if kind in _HEALTH else kind


def _code(rng: random.Random) -> str:
    """A diagnosis code in the form of ICD-10."""
    code = f"{rng.choice('ABCDEFGHIJKLMNOQRSTZ')}{rng.randint(0, 99):02}"
    return code + rng.choice(("", f".{rng.randint(0, 9)}", f".{rng.randint(0, 999):02}"))


def _drawn(names: tuple[tuple[str, int], ...], rng: random.Random) -> str:
    register = rng.choices([name for name, _ in names], [weight for _, weight in names])[0]
    return expanded(rng.choice(templates(register)), rng)


def sensitive(rng: random.Random) -> str:
    """A template about somebody's health, faith, politics, origin, orientation, gender or birth.

    Our own slots are drawn already, as literal entities; those of `slots.py` are still open.
    """

    def inner(slot: re.Match[str]) -> str:
        return value(slot[1], rng)[0] if slot[1] in terms() else slot[0]

    def literal(found: re.Match[str]) -> str:
        if found[1]:  # an entity as a whole: our slots in it are part of its text
            return f"[[{found[1]}|{_SLOT.sub(inner, found[2])}]]"
        if found[3] not in terms():
            return found[0]
        before, term, label = _term(found[3], rng)
        return f"{before}[[{label}|{term}]]"

    return _ENTITY.sub(literal, _drawn(_ABOUT, rng))


def neutral(rng: random.Random) -> str:
    """A template with the same words in other roles: nothing in it is of a special category."""
    return _drawn(_NOT_ABOUT, rng)
