"""`pii-guard ledger`: from an empty ledger to a proof, a check and a time-stamp."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

from pii_guard.certificate import generate, load
from pii_guard.certificate.checkpoint import includes, open_checkpoint
from pii_guard.certificate.merkle import Inclusion, leaf_hash
from pii_guard.certificate.note import NoteSigner
from pii_guard.certificate.strict import strict_base64
from pii_guard.ledger import open_ledger
from tests.certificate.authority import OPENSSL, authority

ORIGIN = "pii-guard.example/ledger"


@pytest.fixture
def run(tmp_path):
    def call(*args, **environment):
        env = {
            **os.environ,
            "PII_GUARD_LEDGER": str(tmp_path / "ledger.db"),
            "PII_GUARD_LEDGER_ORIGIN": ORIGIN,
            "COLUMNS": "200",
            **environment,
        }
        return subprocess.run(
            [sys.executable, "-c", "from pii_guard.cli import main; main()", "ledger", *map(str, args)],
            capture_output=True, text=True, env=env, cwd=tmp_path,
        )  # fmt: skip

    return call


@pytest.fixture
def log(tmp_path):
    generate(tmp_path / "log.pem")
    return NoteSigner.of(ORIGIN, load(tmp_path / "log.pem").private)


@pytest.fixture
def ledger(run, tmp_path, log):
    """Made by the command, then written to."""
    done = run("create", "--key", "log.pem")
    assert (done.returncode, done.stderr) == (0, "")
    assert open_checkpoint(done.stdout, [log.key]).checkpoint.size == 0
    opened = open_ledger(tmp_path / "ledger.db", signer=log)
    opened.append_many([(b"leaf %d" % number, None) for number in range(5)])
    yield opened
    opened.close()


def test_a_proof_leads_to_the_printed_checkpoint(run, ledger, log):
    printed = run("checkpoint", "--trust", "log.pub")
    done = run("prove", "--trust", "log.pub", "--entry", 3)
    assert (printed.returncode, done.returncode) == (0, 0)
    table = json.loads(done.stdout)
    assert table["checkpoint"] == printed.stdout == ledger.checkpoint()
    state = open_checkpoint(table["checkpoint"], [log.key]).checkpoint
    proof = Inclusion(table["index"], table["size"], tuple(map(strict_base64, table["hashes"])))
    assert includes(state, leaf_hash(b"leaf 3"), proof)
    since = json.loads(run("prove", "--trust", "log.pub", "--since", 3, "--size", 4).stdout)
    hashes = tuple(map(strict_base64, since["hashes"]))
    assert (since["old"], since["new"], hashes) == (3, 4, ledger.consistency(3, 4).hashes)


def test_what_is_not_there_is_an_error(run, ledger):
    for arguments in (["--entry", 5], ["--since", 6], [], ["--entry", 1, "--since", 1]):
        done = run("prove", "--trust", "log.pub", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("pii-guard: ")


def test_a_rewritten_ledger_is_exit_1(run, ledger, log, tmp_path):
    for relation in ("first", "same"):
        done = run("check", "--trust", "log.pub", "--seen", "seen.json", "--full", "-f", "json")
        assert done.returncode == 0
        table = json.loads(done.stdout)
        assert (table["relation"], table["holds"], table["recomputed"]) == (relation, True, 5)
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    again = open_ledger(tmp_path / "ledger.db", signer=log, create=True)
    done = run("check", "--trust", "log.pub", "--seen", "seen.json")
    assert (done.returncode, "fewer entries" in done.stdout) == (1, True)
    again.append_many([(b"other %d" % number, None) for number in range(9)])
    done = run("check", "--trust", "log.pub", "--seen", "seen.json", "-f", "jsonl")
    assert (done.returncode, json.loads(done.stdout)["relation"]) == (1, "rewritten")
    again.close()


def test_another_key_or_name_is_exit_1(run, ledger, tmp_path):
    generate(tmp_path / "other.pem")
    done = run("checkpoint", "--trust", "other.pub")
    assert (done.returncode, done.stdout) == (1, "")
    done = run("checkpoint", "--trust", "log.pub", PII_GUARD_LEDGER_ORIGIN="other.example/log")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"PII_GUARD_LEDGER": "none.db"},
        {"PII_GUARD_LEDGER": "mysql://root:hunter2@localhost/x"},
        {"PII_GUARD_LEDGER_ORIGIN": "a name"},
    ],
)
def test_a_ledger_or_name_of_no_use_is_exit_2(run, ledger, tmp_path, environment):
    done = run("checkpoint", "--trust", "log.pub", **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "hunter2" not in done.stderr
    assert not (tmp_path / "none.db").exists()


@pytest.mark.localhost
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_a_time_stamp_is_asked_for_and_read_again_offline(run, ledger, tmp_path):
    tsa = authority(tmp_path / "tsa")

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            answer = tsa.answer(query) if self.path == "/tsa" else b"no"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    (tmp_path / "checkpoint").write_text(ledger.checkpoint(), encoding="utf-8")
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    common = ["timestamp", "checkpoint", "--roots", tsa.folder / "root.pem", "--token"]
    asked = run(*common, "token", "--url", f"{url}/tsa")
    read = run(*common, "token")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert read.stdout == asked.stdout.strip() + "\n"
    malformed = run(*common, "other", "--url", f"{url}/other")
    assert malformed.returncode == 3
    assert not (tmp_path / "other").exists()
    assert run(*common, "token", "--url", f"{url}/tsa").returncode == 2  # never overwritten
    server.shutdown()
    for wrong in ("file:///etc/passwd", "http://127.0.0.1:1/"):
        assert run(*common, "third", "--url", wrong).returncode == 2
