"""What a value may be of what its label says it is: `plausible("PERSON", "null")` is false."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

_EMPTY = re.compile(
    r"(?i)^(?:null|none|nil|n/?a|nan|undefined|unknown|true|false|yes|no|-+|\*+|x+|string|text|"
    r"varchar.*|<[^<>]*>|\{.*\}|\$.*|%\w|\[?redacted\]?|private|protected|test|admin|root|anonymous|guest|system|user|username|"
    r"(?:the|an?|this|must|optional|required|invalid|if|when|whether|name of|one of)(?: .*)?)$"
)
_MENTION = re.compile(r"[^\W\d_][^_@/\\:;=<>{}\[\]|&?%#\"*]{0,79}")
_NAME_VALUE = re.compile(r"[^\W\d_][^\d_@/\\:;=<>{}()\[\]|&?%#\"*]{0,79}")
_DATE = re.compile(
    r"\d{1,4}[-/. ](?:\d{1,2}|[^\W\d_]{3,12})[-/., ]{1,2}\d{2,4}(?!\d)|(?:19|20)\d{2}"
    r"|\d{2} ?[年년] ?\d{1,2} ?[月월]"
)


ATTRIBUTE = re.compile(
    r"uid|cn|sn|ou|mail|upn|[a-z]{2,20}(?:[A-Z][a-z]{1,20}){0,3}"
    r"(?:Name|Number|Id|Mail|Address|Affiliation|Type|Code|Birth|Gender|Date|Phone|Principal)"
)
"""Names of attributes in directories and assertions, which stand under `Name` and name nobody."""


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
    "admin123 admin@123 admin1234 adminadmin administrator root123 toor test123 test1234 user123 guest123 demo123 "
    "should will would cannot could bcrypt argon2 scrypt sha256 md5 here there this that with without from".split()
)
"""What is written for a password where none is meant, and passwords that stand for any."""
_FOLDER = re.compile(r"/\w[\w.-]*/[\w./-]*|/(?:root|tmp|home|var|opt|srv|etc|usr)|[A-Za-z]:\\.*")
"""Where a shell is, which it calls `PWD`."""
_PROGRAM = re.compile(
    r"^[$%{<*\[(]|^\W+$|\^[A-Z]{2,8}\^|^[xX.…•]+$|\w\(|\)$|\{\{|^(?:self|this|os|env|config|settings|process|request|req|args|options|params)[.\[]"
    r"|[\]}]$|=>|->|::|:=|://|^\w+\[|^--?[a-z]|(?<!\W)[^\w()]*+[()]\W*+$"
)


_RULE = re.compile(r"(?<!\w)(?:selection|filter)\w{0,20}(?: |\Z)")
"""The condition of a rule (Sigma) speaks of what it selects: `selection and not filter`."""


def is_password(value: str) -> bool:
    """Whether a value can be somebody's password: no placeholder, no part of a program."""
    if not 4 <= len(value) <= 128 or " " in value or _PROGRAM.search(value):
        return False
    if _FOLDER.fullmatch(value):
        return False
    word = value.casefold().strip("'\"`.,;")
    telling = re.fullmatch(r"(?=.*?(?:example|pass(?:word|wd|phrase)|pwd|secret))[a-z_-]*", word)
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
        "PERSON": lambda v: _words_of_letters(6)(v) and ATTRIBUTE.fullmatch(v) is None,
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
        "HEALTH": lambda v: (
            bool(_MENTION.fullmatch(v)) and len(v.split()) <= 12 and not _RULE.search(v)
        ),
        "HEALTH_INSURANCE_ID": lambda v: _digits(5)(v) and _is_number(v),
        "MEMBER_ID": lambda v: (
            _digits(5)(v) and _is_number(v) and not (v.isdecimal() and len(v) < 8)
        ),
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
        "COORDINATES": lambda v: bool(re.fullmatch(r"-?(?:1[0-7]\d|\d{1,2})\.\d{4,15}", v)),
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
    return _digits(3)(value) and _is_number(value)


def _is_number(value: str) -> bool:
    """Whether a value is one number or code, in groups if need be (`12 140653 O 501`)."""
    return len(value) <= 40 and (
        " " not in value.strip()[3:-3].strip("- ") or _GROUPS.fullmatch(value) is not None
    )


_GROUPS = re.compile(
    r"(?:[A-Z]{0,5}\d[A-Z\d]{0,14}|[A-Z]{1,5})(?:(?:[ ./-]{1,2}| / )(?:[A-Z]{0,3}\d[A-Z\d]{0,14}|[A-Z]{1,3})){0,9}"
)
