"""Messages over a socket: whole or in parts, one by one or together, and what is no message."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.isolation.frames import Closed, Frame, Garbled, Inbox, Late, packed, receive, send

MESSAGES = st.lists(
    st.tuples(st.dictionaries(st.text(), st.integers() | st.text()), st.binary(max_size=300)),
    max_size=8,
)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def soon():
    return time.monotonic() + 5


@given(MESSAGES, st.lists(st.integers(1, 200), min_size=1))
@settings(deadline=None)
def test_what_is_sent_comes_whatever_pieces_it_comes_in(messages, sizes):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sent = b"".join(packed(*one) for one in messages)

        def write():
            done = 0
            for size in itertools.cycle(sizes):
                if done >= len(sent):
                    return
                theirs.sendall(sent[done : done + size])
                done += size

        writer = threading.Thread(target=write)
        writer.start()
        inbox = Inbox(ours)
        assert [inbox.receive(soon()) for _ in messages] == [Frame(*one) for one in messages]
        writer.join()
        assert not inbox.is_ready(0)


def test_messages_that_were_sent_together_are_there_after_one_look(ends, monkeypatch):
    ours, theirs = ends
    inbox, looks = Inbox(ours), []
    read = os.read
    monkeypatch.setattr(os, "read", lambda fd, most: looks.append(fd) or read(fd, most))
    theirs.sendall(b"".join(packed({"n": n}, b"x" * n) for n in range(20)))
    assert [inbox.receive(soon()) for _ in range(20)] == [
        Frame({"n": n}, b"x" * n) for n in range(20)
    ]
    assert len(looks) == 1


def test_who_may_be_given_a_file_reads_no_byte_after_a_message(ends, tmp_path):
    ours, theirs = ends
    (tmp_path / "a").write_bytes(b"given")
    theirs.sendall(packed({"file": 1}, b"blob"))
    with (tmp_path / "a").open("rb") as file:
        socket.send_fds(theirs, [b"f"], [file.fileno()])
    assert receive(ours.fileno()) == Frame({"file": 1}, b"blob")
    said, [fd], _, _ = socket.recv_fds(ours, 1, 1)
    assert (said, os.read(fd, 9)) == (b"f", b"given")
    os.close(fd)


def test_large_ones_come_as_they_are_read(ends):
    ours, theirs = ends
    blob = os.urandom(3 << 20)
    writer = threading.Thread(target=send, args=(theirs.fileno(), {"a": 1}, blob))
    writer.start()
    assert Inbox(ours).receive(soon()) == Frame({"a": 1}, blob)
    writer.join()


def test_half_a_message_is_late(ends):
    ours, theirs = ends
    theirs.sendall(packed({"a": 1}, b"blob")[:-1])
    with pytest.raises(Late):
        Inbox(ours).receive(time.monotonic() + 0.05)


def test_what_came_before_the_moment_counts_after_it(ends):
    """The clock is for who is waited for, not for how long it took to look."""
    ours, theirs = ends
    theirs.sendall(packed({"a": 1}) + packed({"b": 1}))
    inbox = Inbox(ours)
    assert inbox.receive(soon()).told == {"a": 1}
    assert inbox.receive(time.monotonic() - 1).told == {"b": 1}


def test_the_end_is_closed_and_what_was_said_before_it_is_heard(ends):
    ours, theirs = ends
    theirs.sendall(packed({"a": 1}))
    theirs.close()
    inbox = Inbox(ours)
    assert inbox.receive(soon()).told == {"a": 1}
    for read in (lambda: inbox.receive(soon()), lambda: receive(ours.fileno())):
        with pytest.raises(Closed):
            read()


@pytest.mark.parametrize(
    "said",
    [
        b"\xff" * 12,
        b"\0\0\0\1" + b"\0" * 8 + b"1",
        b"\0\0\0\1" + b"\0" * 8 + b"{",
        b"\0\0\x40\0" + b"\0" * 8 + b"[" * 0x4000,
    ],
    ids=["too long", "no object", "no JSON", "too deep"],
)
def test_what_is_no_message_is_garbled(ends, said):
    ours, theirs = ends
    theirs.sendall(said)
    with pytest.raises(Garbled):
        Inbox(ours).receive(soon())


def test_after_its_socket_is_closed_no_other_file_is_read(ends):
    ours, _ = ends
    inbox = Inbox(ours)
    number = ours.fileno()
    ours.close()
    spare = os.open(os.devnull, os.O_RDONLY)
    held = os.dup2(spare, number)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            inbox.receive(soon())
    finally:
        os.close(held)
        if spare != held:
            os.close(spare)
