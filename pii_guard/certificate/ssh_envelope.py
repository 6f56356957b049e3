"""Envelopes that a researcher signs, with DSSE's own signature or with one of `ssh-keygen`.

Both are over the same bytes (DSSE's PAE) and stand in the same place of the envelope; one of
`ssh-keygen` starts with `SSHSIG` and stands under the id of the SSH key.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from pii_guard.certificate import sshsig
from pii_guard.certificate.envelope import (
    PAYLOAD_TYPE,
    Opened,
    Signature,
    envelope_json,
    open_envelope,
    pae,
    seal,
)
from pii_guard.certificate.keys import Signer
from pii_guard.certificate.public_keys import holds
from pii_guard.certificate.researcher import ResearcherKey, researcher_id
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import CertificateError

MOST_BYTES = 1024 * 1024
"""The largest acknowledgement or revocation read: they hold words of ours, and few."""


def open_small(content: bytes) -> Opened:
    """An envelope of at most a mebibyte. Raises `Malformed`; no signature is checked."""
    if len(content) > MOST_BYTES:
        raise Malformed(f"larger than {MOST_BYTES} bytes")
    return open_envelope(content)


def is_ssh(signature: Signature) -> bool:
    """Whether a signature is in the form of `ssh-keygen`."""
    return signature.value.startswith(sshsig.MAGIC)


def key_inside(signature: Signature) -> ResearcherKey | None:
    """The key that an SSH signature brings along, if it is the one it stands under; else None.

    It counts only where its id is known from elsewhere.
    """
    try:
        public = sshsig.parse(signature.value).public
    except Malformed:
        return None
    return public if researcher_id(public) == signature.key_id else None


def is_by(opened: Opened, signature: Signature, public: ResearcherKey, namespace: str) -> bool:
    """Whether `public` made a signature of this envelope; `namespace` is for SSH's."""
    if researcher_id(public) != signature.key_id:
        return False
    signed = pae(opened.payload, opened.payload_type)
    if is_ssh(signature):
        return key_inside(signature) is not None and sshsig.parse(signature.value).holds(
            signed, namespace
        )
    # RSA signs with SSH only.
    return not isinstance(public, RSAPublicKey) and holds(public, signature.value, signed)


def sealed(payload: bytes, signer: Signer) -> bytes:
    """The envelope file around a statement, signed by a key of ours. Raises `CertificateError`."""
    return envelope_json(seal(payload, [signer]))


def sealed_by_ssh(payload: bytes, printed: bytes, namespace: str) -> bytes:
    """The envelope file with what `ssh-keygen -Y sign` printed for the statement's `pae`.

    Raises `Malformed` for another text, `CertificateError` for a signature that does not hold.
    """
    signature = sshsig.unarmoured(printed)
    parsed = sshsig.parse(signature)
    if not parsed.holds(pae(payload), namespace):
        raise CertificateError(
            "the SSH signature is not over this statement", remedy="sign it again"
        )
    entry = {"keyid": researcher_id(parsed.public), "sig": base64.b64encode(signature).decode()}
    return envelope_json(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [entry],
        }
    )
