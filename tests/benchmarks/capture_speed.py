"""MB/s to read, rewrite and read again mail and captures, without detection, beside a parser of the kind.

    python tests/benchmarks/capture_speed.py [MEGABYTES]

Generated files of about four megabytes (or MEGABYTES) in which every address of one domain is
replaced; "second" is the reader that proves. Beside them: the standard library's mail parser, its JSON
parser, lxml, and dpkt over all packets. Medians of three runs, in one process; nothing is cached.
"""

from __future__ import annotations

import base64
import email
import email.policy
import gzip
import io
import json
import mailbox
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import dpkt  # noqa: E402
from lxml import etree  # noqa: E402

from pii_guard.document import Changes, Document, Edit, Span  # noqa: E402
from pii_guard.formats import Formats  # noqa: E402
from pii_guard.formats.base import Bounds  # noqa: E402
from tests.fixtures import captures, mail, outlook, traffic  # noqa: E402

VALUE = re.compile(r"zq\d+@mail\.example")
ROUNDS = 3
BOUNDS = Bounds()
LINES = "The order ships tomorrow, and nobody has to do anything about it until then.\r\n"


def _text(size: int, number: int) -> str:
    return "".join(
        f"Write to zq{number + n}@mail.example about it.\r\n" if n % 10 == 0 else LINES
        for n in range(size // len(LINES))
    )


def _document(size: int, number: int) -> bytes:
    rows = [
        {"id": n, "mail": f"zq{number + n}@mail.example", "note": LINES.strip()}
        for n in range(size // 150)
    ]
    return json.dumps({"rows": rows}).encode()


def one_mail(size: int, number: int = 0) -> bytes:
    """A message whose text and attachment share the size."""
    text = mail.part(_text(size // 3, number), "text/plain; charset=utf-8", "quoted-printable")
    attached = mail.part(_document(size // 3, number), "application/json", "base64")
    return mail.message(
        f"X-A: zq{number}@mail.example\r\n", mail.parts(text, attached), "Order of today"
    )


def files(size: int) -> dict[str, tuple[str, bytes, Callable[[bytes], object]]]:
    """Format, bytes and a parser of the kind, by name."""
    bodies = [_document(20_000, n) for n in range(size // 40_000)]
    exchange = b"".join(captures.request() + captures.response("", body) for body in bodies)
    zipped = b"".join(
        captures.request()
        + captures.response("Content-Encoding: gzip\r\n", gzip.compress(body, mtime=0))
        for body in bodies * 2
    )
    entry = json.loads(captures.archive())["log"]["entries"][0]
    entries = [
        entry | {"response": entry["response"] | {"content": {
            "size": len(body), "mimeType": "application/json", "encoding": "base64",
            "text": base64.b64encode(body).decode()}}}
        for body in bodies
    ]  # fmt: skip
    archive = json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
    item = captures.items(told=captures.response("", bodies[0]))
    start, end = item.index(b"  <item>"), item.index(b"</items>")
    items = item[:start] + item[start:end] * (size // (end - start) + 1) + item[end:]
    talks = [
        frame
        for n, body in enumerate(bodies)
        for frame in traffic.conversation(
            ("c", captures.request()), ("s", captures.response("", body)),
            source=f"192.0.2.{n % 250 + 1}", segment=1400,
        )
    ]  # fmt: skip
    letters = [one_mail(20_000, n) for n in range(size // 20_000)]
    return {
        "message": ("message/rfc822", one_mail(size), _mail),
        "mailbox of 20 kB messages": ("application/mbox", mail.box(*letters), _box),
        "HTTP dump": ("message/http", exchange, len),
        "HTTP dump, gzip bodies": ("message/http", zipped, len),
        "HTTP archive, base64 bodies": ("application/har+json", archive, json.loads),
        "items of Burp Suite": ("application/x-burp+xml", items, etree.fromstring),
        "pcap, HTTP in 1,400 byte segments": (
            "application/vnd.tcpdump.pcap", traffic.pcap(*talks), _packets,
        ),
        "Outlook message": (
            "application/vnd.ms-outlook",
            outlook.outlook(
                {0x1000001F: _text(size // 4, 0)},
                attached={0x3707001F: "a.json", 0x37010102: _document(size // 2, 0)},
            ),
            len,
        ),
    }  # fmt: skip


def _mail(blob: bytes) -> object:
    parsed = email.message_from_bytes(blob, policy=email.policy.default)
    return [one.get_payload(decode=True) for one in parsed.walk()]


def _box(blob: bytes) -> object:
    with tempfile.NamedTemporaryFile() as held:
        held.write(blob)
        held.flush()
        return [_mail(one.as_bytes()) for one in mailbox.mbox(held.name)]


def _packets(blob: bytes) -> object:
    return [dpkt.ethernet.Ethernet(raw) for _, raw in dpkt.pcap.Reader(io.BytesIO(blob))]


FORMATS = Formats()


def edits(document: Document) -> tuple[Edit, ...]:
    """Every value of the domain, replaced."""
    return tuple(
        Edit(number, Span(*match.span()), "<EMAIL_ADDRESS_1>")
        for number, segment in enumerate(document.segments)
        for match in VALUE.finditer(segment.text)
    )


def _inner(document: Document) -> dict[int, bytes]:
    """Files within, replaced as bytes where they are leaves, else by their own format."""
    changed: dict[int, bytes] = {}
    for number, child in enumerate(document.children):
        if child.media_type in ("message/http", "message/rfc822"):
            form = FORMATS.of(child.media_type)
            inner = form.read(child.blob, BOUNDS)
            changed[number] = form.write(child.blob, Changes(edits(inner), _inner(inner)), BOUNDS)
        else:
            changed[number] = VALUE.sub("<EMAIL_ADDRESS_1>", child.blob.decode("latin-1")).encode(
                "latin-1"
            )
    return changed


def timed(work: Callable[[], object]) -> float:
    """Median seconds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def main() -> None:
    """Print a table."""
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 4_000_000
    print(
        "| file | MB | read | write | both | second | a parser of the kind | peak MB |\n|---|---|---|---|---|---|---|---|"
    )
    for name, (media_type, blob, parser) in files(size).items():
        form, megabytes = FORMATS.of(media_type), len(blob) / 1e6
        document = form.read(blob, BOUNDS)
        changes = Changes(edits(document), _inner(document))
        out = form.write(blob, changes, BOUNDS)
        assert out != blob
        assert not VALUE.search(out.decode("latin-1"))
        reading = timed(lambda form=form, blob=blob: form.read(blob, BOUNDS))
        writing = timed(
            lambda form=form, blob=blob, changes=changes: form.write(blob, changes, BOUNDS)
        )
        second = timed(lambda form=form, out=out: form.reread(out, BOUNDS))
        beside = timed(lambda parser=parser, blob=blob: parser(blob)) if parser is not len else 0.0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        rates = [megabytes / one for one in (reading, writing, reading + writing, second)]
        shown = " | ".join(f"{rate:.1f}" for rate in rates)
        other = f"{megabytes / beside:.1f}" if beside else "-"
        print(f"| {name} | {megabytes:.1f} | {shown} | {other} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
