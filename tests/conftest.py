"""One guard for the whole run: loading the model costs seconds."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from pii_guard import Guard, Policy
from pii_guard.certificate import generate
from tests.object_store import s3, s3_endpoint

__all__ = ["s3", "s3_endpoint"]

ROOT = Path(__file__).parents[1]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background of a shell ignores it, and so would every program that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
REPORTS = ROOT / "examples" / "reports"

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


_OFFLINE = Path(__file__).parent / "offline"
_RECORD = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--offline", action="store_true", help="no connection is made (tests/offline)")


def pytest_configure(config: pytest.Config) -> None:
    # boto3 asks the cloud that it may stand in for credentials, where it is given none.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    if not config.getoption("--offline"):
        return
    record = Path(os.environ.setdefault("PII_GUARD_OFFLINE", f"{config.rootpath}/.offline"))
    if not hasattr(config, "workerinput"):
        record.write_text("")
    config.stash[_RECORD] = record
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_OFFLINE), os.environ.get("PYTHONPATH", "")])
    sys.path.insert(0, str(_OFFLINE))
    sys.modules.pop("sitecustomize", None)
    importlib.import_module("sitecustomize")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Servers of a test's own are spoken to in tests that say so, their fixtures included."""
    os.environ.pop("PII_GUARD_LOOPBACK", None)
    if item.get_closest_marker("localhost"):
        os.environ["PII_GUARD_LOOPBACK"] = "1"
    return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    record = session.config.stash.get(_RECORD, None)
    if record is not None and not hasattr(session.config, "workerinput"):
        if tried := record.read_text():
            print(f"\nconnections were tried:\n{tried}")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        record.unlink()


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
