"""Objects in a real store: every version and marker of a key goes, and nothing of any other."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, datetime, timedelta

import pytest

from pii_guard.certificate.claim_rules import contradictions
from pii_guard.certificate.claims import CLAIM, Kind, Note
from pii_guard.deletion import delete_objects, objects
from pii_guard.errors import PolicyError
from tests.object_store import client_of

pytestmark = pytest.mark.localhost
_numbers = itertools.count(1)


@pytest.fixture
def bucket(s3):
    """A new bucket that keeps versions."""
    name = f"intake-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def listed(s3, bucket, key):
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    return [
        one
        for page in pages
        for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        if one["Key"] == key
    ]


def sound(claim):
    entry = claim.to_entry()
    assert CLAIM.misfit(entry) is None
    assert list(contradictions(entry)) == []
    return entry


def test_every_version_and_every_delete_marker_goes(s3, bucket):
    for body in (b"one", b"two", b"three"):
        s3.put_object(Bucket=bucket, Key="jane-roe.pdf", Body=body)
    s3.delete_object(Bucket=bucket, Key="jane-roe.pdf")
    assert len(listed(s3, bucket, "jane-roe.pdf")) == 4
    (claim,) = delete_objects(s3, bucket, ["jane-roe.pdf"])
    assert claim.kind == Kind.VERSIONS_DELETED
    assert listed(s3, bucket, "jane-roe.pdf") == []
    entry = sound(claim)
    assert entry["assurance"] == "reported"
    assert entry["evidence"]["versioning"] == "enabled"
    assert entry["evidence"]["versionsDeleted"] == 3
    assert entry["evidence"]["markersDeleted"] == 1
    assert entry["verification"] == {"method": "versions_listed_again", "residual": 0}
    assert bucket not in str(entry)
    assert "jane" not in str(entry)


def test_a_plain_delete_would_have_left_it_all(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"Jane Roe")
    version = listed(s3, bucket, "k")[0]["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == b"Jane Roe"


def test_keys_that_begin_alike_are_left_alone(s3, bucket):
    for key in ("a/k", "a/k2", "a/k/inner", "a/K", "a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        s3.put_object(Bucket=bucket, Key=key, Body=b"y")
    (claim,) = delete_objects(s3, bucket, ["a/k"])
    assert claim.kind == Kind.VERSIONS_DELETED
    assert listed(s3, bucket, "a/k") == []
    for key in ("a/k2", "a/k/inner", "a/K", "a"):
        assert len(listed(s3, bucket, key)) == 2, key


def test_more_versions_than_a_page_holds(s3, bucket, monkeypatch):
    for number in range(7):
        s3.put_object(Bucket=bucket, Key="k", Body=b"%d" % number)
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"other")
    whole, asked = s3.list_object_versions, []

    def two_at_once(**request):
        asked.append(request)
        return whole(MaxKeys=2, **request)

    monkeypatch.setattr(s3, "list_object_versions", two_at_once)
    monkeypatch.setattr(objects, "_ROUNDS", 2)
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert claim.kind == Kind.VERSIONS_DELETED
    assert claim.evidence["versionsDeleted"] == 7
    assert len(asked) < 7, "it went on through keys that only begin alike"
    monkeypatch.undo()
    assert listed(s3, bucket, "k") == []
    assert len(listed(s3, bucket, "k3")) == 1


def test_unfinished_uploads_are_aborted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    started = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    other = s3.create_multipart_upload(Bucket=bucket, Key="k2")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=started, PartNumber=1, Body=b"Jane Roe")
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert sound(claim)["evidence"]["uploadsAborted"] == 1
    left = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert [one["UploadId"] for one in left] == [other]


def test_uploads_come_in_pages_too(s3, bucket, monkeypatch):
    """As the interface has it (ListMultipartUploads); the store of these tests gives one page."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    pages = [
        {"Uploads": [{"Key": "k", "UploadId": "1"}], "IsTruncated": True, "NextKeyMarker": "k",
         "NextUploadIdMarker": "1"},
        {"Uploads": [{"Key": "k", "UploadId": "2"}, {"Key": "k2", "UploadId": "3"}],
         "IsTruncated": True, "NextKeyMarker": "k2", "NextUploadIdMarker": "3"},
    ]  # fmt: skip
    asked, aborted = [], []

    def uploads(**request):
        asked.append(request.get("UploadIdMarker"))
        return {} if len(aborted) == 2 else pages[len(asked) - 1]

    monkeypatch.setattr(s3, "list_multipart_uploads", uploads)
    monkeypatch.setattr(s3, "abort_multipart_upload", lambda **one: aborted.append(one["UploadId"]))
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert asked[:2] == [None, "1"]
    assert aborted == ["1", "2"]
    assert (claim.kind, claim.evidence["uploadsAborted"]) == (Kind.VERSIONS_DELETED, 2)


