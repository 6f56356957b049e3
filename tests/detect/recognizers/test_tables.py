"""Every recognizer finds the texts of its table exactly, spares the others, and has ten of each."""

from __future__ import annotations

import re

import pytest
from presidio_analyzer import EntityRecognizer

from pii_guard.detect.recognizers import recognizers
from pii_guard.entities import ENTITIES
from tests.detect.recognizers.tables import LOOKALIKES, Table, plain, spans, tables

OURS = {one.name: one for one in recognizers()}
TABLES = tables()
NAMES = sorted(OURS)
SURE = 0.5


def found(one: EntityRecognizer, text: str) -> list[tuple[int, int]]:
    return sorted({(r.start, r.end) for r in one.analyze(text, []) if r.score >= SURE})


@pytest.mark.parametrize("name", NAMES)
def test_each_recognizer_has_ten_texts_of_either_kind(name):
    table = TABLES.get(name, Table((), ()))
    assert len(set(table.finds)) >= 10
    assert len(set(table.spares)) >= 10
    assert all("«" in text for text in table.finds)
    assert not any("«" in text for text in table.spares)


def test_no_table_is_left_without_its_recognizer():
    assert set(TABLES) <= set(OURS)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_found_exactly(name):
    wrong = [
        (text, found(OURS[name], plain(text)))
        for text in TABLES[name].finds
        if found(OURS[name], plain(text)) != spans(text)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_others_are_spared(name):
    wrong = [text for text in TABLES[name].spares if found(OURS[name], plain(text))]
    assert wrong == []


@pytest.mark.parametrize("text", LOOKALIKES.read_text("utf-8").splitlines())
def test_no_recognizer_takes_technical_text_for_a_person(text):
    assert {name: text[s:e] for name, one in OURS.items() for s, e in found(one, text)} == {}


@pytest.mark.parametrize("name", NAMES)
def test_values_are_found_in_the_middle_of_other_text(name):
    filler = "GET /index.html HTTP/1.1 200\n" * 3
    for text in TABLES[name].finds:
        shifted = [(s + len(filler), e + len(filler)) for s, e in spans(text)]
        assert set(shifted) <= set(found(OURS[name], f"{filler}{plain(text)}\n\n{filler}"))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_check_digit_is_told(name):
    """Recognizers whose last digit is a check digit refuse most others."""
    if name not in CHECKED:
        return
    for text in TABLES[name].finds:
        start, end = spans(text)[0]
        value = plain(text)[start:end]
        last = max(i for i, c in enumerate(value) if c.isdecimal())
        others = [
            value[:last] + str(d) + value[last + 1 :] for d in range(10) if str(d) != value[last]
        ]
        whole = [plain(text)[:start] + other + plain(text)[end:] for other in others]
        refused = sum((start, end) not in found(OURS[name], other) for other in whole)
        assert refused >= 5, (text, refused)


CHECKED = frozenset(
    "AbaRouting AeId ArCuit AtSvnr AuAbn AuAcn AuTfn Base58Wallet BeNn BgEgn BgPnf BrCnpj "
    "BrCpf CaPhn CaSin Cbu ChAhv ClRut Clabe CnRic CoNit CreditCard DeHealthInsurance "
    "DePassport DeSocialSecurity DeTaxId DoCedula EcCi EeIk EsNie EsNif EsSocialSecurity FiHetu FrNir FrTaxId "
    "GrAfm GrAmka HkId HrOib HuTaj HuTax Iban IePps IlId InAadhaar IrId IsKennitala ItFiscalCode ItVatCode "
    "JpMyNumber KrBrn LtAsmens LuMatricule MedicalLicense MxCurp NgNin NlBsn NoFodselsnummer NzIrd NzNhi "
    "PlIdCard PlPesel PtNif RoCnp RuInn RuSnils SaId SeOrganisationsnummer SePersonnummer SiEmso "
    "SiTax SpanishCcc ThTnin TrTckimlik TwId UaRntrc UkNhs UkUtr UsNpi UyRut VeRif ZaId ZaTax".split()
)


def test_checked_recognizers_exist():
    assert set(OURS) >= CHECKED


def test_entities_are_known_to_the_policy():
    assert {entity for one in OURS.values() for entity in one.supported_entities} <= set(ENTITIES)


def test_names_of_texts_hold_no_real_mail_domain():
    hosts = re.findall(
        r"@([\w-]+(?:\.[\w-]+)+)", " ".join(t for x in TABLES.values() for t in x.finds)
    )
    allowed = ("example", "internal", "local", "test", "invalid")
    assert [
        h
        for h in map(str.lower, hosts)
        if not any(part in allowed for part in h.split(".")) and "xn--" not in h
    ] == []
