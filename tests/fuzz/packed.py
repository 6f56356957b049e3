"""Damage within what is packed: the content changes, sums and lengths around it are made right again.

Without it nearly every mutation of a compressed file would end at its checksum.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import zstandard
from pikepdf import Array, Dictionary, Name, String

Change = Callable[[bytes], bytes]


def within(rng: random.Random, blob: bytes, change: Change) -> bytes:
    """The file with a part of its content changed; changed as it is where it is not packed, or broken."""
    for mark, repacked in _PACKED.items():
        if blob.startswith(mark):
            try:
                return repacked(rng, blob, change)
            except Exception:  # noqa: BLE001 - libraries raise anything for files mutated before
                break
    return change(blob)


def _zip(rng: random.Random, blob: bytes, change: Change) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blob)) as old, zipfile.ZipFile(held, "w") as new:
        members = old.infolist()
        chosen = rng.choice([one for one in members if one.file_size] or members)
        for one in members:
            content = old.read(one)
            if one is chosen:
                content = within(rng, content, change)
            new.writestr(one, content)
        new.comment = old.comment
    return held.getvalue()


def _gzip(rng: random.Random, blob: bytes, change: Change) -> bytes:
    return gzip.compress(within(rng, gzip.decompress(blob), change), mtime=0)


def _bzip2(rng: random.Random, blob: bytes, change: Change) -> bytes:
    return bz2.compress(within(rng, bz2.decompress(blob), change))


def _xz(rng: random.Random, blob: bytes, change: Change) -> bytes:
    return lzma.compress(within(rng, lzma.decompress(blob), change))


def _zstd(rng: random.Random, blob: bytes, change: Change) -> bytes:
    content = zstandard.ZstdDecompressor().stream_reader(blob).read()
    return zstandard.ZstdCompressor().compress(within(rng, content, change))


def _png(rng: random.Random, blob: bytes, change: Change) -> bytes:
    """One chunk changes; its length and sum follow."""
    chunks, at = [], 8
    while at + 12 <= len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        chunks.append((blob[at + 4 : at + 8], blob[at + 8 : at + 8 + size]))
        at += 12 + size
    chosen = rng.randrange(len(chunks))
    out = blob[:8]
    for number, (kind, body) in enumerate(chunks):
        if number == chosen:
            body = change(body)
        out += (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )
    return out


def _seven(rng: random.Random, blob: bytes, change: Change) -> bytes:
    """The header of a 7z archive, or its streams, change; the sums of the header follow."""
    offset, size = struct.unpack_from("<QQ", blob, 12)
    streams, header = blob[32 : 32 + offset], blob[32 + offset : 32 + offset + size]
    if rng.random() < 0.7:
        header = change(header)
    else:
        streams = change(streams)
    start = struct.pack("<QQI", len(streams), len(header), zlib.crc32(header))
    return blob[:8] + struct.pack("<I", zlib.crc32(start)) + start + streams + header


def _pdf(rng: random.Random, blob: bytes, change: Change) -> bytes:
    """Bytes of a stream, the file without compression, or a value in an object changes."""
    held = io.BytesIO()
    plain = {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "static_id": True}
    with pikepdf.open(io.BytesIO(blob)) as pdf:
        way = rng.random()
        if way < 0.3:
            pdf.save(held, compress_streams=False, qdf=True, **plain)
            return change(held.getvalue())
        items = [one for one in pdf.objects if isinstance(one, (Dictionary, Array, pikepdf.Stream))]
        streams = [one for one in items if isinstance(one, pikepdf.Stream)]
        if way < 0.7 and streams:
            one = rng.choice(streams)
            one.write(change(one.read_bytes()))
        else:
            for _ in range(rng.choice((1, 1, 2, 5))):
                _altered(rng, pdf, rng.choice(items), items, change)
        pdf.save(held, **plain)
    return held.getvalue()


def _altered(rng: random.Random, pdf: pikepdf.Pdf, item: pikepdf.Object, items: list, change: Change) -> None:  # fmt: skip
    """One value in an object, or in what it holds, is exchanged, put elsewhere, or gone."""
    for _ in range(rng.randrange(3)):
        inner = [v for v in _values(item) if isinstance(v, (Dictionary, Array, pikepdf.Stream))]
        item = rng.choice(inner) if inner else item
    keys = range(len(item)) if isinstance(item, Array) else sorted(item.keys())
    if not keys:
        return
    key = rng.choice(keys)
    if rng.random() < 0.15:
        del item[key]
        return
    if not isinstance(item, Array) and rng.random() < 0.2:
        donors = [one for one in items if not isinstance(one, Array) and len(one.keys())]
        key = rng.choice(sorted(rng.choice(donors).keys())) if donors else key
    item[key] = _value(rng, pdf, item.get(key) if not isinstance(item, Array) else item[key], items, change)  # fmt: skip


def _value(rng: random.Random, pdf: pikepdf.Pdf, old: object, items: list, change: Change) -> object:  # fmt: skip
    if isinstance(old, String) and rng.random() < 0.5:
        return String(change(bytes(old)))
    return rng.choice((
        lambda: rng.choice((0, 1, -1, 2, 4, 8, 16, 255, 65_536, 2**31 - 1, -(2**31), 2**63 - 1)),
        lambda: rng.choice((0.0, -0.001, 1e-9, 12.5, 1e12)),
        lambda: rng.choice((True, False)),
        lambda: String(rng.randbytes(rng.randrange(20))),
        lambda: Name("/" + rng.choice(("Identity-H", "Type0", "Type1", "Form", "Image", "FlateDecode", "P", "A"))),
        lambda: Array([rng.randrange(-5, 2_000) for _ in range(rng.randrange(7))]),
        Dictionary,
        lambda: rng.choice(items),
        lambda: _apart(pdf, rng.choice(list(_values(rng.choice(items))) or [0])),
        lambda: pdf.make_stream(change(b"q 1 0 0 1 0 0 cm BT /F1 9 Tf (text) Tj ET Q")),
    ))()  # fmt: skip


def _apart(pdf: pikepdf.Pdf, value: object) -> object:
    """A value as an object of its own: one that held itself directly would be saved without end."""
    direct = isinstance(value, (Dictionary, Array)) and not value.is_indirect
    return pdf.make_indirect(value) if direct else value


def _values(item: pikepdf.Object) -> list[object]:
    return list(item) if isinstance(item, Array) else [item[key] for key in sorted(item.keys())]


_PACKED: dict[bytes, Callable[[random.Random, bytes, Change], bytes]] = {
    b"PK\3\4": _zip,
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"\x89PNG\r\n\x1a\n": _png,
    b"7z\xbc\xaf\x27\x1c": _seven,
    b"%PDF-": _pdf,
}
