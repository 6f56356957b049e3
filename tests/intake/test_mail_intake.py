"""Mail over SMTP as clients send it: what each is answered, and what lies in the store then."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import smtplib
import threading
import time
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from pii_guard.errors import NotStored, PolicyError, Reason, ReasonCode
from pii_guard.intake.mail import BUSY, FAILED, RedactingHandler, controller, delivered
from tests.contract.intakes import free_port
from tests.intake.test_nothing_raw_on_disk import CANARY, places, watched

__all__ = ["places"]

pytestmark = pytest.mark.localhost
TO = "security@acme.example"
RAW = "Please ask jane.roe@mail.example about it.\n"


@pytest.fixture
def served(guard):
    """Starts servers before a store, and ends them."""
    ends = []

    def serve(store, *, guard=guard, options=None, **more):
        handler = RedactingHandler(store, guard, **more)
        server = controller(handler, port=free_port(), **options or {})
        server.start()
        ends.extend((handler.close, server.stop))
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=300)
        client.handler = handler
        return client

    yield serve
    for end in reversed(ends):
        end()


def message(text=RAW):
    one = EmailMessage()
    one["From"], one["To"], one["Subject"] = "Jane Roe <jane.roe@mail.example>", TO, "IDOR"
    one.set_content(text)
    return one


def test_a_message_is_handed_on_with_its_certificate(served):
    got = []
    with served(got.append) as client:
        assert client.send_message(message()) == {}
    (mail,) = got
    assert mail.name.endswith(".eml")
    assert mail.certificate.result.startswith("complete")
    assert b"jane" not in mail.message
    assert "jane" not in repr(mail)
    read = email.message_from_bytes(mail.message, policy=email.policy.default)
    assert read["Subject"] == "IDOR"
    assert read.get_content().split() == ["Please", "ask", "<EMAIL_ADDRESS_1>", "about", "it."]


def test_the_envelope_is_kept_redacted(served):
    got = []
    with served(got.append) as client:
        client.sendmail(
            "joe.doe@mail.example", [TO, "ann.lee@mail.example"], b"Subject: x\r\n\r\ny"
        )
    first, *recipients = got[0].message.decode().splitlines()[:3]
    assert first.startswith("Return-Path: <")
    assert [one.partition(": ")[0] for one in recipients] == ["Delivered-To", "Delivered-To"]
    assert b"mail.example" not in got[0].message


def test_a_bounce_has_no_sender_and_is_taken(served):
    got = []
    with served(got.append) as client:
        client.sendmail("<>", [TO], b"Subject: undeliverable\r\n\r\nhello")
    assert got[0].message.startswith(b"Return-Path: <>\r\n")


def test_a_message_without_headers_stays_a_text(served):
    got = []
    with served(got.append) as client:
        client.sendmail("<>", [TO], RAW.encode().replace(b"\n", b"\r\n"))
    head, _, body = got[0].message.partition(b"\r\n\r\n")
    assert body == b"Please ask <EMAIL_ADDRESS_1> about it.\r\n"


def test_addresses_and_text_of_any_script(served):
    got = []
    with served(got.append) as client:
        client.sendmail(
            "jörg@mail.example",
            [TO],
            "Subject: Grüße\r\n\r\njörg@mail.example schreibt\r\n".encode(),
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )
    whole = got[0].message.decode()
    assert "jörg" not in whole
    assert "Subject: Grüße" in whole


def test_lines_that_begin_with_a_dot_come_through(served):
    got = []
    with served(got.append) as client:
        client.sendmail("<>", [TO], b"Subject: x\r\n\r\n.hidden\r\n..\r\nlast\r\n")
    assert got[0].message.endswith(b"\r\n\r\n.hidden\r\n..\r\nlast\r\n")


def test_mail_for_others_is_not_taken(served):
    got = []
    with served(got.append, recipients=[TO]) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("<>", ["ann.lee@mail.example"], b"x")
        assert [code for code, _ in refused.value.recipients.values()] == [550]
        client.sendmail("<>", [TO.upper()], b"Subject: x\r\n\r\ny")
    assert len(got) == 1


def test_too_large_is_said_before_and_after(served):
    got = []
    with served(got.append, most_bytes=10_000) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "10000"
        assert client.mail("a@mail.example", ["SIZE=20000"])[0] == 552
        client.mail("a@mail.example")
        client.rcpt(TO)
        assert client.data(b"x\r\n" * 10_000)[0] == 552
    assert got == []


def test_a_handler_in_another_server_holds_its_limit_as_well(served):
    got = []
    client = served(got.append, most_bytes=10_000, options={"data_size_limit": None})
    with client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("<>", [TO], b"x\r\n" * 10_000)
    assert refused.value.smtp_code == 552
    assert got == []


def test_a_store_that_fails_is_tried_again_and_tells_nothing(served, caplog):
    def failing(_):
        raise OSError("jane.roe@mail.example: no space")

    with served(failing) as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.send_message(message())
    assert refused.value.smtp_code == 451
    assert "jane" not in refused.value.smtp_error.decode() + caplog.text


def test_a_reason_has_the_code_that_fits(served, unconfined, monkeypatch):
    with served([].append, guard=unconfined) as client:
        for reason, code in ((ReasonCode.LIMIT_SIZE, 552), (ReasonCode.ENCRYPTED, 554)):
            refusal = NotStored(Reason(reason, "part 2"))
            monkeypatch.setattr("pii_guard.intake.mail.admit", raising(refusal))
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.send_message(message())
            assert refused.value.smtp_code == code
    assert b"encrypted (part 2)" in refused.value.smtp_error


def test_the_server_goes_on_after_its_own_failure(served, monkeypatch, caplog):
    got = []
    with served(got.append) as client:
        with monkeypatch.context() as broken:
            broken.setattr(
                "pii_guard.intake.mail.delivered", raising(ValueError("jane.roe@mail.example"))
            )
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.send_message(message())
        client.send_message(message())
    assert refused.value.smtp_error.decode() == FAILED.partition(" ")[2]
    assert "jane" not in caplog.text
    assert len(got) == 1


def test_more_than_can_wait_are_told_to_try_again_and_the_loop_goes_on(served):
    """One is worked on, one waits; the third is refused at once, while the first two are still there."""
    begun, go = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        assert go.wait(60)

    client = served(slow, workers=1, waiting=1)
    port = client.sock.getpeername()[1]
    answers = []

    def send():
        with smtplib.SMTP("127.0.0.1", port, timeout=300) as other:
            answers.append(other.sendmail("<>", [TO], b"Subject: x\r\n\r\ny"))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    while client.handler._places._value:
        time.sleep(0.01)
    assert begun.wait(60)
    with client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("<>", [TO], b"Subject: x\r\n\r\ny")
    assert f"{refused.value.smtp_code} {refused.value.smtp_error.decode()}" == BUSY
    go.set()
    for thread in threads:
        thread.join()
    assert answers == [{}, {}]


@pytest.mark.parametrize("when", ["it waits", "it is redacted"])
def test_who_leaves_meanwhile_finds_nothing_stored(unconfined, tmp_path, monkeypatch, when):
    """The sender will send it again: it would be there twice."""
    handler = RedactingHandler(tmp_path / "store", unconfined, workers=1)
    begun, go = threading.Event(), threading.Event()
    real = handler._sink.stage

    def stage(*given):
        begun.set()
        assert go.wait(60)
        return real(*given)

    monkeypatch.setattr(handler._sink, "stage", stage)
    if when == "it waits":
        handler._pool.submit(go.wait)
        begun.set()
    envelope = SimpleNamespace(
        mail_from="a@mail.example", rcpt_tos=[TO], content=b"x", original_content=b"x"
    )

    async def leave():
        task = asyncio.ensure_future(handler.handle_DATA(None, None, envelope))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    go.set()
    handler.close()
    assert list((tmp_path / "store").iterdir()) == []


def test_an_address_that_would_begin_a_header_is_refused(guard):
    handler = RedactingHandler([].append, guard)
    envelope = SimpleNamespace(
        mail_from="a@mail.example\r\nX: y", rcpt_tos=[TO], content=b"x", original_content=b"x"
    )
    assert asyncio.run(handler.handle_DATA(None, None, envelope)).startswith("553 ")
    handler.close()


def test_lines_of_mail_are_not_logged(served, caplog):
    caplog.set_level(logging.DEBUG)
    with served([].append) as client:
        client.send_message(message())
    assert "jane" not in caplog.text


def test_two_ways_to_say_what_redacts_are_refused(guard):
    with pytest.raises(PolicyError):
        RedactingHandler([].append, guard, policy="pii-guard.toml")


def test_the_envelope_goes_before_the_headers():
    told = delivered(["a@b.example", TO], b"Subject: x\r\n\r\ny")
    assert told == (
        b"Return-Path: <a@b.example>\r\nDelivered-To: security@acme.example\r\nSubject: x\r\n\r\ny"
    )


@pytest.mark.parametrize("which", ["guard", "unconfined"])
def test_a_large_message_touches_no_disk_as_it_is(places, served, which, request):
    one = message()
    lines = b"GET /health 200 in 17 ms\n" * 45_000
    for number in range(2):
        one.add_attachment(
            lines + b"login by " + CANARY + b"\n",
            maintype="text", subtype="plain", filename=f"{number}.log", cte="8bit",
        )  # fmt: skip
    with (
        watched(places) as seen,
        served(places / "store", guard=request.getfixturevalue(which)) as client,
    ):
        client.send_message(one)
    assert seen == set()
    (stored,) = (places / "store").glob("*.eml")
    assert stored.read_bytes().count(b"login by <EMAIL_ADDRESS_") == 2


def raising(error):
    def raises(*_, **__):
        raise error

    return raises
