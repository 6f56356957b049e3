"""What a researcher signs: templates of plain words, and the closed words of an acknowledgement."""

from pii_guard.certificate.terms.template import (
    LANGUAGES,
    Clause,
    Rendered,
    Terms,
    load_terms,
    shipped_terms,
)
from pii_guard.certificate.terms.words import ASSURANCES, METHODS, PLACES, REASONS

__all__ = [
    "ASSURANCES",
    "LANGUAGES",
    "METHODS",
    "PLACES",
    "REASONS",
    "Clause",
    "Rendered",
    "Terms",
    "load_terms",
    "shipped_terms",
]
