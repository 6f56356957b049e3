"""Web hooks, as the contract sees them: forms are sent to real servers, what they store is looked at."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import time
from urllib.parse import quote

from pii_guard.errors import FormRefused, PolicyError, ReasonCode
from pii_guard.intake.landing import Landing
from tests.contract.adapters import File
from tests.contract.servers import DESKS, Desk, asgi_port, django_port, django_settings, flask_port

_tokens = itertools.count(1)
BOUNDARY = "of-the-contract"


def body_of(name, parts, fields=()):
    """A multipart body in pieces."""
    for field, value in fields:
        yield (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        ).encode()
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        'Content-Type: text/plain; name="jane.roe@mail.example"\r\n\r\n'
    ).encode()
    yield from parts
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def send(port, path, pieces, size, **headers):
    """The status of the answer, and its document."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        connection.putheader("Content-Length", str(size))
        for header, value in headers.items():
            connection.putheader(header.replace("_", "-"), value)
        connection.endheaders()
        for piece in pieces:
            connection.send(piece)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}
    finally:
        connection.close()


class Web(File):
    """A form with one file and text fields, which a program stores by `Landing`."""

    takes_options = False
    has_server = replaces = True
    kind, port = "", staticmethod(lambda: 0)

    def __init__(self, guard, request):
        super().__init__(guard, request)
        self.certificates, self.refused = None, []
        self.token = f"t{next(_tokens)}"
        self.desk = DESKS[self.token] = Desk(
            {"guard": guard, "refused": self.refused.append}, self.store
        )

    def store(self, submission, folder):
        """What the program does."""
        landing = Landing(self.target, self.guard, self.certificates)
        for file in submission.files:
            landing.land(file.admission, self.at(folder).rstrip("/"), replace=True)

    def put(self, name, parts, *, headers=None, certificates=None, **more):
        self.certificates = certificates
        folder, _, last = name.rpartition("/")
        fields = [
            (field, value if isinstance(value, str) else json.dumps(value, default=bytes.decode))
            for field, value in (headers or {}).items()
        ]
        pieces = body_of(last, parts, fields)
        size = 1_000_000
        if isinstance(parts, list):
            pieces = list(pieces)
            size = sum(map(len, pieces))
        path = f"/{self.kind}/{self.token}/{quote(folder)}"
        self.answered(*send(self.port(), path, pieces, size, **more))

    def answered(self, status, told):
        """Raises what the answer stands for."""
        if status == 200:
            return
        if status == 500:
            raise self.desk.failed.pop()
        code = ReasonCode(told["code"]) if told["code"] in list(ReasonCode) else None
        if code is None:
            raise PolicyError(told["detail"], remedy=told["remedy"])
        assert status == (413 if code is ReasonCode.LIMIT_SIZE else 422)
        raise self.the_refusal(code, told["remedy"])

    def the_refusal(self, code, remedy):
        refused: FormRefused = self.refused.pop()
        assert (refused.reason.code, refused.remedy) == (code, remedy)
        return refused

    def copies(self):
        return [lambda old, new: self.put(new, [self.target.cat_file(self.at(old))])]

    def partial(self):
        return [lambda name, content: self.put(name, [content], Content_Range="bytes 0-9/20")]


class AsgiForm(Web):
    kind, port = "form", staticmethod(asgi_port)


class AsgiMiddleware(Web):
    kind, port = "middleware", staticmethod(asgi_port)


class FlaskForm(Web):
    kind, port = "flask", staticmethod(flask_port)


