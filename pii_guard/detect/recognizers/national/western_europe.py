"""France, Belgium, the Netherlands, Luxembourg."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, VALIDATED, Identifier, standing
from pii_guard.detect.recognizers.checksums import is_date, luhn, verhoeff
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class FrNir(Numbered):
    """French social security numbers (INSEE, mod 97)."""

    entity, country, kind = "FR_NIR", "fr", "nir"
    pattern = standing(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d")
    score = VALIDATED
    words = stems = ("nir", "sécurité sociale", "insee", "numéro de sécu")
    shapes = ("999999999", "9 99 99 99 999 999", "99999A9", "99 99 9A 999 999", "999999 999 999")


class FrTaxId(Numbered):
    """French tax numbers (13 digits, mod 511), by label."""

    entity, country, kind = "FR_NIF", "fr", "nif"
    pattern = standing(r"[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}")
    words = ("numéro fiscal", "numero fiscal", "spi", "identifiant fiscal", "tax number", "nif")


class FrIdCard(AfterWords):
    """French identity cards (twelve digits, or nine places since 2021), behind their label."""

    entity = "NATIONAL_ID"
    pattern = standing(r"\d{12}|(?=[A-Z\d]{0,8}\d)[A-Z\d]{9}")
    words = ("carte d'identité", "carte nationale d'identité", "cni", "carte d’identité")


class NlBsn(Numbered):
    """Dutch citizen numbers (11-test), by label."""

    entity, country, kind = "NL_BSN", "nl", "bsn"
    pattern = standing(r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{3} ?\d{3} ?\d{3}")
    words = ("bsn", "burgerservicenummer", "sofinummer", "sofi")


class NlIdDocument(AfterWords):
    """Dutch passports and identity cards (two letters, six places, a digit), behind their label."""

    entity = "NATIONAL_ID"
    pattern = standing(r"[A-NP-Z]{2}[A-NP-Z\d]{6}\d")
    words = ("paspoort", "paspoortnummer", "identiteitskaart", "documentnummer", "rijbewijs")


class BeNn(Numbered):
    """Belgian national numbers (birth date, mod 97); eleven bare digits by label."""

    entity, country, kind = "BE_NN", "be", "nn"
    pattern = standing(r"\d\d[. ]\d\d[. ]\d\d[ -]\d{3}[. ]\d\d|\d{11}|\d{6}[ -]\d{3}[ .-]\d\d")
    score, telling = VALIDATED, r"\."
    words = (
        "rijksregisternummer", "numéro national", "national number", "insz", "niss", "rrn",
        "rijksregister", "registre national", "numéro de registre national",
    )  # fmt: skip
    shapes = ("99.99.99-999.99", "99.99.99 999.99", "99.99.99-999 99")


class LuMatricule(Identifier):
    """Luxembourg matricules: birth date, serial, Luhn and Verhoeff digits (law of 19 June 2013)."""

    entity = "LU_MATRICULE"
    pattern = standing(r"(?:19|20)\d\d ?[01]\d ?[0-3]\d ?\d{3} ?\d\d")
    score = PATTERN
    words = ("matricule", "numéro d'identification", "cns", "sozialversicherungsnummer")
    shapes = ("9999999999999", "9999 99 99 999 99", "99999999 99999", "99999999 999 99")

    def valid(self, text: str) -> bool | None:
        """Both check digits are over the first eleven."""
        plain = text.replace(" ", "")
        born = is_date(int(plain[:4]), int(plain[4:6]), int(plain[6:8]))
        return None if born and luhn(plain[:12]) and verhoeff(plain[:11] + plain[12]) else False
