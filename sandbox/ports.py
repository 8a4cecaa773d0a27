"""The ports the sandbox listens on: settings with defaults, and free ones where those are taken.

Never reserves a port: between choosing and listening another program may be faster.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from sandbox.azurite import free_ports
from sandbox.web import LOOPBACK

# One variable per port, such as SANDBOX_PORT_FUNCTIONS=7072.
PREFIX = "SANDBOX_PORT_"


@dataclass(frozen=True)
class Ports:
    """Where each service listens; the storage ports are those Azurite has by itself."""

    functions: int = 7071
    front: int = 8443
    freshbooks: int = 8081
    dataverse: int = 8082
    identity: int = 8083
    vault: int = 8084
    blob: int = 10_000
    queue: int = 10_001
    table: int = 10_002

    @property
    def storage(self) -> tuple[int, int, int]:
        """Return the three of Azurite in its order."""
        return self.blob, self.queue, self.table

    @classmethod
    def free(cls) -> Self:
        """Return free ports for everything, so that several sandboxes run beside each other."""
        return cls(*free_ports(len(asdict(cls()))))

    @classmethod
    def choose(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the configured ports, and a free one for each that is taken.

        Args:
            environment: variables to read; None reads those of the process.

        Raises:
            ValueError: a variable is no port number.
        """
        variables = os.environ if environment is None else environment  # noqa: TID251  # the sandbox's own settings
        wanted = {
            name: int(variables.get(f"{PREFIX}{name.upper()}", default))
            for name, default in asdict(cls()).items()
        }
        spare = iter(free_ports(len(wanted)))
        return cls(
            **{name: port if _is_free(port) else next(spare) for name, port in wanted.items()}
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port that was closed a moment ago can be had again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
