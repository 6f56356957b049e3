"""Webhooks: whose they are, where attachments may be fetched from, and what is stored of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import ssl
import subprocess
import threading
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pii_guard.errors import NotStored, PiiGuardError, PolicyError, ReasonCode, Unauthentic
from pii_guard.intake.webhooks import Bugcrowd, HackerOne, HttpsClient, Redirected, receive
from pii_guard.intake.webhooks.event import MOST_BYTES
from pii_guard.intake.webhooks.fetching import check_address, fetched
from pii_guard.intake.webhooks.folder import ReportFolder
from pii_guard.intake.webhooks.receiving import file_name
from pii_guard.limits import Limits
from tests.contract.intakes import SECRET, signed
from tests.contract.intakes import Bugcrowd as BugcrowdSide
from tests.contract.intakes import HackerOne as HackerOneSide
from tests.intake.test_nothing_raw_on_disk import CANARY, places, watched

__all__ = ["places"]

HOST = HackerOneSide.host
TEXT = "Please ask jane.roe@mail.example about it."
NOW = 1_790_000_000


def hackerone(text=TEXT, files=(), **more):
    there = {
        f"https://{HOST}/{number}?X-Amz-Signature=s3cr3t": one for number, one in enumerate(files)
    }
    body, headers = HackerOneSide.request_of(None, text, there, "")
    return body, headers | more, list(there)


def event(text=TEXT, files=()):
    body, headers, urls = hackerone(text, files)
    return HackerOne(SECRET).open(body, headers), urls


def bugcrowd(body, digest, now=NOW):
    return Bugcrowd(SECRET, clock=lambda: now).open(body, {"X-Bugcrowd-Digest": digest})


def kept():
    """A store that keeps reports in memory."""
    reports = []
    return reports, reports.append


# -- signatures --------------------------------------------------------------------------------


def test_a_signed_event_is_opened():
    body, headers, _ = hackerone()
    one = HackerOne(SECRET).open(body, headers)
    assert (one.name, one.delivery) == ("report_created", headers["X-H1-Delivery"])
    assert one.fingerprint == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert "jane" not in repr(one)


def test_names_of_headers_are_of_any_case():
    body, headers, _ = hackerone()
    assert HackerOne(SECRET.encode()).open(body, {k.lower(): v for k, v in headers.items()})


def wrong():
    body, headers, _ = hackerone()
    right = headers["X-H1-Signature"]
    yield "no signature", body, {k: v for k, v in headers.items() if k != "X-H1-Signature"}
    yield "another body", body + b" ", headers
    for told in (
        right[:-1],
        right[7:],
        "sha1" + right[6:],
        right + "0",
        right.replace("=", ":"),
        "",
        "sha256=",
        "sha256=é",
    ):
        yield repr(told[:12]), body, headers | {"X-H1-Signature": told}
    for told in ("", "a b", "../up", "x" * 200, "jane@mail.example", "a\nb"):
        yield f"delivery {told[:8]!r}", body, headers | {"X-H1-Delivery": told}
        yield f"event {told[:8]!r}", body, headers | {"X-H1-Event": told}


@pytest.mark.parametrize(("body", "headers"), [pytest.param(b, h, id=w) for w, b, h in wrong()])
def test_what_is_not_as_signed_is_refused_with_one_answer(body, headers):
    with pytest.raises(Unauthentic) as refused:
        HackerOne(SECRET).open(body, headers)
    assert str(refused.value) == str(Unauthentic())


def test_another_secret_refuses():
    body, headers, _ = hackerone()
    with pytest.raises(Unauthentic):
        HackerOne("another").open(body, headers)


@pytest.mark.parametrize("platform", [HackerOne, Bugcrowd])
def test_an_empty_secret_is_none(platform):
    with pytest.raises(PolicyError):
        platform("")


def test_what_is_too_large_is_refused_before_it_is_hashed(monkeypatch):
    monkeypatch.setattr("pii_guard.intake.webhooks.event.check", None)
    with pytest.raises(Unauthentic):
        HackerOne(SECRET).open(b" " * (MOST_BYTES + 1), {})


def test_both_forms_of_bugcrowds_digest():
    body = b'{"data": {}}'
    timed = signed(body + b".%d" % NOW)
    assert bugcrowd(body, f"timestamp={NOW};sha256={timed}").fingerprint == timed
    assert bugcrowd(body, f"sha256={signed(body)}").fingerprint == signed(body)


@pytest.mark.parametrize("now", [NOW - 301, NOW + 301])
def test_an_old_delivery_of_bugcrowd_is_refused(now):
    body = b'{"data": {}}'
    with pytest.raises(Unauthentic):
        bugcrowd(body, f"timestamp={NOW};sha256={signed(body + b'.%d' % NOW)}", now)


def test_no_signature_of_one_form_opens_the_other():
    """Else an old delivery could come back without its time."""
    body = b'{"data": {}}'
    whole = body + b".%d" % NOW
    with pytest.raises(Unauthentic):
        bugcrowd(whole, f"sha256={signed(whole)}")
    with pytest.raises(Unauthentic):
        bugcrowd(body, f"sha256={signed(whole)}")
    with pytest.raises(Unauthentic):
        bugcrowd(body, f"timestamp={NOW};sha256={signed(body)}")


@pytest.mark.parametrize("form", ["{}", "sha256={},sha256={}", "timestamp=1;sha256={}", "timestamp=;sha256={}", "sha256={} ", "sha256={};timestamp=1790000000"])  # fmt: skip
def test_any_other_form_is_refused(form):
    body = b'{"data": {}}'
    with pytest.raises(Unauthentic):
        bugcrowd(body, form.replace("{}", signed(body)))


# -- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/a", "https://other.example/a", "https://files.example:8443/a",
        "https://user@files.example/a", "https://files.example@other.example/a",
        "https://files.example.other.example/a", "https://notfiles.example/a", "file:///etc/passwd",
        "//files.example/a", "https:files.example/a", "https://127.0.0.1/a", "https://[::1]/a", "",
        "https://files.example\\@other.example/a", "https://files.example/a b", "https://files.example/\nx",
        "https://fi\u217des.example/a", "https://[files.example/a", "https://files.example./a",
    ],
)  # fmt: skip
def test_an_address_anywhere_else_is_refused_and_not_shown(url):
    with pytest.raises(PolicyError) as refused:
        check_address(url, frozenset({"files.example"}), "attachment 1")
    assert "other" not in str(refused.value) + refused.value.remedy


@pytest.mark.parametrize("url", ["https://files.example/a?b=c", "https://FILES.example:443/a"])
def test_an_address_of_the_platform_is_fine(url):
    check_address(url, frozenset({"files.example"}), "attachment 1")


def test_nothing_is_fetched_where_one_address_is_elsewhere(guard):
    one, urls = event(files=["a.txt", "b.txt"])
    moved = one.body.replace(urls[1].encode(), b"https://169.254.169.254/latest")
    headers = {"X-H1-Event": "e", "X-H1-Delivery": "d", "X-H1-Signature": "sha256=" + signed(moved)}
    asked = []
    with pytest.raises(PolicyError, match="attachment 2"):
        receive(HackerOne(SECRET).open(moved, headers), guard, [].append, fetch=asked.append)
    assert asked == []


def fetch(answers, url="https://files.example/a", most=1000):
    def get(address):
        answer = answers[address]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fetched(url, get, frozenset({"files.example"}), Limits(), most, 1)


def test_a_redirect_is_followed_once_it_was_checked():
    there = {
        "https://files.example/a": Redirected("/b"),
        "https://files.example/b": [b"one ", b"two"],
    }
    assert fetch(there).read(0, 100) == b"one two"


@pytest.mark.parametrize("to", ["https://169.254.169.254/", "http://files.example/b", "//other.example/", "file:///etc/passwd"])  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed(to):
    with pytest.raises(PolicyError):
        fetch({"https://files.example/a": Redirected(to)})


def test_redirects_end():
    with pytest.raises(NotStored, match="redirected too often"):
        fetch({"https://files.example/a": Redirected("/a")})


def test_no_more_is_read_than_is_allowed():
    def endless():
        while True:
            taken.append(1)
            yield b"x" * 300

    taken = []
    with pytest.raises(NotStored) as refused:
        fetch({"https://files.example/a": endless()})
    assert refused.value.reason.code is ReasonCode.LIMIT_SIZE
    assert len(taken) == 4


def test_a_clients_own_error_shows_no_address():
    with pytest.raises(NotStored) as refused:
        fetch({"https://files.example/a": OSError("https://files.example/a?secret")})
    assert str(refused.value) == "nothing was stored: unreadable (attachment 1, OSError)"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


# -- what is stored ----------------------------------------------------------------------------


def test_no_address_of_an_attachment_is_stored(guard):
    text = f"see https://{HOST}/0?X-Amz-Signature=s3cr3t and https://{HOST}/9?sig=other, and https://acme.example/a?b=c"
    one, urls = event(text, ["a.txt"])
    reports, store = kept()
    receive(one, guard, store, fetch=lambda _: [b"hello"])
    payload = reports[0].files[0].content.decode()
    assert HOST not in payload
    assert "s3cr3t" not in payload
    assert "https://acme.example/a?b=c" in payload
    assert json.loads(payload)["data"]["report"]["id"] == "1337"
    assert urls[0] not in repr(reports[0])


def test_the_reference_is_the_reports_number_unless_another_is_given(guard):
    reports, store = kept()
    one, _ = event()
    assert receive(one, guard, store).statement["predicate"]["case"]["ref"] == "H1-1337"
    certificate = receive(one, guard, store, ref="VDP-2026-0142")
    assert certificate.statement["predicate"]["case"]["ref"] == "VDP-2026-0142"


def test_attachments_and_no_client_are_refused(guard):
    one, _ = event(files=["a.txt"])
    with pytest.raises(PolicyError, match="nothing fetches them"):
        receive(one, guard, [].append)


def test_what_cannot_be_read_is_left_out_where_that_is_asked_for(guard):
    one, _ = event(files=["tool.bin", "a.txt"])
    reports, store = kept()
    contents = iter([b"\x7fELF\x02\x01\x01\0" + bytes(2000), b"hello"])
    certificate = receive(one, guard, store, fetch=lambda _: [next(contents)], leave_out=True)
    (report,) = reports
    assert [file.name for file in report.files] == ["payload.json", "a.txt"]
    assert [reason.code for reason in report.left_out] == [ReasonCode.UNSUPPORTED]
    assert certificate.result != "complete"


@pytest.mark.parametrize(
    "body", [b"{", b"[]x", b'{"a": NaN}', b'{"a": 1e999}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_not_stored(guard, body):
    headers = {"X-H1-Event": "e", "X-H1-Delivery": "d", "X-H1-Signature": "sha256=" + signed(body)}
    with pytest.raises(NotStored) as refused:
        receive(HackerOne(SECRET).open(body, headers), guard, [].append)
    assert refused.value.reason.code is ReasonCode.CORRUPT


def test_too_many_attachments_are_not_fetched(guard):
    one, _ = event(files=[f"{n}.txt" for n in range(5)])
    asked = []
    with pytest.raises(NotStored) as refused:
        receive(one, guard, [].append, fetch=asked.append, most_attachments=4)
    assert refused.value.reason.code is ReasonCode.LIMIT_MEMBERS
    assert asked == []


def test_all_attachments_together_have_a_limit(guard):
    one, _ = event(files=["a.txt", "b.txt"])
    with pytest.raises(NotStored) as refused:
        receive(one, guard, [].append, fetch=lambda _: [b"x" * 60], most_bytes=100)
    assert refused.value.reason.code is ReasonCode.LIMIT_SIZE


def test_an_event_that_comes_again_is_stored_once(guard, tmp_path):
    """Under another number too: the number is not signed."""
    body, headers, _ = hackerone()
    store = ReportFolder(tmp_path / "store")
    receive(HackerOne(SECRET).open(body, headers), guard, store)
    again = HackerOne(SECRET).open(body, headers | {"X-H1-Delivery": "another"})
    with pytest.raises(FileExistsError):
        receive(again, guard, store)
    assert len(list((tmp_path / "store").iterdir())) == 1


def test_a_folder_that_a_killed_process_left_is_replaced(guard, tmp_path):
    one, _ = event()
    store = ReportFolder(tmp_path / "store")
    receive(one, guard, store)
    (folder,) = (tmp_path / "store").iterdir()
    (folder / "certificate.json").unlink()
    (folder / "half.txt").write_text("half")
    receive(one, guard, store)
    assert sorted(path.name for path in folder.iterdir()) == ["certificate.json", "payload.json"]


def test_what_is_not_what_was_proved_is_not_stored(guard, tmp_path, monkeypatch):
    one, _ = event()
    monkeypatch.setattr(
        "pii_guard.intake.webhooks.receiving._Whole",
        lambda pieces, proof: type("Other", (), {"pieces": [b"jane"], "proof": proof}),
    )
    with pytest.raises(PiiGuardError, match="not what was proved"):
        receive(one, guard, ReportFolder(tmp_path / "store"))
    assert list((tmp_path / "store").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.txt", "a.txt"), ("../../a.txt", "a.txt"), ("C:\\x\\a.txt", "a.txt"), ("..", ""), ("", ""),
        ("a\0b\n.txt", "a_b_.txt"), ("a\u202etxt.exe", "a_txt.exe"), ("a/.certificate.json", ".certificate.json"),
        ("x.certificate.json", ""), ("certificate.json", "certificate.json"), ("a:b", "a_b"),
        ("x" * 300 + ".txt", "x" * 300 + ".txt"), ("y" * 5000, ""),
    ],
)  # fmt: skip
def test_a_name_is_one_name(given, name):
    assert file_name(given) == name


@pytest.mark.parametrize(
    "value", ["DE89370400440532013000", "+49 170 5556677", "Kwabena Owusu-Ansah"]
)
def test_a_long_name_is_redacted_before_it_is_shortened(guard, tmp_path, value):
    names = ["x " * (before // 2) + value + " 報" * 99 + ".txt" for before in (80, 92, 176, 194)]
    one, _ = event(files=names)
    receive(one, guard, ReportFolder(tmp_path), fetch=lambda _: [b"hello"])
    (folder,) = tmp_path.iterdir()
    stored = [path.name for path in folder.iterdir() if path.suffix == ".txt"]
    assert len(stored) == len(names)
    assert not [name for name in stored if value[:4] in name]


def test_the_platforms_name_of_its_certificate_is_not_taken(guard, tmp_path):
    one, _ = event(files=["certificate.json", "Certificate.JSON", "payload.json"])
    receive(one, guard, ReportFolder(tmp_path), fetch=lambda _: [b"{}"])
    (folder,) = tmp_path.iterdir()
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "Certificate-3.JSON", "certificate-2.json", "certificate.json", "payload-2.json", "payload.json"
    }  # fmt: skip
    assert b"payload" in (folder / "certificate.json").read_bytes()


# -- a real server -----------------------------------------------------------------------------


class Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "https://169.254.169.254/latest")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = 1_300_000 if self.path.startswith("/large") else 20
        content = b"login by %s\n" % CANARY if size > 20 else b"hello"
        content += b"GET /health 200 in 17 ms\n" * (size // 25)
        told = len(content) + (5 if self.path.startswith("/cut") else 0)
        self.send_response(404 if self.path.startswith("/gone") else 200)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def https(tmp_path_factory):
    """A server with TLS, and the settings that trust it."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}", ssl.create_default_context(cafile=certificate)
    server.shutdown()
    server.server_close()


