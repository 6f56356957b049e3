"""What the name of a field, column, header or key says about its value.

Names are cut into words (camelCase, snake_case, kebab-case, dots, brackets); the longest known
phrase at its end decides, so `billing_street_address` is an address and `email_template` nothing. A bare `name` is decided by its parent or by its siblings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType

from pii_guard.detect.field_languages import PHRASES

_CUT = re.compile(
    "[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\x00-\x7f\u00a0-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff20]+|\\d+"
)
"""Words of Latin letters, runs in other scripts with their marks, and numbers."""
_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"Ł": "L", "Ø": "O", "Đ": "D", "Ð": "D", "Æ": "AE", "Œ": "OE"}
)

_PHRASES = {
    "PERSON": "full name|fullname|first name|firstname|last name|lastname|middle name|given name|"
    "givenname|family name|familyname|surname|maiden name|display name|legal name|patient name|"
    "cardholder|card holder|cardholder name|account holder|account name holder|beneficiary|"
    "beneficiary name|fname|lname|contact name|contact person|employee name|customer name|"
    "client name|user full name|recipient|recipient name|next of kin|emergency contact|insured|"
    "insured name|policy holder|policyholder|holder name|guardian|spouse|claimant|"
    "nombre|apellido|apellidos|vorname|nachname|familienname|prenom|prénom|nom complet|cognome|"
    "apelido|voornaam|achternaam|signed by|attending|attending physician|physician|tenant name|"
    "owner name|author name|sender name|billed to|bill to|ship to name|mother name|father name|"
    "realname|real name",
    "USERNAME": "username|user name|user|login|login id|login name|screen name|sam account name|"
    "samaccountname|upn|userid name|handle|nick|nickname|remote user|twitter|telegram|discord|"
    "skype|account username|uname",
    "EMAIL_ADDRESS": "email|e mail|mail|email address|mail address|recovery email|reply to",
    "PHONE_NUMBER": "phone|telephone|mobile|msisdn|cell|cellphone|fax|whatsapp|tel|phone no|"
    "phone number|contact number|mobile number|mobile phone|telefon|telefono|téléphone|handy|"
    "home phone|work phone|sms to",
    "ADDRESS": "street|street address|address|address line|address line 1|address line 2|address1|"
    "address2|address 1|address 2|postal address|mailing address|shipping address|billing address|"
    "home address|residence|residing at|postcode|post code|zipcode|zip code|zip|postal code|plz|"
    "strasse|straße|adresse|direccion|dirección|indirizzo|endereço|addr|line1|line2",
    "LOCATION": "city|town|suburb|county|locality|ville|stadt|ort|ciudad|place of birth|birthplace",
    "US_SSN": "ssn|social security|social security number|social security no",
    "NATIONAL_ID": "national id|national insurance number|nino|aadhaar|cpf|bsn|nir|pesel|dni|nie|"
    "codice fiscale|personnummer|hkid|nric|citizen id|identity number|id card|id card number|"
    "id number|personal id|curp|national identification number",
    "TAX_ID": "tax id|tin|itin|tax number|tax identification number|steuernummer|steuer id|nif",
    "PASSPORT": "passport|passport number|passport no|passport id",
    "DRIVER_LICENSE": "driver license|drivers license|driving licence|driver licence|licence no|"
    "license no|driver license number|dl number",
    "CREDIT_CARD": "card number|credit card|credit card number|cc num|cc number|pan|card no|"
    "debit card|ccn",
    "CVV": "cvv|cvc|cvv2|cvc2|card security code|security code",
    "IBAN_CODE": "iban|iban no|iban number",
    "BANK_ACCOUNT": "account number|account no|acct no|acct|bank account|bank account number|"
    "kontonummer|konto|clabe|cbu|account num",
    "SORT_CODE": "sort code|sortcode",
    "ABA_ROUTING_NUMBER": "routing number|aba|routing no|aba routing",
    "SWIFT_BIC": "swift|bic|swift code|swift bic",
    "SALARY": "salary|salary gross|salary net|annual salary|gross salary|net salary|income|annual income",
    "MEDICAL_RECORD_NUMBER": "mrn|medical record|medical record number|medical record no|"
    "patient id|patient number|patient no|chart number|hospital number|health record number",
    "HEALTH_INSURANCE_ID": "insurance id|insurance number|policy number|policy no|insurance policy|"
    "health plan|claim no|claim number|health insurance number|versicherungsnummer|medicare number|beneficiary id",
    # An insurer's, unless it is a short counter: any site numbers its members (`detect/values.py`).
    "MEMBER_ID": "member id|member number|member no|subscriber id|group number",
    "HEALTH": "diagnosis|diagnoses|icd10|icd|condition|medical condition|blood type|allergy|"
    "allergies|medication|medications|prescription|treatment|procedure performed",
    "RELIGION": "religion|faith|denomination",
    "ETHNICITY": "ethnicity|race|ethnic group|ethnic origin",
    "SEXUAL_ORIENTATION": "sexual orientation|orientation sexual",
    "POLITICS": "political party|party affiliation|political affiliation|union membership",
    "GENDER": "gender|sex|pronouns",
    "DATE_OF_BIRTH": "dob|date of birth|birth date|birthdate|birthday|birth day|geburtsdatum|"
    "fecha de nacimiento|fecha nacimiento|date de naissance|data di nascita|geboortedatum|born on|"
    "birth year|year of birth",
    "AGE": "age|patient age",
    "IP_ADDRESS": "client ip|remote addr|x forwarded for|x real ip|ip address|ip|last login ip|"
    "login ip|remote ip",
    "IMEI": "imei",
    "MAC_ADDRESS": "mac address",
    "PASSWORD": "password|passwd|pwd|pass|passphrase|passcode|pw|user password|old password|new password|"
    "current password|confirm password|password confirmation|password confirm|password1|password2|db pass|"
    "contraseña|passwort|kennwort|mot de passe|senha|wachtwoord|security answer|secret answer|recovery code|"
    "backup code|otp|otp secret|totp secret|mfa secret",
    "API_KEY": "api key|apikey|api secret|secret key|client secret|app secret|consumer secret|secret access key|"
    "aws secret access key|account key|accountkey|shared access key|sharedaccesskey|encryption key|signing key|"
    "webhook secret|secure auth key|logged in key|nonce key|auth salt|secure auth salt|logged in salt|nonce salt|jwt secret|secret token|auth key|private key|license key|api token|personal access token",
    "ACCESS_TOKEN": "access token|refresh token|auth token|id token|bearer token|oauth token|authorization|"
    "amz signature|amz security token|session token",
    "SESSION_ID": "session id|sessionid|phpsessid|jsessionid|session cookie|sessid",
    "COORDINATES": "coordinates|coords",
    "CARD_EXPIRY": "card expiry|card exp|exp date|expiry date|card expiration|expiration month year|valid thru",
    "VEHICLE_ID": "vin|license plate|number plate|licence plate|vehicle registration",
}


def _folded(name: str) -> str:
    """Latin letters without their marks: `Dirección` is cut into words as `Direccion` is."""
    return (
        name
        if name.isascii()
        else _MARKS.sub("", unicodedata.normalize("NFKD", name.translate(_LETTERS)))
    )


_TABLE = MappingProxyType(
    {
        tuple(_folded(p).split()): name
        for table in (PHRASES, _PHRASES)
        for name, phrases in table.items()
        for p in phrases.split("|")
    }
)
_KNOWN: frozenset[tuple[str, ...]] = frozenset(_TABLE)
_LONGEST = max(map(len, _TABLE))

_PEOPLE = frozenset(
    [
        "customer",
        "client",
        "patient",
        "user",
        "person",
        "people",
        "employee",
        "staff",
        "contact",
        "owner",
        "holder",
        "member",
        "author",
        "recipient",
        "sender",
        "beneficiary",
        "student",
        "guest",
        "insured",
        "claimant",
        "subscriber",
        "account",
        "profile",
        "buyer",
        "kunde",
        "cliente",
        "passenger",
        "applicant",
        "candidate",
        "tenant",
        "resident",
        "doctor",
        "physician",
        "nurse",
        "victim",
        "reporter",
        "assignee",
        "from",
        "to",
        "cc",
    ]
)
_THINGS = frozenset(
    [
        "host",
        "file",
        "path",
        "dir",
        "class",
        "function",
        "method",
        "table",
        "column",
        "db",
        "database",
        "schema",
        "package",
        "module",
        "project",
        "product",
        "vendor",
        "app",
        "application",
        "service",
        "bucket",
        "queue",
        "event",
        "tag",
        "node",
        "namespace",
        "type",
        "local",
        "server",
        "domain",
        "code",
        "font",
        "species",
        "plan",
        "field",
        "parameter",
        "param",
        "header",
        "cookie",
        "key",
        "image",
        "repo",
        "repository",
        "branch",
        "job",
        "task",
        "step",
        "role",
        "group",
        "policy",
        "rule",
        "device",
        "model",
        "brand",
        "store",
        "shop",
        "company",
        "organisation",
        "organization",
        "template",
        "metric",
        "index",
        "topic",
        "display",
        "environment",
        "env",
        "cluster",
        "region",
        "zone",
        "requires",
        "force",
        "make",
        "allow",
    ]
)
_SIBLINGS = frozenset(
    [
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "DATE_OF_BIRTH",
        "ADDRESS",
        "US_SSN",
        "NATIONAL_ID",
        "MEDICAL_RECORD_NUMBER",
        "HEALTH_INSURANCE_ID",
        "MEMBER_ID",
        "IBAN_CODE",
        "CREDIT_CARD",
    ]
)


@lru_cache(maxsize=8_192)
def words(name: str) -> tuple[str, ...]:
    """The words of a field name in lower case: `userFirstName[0]` is user, first, name."""
    cut = [word.lower() for word in _CUT.findall(_folded(name[:200]))]
    while cut and cut[-1].isdigit() and len(cut) > 1 and (*cut[-2:],) not in _TABLE:
        cut.pop()
    return tuple(word for word in cut if word != "x" or len(cut) == 1)


@lru_cache(maxsize=8_192)
def meaning(name: str) -> str:
    """The entity type that a field of this name holds, or ""; MEMBER_ID is a HEALTH_INSURANCE_ID at times."""
    cut = words(name)
    for length in range(min(_LONGEST, len(cut)), 0, -1):
        found = _TABLE.get(cut[-length:])
        if found:
            before = cut[-length - 1] if len(cut) > length else ""
            return "" if length == 1 and _is_thing(found, before) else found
    if cut and cut[-1] in _SAYING and (found := _said(cut[:-1])):
        return found
    if words(name.rpartition(".")[2])[-3:] == ("service", "account", "name"):
        return ""  # a program's
    if cut and cut[-1] in ("name", "names") and len(cut) > 1:
        return "PERSON" if cut[-2] in _PEOPLE else ""
    return "PERSON" if len(cut) > 1 and cut[-2] in _PEOPLE and cut[-1] in _HALVES else ""


_SAYING = frozenset("code coding display text description label title name".split())
"""Parts of a value that is an object: `{"code": "F32.1", "text": "Moderate depressive episode"}`."""
_DELICATE = frozenset(
    ("HEALTH", "RELIGION", "ETHNICITY", "SEXUAL_ORIENTATION", "POLITICS", "GENDER")
)
_OTHERWISE = frozenset("condition treatment race faith sex".split())
"""Names of fields whose parts describe a rule, a test or a sport as well."""


def _said(cut: tuple[str, ...]) -> str:
    """What the parts of a field of these words say, where that is nobody's business."""
    while cut and (cut[-1] in _SAYING or cut[-1].isdigit()):
        cut = cut[:-1]  # FHIR: `code.coding[0].display`
    for length in range(min(_LONGEST, len(cut)), 0, -1):
        found = _TABLE.get(cut[-length:], "")
        if found:
            alone = length == 1 and cut[-1] in _OTHERWISE
            return found if found in _DELICATE and not alone else ""
    return ""


