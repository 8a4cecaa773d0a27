"""FreshBooks, Dataverse, Entra, Key Vault and the front end: `python -m sandbox.services`.

Never holds any data at start but one empty business, one empty organization and one application.
"""

import argparse
import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.authority import Authority, Certificates
from sandbox.control import Controlled
from sandbox.dataverse import Dataverse
from sandbox.entra import TENANT, Entra
from sandbox.freshbooks import App, FreshBooks
from sandbox.front import Front
from sandbox.keyvault import RESOURCE, KeyVault
from sandbox.ports import Ports
from sandbox.web import LOOPBACK, serve

# The account id is part of every webhook address, so a restart keeps it.
BUSINESS = "Tidewater Advisory"
IDENTITY_HEADER = "sandbox-identity-header"
THREADS = 24
# The ports it is told on its command line.
SERVED = ("functions", "front", "freshbooks", "dataverse", "identity", "vault")


@dataclass(frozen=True)
class Addresses:
    """Where the services answer, and the function app to a browser."""

    front: str
    freshbooks: str
    dataverse: str
    identity: str
    vault: str


def addresses(ports: Ports) -> Addresses:
    """Return the addresses that belong to `ports`."""
    return Addresses(
        front=f"https://localhost:{ports.front}",
        freshbooks=f"http://{LOOPBACK}:{ports.freshbooks}",
        dataverse=f"http://{LOOPBACK}:{ports.dataverse}",
        identity=f"http://{LOOPBACK}:{ports.identity}",
        vault=f"https://localhost:{ports.vault}",
    )


def application(where: Addresses) -> App:
    """Return the connector as it is registered in FreshBooks' developer portal."""
    return App(redirect_uris=(f"{where.front}/api/connect/freshbooks/callback",))


@contextlib.contextmanager
def services(
    ports: Ports, certificates: Certificates, *, sales: bool = True
) -> Iterator[Addresses]:
    """Serve all five while the context lasts.

    Args:
        ports: theirs, and the one the front end finds the function app at.
        certificates: of the front end, and of the vault, which the Azure SDK speaks to over TLS
            only.
        sales: whether Dynamics 365 Sales is installed.

    Yields:
        Their addresses.
    """
    where = addresses(ports)
    entra = Entra(identity_header=IDENTITY_HEADER)
    vault = KeyVault(
        accepts=lambda token: entra.accepts(token, RESOURCE),
        authority=f"{where.identity}/{TENANT}",
    )
    freshbooks = FreshBooks(app=application(where))
    freshbooks.books.business(None).name = BUSINESS
    dataverse = Dataverse(
        url=where.dataverse,
        token_check=lambda token: entra.accepts(token, where.dataverse),
        sales=sales,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(freshbooks.close)
        for app, port in (
            (freshbooks, ports.freshbooks),
            (dataverse, ports.dataverse),
            (entra, ports.identity),
        ):
            stack.enter_context(serve(Controlled(app), port=port, threads=THREADS))
        over_tls = functools.partial(
            serve, certificate=str(certificates.chain), key=str(certificates.key)
        )
        stack.enter_context(over_tls(Controlled(vault), port=ports.vault))
        # It forwards whatever comes, also what `Controlled` would take for itself.
        front = Front(f"http://{LOOPBACK}:{ports.functions}")
        stack.enter_context(over_tls(front, port=ports.front))
        yield where


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    defaults = Ports()
    parser = argparse.ArgumentParser(prog="python -m sandbox.services", description=__doc__)
    for name in SERVED:
        parser.add_argument(f"--{name}", type=int, metavar="PORT", default=getattr(defaults, name))
    parser.add_argument(
        "--certificates", type=Path, help="folder of ca.pem, server.pem, server.key"
    )
    parser.add_argument(
        "--without-sales", action="store_true", help="Dataverse has no Dynamics 365 Sales"
    )
    given = parser.parse_args()
    ports = Ports(**{name: getattr(given, name) for name in SERVED})
    stopping = threading.Event()
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda *_: stopping.set())
    certificates = _certificates(given.certificates)
    with services(ports, certificates, sales=not given.without_sales) as where:
        for name, address in vars(where).items():
            print(f"{name:12}{address}", flush=True)
        stopping.wait()
    return 0


def _certificates(folder: Path | None) -> Certificates:
    if folder is None:
        return Authority().write(Path(".sandbox") / "certificates")
    return Certificates(
        ca=folder / "ca.pem", chain=folder / "server.pem", key=folder / "server.key"
    )


if __name__ == "__main__":
    code = main()
    # A webhook under way must not keep the process.
    sys.stdout.flush()
    os._exit(code)
