"""Addresses in settings: of the environment, the vault, the app, the services and the storage.

Never asks whether anything answers there; the doctor does.
"""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
_HTTPS_PORT: Final = 443
_WEB_API: Final = re.compile(r"/api(/data(/v[0-9.]+)?)?(/.*)?")
# One environment: https://<name>.crm<region>.dynamics.com; other clouds have other endings.
_CLOUDS: Final = (
    r"(dynamics\.com|dynamics\.cn|microsoftdynamics\.us|microsoftdynamics\.de|appsplatform\.us)"
)
_ENVIRONMENT: Final = re.compile(rf"(?P<name>[a-z0-9-]+)(\.api)?\.(?P<rest>crm[0-9]*\.{_CLOUDS})")
_DISCOVERY: Final = re.compile(r"(globaldisco|disco)\..*")
_VAULT: Final = re.compile(
    r"[a-z0-9-]+\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net|microsoftazure\.de)"
)
# Pages for people, and services that are something else; by the ending of their host.
_PORTALS: Final = (
    "make.powerapps.com",
    "apps.powerapps.com",
    "powerautomate.com",
    "powerplatform.microsoft.com",
    "portal.azure.com",
    "entra.microsoft.com",
    "home.dynamics.com",
    "www.dynamics.com",
    "my.freshbooks.com",
)
_VAULTS: Final = (".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net")
_HSM: Final = ".managedhsm.azure.net"  # holds keys and no secrets
_APPS: Final = (".azurewebsites.net",)
_STORES: Final = (".core.windows.net", ".storage.azure.net")
_DYNAMICS: Final = (".dynamics.com", ".microsoftdynamics.us")
_BOOKS: Final = (".freshbooks.com",)
_STORAGE_SERVICES: Final = {"blob", "queue", "table", "file", "dfs", "web"}

_WRITE_ENVIRONMENT: Final = (
    "write the environment's address alone, such as https://org.crm.dynamics.com (Power Platform "
    "admin centre, Environment URL)"
)
_WRITE_VAULT: Final = "write the vault's address alone, such as https://myvault.vault.azure.net"
_WRITE_PUBLIC: Final = "write the app's address alone, such as https://app.azurewebsites.net"
_WRITE_REDIRECT: Final = (
    "write the redirect URI as it is registered with the FreshBooks app, such as "
    "https://app.azurewebsites.net/api/connect/freshbooks/callback"
)


def environment(text: str) -> str:
    """Return the origin of a Dataverse environment.

    A page of the environment or its Web API's address means the environment, and so does its host
    with `.api`.

    Raises:
        ValueError: it is no address of an environment.
    """
    parts = _parts(text, _WRITE_ENVIRONMENT)
    host = _host(parts)
    _refuse_hosts(host, (*_PORTALS, *_VAULTS, *_APPS, *_STORES, *_BOOKS), _WRITE_ENVIRONMENT)
    found = _ENVIRONMENT.fullmatch(host)
    if f".{host}".endswith(_DYNAMICS) and (found is None or _DISCOVERY.match(host)):
        raise ValueError(f"is a page of Microsoft's and no environment: {_WRITE_ENVIRONMENT}")
    if found is not None:
        if parts.port not in {None, _HTTPS_PORT}:
            raise ValueError(f"names a port: {_WRITE_ENVIRONMENT}")
        return f"https://{found['name']}.{found['rest']}"
    if parts.query or parts.fragment or not (_bare(parts) or _WEB_API.fullmatch(parts.path)):
        raise ValueError(f"goes on behind the host: {_WRITE_ENVIRONMENT}")
    return _origin(parts)


def vault(text: str) -> str:
    """Return the origin of a key vault.

    Raises:
        ValueError: it is no vault's address, or goes on behind the host.
    """
    parts = _parts(text, _WRITE_VAULT)
    host = _host(parts)
    _refuse_hosts(host, (*_PORTALS, *_DYNAMICS, *_APPS, *_STORES, *_BOOKS, _HSM), _WRITE_VAULT)
    if not _bare(parts) or parts.query or parts.fragment:
        raise ValueError(f"goes on behind the host, as with /secrets: {_WRITE_VAULT}")
    if f".{host}".endswith(_VAULTS) and (
        not _VAULT.fullmatch(host) or parts.port not in {None, _HTTPS_PORT}
    ):
        raise ValueError(f"is no vault's address: {_WRITE_VAULT}")
    return _origin(parts)


