"""What a compound file (MS-CFB) holds: told by the names of the streams in its directory."""

from __future__ import annotations

OLE = "application/x-ole-storage"
ENCRYPTED = "application/encrypted"
_NAMES = (
    ("EncryptedPackage", ENCRYPTED),  # MS-OFFCRYPTO, 2.3.4.4: before what the name of the file says
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)
_ENTRY = 128


def ole_type(blob: bytes) -> str:
    """The media type of a compound file; `application/x-ole-storage` when it is nothing we know."""
    for name, media_type in _NAMES:
        # An entry begins with its name, of 64 bytes at most with the zero behind (MS-CFB, 2.6.1).
        field = name.encode("utf-16-le") + b"\0\0"
        at = blob.find(field)
        while at >= 0:
            if at % _ENTRY == 0 and blob[at + 64 : at + 66] == len(field).to_bytes(2, "little"):
                return media_type
            at = blob.find(field, at + 2)
    return OLE
