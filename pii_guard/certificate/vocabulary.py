"""The closed words of a certificate. What has no word here is written as a general one.

Anything else could carry a name: a media type, a field, an entity type of somebody's own are text
that somebody chose. Words are added, never removed: certificates that use them stay verifiable.
"""

from __future__ import annotations

from pii_guard.document import Locator, Matter, Step, print_locator
from pii_guard.entities import ENTITIES
from pii_guard.errors import ReasonCode
from pii_guard.findings import KEEPING, Basis, Category
from pii_guard.isolation.layers import Layer
from pii_guard.policy import OPERATORS

OTHER_MEDIA_TYPE = "application/octet-stream"
OTHER_TYPE = "CUSTOM"
OTHER_AXIS = "part"

EXTENSIONS = {
    "text/markdown": "md", "text/plain": "txt", "text/x-log": "log", "text/x-source": "txt",
    "text/x-diff": "diff", "application/json": "json", "application/x-ndjson": "jsonl",
    "application/yaml": "yaml", "text/csv": "csv", "text/tab-separated-values": "tsv",
    "text/html": "html", "application/xhtml+xml": "xhtml", "application/xml": "xml", "image/svg+xml": "svg",
    "application/sql": "sql", "message/http": "http", "application/pdf": "pdf",
    "message/rfc822": "eml", "application/mbox": "mbox", "multipart/form-data": "mime",
    "application/x-www-form-urlencoded": "txt", "application/har+json": "har", "application/x-burp+xml": "xml",
    "application/vnd.tcpdump.pcap": "pcap", "application/x-pcapng": "pcapng",
    "application/vnd.ms-outlook": "msg", "application/ms-tnef": "dat",
    "application/zip": "zip", "application/java-archive": "jar", "application/epub+zip": "epub",
    "application/x-tar": "tar", "application/gzip": "gz", "application/x-bzip2": "bz2",
    "application/x-xz": "xz", "application/zstd": "zst", "application/x-7z-compressed": "7z",
    "application/vnd.sqlite3": "sqlite", "application/vnd.apache.parquet": "parquet",
    "application/toml": "toml", "application/x-ipynb+json": "ipynb", "text/vcard": "vcf",
    "text/calendar": "ics",
    **{
        f"application/vnd.openxmlformats-officedocument.{kind}": extension
        for kind, extension in {
            "wordprocessingml.document": "docx", "wordprocessingml.template": "dotx",
            "spreadsheetml.sheet": "xlsx", "spreadsheetml.template": "xltx",
            "presentationml.presentation": "pptx", "presentationml.slideshow": "ppsx",
            "presentationml.template": "potx",
        }.items()
    },
    "application/vnd.ms-word.document.macroenabled.12": "docm",
    "application/vnd.ms-word.template.macroenabled.12": "dotm",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsm",
    "application/vnd.ms-excel.template.macroenabled.12": "xltm",
    "application/vnd.ms-excel.addin.macroenabled.12": "xlam",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": "pptm",
    "application/vnd.ms-powerpoint.slideshow.macroenabled.12": "ppsm",
    "application/vnd.ms-powerpoint.template.macroenabled.12": "potm",
    **{
        f"application/vnd.oasis.opendocument.{kind}": extension
        for kind, extension in {
            "text": "odt", "text-template": "ott", "text-master": "odm", "spreadsheet": "ods",
            "spreadsheet-template": "ots", "presentation": "odp", "presentation-template": "otp",
            "graphics": "odg", "graphics-template": "otg", "formula": "odf", "chart": "odc",
        }.items()
    },
    "text/rtf": "rtf", "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "xlsb",
    "application/vnd.ms-powerpoint": "ppt", "application/encrypted": "bin",
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/heic": "heic",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv",
    "image/gif": "gif", "image/bmp": "bmp", "image/tiff": "tif",
    "inode/x-empty": "bin", OTHER_MEDIA_TYPE: "bin",
}  # fmt: skip
"""The media types a certificate may name, with the extension of an output's name in it."""

TYPES = frozenset(ENTITIES) | {OTHER_TYPE}
AXES = frozenset(
    {
        "address", "annotation", "app", "archive", "attachment", "attribute", "body", "card", "cell", "chart", "code", "column", "comment", "comments", "connections", "copy row", "core", "custom", "damage", "data", "diagram", "document", "drawing", "endnotes", "entry", "external link", "field", "footer", "footnotes", "formula", "frame", "free space", "header", "index", "info", "item", "layout", "line", "link", "literal", "lost", "mail", "mark", "master", "member", "message", "metadata", "name", "node", "notes", "notes master", "numbering", "outline", "packet", "page", "paragraph", "people", "picture", "pivot cache", "pivot records", "property", "reading", "record", "region", "request", "response", "rest", "revision", "row", "settings", "sheet", "slide", "storage", "stream", "string", "strings", "styles", "table", "text", "unused", "value", "workbook", OTHER_AXIS,
    }
)  # fmt: skip
"""What the ordinals of a place count."""

CATEGORIES = frozenset(category.value for category in Category)
ACTIONS = frozenset(OPERATORS) - {"keep"}
REMOVING = frozenset(basis.value for basis in Basis if basis not in KEEPING)
QUARANTINED = "quarantined"
"""Why an attachment is retained as a whole, encrypted."""
RETAINING = frozenset(basis.value for basis in KEEPING) - {Basis.BELOW_THRESHOLD.value}
UNREAD = frozenset(matter.value for matter in Matter)
REASONS = frozenset(code.value for code in ReasonCode)
DISPOSITIONS = frozenset({"redacted", "clean", "quarantined"})
TIERS = frozenset({"validated", "labelled", "pattern"})
RESULTS = frozenset({"complete", "complete_with_exceptions", "incomplete"})
KEY_ORIGINS = frozenset({"file", "created", "ephemeral", "service"})
KNOWN_GAPS = ("faces_in_pictures", "handwriting", "audio_and_video", "encrypted_traffic")
LAYERS = frozenset(layer.value for layer in Layer)
NOT_COVERED = ("researcher_held_copies", "copies_outside_this_process")


def artifact_id(number: int) -> str:
    """How the attachment with this 1-based number is called."""
    return f"artifact-{number:03}"


def media_type(text: str) -> str:
    """The word for a media type."""
    return text if text in EXTENSIONS else OTHER_MEDIA_TYPE


def entity_type(text: str) -> str:
    """The word for an entity type; `CUSTOM` for one that is not of `ENTITIES`."""
    return text if text in TYPES else OTHER_TYPE


def place(locator: Locator) -> str:
    """A locator with words of ours only: `page 2 / annotation 1`, the whole file `-`."""
    return print_locator(
        tuple(Step(axis if axis in AXES else OTHER_AXIS, number) for axis, number in locator)
    )
