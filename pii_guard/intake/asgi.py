"""Forms in ASGI programs (Starlette, FastAPI, Django's ASGI handler): redacted before they see a byte.

    form = RedactedForm(policy="pii-guard.toml")                  # a dependency: this route's form
    app.add_middleware(RedactingMiddleware, policy="pii-guard.toml")   # every multipart form there is

Both own the stream: what the framework would spool to disk as it is never reaches it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pii_guard.errors import FormError, FormRefused, PiiGuardError, PolicyError
from pii_guard.intake.form import MULTIPART, Forms
from pii_guard.intake.multipart import Written, media_type, reader
from pii_guard.intake.problem import MEDIA_TYPE, Problem, answered, problem
from pii_guard.intake.submission import KEY, Submission

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

_OF_THE_BODY = (b"content-type", b"content-length", b"transfer-encoding")
_THREADS = 64
_threads: RunVar[CapacityLimiter] = RunVar("pii_guard.threads")
"""Of our own: a form may take minutes, and whoever shares the common ones would wait for it."""


class Refused(HTTPException):
    """A form of which nothing is stored. Without `answer` its status is right and its body plain."""

    def __init__(self, told: Problem) -> None:
        super().__init__(told.status, str(told.members["detail"]), dict(told.headers))
        self.problem = told


async def answer(_: Request, refused: Exception) -> Response:
    """The problem document as such: `app.add_exception_handler(Refused, answer)`."""
    assert isinstance(refused, Refused)
    told = refused.problem
    return Response(told.body, told.status, dict(told.headers), MEDIA_TYPE)


class RedactedForm:
    """A dependency of FastAPI's that gives the route a `Submission`; for Starlette see `of`.

    `options`: those of `Forms`. Takes multipart and URL-encoded forms. Raises `Refused` for a form of
    which nothing is stored, and `PolicyError` where somebody read the form before.
    """

    def __init__(self, **options: Any) -> None:
        self.forms = Forms(**options)

    async def __call__(self, request: Request) -> AsyncIterator[Submission]:
        async with self.of(request) as submission:
            yield submission

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[Submission]:
        """The form of a request; it can be certified until the end of this."""
        given: Submission | None = submission_of(request.scope)
        if given is not None:  # the middleware redacted it
            yield given
            return
        # Nothing comes of a body that was read, not even its end: this would wait for ever.
        if any(vars(request).get(one) for one in ("_form", "_stream_consumed")):
            raise PolicyError(
                "the form was read before it could be redacted",
                remedy="take files and fields from the redacted form only",
            )
        with answered(Refused):
            submission = await _taken(self.forms, request.headers, _chunks(request.receive))
        try:
            yield submission
        finally:
            submission.discard()


class RedactingMiddleware:
    """Redacts multipart forms before the program reads them, whatever reads them there.

    `options`: those of `Forms`. The program finds its `Submission` by `submission_of(scope)`.
    Bodies of other types pass as they are. `pass_refusals`: a form that is refused for what is in it goes
    on, empty, with its `FormRefused` where the submission would be: Django's handler shows it at its fields.
    """

    def __init__(self, app: Any, *, pass_refusals: bool = False, **options: Any) -> None:
        self.app = app
        self.forms = Forms(**options)
        self._pass_refusals = pass_refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.lower(), value) for name, value in scope.get("headers", ())]
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        kinds = [value for name, value in headers if name == b"content-type"]
        if scope["type"] != "http" or not any(map(_is_form, kinds)):
            await self.app(scope, receive, send)
            return
        try:
            if len(kinds) > 1:  # whoever reads it behind us may go by another one
                raise FormError(
                    "the form cannot be read: it has several types of content",
                    remedy="send it with one Content-Type",
                )
            submission = await _taken(self.forms, told, _chunks(receive))
        except ClientDisconnect:
            return
        except PiiGuardError as error:
            refusal = problem(error)
            if refusal is None:
                raise
            if self._pass_refusals and isinstance(error, FormRefused) and error.files:
                empty = Written(error.fields)
                await self._on({**scope, KEY: error}, headers, empty, receive, send)
                return
            response = Response(refusal.body, refusal.status, dict(refusal.headers), MEDIA_TYPE)
            await response(scope, receive, send)
            return
        try:
            body = Written(submission.fields, submission.files, submission.blank)
            await self._on({**scope, KEY: submission}, headers, body, receive, send)
        finally:
            submission.discard()

    async def _on(
        self,
        scope: Scope,
        headers: Sequence[tuple[bytes, bytes]],
        body: Written,
        receive: Receive,
        send: Send,
    ) -> None:
        """To the program, with this body."""
        size = await _in_thread(lambda: body.size)
        about = [
            (b"content-type", body.content_type.encode()),
            (b"content-length", str(size).encode()),
        ]
        kept = [one for one in headers if one[0] not in _OF_THE_BODY]
        await self.app({**scope, "headers": [*kept, *about]}, _Replay(body, receive), send)


def _is_form(content_type: bytes) -> bool:
    return media_type(content_type.decode("latin-1")) == MULTIPART


class _Replay:
    """`receive` with another body."""

    def __init__(self, body: Written, receive: Receive) -> None:
        self._pieces: Iterator[bytes] | None = iter(body)
        self._receive = receive

    async def __call__(self) -> Message:
        if self._pieces is None:
            return await self._receive()
        piece = await _in_thread(lambda: next(self._pieces or iter(()), None))
        if piece is None:
            self._pieces = None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}


def submission_of(scope: MutableMapping[str, Any]) -> Submission | None:
    """What the middleware made of the form of a request; None where there was none."""
    found = scope.get(KEY)
    return found if isinstance(found, Submission) else None


async def _taken(forms: Forms, headers: Any, chunks: AsyncIterator[bytes]) -> Submission:
    """The form in a body. Raises `FormError`, `FormRefused`, `Busy`, and what the policy or key raises."""
    told = headers.get("content-length", ""), headers.get("content-range", "")
    opened = await _in_thread(lambda: forms.open(*told))
    with forms.taking(opened):
        read = reader(headers.get("content-type", ""), opened)
        async for chunk in chunks:
            await _in_thread(partial(read.feed, chunk))
        read.end()
        return await _in_thread(lambda: forms.redact(opened))


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The body of a request. Raises `ClientDisconnect` where it ends before it is complete."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        limiter = _threads.get()
    except LookupError:
        limiter = CapacityLimiter(_THREADS)
        _threads.set(limiter)
    return await to_thread.run_sync(work, limiter=limiter)
