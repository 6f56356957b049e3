"""Brazil, Argentina, Chile, Colombia, Peru, Ecuador, Uruguay, Venezuela, and the Caribbean."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.numbered import Numbered


class BrCpf(Numbered):
    """Brazilian CPF (two mod 11 digits); eleven bare digits by label."""

    entity, country, kind = "BR_CPF", "br", "cpf"
    pattern = standing(r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{9}-?\d\d")
    score, telling = VALIDATED, r"\."
    words = ("cpf", "cadastro de pessoas")
    shapes = ("999.999.999-99",)

    def valid(self, text: str) -> bool | None:
        """False for one digit repeated, which checks and is never issued."""
        return super().valid(text) if len(set(text) - set(".-")) > 1 else False


class BrCnh(Identifier):
    """Brazilian driving licences (two mod 11 digits, Resolução CONTRAN 886/2021), by label."""

    entity = "BR_DRIVING_LICENCE"
    pattern = standing(r"\d{9}-?\d\d")
    score = WEAK
    words = ("cnh", "carteira nacional de habilitação", "habilitação", "registro da cnh")
    reach = 40

    def valid(self, text: str) -> bool | None:
        """False for wrong check digits."""
        digits = [int(c) for c in text if c.isdigit()]
        if len(set(digits)) == 1:
            return False
        first = sum(d * w for d, w in zip(digits, range(9, 0, -1), strict=False)) % 11
        second = sum(d * w for d, w in zip(digits, range(1, 10), strict=False)) % 11
        # A first digit of ten is written 0 and takes two off the second.
        second = 0 if second == 10 else (second - 2 * (first == 10)) % 11
        return None if digits[9:] == [first % 10, second % 10] else False


class BrCnpj(Numbered):
    """Brazilian business numbers (two mod 11 digits), which sole traders hold."""

    entity, country, kind = "BR_CNPJ", "br", "cnpj"
    pattern = standing(r"\d\d\.\d{3}\.\d{3}/\d{4}-\d\d|\d{14}")
    score, telling = VALIDATED, r"/"
    words = ("cnpj",)
    shapes = ("99.999.999/9999-99",)


class ArCuit(Numbered):
    """Argentine CUIT and CUIL of persons (mod 11)."""

    entity, country, kind = "AR_CUIT", "ar", "cuit"
    pattern = standing(r"2[0347]-\d{8}-\d|2[0347]\d{9}")
    score, telling = PATTERN, r"-"
    words = ("cuit", "cuil")
    shapes = ("99-99999999-9",)


class ArDni(Numbered):
    """Argentine identity documents (no check digit), by label."""

    entity, country, kind = "AR_DNI", "ar", "dni"
    pattern = standing(r"\d{1,2}\.\d{3}\.\d{3}|\d{7,8}")
    words = ("dni", "documento nacional de identidad")
    reach = 25


class ClRut(Numbered):
    """Chilean RUT (mod 11)."""

    entity, country, kind = "CL_RUT", "cl", "rut"
    pattern = standing(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]|\d{7,8}-[\dkK]")
    score, telling = VALIDATED, r"\."
    words = ("rut", "run", "rol único")
    reach = 30
    shapes = ("9.999.999-9", "9.999.999-A")


class CoNit(Numbered):
    """Colombian NIT, by label."""

    entity, country, kind = "CO_NIT", "co", "nit"
    pattern = standing(r"\d{1,3}\.\d{3}\.\d{3}-\d|\d{8,10}-\d")
    words = ("nit", "cédula", "cedula", "cc")
    reach = 30


class PeCui(Numbered):
    """Peruvian CUI and DNI with its check character, by label."""

    entity, country, kind = "PE_CUI", "pe", "cui"
    pattern = standing(r"\d{8}-?[\dA-K]")
    words = ("dni", "cui", "documento nacional de identidad")
    reach = 30


class EcCi(Numbered):
    """Ecuadorian cédula (Luhn), by label."""

    entity, country, kind = "EC_CI", "ec", "ci"
    pattern = standing(r"[0-3]\d{8}-?\d")
    words = ("cédula", "cedula", "c.i.", "cédula de identidad")
    reach = 30


class UyRut(Numbered):
    """Uruguayan RUT of businesses, which sole traders hold, by label."""

    entity, country, kind = "UY_RUT", "uy", "rut"
    pattern = standing(r"[12]\d{11}|[12]\d-\d{6}-\d{3}-\d")
    words = ("rut", "registro único tributario")


class VeRif(Numbered):
    """Venezuelan RIF of persons (mod 11)."""

    entity, country, kind = "VE_RIF", "ve", "rif"
    pattern = standing(r"[VE]-?\d{8}-?\d")
    score, telling = PATTERN, r"-.*-"
    words = ("rif", "registro único de información fiscal")
    shapes = ("A-99999999-9",)


class DoCedula(Numbered):
    """Dominican cédula (Luhn)."""

    entity, country, kind = "DO_CEDULA", "do", "cedula"
    pattern = standing(r"\d{3}-\d{7}-\d|\d{11}")
    score, telling = PATTERN, r"-"
    words = ("cédula", "cedula")
    shapes = ("999-9999999-9",)
