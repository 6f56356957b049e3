"""Encrypted attachments: redacted without their password where it is given, held where not."""

from __future__ import annotations

import base64
import email
import hashlib
import io
import json
import logging
import shutil
import struct
import subprocess
import zipfile
import zlib
from email.message import EmailMessage
from email.policy import default

import msoffcrypto
import pikepdf
import pypdf
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from docx import Document
from msoffcrypto.format.ooxml import OOXMLFile
from reportlab.pdfgen import canvas

from pii_guard import Guard, Policy
from pii_guard.errors import PolicyError
from pii_guard.formats import zip_structure as zips
from pii_guard.formats.outlook.compound import Storage, write_compound

PASSWORD, OTHER = "s3cret pass", "wrong"
TEXT = "Please call Jane Roe, jane.roe@mail.example"
VALUES = (b"Jane", b"Roe", b"mail.example")


@pytest.fixture(scope="module")
def knowing(guard):
    return Guard(Policy(isolation="off"), signer=guard.signer, passwords=(OTHER, PASSWORD))


@pytest.fixture(scope="module")
def mistaken(guard):
    return Guard(Policy(isolation="off"), signer=guard.signer, passwords=(OTHER,))


def pdf(revision, *, aes=True, user=PASSWORD, owner="owner"):
    drawn, out = io.BytesIO(), io.BytesIO()
    sheet = canvas.Canvas(drawn)
    sheet.drawString(72, 700, TEXT)
    sheet.save()
    with pikepdf.open(drawn) as opened:
        how = pikepdf.Encryption(owner=owner, user=user, R=revision, aes=aes, metadata=aes)
        opened.save(out, encryption=how)
    return out.getvalue()


def word():
    out, document = io.BytesIO(), Document()
    document.add_paragraph(TEXT)
    document.save(out)
    return out.getvalue()


def locked_word():
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(word())).encrypt(PASSWORD, out)
    return out.getvalue()


def zipped(folder, *options, text=TEXT):
    (folder / "note.txt").write_text(text)
    (folder / "empty.txt").write_text("")
    subprocess.run(
        ["7zz", "a", "-tzip", f"-p{PASSWORD}", *options, "out.zip", "note.txt", "empty.txt"],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    return (folder / "out.zip").read_bytes()


def held(result):
    return result.verdict == "quarantined" and result.reason.code == "encrypted"


@pytest.mark.parametrize(
    ("revision", "aes"), [(2, False), (3, False), (4, False), (4, True), (6, True)]
)
def test_pdf(guard, knowing, mistaken, revision, aes):
    blob = pdf(revision, aes=aes)
    assert held(guard.redact(blob))
    assert held(mistaken.redact(blob))
    result = knowing.redact(blob, name="a.pdf")
    assert result.verdict == "redacted"
    assert result.unlocked == 1
    again = pypdf.PdfReader(io.BytesIO(result.output))
    assert not again.is_encrypted
    shown = again.pages[0].extract_text()
    assert "Please call" in shown
    assert not any(value.decode() in shown for value in VALUES)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437"])
def test_passwords_were_written_in_code_pages(encoding):
    """ZipCrypto by the book (APPNOTE 6.1), as no tool at hand lets one choose the encoding."""
    blob = traditional(b"note.txt", TEXT.encode(), "sécret".encode(encoding))
    with zipfile.ZipFile(io.BytesIO(blob)) as opened:
        assert opened.read("note.txt", pwd="sécret".encode(encoding)) == TEXT.encode()
    result = Guard(passwords=["sécret"]).redact(blob)
    assert (result.verdict, result.unlocked) == ("redacted", 1)


def traditional(name, content, password):
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value, byte):
        return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    total, packed = zlib.crc32(content), bytearray()
    for byte in bytes(11) + bytes([total >> 24]) + content:
        mask = keys[2] | 2
        packed.append(byte ^ ((mask * (mask ^ 1)) >> 8 & 0xFF))
        update(byte)
    local = zips.LOCAL.pack(
        b"PK\3\4", 20, 1, 0, 0, 33, total, len(packed), len(content), len(name), 0
    )
    central = zips.CENTRAL.pack(
        b"PK\1\2", 20, 20, 1, 0, 0, 33, total, len(packed), len(content), len(name),
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    start = len(local) + len(name) + len(packed)
    end = zips.END.pack(b"PK\5\6", 0, 0, 1, 1, len(central) + len(name), start, 0)
    return local + name + bytes(packed) + central + name + end


@pytest.mark.parametrize("revision", [3, 4])
def test_an_old_pdf_has_its_password_in_a_code_page(revision):
    blob = pdf(revision, aes=False, user="sécret")
    result = Guard(passwords=["sécret"]).redact(blob)
    assert (result.verdict, result.unlocked) == ("redacted", 1)


@pytest.mark.parametrize("revision", [3, 6])
def test_the_password_of_a_pdfs_owner_will_do(knowing, revision):
    result = knowing.redact(pdf(revision, aes=revision > 3, user="of a user", owner=PASSWORD))
    assert (result.verdict, result.unlocked) == ("redacted", 1)


def test_a_pdf_that_opens_without_a_password_needs_none(guard, knowing):
    for one in (guard, knowing):
        result = one.redact(pdf(6, user=""))
        assert result.verdict == "redacted"
        assert result.unlocked == 0


def test_word(guard, knowing, mistaken):
    blob = locked_word()
    assert held(guard.redact(blob))
    assert held(mistaken.redact(blob))
    result = knowing.redact(blob, name="a.docx")
    assert (result.verdict, result.unlocked, result.name) == ("redacted", 1, "a.docx")
    (paragraph,) = [p.text for p in Document(io.BytesIO(result.output)).paragraphs if p.text]
    assert paragraph == "Please call <PERSON_1>, <EMAIL_ADDRESS_1>"


def standard(plain):
    """What Office 2007 writes (MS-OFFCRYPTO, 2.3.4.5 to 2.3.4.9): AES-128 in ECB mode, 50,000 rounds."""
    salt = bytes(range(16))
    digest = hashlib.sha1(salt + PASSWORD.encode("utf-16-le")).digest()
    for n in range(50_000):
        digest = hashlib.sha1(struct.pack("<I", n) + digest).digest()
    digest = hashlib.sha1(digest + bytes(4)).digest()
    key = hashlib.sha1(bytes(x ^ 0x36 for x in digest.ljust(64, b"\0"))).digest()[:16]

    def locked(data):
        cipher = Cipher(algorithms.AES(key), modes.ECB())
        return cipher.encryptor().update(data + bytes(-len(data) % 16))

    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0)
    verifier = bytes(range(16, 32))
    info = (
        struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + salt
        + locked(verifier) + struct.pack("<I", 20) + locked(hashlib.sha1(verifier).digest())
    )  # fmt: skip
    package = struct.pack("<Q", len(plain)) + locked(plain)
    return write_compound(Storage(entries={"EncryptionInfo": info, "EncryptedPackage": package}))


