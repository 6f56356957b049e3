"""Values of multipart forms are read under the names of their fields, all of one record."""

from __future__ import annotations

import pytest

from pii_guard import Guard, Policy

HEAD = (
    "POST /kyc HTTP/1.1\r\nHost: kyc.shop.example\r\nContent-Type: multipart/form-data; boundary=xYx\r\n"
    "Content-Length: {}\r\n\r\n"
)


@pytest.fixture(scope="module")
def guard():
    return Guard(policy=Policy(isolation="off"))


def form(**fields: str) -> str:
    parts = [
        f'--xYx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join(parts) + "--xYx--\r\n"
    return HEAD.format(len(body)) + body


def redacted(guard: Guard, **fields: str) -> str:
    result = guard.redact(form(**fields).encode(), name="a.http")
    assert result.output is not None, result.reason
    return result.output.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("bvn", "22318847590"), ("password", "Kd9!xx2"), ("customer[phone]", "0825519034")],
)
def test_the_name_of_a_field_tells_what_its_value_is(guard, name, value):
    assert value not in redacted(guard, **{name: value})


def test_a_first_name_goes_with_what_stands_in_other_fields(guard):
    out = redacted(guard, **{"applicant[given]": "Oluwaseun", "bvn": "22318847590"})
    assert "Oluwaseun" not in out


@pytest.mark.parametrize(
    ("name", "value"), [("comment", "22318847590"), ("plan", "Gold"), ("csrf", "a8d1e0")]
)
def test_other_fields_stay(guard, name, value):
    assert value in redacted(guard, **{name: value})
