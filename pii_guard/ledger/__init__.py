"""The ledger of certificates: append-only, in one SQLite file or a shared PostgreSQL database."""

from pii_guard.ledger.entering import enter
from pii_guard.ledger.interface import Batch, Erased, Ledger, Receipt
from pii_guard.ledger.opening import open_ledger

__all__ = ["Batch", "Erased", "Ledger", "Receipt", "enter", "open_ledger"]
