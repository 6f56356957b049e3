"""Rows of an invented audit, the same every time, and rows that try to get out of a report."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import islice

from pii_guard.audit.rows import LISTED, Counted, Found, Row, Verdict, worst
from pii_guard.entities import entity

SEVERITIES = ("low", "medium", "high", "critical")
TYPES = (
    "PERSON EMAIL_ADDRESS PHONE_NUMBER ADDRESS IP_ADDRESS USERNAME DATE_OF_BIRTH CREDIT_CARD IBAN_CODE "
    "US_SSN DE_TAX_ID PASSWORD API_KEY SESSION_ID HEALTH MEDICAL_RECORD_NUMBER LOCATION AGE RELIGION"
).split()
MEDIA = (
    "application/json",
    "text/csv",
    "application/pdf",
    "text/x-log",
    "message/rfc822",
    "image/png",
)
REASONS = ("encrypted", "unsupported", "corrupt", "limit:size", "timeout")
FOLDERS = (
    "intake/2025/VDP-{n:04}", "intake/2026/VDP-{n:04}", "exports/crm/<PERSON_1>", "exports/billing",
    "mail/archive/<EMAIL_ADDRESS_1>", "scans/batch {n}", "wiki/attachments/{n}",
)  # fmt: skip
LIMITS = '{"maxFileBytes": 100000000, "maxPages": 2000}'


def digits(*parts: object) -> str:
    """Sixty-four hexadecimal digits that tell these from others."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def found(kind: str, severity: str, number: int, **changes: object) -> Found:
    """One finding."""
    fields: dict[str, object] = {
        "entity_type": kind, "category": entity(kind).category.value, "severity": severity,
        "locator": f"line {number}", "start": 4, "end": 12, "score": 0.85, "preview": "J***",
        "recognizer": "PersonRecognizer", "rule": "strong_identifier", "beside": ("PERSON",),
        "kind": "prose", "layer": "", "fingerprint": digits(kind, number),
    }  # fmt: skip
    return Found(**{**fields, **changes})


def row(location: str, verdict: str = Verdict.CLEAN, **changes: object) -> Row:
    """One row, of a text without anything in it unless told otherwise."""
    fields: dict[str, object] = {
        "location": location, "location_key": digits(location), "source": 1, "size": 1_234,
        "version": "", "modified": "2026-03", "media_type": "text/plain", "verdict": verdict,
        "tool": "pii_guard 0.1.0", "ruleset": digits("rules"), "model": digits("model"),
        "policy": digits("policy"), "limits": LIMITS,
    }  # fmt: skip
    return Row(**{**fields, **changes})


def row_with(location: str, kinds: dict[str, tuple[str, int]], **changes: object) -> Row:
    """A row in which so many of each type were found, each of this severity."""
    counts = tuple(
        Counted(kind, entity(kind).category.value, severity, count)
        for kind, (severity, count) in kinds.items()
    )
    every = (
        found(kind, severity, number)
        for kind, (severity, count) in kinds.items()
        for number in range(1, count + 1)
    )
    listed = tuple(islice(every, LISTED))
    fields: dict[str, object] = {
        "verdict": Verdict.FOUND, "severity": worst(counts), "counts": counts, "findings": listed,
    }  # fmt: skip
    return row(location, **{**fields, **changes})


def rows(count: int = 2_000, seed: int = 1, sources: int = 1) -> list[Row]:
    """An audit of many folders, sorted as a manifest is."""
    return sorted(
        _rows(count, random.Random(seed), sources), key=lambda one: (one.source, one.location)
    )


def _rows(count: int, dice: random.Random, sources: int) -> Iterator[Row]:
    for number in range(count):
        folder = dice.choice(FOLDERS).format(n=dice.randrange(1, 40))
        media = dice.choice(MEDIA)
        month = f"{dice.choice((2024, 2025, 2025, 2026))}-{dice.randrange(1, 13):02}"
        told = {
            "location": f"{folder}/file-{number:05}.{media.rpartition('/')[2]}",
            "source": number % sources + 1, "size": dice.randrange(100, 5_000_000),
            "modified": dice.choice((month,) * 30 + ("", "1980-01")), "media_type": media,
        }  # fmt: skip
        outcome = dice.random()
        if outcome < 0.03:
            yield row(
                verdict=Verdict.QUARANTINED, reason=dice.choice(REASONS), where="page 2", **told
            )
        elif outcome < 0.35:
            kinds = dice.sample(TYPES, dice.randrange(1, 6), counts=range(len(TYPES), 0, -1))
            chosen = {
                kind: (
                    dice.choices(SEVERITIES, (6, 8, 3, 1))[0],
                    min(9, int(dice.expovariate(0.4)) + 1),
                )
                for kind in kinds
            }
            yield row_with(kinds=chosen, **told)
        elif outcome < 0.36:
            yield row(verdict=Verdict.SKIPPED, **told)
        else:
            yield row(**told)
