"""Azurite, Microsoft's storage emulator, started for as long as a context lasts.

Never left behind: it ends with the context, and also when this process is killed.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.node import environment, install, node
from sandbox.web import LOOPBACK

PATIENCE = 60.0  # seconds it may take to start

# Azurite's published account; it is the same on every machine and protects nothing.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

# Its input closes when we are gone, however we went; SIGTERM lets it save what it holds. The input
# itself must not keep it alive: after SIGTERM it ends when nothing else does.
_END_WITH_PARENT = (
    'data:text/javascript,process.stdin.on("end",()=>process.kill(process.pid,"SIGTERM"))'
    ".resume().unref();"
)


@dataclass(frozen=True)
class Storage:
    """A running emulator.

    Attributes:
        connection_string: what the storage SDKs and the Functions host take.
        blob: address of the blob service, account included.
        queue: address of the queue service, account included.
        table: address of the table service, account included.
        pid: the emulator's process.
    """

    connection_string: str
    blob: str
    queue: str
    table: str
    pid: int


@contextlib.contextmanager
def azurite(
    folder: Path | str | None = None,
    ports: tuple[int, int, int] | None = None,
) -> Iterator[Storage]:
    """Run Azurite while the context lasts.

    Args:
        folder: where it keeps its data; without one everything is in memory.
        ports: blob, queue and table; without them three free ones are chosen.

    Yields:
        Its addresses, once all three answer.

    Raises:
        RuntimeError: it did not start; the text holds its last lines.
    """
    chosen = ports or free_ports(3)
    keep = ["--location", str(folder)] if folder else ["--inMemoryPersistence"]
    command = [
        node(),
        "--import",
        _END_WITH_PARENT,
        str(install() / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"),
        *keep,
        # The storage SDKs are newer than the API version Azurite knows.
        "--skipApiVersionCheck",
        "--silent",
        "--disableTelemetry",
    ]
    for service, port in zip(("blob", "queue", "table"), chosen, strict=True):
        command += [f"--{service}Host", LOOPBACK, f"--{service}Port", str(port)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _wait(process, chosen):
                output.seek(0)
                raise RuntimeError(f"Azurite did not start: {output.read().decode()[-2000:]}")
            yield _storage(chosen, process.pid)
        finally:
            _end(process)


def free_ports(count: int) -> tuple[int, ...]:
    """Return `count` different ports that nothing listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return tuple(each.getsockname()[1] for each in sockets)


def _storage(ports: tuple[int, ...], pid: int) -> Storage:
    blob, queue, table = (f"http://{LOOPBACK}:{port}/{ACCOUNT}" for port in ports)
    return Storage(
        connection_string=(
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={blob};QueueEndpoint={queue};TableEndpoint={table};"
        ),
        blob=blob,
        queue=queue,
        table=table,
        pid=pid,
    )


def _wait(process: subprocess.Popen[bytes], ports: tuple[int, ...]) -> bool:
    deadline = time.monotonic() + PATIENCE
    for port in ports:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.05)
    return process.poll() is None


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    # Its own session is its own process group: nothing else can be hit.
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)  # it writes down what it keeps in a folder
    if process.stdin:
        process.stdin.close()
