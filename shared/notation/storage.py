"""The storage account in the settings: its connection string, its name, its services' addresses.

Never connects.
"""

import base64
import binascii
import re
from typing import Final

from shared.notation.addresses import LOOPBACK, is_loopback, queue_service, table_service

EMULATOR: Final = "UseDevelopmentStorage=true"

_WRITE: Final = (
    "write the connection string the portal shows under Access keys, or name the account in "
    "AzureWebJobsStorage__accountName instead"
)
_PARTS: Final = {
    each.casefold(): each
    for each in (
        "DefaultEndpointsProtocol",
        "AccountName",
        "AccountKey",
        "SharedAccessSignature",
        "EndpointSuffix",
        "BlobEndpoint",
        "QueueEndpoint",
        "TableEndpoint",
        "FileEndpoint",
        "UseDevelopmentStorage",
        "DevelopmentStorageProxyUri",
        "BlobSecondaryEndpoint",
        "QueueSecondaryEndpoint",
        "TableSecondaryEndpoint",
        "FileSecondaryEndpoint",
    )
}
_ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")
_SUFFIX: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_KEY_BYTES: Final = 64


def connection_string(text: str) -> str:
    """Return a connection string that can be one.

    Raises:
        ValueError: something is missing in it, or it is something else.
    """
    if re.match(r"https?://", text, re.IGNORECASE):
        raise ValueError(f"is an address and no connection string: {_WRITE}")
    parts = _read(text)
    if parts.get("UseDevelopmentStorage", "").casefold() == "true":
        return text
    local = _check_endpoints(parts)
    if "AccountName" in parts and not _ACCOUNT.fullmatch(parts["AccountName"]):
        raise ValueError(f"has an AccountName that cannot be one: {_WRITE}")
    if "SharedAccessSignature" in parts:
        if not {"QueueEndpoint", "TableEndpoint"} <= parts.keys():
            raise ValueError(
                "holds a signature and not both of QueueEndpoint and TableEndpoint: "
                "add them, or give the account's key"
            )
        return text
    if missing := [name for name in ("AccountName", "AccountKey") if not parts.get(name)]:
        raise ValueError(f"has no {' and no '.join(missing)}: {_WRITE}")
    _check_key(parts["AccountKey"], local=local)
    return text


def is_emulator(text: str) -> bool:
    """Say whether a connection string means the emulator on this machine."""
    try:
        parts = _read(text)
    except ValueError:
        return False
    endpoints = [value for name, value in parts.items() if name.endswith("Endpoint")]
    return "UseDevelopmentStorage" in parts or any(map(is_loopback, endpoints))


def account_name(text: str) -> str:
    """Return the name of a storage account.

    Raises:
        ValueError: it is none.
    """
    if not _ACCOUNT.fullmatch(text):
        raise ValueError(
            "is no account's name, which is of 3 to 24 lower-case letters and digits: write the "
            "name alone, without an address"
        )
    return text


def service_address(account: str, service: str) -> str:
    """Return where an account's service is, in Azure's public cloud."""
    return f"https://{account}.{service}.core.windows.net"


def _read(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for each in text.split(";"):
        if not each.strip():
            continue
        name, equals, value = each.partition("=")
        known = _PARTS.get(name.strip().casefold())
        if known is None or not equals:
            raise ValueError(f"holds a part that no storage account has: {_WRITE}")
        if known in parts:
            raise ValueError(f"has {known} twice: {_WRITE}")
        parts[known] = value.strip()
    return parts


def _check_endpoints(parts: dict[str, str]) -> bool:
    """Refuse endpoints that cannot be right; say whether they are all on this machine."""
    given = {name: value for name, value in parts.items() if name.endswith("Endpoint")}
    for name, value in given.items():
        check = {"QueueEndpoint": queue_service, "TableEndpoint": table_service}.get(name)
        try:
            if check is not None:
                check(value)
        except ValueError as error:
            raise ValueError(f"has a {name} that {error}") from None
    local = bool(given) and all(map(is_loopback, given.values()))
    protocol = parts.get("DefaultEndpointsProtocol", "https").casefold()
    if protocol != "https" and not (protocol == "http" and local):
        raise ValueError("has a DefaultEndpointsProtocol other than https: write https")
    suffix = parts.get("EndpointSuffix", "core.windows.net").casefold()
    if not _SUFFIX.fullmatch(suffix) or suffix in LOOPBACK:
        raise ValueError("has an EndpointSuffix that is none: write core.windows.net")
    return local


def _check_key(key: str, *, local: bool) -> None:
    try:
        length = len(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if not length or (not local and length != _KEY_BYTES):
        raise ValueError("has an AccountKey that is not whole: copy all 88 characters of it")
