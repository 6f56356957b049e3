"""A genuine event, redacted as one report: the payload and all its attachments under the same tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pii_guard.certificate.reference import reference_fault
from pii_guard.errors import NotStored, PolicyError, Reason, ReasonCode
from pii_guard.findings import Proof, Quarantined, Result
from pii_guard.intake.admission import refusal
from pii_guard.intake.delivery import proved
from pii_guard.intake.names import apart, belongs_to, fitting
from pii_guard.intake.webhooks.event import Attachment, Event, walk
from pii_guard.intake.webhooks.fetching import Fetch, check_address, fetched

if TYPE_CHECKING:
    from pii_guard.case import Case
    from pii_guard.certificate import Certificate
    from pii_guard.guard import Guard

PAYLOAD = "payload.json"
CERTIFICATE = "certificate.json"
_LINK = "(an attachment of this report)"
"""Stands where the address of an attachment stood."""
_ADDRESS = re.compile(r"https?://([^/\s\"'<>)\]\\?#]{1,253})[^\s\"'<>)\]\\]*")
_LONGEST_NAME = 4096
"""Characters. No file system has names of so many: what is longer is none."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file as it may be stored: a name without directories, of its own in the report."""

    name: str
    proof: Proof
    _pieces: Iterable[bytes] = field(repr=False)

    @property
    def pieces(self) -> Iterable[bytes]:
        """What is in it, piece by piece. Raises `PiiGuardError` at the end if it is not what was proved."""
        return proved(_Whole(self._pieces, self.proof))

    @property
    def content(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


@dataclass(frozen=True, slots=True)
class _Whole:
    pieces: Iterable[bytes]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it may be stored, with its certificate: `payload.json` first, then its attachments.

    `left_out`: why attachments are not among them, where the caller allowed that.
    """

    event: Event
    files: tuple[ReportFile, ...]
    certificate: Certificate
    left_out: tuple[Reason, ...] = ()


Store = Callable[[Report], object]
"""Stores all of a report with its certificate, or raises and leaves nothing of it."""


def receive(
    event: Event,
    guard: Guard,
    store: Store,
    *,
    fetch: Fetch | None = None,
    ref: str = "",
    leave_out: bool = False,
    most_attachments: int = 100,
    most_bytes: int = 1 << 30,
) -> Certificate:
    """Fetch the attachments of an event, redact all of it as one case, and hand it to `store`.

    `fetch` gets what is at an address; no address of an attachment is stored, logged or shown. `ref`: the
    programme's reference, by default the report's number at the platform. `leave_out`: an attachment that
    is quarantined is left out, and the certificate says so; by default nothing is stored then.
    `most_bytes` of all attachments together. Raises `NotStored`, `PolicyError`, `CertificateError`, and
    what `store` raises; nothing was handed on then, but by a `store` that keeps what it refuses.
    """
    payload = _parsed(event.body)
    attachments = _addresses(event, payload, most_attachments)
    if attachments and fetch is None:
        raise PolicyError(
            "the report has attachments, and nothing fetches them", remedy="give fetch"
        )
    told = ref or event.platform.ref(payload)
    case = guard.case("case" if not ref and reference_fault(told) else told)
    try:
        case.add(_blanked(payload, attachments, event), name=PAYLOAD, media_type="application/json")
        left = most_bytes
        for number, one in enumerate(attachments, 1):
            assert fetch is not None
            hosts, limits = event.platform.hosts, guard.policy.limits
            original = fetched(one.url, fetch, hosts, limits, left, number)
            left -= original.size
            case.add(original, name=file_name(one.name) or f"attachment-{number}")
        results = list(case.redact())
        _refuse(case, results, leave_out=leave_out)
        files = tuple(_files(results))
        left_out = tuple(one.reason for one in results if isinstance(one, Quarantined))
        certificate = case.close()
        store(Report(event, files, certificate, left_out))
        return certificate
    finally:
        case.discard()


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotStored(Reason(ReasonCode.CORRUPT, "the payload is no JSON")) from None


def _no_number(_: str) -> None:
    raise ValueError


def _addresses(event: Event, payload: Any, most: int) -> list[Attachment]:
    """The attachments, each once, and all of them where they should be."""
    found = {one.url: one for one in event.platform.attachments(payload)}
    if len(found) > most:
        raise NotStored(Reason(ReasonCode.LIMIT_MEMBERS, f"more than {most} attachments"))
    for number, url in enumerate(found, 1):
        check_address(url, event.platform.hosts, f"attachment {number}")
    return list(found.values())


def _blanked(payload: Any, attachments: Sequence[Attachment], event: Event) -> bytes:
    """The payload without the addresses of attachments, wherever they stand in it."""
    urls = sorted((url for one in attachments for url in (one.url, *one.others)), key=len)

    def blank(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for url in reversed(urls):
            value = value.replace(url, _LINK)
        return _ADDRESS.sub(signed, value)

    def signed(match: re.Match[str]) -> str:
        host = match[1].lower().removesuffix(":443")
        return _LINK if host in event.platform.hosts and "?" in match[0] else match[0]

    for one in walk(payload):
        if isinstance(one, dict):
            one.update({key: blank(value) for key, value in one.items()})
        else:
            one[:] = map(blank, one)
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, indent=1)
    except (ValueError, RecursionError):  # a number too large to be one, or too many levels
        raise NotStored(Reason(ReasonCode.CORRUPT, "the payload is no JSON")) from None
    return text.encode("utf-8", "surrogatepass")


def _refuse(case: Case, results: list[Result], *, leave_out: bool) -> None:
    """Raises `NotStored` where something is quarantined that must not be left out."""
    held = [one for one in results if isinstance(one, Quarantined)]
    if held and (not leave_out or held[0] is results[0]):
        raise refusal(case, held[0], results)


def _files(results: Iterable[Result]) -> Iterator[ReportFile]:
    stored = [
        (fitting(file_name(one.name)) or f"attachment-{number}" if number else PAYLOAD, one)
        for number, one in enumerate(results)
        if not isinstance(one, Quarantined)
    ]
    free = apart((name for name, _ in stored), [CERTIFICATE])
    for name, (_, one) in zip(free, stored, strict=True):
        yield ReportFile(name, one.proof, one.pieces)


def file_name(text: str) -> str:
    """What a reporter called a file, as the name of one: no directories, nothing that steers; "" for none."""
    last = text.replace("\\", "/").rpartition("/")[2].strip()
    shown = "".join(char if char.isprintable() and char not in ':|?*"' else "_" for char in last)
    # It is not cut here: what is to be redacted of it would be cut, too, and not be found.
    if not shown.strip(".") or belongs_to(shown) or len(shown) > _LONGEST_NAME:
        return ""
    return shown
