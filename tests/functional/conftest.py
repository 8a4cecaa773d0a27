"""One storage emulator for all functional tests.

Never shared between processes; tests keep apart by names.
"""

import pytest

from sandbox.azurite import azurite


@pytest.fixture(scope="session")
def storage():
    """The connection string of an Azurite that ends with the session."""
    with azurite() as running:
        yield running.connection_string
