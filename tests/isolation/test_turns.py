"""Nobody has a turn before who asked earlier, and a turn that nobody takes is not lost."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from pii_guard.isolation.turns import Turns


def waiting(turns, count):
    until = time.monotonic() + 10
    while len(turns._waiting) < count:
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.mark.parametrize("count", [1, 2])
def test_turns_come_in_order_and_no_more_than_allowed_at_once(count):
    turns, order, at_once, most = Turns(count), [], [0], [0]
    lock = threading.Lock()

    def work(number):
        with turns:
            with lock:
                order.append(number)
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.001)
            with lock:
                at_once[0] -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(30)]
    with ExitStack() as taken:
        for _ in range(count):
            taken.enter_context(turns)
        for number, one in enumerate(threads):
            one.start()
            waiting(turns, number + 1)
    for one in threads:
        one.join(10)
    assert sorted(order) == list(range(30))
    # Of two that are at work at one time either may come to note it first.
    assert count > 1 or order == sorted(order)
    assert most[0] == count


@pytest.mark.parametrize("given", [False, True], ids=["still waiting", "just given"])
def test_who_is_interrupted_while_waiting_takes_no_turn_along(monkeypatch, given):
    turns = Turns(1)
    made = threading.Lock

    class Interrupting:
        """A lock whose second acquiring is interrupted, before or after it was handed over."""

        def __init__(self):
            self._times, self._lock = 0, made()

        def acquire(self):
            self._times += 1
            if self._times == 2:
                if given:
                    turns.__exit__()
                raise KeyboardInterrupt
            return self._lock.acquire()

        def release(self):
            self._lock.release()

    turns.__enter__()
    monkeypatch.setattr(threading, "Lock", Interrupting)
    with pytest.raises(KeyboardInterrupt):
        turns.__enter__()
    monkeypatch.undo()
    if not given:
        turns.__exit__()
    assert (turns._free, len(turns._waiting)) == (1, 0)
    with turns:
        assert turns._free == 0
