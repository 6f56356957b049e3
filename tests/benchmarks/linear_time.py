"""Whether time grows as the input does: each input at 10 kB, 100 kB and 1 MB, worst ratios first.

    python tests/benchmarks/linear_time.py [recognizers] [texts] [formats] [--only NAME] [--json] [--top N]

For each recognizer (the registry, walked), each thing done to texts (views, gate, evidence, routing,
repeated lines, names of fields, known values, residue, links, dates) and each format made of text
(`read`, `write` without edits, `reread`): units of `tests/detect/attacks.py`, its own samples whole
and cut short, over and over; of formats between the halves of a sample, too. The ratio is that of the
two last sizes; 10 is linear, more than 15 is wrong (exit 1) unless the longer run took less than 30 ms.
A run that takes more than 20 s ends and counts as wrong.
"""

from __future__ import annotations

import argparse
import gc
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from pii_guard.document import Changes, Kind, Segment  # noqa: E402
from pii_guard.entities import ENTITIES  # noqa: E402
from pii_guard.errors import Unreadable  # noqa: E402
from pii_guard.findings import KnownValue  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from pii_guard.identify import identify_all  # noqa: E402
from pii_guard.redact.dates import same_date  # noqa: E402
from pii_guard.residue import Residue  # noqa: E402
from pii_guard.spellings import with_mute_tokens, without_tokens  # noqa: E402
from pii_guard.views import views  # noqa: E402
from tests.detect.attacks import UNITS, near, repeated  # noqa: E402
from tests.detect.no_model import NoModel  # noqa: E402
from tests.formats.samples import SAMPLES  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
MOST = 15.0
NOISE = 0.03
LIMIT = 20.0
VALUES = (
    ("PERSON", "Jane Roe"), ("EMAIL_ADDRESS", "a@b.example"), ("PHONE_NUMBER", "+1 1111 1111"), ("USERNAME", "aaaaaaaa"),
    ("IP_ADDRESS", "1.1.1.1"), ("PERSON", "Aaaa Aaaa"), ("CREDIT_CARD", "1111 1111 1111 1111"), ("USERNAME", "key-value-1"),
)  # fmt: skip


