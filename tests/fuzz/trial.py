"""One mutation: made, redacted under a limit of time, and looked through for what must not be there."""

from __future__ import annotations

import random
import re
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from types import FrameType

from pii_guard import Guard, Policy, verdicts
from pii_guard.errors import ReasonCode
from pii_guard.findings import Clean, Quarantined, Redacted, Result
from pii_guard.formats.media import FORMATS
from tests.fixtures import CANARY
from tests.fuzz.mutations import Pantry, mutated, words_in
from tests.fuzz.packed import within
from tests.fuzz.search import in_pixels, pattern_of, shown
from tests.fuzz.seeds import PASSWORD, Seed


class TooLong(BaseException):
    """The limit of time is over; no `Exception`, for nothing must catch it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of mutation `number`: an `outcome`, and what is wrong with it, if anything."""

    number: int
    seed: Seed
    outcome: str
    wrong: str = ""
    blob: bytes = field(default=b"", repr=False)


@dataclass
class Bench:
    """All that trials share. `key` seeds every mutation; `limit` is in seconds of processor time."""

    seeds: Sequence[Seed]
    key: int
    limit: float = 20.0

    @cached_property
    def formats(self) -> list[str]:
        """The formats of the seeds, in their order."""
        return list(dict.fromkeys(seed.format for seed in self.seeds))

    @cached_property
    def _by_format(self) -> dict[str, list[Seed]]:
        return {kind: [s for s in self.seeds if s.format == kind] for kind in self.formats}

    @cached_property
    def _turns(self) -> list[Seed]:
        """All seeds, a format after the other, then the second seed of each: every one has its turn."""
        rounds = zip_longest(*self._by_format.values())
        return [seed for each in rounds for seed in each if seed is not None]

    @cached_property
    def _pantries(self) -> dict[str, Pantry]:
        """For half of the splices a file of the same format, for half of any."""
        every = [seed.blob for seed in self.seeds]
        pantries = {}
        for kind, seeds in self._by_format.items():
            own = [seed.blob for seed in seeds]
            pantries[kind] = Pantry(own * (len(every) // len(own) + 1) + every, words_in(own))
        return pantries

    @cached_property
    def _guard(self) -> Guard:
        return _warm(Guard(Policy(isolation="off"), passwords=[PASSWORD]))

    @cached_property
    def _keeping(self) -> Guard:
        return _warm(Guard(Policy(media="keep", isolation="off"), passwords=[PASSWORD]))

    def drawn(self, number: int) -> tuple[Seed, bytes]:
        """The seed and the mutated file of this number; formats take turns, and seeds within them."""
        rng = random.Random(f"{self.key}/{number}")
        seed = self._turns[number % len(self._turns)]
        pantry = self._pantries[seed.format]

        def change(content: bytes) -> bytes:
            return mutated(rng, content, pantry)

        def broken(content: bytes) -> bytes:
            return within(rng, content, change) if rng.random() < 0.7 else change(content)

        if seed.lock is None:
            return seed, broken(seed.blob)
        if rng.random() < 0.6:
            try:
                return seed, seed.lock(broken(seed.blob))
            except Exception:  # noqa: BLE001 - what is too broken to be locked is locked before
                pass
        return seed, change(seed.lock(seed.blob))

    def trial(self, number: int) -> Trial:
        """Make the mutation of this number and redact it."""
        seed, blob = self.drawn(number)
        guard = self._keeping if seed.keeps_media else self._guard
        with _traces() as traces:
            try:
                with _limited(self.limit):
                    result = guard.redact(blob, name=seed.name)
            except TooLong as late:
                return Trial(number, seed, "late", f"over {self.limit:g} s: {_lines(late)}", blob)
            except Exception as error:  # noqa: BLE001 - the very thing that is looked for
                return Trial(number, seed, "raised", f"raised {_lines(error)}", blob)
        wrong = _wrong(result, traces, pattern_of({CANARY, seed.canary or CANARY}))
        return Trial(number, seed, _outcome(result), wrong, blob)


def _warm(guard: Guard) -> Guard:
    """The guard with all that it loads when it is first used: no mutation pays for it."""
    guard.redact(b"Jane Roe", name="a.txt")
    return guard


def _wrong(result: Result, traces: list[str], canary: re.Pattern[bytes]) -> str:
    if isinstance(result, Quarantined):
        if result.reason.code is ReasonCode.INTERNAL:
            return f"internal: {'; '.join(traces) or result.reason.where}"
    elif (view := shown(_readable(result), canary)) and not in_pixels(result.output, canary):
        return f"shows a canary ({result.media_type}, by {view})"
    told = f"{result!r} {result.name} {getattr(result, 'reason', '')}"
    return "tells a canary" if canary.search(told.encode()) else ""


def _readable(result: Clean | Redacted) -> bytes:
    """The output, of kept media without the frames: results say that those go unread."""
    blob = bytearray(result.output)
    for form in FORMATS if result.unread else ():
        if result.media_type in form.media_types:
            for start, end in form.strip(result.output).frames:
                blob[start:end] = bytes(end - start)
    return bytes(blob)


def _outcome(result: Result) -> str:
    return result.reason.code.value if isinstance(result, Quarantined) else result.verdict


def _lines(error: BaseException) -> str:
    """Type of an error and the last files and lines that it came through, no content."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "pii_guard" in one.filename]
    places = [
        f"{'/'.join(Path(one.filename).parts[-3:])}:{one.lineno}"
        for one in (*ours[-3:], *frames[-2:])
    ]
    return f"{type(error).__name__} at {', '.join(dict.fromkeys(places))}"


@contextmanager
def _traces() -> Iterator[list[str]]:
    """Where unexpected errors came from that became a reason meanwhile."""
    found: list[str] = []
    told = verdicts.whence

    def noted(error: BaseException) -> str:
        found.append(_lines(error))
        return told(error)

    verdicts.whence = noted
    try:
        yield found
    finally:
        verdicts.whence = told


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raises `TooLong` in the main thread after seconds of processor time."""

    def over(signum: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
