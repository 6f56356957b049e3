"""A guarded client of boto3's as programs use it: transfers, resources, tags, versions, presigned URLs."""

from __future__ import annotations

import io
import itertools

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from pii_guard.errors import NotStored, PolicyError
from pii_guard.intake.boto3 import guard_client
from tests.intake.test_nothing_raw_on_disk import CANARY, places, watched
from tests.object_store import client_of

__all__ = ["places"]

pytestmark = pytest.mark.localhost
RAW = b"Please ask jane.roe@mail.example about it.\n"
SAFE = b"Please ask <EMAIL_ADDRESS_1> about it.\n"
_numbers = itertools.count(1)


@pytest.fixture
def bucket(s3):
    name = f"guarded-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def client(s3_endpoint, guard):
    return guard_client(client_of(s3_endpoint), guard)


def keys(s3, bucket):
    return sorted(one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []))


def body(s3, bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.mark.parametrize(
    "given",
    [RAW, bytearray(RAW), RAW.decode(), io.BytesIO(RAW)],
    ids=lambda one: type(one).__name__,
)
def test_every_kind_of_body(client, s3, bucket, given):
    answer = client.put_object(Bucket=bucket, Key="a.txt", Body=given, ContentLength=len(RAW))
    assert answer["StoredKey"] == "a.txt"
    assert answer["ETag"]
    assert body(s3, bucket, "a.txt") == SAFE


def test_an_object_without_a_body_is_empty(client, s3, bucket):
    client.put_object(Bucket=bucket, Key="a.txt")
    assert body(s3, bucket, "a.txt") == b""


@pytest.mark.parametrize(
    "given", [io.StringIO("text"), 5, ["list"]], ids=["text file", "number", "list"]
)
def test_what_is_no_body_is_refused(client, s3, bucket, given):
    with pytest.raises(PolicyError):
        client.put_object(Bucket=bucket, Key="a.txt", Body=given)
    assert keys(s3, bucket) == []


def test_uploads_of_files(client, s3, bucket, tmp_path):
    (tmp_path / "a.txt").write_bytes(RAW)
    client.upload_file(str(tmp_path / "a.txt"), bucket, "a.txt")
    client.upload_fileobj(io.BytesIO(RAW), bucket, "b.txt", ExtraArgs={"Metadata": {"who": "x"}})
    client.upload_fileobj(
        Fileobj=io.BytesIO(RAW), Bucket=bucket, Key="c.txt", Config=TransferConfig()
    )
    for key in ("a.txt", "b.txt", "c.txt"):
        assert body(s3, bucket, key) == SAFE
        assert key + ".certificate.json" in keys(s3, bucket)


def test_a_large_upload_is_refused_and_says_how(client, s3, bucket):
    large = RAW * 300_000
    with pytest.raises(PolicyError, match="CreateMultipartUpload") as refused:
        client.upload_fileobj(io.BytesIO(large), bucket, "a.log")
    assert "multipart_threshold" in refused.value.remedy
    assert keys(s3, bucket) == []


@pytest.mark.slow
def test_a_large_upload_passes_in_one_piece(client, s3, bucket):
    large = b"GET /health 200 in 17 ms\n" * 500_000 + RAW
    client.upload_fileobj(
        io.BytesIO(large), bucket, "a.log", Config=TransferConfig(multipart_threshold=1 << 30)
    )
    assert body(s3, bucket, "a.log").endswith(SAFE)


def test_the_other_transfer_client_is_never_chosen(s3_endpoint, guard, bucket, monkeypatch):
    """It speaks with the store by itself: nothing of ours would be asked."""
    plain, seen = client_of(s3_endpoint), []
    monkeypatch.setattr(plain, "upload_fileobj", lambda *given, **_: seen.append(given[-1]))
    client = guard_client(plain, guard)
    client.upload_fileobj(io.BytesIO(RAW), bucket, "a.txt")
    given = TransferConfig(preferred_transfer_client="crt")
    client.upload_fileobj(io.BytesIO(RAW), bucket, "a.txt", Config=given)
    assert [one.preferred_transfer_client for one in seen] == ["classic", "classic"]
    assert given.preferred_transfer_client == "crt"


def test_resources_of_a_guarded_client_are_guarded(s3_endpoint, guard, s3, bucket):
    from tests.object_store import CREDENTIALS

    key, secret = CREDENTIALS["admin"]
    resource = boto3.resource(
        "s3", endpoint_url=s3_endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
        region_name="us-east-1",
    )  # fmt: skip
    guard_client(resource.meta.client, guard)
    resource.Object(bucket, "a.txt").put(Body=RAW)
    resource.Bucket(bucket).upload_fileobj(io.BytesIO(RAW), "b.txt")
    resource.Bucket(bucket).put_object(Key="c.txt", Body=RAW)
    assert {body(s3, bucket, key) for key in ("a.txt", "b.txt", "c.txt")} == {SAFE}
    with pytest.raises(PolicyError):
        resource.Object(bucket, "d.txt").copy_from(CopySource=f"{bucket}/a.txt")


def test_each_part_of_a_key_is_redacted_and_nothing_is_replaced(client, s3, bucket):
    first = client.put_object(Bucket=bucket, Key="jane.roe@mail.example/a.txt", Body=b"first")
    second = client.put_object(Bucket=bucket, Key="joe.doe@mail.example/a.txt", Body=b"second")
    assert not [key for key in keys(s3, bucket) if "jane" in key or "joe" in key]
    assert first["StoredKey"] != second["StoredKey"]
    assert body(s3, bucket, first["StoredKey"]) == b"first"


def test_tags_are_redacted(client, s3, bucket):
    client.put_object(
        Bucket=bucket, Key="a.txt", Body=RAW, Tagging="who=jane.roe%40mail.example&team=web"
    )
    found = s3.get_object_tagging(Bucket=bucket, Key="a.txt")["TagSet"]
    assert {one["Key"]: one["Value"] for one in found} == {"who": "EMAIL_ADDRESS_1", "team": "web"}


@pytest.mark.parametrize("option", ["ContentMD5", "ChecksumSHA256"])
def test_a_digest_of_what_came_in_is_refused(client, bucket, option):
    with pytest.raises(PolicyError, match=option):
        client.put_object(Bucket=bucket, Key="a.txt", Body=RAW, **{option: "x"})


def test_an_option_nobody_knows_is_refused_and_not_shown(client, bucket):
    with pytest.raises(PolicyError) as refused:
        client.put_object(Bucket=bucket, Key="a.txt", Body=b"", **{"jane.roe": "x"})
    assert "jane" not in str(refused.value)


def test_the_stores_condition_is_kept(client, s3, bucket):
    client.put_object(Bucket=bucket, Key="a.txt", Body=b"first")
    before = {key: body(s3, bucket, key) for key in keys(s3, bucket)}
    with pytest.raises(ClientError, match="Precondition"):
        client.put_object(Bucket=bucket, Key="a.txt", Body=b"second", IfNoneMatch="*")
    assert {key: body(s3, bucket, key) for key in keys(s3, bucket)} == before


def test_where_versions_are_kept_a_failure_brings_back_what_was_there(
    client, s3, bucket, s3_endpoint, guard
):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="a.txt", Body=b"first")
    before = {key: body(s3, bucket, key) for key in keys(s3, bucket)}

    def full(path, certificate):
        raise OSError("no room")

    failing = guard_client(client_of(s3_endpoint), guard, certificates=full)
    with pytest.raises(OSError, match="no room"):
        failing.put_object(Bucket=bucket, Key="a.txt", Body=b"second")
    assert {key: body(s3, bucket, key) for key in keys(s3, bucket)} == before


