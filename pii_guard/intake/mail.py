"""Mail that is redacted as it comes in: a handler for aiosmtpd, before a folder or a function of yours.

    handler = RedactingHandler("s3://reports/mail", policy="pii-guard.toml")
    controller(handler, "0.0.0.0", 25).start()

A message with its envelope is one report: sender and recipients stand in it as `Return-Path` and
`Delivered-To`, where whoever delivers mail last puts them (RFC 5321, section 4.4), and are redacted like the
rest. 250 is said once it is stored with its certificate, and nothing is stored where anything else is said.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pii_guard.certificate.reference import check_reference
from pii_guard.errors import NotStored, PiiGuardError, PolicyError, ReasonCode, whence
from pii_guard.guard import Guard
from pii_guard.intake.admission import admit
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.guards import guard_for

if TYPE_CHECKING:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, Envelope, Session

    from pii_guard.case import Case
    from pii_guard.certificate import Certificate
    from pii_guard.intake.landing import Landing

logger = logging.getLogger("pii_guard")
MOST_BYTES = 33_554_432
"""Of a message, unless told otherwise or the policy allows less."""

_BEGINS = re.compile(rb"[!-9;-~]+[ \t]*:|\r?\n")

# Enhanced codes: RFC 3463.
STORED = "250 2.0.0 stored"
BUSY = "451 4.3.2 too many messages at once, try again later"
FAILED = "451 4.3.0 not stored, try again later"
TOO_LARGE = "552 5.3.4 message too large"
NO_RECIPIENT = "550 5.1.1 no such recipient here"
BAD_ADDRESS = "553 5.1.7 an address of the envelope cannot be read"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it may be stored, with its certificate; `name` is made up and ends in `.eml`."""

    name: str
    message: bytes = field(repr=False)
    certificate: Certificate


Store = Callable[[Mail], object]
"""Stores a message and its certificate, or raises: the sender is then told to try again."""


