"""Everything the connector runs against, and the connector's own host, as processes.

Never leaves one behind: each is its own process group, and each group is ended.
"""

import contextlib
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import requests

from sandbox.authority import Authority, trusted_environment
from sandbox.azurite import Storage, azurite, free_ports
from sandbox.leash import Leash
from sandbox.ports import Ports
from sandbox.processes import Program
from sandbox.remotes import Remote, RemoteBooks, RemoteRows
from sandbox.services import IDENTITY_HEADER, SERVED, Addresses, addresses, application
from sandbox.web import LOOPBACK

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".sandbox"


class Stack:
    """A sandbox that is up, and the way to start and stop the connector in it.

    Attributes:
        folder: logs, certificates and the environment file.
        ports: where everything listens.
        addresses: of the services and the front end.
        storage: the emulator.
        functions: address of the function app.
        front: address of the function app as a browser reaches it: over TLS.
        environment: the connector's settings and what a process needs to run with them.
        books: FreshBooks' books.
        rows: Dataverse's rows.
    """

    def __init__(
        self,
        *,
        folder: Path,
        ports: Ports,
        storage: Storage,
        leash: Leash,
        services: Program,
        settings: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.ports = ports
        self.storage = storage
        self.addresses = addresses(ports)
        self.functions = f"http://{LOOPBACK}:{ports.functions}"
        self.front = self.addresses.front
        self.settings = _settings(self.addresses, storage) | dict(settings)
        self.environment = (
            _inherited() | trusted_environment(folder / "certificates" / "ca.pem") | self.settings
        )
        self.books = RemoteBooks(self.addresses.freshbooks)
        self.rows = RemoteRows(
            self.addresses.dataverse, identity=self.addresses.identity, header=IDENTITY_HEADER
        )
        self.host = Remote(self.functions)
        self._leash = leash
        self._services = services
        self._program: Program | None = None
        self._others: list[Program] = []

    @property
    def groups(self) -> list[int]:
        """The process groups that are running."""
        started = (self._services, self._program, *self._others)
        return [self.storage.pid, *(each.group for each in started if each is not None)]

    @property
    def log(self) -> Path:
        """Where the host writes."""
        return self.folder / "functions.log"

    def start_host(
        self,
        *,
        func: str | None = None,
        lease: float | None = None,
        disabled: Iterable[str] = (),
        by_hand: Iterable[str] = (),
    ) -> None:
        """Start the function app and wait until it is healthy.

        Args:
            func: path of Azure Functions Core Tools; None runs the sandbox's own host.
            lease: seconds after which a message comes back whose host was killed; None means the
                platform's ten minutes. Only the sandbox's own host can be told.
            disabled: functions that do not run.
            by_hand: timers that fire only when they are asked to. Only the sandbox's own host can
                be told.

        Raises:
            StartError: it did not come up.
        """
        port = str(self.ports.functions)
        command = [func, "start", "--port", port] if func else _host(port, lease, by_hand)
        self._program = self._start("The function app", command, self.log, disabled)
        self._program.wait_until(lambda: _answers(f"{self.functions}/api/health"))

    def start_queue_host(self, *, disabled: Iterable[str]) -> None:
        """Start another process of the function app, for those that are not disabled in it.

        Flex Consumption runs the functions that answer HTTP in one process and every queue
        function in others, as many as there is work for.

        Raises:
            StartError: it did not come up.
        """
        port = free_ports(1)[0]
        number = f"-{len(self._others) + 1}" if self._others else ""
        log = self.folder / f"queue-functions{number}.log"
        other = self._start("The queue's function app", _host(str(port), None, ()), log, disabled)
        self._others.append(other)
        other.wait_until(lambda: _answers(f"http://{LOOPBACK}:{port}/api/health"))

    def _start(self, name: str, command: list[str], log: Path, disabled: Iterable[str]) -> Program:
        return Program(
            name,
            command,
            folder=ROOT,
            environment=self.environment
            | {f"AzureWebJobs.{each}.Disabled": "true" for each in disabled},
            log=log,
            leash=self._leash,
        )

    def stop_host(self) -> None:
        """End the function app; what it was doing it may finish."""
        for program in (self._program, *self._others):
            if program is not None:
                program.end()
        self._program, self._others = None, []

    def kill_host(self) -> None:
        """Kill the function app's process group, as a machine that fails would."""
        if self._program is not None:
            self._program.kill()
            self._program = None

    def host_tail(self) -> str:
        """Return the end of the host's log, "" before its first start."""
        return self._program.tail() if self._program is not None else ""

    def write_environment(self) -> Path:
        """Write what `python -m shared` needs into a file for a shell to source."""
        path = self.folder / "env"
        own = self.settings | trusted_environment(self.folder / "certificates" / "ca.pem")
        path.write_text(
            "".join(f"export {name}={shlex.quote(value)}\n" for name, value in own.items())
        )
        return path


@contextlib.contextmanager
def stack(
    folder: Path = FOLDER,
    ports: Ports | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    sales: bool = True,
) -> Iterator[Stack]:
    """Start Azurite and the services, and end them and the host with the context.

    Args:
        folder: for logs and certificates; those of an earlier stack go.
        ports: None takes the configured ones.
        settings: of the connector, over the stack's own.
        sales: whether Dynamics 365 Sales is installed in Dataverse.

    Yields:
        The stack; its host is not started yet.

    Raises:
        StartError: something did not come up.
    """
    ports = ports or Ports.choose()
    certificates = folder / "certificates"
    _clear(folder)
    Authority().write(certificates)
    with contextlib.ExitStack() as ending:
        leash = ending.enter_context(Leash())
        serving = Program(
            "The services",
            _services(ports, certificates, sales=sales),
            folder=ROOT,
            environment=_inherited() | trusted_environment(certificates / "ca.pem"),
            log=folder / "services.log",
            leash=leash,
        )
        ending.callback(serving.end)
        storage = ending.enter_context(azurite(ports=ports.storage))
        running = Stack(
            folder=folder,
            ports=ports,
            storage=storage,
            leash=leash,
            services=serving,
            settings=settings or {},
        )
        for each in (running.books, running.rows, running.host):
            ending.callback(each.close)
        where = running.addresses
        serving.wait_until(
            lambda: all(
                _listens(url)
                for url in (where.freshbooks, where.dataverse, where.vault, where.front)
            )
        )
        ending.callback(running.stop_host)
        yield running


def _clear(folder: Path) -> None:
    """Remove what an earlier stack left here, and nothing else."""
    shutil.rmtree(folder / "certificates", ignore_errors=True)
    for old in (*folder.glob("*.log"), folder / "env"):
        old.unlink(missing_ok=True)


def _host(port: str, lease: float | None, by_hand: Iterable[str]) -> list[str]:
    command = [sys.executable, "-m", "sandbox.host", "--port", port, "--app", str(ROOT)]
    for timer in by_hand:
        command += ["--by-hand", timer]
    return command if lease is None else [*command, "--lease", str(lease)]


def _services(ports: Ports, certificates: Path, *, sales: bool) -> list[str]:
    command = [sys.executable, "-m", "sandbox.services", "--certificates", str(certificates)]
    for name in SERVED:
        command += [f"--{name}", str(getattr(ports, name))]
    return command if sales else [*command, "--without-sales"]


def _settings(where: Addresses, storage: Storage) -> dict[str, str]:
    app = application(where)
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": storage.connection_string,
        "FRESHBOOKS_CLIENT_ID": app.client_id,
        "FRESHBOOKS_CLIENT_SECRET": app.client_secret,
        "FRESHBOOKS_REDIRECT_URI": app.redirect_uris[0],
        "FRESHBOOKS_API_URL": where.freshbooks,
        "FRESHBOOKS_AUTH_URL": where.freshbooks,
        "DATAVERSE_URL": where.dataverse,
        "DATAVERSE_SIGN_IN": "managed-identity",
        "KEY_VAULT_URL": where.vault,
        "PUBLIC_URL": where.front,
        # The simulators limit nobody unless they are told to.
        "DATAVERSE_REQUESTS_PER_SECOND": "0",
        "FRESHBOOKS_REQUESTS_PER_SECOND": "0",
        "IDENTITY_ENDPOINT": f"{where.identity}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
    }


def _inherited() -> dict[str, str]:
    environ = dict(os.environ)  # noqa: TID251  # child processes inherit ours, nothing is read
    # A proxy of the machine has nothing to do between loopback ports.
    bypass = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    local = ",".join(filter(None, (bypass, LOOPBACK, "localhost")))
    return environ | {"NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1"}


def _answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=30).ok
        except requests.RequestException:
            return False


def _listens(url: str) -> bool:
    host, _, port = url.rpartition("/")[2].partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False
