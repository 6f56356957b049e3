"""Attachments that take over, hang, exhaust or crash whatever reads them: the verdict, and the next file.

`PII_GUARD_HOSTILE_ROUNDS` says how often each is tried (1 by default, 100 nightly).
"""

from __future__ import annotations

import errno
import json
import os
import signal
import time

import pytest

from pii_guard.errors import IsolationError, ReasonCode
from pii_guard.isolation.cage import Worker
from pii_guard.isolation.endings import NotIsolated
from pii_guard.originals import SMALL
from tests.isolation.processes import children

ROUNDS = int(os.environ.get("PII_GUARD_HOSTILE_ROUNDS", "1"))
GOOD = b"Jane Roe <jane.roe@mail.example> called 202-555-0143"
ENDS = {
    "sleep": ReasonCode.TIMEOUT,
    "loop": ReasonCode.TIMEOUT,
    "flood": ReasonCode.CRASH_EXIT,
    "allocate": ReasonCode.MEMORY,
    "segv": ReasonCode.CRASH_SIGSEGV,
    "abort": ReasonCode.CRASH_SIGABRT,
    "ill": ReasonCode.CRASH_SIGILL,
    "exit": ReasonCode.CRASH_EXIT,
    "garble": ReasonCode.CRASH_EXIT,
    "lie": ReasonCode.CRASH_EXIT,
    "hang_up": ReasonCode.CRASH_SIGKILL,
}
REFUSED = (
    "write {folder}/new", "fork", "exec", "connect", "resolve", "read {secret}", "list {folder}",
    "remove {secret}", "kill {pid}", "kill 1", "call unshare", "call ptrace", "call io_uring",
    "raise_limits", "limit_another {pid}", "signal_another {pid}", "choose_the_signal",
    "outlive_the_template", "be_read", "hold_memory_beside", "watch",
)  # fmt: skip


def trap(line):
    return f"TRAP {line}\n".encode()


def workers(guard):
    """The processes that hang on the guard's template, by their number."""
    return children(guard._cage._template.process.pid)


@pytest.mark.parametrize("line", ENDS)
def test_a_file_that_ends_its_worker_is_quarantined_and_the_next_is_not(trapped, line):
    trapped.redact(GOOD, name="a.txt")
    for _ in range(ROUNDS):
        result = trapped.redact(trap(line), name="a.txt")
        assert (result.verdict, result.reason.code) == ("quarantined", ENDS[line])
        began = time.perf_counter()
        good = trapped.redact(GOOD, name="a.txt")
        waited = time.perf_counter() - began
        assert good.verdict == "redacted"
        print(f"{line}: the next file after {waited * 1000:.0f} ms")
        assert len(workers(trapped)) <= 2


@pytest.mark.parametrize("line", REFUSED)
def test_what_a_worker_may_not_do(trapped, tmp_path, line):
    secret = tmp_path / "secret"
    secret.write_bytes(b"of another report")
    told = line.format(folder=tmp_path, secret=secret, pid=os.getpid())
    for _ in range(ROUNDS):
        result = trapped.redact(trap(told), name="a.txt")
        assert (result.verdict, result.reason.where) == ("quarantined", "blocked")
    assert list(tmp_path.iterdir()) == [secret]
    assert trapped.redact(GOOD, name="a.txt").verdict == "redacted"


LIES = (
    'say {"read":[0,-1,1]}', 'say {"read":[-1,0,1]}',
    'say {"read":[0,0,1.5]}', 'say {"at":-1}', "keep", "nowhere",
    'say {"run":"sh","args":{}}', 'say {"run":"tesseract","args":{"psm":"0"}}',
    'say {"run":"libreoffice","args":{"source":"../x","target":"docx","reader":"MS"}}',
    'say {"run":"libreoffice","args":{"source":"doc","target":"--help","reader":"MS"}}',
    'say {"run":["x"],"args":{}}', 'say {"run":"libreoffice","args":7}',
    'answer {"done":1}', 'answer {"result":{}}', 'answer {"result":{},"pieces":-1,"kept":false} {"piece":1}',
    'answer {"result":{},"pieces":1000000000000,"kept":false} {"piece":1}',
    'answer {"result":{},"pieces":1000000000000,"kept":true} {"piece":1}',
)  # fmt: skip


@pytest.mark.parametrize("line", LIES)
def test_a_lie_that_can_be_told_is_not_believed(trapped, line):
    """What a worker that was taken over may ask for, or say: it ends, and its file is held."""
    began = time.perf_counter()
    result = trapped.redact(trap(line), name="a.txt")
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.CRASH_EXIT)
    assert time.perf_counter() - began < 20
    assert trapped.redact(GOOD, name="a.txt").verdict == "redacted"


def test_a_worker_asks_for_no_more_of_a_file_than_there_is(trapped, tmp_path):
    """Python takes the memory for all of what is to be read before it reads: here, more than there is."""
    path = tmp_path / "a.txt"
    path.write_bytes(trap('say {"read":[0,0,1000000000000000000]}') + b"GET /orders 200\n" * 60_000)
    result = trapped.redact(path)
    assert result.verdict == "quarantined"
    assert result.reason.where.startswith("believed")


def test_a_worker_that_only_says_that_it_lives_is_not_waited_for(trapped):
    began = time.perf_counter()
    result = trapped.redact(trap("live"), name="a.txt")
    assert (result.verdict, result.reason.code) == ("quarantined", ReasonCode.TIMEOUT)
    assert time.perf_counter() - began < 30


