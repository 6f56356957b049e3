"""The ways one value may be spelled in a file: what a search must try to find every copy.

Used twice: to remove encoded copies of known values, and to prove that none is left.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from types import MappingProxyType
from urllib.parse import quote, quote_plus

from pii_guard.entities import ENTITIES

TOKEN = re.compile(
    r"(?P<open><|%3C|&lt;|\\u003c)(?P<kind>[A-Z][A-Z0-9_]{1,40})"
    r"(?P<rest>(?:_\d{1,7}|(?::|%3A)[\w-]{8,4096})(?:>|%3E|&gt;|\\u003e))"
)
"""A surrogate token of ours (`<PERSON_1>`), as written in text, URLs, markup and JSON."""

_OPENINGS = ("<", "%3C", "&lt;", "u003c")

SHARED = frozenset(
    "LOCATION AGE HEALTH RELIGION POLITICS ETHNICITY SEXUAL_ORIENTATION GENDER CVV SALARY "
    "SWIFT_BIC ABA_ROUTING_NUMBER UNSCANNED".split()
)
"""Attributes that many people share: a word elsewhere is not a copy of this person's."""

_SHORTEST_ENCODED = 6
_WORDS = frozenset(ENTITIES) & {"PERSON", "USERNAME", "ADDRESS"}

# Names that are also everyday words: alone, in running text, they are more often the word.
_COMMON = frozenset(
    "will may mark grant page case bill rich frank hope grace art long short brown white black "
    "green young king price field stone wood rose dean chase drew guy jack lane miles penny pat "
    "rob sue summer sunny victor west best bush church cook day french hall hill law love major "
    "mason noble parker porter power power rice rivers sharp sparks street swift walker ward "
    "waters wise april june august ruby jasper chance faith joy iris ivy olive angel baron bishop "
    "carpenter chambers english fields fisher forest gates gray grey holland home house hunter "
    "ireland jordan judge knight lake marsh moon moore north paris post pope read root rush "
    "sales self shell shepherd small smart snow strong temple test token user van admin root "
    "data name mail host server client system null none true false".split()
)


def is_common_word(word: str) -> bool:
    """Whether a lone word is too common to be searched for as somebody's name."""
    return len(word) < 3 or word.casefold() in _COMMON


def is_distinctive(entity_type: str, value: str) -> bool:
    """Whether every occurrence of `value`, in any letter case or encoding, must be this value.

    True for at least six letters or digits that are more than one plain word, or at least five
    digits. Other values are searched as whole words, as written.
    """
    bare = compact(value)
    digits = sum(map(str.isdigit, bare))
    if entity_type in _WORDS:
        return len(bare) >= 7 and len(re.split(r"[\W_]+", value)) > 1
    return digits >= 5 or (len(bare) >= 6 and not value.isalpha())


_LONE = re.compile("[\ud800-\udfff]")


def scannable(text: str) -> str:
    """The text with lone surrogates replaced, position by position: UTF-8 cannot carry them."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)


def without_tokens(text: str) -> str:
    """The text with our tokens blanked, position by position: a token is no copy of any value."""
    return TOKEN.sub(lambda match: " " * len(match[0]), text)


def with_mute_tokens(text: str) -> str:
    """The text with tokens that are still tokens and name no kind, position by position.

    `<EMAIL_ADDRESS_1>: 3` must not read as an address with the value 3.
    """
    if not any(opening in text for opening in _OPENINGS):
        return text
    return TOKEN.sub(lambda m: f"{m['open']}{'X' * len(m['kind'])}{m['rest']}", text)


def compact(value: str) -> str:
    """The value without separators (spaces, dots, dashes, slashes, brackets)."""
    return "".join(filter(str.isalnum, value))


def name_forms(name: str) -> tuple[str, ...]:
    """Orders and short forms of a full name: `Jane Roe`, `Roe, Jane`, `Roe Jane`, `J. Roe`."""
    family, comma, given = name.partition(",")
    words = [*given.split(), *family.split()] if comma else name.split()
    if len(words) < 2:
        return (name,)
    first, last = words[0], words[-1]
    forms = {name, " ".join(words)}
    rest, last = " ".join(words[:-1]), words[-1]
    forms |= {f"{last}, {rest}", f"{last} {rest}"}
    # Any of the given names may stand for all of them.
    for first in words[:-1]:
        if len(first.strip(".")) > 1:
            forms |= {f"{first} {last}", f"{last}, {first}", f"{last} {first}"}
            forms |= {f"{first[0]}. {last}", f"{first[0]} {last}", f"{last}, {first[0]}."}
            forms |= _account_forms(first, last)
    return tuple(sorted(forms))


def is_name(text: str, start: int, end: int) -> bool:
    """Whether a name stands there by itself, if need be with digits behind or in `CamelCase`."""
    before, after = text[start - 1 : start], text[end : end + 1]
    goes_before = before.isalnum() and not (before.islower() and text[start].isupper())
    goes_on = after.isalpha() and not (after.isupper() and text[end - 1].islower())
    return not goes_before and not goes_on


def account_names(given: str, family: str) -> tuple[tuple[str, str], ...]:
    """Both names the ways accounts are made of them (`jorg`, `joerg`); none for too short ones."""
    pairs = {(_ascii(given), _ascii(family)), (_spelled(given), _spelled(family))}
    return tuple(sorted((one, other) for one, other in pairs if min(len(one), len(other)) > 1))


def _account_forms(given: str, family: str) -> set[str]:
    """As accounts, files and addresses are named after people: `jane-roe`, `roe.jane`, `jroe`."""
    forms = set[str]()
    for one, other in account_names(given, family):
        forms |= {f"{a}{mark}{b}" for a, b in ((one, other), (other, one)) for mark in "-_. "}
        forms.update(joined_names(one, other))
    return forms


def joined_names(one: str, other: str) -> tuple[str, ...]:
    """Account names without a sign in them, of at least five letters: `richardlau`, `jroes`."""
    if len(other) > 3:
        return (one + other, one[0] + other)
    return (one + other,) if len(one + other) >= _LONG_JOINED else ()


_LONG_JOINED = 7
"""Letters of a joined name that is no word by chance, however short its parts."""
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that are no other letter with a mark, as they are written without them."""
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
"""Letters that German, Danish and others write as two where there is no key for them."""


