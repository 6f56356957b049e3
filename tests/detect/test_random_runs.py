"""What is drawn at random says nothing, whatever the model reads in it; what people write beside it does."""

from __future__ import annotations

import base64
import random
import time

import pytest

from pii_guard.detect.random_runs import random_runs


def runs(text: str) -> list[str]:
    return [text[start:end] for start, end in random_runs(text)]


@pytest.mark.parametrize(
    "token",
    [
        "f+zrIUcVAO1nezPXCKcp+w==", "Wh2u1arMEuRKO-OpFm4-Uw", "f-sEddpHoU0Pjpy9oPFO3ndFTjixYPZVmKwJZv5SXog",
        "sha384-xZrCh50pJk4sOGFb8xxcIAeNLcpEzkoFUvStiBEoArWI3SB7QrLOXsl7iQBsTN+c", "k-413aa98eacff79ba",
        "aEtAM3SQ9P7d/ot4o0mVRLRavUuL7zAtjvW85+6mvDw=", "q-48a0ffa6e966e48e",
    ],
)  # fmt: skip
def test_a_token_is_one_run(token):
    assert runs(f"Status 403 {token}, it said") == [token]


def test_most_tokens_are_found():
    dice = random.Random(7)
    tokens = [base64.b64encode(dice.randbytes(size)).decode() for size in (24, 32, 48, 256) * 50]
    assert sum(runs(token) == [token] for token in tokens) > 150


@pytest.mark.parametrize(
    "text",
    [
        "JaneRoe1987-12MainStreet-Springfield", "jane.roe@mail-7.example", "Hauptstraße12/4b-80331München",
        "/users/JaneRoe/12MainStreet", "jane-roe-1987-04-12-berlin", "4111111111111111", "DE89370400440532013000",
        "Jane/Roe/Whitfield/Springfield", "k-49151234567890", "AB12CD34EF56GH78",
    ],
)  # fmt: skip
def test_what_people_write_is_none(text):
    assert runs(text) == []


def test_a_name_beside_one_is_no_part_of_it():
    token = "Wh2u1arMEuRKO+OpFm4+Uw8xQ2"
    assert runs(f"/{token}/JaneRoe/{token}") == [f"/{token}/", f"/{token}"]


@pytest.mark.parametrize(
    "text",
    [
        "<p>Status 403 q-48a0ffa6e966e48e</p>",
        "The request failed with status 403. Identifier: Wh2u1arMEuRKO-OpFm4-Uw\nNothing else was seen.\n",
        "id,status\nizMO0y1b8yoB6kM5pyyhrgC3a3vrAXsWxoEZomGoZgg=,403\naEtAM3SQ9P7d/ot4o0mVRLRavUuL7zAtjvW85+6mvDw=,200\n",
    ],
    ids=["in a page", "in a sentence", "in a table"],
)
def test_nobody_is_found_in_one(guard, text):
    assert guard.redact_text(text) == text


def test_what_one_encodes_is_found(guard):
    told = base64.b64encode(b"Jane Whitfield, jane.whitfield@whitfield-post.net").decode()
    out = guard.redact_text(f"The token {told} came back.")
    assert told not in out


@pytest.mark.parametrize(
    "unit",
    ["a", "aB3", "k-", "aB3-", "Ab", "0a-", "A" * 40 + "b0/", "A" * 70 + "=", "Abc" * 30 + "D/"],
)
def test_time_is_linear(unit):
    text = unit * (300_000 // len(unit))
    began = time.process_time()
    runs(text)
    assert time.process_time() - began < 1