def test_an_upload_that_begins_meanwhile_is_residue(s3, bucket, monkeypatch):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    monkeypatch.setattr(s3, "abort_multipart_upload", lambda **_: None)
    s3.create_multipart_upload(Bucket=bucket, Key="k")
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.RESIDUE)
    assert sound(claim)["verification"]["residual"] == 1


@pytest.mark.parametrize(("status", "word"), [(None, "never"), ("Suspended", "suspended")])
def test_buckets_that_keep_no_versions_any_more(s3, status, word):
    name = f"plain-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    if status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=name, Key="k", Body=b"before")
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    (claim,) = delete_objects(s3, name, ["k"])
    assert claim.kind == Kind.VERSIONS_DELETED
    assert sound(claim)["evidence"]["versioning"] == word
    assert listed(s3, name, "k") == []
    assert s3.list_objects_v2(Bucket=name).get("Contents", []) == []


def test_names_with_blanks_signs_and_scripts(s3, bucket):
    keys = ["José & Müller <1>.pdf", "a b+c%20d.txt", "報告/Ünal.csv"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    claims = delete_objects(s3, bucket, keys)
    assert [one.kind for one in claims] == [Kind.VERSIONS_DELETED] * 3
    assert all(listed(s3, bucket, key) == [] for key in keys)
    assert "Müller" not in repr(claims)


def refusing(monkeypatch, s3, call, code):
    """The store answers one call with an error that tells more than a claim may."""
    from botocore.exceptions import ClientError

    def refuse(**request):
        raise ClientError({"Error": {"Code": code, "Message": str(request)}}, call)

    monkeypatch.setattr(s3, call, refuse)


@pytest.mark.parametrize(
    "call", ["list_object_versions", "list_multipart_uploads", "delete_objects"]
)
@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("AccessDenied", Note.DENIED),
        ("InternalError", Note.FAILED),
        ("NoSuchBucket", Note.NOT_FOUND),
    ],
)
def test_a_call_that_is_refused_ends_in_no_claim(s3, bucket, monkeypatch, call, code, note):
    s3.put_object(Bucket=bucket, Key="jane", Body=b"x")
    with monkeypatch.context() as patched:
        refusing(patched, s3, call, code)
        (claim,) = delete_objects(s3, bucket, ["jane"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, note)
    assert "jane" not in repr(claim)
    assert len(listed(s3, bucket, "jane")) == 1
    sound(claim)


@pytest.mark.parametrize(
    ("call", "key", "word"),
    [
        ("get_bucket_versioning", "versioning", "unknown"),
        ("get_object_lock_configuration", "objectLock", "unknown"),
        ("get_bucket_replication", "replication", "unknown"),
    ],
)
def test_what_the_store_does_not_tell_is_unknown(s3, bucket, monkeypatch, call, key, word):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    refusing(monkeypatch, s3, call, "AccessDenied")
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert claim.kind == Kind.VERSIONS_DELETED
    assert sound(claim)["evidence"][key] == word
    assert claim.note == (Note.REPLICATION_UNKNOWN if key == "replication" else None)


def test_copies_by_replication_are_not_covered(s3, bucket, monkeypatch):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    rules = {"ReplicationConfiguration": {"Rules": [{"Status": "Disabled"}]}}
    monkeypatch.setattr(s3, "get_bucket_replication", lambda **_: rules)
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert claim.note == Note.REPLICAS
    assert sound(claim)["evidence"]["replication"] == "configured"


def test_a_store_that_only_says_so_is_found_out(s3, bucket, monkeypatch):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    monkeypatch.setattr(s3, "delete_objects", lambda **_: {})
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.RESIDUE)
    assert sound(claim)["verification"]["residual"] == 1


