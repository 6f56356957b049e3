"""India, Pakistan, Malaysia, Singapore, Thailand, Indonesia, the Philippines."""

from __future__ import annotations

from pii_guard.detect.recognizer import PATTERN, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits, weighted
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class InAadhaar(Numbered):
    """Indian Aadhaar numbers (Verhoeff), by label: hex dumps are full of groups of four."""

    entity, country, kind = "IN_AADHAAR", "in_", "aadhaar"
    pattern = standing(r"[2-9]\d{3}(?P<sep>[ :-]?)\d{4}(?P=sep)\d{4}")
    words = ("aadhaar", "aadhar", "adhaar", "uidai", "आधार", "unique identification")

    def valid(self, text: str) -> bool | None:
        """Palindromes are never issued; colons separate too."""
        return super().valid(text.replace(":", ""))


class InPan(Identifier):
    """Indian PAN: five letters of which the fourth tells the holder, four digits, a letter."""

    entity = "IN_PAN"
    pattern = standing(
        r"(?i:[A-Z]{3}[ABCFGHJLPT][A-Z])\d{4}(?i:[A-Z])|(?i:[A-Z]{5})\d{4}(?i:[A-Z])"
    )
    score, telling = PATTERN, r"^[A-Z]{3}P[A-Z]"
    words = ("pan", "pan card", "permanent account number", "income tax")
    reach = 30
    shapes = ("AAAAA9999A",)


class InGstin(Identifier):
    """Indian GST numbers: state, PAN of the holder, entity, Z, check character."""

    entity = "IN_GSTIN"
    pattern = standing(r"(?:0[1-9]|[12]\d|3[0-7])(?i:[A-Z]{5})\d{4}(?i:[A-Z])[1-9A-Z](?i:Z)[\dA-Z]")
    score = PATTERN
    words = ("gstin", "gst")
    shapes = (
        "99AAAAA9999A9A9",
        "99AAAAA9999A9AA",
        "99AAAAA9999AA",
        "99aaaaa9999a9a9",
        "99aaaaa9999a9aa",
        "99aaaaa9999aa",
    )


class InVoter(AfterWords):
    """Indian voter cards (EPIC: three letters, seven digits), behind their label."""

    entity = "IN_VOTER"
    pattern = standing(r"(?i:[A-Z]{3})\d{7}")
    words = ("voter", "epic", "voter id", "voter card", "election card", "elector")


class InPassport(AfterWords):
    """Indian passports (a letter, seven digits), behind their label."""

    entity = "IN_PASSPORT"
    pattern = standing(r"[A-PR-WY][1-9]\d{5}[1-9]")
    words = ("passport", "indian passport", "पासपोर्ट")


class InVehicle(AfterWords):
    """Indian number plates (current and old), behind their label."""

    entity = "IN_VEHICLE_REGISTRATION"
    pattern = standing(
        r"(?i:[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}|[A-Z]{2,3}\d{4}|[A-Z]\d{5})"
    )
    words = (
        "registration", "vehicle", "vehicle number", "number plate", "rc number", "bike", "car number",
        "license plate", "reg no", "reg",
    )  # fmt: skip


class PkCnic(Numbered):
    """Pakistani CNIC (province, family, sex); bare digits by label."""

    entity, country, kind = "PK_CNIC", "pk", "cnic"
    pattern = standing(r"[1-7]\d{4}-\d{7}-\d|[1-7]\d{12}")
    score, telling = PATTERN, r"-"
    words = ("cnic", "nicop", "شناختی کارڈ", "national identity card")
    shapes = ("99999-9999999-9",)


class MyNric(Numbered):
    """Malaysian identity numbers (birth date, place of birth)."""

    entity, country, kind = "MY_NRIC", "my", "nric"
    pattern = standing(r"\d\d(?:0[1-9]|1[0-2])[0-3]\d-\d\d-\d{4}|\d{12}")
    score, telling = PATTERN, r"-"
    words = ("nric", "mykad", "kad pengenalan", "no. kp", "ic no", "ic number")
    shapes = ("999999-99-9999",)


