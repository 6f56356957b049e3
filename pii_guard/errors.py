"""What can go wrong, in words a person can act on.

    PiiGuardError               code, remedy, exit_code
    ├── PolicyError             2   the policy or the call cannot be used
    ├── Unauthentic             2   what came in is not signed by whom it says it is from
    ├── IsolationError          4   no worker process can be started any more
    ├── NotStored               3   what was to be stored is quarantined; nothing of it was stored
    │   └── FormRefused             so was a part of a form; nothing of the form was stored
    ├── FormError               4   a form that was sent cannot be taken in; nothing of it was stored
    ├── Busy                    4   too much is being worked on; nothing was stored, later it may be
    ├── QuarantineError         2   a quarantine cannot be written to, or an entry not be given out
    └── CertificateError        2   a key, trust file or certificate cannot be used
        └── LedgerError         2   a ledger cannot be used
            └── LedgerBroken    1   a ledger contradicts itself or what was seen of it

    Unreadable                  raised by a format; the conductor turns it into `Quarantined`

Hostile or broken *input* never raises out of `Guard`: it ends as a quarantined result that carries
a `Reason`. No message here ever contains a value taken from the input.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

FormFault = Literal["malformed", "too_large", "unsupported"]


class ExitCode:
    """Exit codes of `pii-guard`, stable (README, "Exit codes")."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNPROCESSED = 3
    INTERNAL = 4
    INTERRUPTED = 130


class PiiGuardError(Exception):
    """Base of all errors raised on purpose; `remedy` says what the caller can do."""

    code = "error"
    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy
        if remedy:
            self.add_note(f"What you can do: {remedy}")  # where nobody catches it


class PolicyError(PiiGuardError):
    """The policy, an option or the order of calls cannot be used."""

    code = "policy"
    exit_code = ExitCode.USAGE


class QuarantineError(PiiGuardError):
    """A quarantine, its key or an entry of it cannot be used; nothing was kept or given out."""

    code = "quarantine"
    exit_code = ExitCode.USAGE


class CertificateError(PiiGuardError):
    """A key, a trust file or a certificate cannot be used."""

    code = "certificate"
    exit_code = ExitCode.USAGE


class LedgerError(CertificateError):
    """A ledger cannot be reached, read or written; nothing was appended."""

    code = "ledger"


class LedgerBroken(LedgerError):
    """A ledger contradicts its own checkpoint, or one seen before. Nothing is appended to it."""

    code = "ledger_broken"
    exit_code = ExitCode.FINDINGS


class Unauthentic(PiiGuardError):
    """A webhook's signature, a header of it or its size is not as the platform has it; nothing was read."""

    code = "unauthentic"
    exit_code = ExitCode.USAGE

    def __init__(self) -> None:
        # One answer for all that may be wrong: who forges learns nothing of how far they came.
        super().__init__(
            "the request is not a signed delivery of the platform",
            remedy="check the secret, and that the body is the raw one",
        )


class IsolationError(PiiGuardError):
    """No worker process can be started any more; nothing was worked on."""

    code = "isolation"


class ReasonCode(StrEnum):
    """Why an input was quarantined. The strings are written to results and certificates."""

    UNSUPPORTED = "unsupported"
    UNKNOWN_CONTENT = "unknown_content"
    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    UNSAFE_PATH = "unsafe_path"
    LIMIT_SIZE = "limit:size"
    LIMIT_NESTING = "limit:nesting"
    LIMIT_PAGES = "limit:pages"
    LIMIT_FINDINGS = "limit:findings"
    LIMIT_UNPACKED = "limit:unpacked"
    LIMIT_MEMBERS = "limit:members"
    LIMIT_RATIO = "limit:ratio"
    LIMIT_PIXELS = "limit:pixels"
    LIMIT_CELLS = "limit:cells"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH_SIGSEGV = "crash:SIGSEGV"
    CRASH_SIGABRT = "crash:SIGABRT"
    CRASH_SIGBUS = "crash:SIGBUS"
    CRASH_SIGILL = "crash:SIGILL"
    CRASH_SIGFPE = "crash:SIGFPE"
    CRASH_SIGKILL = "crash:SIGKILL"
    CRASH_SIGSYS = "crash:SIGSYS"
    CRASH_EXIT = "crash:exit"
    NO_TEXT = "no_text"
    NO_READER = "no_reader"
    NOT_COVERED = "not_covered"
    AUDIO_VIDEO = "audio_video"
    VERIFICATION_FAILED = "verification_failed"
    INTERNAL = "internal"


