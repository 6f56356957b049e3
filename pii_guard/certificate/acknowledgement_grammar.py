"""The closed grammar of an acknowledgement: words of ours, times, digests and ids, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pii_guard.certificate.grammar import STATEMENT_TYPE
from pii_guard.certificate.reference import reference_fault
from pii_guard.certificate.shapes import (
    DATE,
    DIGEST,
    HEX,
    NONCE,
    TIME,
    UUID,
    Each,
    Form,
    Schema,
    Table,
    Word,
)
from pii_guard.certificate.terms import ASSURANCES, PLACES, REASONS
from pii_guard.certificate.terms.template import IDENTIFIER, LANGUAGE, VERSION

PREDICATE_TYPE = "urn:pii-guard:acknowledgement:v1"
SUBJECT = "deletion-certificate"


def misfit(statement: Any) -> str | None:
    """Where a statement leaves the grammar (`/predicate/placesChecked/0`), or None."""
    return _STATEMENT.misfit(statement)


def json_schema() -> Schema:
    """The grammar as JSON Schema (draft 2020-12): the file in `schemas/` is this."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PREDICATE_TYPE}:schema",
        "title": "Acknowledgement, version 1: an in-toto Statement v1",
        **_STATEMENT.schema(),
    }


@dataclass(frozen=True, slots=True)
class _ByMethod:
    """A table whose fields depend on its `method`."""

    kinds: Mapping[str, Table]

    def misfit(self, value: Any) -> str | None:
        method = value.get("method") if isinstance(value, dict) else None
        if not isinstance(method, str) or method not in self.kinds:
            return "/method"
        return self.kinds[method].misfit(value)

    def schema(self) -> Schema:
        return {"oneOf": [kind.schema() for kind in self.kinds.values()]}


def _kind(method: str, **fields: Form) -> Table:
    return Table({"method": Word.of({method}), **fields})


_ACCOUNT = Form(
    "[A-Za-z0-9._:/#-]+",
    64,
    lambda text: not reference_fault(text),
    "the platform's number, no name",
)
_SIGNER = _ByMethod(
    {
        "pkcs8": _kind("pkcs8"),
        "sshsig": _kind("sshsig"),
        "platform_session": _kind("platform_session", account=_ACCOUNT, acceptedAt=TIME),
        # A scan's noise cannot be guessed, so its digest gives nothing of the page away.
        "wet_ink": _kind("wet_ink", page=DIGEST),
    }
)
_TERMS = Table(
    {
        "templateId": Form(IDENTIFIER),
        "version": Form(VERSION),
        "language": Form(LANGUAGE),
        "digest": DIGEST,
    }
)
_EXCEPTION = Table({"place": Word.of(PLACES), "reason": Word.of(REASONS)}, {"until": DATE})
_PREDICATE = Table(
    {
        "nonce": NONCE,
        "certificate": Table({"id": UUID}),
        "terms": _TERMS,
        "statements": Each(Form(IDENTIFIER), 1),
        "placesChecked": Each(Word.of(PLACES), 1),
        "exceptions": Each(_EXCEPTION),
        "completedAt": TIME,
        "signer": _SIGNER,
        "identityAssurance": Word.of(ASSURANCES),
    }
)
_STATEMENT = Table(
    {
        "_type": Word.of({STATEMENT_TYPE}),
        "subject": Each(Table({"name": Word.of({SUBJECT}), "digest": Table({"sha256": HEX})}), 1),
        "predicateType": Word.of({PREDICATE_TYPE}),
        "predicate": _PREDICATE,
    }
)
