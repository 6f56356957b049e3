"""United States, Canada, Mexico."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import npi
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class UsSsn(Identifier):
    """US social security numbers (area, group and serial rules of the SSA)."""

    entity = "US_SSN"
    pattern = standing(
        r"(?!000|666|9\d\d)\d{3}(?:-(?!00)\d\d-?|(?P<sep>[ .])(?!00)\d\d(?P=sep)|(?!00)\d\d-?)"
        r"(?!0000)\d{4}"
    )
    score, telling = PATTERN, r"-\d\d-"
    words = ("ssn", "ssns", "social security", "social", "ss#", "socsec", "ss number", "taxpayer")
    shapes = ("999-99-9999",)

    def valid(self, text: str) -> bool | None:
        """False for one digit repeated."""
        return False if len(set(text) - set("-. ")) == 1 else None


class UsItin(Identifier):
    """US individual taxpayer numbers: 9XX with group 50-65, 70-88, 90-92, 94-99 (IRS)."""

    entity = "US_ITIN"
    pattern = standing(r"9\d\d(?:-?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-?)\d{4}")
    score, telling = PATTERN, r"-\d\d-"
    words = ("itin", "taxpayer", "tax id", "tin", "individual taxpayer")
    shapes = ("999-99-9999",)


class UsNpi(Identifier):
    """US national provider identifiers (Luhn with prefix 80840), by label."""

    entity = "US_NPI"
    pattern = standing(r"[12]\d{3}(?P<sep>[ -]?)\d{3}(?P=sep)\d{3}")
    score = WEAK
    words = ("npi", "national provider", "provider identifier", "provider id", "provider number")

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit and for one digit repeated."""
        plain = text.replace("-", "").replace(" ", "")
        return None if npi(plain) and len(set(plain)) > 2 else False


_MBI = "AC-HJKMNP-RT-Y"


class UsMbi(Identifier):
    """Medicare beneficiary identifiers: 11 places with fixed kinds (CMS), no check digit."""

    entity = "US_MBI"
    pattern = standing(
        rf"[1-9](?i:[{_MBI}])(?i:[\d{_MBI}])\d-?(?i:[{_MBI}])(?i:[\d{_MBI}])\d-?(?i:[{_MBI}]{{2}})\d\d"
    )
    score, telling = PATTERN, r"-.*-"
    words = ("mbi", "medicare", "beneficiary", "medicare beneficiary", "medicare id")
    reach = 40
    shapes = (
        "9AA9-AA9-AA99",
        "9A99-AA9-AA99",
        "9AA9-A99-AA99",
        "9A99-A99-AA99",
        "9aa9-aa9-aa99",
        "9a99-aa9-aa99",
        "9aa9-a99-aa99",
        "9a99-a99-aa99",
    )


class UsEin(AfterWords):
    """US employer numbers, which sole proprietors use as theirs, behind their label."""

    entity = "TAX_ID"
    pattern = standing(r"\d\d-\d{7}")
    words = (
        "ein",
        "fein",
        "employer identification",
        "federal tax id",
        "tax id",
        "provider tax id",
    )


class CaSin(Numbered):
    """Canadian social insurance numbers (Luhn), by label."""

    entity, country, kind = "CA_SIN", "ca", "sin"
    pattern = standing(r"[1-79]\d\d(?P<sep>[ -]?)\d{3}(?P=sep)\d{3}")
    words = ("sin", "social insurance", "nas", "assurance sociale")
    reach = 40

    def valid(self, text: str) -> bool | None:
        """False for one digit repeated and where the check digit is wrong."""
        return super().valid(text) if len(set(text) - set(" -")) > 1 else False


class CaPhn(Numbered):
    """British Columbia personal health numbers (mod 11), by label."""

    entity, country, kind = "CA_PHN", "ca", "bc_phn"
    pattern = standing(r"9\d{3}[ -]?\d{3}[ -]?\d{3}")
    words = ("phn", "personal health number", "bc health", "care card", "carecard", "health card")


class MxCurp(Numbered):
    """Mexican CURP (date, state, check digit)."""

    entity, country, kind = "MX_CURP", "mx", "curp"
    pattern = standing(r"(?i:[A-Z][AEIOUX][A-Z]{2})\d{6}(?i:[HMX][A-Z]{5}[A-Z\d])\d")
    score = VALIDATED
    shapes = (
        "AAAA999999AAAAAA99",
        "AAAA999999AAAAAAA9",
        "aaaa999999aaaaaa99",
        "aaaa999999aaaaaaa9",
    )


class MxRfc(Numbered):
    """Mexican tax numbers of persons (date and check digit)."""

    entity, country, kind = "MX_RFC", "mx", "rfc"
    pattern = standing(r"[A-ZÑ&]{4}[ -]?\d{6}[ -]?[A-Z\d]{3}")
    score = PATTERN
    words = ("rfc", "registro federal")
    shapes = (
        "AAA999999",
        "AAA 999999",
        "AAA-999999",
        "Ñ",
        "&",
        "aaa999999",
        "aaa 999999",
        "aaa-999999",
    )


class CaPostcode(AfterWords):
    """Canadian postcodes behind their label; in an address they belong to the address."""

    entity = "ADDRESS"
    pattern = standing(r"(?i:[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d)")
    words = ("postal code", "postcode", "code postal", "zip", "address is", "postal")
