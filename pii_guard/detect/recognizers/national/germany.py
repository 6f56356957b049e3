"""Germany, Austria, Switzerland, Liechtenstein."""

from __future__ import annotations

from stdnum.iso7064 import mod_11_10

from pii_guard.detect.recognizer import VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits, icao, is_date
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class DeTaxId(Identifier):
    """German tax identification numbers (mod 11, 10), by label."""

    entity = "DE_TAX_ID"
    score = WEAK
    pattern = standing(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}")
    words = (
        "steuer-id", "steueridentifikationsnummer", "steuer-identifikationsnummer", "idnr", "tax id",
        "steuerid", "steuer", "identifikationsnummer", "steuerliche identifikationsnummer", "tin",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """Which digits may repeat has changed with the years, so only the check digit is asked."""
        plain = text.replace(" ", "")
        return None if mod_11_10.is_valid(plain) and len(set(plain)) > 2 else False


class DeTaxNumber(Identifier):
    """German tax numbers: the uniform thirteen digits, or the states' forms with strokes, by label."""

    entity = "DE_TAX_NUMBER"
    pattern = standing(r"(?:0[1-9]|1[0-6])\d{11}|\d{2,3}/\d{3,4}/\d{4,5}")
    score = WEAK
    words = (
        "steuernummer", "steuernr", "st.-nr.", "st.-nr", "st-nr", "stnr", "st.nr.", "tax number", "finanzamt"
    )  # fmt: skip
    reach = 40


class DeSocialSecurity(Identifier):
    """German pension insurance numbers: area, birth date, letter, serial, check (VKVV)."""

    entity = "DE_SOCIAL_SECURITY"
    pattern = standing(r"\d\d ?[0-8]\d[01]\d\d\d ?(?i:[A-Z]) ?\d{3}")
    score = VALIDATED
    words = ("rvnr", "rentenversicherungsnummer", "sozialversicherungsnummer", "sv-nummer", "svnr")
    shapes = (
        "99999999A999",
        "99 999999 A 999",
        "99 999999A999",
        "99999999 A 999",
        "99999999a999",
        "99 999999 a 999",
        "99 999999a999",
        "99999999 a 999",
    )

    def valid(self, text: str) -> bool | None:
        """Digits of letter and number, weights 2-1-2-5-7-1-2-1-2-1-2-1, digit sums, mod 10."""
        plain = text.replace(" ", "").upper()
        day, month = int(plain[2:4]), int(plain[4:6])
        spelled = digits(plain[:8]) + digits(f"{ord(plain[8]) - 64:02}") + digits(plain[9:11])
        products = (
            n * w for n, w in zip(spelled, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
        )
        total = sum(p // 10 + p % 10 for p in products)
        # Days above 50 mark a second number for the same birthday.
        return None if is_date(2000, month, day % 50) and total % 10 == int(plain[11]) else False


class DeHealthInsurance(Identifier):
    """German health insurance numbers: a letter and nine digits, Luhn with the letter's place, by label."""

    entity = "DE_HEALTH_INSURANCE"
    pattern = standing(r"(?i:[A-Z])\d{9}")
    score = WEAK
    words = (
        "kvnr", "krankenversichertennummer", "versichertennummer", "versicherten-nr", "krankenkasse",
        "egk-nummer", "egk", "krankenversicherungsnummer", "health insurance",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """Weights 1-2-1-2… over the letter as two digits and the number, digit sums, mod 10."""
        spelled = digits(f"{ord(text[0].upper()) - 64:02}") + digits(text[1:9])
        total = sum(sum(divmod(n * (1 + i % 2), 10)) for i, n in enumerate(spelled))
        return None if total % 10 == int(text[9]) else False


_SERIAL = r"(?i:[CFGHJKLMNPRTVWXYZ\d])"


class DeIdCard(Identifier):
    """German identity cards: nine places with an ICAO check digit, or T and eight digits, by label."""

    entity = "DE_ID_CARD"
    pattern = standing(rf"(?i:[CFGHJKLMNPRVWXYZ]){_SERIAL}{{7}}\d|(?i:T)\d{{8}}")
    score = WEAK
    words = (
        "personalausweis",
        "ausweis",
        "ausweisnummer",
        "id card",
        "perso",
        "personalausweisnummer",
    )

    def valid(self, text: str) -> bool | None:
        """The old form has no check digit."""
        if text[0] in "Tt":
            return None
        return None if icao(text[:8]) == int(text[8]) else False


class DePassport(Identifier):
    """German passports: nine places with an ICAO check digit, by label."""

    entity = "DE_PASSPORT"
    pattern = standing(rf"(?i:[CFGHJKLMNPRTVWXYZ]){_SERIAL}{{7}}\d")
    score = WEAK
    words = (
        "reisepass",
        "pass-nr",
        "passnummer",
        "reisepassnummer",
        "reisepass-nr",
        "german passport",
    )

    def valid(self, text: str) -> bool | None:
        """Weights 7-3-1 (ICAO 9303)."""
        return None if icao(text[:8]) == int(text[8]) else False


class DeLanr(Identifier):
    """German physician numbers (weights 4-9), by label."""

    entity = "DE_LANR"
    pattern = standing(r"\d{9}")
    score = WEAK
    words = ("lanr", "arztnummer", "lebenslange arztnummer", "arzt-nr")

    def valid(self, text: str) -> bool | None:
        """Six digits times 4-9-4-9-4-9; the seventh fills up to ten."""
        total = sum(int(c) * (4, 9)[i % 2] for i, c in enumerate(text[:6]))
        return None if -total % 10 == int(text[6]) else False


class DeBsnr(AfterWords):
    """German practice numbers, behind their label: they lead to a physician or a patient's doctor."""

    entity = "DE_BSNR"
    pattern = standing(r"(?!0{9})\d{9}")
    words = ("bsnr", "betriebsstättennummer", "betriebsstaettennummer")


class DeDrivingLicence(AfterWords):
    """German driving licences: authority, eight places, check and serial, behind their label."""

    entity = "DE_FUEHRERSCHEIN"
    pattern = standing(r"(?i:[A-Z](?=[A-Z\d]{0,8}\d[A-Z\d]{0,8}\d)[A-Z\d]{10})")
    words = (
        "führerschein",
        "führerscheinnummer",
        "fuehrerschein",
        "fahrerlaubnis",
        "führerschein-nr",
    )


class DePlate(AfterWords):
    """German number plates, behind their label."""

    entity = "DE_KFZ"
    pattern = standing(r"(?i:[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]\d{1,4}[EH]?)")
    words = (
        "kennzeichen",
        "kfz-kennzeichen",
        "nummernschild",
        "kfz",
        "number plate",
        "license plate",
    )


class DePostcode(AfterWords):
    """German postcodes behind their label; in an address they belong to the address."""

    entity = "ADDRESS"
    pattern = standing(r"(?!01000|99999)(?:0[1-9]|[1-9]\d)\d{3}")
    words = ("plz", "postleitzahl")


class DeVatId(Identifier):
    """German VAT numbers, which freelancers hold, by label."""

    entity = "DE_VAT_ID"
    pattern = standing(r"(?i:DE)[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{3}")
    score = WEAK
    words = (
        "ust-idnr", "ust-id", "ustid", "umsatzsteuer-id", "umsatzsteuer", "vat id", "vat", "vat number"
    )  # fmt: skip


class DeCommercialRegister(AfterWords):
    """German commercial register numbers behind the court: they name the owner of a small firm."""

    entity = "DE_HANDELSREGISTER"
    pattern = standing(r"(?i:HR[AB]) ?\d{1,6}")
    words = ("handelsregister", "handelsregisternummer", "amtsgericht", "eingetragen im")


class AtSvnr(Numbered):
    """Austrian social insurance numbers (weighted mod 11, birth date), by label."""

    entity, country, kind = "AT_SVNR", "at", "vnr"
    pattern = standing(r"[1-9]\d{3} ?[0-3]\d[01]\d{3}")
    words = (
        "svnr", "sozialversicherungsnummer", "versicherungsnummer", "sv-nr", "sv-nummer", "vsnr", "e-card"
    )  # fmt: skip


class ChAhv(Numbered):
    """Swiss AHV numbers (country 756, EAN-13 digit), Liechtenstein's included."""

    entity, country, kind = "CH_AHV", "ch", "ssn"
    pattern = standing(r"756(?:\.\d{4}\.\d{4}\.| ?\d{4} ?\d{4} ?)\d\d")
    score, telling = VALIDATED, r"[. ]"
    words = ("ahv", "avs", "ahv-nr", "ahvn13", "numéro avs", "sozialversicherungsnummer")
    shapes = ("999.9999.9999.99", "999 9999 9999 99")


class AtTin(Numbered):
    """Austrian tax numbers (office, weighted digits), by label."""

    entity, country, kind = "AT_TIN", "at", "tin"
    pattern = standing(r"\d\d[ -]?\d{3}/?\d{4}")
    words = (
        "abgabenkontonummer",
        "steuernummer",
        "st.nr.",
        "stnr",
        "austrian tax number",
        "finanzamt",
    )
