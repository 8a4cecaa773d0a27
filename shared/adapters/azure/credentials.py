"""Which credential of azure-identity is used, for every service alike: the one place that decides.

Never imports azure-identity before the first token is asked for, and never shows a token.
"""

import base64
import json
import logging
import subprocess  # only its exception, by which azure-identity tells a timeout
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable
from urllib.parse import urlsplit

from shared.core.sign_in import Attempt, AzureSignIn, Way, attempt_of, explain, ways_of
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

_log = logging.getLogger(__name__)

PATIENCE: Final = 20  # seconds a way may take; Azure CLI starts slowly on Windows
_MARGIN: Final = 300  # seconds before its expiry a token is not handed out any more
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_ANY_TENANT: Final = ["*"]  # Key Vault names the tenant its vault is in

Build: TypeAlias = "Callable[[], TokenCredential]"


@runtime_checkable
class Forgetting(Protocol):
    """A credential that can drop what it remembers: it would give a refused token again."""

    def forget(self) -> None:
        """Drop every token."""


class LazyCredential:
    """An azure-identity credential that is built by its first token.

    Args:
        build: makes the credential.
        advice: what an administrator checks when no token is given.
    """

    def __init__(self, build: Build, *, advice: str) -> None:
        self.advice = advice
        self._build = build
        self._lock = threading.Lock()
        self._credential: TokenCredential | None = None

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """Return a token, from the credential's own cache where it has a good one."""
        with self._lock:
            credential = self._credential = self._credential or self._build()
        return credential.get_token(*scopes, **options)

    def forget(self) -> None:
        """Drop the credential with its cache: it would answer with a refused token again."""
        with self._lock:
            self._credential = None


class SignInChain:
    """The ways to sign in off Azure, tried in their order; the first that answers is kept.

    Args:
        ways: what is tried, with what makes each.
        tenant: Entra tenant to ask, "" for each way's own.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        ways: Mapping[Way, Build],
        *,
        tenant: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ways = dict(ways)
        self._tenant = tenant
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, ...], AccessToken] = {}

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """Return a token; the programs keep none for us, and take a second each time.

        Raises:
            ConfigurationError: none gives one; the text says what each said and what mends it.
        """
        tenant = str(options.get("tenant_id") or self._tenant)
        asked = (*scopes, tenant)
        with self._lock:
            known = self._tokens.get(asked)
            if known is None or options.get("claims") or self._clock() > known.expires_on - _MARGIN:
                known = self._tokens[asked] = self._ask(scopes, options, tenant)
            return known

    @property
    def way(self) -> Way:
        """The one that answered; the first to be tried as long as none did."""
        return next(iter(self._ways))

    def forget(self) -> None:
        """Drop every token; who answered stays."""
        with self._lock:
            self._tokens.clear()

    def _ask(self, scopes: Sequence[str], options: Mapping[str, Any], tenant: str) -> "AccessToken":
        failed: list[Attempt] = []
        for way, build in self._ways.items():
            try:
                token = build().get_token(*scopes, **options)
                token = token._replace(expires_on=expiry(token))
            except Exception as error:  # noqa: BLE001  # a foreign program's output may break the SDK
                failed.append(_attempt(way, error))
                continue
            if len(self._ways) > 1:
                _log.info("%s signs in.", way)
            self._ways = {way: build}
            return token
        raise ConfigurationError(explain(failed, tenant=tenant, scope=" ".join(scopes)))


def azure_identity(
    sign_in: AzureSignIn,
    *,
    on_azure: bool,
    client_id: str | None = None,
    tenant: str | None = None,
    patience: int = PATIENCE,
) -> LazyCredential | SignInChain:
    """Return the identity the connector signs in with, at every service of Azure and Dataverse.

    Args:
        sign_in: what the settings say.
        on_azure: whether the platform offers a managed identity here.
        client_id: of a user-assigned managed identity, None for the system-assigned one.
        tenant: Entra tenant of a person, None for the one the person is signed in to.
        patience: seconds each way may take off Azure.
    """
    ways = ways_of(sign_in, on_azure=on_azure)
    if on_azure and ways == (Way.MANAGED_IDENTITY,):
        return managed_identity(client_id)
    builds = {way: _builder(way, client_id, tenant or "", patience) for way in ways}
    return SignInChain(builds, tenant=tenant or "")


def managed_identity(client_id: str | None = None) -> LazyCredential:
    """Return the identity Azure gives this app; no secret is involved.

    Args:
        client_id: of a user-assigned identity, None for the system-assigned one.
    """

    def build() -> "TokenCredential":
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id)

    return LazyCredential(
        build, advice="check that the app has a managed identity (AZURE_CLIENT_ID names it)"
    )


def client_secret(tenant: str, client: str, secret: str, authority: str) -> LazyCredential:
    """Return the identity of an app registration with a secret, for Dataverse alone.

    Args:
        tenant: the directory's id.
        client: the app registration's client id.
        secret: its secret.
        authority: Entra's address, https; one on this machine is not looked up in Microsoft's
            list of authorities.
    """

    def build() -> "TokenCredential":
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(
            tenant,
            client,
            secret,
            authority=authority,
            disable_instance_discovery=urlsplit(authority).hostname in _LOOPBACK,
        )

    return LazyCredential(
        build,
        advice="check DATAVERSE_TENANT_ID, DATAVERSE_CLIENT_ID and DATAVERSE_CLIENT_SECRET",
    )


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says of itself, {} when it cannot be read.

    Only for telling people and for its expiry: the signature is not looked at.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def expiry(token: "AccessToken") -> int:
    """Return when a token ends, by its own word where it has one.

    azure-identity takes Azure Developer CLI's UTC for local time.
    """
    ends = claims_of(token.token).get("exp")
    return int(ends) if isinstance(ends, int | float) else token.expires_on


def _builder(way: Way, client_id: str | None, tenant: str, patience: int) -> Build:
    def build() -> "TokenCredential":
        from azure import identity

        options: dict[str, Any] = {
            "tenant_id": tenant,
            "additionally_allowed_tenants": _ANY_TENANT,
            "process_timeout": patience,
        }
        match way:
            case Way.AZURE_CLI:
                return identity.AzureCliCredential(**options)
            case Way.AZURE_DEVELOPER_CLI:
                return identity.AzureDeveloperCliCredential(**options)
            case Way.MANAGED_IDENTITY:
                # Asked for by name off Azure: on a virtual machine it answers at once, or never.
                return identity.ManagedIdentityCredential(
                    client_id=client_id, retry_total=1, connection_timeout=2, read_timeout=patience
                )

    return build


def _attempt(way: Way, error: Exception) -> Attempt:
    timed_out = isinstance(error.__cause__, subprocess.TimeoutExpired)
    if not timed_out and isinstance(error, AttributeError | LookupError | TypeError):
        return attempt_of(way, "unexpected output")
    return attempt_of(way, str(error), timed_out=timed_out)
