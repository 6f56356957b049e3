"""Whether time grows as the input does: each input at 10 kB, 100 kB and 1 MB, worst ratios first.

    python tests/benchmarks/linear_time.py [recognizers] [texts] [formats] [--only NAME] [--jobs N] [--whole] [--json] [--top N]

For each recognizer (the registry, walked), each thing done to texts (views, gate, evidence, routing,
repeated lines, names of fields, known values, residue, links, dates) and each format made of text
(`read`, `write` without edits, `reread`): units of `tests/detect/attacks.py`, its own samples whole
and cut short, over and over; of formats between the halves of a sample, too. The ratio is that of the
two last sizes; 10 is linear, more than 15 is wrong (exit 1) unless the longer run took less than 30 ms.
A run that takes more than 20 s ends and counts as wrong.

The run at 1 MB is most of the time, and is left out where it could hardly be wrong: `a*n + b*n**2` through
the times before, less what 100 characters take, stays below 30 ms or below a ratio of 15. At 10 kB the lower
of two times counts, so `b` is rather too great (a linear run that leaves the nearest cache is foreseen at 15,
so 20 is the bound there); where that is not enough 300 kB tells, twice as surely.
What begins only beyond 100 kB would not be seen: the inputs of each subject that are foreseen worst run at 1 MB
in any case, with `--whole` all do. `write` is timed alone, with what `read` found.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pii_guard.detect.engine import Detector  # noqa: E402
from pii_guard.detect.evidence import protected  # noqa: E402
from pii_guard.detect.fields import meaning, name_a_person  # noqa: E402
from pii_guard.detect.gate import Gate  # noqa: E402
from pii_guard.detect.known import KnownValues  # noqa: E402
from pii_guard.detect.passages import Passage, passages, with_views  # noqa: E402
from pii_guard.detect.patches import unmarked  # noqa: E402
from pii_guard.detect.recognizer import Identifier  # noqa: E402
from pii_guard.detect.recognizers import recognizers  # noqa: E402
from pii_guard.detect.repeats import Repeats, sort_out  # noqa: E402
from pii_guard.detect.routing import Met, only, route  # noqa: E402
from pii_guard.detect.values import plausible  # noqa: E402
from pii_guard.document import Changes, Document, Kind, Segment  # noqa: E402
from pii_guard.entities import ENTITIES  # noqa: E402
from pii_guard.errors import Unreadable  # noqa: E402
from pii_guard.findings import KnownValue  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds, Format  # noqa: E402
from pii_guard.identify import identify_all  # noqa: E402
from pii_guard.redact.dates import same_date  # noqa: E402
from pii_guard.residue import Residue  # noqa: E402
from pii_guard.spellings import with_mute_tokens, without_tokens  # noqa: E402
from pii_guard.views import views  # noqa: E402
from tests.detect.attacks import UNITS, near, repeated  # noqa: E402
from tests.detect.no_model import NoModel  # noqa: E402
from tests.formats.samples import SAMPLES  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
LEAST = 100
BETWEEN = 300_000
MOST = 15.0
FROM_LITTLE = 20.0
"""The ratio foreseen from 10 kB and 100 kB that is looked into."""
NOISE = 0.03
LIMIT = 20.0
ALWAYS = 2
"""How many inputs of each subject run at the largest size whatever is foreseen."""
VALUES = (
    ("PERSON", "Jane Roe"), ("EMAIL_ADDRESS", "a@b.example"), ("PHONE_NUMBER", "+1 1111 1111"), ("USERNAME", "aaaaaaaa"),
    ("IP_ADDRESS", "1.1.1.1"), ("PERSON", "Aaaa Aaaa"), ("CREDIT_CARD", "1111 1111 1111 1111"), ("USERNAME", "key-value-1"),
)  # fmt: skip


class TooLong(BaseException):
    """A run took more than the limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one input took at each size, in seconds; fewer sizes if it took too long.

    `foreseen` stands for the last size where that run was left out.
    """

    subject: str
    unit: str
    seconds: tuple[float, ...]
    foreseen: float | None = None

    @property
    def ratio(self) -> float:
        """Of the two last sizes; infinite for what was cut off."""
        if len(self.seconds) < 2 or self.seconds[-1] >= LIMIT:
            return float("inf")
        if self.foreseen is not None:
            return self.foreseen / max(self.seconds[-1], 1e-5)
        return self.seconds[-1] / max(self.seconds[-2], 1e-5)

    @property
    def wrong(self) -> bool:
        return self.foreseen is None and max(self.seconds) > NOISE and self.ratio > MOST

    @property
    def longest(self) -> float:
        return max(*self.seconds, self.foreseen or 0)


Run = Callable[[str], Callable[[], object]]
"""What a text is made ready by, untimed; what comes back is timed."""
Made = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: each run on each input."""

    name: str
    runs: dict[str, Run]
    made: dict[str, Made]


