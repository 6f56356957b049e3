"""The programme's reference for a case: the one text in a certificate that a caller chooses."""

from __future__ import annotations

import ipaddress
import re

from pii_guard.errors import CertificateError

MOST = 64
LETTERS = r"[A-Za-z0-9._:/#-]+"
_LETTERS = re.compile(rf"[A-Za-z0-9._:/#-]{{1,{MOST}}}")
_SEPARATORS = re.compile(r"[._:/#-]+")
_PUBLIC = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|GHSA(?:-[2-9cfghjmpqrvwx]{4}){3}"
)
"""UUIDs (RFC 9562) and advisory numbers: their groups may happen to be letters only."""
_DIGEST = re.compile(r"[0-9A-Fa-f]{32,}")
_SSN = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")
_ADDRESS = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
)
_PERSONAL_DIGITS = 9
"""A number of its own with as many digits may be a person's: the shortest phone and tax numbers."""
_REMEDY = "use the programme's own number, such as VDP-2026-0142"


def check_reference(ref: str) -> None:
    """Refuse a reference that may say who the case is about.

    At most 64 letters, digits and `._:/#-`; one word at most beside the numbers. Raises
    `CertificateError`, whose message does not repeat the reference.
    """
    fault = reference_fault(ref)
    if fault:
        raise CertificateError(f"the case reference {fault}", remedy=_REMEDY)


def reference_fault(ref: str) -> str:
    """What is wrong with a reference, as the end of a sentence; "" when it may be used."""
    if "@" in ref:
        return "may be an e-mail address or an account name: it holds an @"
    if not _LETTERS.fullmatch(ref):
        return f"is not 1 to {MOST} letters, digits and ._:/#-"
    if _PUBLIC.fullmatch(ref):
        return ""
    if _DIGEST.search(ref):
        return "may be a digest, which can be guessed back"
    if _ADDRESS.search(ref) or _is_ip(ref):
        return "may be an address of a device"
    pieces = [piece for piece in _SEPARATORS.split(ref) if piece]
    words = [piece for piece in pieces if piece.isalpha() and len(piece) > 1]
    if len(words) > 1:
        return "may be a name: it holds more than one word"
    digits = "".join(filter(str.isdigit, ref))
    bare = not any(piece.isalpha() for piece in pieces) and digits == "".join(pieces)
    if _SSN.search(ref) or (bare and len(digits) >= _PERSONAL_DIGITS):
        return "may be a person's number"
    return ""


def _is_ip(ref: str) -> bool:
    try:
        ipaddress.ip_address(ref)
    except ValueError:
        return False
    return True
