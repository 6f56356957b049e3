"""One engine that redacts attachments, text and whole reports. Build it once, share it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, overload

from pii_guard.errors import PiiGuardError, PolicyError, Reason, ReasonCode, Unreadable
from pii_guard.findings import Finding, Quarantined, Result
from pii_guard.policy import Policy

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer
    from presidio_analyzer.nlp_engine import NlpEngine

    from pii_guard.case import Case
    from pii_guard.formats import Format

Source = bytes | bytearray | memoryview | BinaryIO | str | os.PathLike[str]
"""Bytes, a binary file object (read to its end), or the path of a regular file."""


@dataclass(frozen=True, slots=True)
class Scan(Sequence[Finding]):
    """What a scan found: the findings that the policy would remove, in order."""

    media_type: str
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None

    @property
    def verdict(self) -> Literal["clean", "found", "quarantined"]:
        """`quarantined` when it could not be read in full; `reason` then says why."""
        if self.reason is not None:
            return "quarantined"
        return "found" if self.findings else "clean"

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[index]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)


class Guard:
    """Finds and removes personal data under one policy; safe to share between threads.

    `policy`: the built-in default when left out. `nlp_engine`: any Presidio NLP engine in place of
    the shipped model. `recognizers`, `formats`: the caller's own, beside ours. `signer`: a key from
    `pii_guard.certificate` for certificates; by default the key in the user's configuration.
    Building it loads the model (seconds). Raises `PolicyError` for an unusable policy.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        nlp_engine: NlpEngine | None = None,
        recognizers: Sequence[EntityRecognizer] = (),
        formats: Sequence[Format] = (),
        signer: object | None = None,
    ) -> None:
        from pii_guard.detect.engine import Detector
        from pii_guard.formats import Formats
        from pii_guard.formats.base import Bounds
        from pii_guard.stages import Workshop

        self.policy = policy or Policy()
        limits = self.policy.limits
        self.workshop = Workshop(
            Formats(formats),
            Bounds(
                limits.max_nesting,
                limits.max_pages,
                max_unpacked_bytes=limits.max_unpacked_bytes,
                max_members=limits.max_members,
            ),
            limits.max_children_depth,
            leaves_out=self.policy.unreadable_members == "leave_out",
        )
        if nlp_engine is None and self.policy.nlp_configuration is not None:
            from pii_guard.detect.engines import configured

            nlp_engine = configured(self.policy.nlp_configuration)
        self.detector = Detector(nlp_engine, recognizers)
        self.signer = signer

    def redact(self, source: Source, *, name: str = "") -> Result:
        """Redact one attachment and prove the result clean.

        `name` is what the reporter called it: a hint for the type, itself redacted in the result.
        `Result.output` is bytes of the same format, or None when quarantined. Input over
        `policy.limits.max_file_bytes` is quarantined, never truncated. Hostile or broken input
        never raises.
        """
        case = self.case()
        case.add(source, name=name)
        return next(case.redact())

    def scan(self, source: Source, *, name: str = "") -> Scan:
        """Find what the policy would remove from one attachment; nothing is written."""
        case = self.case()
        case.add(source, name=name)
        return next(case.scan())

    def redact_text(self, text: str) -> str:
        """Redact a string. Raises `PiiGuardError` when the result could not be proved clean."""
        case = self.case()
        case.add(text.encode("utf-8", "surrogatepass"), media_type="text/plain")
        result = next(case.redact())
        if isinstance(result, Quarantined):
            raise PiiGuardError(
                f"the text is quarantined: {result.reason.code}", remedy=result.reason.remedy
            )
        return result.output.decode("utf-8", "surrogatepass")

    def case(self, ref: str = "case") -> Case:
        """Open one report, to which attachments are added.

        `ref` is the programme's own reference (letters, digits and `._:/#-`); it appears in the
        certificate and must not be personal. Raises `CertificateError` for any other.
        """
        from pii_guard.case import Case

        return Case(self, ref)


def take(source: Source, max_bytes: int) -> bytes:
    """The bytes of a source. Raises `Unreadable` (size, unreadable) or `PolicyError` (no source)."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        blob = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        blob = _file(Path(source), max_bytes)
    elif hasattr(source, "read"):
        blob = _whole(source, max_bytes)
    else:
        raise PolicyError(
            f"a source is bytes, a binary file or a path, not {type(source).__name__}",
            remedy="encode text, or use redact_text",
        )
    if len(blob) > max_bytes:
        raise Unreadable(ReasonCode.LIMIT_SIZE, f"more than {max_bytes} bytes")
    return blob


def _whole(file: BinaryIO, max_bytes: int) -> bytes:
    """All that a file object yields, up to one byte more than allowed; a read may fall short."""
    parts: list[bytes] = []
    left = max_bytes + 1
    while left > 0:
        try:
            part = file.read(left)
        except Exception:  # noqa: BLE001 - whoever wrote the object decides what it raises
            raise Unreadable(ReasonCode.UNREADABLE, "the file object cannot be read") from None
        if isinstance(part, str):
            raise PolicyError("the file object is a text file", remedy="open it in binary mode")
        if part is None:
            raise Unreadable(ReasonCode.UNREADABLE, "the file object has no data yet")
        if not part:
            break
        parts.append(bytes(part))
        left -= len(part)
    return b"".join(parts)


def _file(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable(ReasonCode.UNREADABLE, "not a regular file")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > max_bytes:
                raise Unreadable(ReasonCode.LIMIT_SIZE, f"more than {max_bytes} bytes")
            return file.read(max_bytes + 1)
    except OSError as error:
        detail = type(error).__name__
        raise Unreadable(ReasonCode.UNREADABLE, f"cannot be opened: {detail}") from None
