"""Money: cards, IBAN, bank codes and account numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from stdnum import luhn

from pii_guard.detect.recognizer import (
    LABELLED,
    PATTERN,
    VALIDATED,
    WEAK,
    Identifier,
    Match,
    standing,
)  # fmt: skip
from pii_guard.detect.recognizers.checksums import digits, weighted
from pii_guard.detect.recognizers.numbered import AfterWords

_SEPARATORS = re.compile(r"[ ./_-]")


# Whole numbers only: the last one of a date, a time, an address or an amount is none.
_GROUPS = re.compile(r"(?<![0-9A-Za-z.,:/$€£-])[0-9A-Za-z]{0,4}[0-9]{3}[ -]\Z")
_NUMBERS = re.compile(r"(?<![0-9A-Za-z.,:/$€£-])[0-9]{5,22}[ -]\Z")


class CreditCard(Identifier):
    """Payment card numbers: issuer range, length and Luhn digit (ISO/IEC 7812-1)."""

    entity = "CREDIT_CARD"
    pattern = re.compile(
        r"(?<![0-9A-Za-z])(?:(?<![._-])|(?<=--)|(?<=_)(?<![0-9]_)|(?<=-)(?<![^\n]-)|(?<=[A-Za-z]{2}\.)"
        r"|(?<=[_-])(?<![A-Za-z)\]]-)(?<![0-9]-)(?=\d{4}[ -]))(?P<value>(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|"
        r"35(?:2[89]|[3-8]\d)|62\d\d|50\d\d|5[6-9]\d\d|6[37]\d\d)(?:(?P<sep>[ ./_-]|  )\d{4}(?P=sep)\d{4}(?P=sep)\d{1,7}|"
        r"\d{8,15})|3[47]\d\d[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4}|1220\d{11})"
        r"(?![0-9A-Za-z]|_\d|-(?![->\s\]]|[A-Za-z]{3})|\.\d)"
    )
    shapes = (
        "9999999999999", "9999 9999 9999 9", "9999-9999-9999-9", "9999 999999 9", "9999-999999-9", "9999.9999.9999.9",
        "9999/9999/9999/9", "9999_9999_9999_9", "9999  9999  9999  9",
    )  # fmt: skip

    def matches(self, text: str) -> Iterator[Match]:
        """A number before it makes it the tail of something longer, unless that is a card too."""
        end = -1
        for match in super().matches(text):
            groups = _GROUPS if text[match.start + 4 : match.start + 5] == " " else _NUMBERS
            if end != match.start - 1 and groups.search(
                text, max(0, match.start - 24), match.start
            ):
                continue
            end = match.end
            yield match

    words = (
        "card", "visa", "mastercard", "amex", "credit", "debit", "pan", "payment", "maestro", "unionpay", "cc", "ccn",
        "diners", "discover", "jcb", "kreditkarte", "carte", "tarjeta", "carta di credito", "card number",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """Luhn, 13 to 19 digits."""
        plain = _SEPARATORS.sub("", text)
        return None if 13 <= len(plain) <= 19 and luhn.is_valid(plain) else False

    def _alone(self, value: str) -> float:
        """The lengths that brands print; others are as likely a counter or a time."""
        plain = re.sub("[ -]", "", value)
        usual = {"34": 15, "37": 15, "12": 15, "36": 14, "38": 14, "30": 14}.get(plain[:2], 16)
        return VALIDATED if len(plain) == usual else WEAK


class CardVerification(AfterWords):
    """Card verification codes behind their label."""

    entity = "CVV"
    pattern = standing(r"\d{3,4}")
    words = ("cvv", "cvc", "cvv2", "cvc2", "card verification", "card security")
    reach = 30


# Lengths by country (SWIFT IBAN registry, release 99).
_LENGTHS = (
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18"
    "FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25"
    "MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19"
    "SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
)
_LENGTH = MappingProxyType(
    {_LENGTHS[i : i + 2]: int(_LENGTHS[i + 2 : i + 4]) for i in range(0, len(_LENGTHS), 4)}
)


class Iban(Identifier):
    """International bank account numbers (ISO 13616-1, ISO 7064 mod 97-10)."""

    entity = "IBAN_CODE"
    pattern = re.compile(
        r"(?<![0-9A-Za-z])[A-Za-z]{2}\d\d(?=[ ./_-]?[A-Za-z\d]{4})(?P<rest>(?:[ ./_-]?[A-Za-z\d]){11,29})"
    )
    shapes = ("AA99", "aa99")

    def matches(self, text: str) -> Iterator[Match]:
        """As many places as the country has, grouped at will."""
        for match in self.pattern.finditer(text):
            length = _LENGTH.get(match.group()[:2].upper(), 0)
            end, plain = match.start(), ""
            while len(plain) < length and end < match.end():
                plain += text[end] if text[end] not in " ./_-" else ""
                end += 1
            whole = len(plain) == length and _LETTER.match(text, end) is None
            if length and whole and _mod_97(plain.upper()) and len(set(plain[4:])) > 1:
                yield Match(match.start(), end, VALIDATED)


_LETTER = re.compile(r"[0-9A-Za-z]")


def _mod_97(plain: str) -> bool:
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


class SwiftBic(AfterWords):
    """Bank identifier codes (ISO 9362) behind their label: alone they look like words."""

    entity = "SWIFT_BIC"
    pattern = standing(r"[A-Z]{6}[A-Z\d]{2}(?:[A-Z\d]{3})?|(?=[a-z]{0,7}\d)[a-z]{6}[a-z\d]{2}")
    words = ("bic", "swift", "swift/bic", "bic/swift", "swift code")


class AbaRouting(Identifier):
    """US bank routing numbers (weights 3-7-1), by label."""

    entity = "ABA_ROUTING_NUMBER"
    pattern = standing(r"[0123678]\d{3}-?\d{4}-?\d")
    score = WEAK
    words = ("aba", "routing", "rtn", "routing number", "transit number", "abarouting")
    reach = 40

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit (ABA routing number policy) and for zeros."""
        plain = digits(text)
        return None if any(plain) and weighted(plain, (3, 7, 1) * 3) % 10 == 0 else False


