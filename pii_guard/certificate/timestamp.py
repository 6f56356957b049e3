"""Time-stamps (RFC 3161) on checkpoints: when a ledger had a root, vouched for by somebody else.

The stamp is on the checkpoint's text, not on its signature lines, so that witnesses may add theirs
later. A *token* here is the whole DER of the authority's answer (TimeStampResp), which
`openssl ts -verify -in` reads as well. Nothing here speaks to a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509

from pii_guard.certificate.note import parse_note
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import CertificateError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

MOST_BYTES = 65_536
MEDIA_TYPE = "application/timestamp-query"


@dataclass(frozen=True, slots=True)
class Query:
    """A request to send (DER), and the nonce that the answer must repeat."""

    der: bytes = field(repr=False)
    nonce: int


def query(note: str) -> Query:
    """The request for a stamp on a checkpoint, by SHA-512 of its text, with a random nonce.

    Raises `Malformed` for no note, `CertificateError` where the extra is not installed.
    """
    library = _library()
    request = (
        library.TimestampRequestBuilder()
        .data(_stamped(note))
        .hash_algorithm(library.HashAlgorithm.SHA512)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    return Query(request.as_bytes(), request.nonce)


def stamped_at(
    token: bytes, note: str, roots: Sequence[x509.Certificate], nonce: int | None = None
) -> datetime:
    """The moment (UTC) by which the checkpoint existed, as an authority under `roots` says.

    It is the stamp's time and its accuracy added: the latest that it can mean. The authority's
    certificate must have been valid then, which need not be now. `nonce` is that of the query, where
    the answer has just come. Raises `Malformed` for a token that does not prove this, and
    `CertificateError` where the extra is not installed or no root is given.
    """
    library = _library()
    if not roots:
        raise CertificateError(
            "no authority is trusted for time-stamps", remedy="give its root certificate"
        )
    if len(token) > MOST_BYTES:
        raise Malformed("the time-stamp is too long")
    builder = library.VerifierBuilder(roots=list(roots), nonce=nonce)
    try:
        response = library.decode_timestamp_response(token)
        builder.build().verify_message(response, _stamped(note))
        return _latest(response)
    except (ValueError, TypeError, OverflowError, library.VerificationError):
        # The library's message may repeat what was read.
        raise Malformed("the time-stamp does not verify") from None


def load_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The trusted authorities in a PEM file. Raises `CertificateError`."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise CertificateError(
            "the certificates of time-stamp authorities cannot be read",
            remedy="give a PEM file with their roots",
        ) from None


def _stamped(note: str) -> bytes:
    return parse_note(note).text.encode()


def _latest(response: TimeStampResponse) -> datetime:
    info = response.tst_info
    when, accuracy = info.gen_time, info.accuracy
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    if accuracy is not None:
        when += timedelta(
            seconds=accuracy.seconds or 0,
            milliseconds=accuracy.millis or 0,
            microseconds=accuracy.micros or 0,
        )
    return when.astimezone(UTC)


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise CertificateError(
            "time-stamps cannot be read here", remedy="install pii-guard-vdp[timestamp]"
        ) from None
    return rfc3161_client
