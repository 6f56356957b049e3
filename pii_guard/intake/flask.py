"""Forms in Flask: `request.form` and `request.files` hold what may be stored, and nothing else.

    PiiGuard(app, policy="pii-guard.toml")

Werkzeug reads a form when it is first asked for; its files come to us, not to its temporary files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any, cast

from flask import Flask, Request, current_app, has_request_context
from flask import request as current_request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.wrappers import Response

from pii_guard.errors import FormError, PolicyError
from pii_guard.intake.form import MULTIPART, URLENCODED, Forms, Incoming, IncomingFile
from pii_guard.intake.problem import MEDIA_TYPE, Problem, answered
from pii_guard.intake.submission import KEY, Submission


class Refused(HTTPException):
    """A form of which nothing is stored. Its response is a problem document."""

    def __init__(self, told: Problem) -> None:
        super().__init__(str(told.members["detail"]))
        self.code = told.status
        self.problem = told

    def get_response(self, *_: Any, **__: Any) -> Response:
        told = self.problem
        return Response(told.body, told.status, dict(told.headers), content_type=MEDIA_TYPE)


class PiiGuard:
    """Redacts the multipart forms of an application. `options`: those of `Forms`.

    What is refused is answered with a problem document (`Refused`, which `errorhandler` takes like any
    exception of Werkzeug's). URL-encoded forms and other bodies pass as they are.
    """

    def __init__(self, app: Flask | None = None, **options: Any) -> None:
        self.forms = Forms(**options)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Have this application's forms redacted."""
        forms = app.extensions["pii_guard"] = self.forms

        class RedactingRequest(app.request_class):  # type: ignore[misc,name-defined]
            """Reads forms through the guard."""

            def make_form_data_parser(self) -> FormDataParser:
                return _Parser(self, forms)

        app.request_class = RedactingRequest
        app.teardown_request(_forget)


def submission() -> Submission:
    """What the form of this request became, with its certificate. Reads the form if nobody did yet.

    A URL-encoded form is redacted now, and stays in `request.form` as it came. Raises `Refused`, and
    `PolicyError` outside a request and for other bodies.
    """
    if has_request_context() and "pii_guard" in current_app.extensions:
        environ = current_request.environ
        fields = current_request.form
        if KEY not in environ and current_request.mimetype == URLENCODED:
            forms: Forms = current_app.extensions["pii_guard"]
            with answered(Refused):
                environ[KEY] = _of_fields(forms, fields.items(multi=True))
        if KEY in environ:
            return cast(Submission, environ[KEY])
    raise PolicyError(
        "this request has no form",
        remedy="ask for it where a form was sent, in an application with PiiGuard",
    )


def _of_fields(forms: Forms, fields: Iterable[tuple[str, str]]) -> Submission:
    opened = forms.open()
    with forms.taking(opened):
        for name, value in fields:
            opened.text(name, value)
        return forms.redact(opened)


def _forget(_: BaseException | None) -> None:
    found: Submission | None = current_request.environ.pop(KEY, None)
    if found is not None:
        found.discard()


class _Parser(FormDataParser):
    """Werkzeug's parser, whose multipart forms come out redacted."""

    def __init__(self, request: Request, forms: Forms) -> None:
        super().__init__(
            max_form_memory_size=request.max_form_memory_size,
            max_content_length=request.max_content_length,
            max_form_parts=request.max_form_parts,
            cls=request.parameter_storage_class,
            silent=False,  # or a broken form would be an empty one
        )
        self._request, self._forms = request, forms

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        if mimetype != MULTIPART:
            self.silent = True
            return super().parse(stream, mimetype, content_length, options)
        with answered(Refused):
            environ = self._request.environ
            opened = self._forms.open(
                environ.get("CONTENT_LENGTH") or "", environ.get("HTTP_CONTENT_RANGE") or ""
            )
            with self._forms.taking(opened):
                made = self._redacted(stream, content_length, options or {}, opened)
        environ[KEY] = made
        files = [
            *(
                (
                    file.field_name,
                    FileStorage(
                        file.open(), file.name, file.field_name, content_type=file.media_type
                    ),
                )
                for file in made.files
            ),
            *((name, FileStorage(filename="", name=name)) for name in made.blank),
        ]
        return stream, self.cls(made.fields), self.cls(files)

    def _redacted(
        self, stream: IO[bytes], length: int | None, options: dict[str, str], opened: Incoming
    ) -> Submission:
        parser = _Multipart(self, opened)
        boundary = options.get("boundary", "").encode("ascii", "replace")
        if not boundary:
            raise FormError("the form cannot be read: it names no boundary")
        counted = cast(IO[bytes], _Counted(stream, opened))
        try:
            fields, _ = parser.parse(counted, boundary, length)
        except RequestEntityTooLarge:
            raise FormError(
                "the form is too large", kind="too_large", remedy="send less at once"
            ) from None
        except (ValueError, LookupError):
            # Without its message, which may quote the body.
            raise FormError(
                "the form cannot be read: it is no multipart body or was cut off",
                remedy="send it again, as a whole",
            ) from None
        for name, value in fields.items(multi=True):
            opened.text(_named(name), value)
        return self._forms.redact(opened)


class _Multipart(MultiPartParser):
    """Werkzeug's parser of multipart forms, whose files are ours."""

    def __init__(self, parser: FormDataParser, opened: Incoming) -> None:
        super().__init__(
            max_form_memory_size=parser.max_form_memory_size,
            max_form_parts=parser.max_form_parts,
        )
        self._opened = opened

    def start_file_streaming(self, event: Any, total_content_length: int | None) -> IO[bytes]:  # noqa: ARG002 - as Werkzeug calls it
        made = self._opened.file(_named(event.name), event.filename or "")
        return cast(IO[bytes], _Stream(made))


class _Stream:
    """What Werkzeug writes a file to, and goes back to the beginning of."""

    def __init__(self, incoming: IncomingFile) -> None:
        self._incoming = incoming

    def write(self, part: bytes) -> int:
        return self._incoming.write(part)

    def seek(self, offset: int) -> int:
        return offset

    def close(self) -> None:
        """It is the form's."""


class _Counted:
    """A body that is counted while it is read."""

    def __init__(self, stream: IO[bytes], opened: Incoming) -> None:
        self._stream, self._opened = stream, opened

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self._opened.took(len(part))
        return part


def _named(name: str | None) -> str:
    if name is None:
        raise FormError("the form cannot be read: a part has no name")
    return name
