"""Access tokens for Dataverse from Entra ID: a managed identity, or an app with a secret.

Never imports azure-identity before the first token is asked for, and never shows a token.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from shared.errors import ConfigurationError, ConnectorError, RetryLaterError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.exceptions import AzureError

MARGIN: Final = 300  # seconds before its expiry a token is renewed
_PATIENCE: Final = 30  # seconds before a renewal that failed or brought nothing is tried again
_LAST_CALL: Final = 10  # seconds before its expiry a token is not handed out any more
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_SERVER_FAULT: Final = 500
_CLIENT_ID: Final = re.compile(r"[0-9a-fA-F-]{36}")

_REMEDIES: Final = {
    "AADSTS7000215": "DATAVERSE_CLIENT_SECRET is not the app registration's secret",
    "AADSTS7000222": "the app registration's secret has expired: make a new one",
    "AADSTS700016": "DATAVERSE_CLIENT_ID is no app registration of DATAVERSE_TENANT_ID",
    "AADSTS7000112": "the app registration is disabled: enable it in Entra",
    "AADSTS53003": "Conditional Access keeps this sign-in out: let its application through",
    "AADSTS90002": "DATAVERSE_TENANT_ID is no tenant",
    "AADSTS900023": "DATAVERSE_TENANT_ID is no tenant",
    "AADSTS500011": "DATAVERSE_URL is no environment of this tenant",
}


class LazyCredential:
    """An azure-identity credential that is built by its first token.

    Args:
        build: makes the credential.
        advice: what an administrator checks when no token is given.
    """

    def __init__(self, build: "Callable[[], TokenCredential]", *, advice: str) -> None:
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
    """Return the identity of an app registration with a secret.

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


class DataverseToken:
    """The access token for one environment, shared by all threads.

    Args:
        credential: asked for tokens.
        url: the environment's address; a token is good for its origin only.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        credential: "TokenCredential",
        url: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(url)
        self._scope = f"{parts.scheme}://{parts.netloc}/.default"
        self._credential = credential
        self._clock = clock
        self._renewing = threading.Lock()
        self._token: AccessToken | None = None
        self._try_again_at = 0.0

    def __call__(self, rejected: str | None, /) -> str:
        """Return the token.

        Near its expiry one thread renews it while the others go on with the old one.

        Args:
            rejected: the token that Dataverse just refused, None at first; it is dropped, unless
                another thread has done so already.

        Raises:
            ConfigurationError: Entra gives no token; the text says what to check.
            RetryLaterError: Entra cannot be reached.
        """
        token = self._usable(rejected)
        if token is None:
            with self._renewing:
                # Another thread may have been here before.
                return (self._usable(rejected) or self._replace(rejected)).token
        now = self._clock()
        due = now >= max(token.expires_on - MARGIN, self._try_again_at)
        if due and self._renewing.acquire(blocking=False):
            try:
                self._try_again_at = now + _PATIENCE
                token = self._ask()
            except ConnectorError:
                return token.token  # still good; the next attempt says what is wrong
            finally:
                self._renewing.release()
        return token.token

    def application(self) -> str:
        """Return the client id in the newest token, as Dataverse sees it; "" when unknown.

        Only for telling people: nothing is decided by it, and the signature is not looked at.
        """
        token = self._token
        try:
            payload = token.token.split(".")[1] if token is not None else ""
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            found = claims.get("appid") or claims.get("azp")
        except (IndexError, ValueError, AttributeError):
            return ""
        return found if isinstance(found, str) and _CLIENT_ID.fullmatch(found) else ""

    def _usable(self, rejected: str | None) -> "AccessToken | None":
        token = self._token
        if token is None or token.token == rejected:
            return None
        return token if self._clock() < token.expires_on - _LAST_CALL else None

    def _replace(self, rejected: str | None) -> "AccessToken":
        if rejected is not None and isinstance(self._credential, LazyCredential):
            self._credential.forget()
        return self._ask()

    def _ask(self) -> "AccessToken":
        from azure.core.exceptions import AzureError

        try:
            self._token = self._credential.get_token(self._scope)
        except (AzureError, ValueError) as error:
            raise self._explained(error) from error
        return self._token

    def _explained(self, error: "AzureError | ValueError") -> ConnectorError:
        from azure.core.exceptions import HttpResponseError, ServiceRequestError
        from azure.core.exceptions import ServiceResponseError as LostAnswerError

        chain = (error, error.__cause__, error.__context__)
        if any(isinstance(link, ServiceRequestError | LostAnswerError) for link in chain):
            return RetryLaterError(f"Entra: no answer ({type(error).__name__}).")
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if status is not None and status >= _SERVER_FAULT:
            return RetryLaterError(f"Entra: answered {status}.")
        said = re.search(r"AADSTS\d+", str(error))
        code = said.group() if said else type(error).__name__
        advice = _REMEDIES.get(code) or getattr(self._credential, "advice", "check the credential")
        return ConfigurationError(f"Entra gives no token for Dataverse ({code}): {advice}.")
