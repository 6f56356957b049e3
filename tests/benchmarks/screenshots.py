"""Redacts rendered screenshots with known text and looks at what is left of the planted values.

    python -m tests.benchmarks.screenshots [pages]

Pages are terminals, browser forms, JSON viewers, chats, mails and tables, light and dark, of 11 to 18
pixels, some scaled, of low contrast, turned slightly or compressed as JPEG with quality 60. For each
setting it prints: how files ended, the share of planted values that neither reader reads afterwards
(letters that readers confuse count as equal), the share whose ink is gone, the share of pixels outside
the values that are as they were, and seconds a picture.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pii_guard import Guard
from pii_guard.formats import ocr

_FONTS = Path("/usr/share/fonts/truetype")
MONO = ("dejavu/DejaVuSansMono.ttf", "liberation/LiberationMono-Regular.ttf")
SANS = ("dejavu/DejaVuSans.ttf", "liberation/LiberationSans-Regular.ttf")
FIRST = "Wilhelmina Zebedee Marguerite Thaddeus Ottoline Cornelius Philippa Barnaby".split()
LAST = "Drachenfels Quartermain Vandersloot Ashcombe Feathers Rosenquist Pemberton Okonkwo".split()
HOSTS = "quartermain-post.net drachenfels.org ashcombe-mail.com gmail.com".split()
PALETTES = {
    "light": ("#ffffff", "#1f2328"),
    "dark": ("#0d1117", "#e6edf3"),
    "low contrast": ("#e8e8e8", "#8a8a8a"),
    "grey on dark": ("#2b2b2b", "#8c8c8c"),
}
Box = tuple[float, float, float, float]


def luhn(digits: str) -> str:
    total = 0
    for n, d in enumerate(reversed(digits)):
        v = int(d) * (2 if n % 2 == 0 else 1)
        total += v - 9 if v > 9 else v
    return str(-total % 10)


@dataclass
class Person:
    """Values of somebody who does not exist."""

    name: str
    email: str
    phone: str
    iban: str
    ssn: str
    card: str

    @classmethod
    def made(cls, rng: random.Random) -> Person:
        first, last = rng.choice(FIRST), rng.choice(LAST)
        digits = f"4{rng.randrange(10**13, 10**14)}"
        card = digits + luhn(digits)
        bban = f"{rng.randrange(10**17, 10**18)}"
        check = 98 - int(bban + "131400") % 97
        iban = f"DE{check:02}{bban}"
        return cls(
            f"{first} {last}",
            f"{first}.{last}{rng.randrange(10, 99)}@{rng.choice(HOSTS)}".lower(),
            f"+49 15{rng.randrange(1, 8)} {rng.randrange(2_000_000, 9_999_999)}",
            " ".join(iban[n : n + 4] for n in range(0, 22, 4)),
            f"{rng.randrange(520, 560)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
            " ".join(card[n : n + 4] for n in range(0, 16, 4)),
        )


@dataclass
class Page:
    """A picture with the boxes of planted values."""

    setting: str
    image: Image.Image
    jpeg: bool
    values: list[tuple[str, Box]] = field(default_factory=list)


class Canvas:
    """Draws text and notes where values are: they stand between « and »."""

    def __init__(self, rng: random.Random, palette: str, size: int, mono: bool) -> None:
        self.back, self.ink = PALETTES[palette]
        self.rng, self.size = rng, size
        font = _FONTS / rng.choice(MONO if mono else SANS)
        self.font = ImageFont.truetype(str(font), size)
        self.image = Image.new("RGB", (1280, 720), self.back)
        self.draw = ImageDraw.Draw(self.image)
        self.values: list[tuple[str, Box]] = []

    def text(self, x: float, y: float, marked: str, ink: str | None = None) -> float:
        for n, part in enumerate(marked.replace("»", "«").split("«")):
            if not part:
                continue
            self.draw.text((x, y), part, fill=ink or self.ink, font=self.font)
            after = x + self.draw.textlength(part, font=self.font)
            if n % 2:
                self.values.append((part, self.draw.textbbox((x, y), part, font=self.font)))
            x = after
        return x

    def lines(self, x: float, y: float, lines: list[str], spacing: float = 1.5) -> float:
        for line in lines:
            self.text(x, y, line)
            y += self.size * spacing
        return y


def terminal(c: Canvas, p: Person) -> None:
    c.lines(
        12,
        10,
        [
            "$ curl -s https://staging.internal/api/v2/users?id=7 | head -20",
            "HTTP/1.1 200 OK",
            "content-type: application/json; charset=utf-8",
            "",
            f"customer «{p.name}» logged in",
            f"mail to «{p.email}» sent (queue 3, 12 ms)",
            f"IBAN: «{p.iban}»",
            f"card «{p.card}» charged, amount 12.50",
            f"SSN: «{p.ssn}»",
            "[warn] cache miss for key session-index, rebuilding",
            "$ _",
        ],
    )


def json_viewer(c: Canvas, p: Person) -> None:
    c.draw.rectangle((0, 0, 1280, 34), fill=c.ink)
    c.text(14, 8, "Raw   Headers   Preview", c.back)
    c.lines(
        20,
        50,
        [
            "{",
            '  "id": 4711,',
            f'  "name": "«{p.name}»",',
            f'  "email": "«{p.email}»",',
            f'  "phone": "«{p.phone}»",',
            '  "roles": ["viewer", "billing"],',
            '  "payment": {',
            f'    "iban": "«{p.iban}»",',
            f'    "card": "«{p.card}»"',
            "  },",
            '  "status": "active"',
            "}",
        ],
    )


def form(c: Canvas, p: Person) -> None:
    c.text(40, 20, "Account settings")
    rows = [
        ("Full name", p.name), ("Email address", p.email), ("Phone", p.phone),
        ("Social security number", p.ssn), ("Card number", p.card),
    ]  # fmt: skip
    y = 70.0
    for label, value in rows:
        c.text(40, y, label)
        top = y + c.size * 1.6
        c.draw.rectangle((40, top, 620, top + c.size * 2.2), outline=c.ink)
        c.text(52, top + c.size * 0.5, f"«{value}»")
        y = top + c.size * 3.2
    c.text(40, y + 8, "Save changes")


def chat(c: Canvas, p: Person) -> None:
    y = 20.0
    talk = [
        (0, "hey, which account is broken?"),
        (1, f"it is the one of «{p.name}»"),
        (1, f"you can reach her at «{p.email}»"),
        (0, f"or by phone «{p.phone}»"),
        (1, "the page just answers with status 500"),
        (0, f"refund goes to «{p.iban}»"),
    ]
    for side, line in talk:
        x = 40 if side == 0 else 420
        c.draw.rounded_rectangle((x - 12, y - 6, x + 620, y + c.size * 1.7), 10, outline=c.ink)
        c.text(x, y, line)
        y += c.size * 3


def mail(c: Canvas, p: Person) -> None:
    c.lines(
        24,
        20,
        [
            f"From: «{p.name}» <«{p.email}»>",
            "To: security@vendor.example",
            "Subject: Broken access control on invoices",
            "",
            "Hello team,",
            "changing the number in the address shows invoices of other customers.",
            f"My own IBAN «{p.iban}» is shown as well.",
            f"Call me: «{p.phone}»",
            "",
            "Kind regards",
            f"«{p.name}»",
        ],
    )


def table(c: Canvas, p: Person) -> None:
    columns = (24, 110, 430, 900)
    for x, head in zip(columns, ("id", "name", "email", "ssn"), strict=True):
        c.text(x, 20, head)
    y = 20 + c.size * 2.0
    for n in range(8):
        person = Person.made(c.rng)
        c.draw.line((16, y - 4, 1260, y - 4), fill=c.ink)
        cells = (str(100 + n), f"«{person.name}»", f"«{person.email}»", f"«{person.ssn}»")
        for x, cell in zip(columns, cells, strict=True):
            c.text(x, y, cell)
        y += c.size * 2.2


KINDS: tuple[tuple[Callable[[Canvas, Person], None], bool], ...] = (
    (terminal, True), (json_viewer, True), (form, False), (chat, False), (mail, False), (table, False),
)  # fmt: skip
CHANGES = ("plain", "plain", "scaled 0.8", "scaled 1.5", "jpeg 60", "turned")


def page(number: int) -> Page:
    """Page of that number, always the same."""
    rng = random.Random(number)
    kind, mono = KINDS[number % len(KINDS)]
    change = CHANGES[number // len(KINDS) % len(CHANGES)]
    palette = ("light", "dark", "light", "low contrast", "dark", "grey on dark")[rng.randrange(6)]
    size = rng.randrange(11, 19)
    canvas = Canvas(rng, palette, size, mono)
    kind(canvas, Person.made(rng))
    image, values = canvas.image, canvas.values
    if change.startswith("scaled"):
        factor = float(change.split()[1])
        new = (round(image.width * factor), round(image.height * factor))
        image = image.resize(new, Image.Resampling.BICUBIC)
        values = [(v, tuple(x * factor for x in box)) for v, box in values]
    if change == "turned":
        angle = rng.choice((-1.5, -0.8, 0.8, 1.5))
        values = [(v, _turned(box, angle, image.size)) for v, box in values]
        image = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=canvas.back)
    setting = change if change != "plain" else palette
    return Page(setting, image, change == "jpeg 60", values)


def _turned(box: Box, angle: float, size: tuple[int, int]) -> Box:
    turn = np.radians(-angle)
    cx, cy = size[0] / 2, size[1] / 2
    xs, ys = [], []
    for x in (box[0], box[2]):
        for y in (box[1], box[3]):
            xs.append(cx + (x - cx) * np.cos(turn) - (y - cy) * np.sin(turn))
            ys.append(cy + (x - cx) * np.sin(turn) + (y - cy) * np.cos(turn))
    return (min(xs), min(ys), max(xs), max(ys))


_ALIKE = str.maketrans("ol1i|szbgq", "0111152899")


def folded(text: str) -> str:
    """Letters and digits, those that readers take for each other as one."""
    return "".join(c for c in text.lower() if c.isalnum() or c == "|").translate(_ALIKE)


def ink_left(before: np.ndarray, after: np.ndarray, box: Box) -> float:
    """The share of a value's ink that is as it was."""
    x0, y0, x1, y1 = (round(v) for v in box)
    one, other = (a[y0:y1, x0:x1].astype(int) for a in (before, after))
    ground = np.median(before.reshape(-1, 3), axis=0)
    ink = np.abs(one - ground).sum(axis=2) > 90
    same = np.abs(one - other).sum(axis=2) < 48
    return float((ink & same).sum() / max(1, ink.sum()))