class SgNric(Identifier):
    """Singapore NRIC and FIN (check letter; A and B are digital FINs)."""

    entity = "SG_NRIC_FIN"
    pattern = standing(r"[STFGM]\d{7}[A-Z]|[AB]\d{7}[A-Z]")
    score, telling = PATTERN, r"^[STFGM]"
    words = ("nric", "fin", "singapore id", "uinfin")
    shapes = ("A9999999A",)

    def valid(self, text: str) -> bool | None:
        """Weights 2-7-6-5-4-3-2, offset and letters by series (ICA)."""
        if text[0] in "AB":
            return None
        total = sum(int(d) * w for d, w in zip(text[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
        total += {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[text[0]]
        table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}
        letter = table.get(text[0], "XWUTRQPNMLK")[total % 11]
        return None if letter == text[8] else False


class SgUen(Numbered):
    """Singapore entity numbers, which sole proprietors hold, by label."""

    entity, country, kind = "SG_UEN", "sg", "uen"
    pattern = standing(r"\d{8,9}[A-Z]|[RST]\d\d[A-Z]{2}\d{4}[A-Z]")
    words = ("uen", "unique entity number", "acra")


class ThTnin(Numbered):
    """Thai identity numbers (mod 11), by label."""

    entity, country, kind = "TH_TNIN", "th", "pin"
    pattern = standing(r"[1-8]-?[1-9]\d{3}-?\d{5}-?\d\d-?\d")
    words = ("thai id", "tnin", "thai national id", "บัตรประชาชน", "เลขประจำตัวประชาชน", "pin")

    def valid(self, text: str) -> bool | None:
        """The second and third digit are one of the provinces' numbers (Department of Provincial Administration)."""
        plain = text.replace("-", "")
        return super().valid(plain) if int(plain[1:3]) in _TH_PROVINCES else False


_TH_PROVINCES = frozenset(
    [*range(10, 28), *range(30, 50), *range(50, 59), *range(60, 68), *range(70, 78), *range(80, 87), *range(90, 97)]
)  # fmt: skip


class IdNik(Numbered):
    """Indonesian NIK (region, birth date plus 40 for women), by label."""

    entity, country, kind = "ID_NIK", "id", "nik"
    pattern = standing(r"[1-9]\d{5}[0-7]\d[01]\d\d{6}")
    words = ("nik", "ktp", "nomor induk kependudukan")


class VnId(AfterWords):
    """Vietnamese citizen identity numbers (province, century and sex, year), behind their label."""

    entity = "NATIONAL_ID"
    pattern = standing(r"0\d{2}[0-9]\d{8}")
    words = ("cccd", "căn cước", "cmnd", "căn cước công dân", "citizen id")


class PhTin(AfterWords):
    """Philippine tax numbers, behind their label."""

    entity = "PH_TIN"
    pattern = standing(r"\d{3}-?\d{3}-?\d{3}(?:-?\d{3,5})?")
    words = ("tin", "bir tin", "tax id", "tax identification number", "bir")

    def valid(self, text: str) -> bool | None:
        """Weights 9 to 2, mod 11 (BIR)."""
        plain = digits(text)
        return None if weighted(plain[:8], range(9, 1, -1)) % 11 == plain[8] else False


class PhUmid(AfterWords):
    """Philippine common reference numbers (UMID), behind their label."""

    entity = "PH_UMID"
    pattern = standing(r"\d{4}-\d{7}-\d")
    words = ("umid", "crn", "common reference number")


class PhPassport(AfterWords):
    """Philippine passports (a letter, seven digits, a letter), behind their label."""

    entity = "PH_PASSPORT"
    pattern = standing(r"(?i:[A-Z]\d{7}[A-Z]|[A-Z]{2}\d{6,7})")
    words = ("philippine passport", "passport", "pasaporte")


class IdNpwp(Numbered):
    """Indonesian tax numbers (Luhn over the first nine), by label unless punctuated."""

    entity, country, kind = "ID_NPWP", "id", "npwp"
    pattern = standing(r"\d\d\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}|\d{15}")
    score, telling = PATTERN, r"\."
    words = ("npwp", "nomor pokok wajib pajak")
    shapes = ("99.999.999.9-999.999",)
