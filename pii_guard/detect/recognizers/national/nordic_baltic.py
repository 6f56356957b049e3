"""Denmark, Norway, Sweden, Finland, Iceland; Estonia, Latvia, Lithuania."""

from __future__ import annotations

from stdnum.fi import hetu

from pii_guard.detect.recognizer import VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import is_date, luhn, weighted
from pii_guard.detect.recognizers.numbered import Numbered


class SePersonnummer(Numbered):
    """Swedish personal and coordination numbers (date, Luhn); bare digits by label."""

    entity, country, kind = "SE_PERSONNUMMER", "se", "personnummer"
    pattern = standing(r"(?:18|19|20)?\d\d[01]\d[0-9]\d[-+]?\d{4}")
    score, telling = VALIDATED, r"[-+]"
    words = ("personnummer", "pnr", "samordningsnummer", "personal identity code", "swedish id")
    shapes = ("999999-9999", "999999+9999")

    def valid(self, text: str) -> bool | None:
        """Coordination numbers have sixty added to the day."""
        plain = "".join(filter(str.isdecimal, text))
        day = int(plain[-6:-4])
        if day > 60:
            born = is_date(2000, int(plain[-8:-6]), day - 60)
            return None if born and luhn(plain[-10:]) else False
        return super().valid(text)


class SeOrganisationsnummer(Numbered):
    """Swedish organisation numbers (Luhn), a sole trader's personal number, by label."""

    entity, country, kind = "SE_ORGANISATIONSNUMMER", "se", "orgnr"
    pattern = standing(r"[1-9]\d[2-9]\d{3}-?\d{4}")
    words = (
        "organisationsnummer",
        "orgnummer",
        "orgnr",
        "org.nr",
        "org nr",
        "company identity code",
    )


class FiHetu(Numbered):
    """Finnish personal identity codes (mod 31, all century signs of 2023)."""

    entity, country, kind = "FI_PERSONAL_IDENTITY_CODE", "fi", "hetu"
    pattern = standing(r"[0-3]\d[01]\d\d\d(?i:[-+A-FU-Y])\d{3}(?i:[\dA-FHJ-NPR-Y])")
    score = VALIDATED
    words = ("hetu", "henkilötunnus", "personal identity code")
    shapes = ("999999-999", "999999+999", "999999A999", "999999a999")

    def valid(self, text: str) -> bool | None:
        """Serials from 900 up are temporary numbers of hospitals."""
        return None if hetu.is_valid(text.upper(), allow_temporary=True) else False


class DkCpr(Numbered):
    """Danish CPR numbers (birth date; the check digit was given up in 2007), by label."""

    entity, country, kind = "DK_CPR", "dk", "cpr"
    pattern = standing(r"[0-3]\d[01]\d\d\d[- ]?\d{4}")
    words = ("cpr", "cpr-nr", "cpr-nummer", "personnummer", "cpr nummer")


class NoFodselsnummer(Numbered):
    """Norwegian birth and D numbers (two mod 11 digits), by label."""

    entity, country, kind = "NO_FNR", "no", "fodselsnummer"
    pattern = standing(r"[0-7]\d[0-5]\d\d\d ?\d{5}")
    words = ("fødselsnummer", "fodselsnummer", "fnr", "personnummer", "d-nummer", "fødselsnr")


class IsKennitala(Numbered):
    """Icelandic kennitala (date, mod 11), by label unless hyphenated."""

    entity, country, kind = "IS_KENNITALA", "is_", "kennitala"
    pattern = standing(r"[0-7]\d[01]\d\d\d-?\d{4}")
    words = ("kennitala", "kt", "kt.")
    reach = 25


class EeIk(Numbered):
    """Estonian personal codes (mod 11), by label."""

    entity, country, kind = "EE_IK", "ee", "ik"
    pattern = standing(r"[1-8]\d\d[01]\d[0-3]\d{5}")
    words = ("isikukood", "personal code", "ik", "estonian id")


class LvPk(Identifier):
    """Latvian personal codes: date and mod 11 until 2017, prefix 32 since."""

    entity = "LV_PK"
    pattern = standing(r"(?:[0-3]\d[01]\d\d\d|3[2-9]\d{4})-?\d{5}")
    score = WEAK
    words = ("personas kods", "personas koda", "pk", "personal code", "latvian id")

    def valid(self, text: str) -> bool | None:
        """Codes of the new series hold neither date nor check digit."""
        plain = text.replace("-", "")
        if plain[:2] >= "32":
            return None
        total = weighted(map(int, plain[:10]), (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))
        born = is_date(2000, int(plain[2:4]), int(plain[:2]))
        return None if born and (1 + total) % 11 % 10 == int(plain[10]) else False


class LtAsmens(Numbered):
    """Lithuanian personal codes (mod 11), by label."""

    entity, country, kind = "LT_AK", "lt", "asmens"
    pattern = standing(r"[1-6]\d\d[01]\d[0-3]\d{5}")
    words = ("asmens kodas", "asmens kodo", "personal code", "lithuanian id")
