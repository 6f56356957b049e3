"""Health: record and insurance numbers behind their label, prescribers' numbers."""

from __future__ import annotations

import re

from pii_guard.detect.recognizer import WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits
from pii_guard.detect.recognizers.numbered import AfterWords


class _Digits(AfterWords):
    least = 4

    def valid(self, text: str) -> bool | None:
        """False for values with too few digits, and for dates."""
        if sum(map(str.isdecimal, text)) < self.least or re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return False
        return None


class MedicalRecordNumber(_Digits):
    """Medical record and patient numbers."""

    entity = "MEDICAL_RECORD_NUMBER"
    pattern = standing(r"[A-Za-z]{0,4}-?\d[\d-]{2,14}\d")
    words = (
        "mrn", "medical record", "patient id", "patient number", "patient no", "hospital number", "chart",
        "health record", "patient nr", "patientennummer", "emr", "ehr", "record locator", "hospital no", "patient ref",
    )  # fmt: skip


class HealthInsuranceId(_Digits):
    """Insurance member, policy, claim, referral and authorisation numbers."""

    entity = "HEALTH_INSURANCE_ID"
    pattern = standing(r"(?:[A-Za-z]{1,4}[- ]?)?\d[\dA-Za-z-]{3,17}[\dA-Za-z]")
    least = 5
    words = (
        "member id", "member number", "member no", "membership number", "policy number", "policy no", "claim number",
        "claim no", "insurance id", "insurance number", "insurance no", "insurance policy", "subscriber id",
        "versichertennummer", "health plan", "prior authorization", "authorization number", "referral number",
        "prescription number", "rx number", "group number", "medicaid", "claim id", "prior auth", "policy holder id",
        "subscriber number", "medicare number", "numéro de police", "numero di polizza", "policennummer",
    )  # fmt: skip


class InsurancePolicy(_Digits):
    """Policy numbers behind the bare word, told from other policies' numbers by letters and dashes."""

    entity = "HEALTH_INSURANCE_ID"
    pattern = standing(
        r"(?=[A-Z\d-]{0,7}[A-Z])(?=[A-Z\d]{0,9}(?:-|\d{5}))[A-Z\d][A-Z\d-]{5,18}[A-Z\d]"
    )
    least = 5
    words = (
        "policy",
        "medicare",
        "member",
        "subscriber",
        "insured",
        "claim",
        "police",
        "polizza",
        "póliza",
    )


class MedicalLicense(Identifier):
    """US DEA registrations of prescribers (two letters, weighted digits), by label."""

    entity = "MEDICAL_LICENSE"
    pattern = standing(r"(?i:[ABCDEFGHJKLMPRSTUX][A-Z9])\d{7}|(?i:[A-HJ-MPR-UX])\d{8}")
    score = WEAK
    words = (
        "dea",
        "dea number",
        "prescriber",
        "medical license",
        "certificate number",
        "medical licence",
    )

    def valid(self, text: str) -> bool | None:
        """Odd places and twice the even ones; the last digit of the sum (21 CFR 1301)."""
        plain = digits(text[-7:])
        total = sum(plain[0:6:2]) + 2 * sum(plain[1:6:2])
        return None if total % 10 == plain[6] else False


class DiagnosisCode(AfterWords):
    """ICD-10 codes behind a word of diagnosis."""

    entity = "HEALTH"
    pattern = standing(r"[A-TV-Z]\d[\dAB](?:\.[\dA-Z]{1,4})?")
    words = (
        "icd",
        "icd-10",
        "icd10",
        "diagnosis",
        "diagnosed with",
        "dx",
        "diagnose",
        "diagnosis code",
        "icd-10-cm",
    )
