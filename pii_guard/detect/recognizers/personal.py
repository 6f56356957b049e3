"""What is said about a person in running text: birth dates, record numbers, names by their place.

Numbers without a checksum are found by the words before them; in fields, `labelled` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, PATTERN, Identifier, Match

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|ma[yi]|june?|juni|july?|juli|"
    r"aug(?:ust)?|sep(?:t|tember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d\d)|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}\.?,? \d{{4}}|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)


class DateOfBirth(Identifier):
    """Dates that a word of birth precedes; other dates are evidence."""

    entity = "DATE_OF_BIRTH"
    pattern = re.compile(
        rf"(?<![^\W_])(?:born(?: on)?|d\.?o\.?b\.?|date of birth|birth ?date|birthday|geb(?:oren|\.)?"
        rf"(?: am)?|geburtsdatum|n[ée]e?(?: le)?|nacid[oa](?: el)?|nat[oa](?: il)?)"
        rf"[\s:=\"'(]{{1,5}}(?:is |was |on )?(?P<value>{_DATE})(?!\d)",
        re.I,
    )
    score = LABELLED
    finds = (
        "born 12 March 1985",
        "born on 1985-03-12 in Leeds",
        "DOB: 03/12/1985",
        "d.o.b. 12.03.1985",
        "(date of birth 1 May 1990)",
        "birthday is June 3rd, 1979",
        "geboren am 12.03.1985",
        "née le 12/03/1985",
        'dob="1985-03-12"',
        "Date of Birth\n1971-07-30",
        "nacida el 12/03/1985",
    )
    spares = (
        "reported 2026-03-12",
        "on 12 March 2026 we",
        "born again",
        "dob unknown",
        "2026-03-12T10:00:00Z",
        "released: 12.03.2026",
        "birth of a process 1234",
        "geb. 5",
        "Date: 2026-03-12",
        "expiry 09/28",
    )


def _after(words: str, form: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?:{words})(?:\s?(?:number|no\.?|num|id|code|#|nr\.?))?"
        rf"[\s:=#\"'(]{{1,4}}(?:is |was |of )?(?P<value>{form})(?![\w-])",
        re.I,
    )


class _AfterWords(Identifier):
    """A number that the words before it name; at least four digits in it."""

    score = LABELLED
    digits = 4

    def valid(self, text: str) -> bool | None:
        """False for values with too few digits."""
        return None if sum(map(str.isdigit, text)) >= self.digits else False


class MedicalRecordNumber(_AfterWords):
    """Medical record and patient numbers."""

    entity = "MEDICAL_RECORD_NUMBER"
    pattern = _after(
        r"mrn|medical record|patient(?: id| number| no\.?)|hospital number|chart|health record",
        r"[A-Za-z]{0,4}-?\d[\d-]{3,14}",
    )
    finds = (
        "MRN 00482213", "MRN: 4471-9920", "medical record number 88120034", "patient id PT-20931",
        "patient number 5512093", "chart no. 200931", "(MRN#7781204)", "hospital number 993120",
        "mrn=00918273", "Medical record is 7120045",
    )  # fmt: skip
    spares = (
        "patient was seen", "MRN", "mrn: null", "chart 12", "medical records of 2024 users",
        "patient 42 requests", "record 12345", "hospital 4 beds", "MRN: <MEDICAL_RECORD_NUMBER_1>",
        "chart.js 4.4.0",
    )  # fmt: skip


class HealthInsuranceId(_AfterWords):
    """Insurance member, policy and claim numbers."""

    entity = "HEALTH_INSURANCE_ID"
    pattern = _after(
        r"member(?:ship)?(?: id| number| no\.?)|polic(?:y|e)(?: number| no\.?)?|claim(?: number| no\.?)|"
        r"insurance(?: id| number| no\.?| policy)|subscriber(?: id)?|versichertennummer|medicare",
        r"[A-Za-z]{0,4}[- ]?\d[\dA-Za-z-]{4,18}",
    )
    digits = 5
    finds = (
        "member id W123456789", "policy HX-448-22109", "policy number: 88-1200-34",
        "claim number CLM-2026-00417", "insurance id 5512093", "Member no. 2200931A",
        "insurance number is 99312044", "subscriber id ABC912334", "medicare 1EG4TE5MK73",
        "(Policy no. KV-7712045)",
    )  # fmt: skip
    spares = (
        "policy violation", "Content-Security-Policy: default-src", "password policy 12 characters",
        "policy: null", "member of 5 groups", "claim: sub", "policy 2", "claims 12345",
        "insurance company", "policy number <HEALTH_INSURANCE_ID_1>",
    )  # fmt: skip


class BankAccount(_AfterWords):
    """Bank account numbers."""

    entity = "BANK_ACCOUNT"
    pattern = _after(
        r"(?:bank )?account(?: number| no\.?| num)|acct\.?(?: no\.?| number)?|bank account|kontonummer|"
        r"konto(?:-nr\.?)?",
        r"\d[\d -]{5,20}\d",
    )
    digits = 7
    finds = (
        "account number 12345678", "bank account 0012-345678", "acct no. 998877665", "Konto 532013000",
        "Account No: 31926819", "kontonummer: 7350 0012", "account number is 20041010", "acct 44120093",
        "bank account number: 60 16 13 31", "account num 55779911",
    )  # fmt: skip
    spares = (
        "account 12", "two accounts 1234", "account_id=12345678", "account was", "konto", "acct",
        "account number: null", "the account 2026-11-23", "accounts 99999999", "account no. 1",
    )  # fmt: skip


class Passport(_AfterWords):
    """Passport numbers."""

    entity = "PASSPORT"
    pattern = _after(
        r"passport(?: number| no\.?| id)?|reisepass(?:nummer)?|pasaporte",
        r"[A-Z]{0,2}\d[A-Z\d]{5,9}",
    )
    digits = 5
    finds = (
        "passport X1234567", "passport number: 533380006", "Passport no. C01X00T47", "passport id AB9912345",
        "Reisepass C01X00T478", "pasaporte 12345678", "(passport 987654321)", "passport is K7712045",
        "passport: PA1234567", "Passport Number L8812004",
    )  # fmt: skip
    spares = (
        "passport.js", "passport", "passport-local 1.0.0", "a passport photo", "passport: null",
        "passport 12", "passport strategy", "npm i passport@0.6", "passport scan", "Passport: yes",
    )  # fmt: skip


class DriverLicense(_AfterWords):
    """Driving licence numbers."""

    entity = "DRIVER_LICENSE"
    pattern = _after(
        r"driv(?:er'?s?|ing) licen[cs]e(?: number| no\.?)?|dl(?: number| no\.?)|führerschein(?:nummer)?",
        r"[A-Z]{0,6}\d[A-Z\d-]{4,18}",
    )
    digits = 4
    finds = (
        "driver's license D1234567", "driving licence MORGA657054SM9IJ", "drivers license no. S530-4601-2",
        "DL number 12345678", "driver license number: F2550921", "driving license 99912345",
        "(DL no. A1234567)", "driver's licence is B7712045", "Führerschein B072RRE2I55",
        "driver license H12345678",
    )  # fmt: skip
    spares = (
        "license: MIT", "driver license", "DL 1", "driver v1.2", "licence key", "kernel driver 12345",
        "the driver's seat", "Apache license 2.0", "dl.google.com", "driver license: none",
    )  # fmt: skip


_CAP = r"[^\W\d_a-z][^\W\d_]{0,24}(?:['’-][^\W\d_]{1,24})?"
_TITLE = r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Mme|Monsieur|Madame|Sr|Sra|Señor|Señora|Signor|Signora|Sig|Dott"


class TitledName(Identifier):
    """Names after a title or in a salutation: `Mr. Roe`, `Dear Ms Jane Roe`."""

    entity = "PERSON"
    pattern = re.compile(
        rf"(?<![^\W_])(?:{_TITLE})(?:\.|(?=\s))\s{{1,2}}(?P<value>(?:{_CAP}|[A-Z]\.)(?:[ ](?:{_CAP}|[A-Z]\.|de|la|van|der|von|bin|al|da)){{0,4}})"
    )
    score = PATTERN
    finds = (
        "Dear Mr. Roe,", "Dr Haddad called", "Frau Müller", "Mrs Jane Roe lives", "Prof. Anna de la Cruz",
        "Sehr geehrter Herr Schmidt", "Mme Dupont", "Ms. O'Neill", "Señora García", "met Sir Arthur Hale",
    )  # fmt: skip
    spares = (
        "Dr", "mr robot", "Mrs.", "MSRC", "Sr. 2", "Drupal", "Profile", "Sir!", "Miss 5", "ms sql",
    )  # fmt: skip

    def matches(self, text: str) -> Iterator[Match]:
        """A trailing particle is no part of the name."""
        for match in super().matches(text):
            value = text[match.start : match.end]
            trimmed = re.sub(r"(?: (?:de|la|van|der|von|bin|al|da))+$", "", value)
            yield Match(match.start, match.start + len(trimmed), match.score)


class MailName(Identifier):
    """Display names beside an e-mail address: `Jane Roe <jane@example.com>`."""

    entity = "PERSON"
    pattern = re.compile(
        rf"(?<![^\W_])\"?(?P<value>{_CAP},? (?:(?:[A-Z]\.|{_CAP}|de|la|van|der|von|bin|al|da) ){{0,3}}{_CAP})\"? "
        rf"(?=[<(\[](?:mailto:)?[\w.+%'-]{{1,64}}@)"
    )
    score = PATTERN
    finds = (
        "Jane Roe <jane@example.com>", 'From: "Jane Roe" <j@example.com>', "Roe, Jane <jroe@example.com>",
        "To: Li Wei <li@example.com>", "Ana de la Cruz (ana@example.com)", "J. Roe, Amina Noor <a@example.com>",
        "Omar K. Haddad <o@example.com>", "cc Kenji Tanaka <k@example.jp>", "Siobhan O'Neill <s@example.ie>",
        "by Chidi Okafor [chidi@example.com]",
    )  # fmt: skip
    spares = (
        "send to <jane@example.com>", "jane@example.com", "the admin <root@example.com>", "Jane Roe",
        "Mail (info@example.com)", "contact us <c@example.com>", "Roe <jane@example.com>", "<PERSON_1> <a@b.example>",
        "x y <x@example.com>", "Foo 1 <f@example.com>",
    )  # fmt: skip
