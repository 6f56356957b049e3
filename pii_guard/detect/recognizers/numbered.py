"""Identifiers whose checksum a module of python-stdnum knows.

A checksum that one in ten numbers passes proves nothing about a bare run of digits: such numbers
stay WEAK unless a word names them. Forms with letters, dates or separators stand alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from stdnum import get_cc_module

from pii_guard.detect.recognizer import WEAK, Identifier


class Numbered(Identifier):
    """An identifier that `stdnum.<country>.<kind>` validates; the score is the form's own."""

    country: ClassVar[str]
    kind: ClassVar[str]
    score = WEAK

    def valid(self, text: str) -> bool | None:
        """False for a wrong check digit or date; a right one is worth what the form is."""
        try:
            return None if _check(self.country, self.kind)(text) else False
        except (LookupError, ValueError):
            return None  # its tables have holes; what cannot be refuted stays a candidate


def _check(country: str, kind: str) -> Callable[[str], bool]:
    module: Any = get_cc_module(country, kind)
    check: Callable[[str], bool] = module.is_valid
    return check


class AfterWords(Identifier):
    """A number without a checksum: it counts directly behind a word that names it."""

    score = WEAK
    adjacent = True
