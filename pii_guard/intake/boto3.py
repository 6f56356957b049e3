"""`guard_client(boto3.client("s3"))`: a client of boto3's that redacts what it puts, and puts nothing else.

Opt-in, and easy to go around: another client, a presigned URL of somebody else's or the AWS CLI write past
it. What this client cannot hold it refuses: uploads in parts, copies within the store, presigned writes and
every operation that is not listed here, since one passed on unseen could store what nobody redacted.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from pii_guard.certificate.reference import check_reference
from pii_guard.errors import NotStored, PolicyError
from pii_guard.findings import Quarantined
from pii_guard.guard import Guard
from pii_guard.intake.admission import admit
from pii_guard.intake.alone import alone_at
from pii_guard.intake.delivery import Delivery
from pii_guard.intake.guards import guard_for
from pii_guard.intake.names import check_name, numbered
from pii_guard.intake.receiving import blocks, received
from pii_guard.intake.s3_object import S3Object

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate
    from pii_guard.originals import Source

Sink = Callable[[str, "Certificate"], object]
"""Takes `bucket/key` of what was stored, and its certificate; where it raises, the object is taken back."""

_READING = ("Get", "Head", "List", "Select")
_ALLOWED = frozenset(
    {"DeleteObject", "DeleteObjects", "AbortMultipartUpload", "CreateBucket", "DeleteBucket"}
)
_PARTS = frozenset({"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"})
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_TEXTS = frozenset(
    {
        "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType",
        "Metadata", "Tagging", "WebsiteRedirectLocation",
    }
)  # fmt: skip
"""What of a PutObject is kept beside the bytes, and redacted with them."""
_SETTINGS = frozenset(
    {
        "ACL", "BucketKeyEnabled", "ChecksumAlgorithm", "ExpectedBucketOwner", "Expires", "IfMatch",
        "IfNoneMatch", "ObjectLockLegalHoldStatus", "ObjectLockMode", "ObjectLockRetainUntilDate",
        "RequestPayer", "SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5",
        "SSEKMSEncryptionContext", "SSEKMSKeyId", "ServerSideEncryption", "StorageClass",
    }
)  # fmt: skip
"""What of it says how the object is kept, and passes as it is."""
_OF_THE_INPUT = frozenset({"ContentLength"})
"""What is about the bytes that came in, and is told anew of those that are stored."""


def guard_client(
    client: Any,
    guard: Guard | None = None,
    *,
    policy: str | os.PathLike[str] | None = None,
    certificates: Sink | None = None,
    ref: str = "case",
) -> Any:
    """The same client, which redacts what it puts from here on, or refuses.

    `guard`, or the path of a `policy` file; the built-in policy by default. `certificates` takes each
    certificate; by default it is put beside its object, as KEY.certificate.json. `ref`: the programme's
    reference in certificates. The answer of `put_object` has a `StoredKey`: names are redacted as well.
    Raises `PolicyError` for what is no S3 client, and for a client that is guarded already, and
    `CertificateError` for a reference that may not be one.
    """
    if getattr(getattr(client, "meta", None), "service_model", None) is None or (
        client.meta.service_model.service_name != "s3"
    ):
        raise PolicyError("this is no S3 client", remedy='give boto3.client("s3")')
    if isinstance(getattr(client.put_object, "__self__", None), _Fence):
        raise PolicyError("the client is guarded already", remedy="guard a client once")
    if policy is not None and guard is not None:
        raise PolicyError("a policy and a guard were given", remedy="give one of them")
    check_reference(ref)
    _Fence(client, guard or guard_for(policy), certificates, ref).stand()
    return client


class _Fence:
    """What stands around one client: its way in is `put_object`, everything else is looked at here."""

    def __init__(self, client: Any, guard: Guard, sink: Sink | None, ref: str) -> None:
        self._client, self._guard, self._sink, self._ref = client, guard, sink, ref
        self._real_put = client.put_object
        self._uploads = {name: getattr(client, name) for name in ("upload_file", "upload_fileobj")}
        self._open = threading.local()

    def stand(self) -> None:
        """From now on nothing passes unseen."""
        client = self._client
        client.put_object = self.put_object
        for name in self._uploads:
            setattr(client, name, self._uploading(name))
        client.meta.events.register("provide-client-params.s3", self._look)

    def put_object(self, **request: Any) -> dict[str, Any]:
        """PutObject with the body, the key and what is kept beside it redacted.

        Raises `NotStored`, `PolicyError`, `CertificateError`, and what boto3 raises; nothing is there
        then, or what was there before.
        """
        _check(request)
        bucket, key = str(request["Bucket"]), str(request["Key"])
        texts = {name: request[name] for name in sorted(_TEXTS & set(request))}
        if "Tagging" in texts:
            texts["Tagging"] = dict(parse_qsl(str(texts["Tagging"]), keep_blank_values=True))
        settings = {name: request[name] for name in _SETTINGS & set(request)} | {"Bucket": bucket}
        prefix, slash, name = key.rpartition("/")
        check_name(name)
        case = self._guard.case(self._ref)
        try:
            into = "/".join(map(self._redacted, prefix.split("/"))) + slash
            admitted = admit(case, self._source(request.get("Body", b"")), name=name, headers=texts)
            kept = dict(admitted.headers)
            if "Tagging" in kept:
                kept["Tagging"] = _tagging(kept["Tagging"])
            renamed = into + admitted.name != key
            for candidate in numbered(into, admitted.name) if renamed else (key,):
                place = S3Object(
                    self._client,
                    self._put,
                    settings | kept | {"Key": candidate},
                    exclusive=renamed,
                    record=admitted.record,
                )
                delivery = Delivery(admitted, place, self._publishing(bucket, candidate, place))
                try:
                    with alone_at(f"{self._client.meta.endpoint_url}/{bucket}/{candidate}"):
                        delivery.stage()
                        delivery.commit()
                except FileExistsError:
                    continue
                place.close()
                return place.answer | {"StoredKey": candidate}
            raise FileExistsError("every number that the name may get is taken")
        finally:
            case.discard()

    def _publishing(
        self, bucket: str, key: str, place: S3Object
    ) -> Callable[[Certificate], object]:
        sink = self._sink
        return place.certified if sink is None else lambda one: sink(f"{bucket}/{key}", one)

    def _redacted(self, name: str) -> str:
        if not name:
            return name
        result = self._guard.redact(b"", name=name)
        if isinstance(result, Quarantined):
            raise NotStored(result.reason)
        return result.name

    def _source(self, body: Any) -> Source:
        if isinstance(body, str):
            return body.encode()
        if isinstance(body, (bytes, bytearray, memoryview)):
            return body
        if hasattr(body, "read"):
            return received(blocks(body), self._guard.policy.limits)
        raise PolicyError(
            "the body is neither bytes nor a file", remedy="give bytes or a binary file"
        )

    def _put(self, **request: Any) -> dict[str, Any]:
        """PutObject of what is redacted."""
        with self._opened():
            answer: dict[str, Any] = self._real_put(**request)
            return answer

    @contextmanager
    def _opened(self) -> Iterator[None]:
        self._open.now = True
        try:
            yield
        finally:
            self._open.now = False

    def _look(self, model: Any, context: Mapping[str, Any] | None = None, **_: Any) -> None:
        """Called by botocore before each operation of the client, and before each presigned URL."""
        name = model.name
        if name.startswith(_READING):
            return
        if (context or {}).get("is_presign_request"):
            raise PolicyError(
                "who writes to a presigned URL writes past the guard",
                remedy="take the file in and put it with this client",
            )
        if name in _ALLOWED or (name == "PutObject" and getattr(self._open, "now", False)):
            return
        raise PolicyError(f"{name} would store what the guard cannot hold", remedy=_remedy(name))

    def _uploading(self, name: str) -> Callable[..., Any]:
        real = self._uploads[name]

        def upload(
            source: Any = None,
            bucket: str = "",
            key: str = "",
            extra: dict[str, Any] | None = None,
            callback: Any = None,
            config: Any = None,
            **named: Any,
        ) -> Any:
            from boto3.s3.transfer import TransferConfig

            given = named.pop("Config", config)
            # The other transfer client speaks with the store by itself: no hook of this one is asked.
            chosen = copy.copy(given) if given is not None else TransferConfig()
            chosen.preferred_transfer_client = "classic"
            source = named.pop("Filename", named.pop("Fileobj", source))
            bucket, key = named.pop("Bucket", bucket), named.pop("Key", key)
            extra, callback = named.pop("ExtraArgs", extra), named.pop("Callback", callback)
            return real(source, bucket, key, extra, callback, chosen, **named)

        return upload


def _check(request: Mapping[str, Any]) -> None:
    """Raises `PolicyError` for what a PutObject may not have."""
    unknown = set(request) - _TEXTS - _SETTINGS - _OF_THE_INPUT - {"Bucket", "Key", "Body"}
    if unknown:
        # The names are boto3's: it looks at them after us, so one that is none may be anything.
        named = next((one for one in sorted(unknown) if one in _EXPLAINED), "")
        raise PolicyError(
            f"put_object has an option that cannot be kept{named and f': {named}'}",
            remedy=_EXPLAINED.get(named, "leave it out, or put the object with another client"),
        )
    if not request.get("Bucket") or not request.get("Key"):
        raise PolicyError("put_object needs a bucket and a key", remedy="give Bucket and Key")


_DIGEST = "leave it out: what is stored is another file than what came in"
_EXPLAINED = {
    "ContentMD5": _DIGEST,
    **{f"Checksum{name}": _DIGEST for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")},
    "WriteOffsetBytes": "write the whole object: nothing can be proved of a part of it",
}


def _remedy(name: str) -> str:
    if name in _PARTS:
        return (
            "give Config=TransferConfig(multipart_threshold=…) above the size of the file, up to 5 GB, "
            "or write through redact::s3://"
        )
    if name in _COPIES:
        return "get the object and put it: it is redacted on its way"
    if name == "PutObject":
        return "call put_object of the guarded client itself"
    return "use another client for what stores nothing of a report"


def _tagging(tags: Any) -> str:
    """As S3 takes tags, which have no angle brackets (Amazon S3 User Guide, "Object tags")."""
    pairs = {str(key): str(value) for key, value in dict(tags).items()}
    return urlencode(pairs).replace("%3C", "").replace("%3E", "")
