"""Encrypted files that are broken, or made to keep whoever knows their password busy."""

from __future__ import annotations

import io
import struct

import pikepdf
import pytest
from test_passwords import PASSWORD, TEXT, VALUES, locked_word, needs_7z, pdf, traditional, zipped

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats, office_unlocking, seven_unlocking
from pii_guard.formats.base import Bounds
from pii_guard.formats.office_unlocking import is_locked, unlocked
from pii_guard.formats.pdf.opened import open_pdf
from pii_guard.formats.seven_unlocking import Unlocking
from pii_guard.formats.zip_archive import ZipArchive
from pii_guard.stages import Workshop, survey

MARKS = ((b"PK\3\4", 6), (b"PK\1\2", 8))
"""The headers of a zip member, and where their flags are."""


def shop():
    return Workshop(Formats(), Bounds(), passwords=(PASSWORD,))


def refused(work, *given):
    with pytest.raises(Unreadable) as caught:
        work(*given)
    return caught.value.reason


def flagged(blob, change):
    """The archive with the flags in both headers of its first member changed."""
    made = bytearray(blob)
    for mark, offset in MARKS:
        at = made.index(mark) + offset
        made[at : at + 2] = struct.pack("<H", change(*struct.unpack_from("<H", made, at)))
    return bytes(made)


@pytest.fixture
def zipcrypto():
    return traditional(b"note.txt", TEXT.encode(), PASSWORD.encode())


@needs_7z
def test_a_member_that_only_its_method_says_to_be_encrypted(tmp_path):
    blob = flagged(zipped(tmp_path, "-mem=AES256"), lambda flags: flags & ~1)
    part = survey(shop(), blob, "a.zip")
    assert part.unlocked
    assert TEXT in [segment.text for one in part.parts() for segment in one.document.segments]


@pytest.mark.parametrize("flag", [0x20, 0x40, 0x2000])
def test_zip_members_encrypted_in_other_ways_are_held(zipcrypto, flag):
    blob = flagged(zipcrypto, lambda flags: flags | flag)
    assert refused(survey, shop(), blob, "a.zip").code is ReasonCode.ENCRYPTED


def test_zip_headers_that_the_library_refuses(zipcrypto):
    version = bytearray(zipcrypto)
    version[version.index(b"PK\1\2") + 6] = 200
    name = flagged(zipcrypto.replace(b"note", b"n\xffte"), lambda flags: flags | 0x800)
    for blob in (bytes(version), name):
        assert refused(survey, shop(), blob, "a.zip").code is ReasonCode.CORRUPT


def test_one_lock_is_taken_off_a_file(monkeypatch, zipcrypto):
    """A format that never comes to an end does not make us go on."""
    monkeypatch.setattr(ZipArchive, "unlocked", lambda _self, blob, _passwords, _bounds: blob)
    assert refused(survey, shop(), zipcrypto, "a.zip").code is ReasonCode.ENCRYPTED


def test_all_keys_of_a_7z_archive_have_a_limit_together(monkeypatch):
    monkeypatch.setattr(seven_unlocking, "_MOST_ROUNDS", 3_000)
    unlocking = Unlocking(PASSWORD)

    def of_salt(salt):
        return unlocking.decrypted(bytes([0x80 | 10, 0, salt]), bytes(16))

    first = of_salt(1)
    assert of_salt(2) != first
    assert of_salt(1) == first
    assert "rounds" in refused(of_salt, 3).where


@pytest.mark.parametrize("cycles", [23, 30, 62])
def test_a_7z_key_has_a_limit(cycles):
    properties = bytes([0x40 | cycles, 0x0F]) + bytes(16)
    reason = refused(Unlocking(PASSWORD).decrypted, properties, bytes(32))
    assert (reason.code, "rounds" in reason.where) == (ReasonCode.ENCRYPTED, True)


def test_the_key_of_an_office_file_has_a_limit(monkeypatch):
    blob = locked_word()
    monkeypatch.setattr(office_unlocking, "_MOST_SPINS", 99_999)
    for written in (b'spinCount="100000"', b"spinCount='100000'"):
        same = blob.replace(b'spinCount="100000"', written)
        reason = refused(unlocked, same, [PASSWORD], Bounds())
        assert (reason.code, "rounds" in reason.where) == (ReasonCode.ENCRYPTED, True)


def test_streams_of_an_office_file_cannot_share_their_bytes():
    blob = bytearray(locked_word())
    assert is_locked(bytes(blob))
    at = blob.index("EncryptedPackage".encode("utf-16-le"))
    blob[at + 120 : at + 124] = struct.pack("<I", 0x7FFFFFFF)
    assert not is_locked(bytes(blob))
    assert refused(survey, shop(), bytes(blob), "a.docx").code is ReasonCode.ENCRYPTED


def test_an_office_file_obeys_the_limit_of_what_comes_out():
    reason = refused(unlocked, locked_word(), [PASSWORD], Bounds(max_unpacked_bytes=1_000))
    assert reason.code is ReasonCode.LIMIT_UNPACKED


@pytest.mark.parametrize(
    "change", [(b"/Filter /Standard", b"/Filter /PubSecX "), (b"/V 4", b"/V 9")]
)
def test_a_pdf_locked_with_a_certificate_is_encrypted_not_corrupt(change):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(4)), password=PASSWORD) as opened:
        how = pikepdf.Encryption(owner="o", user=PASSWORD, R=4)
        plain = pikepdf.ObjectStreamMode.disable
        opened.save(out, encryption=how, object_stream_mode=plain)
    assert change[0] in out.getvalue()
    blob = out.getvalue().replace(*change)
    for work in (lambda: open_pdf(blob), lambda: survey(shop(), blob, "a.pdf")):
        assert refused(work).code is ReasonCode.ENCRYPTED


def test_nothing_of_what_was_encrypted_goes_along(guard, zipcrypto):
    result = guard.redact(zipcrypto, name="a.zip", passwords=[PASSWORD])
    assert result.verdict == "redacted"
    sealed = zipcrypto[30 + len(b"note.txt") :][:40]
    assert sealed not in result.output
    assert not any(value in result.output for value in VALUES)
