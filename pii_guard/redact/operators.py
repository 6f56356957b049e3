"""What is put in a value's place: presidio-anonymizer operators, ours beside its own.

Every operator is deterministic: the same value, token and key give the same replacement, so that
equal values stay recognisable as equal.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from presidio_anonymizer.operators import Operator, OperatorsFactory, OperatorType

from pii_guard.errors import PolicyError


class _Anonymizer(Operator):
    """Base of our operators. `params`: token, entity_type, key (bytes)."""

    name = ""

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Parameters come from `replacement`, which gives all of them."""

    def operator_name(self) -> str:
        """The name a policy uses."""
        return self.name

    def operator_type(self) -> OperatorType:
        """Anonymize, in Presidio's terms."""
        return OperatorType.Anonymize


class Surrogate(_Anonymizer):
    """The numbered token itself: `<PERSON_1>`."""

    name = "surrogate"

    def operate(self, text: str, params: dict[str, Any]) -> str:  # noqa: ARG002
        """The token."""
        return str(params["token"])


class Mask(_Anonymizer):
    """Asterisks for letters and digits, punctuation kept. The length shows: choose it knowingly."""

    name = "mask"

    def operate(self, text: str, params: dict[str, Any]) -> str:  # noqa: ARG002
        """The masked text."""
        return re.sub(r"[^\W_]", "*", text)


class KeyedHash(_Anonymizer):
    """HMAC-SHA256 (RFC 2104) under the operator key, cut to 128 bits."""

    name = "hmac"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """`<PERSON:hex>`."""
        kind = params["entity_type"]
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        digest = hmac.new(_key(params["key"], b"hmac", 32), message, sha256).hexdigest()[:32]
        return f"<{kind}:{digest}>"


class AesEncrypt(_Anonymizer):
    """AES-SIV (RFC 5297) under the operator key; `decrypt` reverses it."""

    name = "encrypt"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """`<PERSON:base64url>`."""
        kind = params["entity_type"]
        sealed = _cipher(params["key"]).encrypt(
            text.encode("utf-8", "surrogatepass"), [kind.encode()]
        )
        return f"<{kind}:{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}>"


class Remove(_Anonymizer):
    """Nothing stays."""

    name = "remove"

    def operate(self, text: str, params: dict[str, Any]) -> str:  # noqa: ARG002
        """The empty string."""
        return ""


class FormatPreserving(_Anonymizer):
    """A value of the same form that belongs to nobody: reserved domains, ranges and test numbers."""

    name = "format_preserving"

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """A valid stand-in numbered like the token; the token where no reserved range exists."""
        number = int(re.sub(r"\D", "", str(params["token"]).rpartition("_")[2]) or 0)
        maker = _MAKERS.get(params["entity_type"])
        return maker(number, text) if maker else str(params["token"])


def _email(number: int, text: str) -> str:  # noqa: ARG001
    return f"person{number}@example.com"  # RFC 2606


def _phone(number: int, text: str) -> str:  # noqa: ARG001
    return f"+1-{200 + number // 100 % 700}-555-01{number % 100:02}"  # NANPA: fiction


def _card(number: int, text: str) -> str:  # noqa: ARG001
    body = f"400000{number:09}"[:15]  # issuer test range
    digits = [int(d) for d in reversed(body)]
    total = sum(d if i % 2 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(digits))
    return f"{body}{-total % 10}"


def _ip(number: int, text: str) -> str:
    if ":" in text:
        return str(ipaddress.IPv6Address("2001:db8::") + number)  # RFC 3849
    nets = ("192.0.2.", "198.51.100.", "203.0.113.")  # RFC 5737
    return nets[number // 254 % 3] + str(1 + number % 254)


def _ssn(number: int, text: str) -> str:  # noqa: ARG001
    return f"000-{number // 10_000 % 100:02}-{number % 10_000:04}"  # area 000 is never issued


_MAKERS = {
    "EMAIL_ADDRESS": _email,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": _card,
    "IP_ADDRESS": _ip,
    "US_SSN": _ssn,
}

_NUMERIC = frozenset({"PHONE_NUMBER", "CREDIT_CARD", "US_SSN"})
_NUMBER = b"number"

_OURS = (Surrogate, Mask, KeyedHash, AesEncrypt, Remove, FormatPreserving)


class Replacements:
    """Applies operators by name; ours registered with Presidio's factory."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self._factory = OperatorsFactory()
        for operator in _OURS:
            self._factory.add_anonymize_operator(operator)

    def replacement(self, operator: str, entity_type: str, value: str, token: str) -> str:
        """What stands in the place of `value`."""
        made = self._factory.create_operator_class(operator, OperatorType.Anonymize)
        params = {"token": token, "entity_type": entity_type, "key": self._key}
        return str(made.operate(value, params))

    def number(self, operator: str, entity_type: str, value: str, token: str) -> str:
        """What stands where a number has to stay a number: digits.

        Stand-ins and ciphertexts where the operator makes any, else the token's number.
        """
        if operator == "encrypt":
            sealed = _cipher(self._key).encrypt(value.encode(), [_NUMBER])
            # The leading one keeps the zeros behind it.
            return str(int.from_bytes(b"\1" + sealed))
        if operator == "format_preserving" and entity_type in _NUMERIC:
            made = re.sub(r"\D", "", self.replacement(operator, entity_type, value, token))
            return made.lstrip("0")
        return number_for(token)


def number_for(token: str) -> str:
    """The token's number as digits, for places where a number has to stay a number."""
    return re.sub(r"\D", "", token.rpartition("_")[2]) or "0"


def decrypt(token: str, key: bytes) -> str:
    """The value in a token (or a number) of the `encrypt` operator.

    `key` is the policy's. Raises `PolicyError` for a wrong key and for what is no such token.
    """
    kind, _, sealed = token.strip("<>").partition(":")
    try:
        if token.isdecimal():
            number = int(token)
            kind, raw = _NUMBER.decode(), number.to_bytes((number.bit_length() + 7) // 8)[1:]
        else:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return _cipher(key).decrypt(raw, [kind.encode()]).decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError):
        raise PolicyError(
            "the token was not made with this key", remedy="use the key of that policy"
        ) from None


def _cipher(key: bytes) -> AESSIV:
    return AESSIV(_key(key, b"encrypt", 64))


def _key(key: bytes, purpose: bytes, size: int) -> bytes:
    """A key of `size` bytes (at most 64) for one purpose: HMAC as a derivation (NIST SP 800-108)."""
    parts = (hmac.new(key, bytes([i]) + purpose, sha256).digest() for i in (1, 2))
    return b"".join(parts)[:size]
