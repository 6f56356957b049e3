"""A file that is written through a hook: held and sealed until it is closed, then redacted and stored."""

from __future__ import annotations

import io
import logging
import sys
from collections import deque
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from fsspec.transaction import Transaction

from pii_guard.errors import NotStored, PolicyError, Unreadable
from pii_guard.intake.landing import Landing
from pii_guard.intake.names import check_name
from pii_guard.originals import Received

if TYPE_CHECKING:
    from pathlib import Path

    from pii_guard.certificate import Certificate
    from pii_guard.intake.admission import Headers
    from pii_guard.intake.delivery import Delivery

logger = logging.getLogger("pii_guard")


class Writer(io.RawIOBase):
    """Takes bytes, and stores what may be stored of them when it is closed.

    It stores nothing when it is closed because of an exception (by a `with` or `finally` that it leaves, or
    in an `except`), which is then raised again, and when it is never closed. `stored` and `certificate`
    tell where it went, which is not `path` where a name was redacted.
    """

    def __init__(
        self,
        landing: Landing,
        path: str,
        mode: str,
        ref: str,
        headers: Headers,
        transaction: Transaction | None = None,
    ) -> None:
        super().__init__()
        self._done = True  # until there is something to be done
        check_name(path.rpartition("/")[2])
        self.path, self.mode = path, mode
        self.stored = ""
        self.certificate: Certificate | None = None
        self._landing, self._headers, self._transaction = landing, headers, transaction
        limits = landing.guard.policy.limits
        # Opened now: what a certificate says of memory is about all the time that bytes are held.
        self._case = landing.guard.case(ref)
        self._received = Received(max(limits.max_file_bytes, limits.max_streamed_bytes))
        self._file: Path | None = None
        self._delivery: Delivery | None = None
        self._opened_in = sys.exc_info()[1]
        self._done = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._received.size

    def write(self, data: Any, /) -> int:
        """Raises `NotStored` for more than the policy allows: nothing of it will be stored."""
        if self.closed:
            raise ValueError("the file is closed")
        part = memoryview(data).cast("B")
        try:
            self._received.write(part)
        except Unreadable as failed:
            self.discard()
            raise NotStored(failed.reason) from None
        return len(part)

    def take(self, path: Path) -> None:
        """Store what is in this file in place of what is written; the certificate says that it is left."""
        self._file = path

    def close(self) -> None:
        """Redact, prove, store and certify; in a transaction, all but be seen.

        Raises `NotStored`, `PolicyError`, `CertificateError`, and what the file system raises.
        """
        if self.closed:
            return
        super().close()
        if self._done:
            return
        leaving = sys.exc_info()[1]
        if leaving is not None and leaving is not self._opened_in:
            # fsspec, pandas and others close what they write to without saying that they failed.
            self.discard()
            leaving.add_note("pii_guard stored nothing of the file that was being written")
            raise leaving
        others = self._transaction.files if self._transaction else ()
        try:
            self.stored, self._delivery = self._landing.deliver(
                self._case,
                self._file or self._received.original(),
                self.path,
                self.mode == "xb",
                self._headers,
                commit=self._transaction is None,
                taken=[one.stored for one in others],
            )
        except Unreadable as failed:
            raise NotStored(failed.reason) from None
        finally:
            self._case.discard()
            self._opened_in = None
            self._done = self._delivery is None
        self.certificate = self._delivery.certificate
        if self._transaction is None:
            self.settle()

    def commit(self) -> None:
        """Let what was staged be seen. Raises `PolicyError` where nothing was."""
        if self._delivery is None:
            raise PolicyError(
                "a file of the transaction was not closed, or not stored",
                remedy="close each before the transaction ends",
            )
        self._delivery.commit()

    def settle(self) -> None:
        """What is stored stays."""
        self._done, self._delivery = True, None

    def discard(self) -> None:
        """Store nothing, and take back what was stored since the transaction began."""
        delivery, self._delivery = self._delivery, None
        self._done, self._opened_in = True, None
        super().close()
        self._case.discard()
        if delivery is not None:
            self.stored, self.certificate = "", None
            delivery.discard()

    def _dealloc_warn(self, source: Any) -> None:  # noqa: ARG002 - as `io` calls it
        """Whatever wraps this was never closed, and is about to close it."""
        self._abandon()

    def __del__(self) -> None:
        if not getattr(self, "_done", True):
            self._abandon()

    def _abandon(self) -> None:
        if not self._done:
            logger.warning("a file that was written to was never closed: nothing of it is stored")
            with suppress(Exception):
                self.discard()


class AllOrNothing(Transaction):  # type: ignore[misc]
    """All files of a transaction are stored, or none: one that fails takes back those before it."""

    def complete(self, commit: bool = True) -> None:
        files: list[Writer] = list(self.files)
        self.files: deque[Writer] = deque()
        try:
            with ExitStack() as failed:
                for file in files:
                    failed.callback(file.discard)
                if commit:
                    for file in files:
                        file.commit()
                    failed.pop_all()
            if commit:
                for file in files:
                    file.settle()
        finally:
            super().complete(commit)