class TooLong(BaseException):
    """A run took more than the limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one input took at each size, in seconds; fewer sizes if it took too long."""

    subject: str
    unit: str
    seconds: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the two last sizes; infinite for what was cut off."""
        if len(self.seconds) < 2 or self.seconds[-1] >= LIMIT:
            return float("inf")
        return self.seconds[-1] / max(self.seconds[-2], 1e-5)

    @property
    def wrong(self) -> bool:
        return max(self.seconds) > NOISE and self.ratio > MOST


Run = Callable[[str], object]
Made = Callable[[int], str]


def drained(of: Callable[[str], Iterator[object]]) -> Run:
    return lambda text: sum(1 for _ in of(text))


def of_recognizers() -> Iterator[tuple[str, Run, dict[str, Made]]]:
    for one in recognizers():
        run = drained(one.matches if isinstance(one, Identifier) else one.values)
        made = dict.fromkeys((*UNITS, *near(one.name)))
        yield one.name, run, {unit: lambda size, unit=unit: repeated(unit, size) for unit in made}


def of_texts() -> Iterator[tuple[str, Run, dict[str, Made]]]:
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

    runs: dict[str, Run] = {
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
        yield name, run, {unit: lambda size, unit=unit: repeated(unit, size) for unit in units}


MARKUP = (
    "<a ", "<a b='", '<a b="', "</", "<![CDATA[", "<?", "&a;", "<script>", "<style>", '"a",', '"a\n', '""', "[1,", '{"a":', '{"a":1},',
    "- ", "? ", "a: ", "a:\n ", "&a ", "*a ", "!!a ", "|\n ", "[a.", "[[a]]\n", "a = ", "a.", '"""', "'''", "{\\", "{\\b", "\\'41",
    "\\u65 ?", "('a',", "(1),", "insert into a values (", "/*", "--a\n", "`a`", "$$", "A: b\n", "A:\n b\n", "--b\n", "From a\n",
    "GET / HTTP/1.1\n\n", "a=b; ", "%0A", "BEGIN:VCARD\n", "N;A=b:", "#x", "~~~\n", "```\n", "| a |\n", "\t- a", "a:b:c\n",
)  # fmt: skip


def of_formats() -> Iterator[tuple[str, Run, dict[str, Made]]]:
    formats, bounds = Formats(media=True), Bounds()
    for media_type, sample in sorted(SAMPLES.items()):
        try:
            whole = sample.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" in whole:
            continue
        form = formats.of(media_type)

        def read(text: str, form=form) -> None:
            form.read(text.encode("utf-8", "replace"), bounds)

        def write(text: str, form=form) -> None:
            blob = text.encode("utf-8", "replace")
            children = form.read(blob, bounds).children
            form.write(blob, Changes((), {n: c.blob for n, c in enumerate(children)}), bounds)

        def reread(text: str, form=form) -> None:
            form.reread(text.encode("utf-8", "replace"), bounds)

        lines = whole.splitlines(keepends=True)
        units = dict.fromkeys((*UNITS, *MARKUP, *lines, *(line[:-2] for line in lines)))
        cuts = sorted({0, len(whole), len(whole) // 2, len(lines[0]), len(whole) - 1})
        made: dict[str, Made] = {}
        for unit in filter(None, units):
            for cut in cuts:
                made[f"{unit!r} at {cut}"] = lambda size, unit=unit, cut=cut, whole=whole: (
                    whole[:cut] + repeated(unit, size) + whole[cut:]
                )
        for name, run in (("read", read), ("write", write), ("reread", reread)):
            yield f"{media_type} {name}", run, made


FAMILIES = {"recognizers": of_recognizers, "texts": of_texts, "formats": of_formats}


def seconds(run: Run, text: str) -> float:
    """Processor time; the limit where it is over. What is refused took its time, too."""

    def over(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    begun = time.process_time()
    try:
        run(text)
    except (TooLong, Unreadable):
        pass
    finally:
        took = time.process_time() - begun
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return took


def measured(run: Run, made: Made, sizes: tuple[int, ...]) -> tuple[float, ...]:
    """Times at the sizes, the better of two where the ratio seems wrong; none after a long one."""
    took: list[float] = []
    for size in sizes:
        text = made(size)
        best = seconds(run, text)
        if took and NOISE < best < LIMIT and best > MOST * took[-1]:
            took[-1] = max(took[-1], seconds(run, made(size // 10)))
            best = min(best, seconds(run, text))
        took.append(best)
        if best > LIMIT / 10 and (best >= LIMIT or (len(took) > 1 and best > MOST * took[-2])):
            break
    return tuple(took)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("family", nargs="*", metavar="FAMILY")
    parser.add_argument(
        "--only", default="", metavar="NAME", help="subjects with this in their name"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--top", type=int, default=15)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    args = parser.parse_args()
    if unknown := set(args.family) - set(FAMILIES):
        parser.error(f"no family is called {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    sizes = tuple(size for size in SIZES if size <= args.largest)
    for family in args.family or FAMILIES:
        for name, run, made in FAMILIES[family]():
            if args.only not in name:
                continue
            gc.collect()
            gc.freeze()  # what was loaded is not walked again and again while a run makes objects
            begun = time.monotonic()
            rows += (Row(name, unit, measured(run, make, sizes)) for unit, make in made.items())
            print(f"{name}: {len(made)} inputs, {time.monotonic() - begun:.0f} s", file=sys.stderr)
    rows.sort(
        key=lambda row: (row.wrong, row.ratio if max(row.seconds) > NOISE else 0), reverse=True
    )
    wrong = [row for row in rows if row.wrong]
    shown = [*wrong, *[row for row in rows if not row.wrong][: args.top]]
    slowest = sorted(rows, key=lambda row: -row.seconds[-1])[: args.top]
    if args.json:
        print(json.dumps([[r.subject, r.unit, r.seconds, r.ratio] for r in (*shown, *slowest)]))
    else:
        for title, some in (("ratio", shown), ("seconds", slowest)):
            print(f"worst {title}:")
            for r in some:
                times = " ".join(f"{1000 * s:9.1f}" for s in r.seconds)
                print(f"{'WRONG' if r.wrong else '':6}{r.ratio:6.1f} x {times} ms  {r.subject}  {r.unit[:60]!r}")  # fmt: skip
    print(f"{len(rows)} inputs, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
