"""Storage of their own for the tests across releases, and both releases' processes.

Never shared with other tests: a poll looks at every business there is.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.azurite import azurite
from tests.upgrade.releases import ROOT, Firm, Release, Services, clean, services, unpack


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    with azurite() as running:
        yield running.connection_string


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the previous release's code is."""
    folder = tmp_path_factory.mktemp("previous")
    if why := unpack(folder):
        pytest.skip(why)
    return folder


@pytest.fixture(scope="session")
def served(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("secrets")
    with services(storage, folder) as found:
        yield found


@pytest.fixture(scope="session")
def old_process(previous: Path, served: Services) -> Iterator[Release]:
    release = Release(previous, served.told)
    yield release
    release.close()


@pytest.fixture(scope="session")
def new_process(served: Services) -> Iterator[Release]:
    release = Release(ROOT, served.told)
    yield release
    release.close()


@pytest.fixture(scope="module")
def around(storage: str, served: Services) -> Services:
    """The services and the tables, with nothing in them."""
    clean(storage, Path(served.told["secrets"]))
    served.renew()
    return served


@pytest.fixture(scope="module")
def old(around: Services, old_process: Release) -> Release:
    return old_process


@pytest.fixture(scope="module")
def new(around: Services, new_process: Release) -> Release:
    return new_process


@pytest.fixture(scope="module")
def firm(around: Services, old: Release, new: Release) -> Firm:
    """A firm that the previous release connected."""
    made = Firm(around, old, new)
    made.connect(old)
    return made
