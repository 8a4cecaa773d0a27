"""Key Vault's secrets: FreshBooks' tokens and the webhooks' verifiers.

Never caches and never shows a value; who needs one often keeps it.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shared.adapters.azure.faults import code_of, translated
from shared.adapters.http.authorities import authorities
from shared.adapters.telemetry.logs import Logs
from shared.errors import ConfigurationError, RetryLaterError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import ResourceExistsError
    from azure.keyvault.secrets import SecretClient

    from shared.sync.ports import Telemetry

_SERVICE: Final = "Key Vault"
_ROLE: Final = "Key Vault Secrets Officer"
LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_TIMEOUTS: Final = {"connection_timeout": 3, "read_timeout": 5}
_RECOVERED_WITHIN: Final = 6.0  # seconds; the SDK looks every two
_RETRIES: Final = {"retry_total": 2, "retry_backoff_factor": 0.3, "retry_backoff_max": 2}

PUBLIC: Final = "vault.azure.net"
# Azure's clouds; a vault's name stands before the first dot.
SUFFIXES: Final = (PUBLIC, "vault.azure.cn", "vault.usgovcloudapi.net")


def suffix_of(host: str) -> str:
    """Return the cloud's part of a vault's host name, that of the public cloud where unknown."""
    return next((each for each in SUFFIXES if host.lower().endswith(f".{each}")), PUBLIC)


def vault_scope(vault_url: str) -> str:
    """Return what a token for a vault is asked for."""
    return f"https://{suffix_of(urlsplit(vault_url).hostname or '')}/.default"


class KeyVaultSecrets:
    """The port `Secrets` over one vault.

    Args:
        vault_url: the vault's address, such as `https://myvault.vault.azure.net`.
        credential: an azure-identity credential, asked for a token on first use.
        telemetry: told of every request.
    """

    def __init__(
        self, vault_url: str, credential: "TokenCredential", *, telemetry: "Telemetry | None" = None
    ) -> None:
        self._telemetry = telemetry or Logs()
        self._url = vault_url
        self._credential = credential
        self._lock = threading.Lock()
        self._built: SecretClient | None = None

    def get(self, name: str) -> str | None:
        """Return a secret's newest value, None when there is none.

        Raises:
            RetryLaterError: the vault is throttled, down or unreachable.
            ConfigurationError: access is denied, the secret is disabled, or what answers is no
                vault.
        """
        from azure.core.exceptions import ResourceNotFoundError

        with self._at_a_vault(f"Key Vault: read {name}"):
            try:
                return self._client.get_secret(name).value
            except ResourceNotFoundError as error:
                if code_of(error) == "SecretNotFound":
                    return None
                raise

    def set(self, name: str, value: str) -> None:
        """Store a value as the secret's newest version.

        A deleted secret keeps its name until the vault purges it, so it is recovered first.

        Raises:
            RetryLaterError: the vault is throttled, down or unreachable; it may be stored.
            ConfigurationError: access is denied, or what answers is no vault.
        """
        from azure.core.exceptions import ResourceExistsError

        with self._at_a_vault(f"Key Vault: store {name}"):
            try:
                self._client.set_secret(name, value)
            except ResourceExistsError:
                self._recover(name)
                self._store_recovered(name, value)

    def delete(self, name: str) -> None:
        """Delete a secret with all its versions; one that is gone is fine.

        One version alone cannot be deleted (Key Vault REST, Delete Secret). What is deleted can be
        recovered for 90 days more, and keeps its name as long.

        Raises:
            RetryLaterError: the vault is throttled, down or unreachable.
            ConfigurationError: access is denied, or what answers is no vault.
        """
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        with self._at_a_vault(f"Key Vault: delete {name}"):
            try:
                self._client.begin_delete_secret(name)
            except ResourceExistsError as error:  # it is being deleted or recovered right now
                raise _busy(name, error) from error
            except ResourceNotFoundError as error:
                if code_of(error) != "SecretNotFound":
                    raise

    def _recover(self, name: str) -> None:
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        # Neither found as deleted nor free: it is being deleted, or recovered by another instance.
        with contextlib.suppress(ResourceExistsError, ResourceNotFoundError):
            recovery = self._client.begin_recover_deleted_secret(name)
            recovery.wait(timeout=_RECOVERED_WITHIN)

    def _store_recovered(self, name: str, value: str) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client.set_secret(name, value)
        except ResourceExistsError as error:
            raise _busy(name, error) from error

    @contextlib.contextmanager
    def _at_a_vault(self, what: str) -> Iterator[None]:
        """Turn what another service than a vault answers into our error, and all else as always.

        The SDK takes every answer for a vault's: a page of HTML ends in the JSON decoder, a
        challenge for another resource in a `ValueError`, and an unknown address is 404 without a
        vault's code.
        """
        from azure.core.exceptions import ResourceNotFoundError

        try:
            with translated(what, service=_SERVICE, role=_ROLE, telemetry=self._telemetry):
                yield
        except (ResourceNotFoundError, ValueError) as error:
            raise ConfigurationError(
                f"{what}: what answers at KEY_VAULT_URL is no key vault. The administrator writes "
                "the vault's address (Azure portal, Overview, Vault URI).",
                service=_SERVICE,
            ) from error

    @property
    def _client(self) -> "SecretClient":
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = secret_client(self._url, self._credential)
        return self._built


def _busy(name: str, error: "ResourceExistsError") -> RetryLaterError:
    return RetryLaterError(
        f"Key Vault: {name} is being deleted or recovered ({code_of(error) or 'Conflict'})."
    )


def secret_client(vault_url: str, credential: "TokenCredential") -> "SecretClient":
    """Return the SDK's client of one vault."""
    from azure.keyvault.secrets import SecretClient

    return SecretClient(
        vault_url,
        credential,
        # The challenge names vault.azure.net, which a local vault's address cannot end in.
        verify_challenge_resource=urlsplit(vault_url).hostname not in LOOPBACK,
        connection_verify=authorities(),
        **_TIMEOUTS,
        **_RETRIES,
    )
