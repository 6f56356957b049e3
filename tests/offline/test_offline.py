"""`--offline` refuses connections in every Python, tells of each, and lets a test's own server be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TRIES = {
    "connect": "socket.create_connection(('192.0.2.1', 9), timeout=1)",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 9))",
    "IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 9, 0, 0))",
    "resolve": "socket.getaddrinfo('www.example.com', 443)",
    "a server here": "socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5)",
}


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def tried(code, record, port, **environment):
    env = {**os.environ, "PYTHONPATH": str(HERE), "PII_GUARD_OFFLINE": str(record), **environment}
    done = subprocess.run(
        [sys.executable, "-c", f"import socket, sys\n{code}", port], env=env, capture_output=True, text=True
    )  # fmt: skip
    return done, record.read_text() if record.exists() else ""


@pytest.mark.parametrize("way", TRIES)
def test_a_connection_is_refused_and_told(tmp_path, port, way):
    done, told = tried(TRIES[way], tmp_path / "record", port, PII_GUARD_LOOPBACK="")
    assert "PermissionError: a connection was tried" in done.stderr
    assert told.count("\n") == 1


def test_one_that_is_caught_is_told_all_the_same(tmp_path, port):
    code = f"try:\n    {TRIES['connect']}\nexcept OSError:\n    pass"
    done, told = tried(code, tmp_path / "record", port, PII_GUARD_LOOPBACK="")
    assert done.returncode == 0
    assert told.startswith("192.0.2.1: ")


def test_a_test_s_own_server_is_spoken_to_where_that_is_said(tmp_path, port):
    done, told = tried(TRIES["a server here"], tmp_path / "record", port, PII_GUARD_LOOPBACK="1")
    assert (done.returncode, told) == (0, "")
    done, told = tried(TRIES["connect"], tmp_path / "record", port, PII_GUARD_LOOPBACK="1")
    assert (done.returncode, told.count("\n")) == (1, 1)


def test_sockets_between_processes_are_no_connection(tmp_path, port):
    code = "a, b = socket.socketpair()\na.send(b'x')\nassert b.recv(1) == b'x'"
    done, told = tried(code, tmp_path / "record", port, PII_GUARD_LOOPBACK="")
    assert (done.returncode, told) == (0, "")
