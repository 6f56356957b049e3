"""Django's own ways: storages behind ours, migrations, names, and its ASGI handler."""

from __future__ import annotations

import stat
import threading
import time

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db.migrations.writer import MigrationWriter
from django.test import Client, RequestFactory

from pii_guard.errors import PolicyError
from pii_guard.intake.django import (
    ProblemMiddleware,
    RedactedUpload,
    RedactingStorage,
    RedactingUploadHandler,
)
from pii_guard.intake.form import Forms
from tests.contract.servers import DESKS, Desk, django_settings
from tests.contract.web import body_of, send

django_settings()
RAW = b"Please ask jane.roe@mail.example.\n"
SAFE = b"Please ask <EMAIL_ADDRESS_1>.\n"


@pytest.fixture
def storage(unconfined, tmp_path):
    return RedactingStorage(FileSystemStorage(tmp_path / "media"), guard=unconfined)


def uploaded(guard, name="a.txt", content=RAW):
    forms = Forms(guard=guard)
    opened = forms.open()
    opened.file("file", name).write(content)
    return RedactedUpload(forms.redact(opened).files[0])


def test_a_backend_is_named_as_in_the_settings(unconfined):
    told = {"BACKEND": "django.core.files.storage.InMemoryStorage", "OPTIONS": {}}
    made = RedactingStorage(told, guard=unconfined)
    assert isinstance(made.backend, InMemoryStorage)
    assert made.open(made.save("a.txt", ContentFile(RAW))).read() == SAFE


def test_a_backend_that_replaces_files_replaces_none(unconfined):
    class Replacing(InMemoryStorage):
        def get_available_name(self, name, max_length=None):
            return name

    made = RedactingStorage(Replacing(), guard=unconfined)
    names = [made.save("a.txt", ContentFile(b"%d\n" % number)) for number in range(2)]
    assert [made.open(name).read() for name in names] == [b"0\n", b"1\n"]


def test_it_goes_into_a_migration_with_its_options():
    text, imports = MigrationWriter.serialize(RedactingStorage(policy="pii-guard.toml"))
    assert text == "pii_guard.intake.django.RedactingStorage(policy='pii-guard.toml')"
    assert imports == {"import pii_guard.intake.django"}


def test_a_name_is_as_long_as_its_column_allows(storage):
    for _ in range(2):
        name = storage.save("long-name-of-a-file.txt", ContentFile(b"x\n"), max_length=25)
        assert len(name) <= 25


def test_a_name_is_as_long_as_file_systems_allow(storage):
    content = ContentFile(RAW)
    for _ in range(2):
        name = storage.save("reports/" + "報" * 120 + ".txt", content)
        assert storage.open(name).read() == SAFE
        assert storage.exists(f"{name}.certificate.json")


def test_a_file_is_removed_with_its_certificate_which_is_not_removed_alone(storage):
    name = storage.save("a.txt", ContentFile(RAW))
    with pytest.raises(PolicyError):
        storage.delete(name + ".certificate.json")
    storage.delete(name)
    assert storage.listdir("") == ([], [])


def test_files_have_the_permissions_that_the_backend_gives(unconfined, tmp_path):
    backend = FileSystemStorage(
        tmp_path / "media", file_permissions_mode=0o640, directory_permissions_mode=0o750
    )
    made = RedactingStorage(backend, guard=unconfined)
    name = made.save("x/a.txt", ContentFile(RAW))
    for path, mode in ((name, 0o640), (name + ".certificate.json", 0o640), ("x", 0o750)):
        assert stat.S_IMODE((tmp_path / "media" / path).stat().st_mode) == mode


def test_an_upload_is_stored_as_it_was_proved_under_the_name_that_the_model_gives(storage):
    upload = uploaded(storage.guard, "jane.roe@mail.example.txt")
    assert "jane" not in upload.name
    given = storage.generate_filename(f"attachments/{upload.name}")
    assert storage.open(storage.save(given, upload)).read() == SAFE
    # What a program makes of somebody's data is a name like any other.
    name = storage.save("of jane.roe@mail.example.txt", uploaded(storage.guard))
    assert "jane" not in name


