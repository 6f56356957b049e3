"""The closed words of a certificate. What has no word here is written as a general one.

Anything else could carry a name: a media type, a field, an entity type of somebody's own are text
that somebody chose. Words are added, never removed: certificates that use them stay verifiable.
"""

from __future__ import annotations

from pii_guard.document import Locator, Step, print_locator
from pii_guard.entities import ENTITIES
from pii_guard.errors import ReasonCode
from pii_guard.findings import KEEPING, Basis, Category
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
    "application/zip": "zip", "application/java-archive": "jar", "application/epub+zip": "epub",
    "application/x-tar": "tar", "application/gzip": "gz", "application/x-bzip2": "bz2",
    "application/x-xz": "xz", "application/zstd": "zst", "application/x-7z-compressed": "7z",
    "application/vnd.sqlite3": "sqlite", "application/vnd.apache.parquet": "parquet",
    "application/toml": "toml", "application/x-ipynb+json": "ipynb", "text/vcard": "vcf",
    "text/calendar": "ics", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp",
    "image/gif": "gif", "image/bmp": "bmp", "image/tiff": "tif", "inode/x-empty": "bin", OTHER_MEDIA_TYPE: "bin",
}  # fmt: skip
"""The media types a certificate may name, with the extension of an output's name in it."""

TYPES = frozenset(ENTITIES) | {OTHER_TYPE}
AXES = frozenset(
    {
        "annotation", "attachment", "body", "card", "cell", "column", "comment", "copy row", "data",
        "field", "index", "info", "line", "literal", "mark", "member", "message", "node", "outline", "page", "rest", "revision", "row", "stream",
        "code", "frame", "metadata", "picture", "reading", "region", "string", "table", "unused", "value", OTHER_AXIS,
    }
)  # fmt: skip
"""What the ordinals of a place count."""

CATEGORIES = frozenset(category.value for category in Category)
ACTIONS = frozenset(OPERATORS) - {"keep"}
REMOVING = frozenset(basis.value for basis in Basis if basis not in KEEPING)
RETAINING = frozenset(basis.value for basis in KEEPING) - {Basis.BELOW_THRESHOLD.value}
REASONS = frozenset(code.value for code in ReasonCode)
DISPOSITIONS = frozenset({"redacted", "clean", "quarantined"})
TIERS = frozenset({"validated", "labelled", "pattern"})
RESULTS = frozenset({"complete", "complete_with_exceptions", "incomplete"})
KEY_ORIGINS = frozenset({"file", "created", "ephemeral"})
KNOWN_GAPS = ("text_in_pictures", "handwriting", "audio_and_video")
NOT_COVERED = ("researcher_held_copies", "copies_outside_this_process")
ORIGINALS = {
    "source_file": ("not_deleted", "observed", "left_where_the_caller_keeps_it"),
    "process_memory": ("attested", "attested", "handed_over_by_the_caller_in_memory"),
}
"""Where an original was: what may be claimed of it, how surely, and why no more."""


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
