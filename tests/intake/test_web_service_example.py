"""The example service, started as its README says: what it stores is redacted, certified and in the ledger."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest

from pii_guard.certificate import Checks, Trust, load, verify
from pii_guard.certificate.trust import TrustedKey
from tests.conftest import ROOT
from tests.object_store import CREDENTIALS

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")
README = (ROOT / "examples" / "intake_service" / "README.md").read_text("utf-8")
pytestmark = pytest.mark.localhost
RAW = ("Drachenfels", "drachenfels", "536-22-8417")
PARTS = {
    "data": {"title": "Data of Wilhelmina Drachenfels", "description": "SSN 536-22-8417"},
    "files": [
        ("attachments", ("a.log", b"login wilhelmina.drachenfels@mail.example\n" * 3)),
        ("attachments", ("a.log", b"Wilhelmina Drachenfels\n")),
        ("attachments", ("report.json", b'{"of": "a stranger"}')),
    ],
}


@contextmanager
def started(data, **environment):
    """The service in its own process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (command,) = re.findall(r"^pip install .* && python (.*)$", README, re.M)
    told = {**os.environ, "INTAKE_DATA": str(data), "INTAKE_ADDRESS": address, **environment}
    process = subprocess.Popen(
        [sys.executable, command], cwd=ROOT, env=told, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            assert process.poll() is None
            with suppress(httpx.TransportError):
                assert "Send a report" in httpx.get(f"http://{address}/").text
                break
            time.sleep(0.1)
        yield SimpleNamespace(url=f"http://{address}", data=data)
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with started(tmp_path_factory.mktemp("service")) as running:
        yield running


def sent(service):
    answer = httpx.post(f"{service.url}/reports", timeout=600, **PARTS)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["title"] == "Data of <PERSON_1>"
    assert told["attachments"] == ["a.log", "a-2.log", "report.json"]
    return told["number"]


def test_what_is_stored_is_redacted_and_verifies_with_its_place_in_the_ledger(service):
    folder = service.data / "store" / sent(service)
    assert sorted(path.name for path in folder.iterdir()) == [
        "certificate.json",
        "files",
        "report.json",
    ]
    files = folder / "files"
    assert sorted(path.name for path in files.iterdir() if "certificate" not in path.name) == [
        "a-2.log", "a-2.log.headers.json", "a.log", "a.log.headers.json", "report.json",
        "report.json.headers.json",
    ]  # fmt: skip
    assert (files / "report.json").read_bytes() == b'{"of": "a stranger"}'
    assert b"PERSON_1" in (folder / "report.json").read_bytes()
    for path in service.data.rglob("*"):
        if path.is_file():
            assert not any(raw.encode() in path.read_bytes() for raw in RAW), path
    assert (files / "a-2.log").read_bytes() == b"<PERSON_1>\n"
    trust = Trust((TrustedKey(load(service.data / "issuer.pem").public),))
    for name in ("certificate.json", "files/a.log.certificate.json"):
        report = verify((folder / name).read_bytes(), trust, Checks())
        assert {one.name: one.status for one in report.rules}["signature"] == "pass", name


def test_a_refused_report_leaves_nothing(service):
    before = sorted(service.data.rglob("*"))
    parts = {**PARTS, "files": [("attachments", ("a.bin", b"\x7fELF\x02\x01\x01\0" + bytes(999)))]}
    answer = httpx.post(f"{service.url}/reports", timeout=600, **parts)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parts"][0]["field"] == "attachments"
    assert sorted(service.data.rglob("*")) == before


def test_it_stores_in_s3(s3_endpoint, s3, tmp_path):
    pytest.importorskip("s3fs", reason="pip install s3fs")
    s3.create_bucket(Bucket="intake")
    access, secret = CREDENTIALS["admin"]
    told = {
        "INTAKE_STORE": "s3://intake/reports",
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
    }
    with started(tmp_path, **told) as service:
        number = sent(service)
    held = s3.list_objects_v2(Bucket="intake", Prefix=f"reports/{number}/")["Contents"]
    keys = {one["Key"].rpartition("/")[2] for one in held}
    assert {"a.log", "a-2.log", "a.log.certificate.json", "report.json", "certificate.json"} <= keys
    for one in held:
        body = s3.get_object(Bucket="intake", Key=one["Key"])["Body"].read()
        assert not any(raw.encode() in body for raw in RAW), one["Key"]
