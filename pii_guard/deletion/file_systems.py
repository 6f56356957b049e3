"""Which kind of file system a path is on, as a word of the certificate's."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from pii_guard.certificate.claims import FILE_SYSTEMS

NETWORK = frozenset({"nfs", "cifs", "smb", "fuse", "p9", "virtiofs"})
"""What another machine or a program may do with a file of these is out of sight."""

_WORDS = {
    "ext2": "ext", "ext3": "ext", "ext4": "ext", "vfat": "fat", "msdos": "fat", "ntfs3": "ntfs",
    "nfs4": "nfs", "cifs": "cifs", "smb3": "smb", "smbfs": "smb", "9p": "p9", "fuseblk": "fuse",
    "devtmpfs": "tmpfs", "hfsplus": "hfs",
}  # fmt: skip
_ESCAPED = re.compile(r"\\([0-7]{3})")


def file_system(path: str | os.PathLike[str], mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The word for where `path` is; `unknown` where the system does not tell (proc(5), mountinfo)."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
        return _kind(PurePosixPath(os.path.realpath(path)), lines)
    except (OSError, ValueError, IndexError):
        return "unknown"


def _kind(path: PurePosixPath, lines: list[str]) -> str:
    best, kind = -1, "unknown"
    for line in lines:
        before, _, after = line.partition(" - ")
        point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), before.split(" ")[4])
        depth = len(PurePosixPath(point).parts)
        # Of two mounts on one point the later one is seen.
        if depth >= best and path.is_relative_to(point):
            best, kind = depth, after.split(" ")[0]
    kind = kind.partition(".")[0]
    kind = _WORDS.get(kind, kind)
    return kind if kind in FILE_SYSTEMS else "other"