def test_reading_is_as_it_was(client, s3, bucket):
    s3.put_object(Bucket=bucket, Key="planted.txt", Body=RAW)
    assert client.get_object(Bucket=bucket, Key="planted.txt")["Body"].read() == RAW
    assert client.head_object(Bucket=bucket, Key="planted.txt")["ContentLength"] == len(RAW)
    assert [*client.get_paginator("list_objects_v2").paginate(Bucket=bucket)]
    got = io.BytesIO()
    client.download_fileobj(bucket, "planted.txt", got)
    assert got.getvalue() == RAW
    assert "planted.txt" in client.generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "planted.txt"}
    )
    client.delete_object(Bucket=bucket, Key="planted.txt")
    assert keys(s3, bucket) == []


@pytest.mark.parametrize("which", ["guard", "unconfined"])
def test_a_large_body_touches_no_disk_as_it_is(places, which, request, s3_endpoint, s3, bucket):
    client = guard_client(client_of(s3_endpoint), request.getfixturevalue(which))
    lines = (b"GET /health 200 in 17 ms\n" * 20_000 + b"login by " + CANARY + b"\n") * 3
    with watched(places) as seen:
        client.put_object(Bucket=bucket, Key="a.log", Body=io.BytesIO(lines))
    assert seen == set()
    assert body(s3, bucket, "a.log").count(b"login by <EMAIL_ADDRESS_1>") == 3


def test_only_listed_operations_pass(guard):
    """All that botocore knows of S3 today, and what it may know tomorrow."""
    client = guard_client(unconnected(), guard)
    passed = set()
    for name in client.meta.service_model.operation_names:
        model = client.meta.service_model.operation_model(name)
        try:
            client._emit_api_params({"Bucket": "b", "Key": "k"}, model, {})
        except PolicyError as refused:
            assert refused.remedy
        else:
            passed.add(name)
    writing = {name for name in passed if not name.startswith(("Get", "Head", "List", "Select"))}
    assert writing == {
        "AbortMultipartUpload",
        "CreateBucket",
        "DeleteBucket",
        "DeleteObject",
        "DeleteObjects",
    }


def test_a_client_is_guarded_once_and_is_one_of_s3(guard):
    client = guard_client(unconnected(), guard)
    with pytest.raises(PolicyError, match="already"):
        guard_client(client, guard)
    for other in (boto3.client("sqs", region_name="us-east-1"), object()):
        with pytest.raises(PolicyError, match="no S3 client"):
            guard_client(other, guard)
    with pytest.raises(PolicyError):
        guard_client(unconnected(), guard, policy="pii-guard.toml")


def test_a_client_that_is_not_guarded_stores_anything(s3, bucket):
    """The control."""
    s3.put_object(Bucket=bucket, Key="a.txt", Body=RAW)
    assert body(s3, bucket, "a.txt") == RAW


def test_what_is_quarantined_is_said_through_the_transfer(client, s3, bucket):
    with pytest.raises(NotStored) as refused:
        client.upload_fileobj(io.BytesIO(b"\x7fELF\x02\x01\x01\0" + bytes(2000)), bucket, "t.bin")
    assert refused.value.remedy
    assert keys(s3, bucket) == []


def unconnected():
    return boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
