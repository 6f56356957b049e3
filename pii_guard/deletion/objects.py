"""Objects of an S3 bucket deleted with all their versions, delete markers and unfinished uploads.

Where versions are kept, a plain DELETE only adds a marker; each version goes by its id (Amazon S3
User Guide, "Deleting object versions from a versioning-enabled bucket"). What the interface reports
is claimed as reported. Retention is never bypassed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from pii_guard.certificate.claims import Assurance, Claim, Kind, Note, Store
from pii_guard.errors import PolicyError

_ROUNDS = 5
"""How often what appears while it is deleted is deleted too."""
_MOST_AT_ONCE = 1000
_DENIED = frozenset(
    {
        "AccessDenied", "AllAccessDisabled", "403", "Forbidden", "InvalidAccessKeyId",
        "SignatureDoesNotMatch", "ExpiredToken", "MethodNotAllowed",
    }
)  # fmt: skip
_MISSING = frozenset({"NoSuchBucket", "NoSuchKey", "NoSuchUpload", "404", "NotFound"})


class Client(Protocol):
    """The calls of a boto3 S3 client that are used: whoever made it chose where it goes."""

    def get_bucket_versioning(self, **request: Any) -> dict[str, Any]: ...
    def get_object_lock_configuration(self, **request: Any) -> dict[str, Any]: ...
    def get_bucket_replication(self, **request: Any) -> dict[str, Any]: ...
    def list_object_versions(self, **request: Any) -> dict[str, Any]: ...
    def list_multipart_uploads(self, **request: Any) -> dict[str, Any]: ...
    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def delete_objects(self, **request: Any) -> dict[str, Any]: ...
    def get_object_legal_hold(self, **request: Any) -> dict[str, Any]: ...
    def get_object_retention(self, **request: Any) -> dict[str, Any]: ...


class _Refused(Exception):
    """The store did not do it."""

    def __init__(self, code: str, note: Note) -> None:
        super().__init__(note.value)
        self.code = code
        self.note = note


@dataclass(slots=True)
class _Counts:
    """By ids: what is deleted twice counts once."""

    versions: set[str] = field(default_factory=set)
    markers: set[str] = field(default_factory=set)
    uploads: set[str] = field(default_factory=set)
    residual: int | None = None
    refused: dict[str, Note] = field(default_factory=dict)
    """Versions that the store kept, by their ids."""


@dataclass(frozen=True, slots=True)
class _Bucket:
    client: Client
    name: str
    versioning: str
    lock: str
    replication: str

    @classmethod
    def of(cls, client: Client, name: str) -> _Bucket:
        """What the store says about a bucket; `unknown` for what it does not say."""
        return cls(client, name, _versioning(client, name), _lock(client, name),
                   _replication(client, name))  # fmt: skip


def delete_objects(
    client: Client, bucket: str, keys: Iterable[str], *, at: datetime | None = None
) -> list[Claim]:
    """Delete every version and delete marker of each key, abort its uploads, and list it again.

    `client` is a boto3 S3 client, the only way to a network here. The claims are in the order of the
    keys: `object_versions_deleted`, or `not_deleted` with the reason; none holds a bucket's or a key's
    name. Keys that only begin alike are left alone. Raises `PolicyError` where boto3 is missing.
    """
    place = _Bucket.of(client, bucket)
    return [_delete(place, key, at) for key in keys]


def _delete(bucket: _Bucket, key: str, at: datetime | None) -> Claim:
    counts = _Counts()
    note: Note | None = None
    try:
        _abort_uploads(bucket, key, counts)
        _delete_versions(bucket, key, counts)
    except _Refused as refused:
        note = refused.note
    if note is None:
        note = _shortfall(bucket, key, counts)
    evidence: dict[str, str | int | list[str]] = {
        "versioning": bucket.versioning,
        "objectLock": bucket.lock,
        "replication": bucket.replication,
        "versionsDeleted": len(counts.versions),
        "markersDeleted": len(counts.markers),
        "uploadsAborted": len(counts.uploads),
    }
    say = partial(
        Claim, store=Store.OBJECT_STORE, assurance=Assurance.REPORTED, evidence=evidence,
        method=None if counts.residual is None else "versions_listed_again",
        residual=counts.residual, at=at or datetime.now(UTC),
    )  # fmt: skip
    if note is not None:
        return say(Kind.NOT_DELETED, note=note)
    elsewhere = {"configured": Note.REPLICAS, "unknown": Note.REPLICATION_UNKNOWN}
    return say(Kind.VERSIONS_DELETED, note=elsewhere.get(bucket.replication))


def _shortfall(bucket: _Bucket, key: str, counts: _Counts) -> Note | None:
    """Why a key is not gone; None if it is."""
    if counts.residual:
        for version in counts.refused:
            note = _held(bucket, key, version)
            if note is not None:
                return note
        return next(iter(counts.refused.values()), Note.RESIDUE)
    return None if counts.versions or counts.markers or counts.uploads else Note.NOT_FOUND


def _delete_versions(bucket: _Bucket, key: str, counts: _Counts) -> None:
    for _ in range(_ROUNDS):
        found = list(_versions(bucket, key))
        counts.residual = len(found) + len(list(_uploads(bucket, key)))
        wanted = [one for one in found if one[0] not in counts.refused]
        if not wanted:
            return
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            _delete_some(bucket, key, wanted[start : start + _MOST_AT_ONCE], counts)
    counts.residual = len(list(_versions(bucket, key))) + len(list(_uploads(bucket, key)))


def _delete_some(
    bucket: _Bucket, key: str, wanted: list[tuple[str, bool]], counts: _Counts
) -> None:
    objects = [{"Key": key, "VersionId": version} for version, _ in wanted]
    with _told():
        answer = bucket.client.delete_objects(
            Bucket=bucket.name, Delete={"Objects": objects, "Quiet": True}
        )
    errors = {
        one.get("VersionId", ""): _note(one.get("Code", "")) for one in answer.get("Errors", ())
    }
    for version, marker in wanted:
        if version in errors:
            counts.refused[version] = errors[version]
        else:
            (counts.markers if marker else counts.versions).add(version)


def _versions(bucket: _Bucket, key: str) -> Iterator[tuple[str, bool]]:
    """The ids of all versions of a key, each with whether it is a delete marker."""
    start: dict[str, str] = {}
    while True:
        with _told():
            page = bucket.client.list_object_versions(Bucket=bucket.name, Prefix=key, **start)
        for name in ("Versions", "DeleteMarkers"):
            for one in page.get(name, ()):
                if one["Key"] == key:
                    yield one.get("VersionId", "null"), name == "DeleteMarkers"
        # Keys come in order, and the key itself is the first of those that begin with it.
        if not page.get("IsTruncated") or page.get("NextKeyMarker") != key:
            return
        start = {"KeyMarker": key, "VersionIdMarker": page.get("NextVersionIdMarker", "")}


def _uploads(bucket: _Bucket, key: str) -> Iterator[str]:
    """The ids of a key's unfinished uploads."""
    start: dict[str, str] = {}
    while True:
        with _told():
            page = bucket.client.list_multipart_uploads(Bucket=bucket.name, Prefix=key, **start)
        yield from (one["UploadId"] for one in page.get("Uploads", ()) if one["Key"] == key)
        if not page.get("IsTruncated") or page.get("NextKeyMarker") != key:
            return
        start = {"KeyMarker": key, "UploadIdMarker": page.get("NextUploadIdMarker", "")}