_BY_HAND = (
    "review it by hand, on a machine that may be lost; report which format it is, without the file"
)
_CRASHES = tuple(code for code in ReasonCode if code.value.startswith("crash:"))

SPENT = frozenset(
    code for code in ReasonCode if code.value.startswith(("limit:", "timeout", "memory", "crash:"))
)
"""What says that a file took too much, or took its reader down: all around it is refused with it."""

MEANINGS: dict[ReasonCode, str] = {
    ReasonCode.UNSUPPORTED: "no reader for this format, or for this form of it",
    ReasonCode.UNKNOWN_CONTENT: "its bytes are of no type that is known",
    ReasonCode.CORRUPT: "it is broken, cut off or contradicts itself: a reader refuses it",
    ReasonCode.ENCRYPTED: "it is encrypted, and no password that was given fits",
    ReasonCode.UNREADABLE: "its bytes cannot be read, or changed while they were",
    ReasonCode.UNSAFE_PATH: "a link that leads out of what was given",
    ReasonCode.LIMIT_SIZE: "it has more bytes than a limit allows",
    ReasonCode.LIMIT_NESTING: "it holds files in files, or structures in structures, too deep",
    ReasonCode.LIMIT_PAGES: "it has more pages or frames than the limit",
    ReasonCode.LIMIT_FINDINGS: "more was found in it than the limit",
    ReasonCode.LIMIT_UNPACKED: "more comes out of it than the limit",
    ReasonCode.LIMIT_MEMBERS: "it has more members than the limit",
    ReasonCode.LIMIT_RATIO: "far more comes out of it than went in: it may be a bomb",
    ReasonCode.LIMIT_PIXELS: "a picture in it has more pixels than a limit allows",
    ReasonCode.LIMIT_CELLS: "it has more cells or values than the limit",
    ReasonCode.TIMEOUT: "reading or writing it took longer than a limit allows",
    ReasonCode.MEMORY: "reading or writing it took more memory than there is, or than the limit",
    **dict.fromkeys(_CRASHES, "the process that worked on it was ended by this signal"),
    ReasonCode.CRASH_EXIT: "the process that worked on it ended without an answer",
    ReasonCode.NO_TEXT: "it shows something, and nothing of it is text",
    ReasonCode.NO_READER: "what reads text in pictures is not installed",
    ReasonCode.NOT_COVERED: "a part of it cannot be looked into, and cannot be left out",
    ReasonCode.AUDIO_VIDEO: "it is audio or video",
    ReasonCode.VERIFICATION_FAILED: "what was written could not be proved clean",
    ReasonCode.INTERNAL: "an error of pii_guard's own",
}
"""What each code says, one clause. `docs/verdicts.md` is made of this and of `REMEDIES`."""

