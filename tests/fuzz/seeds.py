"""The files that are mutated: all that the fixture factory makes, typeset PDFs, and locked files."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pikepdf
import reportlab
from msoffcrypto.format.ooxml import OOXMLFile
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tests.benchmarks.pdf_widths import SETTINGS, document
from tests.fixtures import CANARY, KEPT, Planted, everything, modules

PASSWORD = "s3cret pass"
Lock = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Seed:
    """A file with `canary`, if any, in it; `lock` encrypts it with `PASSWORD`."""

    format: str
    place: str
    name: str
    blob: bytes = field(repr=False)
    canary: str = ""
    lock: Lock | None = None
    keeps_media: bool = False

    def __str__(self) -> str:
        return f"{self.format}: {self.place}"


def seeds() -> list[Seed]:
    """All seeds, in the same order each time."""
    planted = everything()
    return [*map(_planted, planted), *_samples(), *_typeset(), *_locked(planted)]


def _planted(one: Planted) -> Seed:
    return Seed(one.format, one.place, one.name, one.blob, one.canary, keeps_media=one.keeps_media)


def _samples() -> Iterator[Seed]:
    """Files without a value, by media type; media are kept."""
    for module in modules():
        for media_type, blob in getattr(module, "SAMPLES", {}).items():
            kept = media_type.startswith(("audio/", "video/"))
            yield Seed("sample", media_type, "", blob, keeps_media=kept)


def _typeset() -> Iterator[Seed]:
    """PDFs as word processors set them: lines that reflow, fonts that are subsets of their programs."""
    for title, font, setting in SETTINGS:
        yield Seed("typeset pdf", title, "a.pdf", document(*setting(CANARY, font), font), CANARY)
    for title, font in {"Type 1": "Times-Roman", "TrueType": "Vera"}.items():
        yield Seed("typeset pdf", f"paragraphs in {title}", "a.pdf", _paragraphs(font), CANARY)
        yield Seed(
            "typeset pdf", f"signed, in {title}", "a.pdf", _signed(_paragraphs(font)), CANARY
        )


def _paragraphs(font: str) -> bytes:
    """Justified paragraphs, a table and a link."""
    if font == "Vera":
        program = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
        pdfmetrics.registerFont(TTFont(font, str(program)))
    style = ParagraphStyle("body", fontName=font, alignment=TA_JUSTIFY)
    held = io.BytesIO()
    text = f"{KEPT}, says {CANARY} of the service, and so say all who asked it since. " * 3
    rows = [["who", "what"], [CANARY, "two lamps"], ["nobody", "a chair"]]
    link = f'<a href="mailto:{CANARY}">write to them</a>'
    parts = [Paragraph(text, style), Table(rows), Paragraph(link, style)] * 2
    SimpleDocTemplate(held, invariant=1).build(parts)
    return held.getvalue()


def _signed(blob: bytes) -> bytes:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        body = b"\x30\x82\x01\x00\x0c" + bytes([len(CANARY)]) + CANARY.encode() + bytes(200)
        value = pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Sig, Filter=pikepdf.Name("/Adobe.PPKLite"), Name=pikepdf.String(CANARY),
            ByteRange=[0, 1, 2, 3], Contents=pikepdf.String(body)))  # fmt: skip
        one = pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig,
            T=pikepdf.String("sig"), V=value, Rect=[0, 0, 0, 0]))  # fmt: skip
        pdf.pages[0].obj.Annots = pikepdf.Array([*pdf.pages[0].obj.get("/Annots", ()), one])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([one]), SigFlags=3)
        pdf.save(held, static_id=True)
    return held.getvalue()


def _locked(planted: list[Planted]) -> Iterator[Seed]:
    """Files behind a password. Salts differ from run to run where a cipher asks for it."""
    for one in planted:
        if one.refused is None and one.format == "pdf":
            for revision in (3, 4, 6):
                yield _behind(
                    "locked pdf", f"{one.place}, R{revision}", one, partial(_pdf, revision)
                )
        if one.refused is None and one.format in ("docx", "xlsx"):
            yield _behind("locked office", str(one), one, _office)
        if shutil.which("7zz") and one.format in ("txt", "eml", "png", "html"):
            for how in (("-t7z",), ("-t7z", "-mhe=on"), ("-tzip",), ("-tzip", "-mem=AES256")):
                name, kind = f"a.{how[0][2:]}", f"locked {how[0][2:]}"
                yield _behind(
                    kind, f"{one}, {how[-1]}", one, partial(_by_7zip, how, one.name), name
                )


def _behind(kind: str, place: str, one: Planted, lock: Lock, name: str = "") -> Seed:
    return Seed(kind, place, name or one.name, one.blob, one.canary, lock=lock)


def _pdf(revision: int, blob: bytes) -> bytes:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        how = pikepdf.Encryption(owner="owner", user=PASSWORD, R=revision, aes=revision > 3, metadata=revision > 3)  # fmt: skip
        pdf.save(held, encryption=how, static_id=revision == 3)
    return held.getvalue()


def _office(blob: bytes) -> bytes:
    held = io.BytesIO()
    OOXMLFile(io.BytesIO(blob)).encrypt(PASSWORD, held)
    return held.getvalue()


def _by_7zip(how: tuple[str, ...], name: str, blob: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(blob)
        call = ["7zz", "a", f"-p{PASSWORD}", *how, "out", name]
        subprocess.run(call, cwd=folder, capture_output=True, check=True)
        (made,) = (one for one in Path(folder).iterdir() if one.name.startswith("out"))
        return made.read_bytes()