class SortCode(AfterWords):
    """UK and Irish sort codes behind their label."""

    entity = "SORT_CODE"
    pattern = standing(r"\d\d-\d\d-\d\d|\d\d \d\d \d\d|\d{6}")
    words = ("sort code", "sortcode", "sort-code", "s/c", "bank sort code")


class UkAccount(Identifier):
    """A sort code and an account number side by side, as statements and payrolls have them."""

    entity = "BANK_ACCOUNT"
    pattern = standing(r"\d\d-\d\d-\d\d[ \t]{1,3}\d{8}")
    shapes = ("99-99-99",)

    def valid(self, text: str) -> bool | None:
        """False for what may be a date with a number behind it."""
        first, middle, last = map(int, text[:8].split("-"))
        return None if middle > 12 or (first > 31 and last > 31) else False


class AccountBesideSortCode(Identifier):
    """UK account numbers whose bare word `account` is told by the sort code before or behind it."""

    entity = "BANK_ACCOUNT"
    pattern = re.compile(
        r"(?i:sort[ -]?code)s?(?: (?:no|number))?\.?[\s:=#]{1,4}\d\d[- ]?\d\d[- ]?\d\d[\s,;|/]{1,12}(?:and |& )?"
        r"(?i:account|acct?|a/c)(?: (?:no|number|num))?\.?[\s:=#]{1,6}(?P<value>\d{8})(?![\d-])"
        r"|(?<!\w)(?i:account|acct?|a/c)(?: (?:no|number|num))?\.?[\s:=#]{1,6}(?P<first>\d{8})[\s,;|/(]{1,12}(?:and |& )?"
        r"(?i:sort[ -]?code)(?!\w)"
    )
    score = LABELLED
    pieces = ("sort code", "sortcode", "sort-code")

    def matches(self, text: str) -> Iterator[Match]:
        """The account's number in either order."""
        for match in self.pattern.finditer(text):
            yield Match(*match.span(match.lastgroup or 0), LABELLED)