@pytest.mark.parametrize("what", ["scan", "inspect"])
def test_nothing_said_of_an_attachment_is_not_nothing_found(trapped, what):
    """Workers that go on like that end all of them."""
    case = trapped.case()
    case.add(trap(f"hold_back {what}"), name="a.txt")
    if what == "scan":
        assert [one.verdict for one in case.scan()] == ["quarantined"]
    else:
        assert trapped.inspect(trap(f"hold_back {what}"), key=bytes(32)).reason is not None


@pytest.mark.parametrize("line", ["thread", "limit_itself"])
def test_what_a_worker_may_do(trapped, line):
    assert trapped.redact(trap(line), name="a.txt").verdict == "clean"


def test_a_worker_that_ends_once_is_tried_again(trapped):
    assert trapped.redact(trap("again"), name="a.txt").verdict == "clean"
    assert trapped.redact(trap("once"), name="a.txt").verdict == "clean"


@pytest.mark.parametrize("line", ["hold", "never_forget"])
def test_a_worker_that_does_not_forget_its_case_gets_no_other(trapped, line):
    trapped.redact(GOOD, name="a.txt")
    before = set(workers(trapped))
    assert trapped.redact(trap(line), name="a.txt").verdict == "clean"
    assert set(workers(trapped)) == before
    assert trapped.redact(GOOD, name="a.txt").verdict == "redacted"
    assert len(before - set(workers(trapped))) == 1


def test_one_bad_attachment_takes_nothing_from_the_others(trapped):
    case = trapped.case("CASE-1")
    for number, blob in enumerate([GOOD, trap("segv"), b"Jane Roe again", trap("sleep"), GOOD]):
        case.add(blob, name=f"{number}.txt")
    results = list(case.redact())
    assert [one.verdict for one in results] == [
        "redacted", "quarantined", "redacted", "quarantined", "redacted",
    ]  # fmt: skip
    assert results[2].output == b"<PERSON_1> again"
    certificate = case.close()
    assert b"crash:SIGSEGV" in certificate.payload
    assert b"timeout" in certificate.payload


def test_nothing_is_left_on_disk(trapped, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for line in ("exit", "segv"):
        trapped.redact(trap(line) + GOOD, name="a.txt")
    assert not list(tmp_path.iterdir())


def test_a_worker_that_is_killed_while_it_waits_is_nobodys_fault(trapped):
    case = trapped.case("CASE-1")
    for _ in range(3):
        case.add(GOOD, name="a.txt")
        for pid in workers(trapped):
            os.kill(pid, signal.SIGKILL)
        assert {one.verdict for one in case.redact()} == {"redacted"}


def test_commitments_are_made_by_whoever_is_left(trapped, tmp_path, monkeypatch):
    from pii_guard.certificate.commitments import found_in
    from pii_guard.keystore import KeyStore

    monkeypatch.setattr(trapped, "keystore", KeyStore(tmp_path / "keys"))
    case = trapped.case("CASE-1")
    case.add(GOOD, name="a.txt")
    case.redact()
    for pid in workers(trapped):
        os.kill(pid, signal.SIGKILL)
    said = json.loads(case.close().payload)["predicate"]["commitments"]
    key = trapped.keystore.load(said["keyRef"])
    assert found_in(said, key, "EMAIL_ADDRESS", "jane.roe@mail.example")


@pytest.mark.parametrize("error", [NotIsolated("no more"), OSError(errno.EMFILE, "no more")])
def test_where_no_worker_starts_any_more_nothing_is_called_clean(trapped, monkeypatch, error):
    def none(_):
        raise error

    monkeypatch.setattr(trapped._cage, "worker", none)
    with pytest.raises(IsolationError) as raised:
        trapped.redact(GOOD, name="a.txt")
    assert raised.value.remedy


@pytest.mark.parametrize(
    "name", ["x" * 20_000 + ".txt", "Jane Roe.txt", "\udcff.txt", "", "a\nb.txt"]
)
@pytest.mark.parametrize("media_type", ["", "text/plain; charset=utf-8", "é"])
def test_names_and_types_of_any_kind_come_back(guard, unconfined, name, media_type):
    results = []
    for one in (guard, unconfined):
        case = one.case()
        case.add(GOOD, name=name, media_type=media_type)
        results += case.redact()
    assert results[0] == results[1]
    assert results[0].name == results[1].name


@pytest.mark.parametrize(("size", "asked"), [(0, 0), (1, 0), (SMALL, 0), (SMALL + 1, 1)])
def test_only_of_large_files_a_worker_asks_for_bytes(guard, monkeypatch, tmp_path, size, asked):
    """Each question and answer wakes two processes up, which a small file would wait for."""
    heard = []
    receive = Worker.receive

    def listening(worker, seconds):
        frame = receive(worker, seconds)
        heard.append(next(iter(frame.told)))
        return frame

    monkeypatch.setattr(Worker, "receive", listening)
    path = tmp_path / "a.txt"
    path.write_bytes((b"GET /orders 200\n" * (size // 16 + 1))[:size])
    assert guard.redact(path).verdict == "clean"
    assert min(heard.count("read"), 1) == asked
    # One request, so where it is is said once.
    assert heard.count("at") == 1 or asked
    assert "done" not in heard[:-1] or asked
