"""What docs/intake.md shows works as it stands there."""

from __future__ import annotations

import re
import smtplib

import pytest
import yaml

from tests.conftest import ROOT
from tests.contract.intakes import HackerOne, free_port

DOCS = (ROOT / "docs" / "intake.md").read_text("utf-8")


def block(section, language="python"):
    text = DOCS.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", text, re.S)[1]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PII_GUARD_KEY", str(tmp_path / "key.pem"))
    return tmp_path


def test_the_webhook(here):
    found = {}
    exec(block("HackerOne and Bugcrowd").replace("HttpsClient()", "lambda url: [b'jane']"), found)
    body, headers = HackerOne.request_of(
        None, "ask jane.roe@mail.example", {f"https://{HackerOne.host}/1": "a.txt"}, ""
    )
    assert found["hook"](body, headers) == 401
    from tests.contract.intakes import SECRET

    code = block("HackerOne and Bugcrowd").replace("the webhook's secret", SECRET)
    exec(code.replace("HttpsClient()", "lambda url: 1 / 0"), found)
    assert found["hook"](body, headers) == 503
    assert list((here / "reports").iterdir()) == []
    exec(code.replace("HttpsClient()", "lambda url: [b'hello']"), found)
    assert [found["hook"](body, headers) for _ in range(2)] == [200, 200]
    (folder,) = (here / "reports").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.txt",
        "certificate.json",
        "payload.json",
    ]
    assert "jane" not in (folder / "payload.json").read_text()


@pytest.mark.localhost
def test_the_mail_server(here):
    pytest.importorskip("aiosmtpd", reason="pip install aiosmtpd")
    found, port = {}, free_port()
    exec(block("Mail").replace("8025", str(port)), found)
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
            client.sendmail(
                "<>", ["security@acme.example"], b"Subject: jane.roe@mail.example\r\n\r\n"
            )
    finally:
        found["server"].stop()
        found["handler"].close()
    (stored,) = (here / "mail").glob("*.eml")
    assert "jane" not in stored.read_text()


def test_the_client_of_boto3(here, monkeypatch):
    pytest.importorskip("boto3", reason="pip install boto3")
    (here / "pii-guard.toml").write_text("schema = 1\n")
    found = {}
    exec(block("boto3"), found)
    assert found["s3"].put_object.__self__.__class__.__module__ == "pii_guard.intake.boto3"


def test_the_hook_of_pre_commit():
    (told,) = yaml.safe_load(block("pre-commit", "yaml"))["repos"]
    (published,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert told["hooks"][0]["id"] == published["id"]
