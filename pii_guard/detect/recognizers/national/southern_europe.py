"""Spain, Portugal, Italy, San Marino, Greece, Cyprus, Malta."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class EsNif(Numbered):
    """Spanish NIF of citizens (check letter)."""

    entity, country, kind = "ES_NIF", "es", "dni"
    pattern = standing(r"\d{7,8}-?(?i:[A-Z])")
    score, telling = PATTERN, r"^\d{8}-?[A-Z]$"
    words = ("nif", "dni", "documento nacional de identidad", "identificación fiscal")
    shapes = ("99999999A", "99999999-A")

    def valid(self, text: str) -> bool | None:
        """Old numbers are written without their leading zero."""
        return super().valid(text.replace("-", "").zfill(9).upper())


class EsNie(Numbered):
    """Spanish NIE of foreigners (check letter)."""

    entity, country, kind = "ES_NIE", "es", "nie"
    pattern = standing(r"(?i:[XYZ])-?\d{7}-?(?i:[A-Z])")
    score = VALIDATED
    words = ("nie", "extranjero")
    shapes = ("A9999999A", "A-9999999", "A9999999-A", "a9999999a", "a-9999999", "a9999999-a")


class EsPassport(AfterWords):
    """Spanish passports (three letters, six digits), behind their label."""

    entity = "ES_PASSPORT"
    pattern = standing(r"(?i:[A-Z]{3})\d{6}")
    words = ("pasaporte", "número de pasaporte", "passport", "spanish passport")


class EsSocialSecurity(Identifier):
    """Spanish social security affiliation numbers (mod 97), by label."""

    entity = "ES_NSS"
    pattern = standing(r"\d\d[ /-]?\d{8}[ /-]?\d\d")
    score = WEAK
    words = ("seguridad social", "nuss", "naf", "número de afiliación", "afiliación")

    def valid(self, text: str) -> bool | None:
        """Province and serial mod 97; serials below ten million count without their zero."""
        plain = "".join(filter(str.isdecimal, text))
        province, serial, check = plain[:2], int(plain[2:10]), int(plain[10:])
        number = int(province) * 10**7 + serial if serial < 10**7 else int(plain[:10])
        return None if number % 97 == check else False


class PtNif(Numbered):
    """Portuguese tax numbers (mod 11), by label."""

    entity, country, kind = "PT_NIF", "pt", "nif"
    pattern = standing(r"[12356789]\d\d[ .]?\d{3}[ .]?\d{3}")
    words = ("nif", "contribuinte", "número de contribuinte")


class PtCc(Numbered):
    """Portuguese citizen cards (check digit over letters and digits)."""

    entity, country, kind = "PT_CC", "pt", "cc"
    pattern = standing(r"\d{8} ?\d ?[A-Z\d]{2} ?\d")
    score, telling = PATTERN, r"^\d{8} \d [A-Z]"
    words = (
        "cartão de cidadão",
        "cartao de cidadao",
        "citizen card",
        "bilhete de identidade",
        "cc",
    )
    shapes = ("99999999 9 A",)


class ItFiscalCode(Numbered):
    """Italian fiscal codes (check letter)."""

    entity, country, kind = "IT_FISCAL_CODE", "it", "codicefiscale"
    pattern = standing(r"(?i:[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z])")
    score = VALIDATED
    words = ("codice fiscale", "cod. fisc.", "fiscal code", "c.f.")
    shapes = ("AAAAAA99A99A999A", "aaaaaa99a99a999a")


class ItVatCode(Numbered):
    """Italian VAT numbers (Luhn), which the self-employed hold, by label."""

    entity, country, kind = "IT_VAT_CODE", "it", "iva"
    pattern = standing(r"(?:IT)?\d{8}_?\d{3}")
    words = ("partita iva", "p.iva", "p. iva", "p.i.", "vat", "piva")

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit and for zeros."""
        return super().valid(text.replace("_", ""))


class ItDriverLicense(AfterWords):
    """Italian driving licences, behind their label."""

    entity = "IT_DRIVER_LICENSE"
    pattern = standing(r"(?i:[A-Z]{2}\d{7}[A-Z]|U1[B-HJ-NP-Z\d]{7}[A-Z])")
    words = ("patente", "patente di guida", "licenza", "license", "driving license")


class ItIdentityCard(AfterWords):
    """Italian identity cards, paper and electronic, behind their label."""

    entity = "IT_IDENTITY_CARD"
    pattern = standing(r"(?i:[A-Z]{2} ?\d{7}|\d{7}[A-Z]{2}|[A-Z]{2}\d{5}[A-Z]{2})")
    words = ("carta d'identità", "carta di identità", "carta identità", "cie", "identity card")


class ItPassport(AfterWords):
    """Italian passports, behind their label."""

    entity = "IT_PASSPORT"
    pattern = standing(r"(?i:[A-Z]{2})\d{7}")
    words = ("passaporto", "italian passport", "passaporto italiano")


class GrAmka(Numbered):
    """Greek AMKA (birth date, Luhn), by label."""

    entity, country, kind = "GR_AMKA", "gr", "amka"
    pattern = standing(r"[0-3]\d[01]\d{8}")
    words = ("amka", "αμκα", "α.μ.κ.α.")


class GrAfm(Numbered):
    """Greek tax numbers (mod 11), by label."""

    entity, country, kind = "GR_AFM", "gr", "vat"
    pattern = standing(r"(?:EL)?\d{9}")
    words = ("αφμ", "α.φ.μ.", "afm", "vat")


class CyTic(Numbered):
    """Cypriot tax numbers of persons (check letter), by label."""

    entity, country, kind = "CY_TIC", "cy", "vat"
    pattern = standing(r"(?:CY)?[09]\d{7}[A-Z]")
    words = ("tic", "tax identification code", "vat", "φπα")


class MtIdCard(AfterWords):
    """Maltese identity cards, behind their label."""

    entity = "NATIONAL_ID"
    pattern = standing(r"\d{1,7} ?[MGAPLHBZ]")
    words = ("karta tal-identità", "id card", "maltese id", "identity card")

    def valid(self, text: str) -> bool | None:
        """False below four digits: nobody writes such numbers without their zeros."""
        return None if sum(map(str.isdecimal, text)) >= 4 else False
