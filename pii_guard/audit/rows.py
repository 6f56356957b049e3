"""What an audit says of one file: a row, and the Parquet parts that rows are kept in.

A row holds no raw value and no raw path, so parts may be passed on. Places and values are joined and
compared by HMAC-SHA256 (RFC 2104) under the audit's key, which is not in the parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pii_guard.errors import PolicyError
from pii_guard.findings import Severity
from pii_guard.inspection import MARKED

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "pii-guard/audit/1"
"""Written to each part as `pii_guard.schema` of its metadata."""
PARTS = "parts"
"""The folder of the parts, in the directory of an audit."""
LISTED = MARKED
"""Findings that a row lists, the first of all that it counts."""


class Verdict:
    """Words for how a file ended."""

    CLEAN = "clean"
    FOUND = "found"
    QUARANTINED = "quarantined"
    """Not read in full; `reason` and `where` say why. What is in it nobody knows."""
    SKIPPED = "skipped"
    """A link to a file that has a row of its own: nothing is missed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many findings of a file have this type, category and severity."""

    entity_type: str
    category: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """One finding that the policy would remove.

    `start` and `end`: half-open characters in the text at `locator` (`page 2 / row 3`, `-` for the whole
    file). `preview` is masked. `rule` is why it goes (a `Basis`), `beside` the entity types in its
    record, `kind` what its text is (`prose`, `cell`, …), `layer` how it is encoded there (`base64`; ""
    where it is not). `fingerprint`: 64 hexadecimal digits, equal for one value of one type under one key.
    """

    entity_type: str
    category: str
    severity: str
    locator: str
    start: int
    end: int
    score: float
    preview: str
    recognizer: str
    rule: str
    beside: tuple[str, ...] = ()
    kind: str = ""
    layer: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One file of an audit.

    `location`: its place below its source, redacted; two files may have the same one.
    `location_key`: 64 hexadecimal digits, its own. `source`: the number of its source, from 1. `size`
    in bytes, None where it is not known. `version`: 32 hexadecimal digits for the version or etag that
    was listed; "" for none. `modified`: the month, `2026-11`, UTC; "" where it is not known. `reason` (a
    `ReasonCode`) and `where` are "" unless it is quarantined or skipped. `severity`: the highest of its
    findings, "" without any. `unread`: what nobody can read and redacting would pass on, by its word.
    `copy`: where its redacted copy was stored below the target, "" without one, and `copy_sha256` of
    that. `tool`, `ruleset`, `model`, `policy`, `limits`: what it was read with; `limits` is JSON.
    """

    location: str
    location_key: str
    source: int
    size: int | None
    version: str
    modified: str
    media_type: str
    verdict: str
    reason: str = ""
    where: str = ""
    severity: str = ""
    counts: tuple[Counted, ...] = ()
    findings: tuple[Found, ...] = ()
    unread: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    copy: str = ""
    copy_sha256: str = ""
    tool: str = ""
    ruleset: str = ""
    model: str = ""
    policy: str = ""
    limits: str = "{}"

    @property
    def found(self) -> int:
        """How many findings there are; `findings` lists the first `LISTED`."""
        return sum(one.count for one in self.counts)

    @property
    def by_type(self) -> Counter[str]:
        """How many of each entity type."""
        return self._by("entity_type")

    @property
    def by_category(self) -> Counter[str]:
        """How many of each category."""
        return self._by("category")

    @property
    def by_severity(self) -> Counter[str]:
        """How many of each severity."""
        return self._by("severity")

    def _by(self, name: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for one in self.counts:
            counted[getattr(one, name)] += one.count
        return counted

    def finding_id(self, number: int) -> str:
        """What `pii-guard explain` takes for finding `number` (from 0) of this row."""
        return f"{self.location_key[:16]}-{number + 1}"


_NAMES = tuple(one.name for one in fields(Row))


def worst(counts: Sequence[Counted]) -> str:
    """The highest severity among counts; "" for none."""
    order = [one.value for one in Severity]
    return max((one.severity for one in counts if one.severity), key=order.index, default="")


def schema() -> pa.Schema:
    """The schema of a part. Raises `PolicyError` where pyarrow is not installed."""
    lib = arrow()
    text, number = lib.string(), lib.int64()
    counted = lib.struct(
        [("entity_type", text), ("category", text), ("severity", text), ("count", number)]
    )
    found = lib.struct(
        [
            ("entity_type", text), ("category", text), ("severity", text), ("locator", text),
            ("start", number), ("end", number), ("score", lib.float64()), ("preview", text),
            ("recognizer", text), ("rule", text), ("beside", lib.list_(text)), ("kind", text),
            ("layer", text), ("fingerprint", text),
        ]
    )  # fmt: skip
    return lib.schema(
        [
            ("location", text), ("location_key", text), ("source", lib.int32()), ("size", number),
            ("version", text), ("modified", text), ("media_type", text), ("verdict", text),
            ("reason", text), ("where", text), ("severity", text), ("counts", lib.list_(counted)),
            ("findings", lib.list_(found)), ("unread", lib.map_(text, number)), ("copy", text),
            ("copy_sha256", text), ("tool", text), ("ruleset", text), ("model", text),
            ("policy", text), ("limits", text),
        ],
        metadata={"pii_guard.schema": SCHEMA},
    )  # fmt: skip


def to_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of the schema."""
    plain = [
        {one.name: getattr(row, one.name) for one in fields(Row)}
        | {
            "counts": [asdict(one) for one in row.counts],
            "findings": [asdict(one) for one in row.findings],
            "unread": sorted(row.unread.items()),
        }
        for row in rows
    ]
    return arrow().Table.from_pylist(plain, schema=schema())


def to_row(plain: Mapping[str, Any]) -> Row:
    """The row of a table as a mapping. Raises `LookupError` or `TypeError` for what is none."""
    told = {name: plain[name] for name in _NAMES}
    told["counts"] = tuple(Counted(**one) for one in told["counts"])
    told["findings"] = tuple(
        Found(**{**one, "beside": tuple(one["beside"])}) for one in told["findings"]
    )
    told["unread"] = MappingProxyType(dict(told["unread"]))
    return Row(**told)


def parts(audit: Path) -> list[Path]:
    """The parts in the directory of an audit, in the order of its manifest."""
    return sorted((audit / PARTS).glob("*.parquet"))


def read_part(path: Path, *, findings: bool = True) -> list[Row]:
    """The rows of a part. Raises `PolicyError` for what is no part of this schema.

    Without `findings` rows list none, which is read four times as fast; `counts` has them all the same.
    """
    lib, files = arrow(), parquet()
    names = None if findings else [name for name in _NAMES if name != "findings"]
    try:
        table = files.read_table(path, columns=names)
        told = (table.schema.metadata or {}).get(b"pii_guard.schema", b"").decode()
        plain = table.to_pylist() if told == SCHEMA else None
        without = {} if findings else {"findings": ()}
        rows = None if plain is None else [to_row(one | without) for one in plain]
    except (lib.ArrowException, OSError, LookupError, TypeError, ValueError):
        rows = None
    if rows is None:
        raise PolicyError(
            f"a part of the audit cannot be read: {path.name}",
            remedy="remove it and run the audit again: what is missing is done anew",
        )
    return rows


def read_rows(audit: Path) -> Iterator[Row]:
    """All rows in the directory of an audit, in the order of its manifest, a part at a time.

    It does not ask whether the audit is complete (see `summary.json` there). Raises `PolicyError`.
    """
    for path in parts(audit):
        yield from read_part(path)


def arrow() -> Any:
    """The library of Parquet files. Raises `PolicyError` where it is not installed."""
    try:
        import pyarrow as pa
    except ImportError:
        raise PolicyError("audits need pyarrow", remedy="install pii-guard-vdp[parquet]") from None
    return pa


def parquet() -> Any:
    """The part of it that reads and writes them. Raises `PolicyError` likewise."""
    arrow()
    from pyarrow import parquet as files

    return files
