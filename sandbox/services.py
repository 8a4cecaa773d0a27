"""FreshBooks, Dataverse, Entra and Key Vault in one process: `python -m sandbox.services`.

Never holds any data at start but one empty business, one empty organization and one application.
"""

import argparse
import contextlib
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
from sandbox.freshbooks import FreshBooks
from sandbox.keyvault import RESOURCE, KeyVault
from sandbox.ports import Ports
from sandbox.web import LOOPBACK, serve

# The account id is part of every webhook address, so a restart keeps it.
BUSINESS = "Tidewater Advisory"
IDENTITY_HEADER = "sandbox-identity-header"
THREADS = 24


@dataclass(frozen=True)
class Addresses:
    """Where the services answer."""

    freshbooks: str
    dataverse: str
    identity: str
    vault: str


def addresses(ports: Ports) -> Addresses:
    """Return the addresses that belong to `ports`."""
    return Addresses(
        freshbooks=f"http://{LOOPBACK}:{ports.freshbooks}",
        dataverse=f"http://{LOOPBACK}:{ports.dataverse}",
        identity=f"http://{LOOPBACK}:{ports.identity}",
        vault=f"https://localhost:{ports.vault}",
    )


@contextlib.contextmanager
def services(ports: Ports, certificates: Certificates, *, seed: int = 0) -> Iterator[Addresses]:
    """Serve all four while the context lasts.

    Args:
        ports: only those of the four services are used.
        certificates: of the vault, which the Azure SDK speaks to over TLS only.
        seed: decides ids, codes, and how webhooks are disturbed.

    Yields:
        Their addresses.
    """
    where = addresses(ports)
    entra = Entra(identity_header=IDENTITY_HEADER)
    vault = KeyVault(
        accepts=lambda token: entra.accepts(token, RESOURCE),
        authority=f"{where.identity}/{TENANT}",
    )
    freshbooks = FreshBooks(seed=seed)
    freshbooks.books.business(None).name = BUSINESS
    dataverse = Dataverse(
        url=where.dataverse, token_check=lambda token: entra.accepts(token, where.dataverse)
    )
    with contextlib.ExitStack() as stack:
        stack.callback(freshbooks.close)
        for app, port in (
            (freshbooks, ports.freshbooks),
            (dataverse, ports.dataverse),
            (entra, ports.identity),
        ):
            stack.enter_context(serve(Controlled(app, seed=seed), port=port, threads=THREADS))
        stack.enter_context(
            serve(
                Controlled(vault, seed=seed),
                port=ports.vault,
                certificate=str(certificates.chain),
                key=str(certificates.key),
            )
        )
        yield where


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    defaults = Ports()
    parser = argparse.ArgumentParser(prog="python -m sandbox.services", description=__doc__)
    for name in ("freshbooks", "dataverse", "identity", "vault"):
        parser.add_argument(f"--{name}", type=int, metavar="PORT", default=getattr(defaults, name))
    parser.add_argument(
        "--certificates", type=Path, help="folder of ca.pem, server.pem, server.key"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    ports = Ports(
        freshbooks=given.freshbooks,
        dataverse=given.dataverse,
        identity=given.identity,
        vault=given.vault,
    )
    stopping = threading.Event()
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, lambda *_: stopping.set())
    with services(ports, _certificates(given.certificates), seed=given.seed) as where:
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