def test_word_of_2007(guard, knowing, mistaken):
    blob = standard(word())
    assert held(guard.redact(blob))
    assert held(mistaken.redact(blob))
    result = knowing.redact(blob, name="a.docx")
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    assert "<PERSON_1>" in Document(io.BytesIO(result.output)).paragraphs[0].text


def test_what_excel_locks_without_a_password_is_no_other_password(mistaken):
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(word())).encrypt("VelvetSweatshop", out)
    assert mistaken.redact(out.getvalue()).verdict == "redacted"


needs_7z = pytest.mark.skipif(shutil.which("7zz") is None, reason="7-Zip is not installed")
METHODS = [
    ("-mem=ZipCrypto",), ("-mem=AES128",), ("-mem=AES192",), ("-mem=AES256",), ("-mem=AES256", "-mx=0"),
    ("-mem=ZipCrypto", "-mx=0"),
]  # fmt: skip


@needs_7z
@pytest.mark.parametrize("options", METHODS, ids=" ".join)
def test_zip(guard, knowing, mistaken, tmp_path, options):
    blob = zipped(tmp_path, *options)
    assert held(guard.redact(blob))
    assert held(mistaken.redact(blob))
    result = knowing.redact(blob, name="a.zip")
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    with zipfile.ZipFile(io.BytesIO(result.output)) as opened:
        assert opened.testzip() is None
        assert opened.read("note.txt") == b"Please call <PERSON_1>, <EMAIL_ADDRESS_1>"
        assert opened.read("empty.txt") == b""
        assert not any(info.flag_bits & 1 for info in opened.infolist())


