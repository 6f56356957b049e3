"""Files that are small and want to be large, deep, elsewhere or something else. Each is made in memory."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

import zstandard

MIB = 1024 * 1024
HUGE = 768 * MIB
"""More than the limit on what may come out of a file."""


def zeros(compressor, size=HUGE):
    """So many zero bytes through a compressor object, a piece at a time."""
    piece = bytes(MIB)
    parts = [compressor.compress(piece) for _ in range(size // MIB)]
    return b"".join(parts) + compressor.flush()


def gzipped():
    raw = zeros(zlib.compressobj(9, zlib.DEFLATED, 31))
    return "a.log.gz", raw


def xzipped():
    return "a.log.xz", zeros(lzma.LZMACompressor(preset=1))


def bzipped():
    return "a.log.bz2", zeros(bz2.BZ2Compressor(9))


def zstandardised():
    return "a.log.zst", zeros(zstandard.ZstdCompressor(level=1).compressobj())


def zipped(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members:
            if isinstance(content, int):
                with archive.open(name, "w", force_zip64=True) as member:
                    for _ in range(content // MIB):
                        member.write(bytes(MIB))
            else:
                archive.writestr(name, content)
    return held.getvalue()


def flat_zip():
    return "a.zip", zipped([("a.txt", HUGE)])


def many_members():
    return "a.zip", zipped([(f"{n}.txt", b"") for n in range(10_001)])


def nested_zip():
    inner = zipped([("a.txt", b"x")])
    for _ in range(12):
        inner = zipped([("a.zip", inner)])
    return "a.zip", inner


def forty_two():
    """Sixteen archives in each of five levels, with large files at the bottom."""
    inner = zipped([("0.txt", 32 * MIB)])
    for _ in range(4):
        inner = zipped([(f"{n}.zip", inner) for n in range(16)])
    return "42.zip", inner


def overlapping_zip():
    """Many entries of one stretch of data (Fifield, A better zip bomb, 2019)."""
    plain = zipped([("a.txt", 16 * MIB)])
    end = plain.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<I", plain, end + 16)
    entry = plain[start:end]
    count = 2_000
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(entry) * count, start, 0)
    return "a.zip", plain[:start] + entry * count + tail


def docx_bomb():
    from docx import Document

    held = io.BytesIO()
    Document().save(held)
    members = []
    with zipfile.ZipFile(held) as archive:
        for name in archive.namelist():
            if name != "word/document.xml":
                members.append((name, archive.read(name)))
    return "a.docx", zipped([*members, ("word/document.xml", HUGE)])


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png_bomb():
    side = 40_000
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zeros(zlib.compressobj(9), side * (side // 8 + 1) // MIB * MIB)
    return "a.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(
        b"IEND", b""
    )


def jpeg_bomb():
    from PIL import Image

    held = io.BytesIO()
    Image.new("L", (64, 64)).save(held, "JPEG")
    raw = bytearray(held.getvalue())
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return "a.jpg", bytes(raw)


def gif_bomb():
    return "a.gif", b"GIF89a" + struct.pack(
        "<HHBBB", 65_000, 65_000, 0x80, 0, 0
    ) + b"\0\0\0\xff\xff\xff" + (
        b"," + struct.pack("<HHHHB", 0, 0, 65_000, 65_000, 0) + b"\2\2\x4c\1\0;"
    )


def pdf_of(stream, filters):
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>",
        b"<</Length %d/Filter%s>>stream\n%s\nendstream" % (len(stream), filters, stream),
    ]
    made, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = (
        b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(made)
    )
    return made + end


def pdf_bomb():
    return "a.pdf", pdf_of(zeros(zlib.compressobj(9)), b"/FlateDecode")


def pdf_bomb_twice():
    return "a.pdf", pdf_of(
        zlib.compress(zeros(zlib.compressobj(9)), 9), b"[/FlateDecode/FlateDecode]"
    )


def laughs():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return (
        "a.xml",
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{levels}]><a>&l11;</a>'.encode(),
    )


def quadratic():
    return "a.xml", (
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "{"x" * 100_000}">]><a>{"&x;" * 100_000}</a>'
    ).encode()


def outside_entity():
    return (
        "a.xml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    )


def yaml_laughs():
    lines = ["a0: &a0 [ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "a.yaml", "\n".join(lines).encode()


def deep_json():
    return "a.json", b"[" * 200_000 + b"]" * 200_000


def deep_html():
    return "a.html", b"<!doctype html><html><body>" + b"<div>" * 200_000


def har_bomb():
    body = base64.b64encode(gzipped()[1]).decode()
    entry = {
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "cache": {}, "timings": {"send": 1, "wait": 1, "receive": 1},
        "request": {"method": "GET", "url": "https://a.example/", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [], "queryString": [], "headersSize": -1, "bodySize": -1},
        "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": {"size": 1, "mimeType": "text/plain", "text": body, "encoding": "base64"}, "redirectURL": "", "headersSize": -1, "bodySize": -1},
    }  # fmt: skip
    return "a.har", json.dumps(
        {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [entry]}}
    ).encode()


def regex_bomb():
    return (
        "a.txt",
        b"a" * 200_000 + b"!\n" + b"1-" * 50_000 + b"\n" + b"a@" * 50_000 + b"\n" + b" \t" * 50_000,
    )


def tar_of(*members):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = target
            info.size = 2 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"hi") if info.size else None)
    return held.getvalue()


def tar_slip():
    return "a.tar", tar_of(("../../../tmp/pii-guard-slip.txt", tarfile.REGTYPE, ""))


def tar_link():
    return "a.tar", tar_of(("x", tarfile.SYMTYPE, "/etc/passwd"), ("x/y.txt", tarfile.REGTYPE, ""))


def tar_device():
    return "a.tar", tar_of(("sda", tarfile.BLKTYPE, ""))


def zip_slip():
    return "a.zip", zipped([("../../../tmp/pii-guard-slip.txt", b"hi")])


def pdf_and_zip():
    return "a.pdf", pdf_of(zlib.compress(b"BT ET"), b"/FlateDecode") + zipped([("a.txt", b"hi")])


def gif_and_script():
    return "a.gif", b"GIF89a/*" + bytes(800) + b"*/=1;alert('jane.roe@mail.example');//"


def html_and_pdf():
    return "a.html", b"<!doctype html><html><body>" + pdf_of(
        zlib.compress(b"BT ET"), b"/FlateDecode"
    ) + b"</body></html>"


def program_as_text():
    return "a.txt", b"\x7fELF\x02\x01\x01" + bytes(9) + bytes(range(256)) * 40


def gzip_as_picture():
    return "a.png", gzip.compress(b"jane.roe@mail.example")
