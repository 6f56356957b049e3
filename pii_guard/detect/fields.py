"""What the name of a field, column, header or key says about its value.

Names are cut into words (camelCase, snake_case, kebab-case, dots, brackets); the longest known
phrase at its end decides, so `billing_street_address` is an address and `email_template` nothing. A bare `name` is decided by its parent or by its siblings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import MappingProxyType

_CUT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")

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
    "SALARY": "salary|annual salary|gross salary|net salary|income|annual income",
    "MEDICAL_RECORD_NUMBER": "mrn|medical record|medical record number|medical record no|"
    "patient id|patient number|patient no|chart number|hospital number|health record number",
    "HEALTH_INSURANCE_ID": "insurance id|insurance number|member id|member number|member no|"
    "policy number|policy no|insurance policy|health plan|claim no|claim number|subscriber id|"
    "health insurance number|group number|versicherungsnummer|medicare number|beneficiary id",
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
    "webhook secret|jwt secret|secret token|auth key|private key|license key|api token|personal access token",
    "ACCESS_TOKEN": "access token|refresh token|auth token|id token|bearer token|oauth token|authorization|"
    "amz signature|amz security token|session token",
    "SESSION_ID": "session id|sessionid|phpsessid|jsessionid|session cookie|sessid",
    "CARD_EXPIRY": "card expiry|card exp|exp date|expiry date|card expiration|expiration month year|valid thru",
    "VEHICLE_ID": "vin|license plate|number plate|licence plate|vehicle registration",
}
_TABLE = MappingProxyType(
    {tuple(p.split()): name for name, phrases in _PHRASES.items() for p in phrases.split("|")}
)
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
        "IBAN_CODE",
        "CREDIT_CARD",
    ]
)


@lru_cache(maxsize=8_192)
def words(name: str) -> tuple[str, ...]:
    """The words of a field name in lower case: `userFirstName[0]` is user, first, name."""
    cut = [word.lower() for word in _CUT.findall(name[:200])]
    while cut and cut[-1].isdigit() and len(cut) > 1 and (*cut[-2:],) not in _TABLE:
        cut.pop()
    return tuple(word for word in cut if word != "x" or len(cut) == 1)


@lru_cache(maxsize=8_192)
def meaning(name: str) -> str:
    """The entity type that a field of this name holds, or ""."""
    cut = words(name)
    for length in range(min(_LONGEST, len(cut)), 0, -1):
        found = _TABLE.get(cut[-length:])
        if found:
            before = cut[-length - 1] if len(cut) > length else ""
            return "" if length == 1 and _is_thing(found, before) else found
    if cut and cut[-1] in ("name", "names") and len(cut) > 1:
        return "PERSON" if cut[-2] in _PEOPLE else ""
    return ""


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


_EMPTY = re.compile(
    r"(?i)^(?:null|none|nil|n/?a|nan|undefined|unknown|true|false|yes|no|-+|\*+|x+|string|text|"
    r"varchar.*|<[^<>]*>|\{.*\}|\$.*|%\w|\[?redacted\]?|test|admin|root|anonymous|guest|system|user|username|"
    r"(?:the|an?|this|must|optional|required|invalid|if|when|whether|name of|one of)(?: .*)?)$"
)
_NAME_VALUE = re.compile(r"[^\W\d_][^\d_@/\\:;=<>{}()\[\]|&?%#\"*]{0,79}")
_DATE = re.compile(
    r"\d{1,4}[-/. ](?:\d{1,2}|[^\W\d_]{3,12})[-/., ]{1,2}\d{2,4}(?!\d)|(?:19|20)\d{2}"
)


def _digits(least: int, most: int = 40) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        return least <= sum(map(str.isdigit, value)) <= most and len(value) <= 2 * most

    return check


def _words_of_letters(most: int) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        return bool(_NAME_VALUE.fullmatch(value)) and len(value.split()) <= most

    return check


def _is_address(value: str) -> bool:
    """A postcode, a word or more; no bracketed expression and no lone small word."""
    known = sum(map(str.isalnum, value))
    written = any(c.isdigit() or not c.isascii() or c.isupper() for c in value) or " " in value
    return known >= 3 and len(value) <= 200 and written and not _NO_ADDRESS.search(value)


_NO_ADDRESS = re.compile(
    r"^[(\[{%#<]|[{}<>=]|\w\(|^\d{1,3}(?:\.\d{1,3}){3}$|^\w+\)$|^(?:[\dA-Fa-f]{1,4}[:-]){3}|^0x"
)


_NO_PASSWORD = frozenset(
    "password passwd pass secret changeme change_me letmein test tests admin root user guest default example "
    "string text required optional incorrect invalid wrong missing empty hidden encrypted hashed plaintext plain "
    "reset change changed forgot expired policy protected field input prompt basic bearer token none null true false "
    "value your-password yourpassword your_password mypassword my_password pass123 password1 password123 securepass "
    "newpassword new_password oldpassword username email login mail key s3cret p@ssw0rd passw0rd hunter2 must "
    "should will would cannot could bcrypt argon2 scrypt sha256 md5 here there this that with without from".split()
)
"""What is written for a password where none is meant, and passwords that stand for any."""
_PROGRAM = re.compile(
    r"^[$%{<*\[(]|^\W+$|^[xX.…•]+$|\w\(|\)$|\{\{|^(?:self|this|os|env|config|settings|process|request|req|args|options|params)[.\[]"
    r"|[\]}]$|=>|->|::|:=|://|^\w+\[|^--?[a-z]|[()]\W*$"
)


def is_password(value: str) -> bool:
    """Whether a value can be somebody's password: no placeholder, no part of a program."""
    if not 4 <= len(value) <= 128 or " " in value or _PROGRAM.search(value):
        return False
    word = value.casefold().strip("'\"`.,;")
    telling = re.fullmatch(r"[a-z_-]*(?:example|pass(?:word|wd|phrase)|pwd|secret)[a-z_-]*", word)
    return word not in _NO_PASSWORD and len(set(value)) > 2 and telling is None


