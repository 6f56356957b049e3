"""Deletions performed, and what may be claimed of them: files, objects, memory, and others' word."""

from pii_guard.deletion.environment import Watch, forbid_core_dumps
from pii_guard.deletion.files import Seen, delete_files
from pii_guard.deletion.objects import delete_objects
from pii_guard.deletion.statements import KeyReport, attest, crypto_erased, scheduled

__all__ = [
    "KeyReport",
    "Seen",
    "Watch",
    "attest",
    "crypto_erased",
    "delete_files",
    "delete_objects",
    "forbid_core_dumps",
    "scheduled",
]
