"""FreshBooks' token endpoint: one grant in, tokens out.

Never sends a grant twice: codes and refresh tokens work once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests

from shared.adapters.freshbooks.answers import EXPECTED
from shared.adapters.freshbooks.faults import SERVICE, read_faults
from shared.adapters.http.exact_json import decode_json
from shared.adapters.http.transport import Transport
from shared.core.tokens import TokenSet
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports import Clock

_PATH: Final = "/auth/oauth/token"
_TIMEOUT: Final = (3.0, 15.0)  # seconds; the lease of the token chain has to outlast it
_REFUSED: Final = "invalid_grant"
_UNKNOWN_APP: Final = "invalid_client"
_NOBODYS_CODE: Final = "asked-by-the-doctor-and-given-to-nobody-before"  # PKCE wants 43 characters


class TokenEndpoint:
    """The endpoint, as our app uses it.

    Args:
        transport: to `https://api.freshbooks.com`.
        client_id: the FreshBooks app's.
        client_secret: the FreshBooks app's.
        redirect_uri: as registered with the app. Whether a refresh needs it is not said anywhere;
            FreshBooks' own clients send it.
        clock: the time.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        clock: Clock,
    ) -> None:
        self._transport = transport
        self._app = {
            "client_id": client_id,
            "client_secret": client_secret,
            "redirect_uri": redirect_uri,
        }
        self._clock = clock

    def refresh(self, refresh_token: str) -> TokenSet | None:
        """Return the next tokens of a chain, None when the refresh token is refused.

        Raises:
            RetryLaterError: no answer or one that cannot be read; the token may be used up.
            ConfigurationError: FreshBooks does not know the app, or its secret is wrong.
        """
        return self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    def exchange(self, code: str, *, verifier: str) -> TokenSet | None:
        """Return the first tokens of a chain, None when the consent's code is refused.

        Args:
            code: from the redirect; it lives five minutes.
            verifier: PKCE's. Whether FreshBooks checks it is not known; a server that does not
                must ignore it (RFC 7636).

        Raises:
            RetryLaterError: no answer or one that cannot be read; the code may be used up.
            ConfigurationError: FreshBooks does not know the app, or its secret is wrong.
        """
        return self._ask(grant_type="authorization_code", code=code, code_verifier=verifier)

    def knows_app(self) -> bool | None:
        """Say whether FreshBooks takes our client id and secret, None when its answer is neither.

        It is asked with a consent's code that nobody was given: an app it does not know or a wrong
        secret is answered `invalid_client`, and a known app's bad grant `invalid_grant`. No refresh
        token takes part, so none can be used up.

        Raises:
            RetryLaterError: no answer.
        """
        response = self._send(
            grant_type="authorization_code", code=_NOBODYS_CODE, code_verifier=_NOBODYS_CODE
        )
        error = _mapping(response.content).get("error")
        return {_REFUSED: True, _UNKNOWN_APP: False}.get(error) if isinstance(error, str) else None

    def _ask(self, **grant: str) -> TokenSet | None:
        response = self._send(**grant)
        body = _mapping(response.content)
        if response.ok:
            tokens = read_grant(body, now=self._clock())
            if tokens is None:
                raise RetryLaterError(
                    "FreshBooks' token endpoint answered without tokens.", service=SERVICE
                )
            return tokens
        if body.get("error") == _REFUSED:
            return None
        said = "; ".join(map(str, read_faults(body))) or "no reason given"
        raise ConfigurationError(
            f"FreshBooks' token endpoint answered {response.status_code} ({said}). Check the "
            "app's client id, client secret and redirect URI.",
            service=SERVICE,
        )

    def _send(self, **grant: str) -> requests.Response:
        return self._transport.send(
            "POST",
            _PATH,
            data={**self._app, **grant},
            idempotent=False,
            expected=EXPECTED,
            timeout=_TIMEOUT,
            in_turn=False,  # the lease is held meanwhile
        )


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        body = decode_json(content)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def read_grant(body: Mapping[str, Any], *, now: datetime) -> TokenSet | None:
    """Return the tokens of a token endpoint's answer, None when it holds none.

    The end is `created_at + expires_in`. After a refresh FreshBooks has been seen to repeat the
    first grant's `created_at`: an end that has passed already is not believed.
    """
    access, refresh, scope = (body.get(name) for name in ("access_token", "refresh_token", "scope"))
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    return TokenSet(
        access_token=access,
        refresh_token=refresh,
        expires_at=_end(body.get("created_at"), body.get("expires_in"), now=now),
        obtained_at=now,
        scope=scope if isinstance(scope, str) else "",
    )


def _end(created_at: Any, expires_in: Any, *, now: datetime) -> datetime | None:
    # Dates are no reason to lose tokens that come only once.
    try:
        end = datetime.fromtimestamp(float(created_at), UTC) + timedelta(seconds=float(expires_in))
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return end if end > now else None
