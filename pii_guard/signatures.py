"""Our own table of file signatures: used beside libmagic, and alone where libmagic is missing."""

from __future__ import annotations

import re

_TABLE: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/x-rar"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/x-wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftypM4B ", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (4, b"moov\0", "video/quicktime"),
    (0, b"\0\0\0\x08wide", "video/quicktime"),
    (4, b"mdat", "video/quicktime"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/x-dosexec"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"\x37\x7f\x06\x82", "application/x-sqlite-wal"),
    (0, b"\x37\x7f\x06\x83", "application/x-sqlite-wal"),
    (0, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "application/x-sqlite-journal"),
    (0, b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (0, b"\x4d\x3c\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\x3c\x4d", "application/vnd.tcpdump.pcap"),
    (0, b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (0, b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "text/rtf"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"Obj\x01", "application/avro"),
    (0, b"\x93NUMPY", "application/x-npy"),
    (0, b"\xac\xed\x00\x05", "application/x-java-serialized-object"),
    (0, b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted"),
    (0, b"age-encryption.org/", "application/age"),
)
AMBIGUOUS = frozenset(
    kind for _, mark, kind in _TABLE if mark.isascii() and all(32 <= byte < 127 for byte in mark)
)
"""Types whose signature could as well be the first letters of a text."""
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
_HOLDERS = frozenset(
    {
        "application/vnd.tcpdump.pcap", "application/x-pcapng", "application/ms-tnef",
        "application/vnd.ms-outlook",
    }
)  # fmt: skip
"""Types that hold other files as they are, so that those' signatures say nothing of the whole."""
_PDF = re.compile(rb"%PDF-\d")
_OBJECT = re.compile(rb"(?m)^\d{1,10} \d{1,5} obj\b")
_BMP = re.compile(rb"BM.{4}\x00{4}.{4}[\x0c\x28\x40\x6c\x7c]\x00\x00\x00", re.S)
_WHOLE = frozenset({"application/zip", "application/vnd.sqlite3", "application/vnd.apache.parquet"})
"""Types whose readers account for every byte: what else such a file seems to be is within it."""
_MPEG_AUDIO = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x10-\xef]")
"""The head of a frame of layers I to III; two bytes of it may begin a text in UTF-16."""
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
"""A frame before the first of a Zstandard file that readers skip (RFC 8878, 3.1.2)."""
PDF_WITHIN = 1024
"""Readers accept a PDF header in the first 1,024 bytes (ISO 32000-1, annex H.3.4.1)."""


def is_tar(blob: bytes) -> bool:
    """Whether it begins with a header block whose checksum is right (POSIX ustar, also of V7)."""
    block = blob[:512]
    told = block[148:156].strip(b" \0")
    if len(block) < 512 or not re.fullmatch(rb"[0-7]{1,7}", told) or not block[0]:
        return False
    return sum(block[:148]) + 8 * 32 + sum(block[156:]) == int(told, 8)


def syncsafe(raw: bytes) -> int:
    """A number of seven bits a byte, the first ones first (ID3v2.4, 6.2)."""
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _behind_id3(blob: bytes, mark: bytes) -> bool:
    """Whether a mark stands behind an ID3v2 tag (section 3.1)."""
    return blob.startswith(mark, 10 + syncsafe(blob[6:10]))


def _lacks_its_head(blob: bytes) -> bool:
    """Whether it is a PDF but for its header: readers look for the objects. Their text alone is none."""
    if _OBJECT.search(blob, 0, PDF_WITHIN) is None or b"endstream" not in blob:
        return False
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def signatures(blob: bytes) -> tuple[str, ...]:
    """The binary types whose signature `blob` bears, the one at its beginning first.

    Nothing is looked for behind the beginning of an archive or a database: it stands in a member or a
    value, or in bytes of none, and all of them are read.
    """
    if is_tar(blob):
        return ("application/x-tar",)
    found = [kind for at, mark, kind in _TABLE if blob[at : at + len(mark)] == mark][:1]
    if found == ["video/webm"] and b"matroska" in blob[:64]:
        found = ["video/x-matroska"]
    if found == ["audio/mpeg"] and _behind_id3(blob, b"fLaC"):
        found = ["audio/flac"]
    if not found and _MPEG_AUDIO.match(blob) and not blob.startswith(b"\xff\xfe"):
        found = ["audio/mpeg"]
    if found == ["application/x-ole-storage"] and _OUTLOOK in blob:
        found = ["application/vnd.ms-outlook"]
    if found and found[0] in _HOLDERS:
        return tuple(found)
    if not found and _SKIPPABLE.match(blob):
        found = ["application/zstd"]
    if not found and _BMP.match(blob):
        found = ["image/bmp"]
    if found and found[0] in _WHOLE:
        return tuple(found)
    if _PDF.search(blob, 0, PDF_WITHIN) or (not found and _lacks_its_head(blob)):
        found.append("application/pdf")
    # A zip archive is read from its end: appended to a file of another type it still opens.
    end = blob.rfind(b"PK\x05\x06", max(0, len(blob) - 65_557))
    if end >= 0 and b"PK\x01\x02" in blob:
        found.append("application/zip")
    return tuple(found)
