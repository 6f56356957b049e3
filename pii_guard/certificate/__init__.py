"""Deletion certificates: statement, envelope, keys, trust, verification. Needs no model."""

from pii_guard.certificate.envelope import Certificate, sign
from pii_guard.certificate.keys import (
    Signer,
    default_key_path,
    default_signer,
    generate,
    load,
    open_key,
)
from pii_guard.certificate.report import Report, Rule
from pii_guard.certificate.statement import (
    ArtifactFacts,
    CaseFacts,
    Researcher,
    Superseded,
    build_statement,
)
from pii_guard.certificate.trust import Trust
from pii_guard.certificate.trust_policy import load_trust
from pii_guard.certificate.verify import Checks, verify

__all__ = [
    "ArtifactFacts",
    "CaseFacts",
    "Certificate",
    "Checks",
    "Report",
    "Researcher",
    "Rule",
    "Signer",
    "Superseded",
    "Trust",
    "build_statement",
    "default_key_path",
    "default_signer",
    "generate",
    "load",
    "load_trust",
    "open_key",
    "sign",
    "verify",
]