def is_sample(value: str) -> bool:
    """Whether a key or token says that it is none: a run of one character, the alphabet, the word itself."""
    low = value.casefold()
    counted = "0123456789abcdefghijklmnopqrstuvwxyz 1234567890abcdef abcdef0123456789"
    return "example" in low or low in counted or re.search(r"(.)\1{3}", low) is not None


def _is_random(value: str, least: int) -> bool:
    """Whether a value is a key or token: long, varied, of letters and digits."""
    return (
        least <= len(value) <= 4_096
        and len(set(value)) >= 8
        and any(map(str.isdecimal, value))
        and any(map(str.isalpha, value))
        and not _PROGRAM.search(value)
        and not any(c.isspace() or c in "<>\"'`" for c in value)
        and not is_sample(value)
    )


_SHAPES: MappingProxyType[str, Callable[[str], bool]] = MappingProxyType(
    {
        "PERSON": _words_of_letters(6),
        "USERNAME": lambda v: 2 <= len(v) <= 64 and not re.search(r"[\s<>{}()\"]", v),
        "PHONE_NUMBER": lambda v: bool(re.fullmatch(r"[+(\d][\d ()./+x-]{5,30}", v)),
        "ADDRESS": _is_address,
        "LOCATION": _words_of_letters(5),
        "DATE_OF_BIRTH": lambda v: bool(_DATE.match(v)) and len(v) <= 40,
        "AGE": lambda v: bool(re.fullmatch(r"1?\d?\d(?: ?(?:years?|y/?o|yrs?).{0,8})?", v)),
        "CVV": lambda v: bool(re.fullmatch(r"\d{3,4}", v)),
        "CREDIT_CARD": _digits(12, 19),
        "IBAN_CODE": lambda v: bool(re.fullmatch(r"[A-Z]{2}\d{2}[ A-Z\d-]{8,40}", v)),
        "SWIFT_BIC": lambda v: bool(re.fullmatch(r"[A-Z]{6}[A-Z\d]{2}(?:[A-Z\d]{3})?", v)),
        "US_SSN": lambda v: bool(
            re.fullmatch(r"\d{3}[- .]?\d{2}[- .]?\d{4}|[\dX*]{3}-[\dX*]{2}-\d{4}", v)
        ),
        "ABA_ROUTING_NUMBER": lambda v: bool(re.fullmatch(r"\d{9}", v)),
        "SORT_CODE": lambda v: bool(re.fullmatch(r"\d{2}[- ]?\d{2}[- ]?\d{2}", v)),
        "HEALTH": _words_of_letters(12),
        "RELIGION": _words_of_letters(4),
        "ETHNICITY": _words_of_letters(4),
        "SEXUAL_ORIENTATION": _words_of_letters(3),
        "POLITICS": _words_of_letters(5),
        "GENDER": _words_of_letters(3),
        "SALARY": _digits(3, 12),
        "IMEI": _digits(14, 16),
        "PASSWORD": is_password,
        "API_KEY": lambda v: _is_random(v, 12),
        "ACCESS_TOKEN": lambda v: _is_random(v, 16) and not v.startswith("eyJ"),
        "SESSION_ID": lambda v: _is_random(v, 12),
        "CARD_EXPIRY": lambda v: bool(re.fullmatch(r"(?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?[2-4]\d", v)),
    }
)


def says_nothing(value: str) -> bool:
    """Whether a value is empty, a placeholder, a type or the beginning of a sentence about the field."""
    return _EMPTY.match(value) is not None


def plausible(entity_type: str, value: str) -> bool:
    """Whether `value` can be one: a labelled field may still be empty, a placeholder or a type."""
    if says_nothing(value) or entity_type in ("EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS"):
        return False  # these have grammars of their own: their recognizers find them
    shape = _SHAPES.get(entity_type)
    if shape is not None:
        return shape(value)
    return _digits(3)(value) and len(value) <= 40 and " " not in value.strip()[3:-3].strip("- ")