def foreseen(
    size: int, least: float, earlier: tuple[int, float], later: tuple[int, float]
) -> float:
    """Seconds at a size by `a*n + b*n**2` through two (size, seconds), less what hardly any text takes."""
    (n, t), (m, u) = earlier, later
    each, then = max(t - least, 0) / n, max(u - least, 0) / m
    square = max(then - each, 0) / (m - n)
    return least + max(then - square * m, 0) * size + square * size**2


def needless(took: float, before: float, most: float = MOST) -> bool:
    """Whether a run foreseen to take so long, after so long at a tenth, is not going to be wrong."""
    return took <= NOISE or took <= most * before


def plainly(run: Callable[[str], object]) -> Run:
    return lambda text: partial(run, text)


def drained(of: Callable[[str], Iterable[object]]) -> Callable[[str], object]:
    return lambda text: sum(1 for _ in of(text))


def of_recognizers() -> Iterator[Subject]:
    for one in recognizers():
        run = plainly(drained(one.matches if isinstance(one, Identifier) else one.values))
        made = dict.fromkeys((*UNITS, *near(one.name)))
        yield Subject(one.name, {"": run}, {unit: partial(repeated, unit) for unit in made})


def of_texts() -> Iterator[Subject]:
    ours = recognizers()
    gate = Gate({one.name: one.needs() for one in ours if isinstance(one, Identifier)})
    known = KnownValues(KnownValue(kind, value) for kind, value in VALUES)
    residue = Residue(VALUES)

    def log(text: str) -> Segment:
        return Segment(text, (), Kind.LOG)

    def routed(text: str) -> object:
        met = Met()
        found = route(Passage(text, (), Kind.LOG), met)
        return only(text, found.read), route(Passage(text, (), Kind.LOG), met)

    runs: dict[str, Callable[[str], object]] = {
        "views": drained(views),
        "passages and their views": drained(
            lambda text: (v for p in passages([log(text)]) for v in with_views(p))
        ),
        "patches": lambda text: unmarked([log(text)]),
        "gate": gate.names,
        "evidence": protected,
        "routing": routed,
        "repeated lines": lambda text: sort_out(0, log(text), Repeats()),
        "name of a field": lambda text: (meaning(text), name_a_person([text])),
        "value of a field": lambda text: [plausible(kind, text) for kind in ENTITIES],
        "known values": drained(known.find),
        "residue": residue.remains_in,
        "residue in bytes": lambda text: residue.remains_in(text.encode("utf-8", "replace")),
        "tokens": lambda text: (with_mute_tokens(text), without_tokens(text)),
        "dates": same_date,
        "type of content": lambda text: identify_all(text.encode("utf-8", "replace")),
    }
    detector = Detector(NoModel())
    runs["detector, log"] = lambda text: detector.detect([log(text)])
    runs["detector, prose"] = lambda text: detector.detect([Segment(text, (), Kind.PROSE)])
    own = [v for _, v in VALUES] + [f"{v} " for _, v in VALUES] + ["<PERSON_1>", "<PERSON_1", "<A_", "&lt;A", "%3CA", "@@ -1,9999 +1,9999 @@\n+", "+\n"]  # fmt: skip
    for name, run in runs.items():
        units = dict.fromkeys((*UNITS, *own))
        yield Subject(name, {"": plainly(run)}, {unit: partial(repeated, unit) for unit in units})


