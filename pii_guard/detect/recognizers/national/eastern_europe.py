"""Poland, Czechia, Slovakia, Hungary, Romania, Bulgaria, the former Yugoslavia, Ukraine, Russia."""

from __future__ import annotations

from pii_guard.detect.recognizer import VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import weighted
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class PlPesel(Identifier):
    """Polish PESEL (date, weights 1-3-7-9), by label."""

    entity = "PL_PESEL"
    pattern = standing(r"\d\d[0189]\d[0-3]\d{6}|\d\d[2-7]\d[0-3]\d{6}")
    score = WEAK
    words = ("pesel",)

    def valid(self, text: str) -> bool | None:
        """The month carries the century; the sum of weights ends in zero."""
        month, day = int(text[2:4]) % 20, int(text[4:6])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return False
        total = weighted(map(int, text), (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))
        return None if total % 10 == 0 else False


class PlIdCard(Identifier):
    """Polish identity cards (three letters, weights 7-3-1), by label."""

    entity = "PL_ID_CARD"
    pattern = standing(r"[A-Z]{3} ?\d{6}")
    score = WEAK
    words = (
        "dowód",
        "dowód osobisty",
        "dowodu osobistego",
        "nr dowodu",
        "seria i numer",
        "id card",
    )

    def valid(self, text: str) -> bool | None:
        """Letters count from ten; the fourth place is the check digit."""
        plain = text.replace(" ", "")
        values = [ord(c) - 55 for c in plain[:3]] + [int(c) for c in plain[4:]]
        return None if weighted(values, (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(plain[3]) else False


class CzRc(Numbered):
    """Czech and Slovak birth numbers (date, mod 11); nine digits or no stroke: by label."""

    entity, country, kind = "CZ_RC", "cz", "rc"
    pattern = standing(r"\d\d[0-8]\d[0-3]\d/?\d{3,4}")
    score, telling = VALIDATED, r"/\d{4}"
    words = ("rodné číslo", "rodne cislo", "rč", "r.č.", "r. č.", "birth number", "rodné číslo/")
    shapes = ("999999/9999",)


class HuTax(Identifier):
    """Hungarian tax identification marks of persons (8, days since 1867, mod 11), by label."""

    entity = "HU_TAX_ID"
    pattern = standing(r"8\d{9}")
    score = WEAK
    words = ("adóazonosító", "adóazonosító jel", "adoazonosito", "adóazonosító jele")

    def valid(self, text: str) -> bool | None:
        """Weights 1 to 9 (law XX of 1996)."""
        return None if weighted(map(int, text[:9]), range(1, 10)) % 11 == int(text[9]) else False


class HuTaj(Identifier):
    """Hungarian social security numbers (weights 3-7), by label."""

    entity = "HU_TAJ"
    pattern = standing(r"\d{3}[ -]?\d{3}[ -]?\d{3}")
    score = WEAK
    words = ("taj", "taj-szám", "taj szám", "tajszám", "társadalombiztosítási")

    def valid(self, text: str) -> bool | None:
        """Odd places times three, even places times seven, mod 10 (law XX of 1996)."""
        plain = [int(c) for c in text if c.isdecimal()]
        return None if weighted(plain[:8], (3, 7) * 4) % 10 == plain[8] else False


class RoCnp(Numbered):
    """Romanian CNP (date, county, mod 11), by label."""

    entity, country, kind = "RO_CNP", "ro", "cnp"
    pattern = standing(r"[1-9]\d\d(?:0[1-9]|1[0-2])[0-3]\d\d{6}")
    words = ("cnp", "cod numeric", "cod numeric personal")


class BgEgn(Numbered):
    """Bulgarian EGN (date, mod 11), by label."""

    entity, country, kind = "BG_EGN", "bg", "egn"
    pattern = standing(r"\d\d[0-5]\d[0-3]\d{5}")
    words = ("egn", "егн", "единен граждански номер")


class BgPnf(Numbered):
    """Bulgarian numbers of foreigners (mod 10), by label."""

    entity, country, kind = "BG_PNF", "bg", "pnf"
    pattern = standing(r"\d{10}")
    words = ("lnch", "лнч", "личен номер на чужденец")


class HrOib(Numbered):
    """Croatian OIB (ISO 7064 mod 11, 10), by label."""

    entity, country, kind = "HR_OIB", "hr", "oib"
    pattern = standing(r"\d{11}")
    words = ("oib", "osobni identifikacijski broj")


class SiEmso(Numbered):
    """Slovenian EMŠO and the JMBG of the former Yugoslavia (date, region, mod 11), by label."""

    entity, country, kind = "SI_EMSO", "si", "emso"
    pattern = standing(r"[0-3]\d[01]\d[09]\d{8}")
    words = ("emšo", "emso", "jmbg", "јмбг", "matični broj", "enotna matična številka")


class SiTax(Numbered):
    """Slovenian tax numbers (mod 11), by label."""

    entity, country, kind = "SI_TAX_ID", "si", "ddv"
    pattern = standing(r"(?:SI)?[1-9]\d{7}")
    words = ("davčna", "davčna številka", "davcna stevilka", "id za ddv")


class UaRntrc(Numbered):
    """Ukrainian tax card numbers (mod 11), by label."""

    entity, country, kind = "UA_RNTRC", "ua", "rntrc"
    pattern = standing(r"\d{10}")
    words = ("рнокпп", "ідентифікаційний код", "іпн", "rnokpp", "ipn", "ідентифікаційний номер")


class RuInn(Numbered):
    """Russian tax numbers of persons (two mod 11 digits), by label."""

    entity, country, kind = "RU_INN", "ru", "inn"
    pattern = standing(r"\d{12}")
    words = ("инн", "inn")


class RuSnils(Identifier):
    """Russian pension insurance numbers (mod 101), by label unless punctuated."""

    entity = "RU_SNILS"
    pattern = standing(r"\d{3}-\d{3}-\d{3}[ -]\d\d|\d{11}")
    score, telling = VALIDATED, r"-"
    words = ("снилс", "snils", "страховой номер")
    shapes = ("999-999-999 99", "999-999-999-99")

    def valid(self, text: str) -> bool | None:
        """Places from the right times their number, mod 101; 100 counts as 0."""
        plain = [int(c) for c in text if c.isdecimal()]
        total = weighted(plain[:9], range(9, 0, -1)) % 101 % 100
        return None if total == plain[9] * 10 + plain[10] else False


class RuPassport(AfterWords):
    """Russian internal passports (series and number), behind their label."""

    entity = "PASSPORT"
    pattern = standing(r"\d\d ?\d\d ?№? ?\d{6}")
    words = ("паспорт", "паспорта", "серия и номер", "серия", "pasport")


class EuVatNumber(Numbered):
    """VAT numbers of the other EU members, which the self-employed hold, by label."""

    entity, country, kind = "VAT_NUMBER", "eu", "vat"
    pattern = standing(
        r"(?:ATU|BE|BG|CY|CZ|DK|EE|EL|ES|FI|FR|HR|HU|IE|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)[A-Z\d]{8,12}"
    )
    words = ("vat", "vat id", "vat number", "btw", "tva", "iva", "uid", "moms", "dph", "nip")


class PlNip(Numbered):
    """Polish tax numbers (weighted mod 11), which sole traders hold, by label."""

    entity, country, kind = "PL_NIP", "pl", "nip"
    pattern = standing(r"\d{3}-?\d{3}-?\d\d-?\d\d|\d{3}-\d\d-\d\d-\d{3}")
    words = ("nip", "numer nip", "nr nip", "identyfikacji podatkowej")
