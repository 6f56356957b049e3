"""A quarantine: what could not be redacted is kept for a while, for who has the private key alone.

Nothing is kept unless a policy or a caller says where. Where reports come in, entries can be written,
listed and deleted, and none can be read.
"""

from pii_guard.quarantine.entry import Entry
from pii_guard.quarantine.keys import Identity, Recipient, generate
from pii_guard.quarantine.purging import Purged, purge
from pii_guard.quarantine.releasing import release
from pii_guard.quarantine.store import Listed, Quarantine, entries

__all__ = [
    "Entry",
    "Identity",
    "Listed",
    "Purged",
    "Quarantine",
    "Recipient",
    "entries",
    "generate",
    "purge",
    "release",
]