class RedactingHandler:
    """Redacts each message before it is stored. Safe for several servers and threads.

    `store`: a folder, as a path or a URL of fsspec's (extra `fsspec`), or a `Store`. `guard`, or the path
    of a `policy` file; the built-in policy by default. `recipients`: the only addresses that mail is taken
    for. `ref`: the programme's reference in certificates. `workers` messages are worked on at once and
    `waiting` may wait, all of them in memory; more are told to try again. `most_bytes` of a message.
    Raises `PolicyError`, and `CertificateError` for a reference that may not be one.
    """

    def __init__(
        self,
        store: str | os.PathLike[str] | Store,
        guard: Guard | None = None,
        *,
        policy: str | os.PathLike[str] | None = None,
        recipients: Collection[str] | None = None,
        ref: str = "case",
        workers: int = 2,
        waiting: int = 16,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        if policy is not None and guard is not None:
            raise PolicyError("a policy and a guard were given", remedy="give one of them")
        check_reference(ref)
        self._guard = guard or guard_for(policy)
        self._sink: _Sink = _Handed(store) if callable(store) else _folder(store, self._guard)
        self._recipients = (
            None if recipients is None else {address.casefold() for address in recipients}
        )
        self._ref = ref
        self._pool = ThreadPoolExecutor(workers, "pii-guard-mail")
        self._places = threading.Semaphore(workers + waiting)
        self.most_bytes = min(most_bytes, self._guard.policy.limits.max_file_bytes)
        # It writes senders, recipients and the lines of messages into its log.
        logging.getLogger("mail.log").disabled = True

    def close(self) -> None:
        """Finish what was taken in; nothing more is."""
        self._pool.shutdown()

    # -- called by aiosmtpd, in its event loop -----------------------------------------------------

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """A recipient of a message."""
        if self._recipients is not None and address.casefold() not in self._recipients:
            return NO_RECIPIENT
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """A whole message; what the sender is told of it."""
        content, envelope.content, envelope.original_content = envelope.content, None, None
        addresses = (envelope.mail_from or "", *envelope.rcpt_tos)
        if not all(address.isprintable() for address in addresses):
            return BAD_ADDRESS
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        if raw is None or len(raw) > self.most_bytes:
            return TOO_LARGE
        if not self._places.acquire(blocking=False):
            return BUSY
        gone = threading.Event()
        try:
            job = self._pool.submit(self._take, delivered(addresses, raw), gone)
        except RuntimeError:  # it is being closed
            self._places.release()
            return BUSY
        job.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            # Who sent it has left and will send it again.
            gone.set()
            raise

    async def handle_exception(self, error: Exception) -> str:
        """What went wrong in the server; by default it would be told to the sender in full."""
        logger.error("a mail server failed: %s", whence(error))
        return FAILED

    # -- in a thread of ours -----------------------------------------------------------------------

    def _take(self, message: bytes, gone: threading.Event) -> str:
        try:
            case = self._guard.case(self._ref)
            try:
                delivery = self._sink.stage(case, message, _name())
                if gone.is_set():
                    delivery.discard()
                    return FAILED
                delivery.commit()
            finally:
                case.discard()
            return STORED
        except NotStored as refused:
            kept = f"; kept as {refused.entry}" if refused.entry else ""
            logger.warning("a mail was not stored: %s%s", refused.reason, kept)
            if refused.reason.code is ReasonCode.LIMIT_SIZE:
                return TOO_LARGE
            return f"554 5.7.1 not stored: {refused.reason}"
        except PiiGuardError as error:
            logger.error("a mail was not stored: %s (%s)", error, error.remedy)  # noqa: TRY400
            return FAILED
        except Exception as error:  # noqa: BLE001 - whoever made the store decides what it raises
            logger.error("a mail was not stored: %s", whence(error))  # noqa: TRY400
            return FAILED


def controller(
    handler: RedactingHandler, hostname: str = "127.0.0.1", port: int = 8025, **options: Any
) -> Controller:
    """A server for a handler, in a thread of its own: `start()` it and `stop()` it.

    `options` are those of `aiosmtpd.smtp.SMTP`, such as `tls_context` and `require_starttls`.
    """
    from aiosmtpd.controller import Controller

    told = {"enable_SMTPUTF8": True, "ident": "ESMTP", **options}
    return Controller(handler, hostname, port, **{"data_size_limit": handler.most_bytes, **told})


def delivered(addresses: Iterable[str], message: bytes) -> bytes:
    """A message with its envelope in it. `addresses`: the sender's and those of the recipients."""
    sender, *recipients = addresses
    lines = [
        f"Return-Path: <{sender.strip('<>')}>",
        *(f"Delivered-To: {one}" for one in recipients),
    ]
    if not _BEGINS.match(message):
        lines.append("")  # it has no headers: its first line is text
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape") + message


def _name() -> str:
    """A name for a message that nobody was told yet; as long as a digest, so that it is nobody's number."""
    return f"{secrets.token_hex(16)}.eml"


class _Sink(Protocol):
    def stage(self, case: Case, message: bytes, name: str) -> Delivery:
        """Redact and prove it, and put it where it can be seen from `commit` on."""
        ...


class _Handed:
    """A function of the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def stage(self, case: Case, message: bytes, name: str) -> Delivery:
        """Held in memory until it is handed on with its certificate."""
        admitted = admit(case, message, name=name)
        held = _Held()
        delivery = Delivery(
            admitted, held, lambda one: self._store(Mail(admitted.name, bytes(held.message), one))
        )
        delivery.stage()
        return delivery


class _Held:
    """What is redacted, in memory. A `Place`."""

    def __init__(self) -> None:
        self.message = bytearray()

    def write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.message += piece

    def commit(self) -> None:
        """It is handed on with its certificate, which is last."""

    def discard(self) -> None:
        self.message = bytearray()


def _folder(store: str | os.PathLike[str], guard: Guard) -> _Sink:
    """A folder of a file system that fsspec reaches; it is made if it is not there."""
    from fsspec.core import url_to_fs

    from pii_guard.intake.landing import Landing

    fs, root = url_to_fs(os.fspath(store))
    fs.makedirs(root, exist_ok=True)
    return _Landed(Landing(fs, guard), root.rstrip("/"))


class _Landed:
    def __init__(self, landing: Landing, root: str) -> None:
        self._landing, self._root = landing, root

    def stage(self, case: Case, message: bytes, name: str) -> Delivery:
        """In the folder, as far as its file system can hold back what is not to be seen yet."""
        path = f"{self._root}/{name}"
        _, delivery = self._landing.deliver(case, message, path, False, {}, commit=False)
        return delivery
