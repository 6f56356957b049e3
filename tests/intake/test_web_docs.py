"""What `docs/intake.md` says of forms is tried as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "intake.md").read_text("utf-8")
pytestmark = pytest.mark.localhost


def block(heading: str, number: int = 0) -> str:
    """A block of Python of a section."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.S)[number]


HEAD = """
import pathlib
kept = {}
def save(name, pieces): kept[name] = b"".join(pieces)
pathlib.Path("pii-guard.toml").write_text("schema = 1\\n")
"""
CHECK = """
assert answer.status_code == 200, answer.text
assert answer.json() == {"title": "of <PERSON_1>", "result": "complete"}, answer.text
stored = kept["files/a.txt" if "files/a.txt" in kept else "a.txt"]
assert stored == b"<PERSON_1> <<EMAIL_ADDRESS_1>>\\n", kept
assert b"payload" in kept["certificate.json"]
"""
PARTS = """
fields = {"title": "of Jane Roe"}
files = {"attachments": ("a.txt", b"Jane Roe <jane.roe@mail.example>\\n")}
"""
RECORD = """
import json
assert json.loads(kept["fields.json"]) == {"title": ["of <PERSON_1>"], "attachments": []}, kept
"""
FASTAPI = """
from fastapi.testclient import TestClient
with TestClient(app) as client:
    answer = client.post("/reports", data=fields, files=files)
"""
FLASK = """
import io
sent = {**fields, "attachments": (io.BytesIO(files["attachments"][1]), "a.txt")}
told = app.test_client().post("/reports", data=sent)
class answer:
    status_code, text, json = told.status_code, told.text, told.get_json
"""
DJANGO = """
import django, json
from django.conf import settings
settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["testserver"], ROOT_URLCONF=__name__, MEDIA_ROOT=str(BASE_DIR / "media"),
    MIDDLEWARE=MIDDLEWARE, FILE_UPLOAD_HANDLERS=FILE_UPLOAD_HANDLERS, STORAGES=STORAGES, PII_GUARD=PII_GUARD,
)
django.setup()
from django.core.files.storage import default_storage
from django.http import JsonResponse
from django.test import Client
from django.urls import path
def report(request):
    upload = request.FILES["attachments"]
    name = default_storage.save(upload.name, upload)
    kept[name] = default_storage.open(name).read()
    kept["certificate.json"] = default_storage.open(name + ".certificate.json").read()
    result = request.redacted.certify(ref="VDP-2026-0142").result
    return JsonResponse({"title": request.POST["title"], "result": result})
urlpatterns = [path("reports", report)]
import io
file = io.BytesIO(files["attachments"][1]); file.name = "a.txt"
answer = Client().post("/reports", {**fields, "attachments": file})
answer.text = answer.content
"""


@pytest.mark.parametrize(
    "code",
    [
        HEAD + block("FastAPI and Starlette") + PARTS + FASTAPI + CHECK + RECORD,
        HEAD + block("Flask") + PARTS + FLASK + CHECK + RECORD,
        HEAD
        + "BASE_DIR, MIDDLEWARE = pathlib.Path.cwd(), []\n"
        + block("Django")
        + PARTS
        + DJANGO
        + CHECK,
    ],
    ids=["fastapi", "flask", "django"],
)
def test_it_works_as_written(code, tmp_path, signer, monkeypatch):
    pytest.importorskip("fastapi")
    monkeypatch.setenv("PII_GUARD_KEY", str(signer.path))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
