"""Money: cards, IBAN, wallets. Account numbers without a checksum are found by their label."""

from __future__ import annotations

import re

from stdnum import iban, luhn
from stdnum.exceptions import ValidationError

from pii_guard.detect.recognizer import VALIDATED, Identifier


class CreditCard(Identifier):
    """Payment card numbers: issuer range, length and Luhn digit (ISO/IEC 7812-1)."""

    entity = "CREDIT_CARD"
    pattern = re.compile(
        r"(?<![\w.-])(?<!\d[ -])(?P<value>(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|"
        r"35(?:2[89]|[3-8]\d)|62\d\d|50\d\d|5[6-9]\d\d|6[37]\d\d)(?:[ -]?\d{4}){2}[ -]?\d{1,7}"
        r"|3[47]\d\d[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4})(?![\w-]|\.\d)"
    )
    words = ("card", "visa", "mastercard", "amex", "credit", "debit", "pan", "payment")
    finds = (
        "4111 1111 1111 1111",
        "card 5555555555554444",
        "3782-822463-10005",
        "6011 1111 1111 1117",
        "3530111333300000",
        '"pan": "4012888888881881"',
        "paid with 5105-1051-0510-5100.",
        "2223003122003222",
        "30569309025904",
        "card=4242424242424242&x=1",
    )
    spares = (
        "4111 1111 1111 1112",
        "1234567890123456",
        "order 5555555555554445",
        "9fceb02d4111111111111111",
        "0000 0000 0000 0000",
        "1639143420123456",
        "41111111",
        "4.1111111111111111",
        "550e8400-e29b-41d4-a716-446655440000",
        "id 62000000000000000001",
    )

    def valid(self, text: str) -> bool | None:
        """Luhn, 13 to 19 digits."""
        digits = "".join(filter(str.isdigit, text))
        return 13 <= len(digits) <= 19 and bool(luhn.is_valid(digits))


class Iban(Identifier):
    """International bank account numbers (ISO 13616-1, MOD 97-10)."""

    entity = "IBAN_CODE"
    pattern = re.compile(
        r"(?<![^\W_])(?P<value>[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z\d]{4}){2,7}(?:[ -]?[A-Za-z\d]{1,3})?)"
        r"(?![^\W_])"
    )
    words = ("iban", "account", "konto", "compte", "cuenta")
    finds = (
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "iban: FR14 2004 1010 0505 0001 3M02 606",
        "ES91-2100-0418-4502-0005-1332",
        "NL91ABNA0417164300",
        "IT60X0542811101000000123456.",
        "to be19 0000 0000 1212",
        "PT50000201231234567890154",
        "AT611904300234573201",
        '"iban":"CH9300762011623852957"',
    )
    spares = (
        "GB82 WEST 1234 5698 7654 33",
        "AB12CD34EF56AB12CD34",
        "DE00000000000000000000",
        "XX82 WEST 1234 5698 7654 32",
        "sha1 da39a3ee5e6b4b0d3255bfef95601890",
        "CVE-2021-44228",
        "version de89",
        "FR14 2004",
        "id ZZ99999999999999",
        "MS17 0100 aaaa bbbb",
    )

    def valid(self, text: str) -> bool | None:
        """Country, length and check digits."""
        return _is_iban(text)


def _is_iban(text: str) -> bool:
    try:
        # The MOD 97 check alone: national checks would drop accounts of banks that ignore them.
        iban.validate(re.sub(r"[ -]", "", text), check_country=False)
    except ValidationError:
        return False
    return True


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class CryptoWallet(Identifier):
    """Bitcoin (Base58Check, Bech32) and Ethereum addresses."""

    entity = "CRYPTO"
    pattern = re.compile(
        r"(?<![\w/+=-])(?P<value>[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71}|"
        r"0x[0-9a-fA-F]{40})(?![\w/+=-])"
    )
    score = 0.4
    words = ("wallet", "bitcoin", "btc", "eth", "ethereum", "address", "crypto", "payout")
    finds = (
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "btc 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "wallet 0x52908400098527886E0F7030069857D2E4169EE7",
        "eth address: 0xde709f2102306220921060314715629080e2fb77",
        "payout 0x27b1fdb04752bbc536007a920d24acb045561c26",
        "pay to 17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem",
        "btc: 3EktnHQD7RiAE6uzMj2ZifT9YgRrkSgzQX",
        "bitcoin bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    )
    spares = (
        "0xdeadbeef",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "contract 12345",
        "0x7ffff7e4d1a2",
        "commit 3f2c1ab",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "bc1",
        "1111111111111111111111111111",
        "tx hash 0x" + "ab" * 32,
    )

    def valid(self, text: str) -> bool | None:
        """Base58Check for legacy addresses; the others stand on their form."""
        if text.startswith(("bc1", "0x")):
            return True if text.startswith("bc1") else None
        return _base58check(text)


def _base58check(text: str) -> bool:
    from hashlib import sha256

    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    raw = number.to_bytes(25, "big") if number < 256**25 else b""
    return len(raw) == 25 and sha256(sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


class SwiftBic(Identifier):
    """Bank identifier codes (ISO 9362) where they are named: alone they look like words."""

    entity = "SWIFT_BIC"
    pattern = re.compile(
        r"(?<![^\W_])(?:BIC|SWIFT)(?:/BIC)?(?: ?code)?\s?[:=]?\s?(?P<value>[A-Z]{4}(?-i:[A-Z]{2})"
        r"[A-Z\d]{2}(?:[A-Z\d]{3})?)(?![^\W_])",
        re.I,
    )
    score = VALIDATED
    finds = (
        "BIC: DEUTDEFF",
        "SWIFT NEDSZAJJXXX",
        "bic=COBADEFF",
        "SWIFT/BIC: BNPAFRPP",
        "BIC code CHASUS33",
        "swift: BARCGB22",
        "BIC GENODEF1S02",
        "SWIFT code: HSBCHKHH",
        "BIC:UNCRITMM",
        "swift=INGBNL2A",
    )
    spares = (
        "SWIFT language",
        "DEUTDEFF",
        "BIC pen",
        "swift response",
        "Taylor swift",
        "BIC: 123",
        "AAAAAAAA",
        "CHASE",
        "SWIFT: x",
        "bic",
    )
