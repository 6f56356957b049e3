"""Django's upload stage: forms are read here, so that no file of them is on a disk as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict

from pii_guard.errors import FormError, FormRefused, PolicyError, Reason
from pii_guard.intake.django.answers import Refused
from pii_guard.intake.form import Forms, Incoming, IncomingFile
from pii_guard.intake.problem import answered
from pii_guard.intake.submission import KEY, RedactedFile, Submission

CSRF_FIELD = "csrfmiddlewaretoken"
_WITH_IT = "not_stored_with_it"


class RedactedUpload(UploadedFile):  # type: ignore[misc]
    """An uploaded file that may be stored. `redacted`: what stores it with a certificate."""

    def __init__(self, redacted: RedactedFile) -> None:
        super().__init__(
            redacted.open(),
            redacted.name,
            redacted.media_type,
            sum(map(len, redacted.pieces)),
        )
        self.redacted = redacted
        self.field_name = redacted.field_name

    def open(self, mode: str | None = None) -> RedactedUpload:  # noqa: ARG002 - as Django has it
        """From its beginning, closed or not."""
        if self.closed:
            self.file = self.redacted.open()
        self.file.seek(0)
        return self


class RefusedUpload(UploadedFile):  # type: ignore[misc]
    """In place of a file that is not stored: a form's field that looks at it has an error that says why."""

    def __init__(self, error: ValidationError) -> None:
        self._error = error
        super().__init__(None, "refused")

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise self._error

    @property
    def size(self) -> int:
        self._refuse()

    @size.setter
    def size(self, size: int | None) -> None:
        """It has none."""

    open = read = chunks = multiple_chunks = _refuse
    __iter__ = _refuse

    def close(self) -> None:
        """There is nothing to close."""


class RedactingUploadHandler(FileUploadHandler):  # type: ignore[misc]
    """Reads multipart forms in place of Django's other handlers; `request.POST` and `request.FILES` then hold
    what may be stored.

    `settings.PII_GUARD` has the options of `Forms`. The CSRF field passes as it is. `request.redacted`
    is the `Submission`. Raises `Refused` for a form that cannot be taken in as a whole, and
    `ImproperlyConfigured` behind Django's ASGI handler, which wrote the form to disk by then.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 - as Django calls it
        content_length: int,
        boundary: bytes,  # noqa: ARG002
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict]:
        request: HttpRequest = self.request
        done = getattr(request, "scope", {}).get(KEY)
        if done is None and hasattr(request, "scope"):
            raise ImproperlyConfigured(
                "Django's ASGI handler keeps forms on disk as they come: put "
                "pii_guard.intake.asgi.RedactingMiddleware(…, pass_refusals=True) before get_asgi_application()"
            )
        if done is None:
            with answered(Refused):
                done = _taken(input_data, META, content_length, encoding)
        if isinstance(done, FormRefused):
            files = _refused(done)
        else:
            request.redacted = done
            files = [(one.field_name, RedactedUpload(one)) for one in done.files]
        return _query(done.fields, encoding), _multi(files)

    def new_file(self, *_: Any, **__: Any) -> None:
        """Not called: the form was read already."""
        raise PolicyError("the form was read already")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Not called, nor is the rest."""

    def file_complete(self, file_size: int) -> None:
        """Not called."""


class _Collector(FileUploadHandler):  # type: ignore[misc]
    """Takes the files of a form as Django's parser finds them."""

    def __init__(self, opened: Incoming) -> None:
        super().__init__()
        self._opened = opened
        self._current: IncomingFile | None = None

    def new_file(self, field_name: str, file_name: str, *_: Any, **__: Any) -> None:
        self._current = self._opened.file(field_name, file_name)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002
        assert self._current is not None, "a file was begun"
        self._current.write(raw_data)

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        self._current = None


class _Counted:
    """A body that is counted while it is read."""

    def __init__(self, body: Any, opened: Incoming) -> None:
        self._body, self._opened = body, opened
        self.size = 0

    def read(self, size: int | None = None) -> bytes:
        part = cast(bytes, self._body.read(size))
        self._opened.took(len(part))
        self.size += len(part)
        return part


_NO_SETTINGS: dict[str, Any] = {}
_made: list[tuple[dict[str, Any], Forms]] = []
"""The settings that were last seen, and what they say: handlers are made for each request, and what is
worked on at once is counted for all of them."""


def forms_of_settings() -> Forms:
    """As the settings have it. Raises `PolicyError`."""
    told = getattr(settings, "PII_GUARD", _NO_SETTINGS)
    known = next(iter(_made), None)
    if known is None or known[0] is not told:
        options = dict(told)
        options["keep_fields"] = {CSRF_FIELD, *options.get("keep_fields", ())}
        known = told, Forms(**options)
        _made[:] = [known]
    return known[1]


def _taken(
    body: Any, meta: Mapping[str, Any], content_length: int, encoding: str | None
) -> Submission | FormRefused:
    """The form, or why nothing of it is stored."""
    forms = forms_of_settings()
    opened = forms.open(str(content_length), meta.get("HTTP_CONTENT_RANGE", ""))
    try:
        with forms.taking(opened):
            counted = _Counted(body, opened)
            post, _ = MultiPartParser(meta, counted, [_Collector(opened)], encoding).parse()
            if counted.size < content_length:
                raise FormError(
                    "the form cannot be read: it was cut off", remedy="send it again, as a whole"
                )
            for name, values in post.lists():
                for value in values:
                    opened.text(name, value)
            return forms.redact(opened)
    except FormRefused as refused:
        if any(part.number for part in refused.parts) and refused.files:
            return refused
        raise


def _refused(refused: FormRefused) -> list[tuple[str, RefusedUpload]]:
    """Each file, with an error: its own, or that of the form that it came with."""
    reasons = {part.number: part.reason for part in refused.parts}
    return [
        (name, RefusedUpload(_error(reasons.get(number))))
        for number, name in enumerate(refused.files, 1)
    ]


def _error(reason: Reason | None) -> ValidationError:
    if reason is None:
        return ValidationError(
            "This file is fine, but was not stored: another one of the form was refused. "
            "Choose it again.",
            code=_WITH_IT,
        )
    remedy = reason.remedy[0].upper() + reason.remedy[1:]
    return ValidationError(
        "This file was not stored: %(code)s. %(remedy)s.",
        code=str(reason.code),
        params={"code": str(reason.code), "remedy": remedy},
    )


def _query(fields: Any, encoding: str | None) -> QueryDict:
    query = QueryDict(mutable=True, encoding=encoding)
    for name, value in fields:
        query.appendlist(name, value)
    query._mutable = False  # noqa: SLF001 - as Django's own parser ends
    return query


def _multi(files: Any) -> MultiValueDict:
    made = MultiValueDict()
    for name, file in files:
        made.appendlist(name, file)
    return made
