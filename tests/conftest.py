"""One guard for the whole run: loading the model costs seconds."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pii_guard import Guard, Policy
from pii_guard.certificate import generate
from tests.object_store import s3, s3_endpoint

__all__ = ["s3", "s3_endpoint"]

ROOT = Path(__file__).parents[1]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background of a shell ignores it, and so would every program that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
REPORTS = ROOT / "examples" / "reports"


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory):
    return generate(tmp_path_factory.mktemp("keys") / "issuer.pem")


@pytest.fixture(scope="session")
def guard(signer):
    return Guard(signer=signer)


@pytest.fixture(scope="session")
def unconfined(signer):
    """A guard that works in this process, for tests that change or watch what it does there."""
    return Guard(Policy(isolation="off"), signer=signer)


@pytest.fixture(scope="session")
def programme(signer):
    """A guard under the example programme's policy."""
    return Guard(Policy.load(ROOT / "examples" / "pii-guard.toml"), signer=signer)


@pytest.fixture
def blind(monkeypatch) -> None:
    """As where the `ocr` extra is not installed: nothing reads pictures."""
    from pii_guard.formats import ocr

    monkeypatch.setattr(ocr, "available", lambda: False)
