"""What Django answers where a form as a whole cannot be taken in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from pii_guard.intake.form import MULTIPART
from pii_guard.intake.problem import MEDIA_TYPE, Problem


class Refused(BadRequest):  # type: ignore[misc]
    """A form of which nothing is stored, with its `problem`. Without `ProblemMiddleware` Django answers 400."""

    def __init__(self, told: Problem) -> None:
        super().__init__(str(told.members["detail"]))
        self.problem = told


class ProblemMiddleware:
    """Reads multipart forms before anything else does, and answers what is refused as a whole with a problem
    document: 413, 503 with Retry-After, and the like. A refused file is no such thing: it is an error at its
    field. It stands first. Raises `PolicyError` as the program starts, for settings that cannot be used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from pii_guard.intake.django.uploads import forms_of_settings

        forms_of_settings()
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.method == "POST" and request.content_type == MULTIPART:
                _ = request.POST
        except Refused as refused:
            told = refused.problem
            return HttpResponse(
                told.body, status=told.status, headers=told.headers, content_type=MEDIA_TYPE
            )
        try:
            return self._get_response(request)
        finally:
            submission: Any = getattr(request, "redacted", None)
            if submission is not None:
                submission.discard()
