"""Every port twice: the fake in memory, and the adapter over an emulator of the real service.

Never the same names twice: the tests share the emulators.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.keyvault import KeyVault
from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.circuits import TableCircuits
from shared.adapters.azure.claims import TableClaims
from shared.adapters.azure.connections import TableBusinesses, TableConsents
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.journal import TableJournal
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.letters import TableDeadLetters
from shared.adapters.azure.registrations import TableRegistrations
from shared.adapters.azure.runs import TableRuns
from shared.adapters.azure.shares import TableShares
from shared.adapters.azure.tables import Tables
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Circuits,
    Claims,
    Consents,
    DeadLetters,
    Holds,
    Journal,
    Leases,
    Registrations,
    Secrets,
    Shares,
)
from shared.sync.ports.runs import Runs
from tests.functional.vault import Credential, over_https
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryCircuits,
    MemoryClaims,
    MemoryConsents,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryLeases,
    MemoryRegistrations,
    MemoryRuns,
    MemorySecrets,
    MemoryShares,
)


@pytest.fixture(params=["memory", "azure"])
def azure(request: pytest.FixtureRequest) -> Tables | None:
    """The emulator's tables, or None where the fake's turn is."""
    if request.param == "memory":
        return None
    tables = request.getfixturevalue("tables")
    assert isinstance(tables, Tables)
    return tables


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC))


@pytest.fixture
def journal(azure: Tables | None) -> Journal:
    return TableJournal(azure) if azure else MemoryJournal()


@pytest.fixture
def holds(azure: Tables | None) -> Holds:
    return TableHolds(azure) if azure else MemoryHolds()


@pytest.fixture
def dead_letters(azure: Tables | None) -> DeadLetters:
    return TableDeadLetters(azure) if azure else MemoryDeadLetters()


@pytest.fixture
def checkpoints(azure: Tables | None) -> Checkpoints:
    return TableCheckpoints(azure) if azure else MemoryCheckpoints()


@pytest.fixture
def circuits(azure: Tables | None) -> Circuits:
    return TableCircuits(azure) if azure else MemoryCircuits()


@pytest.fixture
def claims(azure: Tables | None) -> Claims:
    return TableClaims(azure) if azure else MemoryClaims()


@pytest.fixture
def businesses(azure: Tables | None) -> Businesses:
    return TableBusinesses(azure) if azure else MemoryBusinesses()


@pytest.fixture
def registrations(azure: Tables | None) -> Registrations:
    return TableRegistrations(azure) if azure else MemoryRegistrations()


@pytest.fixture
def consents(azure: Tables | None) -> Consents:
    return TableConsents(azure) if azure else MemoryConsents()


@pytest.fixture
def leases(azure: Tables | None, clock: FakeClock) -> Leases:
    return TableLeases(azure, clock=clock) if azure else MemoryLeases(clock)


@pytest.fixture
def shares(azure: Tables | None, account: str) -> Shares:
    return TableShares(azure, account) if azure else MemoryShares(lambda: datetime.now(UTC))


@pytest.fixture
def runs(azure: Tables | None) -> Runs:
    return TableRuns(azure) if azure else MemoryRuns()


@pytest.fixture(params=["memory", "azure"])
def secrets(request: pytest.FixtureRequest) -> Secrets:
    if request.param == "memory":
        return MemorySecrets()
    return KeyVaultSecrets(request.getfixturevalue("vault_address"), Credential())


@pytest.fixture(scope="module")
def vault_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    vault = KeyVault(accepts=lambda token: token == "good")
    with over_https(vault, tmp_path_factory.mktemp("vault")) as address:
        yield address
