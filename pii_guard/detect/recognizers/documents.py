"""Passports, driving licences, vehicles."""

from __future__ import annotations

import re

from pii_guard.detect.recognizer import PATTERN, VALIDATED, WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import icao, vin
from pii_guard.detect.recognizers.numbered import AfterWords


class Passport(AfterWords):
    """Passport numbers of any country behind their label."""

    entity = "PASSPORT"
    pattern = standing(r"(?i:[A-Z]{0,2})\d[A-Z\d]{4,9}\d")
    words = (
        "passport", "reisepass", "pasaporte", "passeport", "passaporto", "passaporte", "paspoort", "travel document",
        "passport number", "passport no", "passnummer",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False with fewer than five digits."""
        return None if sum(map(str.isdecimal, text)) >= 5 else False


class PassportOf(Identifier):
    """Passport numbers in a sentence about a passport: `the passport of Jane Roe (A01234567)`."""

    entity = "PASSPORT"
    pattern = standing(r"[A-Z]{1,2}\d{6,8}")
    score = WEAK
    words = (
        "passport",
        "reisepass",
        "pasaporte",
        "passeport",
        "passaporto",
        "passaporte",
        "paspoort",
    )


class DriverLicense(AfterWords):
    """Driving licence numbers of any country behind their label."""

    entity = "DRIVER_LICENSE"
    pattern = standing(r"(?i:[A-Z]{0,6})\d[A-Z\d-]{3,17}[A-Z\d]")
    words = (
        "driver license", "driver's license", "drivers license", "driver licence", "driver's licence", "drivers licence",
        "driving licence", "driving license", "dl number", "dl no", "dln", "führerschein", "führerscheinnummer",
        "permis de conduire", "permiso de conducir", "carnet de conducir", "patente di guida", "rijbewijs", "cnh",
        "driver’s license", "license number", "licence number", "carta de condução",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False with fewer than four digits, and for dates."""
        enough = sum(map(str.isdecimal, text)) >= 4
        return None if enough and not re.fullmatch(r"\d{4}-\d\d-\d\d", text) else False


class MachineReadableZone(Identifier):
    """Machine-readable lines of travel documents (ICAO 9303-4 to 9303-6), of cards too."""

    entity = "PASSPORT"
    pattern = re.compile(
        r"(?<![\w<])(?P<value>(?:P[A-Z<][A-Z]{3}[A-Z<]{14,39}\r?\n)?"
        r"[A-Z\d<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z\d<]{14}[\d<]\d"
        r"|[ACI][A-Z<][A-Z<]{3}[A-Z\d<]{9}\d[A-Z\d<]{15}\r?\n\d{7}[MFX<]\d{7}[A-Z<]{3}[A-Z\d<]{11}\d"
        r"(?:\r?\n[A-Z<]{30})?)(?![\w<])"
    )
    score = VALIDATED
    shapes = ("<<",)
    stems = ("passport", "mrz")

    def valid(self, text: str) -> bool | None:
        """The document number's check digit."""
        if text[0] in "ACI" and "\n" in text and len(text.splitlines()[0]) == 30:
            return None if icao(text[5:14].replace("<", "0")) == int(text[14]) else False
        line = text.splitlines()[-1]
        return None if icao(line[:9].replace("<", "0")) == int(line[9]) else False


class VehicleIdentification(Identifier):
    """Vehicle identification numbers (ISO 3779); without a check digit (Europe) by label."""

    entity = "VEHICLE_ID"
    pattern = standing(r"(?=[A-Z\d]{13}\d{4}(?!\w))(?=\d{0,16}[A-Z])[A-HJ-NPR-Z\d]{17}")
    score = PATTERN
    words = ("vin", "chassis", "vehicle identification", "fahrgestellnummer", "fin", "frame number")
    shapes = ("9999",)

    def _alone(self, value: str) -> float:
        return PATTERN if vin(value) else WEAK


class LicensePlate(AfterWords):
    """Number plates of any country behind their label."""

    entity = "VEHICLE_ID"
    pattern = standing(
        r"(?=[A-Z -]{0,7}\d)(?=[\d -]{0,6}[A-Z])[A-Z\d]{1,4}[ -]?[A-Z\d]{1,4}(?:[ -]?[A-Z\d]{1,4})?"
    )
    words = (
        "license plate", "licence plate", "number plate", "plate number", "registration plate", "vehicle registration",
        "car reg", "car registration", "kennzeichen", "plaque d'immatriculation", "matrícula", "immatriculation", "targa",
        "plate no", "registration number", "kenteken",
    )  # fmt: skip