REMEDIES: dict[ReasonCode, str] = {
    ReasonCode.UNSUPPORTED: "convert it to a supported format, or handle it by hand",
    ReasonCode.UNKNOWN_CONTENT: "ask the reporter what it is, or send it in a supported format",
    ReasonCode.CORRUPT: "ask the reporter for an intact copy",
    ReasonCode.ENCRYPTED: "give its password (--password-file), or ask for an unencrypted copy",
    ReasonCode.UNREADABLE: "check that it exists and may be read, then run again",
    ReasonCode.UNSAFE_PATH: "pass the file it points to explicitly if it is meant",
    ReasonCode.LIMIT_SIZE: (
        "raise limits.max_file_bytes (limits.max_streamed_bytes for text and tables) in the policy, or "
        "split the file"
    ),
    ReasonCode.LIMIT_NESTING: (
        "raise limits.max_nesting (limits.max_children_depth for files in files) in the policy if the "
        "file is trusted"
    ),
    ReasonCode.LIMIT_PAGES: "raise limits.max_pages in the policy, or split the document",
    ReasonCode.LIMIT_FINDINGS: "raise limits.max_findings in the policy, or split the file",
    ReasonCode.LIMIT_UNPACKED: (
        "raise limits.max_unpacked_bytes in the policy if it is no bomb, or send what it holds"
    ),
    ReasonCode.LIMIT_MEMBERS: "raise limits.max_members in the policy, or split the archive",
    ReasonCode.LIMIT_RATIO: (
        "ask the reporter what it holds; raise limits.max_ratio in the policy if it is no bomb"
    ),
    ReasonCode.LIMIT_PIXELS: (
        "raise limits.max_pixels or limits.max_pixels_in_file in the policy, or ask for a smaller picture"
    ),
    ReasonCode.LIMIT_CELLS: "raise limits.max_cells in the policy, or split the file",
    ReasonCode.TIMEOUT: (
        "raise limits.max_wall_seconds or limits.max_cpu_seconds in the policy, or split the file"
    ),
    ReasonCode.MEMORY: "raise limits.max_memory_bytes in the policy, or split the file",
    **dict.fromkeys(_CRASHES, _BY_HAND),
    ReasonCode.NO_TEXT: "provide a copy with a text layer; nothing in it could be scanned",
    ReasonCode.NO_READER: "install pii-guard-vdp[ocr], which reads text in pictures",
    ReasonCode.NOT_COVERED: "remove the part named, or send it separately in a supported format",
    ReasonCode.AUDIO_VIDEO: (
        "what is said and shown in it cannot be read; ask for a description, a transcript or stills, "
        'or let the policy keep it without its metadata (media = "keep")'
    ),
    ReasonCode.VERIFICATION_FAILED: "review it by hand; the original must not be stored as it is",
    ReasonCode.INTERNAL: "report this as a bug of pii_guard, without attaching the file",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was quarantined: a stable code and where; prints what to do.

    `where` is built by us from ordinals and words of ours ("page 3", "line 12"), never from input.
    """

    code: ReasonCode
    where: str = ""

    @property
    def remedy(self) -> str:
        """What the operator can do about it, one clause."""
        return REMEDIES[self.code]

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.code.value}{place}: {self.remedy}"


class Unreadable(Exception):
    """Raised by a format that cannot fully read, rewrite or re-read a blob."""

    def __init__(self, code: ReasonCode, where: str = "") -> None:
        super().__init__(code.value)
        self.reason = Reason(code, where)


class NotStored(PiiGuardError):
    """What was to be stored is quarantined: nothing of it was stored.

    `reason` says why. `entry` is what the guard's quarantine keeps it as ("" where it keeps nothing),
    and `certificate` then says so.
    """

    code = "quarantined"
    exit_code = ExitCode.UNPROCESSED

    def __init__(self, reason: Reason, *, entry: str = "", certificate: object = None) -> None:
        place = f" ({reason.where})" if reason.where else ""
        super().__init__(f"nothing was stored: {reason.code.value}{place}", remedy=reason.remedy)
        self.reason = reason
        self.entry = entry
        self.certificate = certificate


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """A part of a form that is quarantined: the redacted name of its field, "" where that was not read
    yet; its number among the form's files from 1, 0 for the text fields. `entry` as in `NotStored`.
    """

    field: str
    number: int
    reason: Reason
    entry: str = ""


class FormRefused(NotStored):
    """Parts of a form are quarantined: nothing of it was stored. It is about the first of `parts`.

    For showing the form again: `fields`, name and text of each as far as they are redacted, and `files`,
    the redacted names of the fields of all files, in order.
    """

    def __init__(
        self,
        parts: Sequence[RefusedPart],
        *,
        fields: Sequence[tuple[str, str]] = (),
        files: Sequence[str] = (),
        certificate: object = None,
    ) -> None:
        first = parts[0]
        super().__init__(first.reason, entry=first.entry, certificate=certificate)
        self.parts = tuple(parts)
        self.fields = tuple(fields)
        self.files = tuple(files)


class FormError(PiiGuardError):
    """A form that was sent cannot be taken in: nothing of it was stored.

    `kind`: `malformed`, `too_large`, or `unsupported` for another type of content.
    """

    code = "form"

    def __init__(self, message: str, *, kind: FormFault = "malformed", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.kind = kind


class Busy(PiiGuardError):
    """There is no room for more work now. `retry_after_s`: seconds after which to try again."""

    code = "busy"

    def __init__(self, message: str, *, retry_after_s: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy or "send it again later")
        self.retry_after_s = retry_after_s


def refused(
    error: BaseException, where: str = "", code: ReasonCode = ReasonCode.CORRUPT
) -> Unreadable:
    """Why a reader gives up at an error that a file brought about: `code`, unless it took too much."""
    if isinstance(error, MemoryError):
        return Unreadable(ReasonCode.MEMORY, where)
    if isinstance(error, RecursionError):
        return Unreadable(ReasonCode.LIMIT_NESTING, where)
    return Unreadable(code, where)


def crashed(signal_number: int | None = None) -> ReasonCode:
    """The code for a process that was ended by a signal, or that ended by itself (None)."""
    if signal_number is not None:
        with suppress(ValueError):
            return ReasonCode(f"crash:{signal.Signals(signal_number).name}")
    return ReasonCode.CRASH_EXIT


def whence(error: BaseException) -> str:
    """Type of an unexpected error and our own module and line; never its message: it holds values."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("pii_guard"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
