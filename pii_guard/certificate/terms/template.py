"""The terms a researcher signs: a template with numbered statements, known by its digest.

A programme may bring its own file. Its digest goes into each acknowledgement, so that nobody can
say later that other words were signed. Counsel must review the words, the shipped ones too.
"""

from __future__ import annotations

import hashlib
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from pii_guard.certificate.terms.words import PLACES, REASONS
from pii_guard.errors import CertificateError

SCHEMA = "pii-guard/terms/1"
PLACEHOLDERS = frozenset({"certificate", "digest", "case", "completed"})
"""What a text may take from the certificate and its acknowledgement; nothing else is filled in."""
LANGUAGES = ("en", "de", "fr")
IDENTIFIER = "[a-z][a-z0-9-]{0,39}"
VERSION = r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}"
LANGUAGE = "[a-z]{2,3}(?:-[A-Z]{2})?"
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered statement. `required`: without it nothing is acknowledged."""

    identifier: str
    text: str
    required: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """A template. `digest` is `sha256:…` of the file's bytes; `places` and `reasons` are labels.

    Only the places that the template labels are asked about, and may be ticked.
    """

    template_id: str
    version: str
    language: str
    digest: str
    title: str
    review: str
    opening: str
    clauses: tuple[Clause, ...]
    closing: str
    places: Mapping[str, str] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)

    def reference(self) -> dict[str, str]:
        """How a statement names these terms."""
        return {
            "templateId": self.template_id,
            "version": self.version,
            "language": self.language,
            "digest": self.digest,
        }

    def rendered(self, values: Mapping[str, str]) -> Rendered:
        """The words with each of `PLACEHOLDERS` filled in. Raises `KeyError` where one lacks."""
        return Rendered(
            self.title,
            self.opening.format_map(values),
            tuple((one.identifier, one.text.format_map(values)) for one in self.clauses),
            self.closing.format_map(values),
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """Terms as a person reads them; clauses by their identifier."""

    title: str
    opening: str
    clauses: tuple[tuple[str, str], ...]
    closing: str


def shipped_terms(language: str = "en") -> Terms:
    """The template that comes with the package. Raises `CertificateError` for another language."""
    if language not in LANGUAGES:
        raise CertificateError(
            "there are no shipped terms in this language",
            remedy=f"choose one of {', '.join(LANGUAGES)}, or give a file with --terms",
        )
    file = resources.files(__package__) / f"researcher-deletion-1.{language}.toml"
    return load_terms(file.read_bytes())


def load_terms(content: bytes) -> Terms:
    """Terms in a TOML file. Raises `CertificateError`, whose message repeats nothing of it."""
    if len(content) > _MOST:
        raise _refused(f"is larger than {_MOST} bytes")
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _refused("is no TOML in UTF-8") from None
    known = {"schema", "id", "version", "language", "title", "review", "opening", "closing",
             "statement", "places", "reasons"}  # fmt: skip
    if table.get("schema") != SCHEMA or set(table) != known:
        raise _refused("has a field too many or too few, or another schema")
    clauses = _clauses(table["statement"])
    return Terms(
        _form(table["id"], IDENTIFIER),
        _form(table["version"], VERSION),
        _form(table["language"], LANGUAGE),
        f"sha256:{hashlib.sha256(content).hexdigest()}",
        _text(table["title"]),
        _text(table["review"]),
        _text(table["opening"], PLACEHOLDERS),
        clauses,
        _text(table["closing"], PLACEHOLDERS),
        _labels(table["places"], PLACES),
        _labels(table["reasons"], tuple(REASONS)),
    )


def _clauses(entries: Any) -> tuple[Clause, ...]:
    if not isinstance(entries, list) or not 0 < len(entries) <= 40:
        raise _refused("has no statements, or too many")
    clauses = []
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != {"id", "text", "required"}:
            raise _refused("has a malformed statement")
        if not isinstance(entry["required"], bool):
            raise _refused("has a malformed statement")
        text = _text(entry["text"], PLACEHOLDERS)
        clauses.append(Clause(_form(entry["id"], IDENTIFIER), text, entry["required"]))
    if len({one.identifier for one in clauses}) < len(clauses):
        raise _refused("has two statements of one id")
    if not any(one.required for one in clauses):
        raise _refused("requires no statement")
    return tuple(clauses)


def _labels(table: Any, words: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(table, dict) or not table or not table.keys() <= set(words):
        raise _refused("labels a place or reason that is no word of ours, or none at all")
    return {word: _text(table[word]) for word in words if word in table}


def _form(value: Any, pattern: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise _refused("has a malformed id, version or language")
    return value


def _text(value: Any, placeholders: frozenset[str] = frozenset()) -> str:
    if not isinstance(value, str) or not value.strip() or not _printable(value):
        raise _refused("has a text that is empty or holds control characters")
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise _refused("has a brace without its partner") from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in placeholders or form or conversion):
            raise _refused("has a placeholder that is not filled in there")
    return value


def _printable(value: str) -> bool:
    # Bidirectional controls, too, are refused: what is shown must be what is signed. The two spaces
    # that do not break stand before French punctuation.
    return all(char.isprintable() or char in "\n\u00a0\u202f" for char in value)


def _refused(what: str) -> CertificateError:
    return CertificateError(f"the terms template {what}", remedy="compare it with the shipped one")
