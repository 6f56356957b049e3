"""An object of an S3 bucket, with its certificate beside it: all of it, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pii_guard.intake.names import CERTIFICATE, COMPANIONS, HEADERS

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate

Put = Callable[..., dict[str, Any]]
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_IN_MEMORY = 1 << 20


class S3Object:
    """One object on its way to its key. A `Place`.

    `put`: PutObject as the store has it; `request`: what it is given but for the body. `exclusive`:
    nothing may be there yet; raises `FileExistsError`. `record` is put beside it as its headers.
    """

    def __init__(
        self, client: Any, put: Put, request: Mapping[str, Any], *, exclusive: bool, record: bytes
    ) -> None:
        self._client, self._put, self._request = client, put, dict(request)
        self._bucket, self._key = request["Bucket"], request["Key"]
        self._exclusive, self._record = exclusive, record
        self._body = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `discard` and `close`
        self._before: dict[str, bytes] = {}
        """What stood beside what this replaces, once that was removed."""
        self._ours = False
        self.answer: dict[str, Any] = {}
        """What the store said of it."""

    def write(self, pieces: Iterable[bytes]) -> None:
        """Hold all of it, redacted as it is: S3 shows nothing of a single request before its end."""
        for piece in pieces:
            self._body.write(piece)

    def commit(self) -> None:
        """Put it there; the certificate of what it replaces goes first, which is about something else."""
        if self._exclusive:
            self._refuse_taken()
            # Where the store knows that; above, where it does not.
            self._request["IfNoneMatch"] = "*"
        else:
            self._remove_companions(self._before)
        self._body.seek(0)
        try:
            self.answer = self._put(**self._request, Body=self._body)
        except ClientError as error:
            if self._exclusive and _code(error) in _TAKEN:
                raise FileExistsError("there is something of that name") from None
            raise
        self._ours = True
        if self._record:
            self._put(Bucket=self._bucket, Key=self._key + HEADERS, Body=self._record)

    def certified(self, certificate: Certificate) -> None:
        """Put the certificate beside it."""
        self._put(Bucket=self._bucket, Key=self._key + CERTIFICATE, Body=certificate.to_json())

    def close(self) -> None:
        """It stays as it is."""
        self._body.close()

    def discard(self) -> None:
        """Leave nothing of it. Where the bucket keeps versions, what it replaced is there again."""
        self._body.close()
        version = self.answer.get("VersionId")
        if self._ours:
            self._remove_companions({})
            which = {"VersionId": version} if version else {}
            self._client.delete_object(Bucket=self._bucket, Key=self._key, **which)
            self._ours = False
        if version or not self.answer:
            for key, content in self._before.items():
                self._put(Bucket=self._bucket, Key=key, Body=content)
        self._before = {}

    def _refuse_taken(self) -> None:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return
            raise
        raise FileExistsError("there is something of that name")

    def _remove_companions(self, kept: dict[str, bytes]) -> None:
        for key in (self._key + ending for ending in COMPANIONS):
            with suppress(self._client.exceptions.NoSuchKey):
                found = self._client.get_object(Bucket=self._bucket, Key=key)
                kept[key] = found["Body"].read()
                self._client.delete_object(Bucket=self._bucket, Key=key)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
