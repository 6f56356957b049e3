"""What an error that no reader caught says of a file: broken by its maker, too much, or a bug of ours.

It is told by where the error was raised. A parser that we call may raise anything for hostile bytes,
and that is the file's fault; the same error raised by a line of ours is ours.
"""

from __future__ import annotations

import binascii
import lzma
import struct
import sys
import zlib

from pii_guard.errors import Reason, ReasonCode, Unreadable, refused, whence

_READERS = tuple(
    f"pii_guard.{room}"
    for room in (
        "formats",
        "identify",
        "stages",
        "signatures",
        "carriers",
        "zip_types",
        "ole_types",
    )
)
"""Modules that look into files. `stages` calls formats that others wrote."""
_PARSERS = frozenset({
    "base64", "binascii", "bz2", "codecs", "configparser", "csv", "decimal", "email", "encodings", "gzip",
    "html", "ipaddress", "json", "lzma", "plistlib", "pyexpat", "quopri", "sqlite3", "tarfile", "tomllib", "urllib", "xml",
    "zipfile", "zlib", "_compression",
})  # fmt: skip
"""Modules of the standard library that read what they are given; all others only do as we tell them."""
_OF_THE_DATA = (struct.error, UnicodeError, zlib.error, lzma.LZMAError, binascii.Error, EOFError)
"""Raised by C code, which leaves no frame of its own, for bytes that are not what they should be."""


def verdict(error: Exception) -> Reason:
    """Why the file that brought this error about is held; `where` says no more than `whence` does."""
    if isinstance(error, Unreadable):
        return error.reason
    if isinstance(error, (MemoryError, RecursionError)):
        return refused(error, whence(error)).reason
    code = ReasonCode.CORRUPT if _is_of_the_file(error) else ReasonCode.INTERNAL
    return Reason(code, whence(error))


def _is_of_the_file(error: Exception) -> bool:
    ours = innermost = ""
    trace = error.__traceback__
    while trace is not None:
        innermost = str(trace.tb_frame.f_globals.get("__name__", ""))
        ours = innermost if _root(innermost) == "pii_guard" else ours
        trace = trace.tb_next
    if not ours.startswith(_READERS):
        return False
    if isinstance(error, _OF_THE_DATA):
        return True
    return _is_a_parser(innermost) or _is_a_parser(type(error).__module__)


def _is_a_parser(module: str) -> bool:
    root = _root(module)
    if root in sys.stdlib_module_names or root == "builtins":
        return root in _PARSERS
    return root != "pii_guard"


def _root(module: str) -> str:
    return module.partition(".")[0]