class BankAccount(AfterWords):
    """Bank account numbers behind their label."""

    entity = "BANK_ACCOUNT"
    pattern = standing(r"\d(?:[ -]?\d){6,20}")
    words = (
        "account number", "account no", "account num", "bank account", "bank account number", "acct", "acct no",
        "acct number", "kontonummer", "konto", "konto-nr", "account nr", "compte", "n° de compte", "cuenta",
        "número de cuenta", "numero de cuenta", "conto corrente", "rekeningnummer", "conta",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False for dates, which stand behind such words too."""
        return False if re.fullmatch(r"(?:19|20)\d\d-\d\d-\d\d", text) else None


class SpanishCcc(Identifier):
    """Spanish account numbers before IBAN (two mod 11 digits), by label."""

    entity = "BANK_ACCOUNT"
    pattern = standing(r"\d{4}(?P<sep>[ -]?)\d{4}(?P=sep)\d\d(?P=sep)\d{10}")
    score, telling = PATTERN, r"[ -]"
    words = ("ccc", "cuenta", "código cuenta cliente")
    shapes = ("9999 9999 99 9999999999", "9999-9999-99-9999999999")

    def valid(self, text: str) -> bool | None:
        """Weights powers of two mod 11 over bank and branch, and over the account."""
        plain = digits(text)
        powers = [2**i % 11 for i in range(10)]
        bank = -weighted([0, 0, *plain[:8]], powers) % 11
        account = -weighted(plain[10:], powers) % 11
        checks = [1 if c == 10 else c for c in (bank, account)]
        return None if checks == plain[8:10] else False


class Clabe(Identifier):
    """Mexican account numbers (weights 3-7-1), by label."""

    entity = "BANK_ACCOUNT"
    pattern = standing(r"\d{18}")
    score = WEAK
    words = ("clabe", "clabe interbancaria", "cuenta")

    def valid(self, text: str) -> bool | None:
        """Products mod 10, summed, filled up to ten (Banco de México)."""
        total = sum(int(c) * (3, 7, 1)[i % 3] % 10 for i, c in enumerate(text[:17]))
        return None if -total % 10 == int(text[17]) else False


class Cbu(Identifier):
    """Argentine account numbers (weights 3-1-7-9), by label."""

    entity = "BANK_ACCOUNT"
    pattern = standing(r"\d{22}|\d{8} \d{14}")
    score = WEAK
    words = ("cbu", "clave bancaria", "cvu")

    def valid(self, text: str) -> bool | None:
        """Each block has its check digit (BCRA Com. A 2622)."""
        plain = digits(text)
        first = weighted(plain[:8], (7, 1, 3, 9, 7, 1, 3, 1)) % 10
        second = weighted(plain[8:], (3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3, 1)) % 10
        return None if first == second == 0 else False


class IndianIfsc(AfterWords):
    """Indian bank branch codes (IFSC) behind their label."""

    entity = "SWIFT_BIC"
    pattern = standing(r"[A-Z]{4}0[A-Z\d]{6}")
    words = ("ifsc", "ifsc code")


class Salary(AfterWords):
    """What somebody earns, behind the word for it."""

    entity = "SALARY"
    pattern = standing(
        r"(?:(?:[$€£¥₹]|USD|EUR|GBP|CHF|CAD|AUD|INR) ?)?\d{1,3}(?:(?:[.,' ]\d{3}){1,3}(?:[.,]\d\d)?|\d{0,6})(?: ?[kK])?"
        r"(?: ?(?:[$€£¥₹]|USD|EUR|GBP|CHF|CAD|AUD|INR))?"
    )
    words = (
        "salary", "base salary", "annual salary", "salary of", "salary:", "income of", "annual income", "yearly income",
        "gross pay", "net pay", "wage", "wages", "earns", "earning", "gehalt", "jahresgehalt", "salaire", "sueldo",
        "salario", "stipendio", "salário",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False below three digits, unless thousands are meant, and for years."""
        known = sum(map(str.isdecimal, text))
        thousands = text.rstrip(" $€£¥₹").lower().endswith("k")
        year = re.fullmatch(r"(?:19|20)\d\d", text)
        return None if (known >= 3 or thousands) and not year else False

    def labelled(self, text: str, start: int) -> bool:
        """Not behind `salary_id` and the like, which number something."""
        numbered = re.search(
            r"(?i)(?:id|no|nr|num|numbers?|code|key)\W{1,5}\Z", text[max(0, start - 20) : start]
        )
        return numbered is None and super().labelled(text, start)


class CardExpiry(AfterWords):
    """Expiry dates of cards (month and year), behind a label that names the card or its print."""

    entity = "CARD_EXPIRY"
    pattern = standing(r"(?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?[2-4]\d")
    words = (
        "card expiry", "card expires", "expiry date", "exp date", "exp. date", "valid thru", "good thru", "card exp",
        "expiration date", "gültig bis", "válida hasta", "date d'expiration", "mm/yy", "exp",
    )  # fmt: skip
