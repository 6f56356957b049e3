"""The ledger of certificates: append-only, in one SQLite file or a shared PostgreSQL database."""

from pii_guard.ledger.entering import enter
from pii_guard.ledger.interface import Batch, Erased, Ledger, Receipt
from pii_guard.ledger.opening import open_ledger
from pii_guard.ledger.retention import due, is_held

__all__ = ["Batch", "Erased", "Ledger", "Receipt", "due", "enter", "is_held", "open_ledger"]
