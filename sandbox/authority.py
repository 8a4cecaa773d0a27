"""The local certificate authority that the sandbox's https addresses are signed by.

Never touches the machine's trust store: programs trust it by environment variable only.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

# requests, curl, OpenSSL and Node each read another variable.
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: the authority itself, a server's chain, and the server's key."""

    ca: Path
    chain: Path
    key: Path


class Authority:
    """A certificate authority made on the spot, trusted by nobody until told."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def write(self, folder: Path | str) -> Certificates:
        """Write the authority and a new server certificate into `folder`.

        Args:
            folder: made when missing.

        Returns:
            The paths; the certificate is for `localhost` and `127.0.0.1`.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = Certificates(
            ca=folder / "ca.pem", chain=folder / "server.pem", key=folder / "server.key"
        )
        issued = self._ca.issue_cert("localhost", "127.0.0.1")
        self._ca.cert_pem.write_to_path(str(paths.ca))
        paths.chain.unlink(missing_ok=True)
        for certificate in issued.cert_chain_pems:
            certificate.write_to_path(str(paths.chain), append=True)
        issued.private_key_pem.write_to_path(str(paths.key))
        return paths


def trusted_environment(ca: Path | str) -> dict[str, str]:
    """Return the variables under which a program trusts `ca` besides what it trusted before.

    The libraries replace their list of authorities by the file these variables name, so the file
    written here (`bundle.pem` beside `ca`) holds the existing authorities and ours.
    """
    ca = Path(ca)
    bundle = ca.with_name("bundle.pem")
    parts = [file.read_text().strip() for file in _trusted_now()]
    ours = ca.read_text().strip()
    if not any(ours in part for part in parts):
        parts.append(ours)
    bundle.write_text("\n".join(parts) + "\n")
    return dict.fromkeys(VARIABLES, str(bundle))


def _trusted_now() -> Iterator[Path]:
    environ = os.environ  # noqa: TID251  # which authorities are trusted now is known only there
    named = [Path(environ[name]) for name in VARIABLES if environ.get(name)]
    files = [path for path in dict.fromkeys(named) if path.is_file()]
    yield from files or [Path(certifi.where())]