def _abort_uploads(bucket: _Bucket, key: str, counts: _Counts) -> None:
    for upload in list(_uploads(bucket, key)):
        with _told():
            bucket.client.abort_multipart_upload(Bucket=bucket.name, Key=key, UploadId=upload)
        counts.uploads.add(upload)


def _held(bucket: _Bucket, key: str, version: str) -> Note | None:
    """Whether a version is kept by a legal hold or until a date."""
    which = {"Bucket": bucket.name, "Key": key, "VersionId": version}
    try:
        with _told():
            if bucket.client.get_object_legal_hold(**which)["LegalHold"]["Status"] == "ON":
                return Note.LEGAL_HOLD
    except (_Refused, KeyError):
        pass
    try:
        with _told():
            until = bucket.client.get_object_retention(**which)["Retention"]["RetainUntilDate"]
            return Note.RETENTION if until > datetime.now(UTC) else None
    except (_Refused, KeyError):
        return None


def _versioning(client: Client, name: str) -> str:
    try:
        with _told():
            status = client.get_bucket_versioning(Bucket=name).get("Status")
    except _Refused:
        return "unknown"
    return {"Enabled": "enabled", "Suspended": "suspended", None: "never"}.get(status, "unknown")


def _lock(client: Client, name: str) -> str:
    try:
        with _told():
            found = client.get_object_lock_configuration(Bucket=name)
    except _Refused as refused:
        return "off" if refused.code == "ObjectLockConfigurationNotFoundError" else "unknown"
    enabled = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
    return "on" if enabled else "unknown"


def _replication(client: Client, name: str) -> str:
    try:
        with _told():
            client.get_bucket_replication(Bucket=name)
    except _Refused as refused:
        missing = refused.code == "ReplicationConfigurationNotFoundError"
        return "none" if missing else "unknown"
    # A rule that is switched off may have made copies before.
    return "configured"


def _note(code: str) -> Note:
    if code in _DENIED:
        return Note.DENIED
    return Note.NOT_FOUND if code in _MISSING else Note.FAILED


@contextmanager
def _told() -> Iterator[None]:
    """Errors of boto3 as `_Refused`: their messages name buckets and keys."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise PolicyError(
            "objects cannot be deleted without boto3", remedy="install pii-guard-vdp[s3]"
        ) from None
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise _Refused(code, _note(code)) from None
    except (BotoCoreError, OSError):
        raise _Refused("", Note.UNREACHABLE) from None
