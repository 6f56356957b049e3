"""The part about special categories (`sensitive.py`), or nothing where that module is absent."""

from __future__ import annotations

import importlib
import importlib.util
import random
from typing import Any

_NAME = "models.generate.sensitive"
_PART: Any = importlib.import_module(_NAME) if importlib.util.find_spec(_NAME) else None

COLUMNS: tuple[tuple[str, str], ...] = tuple(_PART.COLUMNS_SENSITIVE) if _PART else ()
HEADERS: dict[str, list[str]] = dict(_PART.HEADERS_SENSITIVE) if _PART else {}


def sensitive(rng: random.Random) -> str | None:
    """A template about somebody's health, faith, …"""
    return str(_PART.sensitive(rng)) if _PART else None


def neutral(rng: random.Random) -> str | None:
    """A template with the same words in other roles."""
    return str(_PART.neutral(rng)) if _PART else None


def value(slot: str, rng: random.Random) -> tuple[str, str]:
    """A value for a slot of that part and its label; KeyError for a slot it does not know."""
    if _PART is None:
        raise KeyError(slot)
    drawn = _PART.value(slot, rng)
    if isinstance(drawn, tuple):
        return str(drawn[0]), str(drawn[1])
    return str(drawn), slot if slot.isupper() else ""
