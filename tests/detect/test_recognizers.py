"""Every recognizer finds its examples, spares its counter-examples, in linear time."""

from __future__ import annotations

import time

import pytest

from pii_guard.detect.recognizer import Identifier
from pii_guard.detect.recognizers import recognizer_classes
from pii_guard.detect.recognizers.labelled import LabelledValue
from pii_guard.entities import ENTITIES

IDENTIFIERS = [one for one in recognizer_classes() if issubclass(one, Identifier)]
# One number of each country that passes its checksum, all of them invented or published examples.
NATIONAL = [
    ("FR_NIR", "2 95 10 99 126 111 93"), ("IT_FISCAL_CODE", "RCCMNL83S18D969H"),
    ("ES_NIF", "54362315K"), ("ES_NIE", "X-2482300-W"), ("PT_NIF", "NIF 501 964 843"),
    ("DE_TAX_ID", "Steuer-ID 36 574 261 809"), ("NL_BSN", "BSN 1112.22.333"),
    ("BE_NN", "85.07.30-033.28"), ("PL_PESEL", "PESEL 44051401359"),
    ("SE_PERSONNUMMER", "880320-0016"), ("FI_PERSONAL_IDENTITY_CODE", "131052-308T"),
    ("CZ_RC", "710319/2745"), ("RO_CNP", "CNP 1630615123457"), ("BG_EGN", "EGN 7523169263"),
    ("HR_OIB", "OIB 33392005961"), ("IE_PPS", "6433435F"), ("CH_AHV", "756.9217.0769.85"),
    ("IN_AADHAAR", "Aadhaar 2341 2341 2346"), ("CA_SIN", "SIN 123-456-782"),
    ("BR_CPF", "390.533.447-05"), ("CL_RUT", "12.531.909-2"), ("CN_RIC", "360426199101010071"),
    ("KR_RRN", "971013-9019902"), ("TR_NATIONAL_ID", "TC Kimlik 17291716060"),
    ("SG_NRIC_FIN", "S1234567D"), ("MX_CURP", "BOXW310820HNERXN09"), ("AU_TFN", "TFN 123 456 782"),
]  # fmt: skip


def found(recognizer, text):
    return [text[m.start : m.end] for m in recognizer.matches(text) if m.score >= 0.5]


@pytest.mark.parametrize(
    ("one", "text"), [(c, t) for c in IDENTIFIERS for t in c.finds], ids=lambda x: str(x)[:40]
)
def test_examples_are_found(one, text):
    assert found(one(), text)


@pytest.mark.parametrize(
    ("one", "text"), [(c, t) for c in IDENTIFIERS for t in c.spares], ids=lambda x: str(x)[:40]
)
def test_counter_examples_are_spared(one, text):
    assert not found(one(), text)


@pytest.mark.parametrize(("entity", "text"), NATIONAL)
def test_national_numbers_are_found(entity, text):
    assert any(found(one(), text) for one in IDENTIFIERS if one.entity == entity)


@pytest.mark.parametrize(("entity", "text"), NATIONAL)
def test_a_wrong_check_digit_is_not_a_national_number(entity, text):
    last = next(i for i in range(len(text) - 1, -1, -1) if text[i].isdigit())
    for shift in (1, 3):
        wrong = text[:last] + str((int(text[last]) + shift) % 10) + text[last + 1 :]
        if not any(found(one(), wrong) for one in IDENTIFIERS if one.entity == entity):
            return
    # A date-only number has no check digit to be wrong.
    assert entity in ("MY_NRIC", "DK_CPR", "KR_RRN")


@pytest.mark.parametrize("text", LabelledValue.finds)
def test_labelled_values_are_found(text):
    assert list(LabelledValue().values(text))


@pytest.mark.parametrize("text", LabelledValue.spares)
def test_labels_of_things_are_spared(text):
    assert not list(LabelledValue().values(text))


def test_entities_are_known_to_the_policy():
    assert {one.entity for one in IDENTIFIERS} <= set(ENTITIES)


@pytest.mark.parametrize("one", [*IDENTIFIERS, LabelledValue], ids=lambda c: c.__name__)
@pytest.mark.parametrize(
    "unit", ["a", "1", "1 ", "a.", "A a ", "12 Street ", "x@", "1-", "key: v "]
)
def test_time_is_linear(one, unit):
    recognizer = one()
    run = recognizer.values if one is LabelledValue else recognizer.matches

    def seconds(size):
        text = (unit * size)[:size]
        begun = time.perf_counter()
        list(run(text))
        return time.perf_counter() - begun

    # 20 times the text in at most 60 times the time, or too quick to matter.
    small, large = seconds(2_000), seconds(40_000)
    assert large < max(60 * small, 1.0)
