"""How a run ends: the exit codes of the README, one clear line, never a traceback."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

SECRET = "Margaret Whitfield"
MAIL = "m.whitfield@mail.example"


@pytest.fixture
def start(tmp_path):
    """Start `pii-guard ARGS` in a process of its own, after `before` was run in it."""

    def begin(*args, before="", **options):
        code = f"{textwrap.dedent(before)}\nfrom pii_guard.cli import main\nmain()"
        env = {**os.environ, "PII_GUARD_KEY": str(tmp_path / "key.pem")}
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, args)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=tmp_path, **options,
        )  # fmt: skip

    return begin


@pytest.fixture
def report(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(f"{SECRET} <{MAIL}>")
    (folder / "b.txt").write_text("nothing")
    return folder


AT_FIRST = """
    import os, signal
    from pii_guard.cli import {module} as module
    def interrupt(*_, **__):
        os.kill(os.getpid(), signal.{signal})
        raise AssertionError("the signal was not heard")
    module.{name} = interrupt
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("module", "function"), [("redact", "load_policy"), ("storing", "_written")]
)
def test_an_interrupted_run_says_so_and_leaves_nothing(
    start, report, tmp_path, module, function, name
):
    before = AT_FIRST.format(module=module, signal=name, name=function)
    run = start("redact", report, "--output", tmp_path / "deep" / "out", before=before)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert out == b""
    assert [
        line
        for line in err.splitlines()
        if b"made a signing key" not in line and b"not encrypted" not in line
    ] == [b"pii-guard: interrupted; nothing half-written is left, run it again"]
    assert not (tmp_path / "deep").exists()


def test_a_signal_from_outside_ends_a_run_at_work(start, tmp_path):
    (tmp_path / "long.txt").write_text(
        "\n".join(f"Anna Berg {n} met Carl Diaz in town, order {n * 7919}." for n in range(20_000))
    )
    run = start(
        "scan", "long.txt", before="import sys; sys.stderr.write('on\\n'); sys.stderr.flush()"
    )
    assert run.stderr.readline() == b"on\n"
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(4)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (130, b"")
    assert err.count(b"\n") == 1
    assert b"interrupted" in err


def test_a_signal_amid_the_renaming_waits_until_all_is_in_place(start, report, tmp_path):
    before = """
        import os, signal
        from pii_guard.cli import storing
        place = storing.place
        def interrupted(*args):
            os.kill(os.getpid(), signal.SIGINT)
            place(*args)
        storing.place = interrupted
    """
    run = start("redact", report, "--output", tmp_path / "out", before=before)
    run.communicate(timeout=60)
    assert run.returncode == 130
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "a.txt", "b.txt", "certificate.json",
    ]  # fmt: skip


def test_a_job_started_deaf_to_hang_up_stays_so(start, report):
    before = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom pii_guard.cli import scan as module\nimport os\nload = module.load_policy\nmodule.load_policy = lambda *a: (os.kill(os.getpid(), signal.SIGHUP), load(*a))[1]"
    run = start("scan", report, before=before)
    run.communicate(timeout=60)
    assert run.returncode == 1


def test_an_internal_error_is_4_and_shows_no_value(start, report):
    before = f"""
        from pii_guard.cli import scan
        def broken(*_):
            value = "{MAIL}"
            raise RuntimeError(f"cannot handle {{value}}")
        scan.load_policy = broken
    """
    run = start("scan", report, before=before)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 4
    assert out == b""
    assert err.count(b"\n") == 1
    assert b"RuntimeError" in err
    assert b"whitfield" not in err
    assert b"Traceback" not in err


def test_a_disk_that_fails_where_nobody_expects_it_is_2_and_shows_no_name(start, report):
    before = f"""
        from pii_guard.cli import scan
        def broken(*_):
            raise OSError(5, "Input/output error", "{SECRET}.txt")
        scan.load_policy = broken
    """
    run = start("scan", report, before=before)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (2, b"")
    assert b"Input/output error" in err
    assert SECRET.encode() not in err


def test_libraries_cannot_speak_past_us(start, report):
    before = f"""
        import logging, threading, warnings
        from pii_guard.cli import scan
        load = scan.load_policy
        class Late:
            def __del__(self):
                raise RuntimeError("{MAIL}")
        def chatty(*args):
            logging.getLogger("a.library").error("{MAIL}")
            warnings.warn("{MAIL}")
            Late()
            def fail():
                raise RuntimeError("{MAIL}")
            thread = threading.Thread(target=fail)
            thread.start(); thread.join()
            return load(*args)
        scan.load_policy = chatty
    """
    run = start("scan", report, before=before)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (1, b"")
    assert b"whitfield" not in out


@pytest.mark.parametrize("output_format", ["table", "json"])
def test_a_reader_who_leaves_changes_no_exit_code(start, report, output_format):
    run = start("scan", report, "--format", output_format)
    run.stdout.close()
    assert run.stderr.read() == b""
    assert run.wait(60) == 1


def test_redacted_bytes_that_nobody_took_were_not_stored(start, report):
    with (report / "a.txt").open("rb") as source:
        run = start("redact", "-", stdin=source)
        run.stdout.close()
        assert b"Traceback" not in run.stderr.read()
        assert run.wait(60) == 3


def test_help_into_a_closed_pipe_is_quiet(start):
    run = start("--help")
    run.stdout.close()
    assert run.stderr.read() == b""
    assert run.wait(60) == 0


def closing(number):
    return {"preexec_fn": lambda: os.close(number)}


def test_closed_standard_error_gets_no_message_into_a_copy(start, report, tmp_path):
    run = start("redact", report, "--output", tmp_path / "out", **closing(2))
    run.communicate(timeout=60)
    assert run.returncode == 0
    assert (tmp_path / "out" / "a.txt").read_text() == "<PERSON_1> <<EMAIL_ADDRESS_1>>"
    [envelope] = (tmp_path / "out").glob("*.json")
    payload = base64.b64decode(json.loads(envelope.read_text())["payload"])
    assert json.loads(payload)["predicate"]["coverage"]["isolation"]


def test_with_standard_output_closed_nothing_is_begun(start, report, tmp_path):
    run = start("redact", report, "--output", tmp_path / "out", **closing(1))
    _, err = run.communicate(timeout=60)
    assert (run.returncode, err.count(b"\n")) == (2, 1)
    assert b"standard output is closed (" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("verb", "code"), [("redact", 2), ("scan", 2)])
def test_closed_standard_input_is_not_empty(start, verb, code):
    run = start(verb, "-", **closing(0))
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (code, b"")
    assert b"standard input is closed (" in err
    run = start(verb, "-", stdin=subprocess.DEVNULL)
    run.communicate(timeout=60)
    assert run.returncode == 0


def test_a_terminal_without_our_letters_gets_through(start, tmp_path):
    (tmp_path / "Größe.txt").write_text("nothing")
    before = "import sys; sys.stdout.reconfigure(encoding='ascii', errors='strict')"
    run = start("scan", "Größe.txt", before=before)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, b"")
    assert b"Gr" in out


def test_usage_errors_are_2_in_one_voice(start):
    for args in (["scan"], ["frobnicate"], ["scan", "x", "--format", "xml"], []):
        run = start(*args)
        out, err = run.communicate(timeout=60)
        assert run.returncode == 2
        assert b"Traceback" not in err
        assert err or out
