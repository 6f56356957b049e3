"""Where bytes show a value, read with tools that are none of ours."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

_MOST = 20_000_000
_TOOLS: dict[bytes, tuple[tuple[str, ...], ...]] = {
    b"%PDF": (
        ("qpdf", "--qdf", "--object-streams=disable", "@", "-"),
        ("pdftotext", "-q", "@", "-"),
    ),
    b"PK": (("unzip", "-p", "@"), ("7zz", "x", "-so", "@")),
    b"7z\xbc\xaf": (("7zz", "x", "-so", "@"),),
    b"\x1f\x8b": (("7zz", "x", "-so", "@"),),
    b"BZh": (("7zz", "x", "-so", "@"),),
    b"\xfd7zXZ": (("7zz", "x", "-so", "@"),),
    b"\x28\xb5\x2f\xfd": (("7zz", "x", "-so", "-tzstd", "@"),),
    b"\xd0\xcf\x11\xe0": (("7zz", "x", "-so", "@"), ("strings", "-el", "@")),
    b"SQLite": (("sqlite3", "-readonly", "@", ".dump"),),
    b"": (("strings", "-a", "@"),),
}
"""What reads files that begin with these bytes; `@` is the file."""
_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|PK\x03\x04|\x1f\x8b\x08")


_CODED = (
    ("base64", re.compile(rb"[A-Za-z0-9+/_-]{16,}")),
    ("base64", re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]*)+[A-Za-z0-9+/]+")),
    ("hex", re.compile(rb"(?:[0-9A-Fa-f]{2}[\s:-]?){12,}")),
)
_PACKED_PIXELS = {
    "JPEG": re.compile(rb"(?s)\xff\xda.*?\xff\xd9"),
    "WEBP": re.compile(rb"(?s)VP8[ L].*?(?=EXIF|XMP |\Z)"),
}
_GAPS = b"\r\n\t :"
_WIDE = ("utf-16-le", "utf-16-be")


def pattern_of(values: Iterable[str]) -> re.Pattern[bytes]:
    """What matches any of the values, whatever its case, where nothing makes another address of it.

    A capital letter may be the next field of a binary file; a small one is a longer name of a host.
    """
    some = b"|".join(re.escape(value.encode()) for value in values)
    return re.compile(rb"(?i:%s)(?![a-z0-9_-])" % some)


def shown(blob: bytes, pattern: re.Pattern[bytes]) -> str:
    """Which view of the bytes shows what the pattern matches; empty where none does."""
    for view, content in _views(blob):
        for spelling, text in _spelled(content):
            if pattern.search(text):
                return f"{view} {spelling}".strip()
    return ""


def in_pixels(blob: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Whether what the pattern matches is in a picture's pixels alone: what mutation put there are colours.

    Pixels unpacked, and as JPEG and WebP pack them; nobody can tell text from colours in either.
    """
    try:
        with Image.open(io.BytesIO(blob)) as picture:
            picture.load()
            kind, rows = picture.format, picture.tobytes()
            swapped = picture.convert("RGB").tobytes("raw", "BGR")
    except Exception:  # noqa: BLE001 - libraries raise anything for what is no whole picture
        return False
    packed = _PACKED_PIXELS[kind].findall(blob) if kind in _PACKED_PIXELS else []
    return any(pattern.search(pixels) for pixels in (rows, swapped, *packed))


def _spelled(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, what they are in UTF-16, and what base64 and hexadecimal in them stand for."""
    yield "", content
    yield from _narrow(content)
    for coding, pattern in _CODED:
        for found in pattern.finditer(content):
            try:
                data = _decoded(coding, found[0])
            except ValueError:
                continue
            yield coding, data
            for spelling, text in _narrow(data):
                yield f"{coding}, {spelling}", text


def _narrow(content: bytes) -> Iterator[tuple[str, bytes]]:
    """UTF-16 at both alignments; what is not in it turns to what matches nothing."""
    if b"\0" in content:
        for charset in _WIDE:
            for lead in range(2):
                yield charset, content[lead:].decode(charset, "replace").encode("utf-8", "replace")


def _decoded(coding: str, run: bytes) -> bytes:
    if coding == "hex":
        return bytes.fromhex(run.translate(None, _GAPS + b"-").decode())
    bare = run.translate(bytes.maketrans(b"-_", b"+/"), _GAPS)
    return base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + b"==")


def _views(blob: bytes) -> Iterator[tuple[str, bytes]]:
    yield "bytes", blob
    for content in inflated(blob):
        yield "inflated", content
    for start, calls in _TOOLS.items():
        if start in blob[:1024] if start == b"%PDF" else blob.startswith(start):
            for call in calls:
                if shutil.which(call[0]):
                    content = _output(call, blob)
                    yield call[0], content
                    for inner in inflated(content):
                        yield f"{call[0]}, inflated", inner


def inflated(blob: bytes, depth: int = 0) -> Iterator[bytes]:
    """What inflates from any place of the bytes where a stream may begin, and from that."""
    for found in _DEFLATED.finditer(blob[:_MOST]):
        at, wbits = found.start(), 15
        if found[0] == b"PK\3\4":
            at += 30 + int.from_bytes(blob[at + 26 : at + 28], "little") + int.from_bytes(blob[at + 28 : at + 30], "little")  # fmt: skip
            wbits = -15
        elif found[0].startswith(b"\x1f"):
            wbits = 31
        try:
            content = zlib.decompressobj(wbits).decompress(blob[at:], _MOST)
        except zlib.error:
            continue
        if len(content) > 8:
            yield content
            if depth < 3:
                yield from inflated(content, depth + 1)


def _output(call: tuple[str, ...], blob: bytes) -> bytes:
    with tempfile.NamedTemporaryFile() as held:
        Path(held.name).write_bytes(blob)
        words = [held.name if word == "@" else word for word in call]
        try:
            done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
        except subprocess.TimeoutExpired:
            return b""
    return done.stdout[:_MOST]
