"""The mail intake of the examples, started and used as its README says."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shlex
import signal
import smtplib
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.contract.intakes import free_port

pytest.importorskip("aiosmtpd", reason="pip install aiosmtpd")
pytestmark = pytest.mark.localhost
README = (ROOT / "examples" / "mail_intake" / "README.md").read_text("utf-8")


def commands():
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.split("\n")
    ]
    return [shlex.split(line) for line in lines if line]


def as_written(program, port, folder):
    """The one command of the README that begins so, with a free port; patterns as a shell has them."""
    (words,) = (words for words in commands() if words[:2] == program)
    words = [str(port) if word == "8025" else word for word in words]
    words = [str(ROOT / word) if word.startswith("examples/") else word for word in words]
    if words[0] == "python":
        return [sys.executable, *words[1:]]
    found = [path for word in words[1:] for path in sorted(map(str, folder.glob(word))) or [word]]
    code = (
        f"import sys; sys.argv = {['pii-guard', *found]!r}\nfrom pii_guard.cli import main; main()"
    )
    return [sys.executable, "-c", code]


@pytest.fixture
def served(tmp_path):
    """The server as its README starts it, in an empty directory."""
    port = free_port()
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        as_written(["python", "examples/mail_intake/serve.py"], port, tmp_path),
        cwd=tmp_path, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout.readline().startswith("taking mail for security@acme.example")
        yield port, server, told
    finally:
        server.kill()
        server.communicate()


def test_a_report_is_sent_stored_and_verified(served, tmp_path):
    port, server, told = served
    for words in (["python", "examples/mail_intake/send.py"], ["pii-guard", "verify"]):
        done = subprocess.run(
            as_written(words, port, tmp_path),
            cwd=tmp_path,
            env=told,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    (stored,) = (tmp_path / "mail").glob("*.eml")
    raw = stored.read_bytes()
    for value in (b"Maria", b"Fernandez", b"mail.example", b"1985-03-12"):
        assert value not in raw
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, table = (part.get_content() for part in message.iter_parts())
    person = re.search(r"<PERSON_\d>", str(message["Subject"]))[0]
    assert person in text
    assert f"20418,{person}," in table
    for kept in ("https://app.shop.example/api/v2/customers/20418", "nginx/1.25.3", "web-03"):
        assert kept in text
    assert message["To"] == message["Delivered-To"] == "security@acme.example"
    server.send_signal(signal.SIGINT)
    printed, errors = server.communicate(timeout=60)
    assert (server.returncode, errors) == (0, "")
    assert "Maria" not in printed


def test_what_cannot_be_read_is_answered_and_not_stored(served, tmp_path):
    from examples.mail_intake.send import report

    port, server, _ = served
    message = report()
    message.add_attachment(
        b"\x7fELF\x02\x01\x01\0" + bytes(2000), maintype="application", subtype="octet-stream",
        filename="maria.fernandez.bin",
    )  # fmt: skip
    with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.send_message(message)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("<>", ["somebody@else.example"], b"x")
        client.send_message(report())  # the connection goes on
    assert refused.value.smtp_code == 554
    assert len(list((tmp_path / "mail").iterdir())) == 2
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate(timeout=60)
    assert "maria" not in errors.lower()
    assert errors.startswith("WARNING a mail was not stored: unsupported")
