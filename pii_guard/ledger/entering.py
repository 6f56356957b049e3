"""A certificate into a ledger, and back as one file that proves it is there."""

from __future__ import annotations

from pii_guard.certificate.bundle import Bundle
from pii_guard.certificate.envelope import Certificate
from pii_guard.certificate.grammar import PREDICATE_TYPE
from pii_guard.certificate.leaf import leaf_data
from pii_guard.ledger.interface import Ledger


def enter(ledger: Ledger, certificate: Certificate) -> Bundle:
    """Append a certificate; when this returns the entry is on disk and under a signed checkpoint.

    Its envelope is kept beside the entry until `Ledger.erase`. Entering it again gives a new proof
    of the same entry. Raises `LedgerError`, and then nothing was appended.
    """
    leaf = leaf_data(PREDICATE_TYPE, certificate.payload)
    receipt = ledger.append(leaf, certificate.to_json())
    return Bundle(certificate.envelope, receipt.inclusion, receipt.checkpoint)
