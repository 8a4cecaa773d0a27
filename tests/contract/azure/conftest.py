"""Places the Azure contract tests need: an authority, a directory, a vault, a storage account.

Never shared with other folders.
"""

import importlib.util
import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.queue import (
    QueueClient,
    QueueServiceClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)

from sandbox.authority import Authority, Certificates, trusted_environment
from sandbox.azurite import Storage, azurite
from sandbox.entra import TENANT, Entra
from sandbox.keyvault import RESOURCE, KeyVault
from sandbox.web import serve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

T = TypeVar("T")

CLIENT, SECRET = "5f1b6a0e-8b7c-4a55-9e0e-0d6b2f4b7a11", "a client secret"


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    with azurite() as account:
        yield account


@pytest.fixture(scope="session")
def queues(storage: Storage) -> Iterator[Callable[..., QueueClient]]:
    """Give the SDK's client of a queue: the software that nobody here wrote."""
    with QueueServiceClient.from_connection_string(
        storage.connection_string, retry_total=0
    ) as service:

        def client(name: str, *, plain: bool = False) -> QueueClient:
            if plain:
                return service.get_queue_client(name)
            return service.get_queue_client(
                name,
                message_encode_policy=TextBase64EncodePolicy(),
                message_decode_policy=TextBase64DecodePolicy(),
            )

        yield client


@pytest.fixture(scope="session")
def write_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a function app's two files into a new folder."""

    def write(source: str, **extensions: Any) -> Path:
        folder = tmp_path_factory.mktemp("app")
        (folder / "function_app.py").write_text(textwrap.dedent(source))
        (folder / "host.json").write_text(
            json.dumps({"version": "2.0", "extensions": extensions}), "utf-8"
        )
        return folder

    return write


@pytest.fixture(scope="session")
def runtime_driver() -> ModuleType:
    """Give the module that runs an app in Microsoft's own worker."""
    if sys.version_info < (3, 13):
        pytest.skip("azure-functions-runtime, Microsoft's worker library, needs Python 3.13")
    path = Path(__file__).with_name("runtime_driver.py")
    spec = importlib.util.spec_from_file_location("runtime_driver", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["runtime_driver"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Wait until a condition holds and give its value; the last value when it never does."""

    def wait(condition: Callable[[], T], seconds: float = 30.0) -> T:
        deadline = time.monotonic() + seconds
        while not (value := condition()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Authority().write(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in trusted_environment(certificates.ca).items():
        monkeypatch.setenv(name, value)


class Stage:
    """An address that stays while the app behind it changes from test to test."""

    def __init__(self) -> None:
        self.app: WSGIApplication | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


Staged = tuple[Stage, str]


def _stage(*, certificate: str | None = None, key: str | None = None) -> Iterator[Staged]:
    stage = Stage()
    with serve(stage, certificate=certificate, key=key) as url:
        yield stage, url


@pytest.fixture(scope="session")
def directory_stage(certificates: Certificates) -> Iterator[Staged]:
    yield from _stage(certificate=str(certificates.chain), key=str(certificates.key))


@pytest.fixture(scope="session")
def vault_stage(certificates: Certificates) -> Iterator[Staged]:
    yield from _stage(certificate=str(certificates.chain), key=str(certificates.key))


@pytest.fixture(scope="session")
def plain_stage() -> Iterator[Staged]:
    yield from _stage()


@pytest.fixture
def entra() -> Entra:
    return Entra(clients={CLIENT: SECRET}, identities=["9a8d1c22-0b9e-4f0e-bb7a-4dd0f7c6e6d1"])


@pytest.fixture
def entra_url(entra: Entra, directory_stage: Staged, trusting: None) -> str:
    stage, url = directory_stage
    stage.app = entra
    return url


@pytest.fixture
def plain_url(plain_stage: Staged) -> "Callable[[WSGIApplication], str]":
    stage, url = plain_stage

    def show(app: "WSGIApplication") -> str:
        stage.app = app
        return url

    return show


@pytest.fixture
def credential(entra_url: str) -> Iterator[ClientSecretCredential]:
    with ClientSecretCredential(
        TENANT, CLIENT, SECRET, authority=entra_url, disable_instance_discovery=True
    ) as credential:
        yield credential


@pytest.fixture
def vault(entra: Entra) -> KeyVault:
    return KeyVault(accepts=lambda token: entra.accepts(token, RESOURCE))


@pytest.fixture
def secrets(
    vault: KeyVault, vault_stage: Staged, credential: ClientSecretCredential
) -> Iterator[SecretClient]:
    stage, url = vault_stage
    stage.app = vault
    with SecretClient(url, credential, verify_challenge_resource=False, retry_total=0) as client:
        yield client
