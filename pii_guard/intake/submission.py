"""What may be stored of a form: its text fields and its files, redacted as one case."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast
from weakref import finalize

from pii_guard.findings import Clean, Redacted
from pii_guard.intake.admission import NONE, Admission
from pii_guard.intake.names import apart, fitting
from pii_guard.intake.pieces_file import PiecesFile

if TYPE_CHECKING:
    from pii_guard.case import Case
    from pii_guard.certificate import Certificate

KEY = "pii_guard.submission"
"""Where the environment or scope of a request has what its form became."""
UNNAMED = "unnamed"
"""The name of a file that came without one."""


@dataclass(frozen=True, slots=True)
class RedactedFile:
    """A file of a form, redacted and proved. `field_name` is redacted as well.

    `name`: redacted, no path, at most 200 bytes long, and no other file of the form has it.
    `media_type` is told from its content; what the sender called it is nowhere. `admission` is for
    what stores it with its own certificate (`Landing.land`): that is about this file and the fields.
    `alone`: the same without the fields.
    """

    field_name: str
    name: str
    media_type: str
    verdict: str
    admission: Admission = field(repr=False)
    alone: Admission = field(repr=False)

    @property
    def pieces(self) -> Iterable[bytes]:
        """Its bytes in order, in pieces that fit into memory; may be iterated again."""
        return self.admission.pieces

    def read(self) -> bytes:
        """All of it: of a large file, more than memory may hold (see `pieces`)."""
        return b"".join(self.pieces)

    def open(self) -> BinaryIO:
        """A file to read it from."""
        return cast(BinaryIO, io.BufferedReader(PiecesFile(self.pieces)))


class Submission:
    """A form that may be stored as it is here. It can be certified until the hook is done with its request.

    `fields`: name and text of each field, in order, with those that were to be kept as they came.
    `record`: all redacted fields as JSON, which is what certificates are about; empty where no text was
    sent. `files`: without those that had neither a name nor content; `blank` names their fields.
    """

    def __init__(
        self,
        case: Case,
        results: Sequence[Clean | Redacted],
        fields: Sequence[tuple[str, str]],
        files: Sequence[tuple[str, bool]],
        blank: Sequence[str],
        *,
        text: bool,
    ) -> None:
        """`results`: of the files in order, then of the record. `files`: their fields, and whether their
        names were changed. `text`: whether the record is worth storing.
        """
        self._open = _Open(case)
        *stored, record = results
        self.fields = tuple(fields)
        self.record = record.output if text else b""
        self._numbers = range(len(stored))
        self._last = [len(stored)] if text else []
        names = apart(fitting(one.name) for one in stored)
        self.files = tuple(
            _file(self._open, number, field, (name, renamed), one, self._last, self.record)
            for number, (one, (field, renamed), name) in enumerate(
                zip(stored, files, names, strict=True)
            )
        )
        self.blank = tuple(blank)

    def value(self, name: str, default: str = "") -> str:
        """The text of the first field of this name."""
        return next((text for known, text in self.fields if known == name), default)

    def certify(self, files: Iterable[RedactedFile] | None = None, *, ref: str = "") -> Certificate:
        """The certificate of what was stored: the fields and all files, or these. Call it once they are.

        `ref`: the programme's reference for this report, in place of the hook's. Raises
        `CertificateError`, and `PolicyError` for an empty form and after the form's request.
        """
        chosen = self.files if files is None else tuple(files)
        numbers = [number for number in self._numbers if self.files[number] in chosen]
        return self._open.certify(numbers, self._last, ref=ref)

    def discard(self) -> None:
        """Forget what it was; no certificate can be had after this. Done by the hook."""
        self._open.case.discard()


class _Open:
    """The case, until it is discarded or nobody can ask for a certificate any more: a hook that cannot tell
    when a request ends leaves it to that.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        finalize(self, case.discard).atexit = False  # a process that ends forgets anyway

    def certify(self, files: Sequence[int], record: Sequence[int], *, ref: str = "") -> Certificate:
        return self.case.certify([*files, *record], ref=ref)


def _file(
    opened: _Open,
    number: int,
    field_name: str,
    called: tuple[str, bool],
    result: Clean | Redacted,
    last: Sequence[int],
    record: bytes,
) -> RedactedFile:
    def admission(last: Sequence[int], record: bytes) -> Admission:
        certify = partial(opened.certify, [number], last)
        pieces, proof = result.pieces, result.proof
        return Admission(certify, name, pieces, proof, NONE, record, renamed or name != result.name)

    name, renamed = called
    return RedactedFile(
        field_name,
        name,
        result.media_type,
        result.verdict,
        admission(last, record),
        admission([], b""),
    )
