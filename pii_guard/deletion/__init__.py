"""Deletions performed, and what may be claimed of them: files, objects, memory, and others' word."""

from pii_guard.deletion.environment import Watch
from pii_guard.deletion.files import Seen, delete_files
from pii_guard.deletion.objects import delete_objects
from pii_guard.deletion.statements import KeyReport, attest, crypto_erased, scheduled
from pii_guard.isolation.core_dumps import forbid_core_dumps

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
