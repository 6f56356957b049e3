"""What a web hook answers where it stores nothing: a problem document (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pii_guard.errors import (
    Busy,
    FormError,
    FormRefused,
    IsolationError,
    NotStored,
    PiiGuardError,
    ReasonCode,
)

MEDIA_TYPE = "application/problem+json"
_FAULTS = {
    "malformed": HTTPStatus.BAD_REQUEST,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
_RESTART_S = 30
"""Seconds in which a system that lacks memory or processes may have them again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, what it says beside `type`, `title` and `status`, and headers to send with it."""

    status: int
    members: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """The members of the document; its type is that of its status ("about:blank")."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, **self.members}

    @property
    def body(self) -> bytes:
        return json.dumps(self.document).encode()


@contextmanager
def answered(refused: Callable[[Problem], Exception]) -> Iterator[None]:
    """Raises what `refused` makes of a problem in place of what the sender can be told."""
    try:
        yield
    except PiiGuardError as error:
        told = problem(error)
        if told is None:
            raise
        raise refused(told) from None


def problem(error: BaseException) -> Problem | None:
    """What to tell the sender of a form; None for what is no answer to a sender: the program's own fault.

    413 for what is too large, 422 for what is quarantined, 503 where there is no room now, 400 and 415
    for what is no form. Nothing of what was sent is in it.
    """
    if isinstance(error, NotStored):
        too_large = error.reason.code is ReasonCode.LIMIT_SIZE
        status = _FAULTS["too_large"] if too_large else HTTPStatus.UNPROCESSABLE_ENTITY
        return Problem(status, _members(error, error.reason.code) | _parts(error), {})
    if isinstance(error, FormError):
        return Problem(_FAULTS[error.kind], _members(error, error.code), {})
    if isinstance(error, (Busy, IsolationError)):
        after = error.retry_after_s if isinstance(error, Busy) else _RESTART_S
        headers = {"Retry-After": str(after)}
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, _members(error, error.code), headers)
    return None


def _members(error: PiiGuardError, code: str) -> dict[str, Any]:
    return {"detail": str(error), "code": str(code), "remedy": error.remedy}


def _parts(error: NotStored) -> dict[str, Any]:
    if not isinstance(error, FormRefused):
        return {}
    told = [
        {
            "field": part.field,
            "number": part.number,
            "code": str(part.reason.code),
            "where": part.reason.where,
            "remedy": part.reason.remedy,
        }
        for part in error.parts
    ]
    return {"parts": told}
