"""Real servers of the web hooks, one of each kind for the whole run. What is sent to /TOKEN/FOLDER is stored as
the hook's test has it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route


@dataclass
class Desk:
    """How one test has forms stored, and what came of it."""

    options: dict[str, Any]
    """Of `Forms`."""
    store: Any = None
    """Takes a submission and a folder."""
    failed: list[BaseException] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


DESKS: dict[str, Desk] = {}


@cache
def asgi_port() -> int:
    """uvicorn, with the dependency at /form and the middleware at /middleware."""
    import uvicorn

    from pii_guard.intake.asgi import (
        RedactedForm,
        RedactingMiddleware,
        Refused,
        answer,
        submission_of,
    )

    async def form(request: Request):
        desk = DESKS[request.path_params["token"]]
        async with RedactedForm(**desk.options).of(request) as submission:
            return await stored(desk, submission, request)

    async def behind(request: Request):
        """A program that reads forms as Starlette does."""
        sent = await request.form()
        submission = submission_of(request.scope)
        assert [name for name, _ in sent.multi_items()] == [
            *(name for name, _ in submission.fields),
            *submission.blank,
            *(file.field_name for file in submission.files),
        ]
        for file in submission.files:
            for piece in file.pieces:  # not as a whole: it would be in memory twice
                assert await sent[file.field_name].read(len(piece)) == piece
            assert await sent[file.field_name].read() == b""
        return await stored(DESKS[request.path_params["token"]], submission, request)

    async def stored(desk, submission, request):
        desk.fields.update(submission.fields)
        try:
            await run_in_threadpool(desk.store, submission, request.path_params["folder"])
        except Exception as failed:
            desk.failed.append(failed)
            raise
        return PlainTextResponse("stored")

    inner = Starlette(routes=[Route("/{token}/{folder:path}", behind, methods=["POST"])])

    async def middleware(scope, receive, send):
        token = scope["path"].removeprefix("/middleware/").partition("/")[0]
        await RedactingMiddleware(inner, **DESKS[token].options)(scope, receive, send)

    app = Starlette(
        routes=[
            Route("/form/{token}/{folder:path}", form, methods=["POST"]),
            Mount("/middleware", app=middleware),
        ],
        exception_handlers={Refused: answer},
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server.servers[0].sockets[0].getsockname()[1]


@cache
def flask_port() -> int:
    """Werkzeug's server. Each token has an application of its own: /flask/TOKEN/FOLDER."""
    from flask import Flask, request
    from werkzeug.exceptions import HTTPException
    from werkzeug.serving import WSGIRequestHandler, make_server

    from pii_guard.intake.flask import PiiGuard, submission

    class Quiet(WSGIRequestHandler):
        def log(self, *_):
            pass

    apps: dict[str, Flask] = {}

    def made(token):
        desk = DESKS[token]
        app = Flask(token)
        app.logger.disabled = True
        PiiGuard(app, **desk.options)

        @app.post("/flask/<token>/", defaults={"folder": ""})
        @app.post("/flask/<token>/<path:folder>")
        def take(token, folder):
            for name, file in request.files.items():
                told = next(one for one in submission().files if one.field_name == name)
                assert file.filename == told.name
                assert all(file.read(len(piece)) == piece for piece in told.pieces)
                assert file.read() == b""
            desk.fields.update(request.form)
            try:
                desk.store(submission(), folder)
            except Exception as failed:
                desk.failed.append(failed)
                raise
            return "stored"

        @app.errorhandler(Exception)
        def failed(error):
            return error if isinstance(error, HTTPException) else ("failed", 500)

        return app

    def dispatch(environ, start_response):
        token = environ["PATH_INFO"].split("/")[2]
        if token not in apps:
            apps[token] = made(token)
        return apps[token](environ, start_response)

    server = make_server("127.0.0.1", 0, dispatch, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def django_settings() -> None:
    """Settings of a site that has nothing but the hook."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            SECRET_KEY="of tests",
            ALLOWED_HOSTS=["127.0.0.1"],
            ROOT_URLCONF="tests.contract.django_urls",
            MIDDLEWARE=["pii_guard.intake.django.ProblemMiddleware"],
            FILE_UPLOAD_HANDLERS=["pii_guard.intake.django.RedactingUploadHandler"],
            PII_GUARD={},
            LOGGING_CONFIG=None,
            USE_TZ=True,
        )
        import django

        django.setup()


@cache
def django_port() -> int:
    """The server of Django's tests and of runserver."""
    django_settings()
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import QuietWSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