_NAMES = frozenset("nick faith pan street town race cell".split())
"""Names of fields that people are called, too."""


def is_label(name: str) -> bool:
    """Whether a text is the name of a field, and nothing more: `Patient`, `Date of birth`."""
    cut = words(name)
    if len(cut) == 1 and cut[0] in _NAMES:
        return False
    return cut in _KNOWN or (len(cut) == 1 and is_bare_name(name))


def _is_thing(found: str, before: str) -> bool:
    return found in ("ADDRESS", "IP_ADDRESS", "LOCATION") and before in _THINGS | {"mac", "email"}


def is_bare_name(name: str) -> bool:
    """Whether only the siblings of this field can say if it names a person."""
    cut = words(name)
    return (
        bool(cut)
        and cut[-1] in ("name", "customer", "patient", "contact", "owner", "author")
        and (len(cut) == 1 or cut[-2] not in _THINGS)
    )


def name_a_person(siblings: Iterable[str]) -> bool:
    """Whether fields of these names beside a `name` make it a person's."""
    return any(meaning(sibling) in _SIBLINGS for sibling in siblings)


_PARTS = (("first", "last"), ("given", "family"))
_HALVES = frozenset().union(*_PARTS)


def is_part_of_name(name: str, siblings: Iterable[str]) -> bool:
    """Whether a field is half of a name, and the other half is among its siblings: `first` beside `last`."""
    part = half_of(name)
    return bool(part) and any(
        part in pair and set(pair) <= set(map(half_of, siblings)) for pair in _PARTS
    )


def half_of(name: str) -> str:
    """The half of a name that a field may hold (`applicant[given]`: given), or ""."""
    cut = words(name)[-2:]
    return cut[-1] if cut and cut[-1] in _HALVES and (len(cut) == 1 or cut[0] in _PEOPLE) else ""
