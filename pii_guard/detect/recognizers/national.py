"""Government numbers. The checksums are python-stdnum's; the forms and contexts are ours.

A checksum that one in ten numbers passes proves nothing about a bare run of digits: such numbers
score high only beside a word that names them. Forms with letters, dates or separators stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from stdnum import get_cc_module

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier


class _Numbered(Identifier):
    """An identifier whose validity a stdnum module decides; `alone`: the form needs no label."""

    country: ClassVar[str]
    kind: ClassVar[str]
    alone: ClassVar[bool] = False
    score = WEAK

    def valid(self, text: str) -> bool | None:
        """Checksum first; then True only where the form itself is telling."""
        module: Any = get_cc_module(self.country, self.kind)
        check: Callable[[str], bool] = module.is_valid
        if not check(text):
            return False
        return True if self.alone else None


def _bare(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,/+%-])(?P<value>{form})(?![\w/=%-]|[.,]\d)")


class UsSsn(Identifier):
    """US social security numbers (area, group and serial rules of the SSA)."""

    entity = "US_SSN"
    pattern = _bare(
        r"(?!000|666|9)\d{3}(?:-(?!00)\d\d-(?!0000)\d{4}| (?!00)\d\d (?!0000)\d{4}|(?!00)\d\d(?!0000)\d{4})"
    )
    score = PATTERN
    words = ("ssn", "social security", "social security number", "social", "ss#", "ssns")
    finds = (
        "SSN 536-22-8417",
        "536-22-8417",
        "social security number: 212 09 9999",
        "ssn: 457555462",
        '"ssn": 219-46-3021',
        "her social is 401-55-2291",
        "SSN:\n614-33-1200",
        "(323-44-9012)",
        "ssn=733221145",
        "his SSNs 101-22-3344",
    )
    spares = (
        "000-12-3456",
        "666-12-3456",
        "536-00-8417",
        "123456789",
        "536-22-84170",
        "2026-11-23",
        "order 536228417",
        "536-22",
        "v536-22-8417-b",
        "9536-22-8417",
    )

    def matches(self, text: str) -> Any:
        """Bare runs of nine digits count only when labelled."""
        for match in super().matches(text):
            if not text[match.start : match.end].isdigit() or self.labelled(text, match.start):
                yield match


class UsItin(Identifier):
    """US individual taxpayer numbers (9XX with group 50-65, 70-88, 90-92, 94-99)."""

    entity = "US_ITIN"
    pattern = _bare(r"9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}")
    score = PATTERN
    words = ("itin", "taxpayer", "tax id")
    finds = tuple(f"ITIN 9{n:02}-7{n % 10}-{4000 + n}" for n in range(10, 20))
    spares = tuple(f"800-{n}-123{n % 10}" for n in range(10, 20))


class UkNino(Identifier):
    """UK national insurance numbers (HMRC prefix rules)."""

    entity = "UK_NINO"
    pattern = _bare(
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"
    )
    score = PATTERN
    words = ("nino", "national insurance", "ni number")
    finds = (
        "AB123456C", "NINO: JG 12 13 16 A", "ni number CE654321D", "HH 90 12 33 B", "PA112233C",
        "national insurance: ZX445566A", "SN 77 88 99 D", "LM123123B", "(KC998877A)", "RY 01 02 03 C",
    )  # fmt: skip
    spares = (
        "BG123456C", "GB123456A", "AB123456E", "AB12345C", "QQ123456C", "DA123456C", "AB1234567C",
        "CVE123456A1", "ab 12", "ZZ123456D",
    )  # fmt: skip


class UkNhs(_Numbered):
    """NHS numbers (mod 11), by label unless grouped 3-3-4."""

    entity, country, kind = "UK_NHS", "gb", "nhs"
    pattern = _bare(r"\d{3}[ -]?\d{3}[ -]?\d{4}")
    words = ("nhs", "nhs number", "patient", "national health")
    finds = (
        "NHS number: 943 476 5919", "nhs 9434765919", "NHS no 401 023 2137",
        "patient nhs 943-476-5870", "NHS: 943 476 5870", "nhs number 4010232137",
        "NHS\n943 476 5919", "nhs=4010232137", "National Health 943 476 5919",
        "NHS number 9434765870",
    )  # fmt: skip
    spares = (
        "943 476 5918", "9434765919", "call 987 654 4321", "nhs 123 456 7890", "1234567890", "NHS trust",
        "id 4010232137", "943.476.5919", "nhs 943 476", "0000000001",
    )  # fmt: skip


class FrNir(_Numbered):
    """French social security numbers (INSEE, mod 97)."""

    entity, country, kind, alone = "FR_NIR", "fr", "nir", True
    pattern = _bare(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d")
    words = ("nir", "sécurité sociale", "insee")


class ItFiscalCode(_Numbered):
    """Italian fiscal codes (check letter)."""

    entity, country, kind, alone = "IT_FISCAL_CODE", "it", "codicefiscale", True
    pattern = _bare(r"[A-Za-z]{6}\d\d[A-EHLMPRSTa-ehlmprst]\d\d[A-Za-z]\d{3}[A-Za-z]")


class EsNif(_Numbered):
    """Spanish NIF of citizens (check letter)."""

    entity, country, kind, alone = "ES_NIF", "es", "dni", True
    pattern = _bare(r"\d{8}-?[A-Z]")


class EsNie(_Numbered):
    """Spanish NIE of foreigners (check letter)."""

    entity, country, kind, alone = "ES_NIE", "es", "nie", True
    pattern = _bare(r"[XYZ]-?\d{7}-?[A-Z]")


class PtNif(_Numbered):
    """Portuguese tax numbers (mod 11), by label."""

    entity, country, kind = "PT_NIF", "pt", "nif"
    pattern = _bare(r"\d{3} ?\d{3} ?\d{3}")
    words = ("nif", "contribuinte")


class DeTaxId(_Numbered):
    """German tax identification numbers (mod 11, 10), by label."""

    entity, country, kind = "DE_TAX_ID", "de", "idnr"
    pattern = _bare(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}")
    words = ("steuer-id", "steueridentifikationsnummer", "idnr", "tax id", "steuernummer", "steuer")


class NlBsn(_Numbered):
    """Dutch citizen numbers (11-test), by label."""

    entity, country, kind = "NL_BSN", "nl", "bsn"
    pattern = _bare(r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{9}")
    words = ("bsn", "burgerservicenummer", "sofinummer")


class BeNn(_Numbered):
    """Belgian national numbers (mod 97)."""

    entity, country, kind, alone = "BE_NN", "be", "nn", True
    pattern = _bare(r"\d\d[.]\d\d[.]\d\d-\d{3}[.]\d\d|\d{11}")
    words = ("rijksregisternummer", "numéro national", "national number", "insz", "niss")
    alone = False
    score = WEAK

    def valid(self, text: str) -> bool | None:
        """The punctuated form is telling; eleven digits need a label."""
        verdict = super().valid(text)
        return True if verdict is None and "." in text else verdict


class PlPesel(_Numbered):
    """Polish PESEL (weights 1-3-7-9), by label."""

    entity, country, kind = "PL_PESEL", "pl", "pesel"
    pattern = _bare(r"\d{11}")
    words = ("pesel",)


class SePersonnummer(_Numbered):
    """Swedish personal numbers (Luhn)."""

    entity, country, kind, alone = "SE_PERSONNUMMER", "se", "personnummer", True
    pattern = _bare(r"(?:19|20)?\d\d(?:0[1-9]|1[0-2])[0-3]\d[-+]\d{4}")


class FiHetu(_Numbered):
    """Finnish personal identity codes (mod 31)."""

    entity, country, kind, alone = "FI_PERSONAL_IDENTITY_CODE", "fi", "hetu", True
    pattern = _bare(r"[0-3]\d[01]\d\d\d[-+A]\d{3}[\dA-Y]")


class DkCpr(_Numbered):
    """Danish CPR numbers, by label (the checksum was given up in 2007)."""

    entity, country, kind = "DK_CPR", "dk", "cpr"
    pattern = _bare(r"[0-3]\d[01]\d\d\d-?\d{4}")
    words = ("cpr", "cpr-nr", "cpr nr", "personnummer")


class NoFodselsnummer(_Numbered):
    """Norwegian birth numbers (two mod 11 digits), by label."""

    entity, country, kind = "NO_FNR", "no", "fodselsnummer"
    pattern = _bare(r"[0-7]\d[0-5]\d\d\d ?\d{5}")
    words = ("fødselsnummer", "fodselsnummer", "fnr", "personnummer")


class CzRc(_Numbered):
    """Czech and Slovak birth numbers (mod 11)."""

    entity, country, kind, alone = "CZ_RC", "cz", "rc", True
    pattern = _bare(r"\d{6}/\d{3,4}")


class RoCnp(_Numbered):
    """Romanian CNP (mod 11, with a date), by label."""

    entity, country, kind = "RO_CNP", "ro", "cnp"
    pattern = _bare(r"[1-9]\d\d(?:0[1-9]|1[0-2])[0-3]\d\d{6}")
    words = ("cnp", "cod numeric")


class BgEgn(_Numbered):
    """Bulgarian EGN, by label."""

    entity, country, kind = "BG_EGN", "bg", "egn"
    pattern = _bare(r"\d{10}")
    words = ("egn", "егн")


class GrAmka(_Numbered):
    """Greek AMKA (Luhn), by label."""

    entity, country, kind = "GR_AMKA", "gr", "amka"
    pattern = _bare(r"[0-3]\d[01]\d{8}")
    words = ("amka", "αμκα")


class HrOib(_Numbered):
    """Croatian OIB (ISO 7064 mod 11, 10), by label."""

    entity, country, kind = "HR_OIB", "hr", "oib"
    pattern = _bare(r"\d{11}")
    words = ("oib",)


class IePps(_Numbered):
    """Irish PPS numbers (check letter)."""

    entity, country, kind, alone = "IE_PPS", "ie", "pps", True
    pattern = _bare(r"\d{7}[A-W][A-IW]?")


class EeIk(_Numbered):
    """Estonian personal codes, by label."""

    entity, country, kind = "EE_IK", "ee", "ik"
    pattern = _bare(r"[1-6]\d\d[01]\d[0-3]\d{5}")
    words = ("isikukood", "personal code")


class LtAsmens(_Numbered):
    """Lithuanian personal codes, by label."""

    entity, country, kind = "LT_AK", "lt", "asmens"
    pattern = _bare(r"[1-6]\d\d[01]\d[0-3]\d{5}")
    words = ("asmens kodas", "personal code")


class AtVnr(_Numbered):
    """Austrian social insurance numbers, by label."""

    entity, country, kind = "AT_SVNR", "at", "vnr"
    pattern = _bare(r"\d{4} ?[0-3]\d[01]\d{3}")
    words = ("svnr", "sozialversicherungsnummer", "versicherungsnummer", "sv-nr")


class ChAhv(_Numbered):
    """Swiss AHV numbers (EAN-13 digit)."""

    entity, country, kind, alone = "CH_AHV", "ch", "ssn", True
    pattern = _bare(r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d")


class InAadhaar(_Numbered):
    """Indian Aadhaar numbers (Verhoeff), by label unless grouped by four."""

    entity, country, kind = "IN_AADHAAR", "in_", "aadhaar"
    pattern = _bare(r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}")
    words = ("aadhaar", "aadhar", "uidai", "uid")


class InPan(_Numbered):
    """Indian PAN of persons (fourth letter P)."""

    entity, country, kind, alone = "IN_PAN", "in_", "pan", True
    pattern = _bare(r"[A-Z]{3}P[A-Z]\d{4}[A-Z]")


class AuTfn(_Numbered):
    """Australian tax file numbers, by label."""

    entity, country, kind = "AU_TFN", "au", "tfn"
    pattern = _bare(r"\d{3} ?\d{3} ?\d{2,3}")
    words = ("tfn", "tax file number")


class CaSin(_Numbered):
    """Canadian social insurance numbers (Luhn), by label unless grouped."""

    entity, country, kind = "CA_SIN", "ca", "sin"
    pattern = _bare(r"[1-79]\d\d[ -]?\d{3}[ -]?\d{3}")
    words = ("sin", "social insurance", "social insurance number")


class BrCpf(_Numbered):
    """Brazilian CPF (two mod 11 digits); punctuated it is telling."""

    entity, country, kind = "BR_CPF", "br", "cpf"
    pattern = _bare(r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{11}")
    words = ("cpf",)

    def valid(self, text: str) -> bool | None:
        """The punctuated form is telling; eleven digits need a label."""
        verdict = super().valid(text)
        return True if verdict is None and "." in text else verdict


class ArCuit(_Numbered):
    """Argentine CUIT and CUIL of persons."""

    entity, country, kind, alone = "AR_CUIT", "ar", "cuit", True
    pattern = _bare(r"2[0347]-\d{8}-\d")


class ClRut(_Numbered):
    """Chilean RUT (mod 11), punctuated."""

    entity, country, kind, alone = "CL_RUT", "cl", "rut", True
    pattern = _bare(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]")


class MxCurp(_Numbered):
    """Mexican CURP (check digit)."""

    entity, country, kind, alone = "MX_CURP", "mx", "curp", True
    pattern = _bare(r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z\d]\d")


class CnRic(_Numbered):
    """Chinese resident identity numbers (ISO 7064 mod 11, 2)."""

    entity, country, kind, alone = "CN_RIC", "cn", "ric", True
    pattern = _bare(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d\d{3}[\dXx]")


class KrRrn(_Numbered):
    """Korean resident registration numbers."""

    entity, country, kind, alone = "KR_RRN", "kr", "rrn", True
    pattern = _bare(r"\d\d(?:0[1-9]|1[0-2])[0-3]\d-\d{7}")


class TrTckimlik(_Numbered):
    """Turkish identity numbers, by label."""

    entity, country, kind = "TR_NATIONAL_ID", "tr", "tckimlik"
    pattern = _bare(r"[1-9]\d{10}")
    words = ("tc kimlik", "tckn", "kimlik", "tc no")


class IlId(_Numbered):
    """Israeli identity numbers (Luhn), by label."""

    entity, country, kind = "IL_ID", "il", "idnr"
    pattern = _bare(r"\d{8,9}")
    words = ("teudat zehut", "israeli id", "tz")


class ZaId(_Numbered):
    """South African identity numbers (Luhn, with a date), by label."""

    entity, country, kind = "ZA_ID_NUMBER", "za", "idnr"
    pattern = _bare(r"\d\d(?:0[1-9]|1[0-2])[0-3]\d ?\d{4} ?[01]\d\d")
    words = ("id number", "identity number", "sa id", "id no", "rsa id")


class MyNric(_Numbered):
    """Malaysian identity numbers (date and place)."""

    entity, country, kind, alone = "MY_NRIC", "my", "nric", True
    pattern = _bare(r"\d\d(?:0[1-9]|1[0-2])[0-3]\d-\d\d-\d{4}")


class SgNric(Identifier):
    """Singapore NRIC and FIN (check letter)."""

    entity = "SG_NRIC_FIN"
    pattern = _bare(r"[STFGM]\d{7}[A-Z]")
    score = VALIDATED

    def valid(self, text: str) -> bool | None:
        """Weights 2-7-6-5-4-3-2 over the digits, offsets by series (ICA)."""
        total = sum(int(d) * w for d, w in zip(text[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
        total += {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[text[0]]
        letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}
        table = letters.get(text[0], "XWUTRQPNMLK")
        index = 10 - total % 11 if text[0] == "M" else total % 11
        return table[index] == text[8]
