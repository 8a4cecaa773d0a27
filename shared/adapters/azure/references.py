"""Key Vault references in settings, which Azure resolves for the app and nobody for the terminal.

Never asks anything but a vault of Azure's, or one on this machine, and never shows a value.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shared.adapters.azure.faults import code_of
from shared.adapters.azure.key_vault import LOOPBACK, PUBLIC, SUFFIXES, secret_client
from shared.errors import ConfigurationError, ConnectorError, NotPossibleError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import HttpResponseError

_ROLE: Final = "Key Vault Secrets User"
_FORM: Final = "@Microsoft.KeyVault(SecretUri=https://VAULT.vault.azure.net/secrets/NAME)"
_BEGINS: Final = re.compile(r"\s*@\s*microsoft\s*\.\s*keyvault", re.IGNORECASE)
_WHOLE: Final = re.compile(_BEGINS.pattern + r"\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_NAME: Final = re.compile(r"[0-9A-Za-z-]{1,127}")
_VAULT: Final = re.compile(r"[0-9A-Za-z-]{3,24}")
_VERSION: Final = re.compile(r"[0-9A-Za-z]{0,64}")
_LATER: Final = {408, 429}
_SERVER_FAULT: Final = 500
_DENIED: Final = 403
_MISSING: Final = 404


@dataclass(frozen=True)
class Reference:
    """A secret that stands in Key Vault instead of in the settings.

    Attributes:
        vault: address of the vault.
        version: "" for the newest.
    """

    vault: str
    name: str
    version: str = ""

    @property
    def host(self) -> str:
        """The vault, as people know it."""
        return urlsplit(self.vault).netloc


def parse_reference(text: str, *, setting: str) -> Reference | None:
    """Return the reference a setting is, None when it is a value of its own.

    Args:
        text: the setting, in any case and spacing.
        setting: its name, for the error.

    Raises:
        ConfigurationError: it begins as a reference and is none, or leads out of Azure's vaults.
    """
    if not _BEGINS.match(text):
        return None
    found = _WHOLE.fullmatch(text)
    pairs = (part.partition("=") for part in (found.group(1) if found else "").split(";"))
    given = {name.strip().lower(): value.strip() for name, _, value in pairs}
    uri = given.get("secreturi")
    reference = _from_uri(uri) if uri else _from_names(given)
    if reference is None:
        raise ConfigurationError(
            f"{setting} is a Key Vault reference that cannot be read. Write it as {_FORM}."
        )
    if not _is_vault(reference.vault):
        raise ConfigurationError(
            f"{setting} is a Key Vault reference to {reference.host}, which is no vault of Azure. "
            f"Write it as {_FORM}."
        )
    return reference


def read_secret(reference: Reference, credential: "TokenCredential", *, setting: str) -> str:
    """Return the value of a reference.

    Args:
        reference: where it stands.
        credential: who reads it.
        setting: the name of the setting it is for, for the errors.

    Raises:
        ConfigurationError: it may not be read, is not there, or is empty.
        NotPossibleError: the vault does not answer.
    """
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        with secret_client(reference.vault, credential) as client:
            value = client.get_secret(reference.name, reference.version or None).value
    except HttpResponseError as error:
        raise _refused(error, reference, setting) from error
    except AzureError as error:
        raise _unanswered(reference, setting, type(error).__name__) from error
    if not value:
        raise ConfigurationError(f"The secret {reference.name} in {reference.host} is empty.")
    return value


def _from_uri(uri: str) -> Reference | None:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    match [part for part in parts.path.split("/") if part]:
        case [folder, name, *rest] if folder.lower() == "secrets" and len(rest) <= 1:
            version = rest[0] if rest else ""
        case _:
            return None
    plain = parts.scheme.lower() == "https" and host and not parts.query and "@" not in parts.netloc
    if not plain or not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        return None
    return Reference(f"https://{parts.netloc.lower()}", name, version)


def _from_names(given: dict[str, str]) -> Reference | None:
    vault, name = given.get("vaultname", ""), given.get("secretname", "")
    version = given.get("secretversion", "")
    if not (_VAULT.fullmatch(vault) and _NAME.fullmatch(name) and _VERSION.fullmatch(version)):
        return None
    return Reference(f"https://{vault.lower()}.{PUBLIC}", name, version)


def _is_vault(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    name, _, suffix = host.partition(".")
    of_azure = suffix in SUFFIXES and _VAULT.fullmatch(name) and parts.port in {None, 443}
    return bool(of_azure) or host in LOOPBACK


def _unanswered(reference: Reference, setting: str, said: str) -> NotPossibleError:
    return NotPossibleError(
        f"{setting} stands in Key Vault, and {reference.host} does not answer ({said}). Check the "
        "vault's name, and whether it can be reached from this network."
    )


def _refused(error: "HttpResponseError", reference: Reference, setting: str) -> ConnectorError:
    where = f"{setting} stands in Key Vault as the secret {reference.name}"
    if error.status_code in _LATER or (error.status_code or 0) >= _SERVER_FAULT:
        return _unanswered(reference, setting, str(error.status_code))
    if error.status_code == _MISSING:
        return ConfigurationError(f"{where}, and {reference.host} has no such secret or version.")
    if error.status_code == _DENIED:
        inner = str(getattr(error.error, "innererror", None) or "")
        if "ForbiddenByFirewall" in inner or "ForbiddenByConnection" in inner:
            return ConfigurationError(
                f"{where}, and {reference.host} lets nobody in from this network. Allow this "
                "machine's address in the vault's networking, or run this where it is allowed."
            )
        if "SecretDisabled" in inner:
            return ConfigurationError(f"{where}, which is disabled in {reference.host}.")
        return ConfigurationError(
            f"{where}, and you may not read it. Give yourself the role '{_ROLE}' on the vault "
            f"{reference.host}."
        )
    said = " ".join(part for part in (str(error.status_code or ""), code_of(error)) if part)
    return ConfigurationError(
        f"{where}, and {reference.host} refuses to show it ({said or type(error).__name__}). Sign "
        f"in to the tenant of the vault, with the role '{_ROLE}' on it."
    )
