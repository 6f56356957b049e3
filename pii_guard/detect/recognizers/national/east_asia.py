"""China, Hong Kong, Taiwan, Japan, Korea."""

from __future__ import annotations

from stdnum.iso7064 import mod_11_2

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits, is_date, is_short_date, weighted
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class CnRic(Identifier):
    """Chinese resident identity numbers (region, date, ISO 7064 mod 11, 2)."""

    entity = "CN_RIC"
    pattern = standing(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d\d{3}[\dXx]")
    score = VALIDATED
    words = ("身份证", "身份证号", "resident identity")
    shapes = ("99999999999999999",)

    def valid(self, text: str) -> bool | None:
        """A day of the calendar, and ISO 7064 mod 11, 2 (GB 11643-1999)."""
        born = is_date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
        return None if born and mod_11_2.is_valid(text.upper()) else False


class HkId(Identifier):
    """Hong Kong identity cards (letters count from 10, blanks as 36, mod 11); bare forms by label."""

    entity = "HK_ID"
    pattern = standing(r"(?i:[A-Z]{1,2})\d{6}(?:\((?i:[\dA])\)|(?i:[\dA]))")
    score, telling = VALIDATED, r"^[A-Z]{1,2}\d{6}\("
    words = ("hkid", "hk id", "hong kong id", "身份證", "身份證號碼", "identity card")
    shapes = ("A999999(",)

    def valid(self, text: str) -> bool | None:
        """Weights 9 to 2, the check digit A being ten (Immigration Department)."""
        plain = text.upper().replace("(", "").replace(")", "").rjust(9)
        values = [36 if c == " " else int(c) if c.isdecimal() else ord(c) - 55 for c in plain]
        return None if weighted(values, range(9, 0, -1)) % 11 == 0 else False


class TwId(Identifier):
    """Taiwanese identity numbers (letter as region, weights 1-9-8…1-1), resident certificates too."""

    entity = "TW_ID"
    pattern = standing(r"(?i:[A-Z])[1289]\d{8}")
    score = WEAK
    words = ("身分證", "身份證", "統一編號", "taiwan id", "national id", "居留證", "arc number")

    def valid(self, text: str) -> bool | None:
        """Letters count 10 to 35 in the order of the regions' admission."""
        place = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0].upper()) + 10
        values = [place // 10, place % 10, *digits(text)]
        return None if weighted(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0 else False


class JpMyNumber(Numbered):
    """Japanese individual numbers (mod 11), by label."""

    entity, country, kind = "JP_MY_NUMBER", "jp", "in_"
    pattern = standing(r"\d{4}(?P<sep>[ -]?)\d{4}(?P=sep)\d{4}")
    words = ("マイナンバー", "個人番号", "my number", "mynumber", "individual number")


class JpDrivingLicence(AfterWords):
    """Japanese driving licences (twelve digits), behind their label."""

    entity = "DRIVER_LICENSE"
    pattern = standing(r"\d{12}")
    words = ("免許証番号", "運転免許証", "免許の番号")


class JpPassport(AfterWords):
    """Japanese passports (two letters, seven digits), behind their label."""

    entity = "PASSPORT"
    pattern = standing(r"(?i:[A-Z]{2})\d{7}")
    words = ("旅券番号", "旅券", "パスポート", "护照", "护照号", "護照")


_BORN = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"


class KrRrn(Identifier):
    """Korean resident registration numbers: date, century and sex, no check digit since 2020."""

    entity = "KR_RRN"
    pattern = standing(rf"{_BORN}-?[1-4]\d{{6}}")
    score, telling = PATTERN, r"-"
    words = ("주민등록번호", "주민번호", "rrn", "resident registration")
    shapes = ("999999-9999999",)

    def valid(self, text: str) -> bool | None:
        """False for days that no calendar has."""
        return None if is_short_date(text) else False


class KrFrn(Identifier):
    """Korean registration numbers of foreigners: as residents', seventh digit 5 to 8."""

    entity = "KR_FRN"
    pattern = standing(rf"{_BORN}-?[5-8]\d{{6}}")
    score, telling = PATTERN, r"-"
    words = ("외국인등록번호", "frn", "foreigner registration", "alien registration")
    shapes = ("999999-9999999",)

    def valid(self, text: str) -> bool | None:
        """False for days that no calendar has."""
        return None if is_short_date(text) else False


class KrBrn(Identifier):
    """Korean business registration numbers, which sole traders hold, by label."""

    entity = "KR_BRN"
    score = WEAK
    pattern = standing(r"\d{3}-\d\d-\d{5}|\d{10}")
    words = ("사업자등록번호", "사업자번호", "brn", "business registration")

    def valid(self, text: str) -> bool | None:
        """Weights 1-3-7-1-3-7-1-3-5; the ninth product adds its tens (National Tax Service)."""
        plain = digits(text)
        total = weighted(plain[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5)) + plain[8] * 5 // 10
        return None if (total + plain[9]) % 10 == 0 else False


class KrDriverLicense(AfterWords):
    """Korean driving licences (region, year, serial, check), behind their label."""

    entity = "KR_DRIVER_LICENSE"
    pattern = standing(r"(?:1[1-9]|2[0-68])(?P<sep>[ -]?)\d\d(?P=sep)\d{6}(?P=sep)\d\d")
    words = ("운전면허", "면허번호", "운전면허번호", "license", "driver license", "driving license")


class KrPassport(AfterWords):
    """Korean passports (M, S, D, O, G with eight places), behind their label."""

    entity = "KR_PASSPORT"
    pattern = standing(r"(?i:[MSDOGR]\d{3}[A-Z]\d{4}|[MSDOGR]\d{8})")
    words = ("여권", "여권번호", "여권번호는", "korean passport", "passport", "대한민국 여권")
