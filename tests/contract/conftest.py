"""The hooks that the contract is asked of."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if find_spec("fsspec"):
    from tests.contract.adapters import KINDS

    if all(map(find_spec, ("django", "flask", "python_multipart", "starlette", "uvicorn"))):
        from tests.contract.web import WEB_KINDS

        KINDS = KINDS | WEB_KINDS
else:  # no hook is installed
    KINDS, collect_ignore_glob = {}, ["test_*.py"]

PARAMS = [
    pytest.param(kind, marks=pytest.mark.localhost if KINDS[kind].has_server else ())
    for kind in KINDS
]


@pytest.fixture(params=PARAMS)
def hook(request, guard):
    """A hook before an empty store, under the built-in policy."""
    return KINDS[request.param](guard, request)


@pytest.fixture(params=PARAMS)
def hook_of(request):
    """Makes a hook of a guard."""
    return lambda guard: KINDS[request.param](guard, request)