def sevened(folder, *options, text=TEXT):
    (folder / "note.txt").write_text(text)
    (folder / "other.txt").write_text("x" * 5_000)
    subprocess.run(
        ["7zz", "a", "-t7z", f"-p{PASSWORD}", *options, "out.7z", "note.txt", "other.txt"],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    return (folder / "out.7z").read_bytes()


@needs_7z
@pytest.mark.parametrize(
    "options",
    [(), ("-mhe=on",), ("-mx=0",), ("-m0=Deflate",), ("-m0=PPMd",), ("-ms=off", "-m0=BZip2")],
    ids=" ".join,
)
def test_seven(guard, knowing, mistaken, tmp_path, options):
    blob = sevened(tmp_path, *options)
    assert held(guard.redact(blob))
    if "PPMd" in str(options):
        assert knowing.redact(blob).reason.code == "unsupported"
        return
    assert held(mistaken.redact(blob))
    result = knowing.redact(blob, name="a.7z")
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    (tmp_path / "new.7z").write_bytes(result.output)
    subprocess.run(
        ["7zz", "x", "-pnone", "-onew", "new.7z"], cwd=tmp_path, check=True, capture_output=True
    )
    assert (
        tmp_path / "new" / "note.txt"
    ).read_text() == "Please call <PERSON_1>, <EMAIL_ADDRESS_1>"
    assert (tmp_path / "new" / "other.txt").read_text() == "x" * 5_000


@needs_7z
def test_within_other_files(knowing, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inner.zip", zipped(tmp_path, "-mem=AES256"))
        archive.writestr("inner.7z", sevened(tmp_path))
        archive.writestr("letter.pdf", pdf(6))
        archive.writestr("letter.docx", locked_word())
    result = knowing.redact(out.getvalue(), name="report.zip")
    assert (result.verdict, result.unlocked) == ("redacted", 4)
    with zipfile.ZipFile(io.BytesIO(result.output)) as opened:
        inner = zipfile.ZipFile(io.BytesIO(opened.read("inner.zip")))
        assert inner.read("note.txt") == b"Please call <PERSON_1>, <EMAIL_ADDRESS_1>"
        assert not pypdf.PdfReader(io.BytesIO(opened.read("letter.pdf"))).is_encrypted
        assert "<PERSON_1>" in Document(io.BytesIO(opened.read("letter.docx"))).paragraphs[0].text


@needs_7z
def test_what_is_clean_comes_back_without_its_password(knowing, tmp_path):
    result = knowing.redact(zipped(tmp_path, "-mem=AES256", text="nobody is named here"))
    assert (result.verdict, result.unlocked) == ("clean", 1)
    with zipfile.ZipFile(io.BytesIO(result.output)) as opened:
        assert opened.read("note.txt") == b"nobody is named here"


@needs_7z
@pytest.mark.parametrize("options", METHODS[:4], ids=" ".join)
def test_damaged_members_are_refused(knowing, tmp_path, options):
    blob = bytearray(zipped(tmp_path, *options))
    at = blob.index(b"note.txt") + 40
    blob[at] ^= 0x55
    result = knowing.redact(bytes(blob))
    assert result.verdict == "quarantined"
    assert result.reason.code in ("encrypted", "corrupt")


def test_a_report_has_passwords_of_its_own(guard):
    blob = pdf(6)
    result = guard.redact(blob, passwords=[PASSWORD])
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    assert guard.scan(blob, passwords=[PASSWORD]).verdict == "found"
    case = guard.case(passwords=[OTHER, PASSWORD])
    case.add(blob)
    assert [one.unlocked for one in case.redact()] == [1]
    assert held(guard.redact(blob))


def test_a_text_is_no_list_of_passwords(guard):
    for build in (Guard, guard.case):
        with pytest.raises(PolicyError, match="list"):
            build(passwords=PASSWORD)


@needs_7z
def test_in_mail(knowing, tmp_path):
    letter = EmailMessage()
    letter["Subject"] = "report"
    letter.set_content("see the attachment")
    blob = zipped(tmp_path, "-mem=AES256")
    letter.add_attachment(blob, maintype="application", subtype="zip", filename="a.zip")
    result = knowing.redact(letter.as_bytes(), name="a.eml")
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    (part,) = email.message_from_bytes(result.output, policy=default).iter_attachments()
    with zipfile.ZipFile(io.BytesIO(part.get_content())) as opened:
        assert opened.read("note.txt") == b"Please call <PERSON_1>, <EMAIL_ADDRESS_1>"


@needs_7z
def test_in_a_large_file_that_is_read_in_sections(knowing, tmp_path):
    inner = base64.b64encode(zipped(tmp_path, "-mem=AES256")).decode()
    rows = [{"n": n, "note": "nothing to see " * 4} for n in range(9_000)]
    rows[5_000]["file"] = f"data:application/zip;base64,{inner}"
    result = knowing.redact(
        "".join(json.dumps(row) + "\n" for row in rows).encode(), name="a.jsonl"
    )
    assert (result.verdict, result.unlocked) == ("redacted", 1)
    row = json.loads(result.output.splitlines()[5_000])
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(row["file"].partition(",")[2]))) as opened:
        assert opened.read("note.txt") == b"Please call <PERSON_1>, <EMAIL_ADDRESS_1>"


class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.name} {record.getMessage()}")


def test_keys_are_in_no_log(unconfined, monkeypatch):
    """A handler of our own: pytest's is put on loggers that pass nothing on."""
    blobs = locked_word(), standard(word())
    kept, root = Kept(), logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(root, "handlers", [*root.handlers, kept])
    root.manager._clear_cache()
    for blob in blobs:
        assert unconfined.redact(blob, passwords=[PASSWORD]).unlocked == 1
    root.manager._clear_cache()
    assert kept.lines
    assert not [one for one in kept.lines if "msoffcrypto" in one or PASSWORD in one]


def test_a_password_is_nowhere(knowing):
    assert PASSWORD not in repr(knowing.workshop)
    case = knowing.case(passwords=[PASSWORD])
    case.add(locked_word(), name="a.docx")
    (result,) = case.redact()
    told = repr(result) + repr(case._work._desk) + case.close().to_json().decode()
    assert PASSWORD not in told
    assert OTHER not in told


def test_msoffcrypto_agrees_that_ours_was_encrypted():
    assert msoffcrypto.OfficeFile(io.BytesIO(locked_word())).is_encrypted()
