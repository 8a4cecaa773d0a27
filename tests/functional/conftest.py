"""One storage emulator for all functional tests.

Never shared between processes; tests keep apart by names.
"""

import itertools
from collections.abc import Iterator

import pytest

from sandbox.azurite import azurite
from shared.adapters.azure.tables import Tables

_accounts = itertools.count(1)


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """The connection string of an Azurite that ends with the session."""
    with azurite() as running:
        yield running.connection_string


@pytest.fixture(scope="module")
def tables(storage: str) -> Tables:
    return Tables(connection_string=storage)


@pytest.fixture
def account() -> str:
    """An account of its own for each test: they share the tables."""
    return f"account{next(_accounts)}"
