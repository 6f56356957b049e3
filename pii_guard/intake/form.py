"""A form as it comes in, part by part, and its redaction as one case: one person, one token in all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_guard.errors import (
    Busy,
    FormError,
    FormRefused,
    PolicyError,
    ReasonCode,
    RefusedPart,
    Unreadable,
)
from pii_guard.findings import Quarantined, Result
from pii_guard.intake.admission import packed
from pii_guard.intake.guards import guard_for
from pii_guard.intake.names import COMPANIONS, belongs_to
from pii_guard.intake.pressure import Pressure
from pii_guard.intake.submission import UNNAMED, Submission
from pii_guard.originals import Received
from pii_guard.policy import Policy

if TYPE_CHECKING:
    import os

    from pii_guard.guard import Guard

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
# What ends lines or steers terminals, and what turns text around (Unicode 23.2).
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NO_ROOM_AGAIN_S = 60
Refusals = Callable[[FormRefused], object]


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much of a form is taken in. Beyond it nothing is: `FormError` of kind `too_large`.

    `max_fields_bytes`: names and text of all fields, in bytes; they are held in memory.
    `max_form_bytes`: the whole body; by default as much as the policy allows one file, and all fields. What
    a single file may have is the policy's.
    """

    max_files: int = 100
    max_fields: int = 1000
    max_fields_bytes: int = 2_621_440
    max_form_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """How a hook takes in forms. One for all requests; safe to share between threads.

    `policy`: the path of a policy file, the built-in policy by default; or a `guard`. `keep_fields`:
    names of text fields that are the program's own (a CSRF token): they pass as they are, and are in
    no certificate. `ref`: the reference in certificates where none is given. `refused`: told of each
    form that is refused for what is in it, with what a quarantine keeps of it.
    """

    policy: str | os.PathLike[str] | None = None
    guard: Guard | None = None
    keep_fields: Collection[str] = frozenset()
    ref: str = "case"
    limits: FormLimits = field(default_factory=FormLimits)
    pressure: Pressure = field(default_factory=Pressure)
    refused: Refusals | None = None

    def __post_init__(self) -> None:
        """Raises `PolicyError`: a policy that cannot be used is told of at the start, not at the first form."""
        if self.policy is not None and self.guard is not None:
            raise PolicyError("a policy and a guard were given", remedy="give one of them")
        if self.policy is not None:
            Policy.load(Path(self.policy))

    def open(self, content_length: str = "", content_range: str = "") -> Incoming:
        """A form that is about to come in; told what the request's headers of these names say.

        Raises `Busy`, `FormError` (too large; a part of a body), `PolicyError`.
        """
        self.pressure.check()
        if content_range:
            raise FormError(
                "a part of a form was sent: nothing can be proved of it",
                remedy="send it as a whole",
            )
        guard = self.guard or guard_for(self.policy)
        incoming = Incoming(guard, self.limits, self.keep_fields, self.ref)
        incoming.expect(int(content_length) if content_length.isdecimal() else 0)
        return incoming

    @contextmanager
    def taking(self, incoming: Incoming) -> Iterator[None]:
        """Within, a form comes in and is redacted; where that fails it is over, and `refused` is told."""
        try:
            yield
        except FormRefused as refused:
            if self.refused is not None:
                self.refused(refused)
            raise
        finally:
            incoming.close()

    def redact(self, incoming: Incoming) -> Submission:
        """All of it, redacted and proved. Raises `FormRefused`, `Busy`."""
        with self.pressure:
            return incoming.redact()


class IncomingFile:
    """A file of a form, to which its bytes are written: some in memory, more sealed on disk."""

    def __init__(self, field_name: str, name: str, number: int, most: int) -> None:
        self.field, self.name, self.number = field_name, name, number
        self.received = Received(most)

    def write(self, part: bytes) -> int:
        """Raises `FormRefused` for more than the policy allows, `Busy` where the disk is full."""
        try:
            self.received.write(part)
        except Unreadable as failed:
            if failed.reason.code is not ReasonCode.LIMIT_SIZE:
                raise Busy(
                    "there is no room for what comes in", retry_after_s=_NO_ROOM_AGAIN_S
                ) from None
            raise FormRefused([RefusedPart("", self.number, failed.reason)]) from None
        return len(part)


