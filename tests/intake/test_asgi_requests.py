"""Requests that say twice what they are, or were read before: nobody reads what the hook did not see."""

from __future__ import annotations

import asyncio
import json

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from pii_guard.errors import PolicyError
from pii_guard.intake.asgi import RedactedForm, RedactingMiddleware
from tests.contract.web import BOUNDARY, body_of

FORM = f"multipart/form-data; boundary={BOUNDARY}".encode()
BODY = b"".join(body_of("a.txt", [b"x\n"], [("title", "Jane Roe")]))


def answered(guard, kinds):
    """Status, document, and what a program behind the middleware saw of the form."""
    seen, sent = [], []

    async def program(scope, receive, send):
        form = await Request(scope, receive).form()
        seen.extend(value for value in form.values() if isinstance(value, str))
        await JSONResponse({})(scope, receive, send)

    async def receive():
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", kind) for kind in kinds]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(RedactingMiddleware(program, guard=guard)(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"]), seen


def test_a_form_is_redacted_behind_the_middleware(unconfined):
    assert answered(unconfined, [FORM]) == (200, {}, ["<PERSON_1>"])


@pytest.mark.parametrize("kinds", [[FORM, b"text/plain"], [b"text/plain", FORM], [FORM, FORM]])
def test_a_form_with_two_types_reaches_nobody(unconfined, kinds):
    status, told, seen = answered(unconfined, kinds)
    assert (status, told["code"], seen) == (400, "form", [])


def test_what_is_no_form_passes_however_often_it_says_so(unconfined):
    assert answered(unconfined, [b"text/plain", b"text/plain"]) == (200, {}, [])


def test_a_body_that_was_read_before_is_an_error_and_no_waiting(unconfined):
    sent = iter([{"type": "http.request", "body": BODY, "more_body": False}])

    async def receive():
        await asyncio.sleep(0)
        return next(sent, None) or await asyncio.sleep(60, {"type": "http.disconnect"})

    async def asked():
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "headers": [(b"content-type", FORM)],
        }
        request = Request(scope, receive)
        await request.body()
        async with RedactedForm(guard=unconfined).of(request):
            pass

    with pytest.raises(PolicyError, match="read before"):
        asyncio.run(asyncio.wait_for(asked(), 10))
