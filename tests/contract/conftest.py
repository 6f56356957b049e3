"""The hooks that the contract is asked of."""

from __future__ import annotations

import pytest

from tests.contract.adapters import KINDS


@pytest.fixture(params=KINDS)
def hook(request, guard):
    """A hook before an empty store, under the built-in policy."""
    return KINDS[request.param](guard, request)


@pytest.fixture(params=KINDS)
def hook_of(request):
    """Makes a hook of a guard."""
    return lambda guard: KINDS[request.param](guard, request)