class Incoming:
    """One form on its way in. Nothing of it is on a disk as it is."""

    def __init__(self, guard: Guard, limits: FormLimits, keep: Collection[str], ref: str) -> None:
        policy = guard.policy.limits
        self._limits = limits
        self._most_of_a_file = max(policy.max_file_bytes, policy.max_streamed_bytes)
        self._most = limits.max_form_bytes or self._most_of_a_file + limits.max_fields_bytes
        # Opened now: what a certificate says of memory is about all the time that bytes are held.
        self._case = guard.case(ref)
        self._keep = keep
        self._order: list[tuple[str, str | IncomingFile]] = []
        self._files: list[IncomingFile] = []
        self._size = self._fields_size = 0
        self._done = False

    def expect(self, size: int) -> None:
        """Told how many bytes of a body are to come. Raises `FormError` where they are too many."""
        if self._size + size > self._most:
            raise _too_large(f"it has more than {self._most} bytes")

    def took(self, size: int) -> None:
        """Told how many bytes of a body came. Raises as `expect`."""
        self.expect(size)
        self._size += size

    def room_for_text(self, size: int) -> int:
        """How many bytes of text may come, of which `size` are there. Raises `FormError` for too many."""
        room = self._limits.max_fields_bytes - self._fields_size
        if size > room:
            raise _too_large(
                f"its text fields have more than {self._limits.max_fields_bytes} bytes"
            )
        return room

    def room_for_fields(self, count: int) -> None:
        """Told how many text fields are to come. Raises `FormError` where they are too many."""
        if len(self._order) - len(self._files) + count > self._limits.max_fields:
            raise _too_large(f"it has more than {self._limits.max_fields} text fields")

    def text(self, name: str, value: str) -> None:
        """A text field. Raises `FormError` for too much of them."""
        self.room_for_fields(1)
        size = len(name.encode("utf-8", "replace")) + len(value.encode("utf-8", "replace"))
        self.room_for_text(size)
        self._fields_size += size
        self._order.append((name, value))

    def file(self, field_name: str, name: str) -> IncomingFile:
        """A file that is to come next; of a path, the last part names it. Raises `FormError`."""
        if len(self._files) >= self._limits.max_files:
            raise _too_large(f"it has more than {self._limits.max_files} files")
        bare = _bare(name)
        made = IncomingFile(field_name, bare, len(self._files) + 1, self._most_of_a_file)
        self._files.append(made)
        self._order.append((field_name, made))
        return made

    def redact(self) -> Submission:
        """Redact and prove all of it. Raises `FormRefused` where a part is quarantined."""
        files = [one for one in self._files if one.name or one.received.size]
        blank = [one.field for one in self._files if not (one.name or one.received.size)]
        for number, one in enumerate(files, 1):
            one.number = number
            self._case.add(one.received.original(), name=one.name or UNNAMED)
        # Names of fields are whoever's too, those of files included.
        self._case.add(packed(self._table()), media_type="application/json")
        results = list(self._case.redact())
        names, texts = self._read(results[-1])
        good = [one for one in results if not isinstance(one, Quarantined)]
        if len(good) < len(results):
            raise self._refusal(
                results, [names.get(one.field, "") for one in files], (names, texts)
            )
        submission = Submission(
            self._case,
            good,
            list(self._fields(names, texts)),
            [
                (names[one.field], made.name != (one.name or UNNAMED))
                for one, made in zip(files, good, strict=False)
            ],
            [names[one] for one in blank],
            text=any(map(len, texts.values())),
        )
        self._done = True
        return submission

    def close(self) -> None:
        """Forget what came, but what became a submission."""
        if not self._done:
            self._case.discard()

    def _table(self) -> dict[str, list[str]]:
        """The text of each field by its name; none of a file's."""
        table: dict[str, list[str]] = {}
        for name, value in self._order:
            if name not in self._keep:
                texts = table.setdefault(name, [])
                if isinstance(value, str):
                    texts.append(value)
        return table

    def _read(self, result: Result) -> tuple[dict[str, str], dict[str, list[str]]]:
        """What the names of fields became, and their texts by the names that they had."""
        if isinstance(result, Quarantined):
            return {}, {}
        pairs: list[tuple[str, Any]] = json.loads(result.output, object_pairs_hook=list)
        names = {name: name for name in self._keep}
        texts: dict[str, list[str]] = {}
        for name, (became, values) in zip(self._table(), pairs, strict=True):
            names[name] = became
            texts[name] = [str(one) for one in values]
        return names, texts

    def _fields(
        self, names: dict[str, str], texts: dict[str, list[str]]
    ) -> Iterator[tuple[str, str]]:
        rest = {name: iter(values) for name, values in texts.items()}
        for name, value in self._order:
            if isinstance(value, str) and name in names:
                yield names[name], value if name in self._keep else next(rest[name])

    def _refusal(
        self,
        results: Sequence[Result],
        files: Sequence[str],
        known: tuple[dict[str, str], dict[str, list[str]]],
    ) -> FormRefused:
        """Why nothing is stored; the guard's quarantine, if it has one, keeps what it was from here on."""
        held = [number for number, one in enumerate(results) if isinstance(one, Quarantined)]
        certificate = self._case.close(about=held) if self._case.keeps else None
        kept = self._case.kept
        parts = []
        for number in held:
            is_file = number < len(files)
            name, place = (files[number], number + 1) if is_file else ("", 0)
            entry = kept[number].id if number in kept else ""
            reason = results[number].reason
            assert reason is not None, "it is quarantined"
            parts.append(RefusedPart(name, place, reason, entry))
        return FormRefused(
            parts,
            fields=list(self._fields(*known)),
            files=files,
            certificate=certificate,
        )


def _bare(name: str) -> str:
    """The last part of what may be a path (RFC 7578, section 4.2), without characters that steer.

    A name that is for what is put beside a file becomes another one.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = _STEERING.sub("", last).strip()
    if belongs_to(shown) or shown.casefold() in COMPANIONS:
        stem, _, ending = shown.rpartition(".")
        shown = f"{stem}.file.{ending}"
    return "" if shown in (".", "..") else shown


def _too_large(message: str) -> FormError:
    return FormError(
        f"the form is too large: {message}", kind="too_large", remedy="send less at once"
    )
