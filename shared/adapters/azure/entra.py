"""Access tokens for Dataverse from Entra ID: shared by all threads, renewed in time, explained.

Never decides who signs in, which `credentials` does, and never shows a token.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shared.adapters.azure.credentials import Forgetting, claims_of
from shared.core.sign_in import Way
from shared.errors import ConfigurationError, ConnectorError, RetryLaterError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.exceptions import AzureError

MARGIN: Final = 300  # seconds before its expiry a token is renewed
_PATIENCE: Final = 30  # seconds before a renewal that failed or brought nothing is tried again
_LAST_CALL: Final = 10  # seconds before its expiry a token is not handed out any more
_SERVER_FAULT: Final = 500
_THROTTLED: Final = 429
_SERVICE: Final = "Entra"
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

    def who(self) -> str:
        """Return who the newest token is for, as a person would say it; "" when unknown.

        Only for telling people: nothing is decided by it, and the signature is not looked at.
        """
        claims = claims_of(self._token.token) if self._token is not None else {}
        if claims.get("idtyp") == "user" or claims.get("scp"):
            return "the person who is signed in here"
        found = claims.get("appid") or claims.get("azp")
        known = isinstance(found, str) and _CLIENT_ID.fullmatch(found)
        return f"the application {found}" if known else ""

    def _usable(self, rejected: str | None) -> "AccessToken | None":
        token = self._token
        if token is None or token.token == rejected:
            return None
        return token if self._clock() < token.expires_on - _LAST_CALL else None

    def _replace(self, rejected: str | None) -> "AccessToken":
        if rejected is not None and isinstance(self._credential, Forgetting):
            self._credential.forget()
        return self._ask()

    def _ask(self) -> "AccessToken":
        from azure.core.exceptions import AzureError

        try:
            self._token = self._credential.get_token(self._scope)
        except (AzureError, ValueError) as error:
            advice = getattr(self._credential, "advice", "check the credential")
            raise no_token(error, "Dataverse", advice=advice) from error
        return self._token


def ask(credential: "TokenCredential", scope: str, *, service: str) -> str:
    """Ask for a token only to see whether there is one, and return how it was come by.

    Raises:
        ConfigurationError: there is none; the text says what to check.
        RetryLaterError: Entra cannot be reached.
    """
    from azure.core.exceptions import AzureError

    try:
        credential.get_token(scope)
    except (AzureError, ValueError) as error:
        advice = getattr(credential, "advice", "check the credential")
        raise no_token(error, service, advice=advice) from error
    return str(getattr(credential, "way", Way.MANAGED_IDENTITY))


def no_token(error: "AzureError | ValueError", service: str, *, advice: str) -> ConnectorError:
    """Return the error of a credential that gives no token.

    Args:
        error: what the credential raised.
        service: what the token was for.
        advice: what to check where Entra's own code says nothing better.
    """
    from azure.core.exceptions import HttpResponseError, ServiceRequestError
    from azure.core.exceptions import ServiceResponseError as LostAnswerError

    chain = (error, error.__cause__, error.__context__)
    if any(isinstance(link, ServiceRequestError | LostAnswerError) for link in chain):
        return RetryLaterError(f"Entra: no answer ({type(error).__name__}).", service=_SERVICE)
    status = error.status_code if isinstance(error, HttpResponseError) else None
    if status is not None and (status >= _SERVER_FAULT or status == _THROTTLED):
        return RetryLaterError(
            f"Entra: answered {status}.", service=_SERVICE, throttled=status == _THROTTLED
        )
    said = re.search(r"AADSTS\d+", str(error))
    code = said.group() if said else type(error).__name__
    advice = _REMEDIES.get(code) or advice
    return ConfigurationError(
        f"Entra gives no token for {service} ({code}): {advice}.", service=_SERVICE
    )