class DjangoStorage(File):
    """Django's storage API, called by a program."""

    takes_headers = takes_options = replaces = False

    def __init__(self, guard, request):
        django_settings()
        super().__init__(guard, request)

    def storage(self, certificates=None):
        from django.core.files.storage import FileSystemStorage

        from pii_guard.intake.django import RedactingStorage

        told = certificates and (lambda name, one: certificates(self.at(name), one))
        return RedactingStorage(FileSystemStorage(self.root), guard=self.guard, certificates=told)

    def put(self, name, parts, *, headers=None, certificates=None):
        from django.core.files.base import File as DjangoFile

        file = DjangoFile(None, name)
        file.chunks = lambda: iter(parts)
        self.storage(certificates).save(name, file)

    def copies(self):
        return [lambda old, new: self.storage().save(new, self.storage().open(old))]

    def partial(self):
        return [
            lambda name, content, mode=mode: self.storage().open(name, mode)
            for mode in ("ab", "r+b", "wb", "w")
        ]

    def slow_down(self, monkeypatch):
        real = os.link

        def link(*given):
            time.sleep(random.uniform(0, 0.1))
            real(*given)

        monkeypatch.setattr(os, "link", link)

    def break_store(self, monkeypatch, after):
        def full(_):
            raise OSError(28, "no space")

        monkeypatch.setattr("pii_guard.intake.django.places.os.fsync", full)


class DjangoMemory(DjangoStorage):
    """A storage of Django's that keeps no files."""

    atomic, is_memory = False, True

    def __init__(self, guard, request):
        from django.core.files.storage import InMemoryStorage

        super().__init__(guard, request)
        self.behind = InMemoryStorage()

    def storage(self, certificates=None):
        made = super().storage(certificates)
        made.backend = self.behind
        return made

    def plant(self, name, content):
        from django.core.files.base import ContentFile

        assert self.behind.save(name, ContentFile(content)) == name

    def held(self):
        return {name: self.behind.open(name).read() for name in self._walk("")}

    def _walk(self, folder):
        folders, names = self.behind.listdir(folder)
        yield from (folder + name for name in names)
        for one in folders:
            yield from self._walk(f"{folder}{one}/")

    def seen(self):
        return repr(self.held())

    def remove(self, name):
        self.behind.delete(name)

    def headers(self, name):
        return ""

    def elsewhere(self):
        return self

    def slow_down(self, monkeypatch):
        real = self.behind.save

        def save(*given, **more):
            time.sleep(random.uniform(0, 0.1))
            return real(*given, **more)

        monkeypatch.setattr(self.behind, "save", save)

    def break_store(self, monkeypatch, after):
        real = self.behind.save

        def save(name, content, **more):
            if name.endswith(".certificate.json"):
                return real(name, content, **more)
            real(name, content, **more)  # it is there, or a part of it
            raise OSError(28, "no space")

        monkeypatch.setattr(self.behind, "save", save)


class DjangoUpload(Web):
    """A view with a form, the upload handler and the storage."""

    certifies_headers = replaces = False
    kind, port = "django", staticmethod(django_port)
    storage = DjangoStorage.storage
    slow_down, break_store = DjangoStorage.slow_down, DjangoStorage.break_store

    def __init__(self, guard, request):
        django_settings()
        super().__init__(guard, request)

    def put(self, name, parts, **how):
        from django.conf import settings

        settings.PII_GUARD = self.desk.options
        super().put(name, parts, **how)

    def store(self, upload, folder):
        self.storage(self.certificates).save(f"{folder}/{upload.name}".lstrip("/"), upload)

    def answered(self, status, told):
        if status == 422 and "file" in told:  # a field's error, in the form
            ((error,),) = told.values()
            refused = self.refused[-1]
            remedy = refused.remedy
            assert remedy[0].upper() + remedy[1:] in error["message"]
            raise self.the_refusal(ReasonCode(error["code"]), remedy)
        super().answered(status, told)

    def record(self, name):
        return json.dumps(self.desk.fields).encode()


WEB_KINDS = {
    "asgi": AsgiForm,
    "asgi-middleware": AsgiMiddleware,
    "flask": FlaskForm,
    "django-upload": DjangoUpload,
    "django-storage": DjangoStorage,
    "django-memory": DjangoMemory,
}
