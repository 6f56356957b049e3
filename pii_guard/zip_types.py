"""What a zip archive is besides an archive: the one place that tells its kinds apart.

Office Open XML by `[Content_Types].xml` (ECMA-376-2, 10.1.2.2), OpenDocument and EPUB by their
`mimetype` member (OpenDocument 1.3, part 2, 3.3; OCF 3.3, 4.3), Java archives by their manifest. A zip
that says none of this, or says it in a way that cannot be read, is a plain zip.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

ZIP = "application/zip"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml"
OOXML = {
    f"{_WORD}.document.main+xml": f"{_WORD}.document",
    f"{_WORD}.template.main+xml": f"{_WORD}.template",
    "application/vnd.ms-word.document.macroenabled.main+xml": "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.ms-word.template.macroenabledtemplate.main+xml": "application/vnd.ms-word.template.macroenabled.12",
    f"{_SHEET}.sheet.main+xml": f"{_SHEET}.sheet",
    f"{_SHEET}.template.main+xml": f"{_SHEET}.template",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml": "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-excel.template.macroenabled.main+xml": "application/vnd.ms-excel.template.macroenabled.12",
    "application/vnd.ms-excel.addin.macroenabled.main+xml": "application/vnd.ms-excel.addin.macroenabled.12",
    "application/vnd.ms-excel.sheet.binary.macroenabled.main": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    f"{_SLIDES}.presentation.main+xml": f"{_SLIDES}.presentation",
    f"{_SLIDES}.slideshow.main+xml": f"{_SLIDES}.slideshow",
    f"{_SLIDES}.template.main+xml": f"{_SLIDES}.template",
    "application/vnd.ms-powerpoint.presentation.macroenabled.main+xml": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "application/vnd.ms-powerpoint.slideshow.macroenabled.main+xml": "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    "application/vnd.ms-powerpoint.template.macroenabled.main+xml": "application/vnd.ms-powerpoint.template.macroenabled.12",
}  # fmt: skip
"""The content type of a package's main part, in lower case, to the media type of the package."""
_DECLARED = re.compile(r"ContentType\s*=\s*[\"']([^\"']{1,200})[\"']")
_SPOKEN = re.compile(
    rb"application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip)\s{0,4}", re.ASCII
)
_MOST = 1 << 20


def zip_type(blob: bytes) -> str:
    """The media type of a zip archive; `application/zip` when it is nothing in particular."""
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            return _type(archive)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, IndexError,
        NotImplementedError, OverflowError, KeyError, LookupError,
    ):  # fmt: skip
        return ZIP


def _type(archive: zipfile.ZipFile) -> str:
    members = {info.filename.lower(): info for info in archive.infolist()}
    if types := members.get("[content_types].xml"):
        declared = _head(archive, types)
        wide = declared[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = declared.decode("utf-16" if wide else "utf-8", "replace")
        found = {one.lower() for one in _DECLARED.findall(text)}
        mains = [media_type for main, media_type in OOXML.items() if main in found]
        return mains[0] if mains else ZIP
    if spoken := members.get("mimetype"):
        said = _head(archive, spoken)
        return said.decode().strip() if _SPOKEN.fullmatch(said) else ZIP
    return "application/java-archive" if "meta-inf/manifest.mf" in members else ZIP


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        return member.read(_MOST)