def public(text: str) -> str:
    """Return where FreshBooks reaches the app, as FreshBooks may list it: host lower-case.

    A path stays: a gateway before the app may have one.

    Raises:
        ValueError: it is not the app's address, or goes on into the app.
    """
    parts = _parts(text, _WRITE_PUBLIC)
    host = _host(parts)
    _refuse_hosts(host, (*_PORTALS, *_VAULTS, *_DYNAMICS, *_STORES, *_BOOKS), _WRITE_PUBLIC)
    if ".scm." in host:
        raise ValueError(f"is the app's deployment site: {_WRITE_PUBLIC}")
    if parts.query or parts.fragment:
        raise ValueError(f"holds a query or a fragment: {_WRITE_PUBLIC}")
    path = parts.path.rstrip("/")
    if re.search(r"/(api|\.auth|admin|runtime)(/|$)", path, re.IGNORECASE):
        raise ValueError(f"goes on into the app, as with /api: {_WRITE_PUBLIC}")
    return _origin(parts) + path


def redirect(text: str) -> str:
    """Return the redirect URI as it is: FreshBooks compares it to the letter.

    Raises:
        ValueError: FreshBooks registers none like it.
    """
    parts = _parts(text, _WRITE_REDIRECT, loopback_http=False)
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError(f"holds a query or a fragment: {_WRITE_REDIRECT}")
    return text


def service(text: str) -> str:
    """Return the origin of a service that is rarely another one than the default.

    Raises:
        ValueError: it is no address, or goes on behind the host.
    """
    write = "write the service's address alone, such as https://example.org, or leave it away"
    parts = _parts(text, write)
    if not _bare(parts) or parts.query or parts.fragment:
        raise ValueError(f"goes on behind the host: {write}")
    return _origin(parts)


def freshbooks_api(text: str) -> str:
    """Return the origin of FreshBooks' API.

    Raises:
        ValueError: it is none.
    """
    return _at_freshbooks(text, "api.freshbooks.com")


def freshbooks_auth(text: str) -> str:
    """Return the origin of FreshBooks' consent page.

    Raises:
        ValueError: it is none.
    """
    return _at_freshbooks(text, "auth.freshbooks.com")


def freshbooks_web(text: str) -> str:
    """Return the origin of FreshBooks' web app.

    Raises:
        ValueError: it is none.
    """
    return service(text)


def queue_service(text: str) -> str:
    """Return the address of a storage account's queue service.

    Raises:
        ValueError: it is none.
    """
    return _storage(text, "queue")


def table_service(text: str) -> str:
    """Return the address of a storage account's table service.

    Raises:
        ValueError: it is none.
    """
    return _storage(text, "table")


def is_loopback(address: str) -> bool:
    """Say whether an address is one of this machine."""
    return urlsplit(address).hostname in LOOPBACK


def _storage(text: str, wanted: str) -> str:
    write = f"write https://<account>.{wanted}.core.windows.net"
    parts = _parts(text, write)
    services = _STORAGE_SERVICES & set(_host(parts).split("."))
    if services - {wanted} and wanted not in services:
        raise ValueError(f"is the address of another service of storage: {write}")
    _refuse_hosts(_host(parts), (*_PORTALS, *_VAULTS, *_DYNAMICS, *_APPS), write)
    if parts.query or parts.fragment:
        raise ValueError(f"holds a query, perhaps a signature: {write}")
    # The emulator's account is the path; elsewhere it would be a queue or a table.
    if not _bare(parts) and parts.hostname not in LOOPBACK:
        raise ValueError(f"goes on behind the host: {write}")
    return _origin(parts) + parts.path.rstrip("/")


def _at_freshbooks(text: str, host: str) -> str:
    origin = service(text)
    if _host(urlsplit(origin)).endswith("freshbooks.com") and origin != f"https://{host}":
        raise ValueError(f"is another address of FreshBooks': write https://{host}")
    return origin


def _parts(text: str, write: str, *, loopback_http: bool = True) -> SplitResult:
    """Return the parts of an address that is one."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"is no address: {write}") from None
    if " " in text or "\\" in text or parts.scheme not in {"http", "https"} or not host:
        raise ValueError(f"is no address that begins with https://: {write}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"holds a user's name or password: {write}")
    if not host.isascii():
        raise ValueError(f"has a host with letters outside ASCII: {write}")
    if not re.fullmatch(r"[a-z0-9.:-]+", host) or host.startswith(".") or ".." in host:
        raise ValueError(f"has a host that cannot be one: {write}")
    if parts.scheme == "http" and not (loopback_http and host in LOOPBACK):
        raise ValueError(f"must start with https://: {write}")
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _bare(parts: SplitResult) -> bool:
    return not parts.path.strip("/")


def _origin(parts: SplitResult) -> str:
    host = _host(parts)
    named = f"[{host}]" if ":" in host else host
    usual = parts.port is None or (parts.scheme == "https" and parts.port == _HTTPS_PORT)
    return f"{parts.scheme}://{named}" + ("" if usual else f":{parts.port}")


def _refuse_hosts(host: str, endings: tuple[str, ...], write: str) -> None:
    if any(f".{host}".endswith(each) for each in endings):
        raise ValueError(f"is the address of something else: {write}")