def _ascii(word: str) -> str:
    """The word in lower case without accents and marks: the way names are put into addresses."""
    if word.isascii() and word.isalnum():
        return word.lower()
    folded = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    return "".join(c for c in folded if c.isalnum())


def _spelled(word: str) -> str:
    return _ascii(unicodedata.normalize("NFC", word.lower()).translate(_SPELLED))


def name_key(word: str) -> str:
    """Equal for a word of a name with and without its marks, and spelled out: `Jörg`, `Joerg`, `Jorg`."""
    return re.sub(r"(?<=[aou])e(?=[^aeiou]|\Z)", "", _ascii(word))


def plain_forms(entity_type: str, value: str) -> tuple[str, ...]:
    """Unencoded spellings of a value that all mean it."""
    if entity_type == "PERSON":
        return name_forms(value)
    forms = {value}
    if entity_type not in ("ADDRESS", "EMAIL_ADDRESS", "USERNAME") and len(compact(value)) >= 7:
        forms.add(compact(value))
        if entity_type == "PHONE_NUMBER":
            forms |= _dialled(value)
    if entity_type == "IP_ADDRESS" and value.count(".") == 3:
        forms |= _in_host_names(value.split("."))
    return tuple(sorted(forms))


def _in_host_names(parts: list[str]) -> set[str]:
    """An IPv4 address as names of lines are made of it: `ppp-70-242-162-63.isp.example`."""
    turned = parts[::-1]
    return {"-".join(parts), "-".join(turned), ".".join([*turned, "in-addr", "arpa"])}


def _dialled(value: str) -> set[str]:
    """An international number as it is dialled from elsewhere and within its country."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    digits = compact(value)
    if not value.lstrip("( ").startswith("+"):
        if not digits.startswith("00"):
            return set()
        digits = digits[2:]
    # No calling code begins another one (ITU-T E.164).
    for size in (1, 2, 3):
        if digits[:size].isdecimal() and int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE:
            national = digits[size:]
            forms = {digits, f"+{digits}", f"00{digits}", national, f"0{national}"}
            return {form for form in forms if len(form) >= 8}
    return set()


def encoded_forms(text: str) -> Iterator[str]:
    """Spellings of `text` in the encodings that reports and protocols use (all ASCII).

    Percent and form encoding, HTML and JSON escapes, hexadecimal, base64 in its three alignments (of
    UTF-16, too: what PowerShell is given is that).
    Only forms that differ from `text`; nothing for texts too short to be told from chance.
    """
    raw = text.encode("utf-8", "surrogatepass")
    forms = escaped_forms(text)
    if len(raw) >= _SHORTEST_ENCODED:
        coded = {*base64_forms(raw), *base64_forms(text.encode("utf-16-le", "surrogatepass"))}
        forms |= {raw.hex(), raw.hex().upper(), *coded}
        forms |= {form.replace("+", "-").replace("/", "_") for form in coded}
    yield from sorted(forms - {text})


_UNESCAPED = re.compile(r"[\w.~-]*", re.A)


def escaped_forms(text: str) -> set[str]:
    """Those of `encoded_forms` that keep letters and digits: percent, form, HTML and JSON escapes."""
    if _UNESCAPED.fullmatch(text):
        return set()
    forms = {quote(text, errors="surrogatepass", safe=""), quote_plus(text, errors="surrogatepass")}
    if not text.isascii() or _MARKED.search(text):
        forms |= {html.escape(text), html.escape(text, quote=False), json.dumps(text)[1:-1]}
    if not text.isascii():
        forms.add("".join(c if c.isascii() else f"&#{ord(c)};" for c in text))
        forms.add("".join(c if c.isascii() else f"&#x{ord(c):x};" for c in text))
    return forms - {text}


_MARKED = re.compile(r"[&<>\"'\\\x00-\x1f\x7f]")


def base64_forms(raw: bytes) -> tuple[str, ...]:
    """The characters that `raw` leads to in base64 at each of the three byte alignments."""
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        # Characters that mix in neighbouring bytes are left out on both sides.
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        forms.append(encoded[first:last])
    return tuple(forms)


_ALPHABET = MappingProxyType(
    {c: n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
    | {"-": 62, "_": 63}
)


def is_in_base64(raw: bytes, shift: int, before: str, after: str) -> bool:
    """Whether form number `shift` of `base64_forms(raw)` stands for all of `raw` between these characters.

    The characters around it hold bits of the first and the last byte: `user_9013` and `user_9012`
    differ in nothing else. Where one is no symbol of base64, nothing is known: true.
    """
    bits = 6 - (shift * 8) % 6
    if bits < 6 and before in _ALPHABET and _ALPHABET[before] % (1 << bits) != raw[0] >> (8 - bits):
        return False
    bits = (shift + len(raw)) * 8 % 6
    return not (
        bits and after in _ALPHABET and _ALPHABET[after] >> (6 - bits) != raw[-1] % (1 << bits)
    )


def readable_name(name: str) -> str:
    """A file name as words, of the same length: separators are blanks, words begin with capitals."""
    words = "".join(" " if c in "-_.+" else c for c in name)
    titled = words.title()
    return titled if words.islower() and len(titled) == len(words) else words
