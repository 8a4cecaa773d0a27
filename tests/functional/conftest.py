"""One storage emulator for all functional tests, and a vault for each that asks for one.

Never shared between processes; tests keep apart by names.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.azurite import azurite
from sandbox.control import Controlled
from sandbox.keyvault import KeyVault
from shared.adapters.azure.tables import Tables
from tests.functional.vault import over_https

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


@pytest.fixture
def vault() -> KeyVault:
    """A vault that knows one identity, whose token is `good`."""
    return KeyVault(accepts=lambda token: token == "good")


@pytest.fixture
def door(vault: KeyVault) -> Controlled:
    """The way to the vault, which can be told to fail."""
    return Controlled(vault)


@pytest.fixture
def address(door: Controlled, tmp_path: Path) -> Iterator[str]:
    """The vault's address, behind its door."""
    with over_https(door, tmp_path) as url:
        yield url
