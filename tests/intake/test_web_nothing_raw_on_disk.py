"""An upload touches no disk as it is, though the frameworks themselves would put it there."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from tests.contract.servers import DESKS, Desk, django_port, django_settings
from tests.contract.test_large_files import log, nothing_left
from tests.contract.web import AsgiForm, AsgiMiddleware, DjangoUpload, FlaskForm, body_of, send
from tests.intake.test_nothing_raw_on_disk import places, watched

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.localhost,
]
__all__ = ["places"]
HOOKS = [AsgiForm, AsgiMiddleware, FlaskForm, DjangoUpload]


@pytest.mark.parametrize("kind", HOOKS)
def test_more_than_a_framework_holds_in_memory(kind, guard, request, places):
    hook = kind(guard, request)
    with watched(places) as seen:
        hook.put("log.txt", log(3))
    assert seen == set()
    assert hook.held()["log.txt"].count(b"<EMAIL_ADDRESS_1>") == 6
    nothing_left(places)


# -- controls: without the hook it is seen -----------------------------------------------------


def sent_raw(port, path):
    pieces = list(body_of("log.txt", log(3)))
    return send(port, path, pieces, sum(map(len, pieces)))


def test_starlette_alone_writes_it_to_disk(places):
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def take(request):
        async with request.form() as form:
            assert form["file"].size
            time.sleep(0.3)
        return PlainTextResponse("stored")

    app = Starlette(routes=[Route("/", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    with watched(places) as seen:
        sent_raw(server.servers[0].sockets[0].getsockname()[1], "/")
    server.should_exit = True
    assert seen


def test_flask_alone_writes_it_to_disk(places):
    from flask import Flask, request
    from werkzeug.serving import make_server

    app = Flask("alone")

    @app.post("/")
    def take():
        assert request.files["file"]
        time.sleep(0.3)
        return "stored"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with watched(places) as seen:
        sent_raw(server.server_port, "/")
    server.shutdown()
    assert seen


def test_django_alone_writes_it_to_disk(places, monkeypatch):
    django_settings()
    from django.conf import global_settings, settings

    monkeypatch.setattr(settings, "FILE_UPLOAD_HANDLERS", global_settings.FILE_UPLOAD_HANDLERS)
    DESKS["alone"] = Desk({}, lambda _, __: time.sleep(0.3))
    with watched(places) as seen:
        assert sent_raw(django_port(), "/django/alone/") == (200, {})
    assert seen
