"""A guarded client of boto3's, as the contract sees it."""

from __future__ import annotations

import io
import os
import random
import time
from types import SimpleNamespace

import pytest

from pii_guard import Guard


class Boto3:
    """`guard_client` before a bucket of SeaweedFS."""

    has_server = takes_headers = takes_options = keeps_headers = certifies_headers = True
    replaces = atomic = True
    is_memory = False

    def __init__(self, guard: Guard, request, bucket: str = "") -> None:
        pytest.importorskip("boto3", reason="pip install boto3")
        from tests.object_store import client_of

        self.guard, self.request = guard, request
        self.endpoint = request.getfixturevalue("s3_endpoint")
        self.plain = client_of(self.endpoint)
        self.root = bucket or f"boto3-{os.urandom(8).hex()}"
        if not bucket:
            self.plain.create_bucket(Bucket=self.root)
        self.target = SimpleNamespace(find=self.find, rm_file=self.remove)

    def client(self, certificates=None):
        from pii_guard.intake.boto3 import guard_client
        from tests.object_store import client_of

        return guard_client(client_of(self.endpoint), self.guard, certificates=certificates)

    def fs(self):
        return SimpleNamespace(makedirs=lambda *_, **__: None)  # there are none in a bucket

    def at(self, name):
        return f"{self.root}/{name}"

    def put(self, name, parts, *, headers=None, certificates=None):
        whole = Parts(parts)
        self.client(certificates).put_object(
            Bucket=self.root, Key=name, Body=whole, **headers or {}
        )

    def plant(self, name, content):
        self.plain.put_object(Bucket=self.root, Key=name, Body=content)

    def copies(self):
        def through(old, new):
            body = self.plain.get_object(Bucket=self.root, Key=old)["Body"]
            self.client().put_object(Bucket=self.root, Key=new, Body=body)

        return [through]

    def partial(self):
        """What the store can do to an object without the bytes passing by."""
        client = self.client()

        def into(name):
            return {"Bucket": self.root, "Key": name}

        def source(name):
            return {"CopySource": self.at(name)} | into(name)

        return [
            lambda name, new: client.put_object(**into(name), Body=new, WriteOffsetBytes=9),
            lambda name, new: client.put_object(**into(name), Body=new, GrantRead=new.decode()),
            lambda name, new: client.create_multipart_upload(**into(name)),
            lambda name, new: client.upload_part(
                **into(name), UploadId="1", PartNumber=1, Body=new
            ),
            lambda name, new: client.upload_part_copy(**source(name), UploadId="1", PartNumber=1),
            lambda name, new: client.complete_multipart_upload(**into(name), UploadId="1"),
            lambda name, new: client.copy_object(**source(name)),
            lambda name, new: client.copy({"Bucket": self.root, "Key": name}, self.root, name),
            lambda name, new: client.put_object_tagging(
                **into(name), Tagging={"TagSet": [{"Key": "k", "Value": new.decode()}]}
            ),
            lambda name, new: client.restore_object(**into(name), RestoreRequest={}),
            lambda name, new: client.generate_presigned_url("put_object", into(name)),
            lambda name, new: client.generate_presigned_url("upload_part", into(name)),
            lambda name, new: client.generate_presigned_post(self.root, name),
            lambda name, new: type(client).put_object(client, **into(name), Body=new),
            lambda name, new: client._make_api_call("PutObject", into(name) | {"Body": new}),
            lambda name, new: client.upload_fileobj(io.BytesIO(new * 500_000), self.root, name),
        ]

    def find(self, *_, **__):
        return [one["Key"] for one in self._listed()]

    def remove(self, path):
        self.plain.delete_object(Bucket=self.root, Key=path.removeprefix(self.root + "/"))

    def _listed(self):
        return self.plain.list_objects_v2(Bucket=self.root).get("Contents", [])

    def held(self):
        assert not self.plain.list_multipart_uploads(Bucket=self.root).get("Uploads")
        return {
            one["Key"]: self.plain.get_object(Bucket=self.root, Key=one["Key"])["Body"].read()
            for one in self._listed()
        }

    def record(self, name):
        return self.held()[f"{name}.headers.json"]

    def seen(self):
        return repr(self.client().list_objects_v2(Bucket=self.root).get("Contents"))

    def headers(self, name):
        return repr(self.plain.head_object(Bucket=self.root, Key=name))

    def elsewhere(self):
        return Boto3(self.guard, self.request, self.root)

    def slow_down(self, monkeypatch):
        self._before_requests(monkeypatch, lambda _: time.sleep(random.uniform(0, 0.1)))

    def break_store(self, monkeypatch, after):
        def fail(path):
            if ".json" not in path:
                raise OSError(28, "no space")

        self._before_requests(monkeypatch, fail)

    def _before_requests(self, monkeypatch, do):
        """Before something is put, whatever it is."""
        from botocore.endpoint import Endpoint

        real = Endpoint.make_request

        def asked(endpoint, model, request):
            if model.name == "PutObject":
                do(request["url_path"])
            return real(endpoint, model, request)

        monkeypatch.setattr(Endpoint, "make_request", asked)


class Parts(io.RawIOBase):
    """A stream of what an iterable gives."""

    def __init__(self, parts) -> None:
        self._parts, self._left = iter(parts), b""

    def readable(self):
        return True

    def read(self, size=-1):
        while size < 0 or len(self._left) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._left += part
        given, self._left = (
            (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        )
        return given
