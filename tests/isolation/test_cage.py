"""The template, its workers and their limits, by themselves."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pii_guard import Guard, Policy, PolicyError, cage_choice
from pii_guard.errors import IsolationError
from pii_guard.isolation import cage as cages
from pii_guard.isolation import landlock, system_calls, watchdog
from pii_guard.isolation.cage import Cage
from pii_guard.isolation.confinement import Ceilings
from pii_guard.isolation.endings import Cause, Died, TemplateFailed
from pii_guard.isolation.layers import REQUIRED, Layer
from tests.isolation.processes import children

CALLS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cage():
    sys.path.insert(0, str(Path(__file__).parent))
    made = Cage("echoing", {"hello": 1}, turns=2)
    yield made
    made.close()
    sys.path.pop(0)


def said(worker, **told):
    worker.send(told)
    return worker.receive(10).told


def test_a_worker_has_every_layer(cage):
    assert cage.worker(Ceilings()).layers >= REQUIRED


def test_layers_are_known_without_another_worker_while_all_of_them_work(cage):
    worker = cage.worker(Ceilings())
    template = cage._template.process.pid
    assert cage.layers(Ceilings()) == worker.layers
    assert children(template) == {worker.pid}
    # Others may be held to less: they are asked.
    assert cage.layers(Ceilings(cpu_seconds=7)) >= REQUIRED
    assert len(children(template)) == 2
    cage.close()
    assert cage.layers(Ceilings()) >= REQUIRED
    assert cage._template.process.pid != template


def test_what_warm_returns_is_known(cage):
    assert cage.up == {"hello": 1}


def test_a_worker_is_used_again_until_it_has_done_its_jobs(cage, monkeypatch):
    monkeypatch.setattr(cages, "JOBS", 2)
    seen = []
    for _ in range(3):
        worker = cage.worker(Ceilings())
        seen.append(worker.pid)
        cage.give_back(worker)
    assert seen[0] == seen[1] != seen[2]


def test_workers_of_other_ceilings_are_other_workers(cage):
    worker = cage.worker(Ceilings())
    cage.give_back(worker)
    assert cage.worker(Ceilings(cpu_seconds=5)).pid != worker.pid


def test_a_worker_has_nothing_of_our_environment(cage, monkeypatch):
    monkeypatch.setenv("PII_GUARD_PASSWORD", "hunter2")
    assert "PII_GUARD_PASSWORD" not in said(cage.worker(Ceilings()), do="environment")["names"]


def test_a_worker_has_one_descriptor_beside_the_standard_ones(cage):
    assert len(said(cage.worker(Ceilings()), do="descriptors")["open"]) == 4


def test_the_limit_of_the_processor_counts_anew_for_each_step(cage):
    worker = cage.worker(Ceilings(cpu_seconds=1))
    for _ in range(3):
        assert said(worker, do="spin", seconds=0.7, rearm=1)["done"]
    worker.send({"do": "spin", "seconds": 60, "rearm": 1})
    with pytest.raises(Died) as died:
        worker.receive(30)
    assert died.value.cause == Cause.TIMEOUT


def test_the_clock_starts_when_a_worker_is_ready(cage):
    assert cage.worker(Ceilings())
    worker = cage.worker(Ceilings())
    with pytest.raises(Died) as died:
        worker.receive(0.2)
    assert died.value.cause == Cause.TIMEOUT
    assert worker.pid not in children(cage._template.process.pid)


def test_a_killed_template_is_replaced(cage):
    first = cage.worker(Ceilings())
    cage._template.process.kill()
    cage._template.process.wait()
    assert said(cage.worker(Ceilings()), do="environment")
    with pytest.raises(Died):
        first.receive(5)


def test_workers_end_with_their_template(cage):
    worker = cage.worker(Ceilings())
    template = cage._template.process
    template.kill()
    template.wait()
    until = time.monotonic() + 5
    while Path(f"/proc/{worker.pid}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker.pid}").exists()


def test_nothing_is_left_of_a_caller_that_is_killed():
    """The template sees its socket close, and takes the workers with it."""
    code = (
        "import os, sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "from pii_guard.isolation.cage import Cage\n"
        "from pii_guard.isolation.confinement import Ceilings\n"
        "cage = Cage('echoing', {}); worker = cage.worker(Ceilings())\n"
        "worker.send({'do': 'spin', 'seconds': 600, 'rearm': 600})\n"
        "print(cage._template.process.pid, worker.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(ROOT), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as caller:
        pids = [int(pid) for pid in caller.stdout.readline().split()]
        assert len(pids) == 2
        caller.kill()
        caller.wait()
    until = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_caller_without_standard_streams_has_workers_too(tmp_path):
    """Their numbers are free: a socket that got one of them would be lost to the template."""
    code = f"""
import os
for number in range(3):
    os.close(number)
