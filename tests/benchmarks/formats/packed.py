"""Generated archives, mail, captures, office files, PDF documents and pictures."""

from __future__ import annotations

import base64
import bz2
import email.policy
import gzip
import io
import json
import lzma
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from PIL import Image

from tests.benchmarks.formats.made import Made, unzipped
from tests.benchmarks.formats.texts import FILES as TEXTS
from tests.benchmarks.formats.texts import people
from tests.benchmarks.inputs import Maker, made
from tests.fixtures import archives, captures, mail, outlook, traffic

_PAGE_LINES = 50
_CORNER = 50_000


def _members(size: int) -> dict[str, bytes]:
    whole = made("log", size)
    step = max(1, len(whole) // 50)
    return {
        f"logs/{n}.log": whole[at : at + step] for n, at in enumerate(range(0, len(whole), step))
    }


def _archive(name: str, pack: Callable[[dict[str, bytes]], bytes]) -> Callable[[int], Made]:
    def make(size: int) -> Made:
        members = _members(size)
        return Made(name, pack(members), sum(map(len, members.values())))

    return make


def _compressed(name: str, pack: Callable[[bytes], bytes]) -> Callable[[int], Made]:
    def make(size: int) -> Made:
        whole = made("log", size)
        return Made(name, pack(whole), len(whole))

    return make


def _zstd(whole: bytes) -> bytes:
    import zstandard

    return zstandard.compress(whole)


def _letter(size: int, number: int = 0) -> bytes:
    one, maker = EmailMessage(policy=email.policy.SMTP), Maker(f"mail-{number}")
    person = maker.person()
    one["From"], one["To"] = "Support <support@shop.example>", str(person["email"])
    one["Subject"], one["Message-ID"] = f"Order {number}", f"<{number}@shop.example>"
    text = made("prose", size // 2).decode()
    one.set_content(text, cte="quoted-printable")
    one.add_attachment(
        made("json", size // 3), maintype="application", subtype="json", filename="a.json"
    )
    one.set_boundary("frontier")
    return one.as_bytes()


def _mailbox(size: int) -> Made:
    letters = (_letter(20_000, n).replace(b"\r\n", b"\n") for n in range(max(1, size // 20_000)))
    return Made("a.mbox", mail.box(*letters))


def _outlook(size: int) -> Made:
    text, attached = made("prose", size // 4).decode(), made("json", size // 2)
    blob = outlook.outlook(
        {0x1000001F: text}, attached={0x3707001F: "a.json", 0x37010102: attached}
    )
    return Made("a.msg", blob)


def _bodies(size: int) -> list[bytes]:
    maker = Maker("bodies")
    rows = [
        [{"customer": maker.person(), **maker.order()} for _ in range(40)]
        for _ in range(max(1, size // 26_000))
    ]
    return [json.dumps(row).encode() for row in rows]


def _dump(size: int) -> Made:
    talk = (captures.request() + captures.response("", body) for body in _bodies(size))
    return Made("a.http", b"".join(talk))


def _dump_of_gzip(size: int) -> Made:
    bodies = _bodies(size)
    talk = (
        captures.request()
        + captures.response("Content-Encoding: gzip\r\n", gzip.compress(body, mtime=0))
        for body in bodies
    )
    return Made("a.http", b"".join(talk), sum(map(len, bodies)))


def _har_of_base64(size: int) -> Made:
    entry = json.loads(captures.archive())["log"]["entries"][0]
    entries = []
    for body in _bodies(size * 3 // 4):
        content = {"size": len(body), "mimeType": "application/json", "encoding": "base64",
                   "text": base64.b64encode(body).decode()}  # fmt: skip
        entries.append(entry | {"response": entry["response"] | {"content": content}})
    return Made("a.har", json.dumps({"log": {"version": "1.2", "entries": entries}}).encode())


def _burp(size: int) -> Made:
    found, whole = [], b""
    for body in _bodies(size * 3 // 4):
        whole = captures.items(told=captures.response("", body))
        found.append(whole[whole.index(b"  <item>") : whole.index(b"</items>")])
    return Made("a.xml", whole[: whole.index(b"  <item>")] + b"".join(found) + b"</items>\n")


def _frames(size: int) -> list[bytes]:
    return [
        frame
        for n, body in enumerate(_bodies(size))
        for frame in traffic.conversation(
            ("c", captures.request()), ("s", captures.response("", body)),
            source=f"192.0.2.{n % 250 + 1}", segment=1400,
        )
    ]  # fmt: skip


def _word(size: int) -> Made:
    """Paragraphs of three runs and a table."""
    import docx

    maker, document, held = Maker("docx"), docx.Document(), io.BytesIO()
    texts = maker.paragraphs()
    for number in range(max(1, size // 1_000)):
        paragraph = document.add_paragraph(next(texts) + " ")
        paragraph.add_run(next(texts)).bold = True
        if number % 3 == 0:
            paragraph.add_run(f" Write to {maker.person()['email']}.")
    table = document.add_table(rows=1 + size // 20_000, cols=3)
    for row in table.rows:
        person = maker.person()
        for cell, name in zip(row.cells, ("first_name", "email", "phone"), strict=True):
            cell.text = str(person[name])
    document.save(held)
    return _office("docx", held.getvalue())


def _sheet(size: int) -> Made:
    import openpyxl

    book, held = openpyxl.Workbook(), io.BytesIO()
    for number, row in enumerate(people(size // 5)):
        if number == 0:
            book.active.append(list(row))
        book.active.append(list(row.values()))
    book.save(held)
    return _office("xlsx", held.getvalue())


def _slides(size: int) -> Made:
    import pptx

    maker, show, held = Maker("pptx"), pptx.Presentation(), io.BytesIO()
    texts = maker.paragraphs()
    for _ in range(max(1, size // 4_000)):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = f"Order of {maker.person()['email']}"
        slide.placeholders[1].text = "\n".join(next(texts) for _ in range(6))
    show.save(held)
    return _office("pptx", held.getvalue())


def _office(kind: str, blob: bytes) -> Made:
    return Made(f"a.{kind}", blob, unzipped(blob))


@cache
def _converted(kind: str, target: str, size: int) -> Made | None:
    """A file as LibreOffice writes it in another format; None where it is not installed."""
    if shutil.which("soffice") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"file.{kind}")
        source.write_bytes(FILES[kind](size).blob)
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile",
             "--convert-to", target, "--outdir", folder, str(source)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return _office(target, source.with_suffix(f".{target}").read_bytes())


def _by_libreoffice(kind: str, target: str) -> Callable[[int], Made | None]:
    return lambda size: _converted(kind, target, size)


def _pages(size: int) -> Made:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    held, count, maker = io.BytesIO(), max(2, size // 100_000), Maker("pdf")
    canvas, texts = Canvas(held, pagesize=A4, invariant=1), maker.paragraphs()
    for _ in range(count):
        canvas.setFont("Helvetica", 9)
        for line in range(_PAGE_LINES):
            text = next(texts)[:100]
            if line % 5 == 0:
                person = maker.person()
                text = f"{person['first_name']}, {person['email']}, {person['phone']}"
            canvas.drawString(40, 800 - 15 * line, text)
        canvas.showPage()
    canvas.save()
    return Made("a.pdf", held.getvalue(), count=count)


def _screen(number: int, size: int) -> Image.Image:
    """A screenshot of 1280 by 720, or a corner of it where little is asked for."""
    from tests.benchmarks.screenshots import page

    image = page(number).image.convert("RGB")
    return image if size > _CORNER else image.crop((0, 0, 400, 200))


def _picture(kind: str, **options: object) -> Callable[[int], Made]:
    def make(size: int) -> Made:
        held, image = io.BytesIO(), _screen(8, size)
        image.save(held, kind, **options)
        return Made(f"a.{kind.lower()}", held.getvalue(), image.width * image.height * 3, 1)

    return make


def _scan(size: int) -> Made:
    held, (first, second) = io.BytesIO(), (_screen(number, size) for number in (8, 3))
    first.save(held, "TIFF", save_all=True, append_images=[second], compression="tiff_lzw")
    pixels = sum(one.width * one.height * 3 for one in (first, second))
    return Made("a.tiff", held.getvalue(), pixels, 2)


FILES: dict[str, Callable[[int], Made | None]] = {
    "zip": _archive("a.zip", archives.zipped), "tar": _archive("a.tar", archives.tarred),
    "7z": _archive("a.7z", archives.sevened),
    "gz": _compressed("a.log.gz", lambda whole: gzip.compress(whole, mtime=0)),
    "bz2": _compressed("a.log.bz2", bz2.compress), "xz": _compressed("a.log.xz", lzma.compress),
    "zst": _compressed("a.log.zst", _zstd),
    "eml": lambda size: Made("a.eml", _letter(size)), "mbox": _mailbox, "msg": _outlook,
    "http": _dump, "http, gzip bodies": _dump_of_gzip, "har, base64 bodies": _har_of_base64,
    "burp": _burp,
    "pcap": lambda size: Made("a.pcap", traffic.pcap(*_frames(size))),
    "pcapng": lambda size: Made("a.pcapng", traffic.pcapng(*_frames(size))),
    "docx": _word, "xlsx": _sheet, "pptx": _slides,
    "odt": _by_libreoffice("docx", "odt"), "ods": _by_libreoffice("xlsx", "ods"),
    "odp": _by_libreoffice("pptx", "odp"), "rtf": _by_libreoffice("docx", "rtf"),
    "pdf": _pages, "png": _picture("PNG"), "jpeg": _picture("JPEG", quality=85),
    "webp": _picture("WEBP", quality=85), "gif": _picture("GIF"), "bmp": _picture("BMP"),
    "tiff, two pages": _scan,
}  # fmt: skip
ALL: dict[str, Callable[[int], Made | None]] = {**TEXTS, **FILES}
