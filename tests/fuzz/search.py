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
_CAPTURES = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\n\r\r\n",
)
_WITH_TAGS = (
    b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"fLaC", b"OggS", b"ID3", b"\0\0\0", b"\x1aE\xdf\xa3",
)  # fmt: skip
_EXIFTOOL = ("exiftool", "-a", "-u", "-U", "-ee", "@")
_TOOLS: dict[bytes, tuple[tuple[str, ...], ...]] = {
    b"PK": (("unzip", "-p", "@"), ("7zz|7z", "x", "-so", "@")),
    b"7z\xbc\xaf": (("7zz|7z", "x", "-so", "@"),),
    b"\x1f\x8b": (("7zz|7z", "x", "-so", "@"),),
    b"BZh": (("7zz|7z", "x", "-so", "@"),),
    b"\xfd7zXZ": (("7zz|7z", "x", "-so", "@"),),
    b"\x28\xb5\x2f\xfd": (("zstd", "-dc", "@"), ("7zz|7z", "x", "-so", "-tzstd", "@")),
    b"\xd0\xcf\x11\xe0": (("7zz|7z", "x", "-so", "@"),),
    b"SQLite": (("sqlite3", "-readonly", "@", ".dump"),),
    **dict.fromkeys(_CAPTURES, (("tshark", "-nr", "@", "-x"), ("tshark", "-nr", "@", "-V"))),
    **dict.fromkeys(_WITH_TAGS, (_EXIFTOOL,)),
    b"%PDF": (
        ("qpdf", "--qdf", "--object-streams=disable", "@", "-"),
        ("pdftotext", "-q", "@", "-"),
        _EXIFTOOL,
    ),
    b"": tuple(("strings", "-a", "-e", width, "@") for width in "slb"),
}
"""What reads files that begin with these bytes; `@` is the file, `a|b` the program that is there."""
_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|PK\x03\x04|\x1f\x8b\x08")


_CODED = (
    ("base64", re.compile(rb"[A-Za-z0-9+/_-]{16,}")),
    ("base64", re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]*)+[A-Za-z0-9+/]+")),
    ("hex", re.compile(rb"(?:[0-9A-Fa-f]{2}[\s:-]?){12,}[0-9A-Fa-f]?")),
)
_PACKED_PIXELS = {
    "JPEG": re.compile(rb"(?s)\xff\xda.*?\xff\xd9"),
    "WEBP": re.compile(rb"(?s)VP8[ L].*?(?=EXIF|XMP |\Z)"),
}
_GAPS = b"\r\n\t :"
_SAFE = bytes.maketrans(b"-_", b"+/")
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
            if pattern.search(text[::-1]):
                return f"{view} {spelling} reversed".replace("  ", " ")
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
    """The bytes, what they are in UTF-16, and what base64 and hexadecimal in them stand for.

    A run may begin with characters that are none of the code: it is read from each of its places on.
    """
    yield "", content
    yield from _narrow(content)
    for coding, pattern in _CODED:
        for found in pattern.finditer(content):
            bare = found[0].translate(_SAFE if coding == "base64" else None, _GAPS)
            for shift in range(4 if coding == "base64" else 2):
                try:
                    data = _decoded(coding, bare[shift:])
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


def _decoded(coding: str, bare: bytes) -> bytes:
    if coding == "hex":
        digits = bare.translate(None, b"-")
        return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    return base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + b"==")


def _views(blob: bytes) -> Iterator[tuple[str, bytes]]:
    yield "bytes", blob
    for content in inflated(blob):
        yield "inflated", content
    for start, calls in _TOOLS.items():
        if start in blob[:1024] if start == b"%PDF" else blob.startswith(start):
            for names, *rest in calls:
                program = next(filter(shutil.which, names.split("|")), None)
                if program:
                    content = _output((program, *rest), blob)
                    yield program, content
                    for inner in inflated(content):
                        yield f"{program}, inflated", inner


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
