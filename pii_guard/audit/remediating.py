"""Redacted copies of what an audit finds, with certificates; and, where it was asked for twice, no originals.

A copy is put at a path that only its file has, so that a run that is killed puts it there again. Nothing is
deleted before the copy was read back and is what was proved, and before a note of the row is on disk: a run
that is killed between deleting and committing its part finds the note where the original was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_guard.audit.directory import PRIVATE, Audit
from pii_guard.audit.entries import CHANGED, Entry, Source, StoreFails
from pii_guard.audit.rows import Row, Verdict, to_row
from pii_guard.audit.stores import Store
from pii_guard.audit.tree import Single, Tree, version_of
from pii_guard.certificate.claims import Assurance, Claim, Kind, Note
from pii_guard.certificate.claims import Store as Whence
from pii_guard.certificate.writing import write_whole
from pii_guard.deletion import Seen, delete_files, delete_objects
from pii_guard.document import printable
from pii_guard.errors import NotStored, PolicyError, Reason
from pii_guard.guard import Guard
from pii_guard.intake.admission import admit
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.names import CERTIFICATE, fitting
from pii_guard.intake.objects import StoredObject, alone, put

if TYPE_CHECKING:
    from pii_guard.case import Case

NOTES = "remediated"
DELETIONS = "deletions.jsonl"
_REF = "audit"
_KEY_DIGITS = 16
_FOLDERS = 700
"""Bytes of a copy's directories, of the 1,024 that a key of S3 has, and the 4,096 of a path."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: a file system of fsspec's and a path in it."""

    fs: Any = field(repr=False)
    root: str = field(repr=False)

    @classmethod
    def at(cls, url: str) -> Target:
        """Of a URL, or a path of a directory. Raises `PolicyError`."""
        try:
            from fsspec.core import url_to_fs

            fs, root = url_to_fs(url)
        except ImportError:
            raise PolicyError(
                "copies at a URL need fsspec", remedy="install pii-guard-vdp[fsspec]"
            ) from None
        except ValueError as error:
            raise PolicyError(
                f"fsspec cannot open the URL of the copies: {type(error).__name__}",
                remedy="check it, and install what its protocol needs (s3fs, gcsfs, adlfs, …)",
            ) from None
        return cls(fs, root.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Remedy:
    """Puts copies there. `deletes`: originals go once their copies are there."""

    audit: Audit
    guard: Guard
    sources: Sequence[Source]
    target: Target
    deletes: bool = False

    @classmethod
    def of(cls, audit: Audit, guard: Guard, sources: Sequence[Source]) -> Remedy | None:
        """By the terms of an audit; None where they ask for none. Raises `PolicyError`."""
        terms = audit.terms
        if not terms.target:
            return None
        if terms.deletes:
            for one in sources:
                _refuse_undeletable(one)
        (audit.root / PRIVATE / NOTES).mkdir(mode=0o700, exist_ok=True)
        return cls(audit, guard, sources, Target.at(terms.target), terms.deletes)

    def remembered(self, entry: Entry) -> Row | None:
        """The row of a file whose copy an earlier run put there; its original may be gone."""
        if not self.deletes:
            return None
        try:
            row = _row_of(self._note(self.audit.codes.place(entry.name, entry.path)))
        except FileNotFoundError:
            return None
        self._delete(entry, row, None)
        return row

    def applied(self, entry: Entry, row: Row) -> Row:
        """The row of a file once its copy is there. Raises `StoreFails`, `OSError`.

        What is clean and has a clean name stays as it is.
        """
        renamed = row.location != printable(entry.name)
        if row.verdict != Verdict.FOUND and not (row.verdict == Verdict.CLEAN and renamed):
            return row
        case = self.guard.case(_REF)
        try:
            return self._copied(entry, row, case)
        finally:
            case.discard()

    def _copied(self, entry: Entry, row: Row, case: Case) -> Row:
        read = self.sources[entry.source - 1].read(entry)
        seen = self._seen(entry)
        try:
            if isinstance(read.original, Reason):
                return _not_read(row, read.original)
            admitted = admit(case, read.original, name=entry.name)
        except NotStored as held:
            return _not_read(row, held.reason)
        finally:
            why = read.settle()
        if why is not None or (self.deletes and seen is None):
            return _not_read(row, why or CHANGED)
        if self.deletes:
            claims = {0: (_begun(self.sources[entry.source - 1]),)}
            admitted = replace(admitted, certify=partial(case.close, claims))
        path = self._path(row, printable(admitted.name))
        self._put(path, Delivery(admitted, self._place(path), self._certified(path)))
        done = replace(
            row, copy=path[len(self.target.root) :].lstrip("/"), copy_sha256=admitted.proof.sha256
        )
        if self.deletes:
            content = json.dumps(asdict(done) | {"unread": dict(done.unread)}).encode()
            write_whole(self._note(row.location_key), content, mode=0o600)
            self._delete(entry, done, case, seen)
        return done

    # -- the copy ----------------------------------------------------------------------------

    def _path(self, row: Row, name: str) -> str:
        """Where a copy goes: among the redacted directories, its own by the code of its place.

        No store refuses it for its length: who chose the names would decide whether an audit is complete.
        """
        parts = [fitting(one) for one in name.split("/") if one.strip(". ")]
        *folders, last = parts or ["unnamed"]
        if len("/".join(folders).encode("utf-8", "replace")) > _FOLDERS:
            folders = []
        return "/".join([self.target.root, *folders, f"{row.location_key[:_KEY_DIGITS]}-{last}"])

    def _place(self, path: str) -> StoredObject:
        self.target.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        return StoredObject(self.target.fs, path, exclusive=False, headers={}, record=b"")

    def _certified(self, path: str) -> Any:
        return lambda certificate: put(self.target.fs, path + CERTIFICATE, certificate.to_json())

    def _put(self, path: str, delivery: Delivery) -> None:
        """Put it there and read it back. Raises `StoreFails`; nothing is there then."""
        fs = self.target.fs
        with alone(fs, path):
            try:
                delivery.stage()
                delivery.commit()
            except (PolicyError, OSError):
                raise
            except Exception:  # noqa: BLE001 - whoever wrote the file system decides what it raises
                raise StoreFails from None
            if self._digest(path) != delivery.proof.sha256:
                delivery.discard()
                raise StoreFails

    def _digest(self, path: str) -> str:
        fs, digest = self.target.fs, hashlib.sha256()
        fs.invalidate_cache(path)
        try:
            with fs.open(path, "rb") as file:
                while part := file.read(1 << 20):
                    digest.update(part)
        except Exception:  # noqa: BLE001 - likewise
            raise StoreFails from None
        return digest.hexdigest()

    # -- the original ------------------------------------------------------------------------

    def _delete(self, entry: Entry, row: Row, case: Case | None, seen: Seen | None = None) -> None:
        """Delete what its copy is of, and say so. `case`: what may amend the certificate."""
        path = f"{self.target.root}/{row.copy}"
        if self._digest(path) != row.copy_sha256 or not self.target.fs.exists(path + CERTIFICATE):
            raise StoreFails
        source = self.sources[entry.source - 1]
        if isinstance(source, Store):
            client, bucket, key = _bucket(source, entry)
            if case is None and not source.fs.exists(entry.path.decode()):
                return  # an earlier run deleted it
            [claim] = delete_objects(client, bucket, [key])
        else:
            seen = seen or self._seen(entry)
            if seen is None:
                return  # likewise; or it is another file by now, which stays
            [claim] = delete_files([seen])
        if case is not None:
            put(self.target.fs, path + CERTIFICATE, case.amend({0: (claim,)}).to_json())
        self._say(row, claim)

    def _seen(self, entry: Entry) -> Seen | None:
        """The original as it was listed; None where it is not any more, or in a store."""
        source = self.sources[entry.source - 1]
        if isinstance(source, Store):
            return Seen(Path(), ()) if self.deletes else None
        path = source.path if isinstance(source, Single) else None
        if isinstance(source, Tree):
            path = source.root / entry.path.decode("utf-8", "surrogateescape")
        try:
            if path is None or version_of(path.lstat()) != entry.version:
                return None
            return Seen.of(path)
        except OSError:
            return None

    def _say(self, row: Row, claim: Claim) -> None:
        told = {
            "location_key": row.location_key, "gone": claim.gone, "claim": claim.kind.value,
            "note": claim.note.value if claim.note else "",
        }  # fmt: skip
        with (self.audit.root / DELETIONS).open("a") as file:
            file.write(json.dumps(told) + "\n")

    def _note(self, location_key: str) -> Path:
        return self.audit.root / PRIVATE / NOTES / f"{location_key}.json"


def _row_of(path: Path) -> Row:
    told = json.loads(path.read_bytes())
    return to_row({**told, "unread": list(told["unread"].items())})


def _not_read(row: Row, why: Reason) -> Row:
    """The row of a file of which there is no copy: it is not what a report calls found and done."""
    return replace(row, verdict=Verdict.QUARANTINED, reason=why.code.value, where=why.where)


def _begun(source: Source) -> Claim:
    where = Whence.OBJECT_STORE if isinstance(source, Store) else Whence.SOURCE_FILE
    known = Assurance.REPORTED if isinstance(source, Store) else Assurance.OBSERVED
    return Claim(Kind.NOT_DELETED, where, known, note=Note.DELETION_BEGUN, at=datetime.now(UTC))


def _refuse_undeletable(source: Source) -> None:
    if isinstance(source, (Tree, Single)):
        return
    if isinstance(source, Store) and "s3" in _protocols(source):
        return
    raise PolicyError(
        "originals can be deleted from directories and S3 buckets only",
        remedy="leave out --delete-originals, and delete the others by hand",
    )


def _protocols(source: Store) -> tuple[str, ...]:
    told = source.fs.protocol
    return (told,) if isinstance(told, str) else tuple(told)


def _bucket(source: Store, entry: Entry) -> tuple[Any, str, str]:
    """A client for deleting all versions, the bucket and the key; by the settings of the source."""
    try:
        import boto3
    except ImportError:
        raise PolicyError(
            "objects cannot be deleted without boto3", remedy="install pii-guard-vdp[s3]"
        ) from None
    fs = source.fs
    more = {name: value for name, value in (fs.client_kwargs or {}).items() if value is not None}
    if getattr(fs, "endpoint_url", None):
        more["endpoint_url"] = fs.endpoint_url
    if fs.key and fs.secret:
        more |= {"aws_access_key_id": fs.key, "aws_secret_access_key": fs.secret}
        more |= {"aws_session_token": fs.token} if fs.token else {}
    bucket, _, key = entry.path.decode("utf-8", "surrogateescape").partition("/")
    return boto3.client("s3", **more), bucket, key