@pytest.mark.parametrize(("writes", "kind"), [(1, Kind.VERSIONS_DELETED), (99, Kind.NOT_DELETED)])
def test_what_is_written_meanwhile_is_deleted_too_or_reported(
    s3, bucket, monkeypatch, writes, kind
):
    whole, left = s3.delete_objects, iter(range(writes))

    def meanwhile(**request):
        if next(left, None) is not None:
            s3.put_object(Bucket=bucket, Key="k", Body=b"late")
        return whole(**request)

    monkeypatch.setattr(s3, "delete_objects", meanwhile)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    (claim,) = delete_objects(s3, bucket, ["k"])
    assert claim.kind == kind
    assert claim.evidence["versionsDeleted"] > 1
    assert claim.note == (Note.RESIDUE if kind == Kind.NOT_DELETED else None)


def test_a_store_out_of_reach(s3, monkeypatch):
    from botocore.exceptions import EndpointConnectionError

    def unreachable(**_):
        raise EndpointConnectionError(endpoint_url="http://intake-of-jane.example")

    for call in dir(type(s3)):
        if call.startswith(("get_", "list_", "delete_objects")):
            monkeypatch.setattr(s3, call, unreachable)
    (claim,) = delete_objects(s3, "intake", ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.UNREACHABLE)
    assert "jane" not in repr(claim)


def test_without_boto3_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    with pytest.raises(PolicyError) as caught:
        delete_objects(object(), "intake", ["k"])
    assert "pii-guard-vdp[s3]" in caught.value.remedy


@pytest.fixture
def locked(s3):
    """A new bucket with Object Lock."""
    name = f"locked-{next(_numbers)}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def test_a_legal_hold_keeps_one_version_and_is_named(s3, locked):
    s3.put_object(Bucket=locked, Key="k", Body=b"free")
    held = s3.put_object(
        Bucket=locked, Key="k", Body=b"held", ObjectLockLegalHoldStatus="ON"
    )["VersionId"]  # fmt: skip
    (claim,) = delete_objects(s3, locked, ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.LEGAL_HOLD)
    entry = sound(claim)
    assert entry["evidence"]["objectLock"] == "on"
    assert entry["verification"]["residual"] == 1
    assert [one["VersionId"] for one in listed(s3, locked, "k")] == [held]
    s3.put_object_legal_hold(Bucket=locked, Key="k", VersionId=held, LegalHold={"Status": "OFF"})
    (claim,) = delete_objects(s3, locked, ["k"])
    assert claim.kind == Kind.VERSIONS_DELETED


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_retention_is_never_bypassed(s3, locked, mode):
    until = datetime.now(UTC) + timedelta(days=1)
    s3.put_object(
        Bucket=locked, Key="k", Body=b"x", ObjectLockMode=mode, ObjectLockRetainUntilDate=until
    )
    (claim,) = delete_objects(s3, locked, ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.RETENTION)
    assert len(listed(s3, locked, "k")) == 1
    sound(claim)


def test_who_may_only_read_deletes_nothing(s3, s3_endpoint, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    (claim,) = delete_objects(client_of(s3_endpoint, "reader"), bucket, ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.DENIED)
    assert len(listed(s3, bucket, "k")) == 1
    sound(claim)


def test_what_is_not_there_was_not_deleted(s3, bucket):
    (claim,) = delete_objects(s3, bucket, ["nothing"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.NOT_FOUND)
    (claim,) = delete_objects(s3, "no-such-bucket", ["k"])
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.NOT_FOUND)
    sound(claim)
