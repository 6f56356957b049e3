"""United Kingdom and Ireland."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, Identifier, standing
from pii_guard.detect.recognizers.checksums import is_date
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class UkNino(Identifier):
    """UK national insurance numbers (HMRC prefix rules, no check digit)."""

    entity = "UK_NINO"
    pattern = standing(
        r"(?i:(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d\d ?\d\d ?\d\d ?(?i:[A-D])"
    )
    score, telling = PATTERN, r"^[A-Z]{2}.*[A-D]$"
    words = ("nino", "national insurance", "ni number", "ni no", "insurance number")
    shapes = (
        "AA999999A",
        "AA 99 99 99 A",
        "AA 999999A",
        "AA 999999 A",
        "AA999999 A",
        "AA99 99 99A",
    )


class UkNhs(Numbered):
    """NHS numbers (mod 11), by label."""

    entity, country, kind = "UK_NHS", "gb", "nhs"
    pattern = standing(r"\d{3}(?P<sep>[ -]?)\d{3}(?P=sep)\d{4}")
    words = ("nhs", "national health", "chi number", "health service")
    reach = 40


class UkUtr(Numbered):
    """UK unique taxpayer references (weighted mod 11), by label."""

    entity, country, kind = "UK_UTR", "gb", "utr"
    pattern = standing(r"\d{5} ?\d{5}")
    words = ("utr", "taxpayer reference", "tax reference")
    reach = 40


class UkDrivingLicence(Identifier):
    """UK driver numbers: five of the surname, birth date by decade, month and sex, initials (DVLA)."""

    entity = "UK_DRIVING_LICENCE"
    pattern = standing(r"(?i:[A-Z]{1,5}9{0,4}\d{6}[A-Z][A-Z9]\d?[A-Z\d]{2,3})")
    score, telling = PATTERN, r"^[A-Z\d]+$"
    words = ("driving licence", "driver number", "licence number", "dvla", "driving license")
    shapes = ("A999999A", "a999999a")

    def valid(self, text: str) -> bool | None:
        """False unless there are sixteen places, a month (plus 50 for women) and a day."""
        surname, month, day = text[:5], int(_at(text, 6, 8)) % 50, int(_at(text, 8, 10))
        padded = surname.rstrip("9").isalpha() and len(text) == 16
        born = text[5:11].isdecimal() and any(is_date(y, month, day) for y in (1999, 2000))
        return None if padded and born and text[13].isalnum() else False


def _at(text: str, start: int, end: int) -> str:
    return text[start:end] if text[start:end].isdecimal() else "0"


class UkPassport(AfterWords):
    """British passport numbers with series letters, behind their label."""

    entity = "UK_PASSPORT"
    pattern = standing(r"(?i:[A-Z]{2})\d{7}")
    words = ("passport", "british passport", "uk passport", "passports")


class UkPostcode(AfterWords):
    """UK postcodes (BS 7666 forms) behind a label; in an address they belong to the address."""

    entity = "ADDRESS"
    pattern = standing(
        r"(?i:GIR ?0AA|(?:[A-PR-UWYZ](?:\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d{1,2}|[A-HK-Y]\d[ABEHMNPRVWXY]))"
        r" ?\d[ABD-HJLNP-UW-Z]{2})"
    )
    words = ("postcode", "post code", "postal code", "address is", "zip", "pc")


class UkVehicle(AfterWords):
    """UK number plates (current, prefix and suffix forms, DVLA INF104) behind a label."""

    entity = "UK_VEHICLE_REGISTRATION"
    pattern = standing(
        r"(?i:[A-HJ-PR-Y]{2}(?:0[2-9]|[1-2]\d|5[1-9]|[67]\d)[ -]?[A-HJ-PR-Z]{3}"
        r"|[A-HJ-NPR-TV-Y]\d{1,3}[ -]?[A-HJ-PR-Z]{3}|[A-HJ-PR-Z]{3}[ -]?\d{1,3}[A-HJ-NPR-TV-Y])"
    )
    words = (
        "car reg", "reg", "registration", "number plate", "licence plate", "license plate", "plate",
        "vehicle", "vehicles", "vrm", "vrn", "vehicle registration", "car registration",
    )  # fmt: skip


class IePps(Numbered):
    """Irish PPS numbers (check letter)."""

    entity, country, kind = "IE_PPS", "ie", "pps"
    pattern = standing(r"\d{7}[A-W][A-IW]?")
    score = PATTERN
    words = ("pps", "ppsn", "pps number")
    shapes = ("9999999A",)