def test_an_upload_reads_like_any_of_djangos(unconfined):
    upload = uploaded(unconfined)
    assert (upload.size, upload.content_type, upload.read()) == (len(SAFE), "text/plain", SAFE)
    assert b"".join(upload.chunks()) == SAFE
    assert list(upload) == [SAFE]
    upload.close()
    assert upload.open().read() == SAFE


def test_the_csrf_field_passes_and_all_else_is_redacted(unconfined, settings_of):
    settings_of(guard=unconfined)
    request = RequestFactory().post(
        "/", {"csrfmiddlewaretoken": "jane.roe@mail.example", "title": "by jane.roe@mail.example"}
    )
    assert request.POST["csrfmiddlewaretoken"] == "jane.roe@mail.example"
    assert request.POST["title"] == "by <EMAIL_ADDRESS_1>"
    assert request.redacted.fields[-1] == ("title", "by <EMAIL_ADDRESS_1>")


def test_without_the_middleware_a_form_that_is_refused_as_a_whole_is_400(
    unconfined, settings_of, monkeypatch
):
    from django.conf import settings

    from pii_guard.intake.form import FormLimits

    monkeypatch.setattr(settings, "MIDDLEWARE", [])
    settings_of(guard=unconfined, limits=FormLimits(max_form_bytes=10))
    DESKS["whole"] = Desk({})
    answer = Client(raise_request_exception=False, headers={"host": "127.0.0.1"}).post(
        "/django/whole/", {"file": ContentFile(RAW, "a.txt")}
    )
    assert answer.status_code == 400


def test_settings_that_cannot_be_used_end_the_start(settings_of, tmp_path):
    settings_of(policy=tmp_path / "pii-guard.toml")
    with pytest.raises(PolicyError, match=r"pii-guard\.toml"):
        ProblemMiddleware(lambda _: None)


def test_the_handler_is_read_once():
    with pytest.raises(PolicyError):
        RedactingUploadHandler().new_file("file", "a.txt")


@pytest.fixture
def settings_of(monkeypatch):
    """Sets `PII_GUARD`."""
    from django.conf import settings

    return lambda **options: monkeypatch.setattr(settings, "PII_GUARD", options)


@pytest.fixture(scope="module")
def asgi():
    """Django behind uvicorn: ports without and with our middleware in front."""
    import uvicorn
    from django.core.handlers.asgi import ASGIHandler

    from pii_guard.intake.asgi import RedactingMiddleware

    handler = ASGIHandler()

    async def wrapped(scope, receive, send):
        options = DESKS["asgi"].options
        await RedactingMiddleware(handler, pass_refusals=True, **options)(scope, receive, send)

    servers = [
        uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
        for app in (handler, wrapped)
    ]
    for server in servers:
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.01)
    yield [server.servers[0].sockets[0].getsockname()[1] for server in servers]
    for server in servers:
        server.should_exit = True


def over(port, content):
    pieces = list(body_of("a.txt", [content], [("title", "by jane.roe@mail.example")]))
    return send(port, "/django/asgi/", pieces, sum(map(len, pieces)))


@pytest.mark.localhost
def test_behind_djangos_asgi_handler_forms_are_refused_without_the_middleware(asgi, unconfined):
    stored = []
    DESKS["asgi"] = Desk({"guard": unconfined}, lambda upload, _: stored.append(upload.read()))
    bare, _ = asgi
    assert over(bare, RAW)[0] == 500
    assert stored == []


@pytest.mark.localhost
def test_with_it_they_are_redacted_and_refusals_stand_at_their_fields(asgi, unconfined):
    stored = []
    desk = DESKS["asgi"] = Desk(
        {"guard": unconfined}, lambda upload, _: stored.append(upload.read())
    )
    _, wrapped = asgi
    assert over(wrapped, RAW) == (200, {})
    assert stored == [SAFE]
    assert desk.fields["title"] == "by <EMAIL_ADDRESS_1>"
    status, told = over(wrapped, b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8)
    assert (status, told["file"][0]["code"]) == (422, "unsupported")
    assert stored == [SAFE]
