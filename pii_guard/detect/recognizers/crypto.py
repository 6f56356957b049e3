"""Wallets of digital currencies, by their own check sums where they have one."""

from __future__ import annotations

import re
from hashlib import sha256

from pii_guard.detect.recognizer import VALIDATED, WEAK, Identifier
from pii_guard.detect.recognizers.numbered import AfterWords

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ALONE = r"(?<![0-9A-Za-z_/+-])(?P<value>{})(?![0-9A-Za-z_/+=-])"
_PROVED = r"(?<![0-9A-Za-z])(?P<value>{})(?![0-9A-Za-z])"
"""For what proves itself: a path, a sign or another script may touch it."""


class Base58Wallet(Identifier):
    """Bitcoin, Litecoin, Dogecoin and Tron addresses (Base58Check: double SHA-256)."""

    entity = "CRYPTO"
    pattern = re.compile(_PROVED.format(r"[13LMDAT9][1-9A-HJ-NP-Za-km-z]{25,34}"))
    score = VALIDATED

    def valid(self, text: str) -> bool | None:
        """25 bytes, the last four of which check the others."""
        number = 0
        for character in text:
            number = number * 58 + _BASE58.index(character)
        if number >= 256**25:
            return False
        raw = number.to_bytes(25, "big")
        return sha256(sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Bech32Wallet(Identifier):
    """Bitcoin and Litecoin segregated-witness addresses (BIP 173, BIP 350)."""

    entity = "CRYPTO"
    pattern = re.compile(
        _PROVED.format(r"(?i:bc1|ltc1)(?:[02-9ac-hj-np-z]{11,87}|[02-9AC-HJ-NP-Z]{11,87})")
    )
    score = VALIDATED
    pieces = ("bc1", "ltc1")

    def valid(self, text: str) -> bool | None:
        """The polynomial of prefix and data is 1, or that of Bech32m."""
        prefix, data = text.lower().split("1", 1)
        spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
        check = 1
        for value in spread + [_BECH32.index(c) for c in data]:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for i, step in enumerate(_STEPS):
                check ^= step if top >> i & 1 else 0
        return check in (1, 0x2BC830A3)


class EthereumWallet(Identifier):
    """Ethereum addresses by label: alone they are forty hex digits of a contract or a hash."""

    entity = "CRYPTO"
    pattern = re.compile(_ALONE.format(r"0x[0-9a-fA-F]{40}"))
    score = WEAK
    words = (
        "wallet",
        "eth",
        "ethereum",
        "crypto",
        "payout",
        "ether",
        "eth address",
        "metamask",
        "polygon",
        "usdt",
    )
    reach = 40


class MoneroWallet(AfterWords):
    """Monero addresses behind their label."""

    entity = "CRYPTO"
    pattern = re.compile(_ALONE.format(r"[48][1-9A-HJ-NP-Za-km-z]{94}"))
    words = ("monero", "xmr", "wallet", "monero address", "xmr address", "monero wallet")


class RippleWallet(AfterWords):
    """Ripple addresses behind their label."""

    entity = "CRYPTO"
    pattern = re.compile(_ALONE.format(r"r[1-9A-HJ-NP-Za-km-z]{24,34}"))
    words = ("ripple", "xrp", "xrp address", "xrp wallet", "ripple address", "wallet")


class SolanaWallet(AfterWords):
    """Solana addresses behind their label."""

    entity = "CRYPTO"
    pattern = re.compile(_ALONE.format(r"[1-9A-HJ-NP-Za-km-z]{43,44}"))
    words = ("solana", "sol wallet", "sol address", "solana address", "solana wallet", "phantom")