from pii_guard.isolation.cage import Cage
from pii_guard.isolation.confinement import Ceilings
cage = Cage("echoing", {{}})
try:
    said = sorted(cage.worker(Ceilings()).layers)
except BaseException as error:
    said = repr(error)
open({str(tmp_path / "said")!r}, "w").write(str(said))
cage.close()
"""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert "seccomp" in (tmp_path / "said").read_text()


def test_a_fork_of_the_caller_has_a_template_of_its_own(cage):
    cage.give_back(cage.worker(Ceilings()))
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            answer = said(cage.worker(Ceilings()), do="environment")
            os.write(writing, b"ok" if answer["names"] is not None else b"no")
            cage.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reading, 2) == b"ok"
    assert said(cage.worker(Ceilings()), do="environment")


def forked(work):
    """The exit status of a fork that does this; None where it hangs."""
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    for _ in range(1200):  # a template of its own takes many seconds on a busy machine
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def test_a_fork_has_nothing_of_the_locks_and_turns_that_other_threads_held(cage):
    cage.give_back(cage.worker(Ceilings()))
    held, done = threading.Barrier(3), threading.Event()

    def hold():
        with cage.turn(), cage._lock:
            held.wait()
            done.wait()

    def wait():
        with cage.turn():
            held.wait()
            done.wait()

    threads = [threading.Thread(target=one) for one in (hold, wait)]
    for one in threads:
        one.start()
    held.wait()

    def work():
        with cage.turn():
            said(cage.worker(Ceilings()), do="environment")
        cage.close()

    status = forked(work)
    done.set()
    for one in threads:
        one.join()
    assert status == 0


def test_a_fork_does_not_keep_the_template_alive(cage):
    template = cage.worker(Ceilings()).cage._template
    pid = os.fork()
    if not pid:
        time.sleep(20)
        os._exit(0)
    template.control.close()
    try:
        template.process.wait(5)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_fork_works_on_a_case_with_a_worker_of_its_own(trapped):
    case = trapped.case("VDP-1")
    case.add(b"Please ask Jane Roe (jane.roe@mail.example)", name="note.txt")
    case.add(b"The other one waits for what is asked of the case.", name="more.txt")
    theirs = case._work._worker
    assert theirs is not None

    def work():
        assert [result.verdict for result in case.redact()] == ["redacted", "clean"]
        assert case._work._worker is not theirs

    assert forked(work) == 0
    assert case._work._worker is theirs
    assert [result.verdict for result in case.redact()] == ["redacted", "clean"]


class Interrupted(Exception):
    pass


def interrupted(*_):
    raise Interrupted


def test_an_answer_to_who_was_interrupted_is_not_taken_for_another(cage):
    worker = cage.worker(Ceilings())
    template = cage._template.process.pid
    before = signal.signal(signal.SIGALRM, interrupted)
    os.kill(template, signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            cage.worker(Ceilings())
    finally:
        os.kill(template, signal.SIGCONT)
        signal.signal(signal.SIGALRM, before)
    assert cage.bury(worker.pid) == {"status": 0, "signal": signal.SIGKILL}
    another = cage.worker(Ceilings())
    assert said(another, do="environment")
    assert another.pid in children(cage._template.process.pid)
    assert cage._template.process.pid == template


def test_nothing_is_left_of_workers_that_nobody_knows_of(cage):
    for _ in range(3):
        cage.worker(Ceilings()).hang_up()
    template = cage._template
    for _ in range(100):
        last = cage.worker(Ceilings())
        others = children(template.process.pid, living=False) - {last.pid}
        last.end()
        if not others:
            break
        time.sleep(0.02)
    assert others == set()


def test_how_a_worker_ended_by_itself_is_known_after_others_were_made(cage):
    worker = cage.worker(Ceilings())
    worker.hang_up()
    time.sleep(0.3)
    cage.worker(Ceilings())
    assert cage.bury(worker.pid) == {"status": 0, "signal": 0}
    worker = cage.worker(Ceilings())
    os.kill(worker.pid, signal.SIGTERM)
    time.sleep(0.3)
    cage.worker(Ceilings())
    assert str(worker.end().detail) == "SIGTERM"


def none_left(*_, **__):
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


@pytest.mark.parametrize("isolation", ["prefer", "require"])
def test_too_few_processes_are_no_reason_to_do_without_isolation(monkeypatch, isolation):
    short = Cage("echoing", {})
    monkeypatch.setattr(cage_choice, "cage_for", lambda _: short)
    monkeypatch.setattr(subprocess, "Popen", none_left)
    with pytest.raises(IsolationError) as raised:
        Guard(Policy(isolation=isolation))
    assert os.strerror(errno.EAGAIN) in str(raised.value)
    assert "ulimit -u" in raised.value.remedy


def test_a_template_that_can_make_no_worker_says_so_and_goes_on(cage, monkeypatch):
    short = Cage("echoing", {"without": "processes"})
    monkeypatch.setattr(cage_choice, "cage_for", lambda _: short)
    for _ in range(2):
        with pytest.raises(IsolationError, match=os.strerror(errno.EAGAIN)):
            Guard(Policy())
    assert short._template.process.poll() is None
    short.close()


def test_turns_are_waited_for(cage):
    most = at_once = 0
    lock = threading.Lock()

    def work():
        nonlocal most, at_once
        with cage.turn(), cage.turn():
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.02)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 2


def test_interrupting_the_caller_does_not_reach_the_template(cage):
    worker = cage.worker(Ceilings())
    assert os.getpgid(cage._template.process.pid) != os.getpgid(0)
    os.kill(cage._template.process.pid, signal.SIGINT)
    assert said(worker, do="environment")


@pytest.mark.parametrize("machine", CALLS)
def test_system_calls_have_the_kernel_s_numbers(machine):
    if not CALLS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    numbers = {}
    for line in CALLS[machine].read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[1].startswith("__NR") and words[2].isdecimal():
            numbers[words[1].replace("__NR3264_", "__NR_")] = int(words[2])
    tables = {
        "x86_64": system_calls._X86_64 | system_calls._X86_64_ASKED,
        "aarch64": system_calls._AARCH64 | system_calls._AARCH64_ASKED,
    }
    table = tables[machine]
    known = {name for name in table if f"__NR_{name}" in numbers}
    assert len(known) > 100
    assert {name: numbers[f"__NR_{name}"] for name in known} == {n: table[n] for n in known}


# -- without a layer ---------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "what"), [("seccomp", "socket"), ("landlock", "read")])
def test_each_layer_is_what_stops_it(tmp_path, layer, what):
    """Negative control: with the layer switched off, and only then, the attempt succeeds."""
    sys.path.insert(0, str(Path(__file__).parent))
    secret = tmp_path / "secret"
    secret.write_text("x")
    outcomes = []
    for without in ("", layer):
        cage = Cage("echoing", {"without": without})
        worker = cage.worker(Ceilings())
        assert (layer in worker.layers) == (not without)
        outcomes.append(said(worker, do="attempt", what=what, path=str(secret))["done"])
        cage.close()
    sys.path.pop(0)
    assert outcomes == [False, True]


def test_memory_is_limited():
    sys.path.insert(0, str(Path(__file__).parent))
    cage = Cage("echoing", {})
    for most, done in ((100, False), (1_000, True)):
        worker = cage.worker(Ceilings(memory_bytes=most * 1024**2))
        assert said(worker, do="attempt", what="allocate", path="")["done"] == done
    cage.close()
    sys.path.pop(0)


def test_where_nobody_limits_memory_it_is_watched():
    sys.path.insert(0, str(Path(__file__).parent))
    cage = Cage("echoing", {"without": "memory"})
    worker = cage.worker(Ceilings(memory_bytes=200 * 1024**2))
    assert Layer.MEMORY not in worker.layers
    worker.send({"do": "attempt", "what": "hold", "path": ""})
    with pytest.raises(Died) as died:
        worker.receive(20)
    assert died.value.cause == Cause.MEMORY
    assert watchdog.resident(os.getpid()) > 10_000_000
    cage.close()
    sys.path.pop(0)


def test_required_isolation_is_refused_where_a_layer_is_missing(monkeypatch, trapped_cage):
    monkeypatch.setattr(cage_choice, "cage_for", lambda _: trapped_cage)
    monkeypatch.setattr(cage_choice, "REQUIRED", REQUIRED | {"moat"})
    with pytest.raises(PolicyError, match="this system lacks moat"):
        Guard(Policy(isolation="require"))
    assert Guard(Policy(isolation="prefer")).layers


@pytest.mark.parametrize("error", [MemoryError(), ImportError("cannot map it")])
def test_a_model_that_cannot_be_loaded_says_what_and_what_to_do(monkeypatch, error):
    def failing(_):
        raise TemplateFailed(type(error).__name__, str(error), "")

    monkeypatch.setattr(cage_choice, "cage_for", failing)
    with pytest.raises(PolicyError) as raised:
        Guard()
    assert str(raised.value).startswith(
        f"what finds personal data cannot be loaded: {type(error).__name__}"
    )
    assert "ulimit -v" in raised.value.remedy


def test_required_isolation_is_refused_with_live_objects(unconfined):
    with pytest.raises(PolicyError, match="as objects"):
        Guard(Policy(isolation="require"), nlp_engine=unconfined.detector.nlp_engine)


def test_no_isolation_is_said_in_the_certificate(unconfined, guard):
    for one, expected in ((unconfined, b'"isolation":[]'), (guard, b'"seccomp"')):
        case = one.case("CASE-1")
        case.add(b"nothing", name="a.txt")
        assert expected in case.close().payload


def test_there_is_landlock_here():
    assert landlock.version() > 0
