"""Text of strangers for pages, tables and addresses: what would act there or hide is made visible.

A name of a file may hold whatever a file system takes. Escaping for HTML is the serialiser's; this is
about characters that turn text around or show nothing, about cells that a spreadsheet would run, and
about addresses that a program would follow elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

MOST = 300
"""Characters of one text that are shown."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Control characters, marks of direction (Unicode 23.2), what is blank or of private use, and no text."""
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+)"
)
"""Marks over one letter that would cover the lines above and below it."""
_FORMULA = tuple("=+-@＝＋－＠")
_MASKED = re.compile(r"[^\W\d_]?\*{3}")
_SCHEME = re.compile(
    r"(?:abfss?|adl|az|dbfs|file|ftps?|gcs|gs|hdfs|https?|memory|oci|oss|s3a?|sftp|smb|ssh|webdavs?)://",
    re.ASCII,
)
"""Stores. A member of an archive may be called `javascript://…`: that is a name like any other."""


def visible(text: str, most: int = MOST) -> str:
    r"""The text on one line, in which every character shows; its middle is left out beyond `most`.

    >>> visible("a\u202etxt.exe")
    'a⟨U+202E⟩txt.exe'
    """
    return _cut(_STACKED.sub(_unstacked, _UNSEEN.sub(_named, _cut(text, most))), most)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    end = most // 3
    return text[: most - end - 1] + "…" + text[len(text) - end :]


def cell(text: str, most: int = 32_000) -> str:
    """The text as a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").

    `most`: a cell of Excel holds 32,767 characters.
    """
    shown = visible(text, most)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def masked(preview: str) -> str:
    """The preview of a finding, where it is masked as ours are: a letter at most, and asterisks."""
    return preview if _MASKED.fullmatch(preview) else "***"


def uri(location: str) -> str:
    """The location as a URI reference (RFC 3986): all but letters, digits and `/` is percent-encoded.

    A scheme stays, so that `s3://bucket/key` stays one. What is no scheme cannot become one, nor the
    name of a host.
    """
    scheme = _SCHEME.match(location)
    head = scheme.group() if scheme else ""
    path = location[len(head) :].encode("utf-8", "backslashreplace")
    encoded = quote(path, safe="/")
    if not head and encoded.startswith("//"):
        encoded = "/." + encoded
    return head + encoded


def steps(location: str) -> list[str]:
    """The folders of a location, from the top, and its name: `s3://bucket/a/b` has three."""
    scheme = _SCHEME.match(location)
    head = scheme.group() if scheme else ""
    parts = [part for part in location[len(head) :].split("/") if part]
    return [head + parts[0], *parts[1:]] if parts else [head] if head else []


def _named(match: re.Match[str]) -> str:
    return _code(match.group())


def _unstacked(match: re.Match[str]) -> str:
    return match.group(1) + "".join(map(_code, match.group(2)))


def _code(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def joined(parts: Iterable[str], most: int = MOST) -> str:
    """Steps as one location, made visible."""
    return visible("/".join(parts), most)