def kept(before: np.ndarray, after: np.ndarray, boxes: list[Box]) -> float:
    """The share of pixels away from all values that are as they were."""
    away = np.ones(before.shape[:2], bool)
    for x0, y0, x1, y1 in boxes:
        away[max(0, int(y0) - 6) : int(y1) + 6, max(0, int(x0) - 10) : int(x1) + 10] = False
    same = np.abs(before.astype(int) - after).max(axis=2) < 24
    return float(same[away].mean())


def main(count: int, verbose: bool = False) -> None:
    guard = Guard()
    tally: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    ends: dict[str, int] = defaultdict(int)
    for number in range(count):
        one = page(number)
        held = io.BytesIO()
        one.image.save(
            held, *(("JPEG",) if one.jpeg else ("PNG",)), **({"quality": 60} if one.jpeg else {})
        )
        started = time.perf_counter()
        result = guard.redact(held.getvalue(), name="shot")
        seconds = time.perf_counter() - started
        ends[f"{result.verdict} {result.reason.code if result.reason else ''}"] += 1
        if result.output is None:
            tally[one.setting].append(
                (len(one.values), len(one.values), len(one.values), 0, seconds, 1)
            )
            if verbose:
                print(number, one.setting, result.reason)
            continue
        before = np.asarray(Image.open(held).convert("RGB"))
        after = np.asarray(Image.open(io.BytesIO(result.output)).convert("RGB"))
        texts = [folded(ocr.laid_out(read(after).lines).text) for read in (ocr.first, ocr.second)]
        unread = gone = 0
        for value, box in one.values:
            shown = any(folded(value) in text for text in texts)
            left = ink_left(before, after, box)
            unread += not shown
            gone += left < 0.1
            if verbose and (shown or left >= 0.1):
                print(number, one.setting, "read" if shown else "ink", round(left, 2), repr(value))
        share = kept(before, after, [box for _, box in one.values])
        tally[one.setting].append((len(one.values), unread, gone, share, seconds, 0))
    print(f"{'setting':14} pages  held values unread   gone   kept  s/page")
    rows = [*sorted(tally.items()), ("all", [row for rows in tally.values() for row in rows])]
    for name, found in rows:
        values, unread, gone = (sum(row[n] for row in found) for n in range(3))
        shares = [row[3] for row in found if not row[5]]
        print(
            f"{name:14} {len(found):5} {sum(row[5] for row in found):5} {values:6}"
            f" {unread / values:6.1%} {gone / values:6.1%}"
            f" {statistics.mean(shares) if shares else 0:6.1%}"
            f" {statistics.median(row[4] for row in found):7.2f}"
        )
    print(dict(ends))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, "-v" in sys.argv)