@pytest.mark.localhost
def test_the_client_gets_files(https):
    address, context = https
    assert b"".join(HttpsClient(context=context)(address + "/a?sig=1")) == b"hello"


@pytest.mark.localhost
def test_the_client_trusts_nobody_by_itself(https):
    address, _ = https
    with pytest.raises(ssl.SSLCertVerificationError):
        list(HttpsClient()(address + "/a"))


@pytest.mark.localhost
@pytest.mark.parametrize("path", ["/gone", "/cut"])
def test_the_client_takes_whole_files_only(https, path):
    address, context = https
    with pytest.raises((OSError, IncompleteRead)):
        list(HttpsClient(context=context)(address + path))


@pytest.mark.localhost
def test_the_client_follows_nothing(https):
    address, context = https
    with pytest.raises(Redirected) as moved:
        list(HttpsClient(context=context)(address + "/away"))
    assert moved.value.location == "https://169.254.169.254/latest"
    assert "169" not in str(moved.value) + repr(moved.value)


@pytest.mark.localhost
@pytest.mark.parametrize("which", ["guard", "unconfined"])
def test_a_large_attachment_touches_no_disk_as_it_is(places, https, which, request, caplog):
    caplog.set_level(logging.DEBUG)
    address, context = https
    one, _ = event(files=["x.log"])
    client = HttpsClient(context=context)
    with watched(places) as seen:
        receive(
            one,
            request.getfixturevalue(which),
            ReportFolder(places / "store"),
            fetch=lambda _: client(address + "/large"),
        )
    assert seen == set()
    (stored,) = (places / "store").glob("*/x.log")
    assert b"login by <EMAIL_ADDRESS_" in stored.read_bytes()
    assert "s3cr3t" not in caplog.text


def test_bugcrowds_attachments_are_seen():
    body, headers = BugcrowdSide.request_of(
        None, TEXT, {"https://tracker.bugcrowd.com/a": "a.txt"}, ""
    )
    (found,) = Bugcrowd(SECRET).attachments(json.loads(body))
    assert (found.url, found.name) == ("https://tracker.bugcrowd.com/a", "a.txt")
    assert "tracker" not in repr(found)


def test_no_other_address_of_an_attachment_is_stored(guard):
    there = {
        "file_name": "a.txt",
        "url": "https://tracker.bugcrowd.com/f/1",
        "s3_signed_url": "https://tracker.bugcrowd.com/s?sig=x",
    }
    data = {
        "deep": [
            [
                {"type": "file_attachment", "attributes": there},
                "see https://tracker.bugcrowd.com/f/1",
            ]
        ]
    }
    body = json.dumps({"data": data}).encode()
    reports, store = kept()
    asked = []

    def fetch(url):
        asked.append(url)
        return [b"hello"]

    receive(bugcrowd(body, f"sha256={signed(body)}"), guard, store, fetch=fetch)
    assert asked == ["https://tracker.bugcrowd.com/s?sig=x"]
    assert b"tracker" not in reports[0].files[0].content
