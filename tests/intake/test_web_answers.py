"""What web hooks answer where nothing is stored."""

from __future__ import annotations

import http.client
import json

import pytest

from pii_guard import Guard, Policy
from pii_guard.errors import Busy, IsolationError, PiiGuardError, PolicyError
from pii_guard.intake.form import FormLimits
from pii_guard.intake.pressure import Pressure
from pii_guard.intake.problem import problem
from pii_guard.limits import Limits
from tests.contract.web import BOUNDARY, AsgiForm, AsgiMiddleware, DjangoUpload, FlaskForm, body_of

pytestmark = pytest.mark.localhost
HOOKS = [AsgiForm, AsgiMiddleware, FlaskForm, DjangoUpload]
KIND = f"multipart/form-data; boundary={BOUNDARY}"
UNREADABLE = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8


def post(hook, body, kind=KIND, **headers):
    """Status, headers and document of the answer."""
    if isinstance(hook, DjangoUpload):
        from django.conf import settings

        settings.PII_GUARD = hook.desk.options
    connection = http.client.HTTPConnection("127.0.0.1", hook.port(), timeout=600)
    path = f"/{hook.kind}/{hook.token}/"
    connection.request("POST", path, body, {"Content-Type": kind, **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    told = json.loads(text) if "json" in answer.headers["Content-Type"] else {}
    if answer.status >= 400 and "status" in told:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert told["type"] == "about:blank"
        assert told["status"] == answer.status
        assert told["title"]
        assert told["remedy"]
    return answer.status, answer.headers, told


def form(content=b"x\n", name="a.txt"):
    return b"".join(body_of(name, [content]))


@pytest.mark.parametrize("kind", [AsgiForm, AsgiMiddleware, FlaskForm])
def test_a_quarantined_upload_is_422_and_says_which_and_what_to_do(kind, guard, request):
    hook = kind(guard, request)
    status, _, told = post(hook, form(UNREADABLE, "jane.roe@mail.example.bin"))
    assert status == 422
    (part,) = told["parts"]
    assert (part["field"], part["number"], part["code"]) == ("file", 1, "unsupported")
    assert part["remedy"]
    assert "jane" not in json.dumps(told)
    assert hook.held() == {}


def test_in_django_it_is_an_error_at_its_field(guard, request):
    hook = DjangoUpload(guard, request)
    status, _, told = post(hook, form(UNREADABLE, "jane.roe@mail.example.bin"))
    assert status == 422  # the test's view says so; the page is shown again as a rule
    assert told == {
        "file": [
            {
                "code": "unsupported",
                "message": "This file was not stored: unsupported. "
                "Convert it to a supported format, or handle it by hand.",
            }
        ]
    }
    assert hook.held() == {}


def two_files(second):
    """A form with a file that can be read, and another behind it."""
    one, another = form(b"by jane.roe@mail.example\n"), form(second, "b.bin")
    ending = f"--{BOUNDARY}--\r\n".encode()
    return one.removesuffix(ending) + another.replace(b'name="file"', b'name="other"')


@pytest.mark.parametrize("kind", HOOKS)
def test_a_second_file_that_is_quarantined_stores_nothing_of_the_first(kind, guard, request):
    hook = kind(guard, request)
    status, _, told = post(hook, two_files(UNREADABLE))
    assert status == 422
    if kind is DjangoUpload:  # its view looks at the first field only
        assert [one["code"] for one in told["file"]] == ["not_stored_with_it"]
    else:
        assert [(one["field"], one["number"]) for one in told["parts"]] == [("other", 2)]
    assert hook.held() == {}


@pytest.mark.parametrize("kind", [AsgiForm, AsgiMiddleware, FlaskForm])
def test_what_was_stored_before_a_second_file_failed_stays_redacted(kind, guard, request):
    """As `docs/intake.md` says: each file that a program stores is whole or not there, not all of them."""
    hook = kind(guard, request)
    real = hook.target.open

    def opened(path, mode="rb", *given, **more):
        if "b.bin" in path:
            raise OSError(28, "no space")
        return real(path, mode, *given, **more)

    hook.target.open = opened
    status, _, _ = post(hook, two_files(b"of joe.doe@mail.example\n"))
    assert status == 500
    stored = hook.held()
    assert set(stored) == {"a.txt", "a.txt.certificate.json"}
    assert stored["a.txt"] == b"by <EMAIL_ADDRESS_1>\n"


@pytest.mark.parametrize("kind", [AsgiForm, AsgiMiddleware, FlaskForm])
def test_a_file_beyond_the_policy_is_413(kind, signer, request):
    small = Policy(limits=Limits(max_file_bytes=10, max_streamed_bytes=10), isolation="off")
    hook = kind(Guard(small, signer=signer), request)
    status, _, told = post(hook, form(b"x" * 11))
    assert (status, told["code"]) == (413, "limit:size")


@pytest.mark.parametrize("kind", HOOKS)
def test_a_form_beyond_the_limits_is_413(kind, unconfined, request):
    hook = kind(unconfined, request)
    hook.desk.options["limits"] = FormLimits(max_form_bytes=100)
    status, _, told = post(hook, form(b"x" * 100))
    assert (status, told["code"]) == (413, "form")
    assert hook.held() == {}


@pytest.mark.parametrize("kind", HOOKS)
def test_under_pressure_it_is_503_with_a_time_to_come_again(kind, unconfined, request):
    hook = kind(unconfined, request)
    hook.desk.options["pressure"] = pressure = Pressure(at_once=1, waiting=0, retry_after_s=7)
    with pressure:
        status, headers, told = post(hook, form())
    assert (status, headers["Retry-After"], told["code"]) == (503, "7", "busy")
    assert post(hook, form())[0] == 200


@pytest.mark.parametrize("kind", [AsgiForm, AsgiMiddleware, FlaskForm])
@pytest.mark.parametrize("body", [form()[:-20], b"no form", b""])
def test_a_broken_form_is_400_and_not_an_empty_one(kind, body, unconfined, request):
    hook = kind(unconfined, request)
    status, _, told = post(hook, body)
    assert (status, told["code"]) == (400, "form")


def test_a_form_that_was_cut_off_is_400_in_django_too(unconfined, request):
    hook = DjangoUpload(unconfined, request)
    assert post(hook, form()[:-30])[0] in (400, 422)
    assert hook.held() == {}


def test_what_is_no_form_is_415_where_a_form_is_asked_for(unconfined, request):
    hook = AsgiForm(unconfined, request)
    status, _, told = post(hook, b"{}", "application/json")
    assert (status, told["code"]) == (415, "form")


def test_the_programs_own_faults_are_no_answers():
    assert problem(PolicyError("x")) is None
    assert problem(ValueError("x")) is None
    assert problem(PiiGuardError("x")) is None


def test_no_room_and_no_process_are_answered_alike():
    for error in (Busy("x", retry_after_s=9), IsolationError("x")):
        told = problem(error)
        assert told is not None
        assert told.status == 503
        assert int(told.headers["Retry-After"]) > 0