MARKUP = (
    "<a ", "<a b='", '<a b="', "</", "<![CDATA[", "<?", "&a;", "<script>", "<style>", '"a",', '"a\n', '""', "[1,", '{"a":', '{"a":1},',
    "- ", "? ", "a: ", "a:\n ", "&a ", "*a ", "!!a ", "|\n ", "[a.", "[[a]]\n", "a = ", "a.", '"""', "'''", "{\\", "{\\b", "\\'41",
    "\\u65 ?", "('a',", "(1),", "insert into a values (", "/*", "--a\n", "`a`", "$$", "A: b\n", "A:\n b\n", "--b\n", "From a\n",
    "GET / HTTP/1.1\n\n", "a=b; ", "%0A", "BEGIN:VCARD\n", "N;A=b:", "#x", "~~~\n", "```\n", "| a |\n", "\t- a", "a:b:c\n",
)  # fmt: skip


class Handled:
    """What is done to files of one format; `write` is given what `read` found, so that each is timed alone."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._bounds = Bounds()
        self._found: dict[int, tuple[str, Document | None]] = {}  # by length of text, the last one

    def read(self, text: str) -> Callable[[], object]:
        blob = text.encode("utf-8", "replace")
        self._found[len(text)] = text, None  # what it stays if it is refused or takes too long

        def run() -> None:
            self._found[len(text)] = text, self._form.read(blob, self._bounds)

        return run

    def write(self, text: str) -> Callable[[], object]:
        blob = text.encode("utf-8", "replace")
        last, found = self._found.get(len(text), ("", None))
        if last != text:
            seconds(self.read, text)
            found = self._found[len(text)][1]
        if found is None:
            return lambda: None
        changes = Changes((), {n: c.blob for n, c in enumerate(found.children)})
        return lambda: self._form.write(blob, changes, self._bounds)

    def reread(self, text: str) -> Callable[[], object]:
        return partial(self._form.reread, text.encode("utf-8", "replace"), self._bounds)


def within(whole: str, cut: int, unit: str, size: int) -> str:
    """A sample with a unit over and over at one place."""
    return whole[:cut] + repeated(unit, size) + whole[cut:]


def of_formats() -> Iterator[Subject]:
    formats = Formats(media=True)
    for media_type, sample in sorted(SAMPLES.items()):
        try:
            whole = sample.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" in whole:
            continue
        handled = Handled(formats.of(media_type))
        lines = whole.splitlines(keepends=True)
        units = dict.fromkeys((*UNITS, *MARKUP, *lines, *(line[:-2] for line in lines)))
        cuts = sorted({0, len(whole), len(whole) // 2, len(lines[0]), len(whole) - 1})
        made: dict[str, Made] = {}
        for unit in filter(None, units):
            for cut in cuts:
                made[f"{unit!r} at {cut}"] = partial(within, whole, cut, unit)
        runs: dict[str, Run] = {
            " read": handled.read, " write": handled.write, " reread": handled.reread
        }  # fmt: skip
        yield Subject(media_type, runs, made)


FAMILIES = {"recognizers": of_recognizers, "texts": of_texts, "formats": of_formats}


def seconds(run: Run, text: str) -> float:
    """Processor time; the limit where it is over. What is refused took its time, too."""

    def over(*_: object) -> None:
        raise TooLong

    ready = run(text)
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    begun = time.process_time()
    try:
        ready()
    except (TooLong, Unreadable):
        pass
    finally:
        took = time.process_time() - begun
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return took


def measured(
    run: Run, made: Made, sizes: tuple[int, ...], whole: bool
) -> tuple[tuple[float, ...], float | None]:
    """Times at the sizes, the better of two where the ratio seems wrong; none after a long one.

    With what is foreseen for the last size, if that run is needless.
    """
    took: list[float] = []
    lower = LIMIT
    for size in sizes:
        if size == SIZES[-1] and len(took) > 1 and not whole:
            told = spared(run, made, lower, took[1])
            if told is not None:
                return tuple(took), told
        text = made(size)
        best = seconds(run, text)
        if size == SIZES[0] and best < LIMIT and not whole:
            lower = min(best, seconds(run, text))
        if took and NOISE < best < LIMIT and best > MOST * took[-1]:
            took[-1] = max(took[-1], seconds(run, made(size // 10)))
            best = min(best, seconds(run, text))
        took.append(best)
        if best > LIMIT / 10 and (best >= LIMIT or (len(took) > 1 and best > MOST * took[-2])):
            break
    return tuple(took), None


def spared(run: Run, made: Made, short: float, long: float) -> float | None:
    """What is foreseen for the largest size if that run is needless: from times at the two before, or one between."""
    text = made(LEAST)
    least = min(seconds(run, text) for _ in range(3))
    told = foreseen(SIZES[-1], least, (SIZES[0], short), (SIZES[1], long))
    if needless(told, long, FROM_LITTLE):
        return told
    if told > 3 * MOST * long:
        return None
    text = made(BETWEEN)
    for _ in range(2):
        told = foreseen(SIZES[-1], least, (SIZES[1], long), (BETWEEN, seconds(run, text)))
        if needless(told, long):
            return told
    return None


def rows_of(subject: Subject, sizes: tuple[int, ...], whole: bool) -> list[Row]:
    """All rows of a subject; what is foreseen worst is measured after all."""
    gc.collect()
    gc.freeze()  # what was loaded is not walked again and again while a run makes objects
    begun = time.monotonic()
    rows: dict[tuple[str, str], Row] = {}
    for unit, make in subject.made.items():
        for name, run in subject.runs.items():
            told = measured(run, make, sizes, whole)
            rows[name, unit] = Row(subject.name + name, unit, *told)
    for name, run in subject.runs.items():
        left_out = {k: r for k, r in rows.items() if k[0] == name and r.foreseen is not None}
        worst = sorted(left_out, key=lambda k: (left_out[k].longest > NOISE, left_out[k].ratio))
        for key in worst[-ALWAYS:]:
            told = measured(run, subject.made[key[1]], sizes, whole=True)
            rows[key] = Row(rows[key].subject, key[1], *told)
    for row in rows.values():
        if row.wrong:  # at once, for who does not wait for the end
            print(f"WRONG {row.ratio:.1f}  {row.subject}  {row.unit[:60]!r}", file=sys.stderr)
    left = sum(row.foreseen is not None for row in rows.values())
    print(
        f"{subject.name}: {len(rows)} inputs, {left} without the largest size, {time.monotonic() - begun:.0f} s",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    return list(rows.values())


SUBJECTS: list[Subject] = []
"""What the processes share: they are forks, for what is measured cannot be sent."""


def rows_at(place: int, sizes: tuple[int, ...], whole: bool) -> list[Row]:
    return rows_of(SUBJECTS[place], sizes, whole)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("family", nargs="*", metavar="FAMILY")
    parser.add_argument(
        "--only", default="", metavar="NAME", help="subjects with this in their name"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--whole", action="store_true", help="all inputs at all sizes: hours")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--top", type=int, default=15)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    args = parser.parse_args()
    if unknown := set(args.family) - set(FAMILIES):
        parser.error(f"no family is called {', '.join(sorted(unknown))}")
    sizes = tuple(size for size in SIZES if size <= args.largest)
    SUBJECTS[:] = [
        replace(subject, runs=runs)
        for family in dict.fromkeys(args.family or FAMILIES)
        for subject in FAMILIES[family]()
        if (runs := {n: run for n, run in subject.runs.items() if args.only in subject.name + n})
    ]
    one = partial(rows_at, sizes=sizes, whole=args.whole)
    rows: list[Row] = []
    if args.jobs > 1:
        with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
            for some in pool.imap_unordered(one, range(len(SUBJECTS))):
                rows += some
    else:
        for place in range(len(SUBJECTS)):
            rows += one(place)
    rows.sort(key=lambda row: (row.subject, row.unit))
    rows.sort(key=lambda row: (row.wrong, row.ratio if row.longest > NOISE else 0), reverse=True)
    wrong = [row for row in rows if row.wrong]
    shown = [*wrong, *[row for row in rows if not row.wrong][: args.top]]
    slowest = sorted(rows, key=lambda row: -row.longest)[: args.top]
    if args.json:
        print(
            json.dumps(
                [[r.subject, r.unit, r.seconds, r.foreseen, r.ratio] for r in (*shown, *slowest)]
            )
        )
    else:
        for title, some in (("ratio", shown), ("seconds", slowest)):
            print(f"worst {title}:")
            for r in some:
                times = " ".join(f"{1000 * s:9.1f}" for s in r.seconds)
                told = "" if r.foreseen is None else f" ~{1000 * r.foreseen:8.1f}"
                print(f"{'WRONG' if r.wrong else '':6}{r.ratio:6.1f} x {times}{told} ms  {r.subject}  {r.unit[:60]!r}")  # fmt: skip
    left = sum(row.foreseen is not None for row in rows)
    print(f"{len(rows)} inputs, {left} without the largest size, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
