"""South Africa, Nigeria, Kenya, Egypt; Turkey, Israel, the Gulf, Iran."""

from __future__ import annotations

from pii_guard.detect.recognizer import VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits, is_short_date, luhn, verhoeff
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class ZaId(Identifier):
    """South African identity numbers (birth date, citizenship, Luhn), by label."""

    entity = "ZA_ID_NUMBER"
    pattern = standing(r"\d\d(?:0[1-9]|1[0-2])[0-3]\d ?\d{4} ?[0-2][089]\d")
    score = WEAK
    words = (
        "id number", "identity number", "sa id", "id no", "rsa id", "south african id", "id nommer",
        "permanent resident number", "refugee id",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False for impossible dates and wrong check digits."""
        plain = text.replace(" ", "")
        return None if is_short_date(plain) and luhn(plain) else False


class ZaTax(AfterWords):
    """South African income tax and VAT numbers (Luhn), behind their label."""

    entity = "ZA_INCOME_TAX_NUMBER"
    pattern = standing(r"[012349]\d{9}")
    words = (
        "tax number",
        "income tax",
        "tax ref",
        "tax reference",
        "sars",
        "vat no",
        "vat number",
        "vat reg",
    )

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit."""
        return None if luhn(text) else False


class NgNin(Identifier):
    """Nigerian identity numbers (Verhoeff), by label."""

    entity = "NG_NIN"
    pattern = standing(r"\d{11}")
    score = WEAK
    words = ("nin", "national identification number", "nimc")

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit."""
        return None if verhoeff(text) else False


class NgPlate(AfterWords):
    """Nigerian number plates, behind their label."""

    entity = "NG_VEHICLE_REGISTRATION"
    pattern = standing(r"(?i:[A-Z]{3}[ -]?\d{3}[A-Z]{2})")
    words = ("plate", "plate number", "plates", "vehicle", "registration", "number plate", "reg")


class KePin(Numbered):
    """Kenyan tax PIN of persons (A, nine digits, a letter), by label."""

    entity, country, kind = "KE_PIN", "ke", "pin"
    pattern = standing(r"A\d{9}[A-Z]")
    words = ("kra", "kra pin", "pin", "pin number", "tax pin")


class EgId(AfterWords):
    """Egyptian national numbers (century, birth date, governorate), behind their label."""

    entity = "EG_NATIONAL_ID"
    pattern = standing(r"[23]\d\d(?:0[1-9]|1[0-2])[0-3]\d{8}")
    words = ("الرقم القومي", "egyptian id", "national id", "رقم قومي")


class TrTckimlik(Numbered):
    """Turkish identity numbers (two check digits), by label."""

    entity, country, kind = "TR_NATIONAL_ID", "tr", "tckimlik"
    pattern = standing(r"[1-9]\d{10}")
    words = ("tc kimlik", "tckn", "kimlik", "tc no", "t.c. kimlik no", "turkish id", "kimlik no")


class TrPlate(AfterWords):
    """Turkish number plates (province 01 to 81), behind their label."""

    entity = "TR_LICENSE_PLATE"
    pattern = standing(r"(?:0[1-9]|[1-7]\d|8[01]) ?(?i:[A-Z]{1,3}) ?\d{2,4}")
    words = ("plaka", "plakası", "license plate", "number plate", "plaka numarası", "plate")


class IlId(Numbered):
    """Israeli identity numbers (Luhn), by label."""

    entity, country, kind = "IL_ID", "il", "idnr"
    pattern = standing(r"\d{8}-?\d")
    words = ("teudat zehut", "israeli id", "teudat", "תעודת זהות", "ת.ז.", "ת.ז", "mispar zehut")


class SaId(Identifier):
    """Saudi identity and residence numbers (1 or 2, Luhn), by label."""

    entity = "SA_NATIONAL_ID"
    pattern = standing(r"[12]\d{9}")
    score = WEAK
    words = ("iqama", "saudi id", "هوية", "رقم الهوية", "إقامة", "absher", "national id")

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit."""
        return None if luhn(text) else False


class AeId(Identifier):
    """Emirates identity numbers: 784, birth year, seven digits, Luhn (ICP)."""

    entity = "AE_EMIRATES_ID"
    pattern = standing(r"784-(?:19|20)\d\d-\d{7}-\d|784(?:19|20)\d{10}")
    score, telling = VALIDATED, r"-"
    words = ("emirates id", "eid", "uae id", "الهوية")
    shapes = ("999-9999-9999999-9",)

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit."""
        return None if luhn(text) else False


class IrId(Identifier):
    """Iranian national codes (mod 11), by label."""

    entity = "IR_NATIONAL_ID"
    pattern = standing(r"\d{3}-?\d{6}-?\d")
    score = WEAK
    words = ("کد ملی", "کدملی", "code melli", "melli", "کد ملّی")

    def valid(self, text: str) -> bool | None:
        """Weights 10 to 2; rests below two stand as they are."""
        plain = digits(text)
        rest = sum(d * w for d, w in zip(plain, range(10, 1, -1), strict=False)) % 11
        return None if plain[9] == (rest if rest < 2 else 11 - rest) else False


class TrVkn(Numbered):
    """Turkish tax numbers (ten digits, weighted), which sole traders hold, by label."""

    entity, country, kind = "TR_VKN", "tr", "vkn"
    pattern = standing(r"\d{10}")
    words = (
        "vkn",
        "vergi kimlik",
        "vergi no",
        "vergi numarası",
        "vergi kimlik numarası",
        "vergi kimlik no",
    )


class ZaTrafficRegister(AfterWords):
    """South African traffic register numbers of foreigners, behind their label."""

    entity = "ZA_TRAFFIC_REGISTER_NUMBER"
    pattern = standing(r"\d{10}[\dA-Z]{3}|\d{13}")
    words = ("traffic register number", "traffic register", "trn", "verkeersregisternommer")
