"""Ways in for whole reports, as the contract sees them. A new intake is one more class, and a line in `INTAKES`."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import itertools
import json
import smtplib
import socket
import uuid
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import Any, Protocol

import pytest

from pii_guard import Guard
from pii_guard.errors import NotStored, PiiGuardError

SECRET = "the-secret-of-the-webhook"
TO = "security@acme.example"


class Refused(Exception):
    """The report was not taken; `told` is all that the sender hears."""

    def __init__(self, told: str, *, again: bool) -> None:
        super().__init__(told)
        self.told, self.again = told, again


class Intake(Protocol):
    """One intake before an empty folder."""

    def send(self, text: str, files: Mapping[str, Any], who: str = "") -> None:
        """A report with attachments, each bytes or an iterable of them. Raises `Refused`."""
        ...

    def cut_off(self, text: str) -> None:
        """A report whose sender, or whose attachments' server, goes away in the middle."""
        ...

    def held(self) -> dict[str, bytes]:
        """All files in the store."""
        ...

    def reports(self) -> list[tuple[bytes, dict[str, bytes], dict[str, bytes]]]:
        """Each report: its certificate, the files it is about, and what is in them, by name."""
        ...


class _Folder:
    def __init__(self, guard: Guard, request: pytest.FixtureRequest) -> None:
        self.guard, self.request = guard, request
        self.root = request.getfixturevalue("tmp_path") / "store"

    def held(self):
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}


class Mail(_Folder):
    """An SMTP server and the standard library's client."""

    def __init__(self, guard, request):
        pytest.importorskip("aiosmtpd", reason="pip install aiosmtpd")
        from pii_guard.intake.mail import RedactingHandler, controller

        super().__init__(guard, request)
        self.handler = RedactingHandler(self.root, guard)
        self.server = controller(self.handler, port=free_port())
        self.server.start()
        request.addfinalizer(self.handler.close)
        request.addfinalizer(self.server.stop)

    def client(self):
        return smtplib.SMTP("127.0.0.1", self.server.port, timeout=300)

    def message(self, text, files, who):
        message = EmailMessage()
        message["From"], message["To"] = who or "reports@acme.example", TO
        message["Subject"] = "a report"
        message.set_content(text)
        for name, content in files.items():
            whole = content if isinstance(content, bytes) else b"".join(content)
            message.add_attachment(
                whole, maintype="application", subtype="octet-stream", filename=name
            )
        return message

    def send(self, text, files, who=""):
        try:
            with self.client() as client:
                client.send_message(self.message(text, files, who))
        except smtplib.SMTPResponseException as answer:
            told = answer.smtp_error.decode()
            raise Refused(f"{answer.smtp_code} {told}", again=answer.smtp_code < 500) from None

    def cut_off(self, text):
        client = self.client()
        client.ehlo()
        client.mail("jane.roe@mail.example")
        client.rcpt(TO)
        client.putcmd("data")
        client.getreply()
        client.send(self.message(text, {}, "").as_bytes().replace(b"\n", b"\r\n"))
        client.close()

    def reports(self):
        held = self.held()
        found = []
        for name, content in held.items():
            if name.endswith(".eml"):
                whole = email.message_from_bytes(content, policy=email.policy.default)
                inner = {
                    part.get_filename() or "text": part.get_payload(decode=True)
                    for part in whole.walk()
                    if not part.is_multipart()
                }
                inner["text"] += content
                found.append((held[name + ".certificate.json"], {name: content}, inner))
        return found


class _Webhook(_Folder):
    """A platform's request, and a client that has its attachments."""

    host: str

    def __init__(self, guard, request):
        super().__init__(guard, request)
        from pii_guard.intake.webhooks.folder import ReportFolder

        self.store = ReportFolder(self.root)

    def platform(self):
        raise NotImplementedError

    def request_of(self, text, addresses: Mapping[str, str], who: str):
        """Body and headers."""
        raise NotImplementedError

    def send(self, text, files, who=""):
        from pii_guard.intake.webhooks import receive

        there = {f"https://{self.host}/{uuid.uuid4()}?sig=abc": name for name in files}
        body, headers = self.request_of(text, there, who)
        event = self.platform().open(body, headers)

        def fetch(url: str) -> Iterable[bytes]:
            content = files[there[url]]
            return [content] if isinstance(content, bytes) else content

        try:
            receive(event, self.guard, self.store, fetch=fetch)
        except NotStored as refused:
            raise Refused(f"{refused} {refused.remedy}", again=False) from None
        except PiiGuardError as failed:
            raise Refused(f"{failed} {failed.remedy}", again=True) from None
        except OSError as failed:
            raise Refused(str(failed), again=True) from None

    def cut_off(self, text):
        def parts():
            yield text.encode()
            raise ConnectionError("jane.roe@mail.example went away")

        with pytest.raises(Refused):
            self.send(text, {"notes.txt": parts()})

    def reports(self):
        held = self.held()
        found = []
        for folder in sorted({name.partition("/")[0] for name in held}):
            files = {
                name.partition("/")[2]: content
                for name, content in held.items()
                if name.startswith(folder + "/")
            }
            certificate = files.pop("certificate.json")
            found.append((certificate, files, {"text": files["payload.json"], **files}))
        return found


class HackerOne(_Webhook):
    host = "hackerone-us-west-2-production-attachments.s3.us-west-2.amazonaws.com"

    def platform(self):
        from pii_guard.intake.webhooks import HackerOne as Platform

        return Platform(SECRET)

    def request_of(self, text, addresses, who):
        files = [
            {
                "id": str(number),
                "type": "attachment",
                "attributes": {"file_name": name, "expiring_url": url, "file_size": 1},
            }
            for number, (url, name) in enumerate(addresses.items())
        ]
        reporter = {"data": {"id": "7", "type": "user", "attributes": {"name": who}}}
        report = {
            "id": "1337",
            "type": "report",
            "attributes": {"title": "a report", "vulnerability_information": text},
            "relationships": {"reporter": reporter, "attachments": {"data": files}},
        }
        body = json.dumps({"data": {"activity": {"type": "activity"}, "report": report}}).encode()
        return body, {
            "X-H1-Event": "report_created",
            "X-H1-Delivery": str(uuid.uuid4()),
            "X-H1-Signature": "sha256=" + signed(body),
        }


class Bugcrowd(_Webhook):
    host = "tracker.bugcrowd.com"
    clock = itertools.repeat(1_790_000_000.0)

    def platform(self):
        from pii_guard.intake.webhooks import Bugcrowd as Platform

        return Platform(SECRET, clock=self.clock.__next__)

    def request_of(self, text, addresses, who):
        files = [
            {
                "id": str(uuid.uuid4()),
                "type": "file_attachment",
                "attributes": {"file_name": name, "download_url": url},
            }
            for url, name in addresses.items()
        ]
        submission = {
            "id": str(uuid.uuid4()),
            "type": "submission",
            "attributes": {"description": text},
        }
        data = {"researcher": who, "submission": submission, "file_attachments": {"data": files}}
        body = json.dumps({"data": data}).encode()
        digest = signed(body + b".1790000000")
        return body, {"X-Bugcrowd-Digest": f"timestamp=1790000000;sha256={digest}"}


def signed(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


INTAKES = {"mail": Mail, "hackerone": HackerOne, "bugcrowd": Bugcrowd}
"""The intakes that the contract is asked of."""
