"""The hooks that the contract is asked of."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if find_spec("fsspec"):
    from tests.contract.adapters import KINDS
else:  # no hook is installed
    KINDS, collect_ignore_glob = {}, ["test_*.py"]

SERVED = {"boto3", "fsspec-s3"}
"""Those whose store is a server of the tests' own."""
ASKED = [
    pytest.param(kind, marks=[pytest.mark.localhost] if kind in SERVED else []) for kind in KINDS
]


@pytest.fixture(params=ASKED)
def hook(request, guard):
    """A hook before an empty store, under the built-in policy."""
    return KINDS[request.param](guard, request)


@pytest.fixture(params=ASKED)
def hook_of(request):
    """Makes a hook of a guard."""
    return lambda guard: KINDS[request.param](guard, request)
