"""Node-RED as a process: installed when it is first asked for, its flow started, its counts read.

Never installed for anything else, and never reached from another machine.
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import requests

from bench.nodered.flow import COUNTS, flow
from sandbox import node
from sandbox.azurite import free_ports
from sandbox.leash import Leash
from sandbox.processes import Program
from sandbox.web import LOOPBACK

PACKAGES: Final = {"node-red": "5.0.7"}  # Apache-2.0
FOLDER: Final = node.ROOT / ".tools" / "nodered"
_SETTINGS: Final = Path(__file__).with_name("settings.cjs")


class NotInstalledError(Exception):
    """Node-RED is not here and cannot be had; the text says why."""


class NodeRed:
    """A running Node-RED with the flow.

    Attributes:
        port: where it listens.
        group: its process group.
    """

    def __init__(self, program: Program, port: int) -> None:
        self._program = program
        self.port = port
        self.group = program.group

    def written(self) -> int:
        """Return how many invoices it has written.

        Raises:
            RuntimeError: Dataverse refused some; the text holds the end of its log.
        """
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(f"http://{LOOPBACK}:{self.port}{COUNTS}", timeout=30).json()
        if found["refused"]:
            raise RuntimeError(f"Node-RED's writes are refused:\n{self._program.tail()}")
        return int(found["written"])


@contextlib.contextmanager
def running(environment: Mapping[str, str]) -> Iterator[NodeRed]:
    """Run Node-RED with the flow.

    Args:
        environment: what the functions of the flow ask for by name.

    Raises:
        NotInstalledError: npm cannot be reached, or does not install it.
        StartError: it did not come up.
    """
    try:
        installed = node.install(FOLDER, PACKAGES)
    except (RuntimeError, OSError) as error:
        raise NotInstalledError(" ".join(str(error).splitlines()[:2])) from error
    (port,) = free_ports(1)
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="nodered-")))
        (folder / "flow.json").write_text(json.dumps(flow()))
        red = installed / "node_modules" / "node-red" / "red.js"
        leash = ending.enter_context(Leash())
        program = Program(
            "Node-RED",
            [
                node.node(),
                str(red),
                "--userDir",
                str(folder),
                "--settings",
                str(_SETTINGS),
                "--port",
                str(port),
                str(folder / "flow.json"),
            ],
            folder=folder,
            environment=node.environment() | dict(environment),
            log=folder / "node-red.log",
            leash=leash,
        )
        ending.callback(program.end)
        started = NodeRed(program, port)
        program.wait_until(lambda: _answers(started))
        yield started


def _answers(started: NodeRed) -> bool:
    try:
        started.written()
    except (requests.RequestException, ValueError):
        return False
    return True
