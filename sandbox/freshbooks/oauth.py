"""OAuth state: applications, codes, access tokens, and refresh tokens that work once.

Never speaks HTTP; a refusal is an `OAuthError` with the status and texts FreshBooks answers.
"""

import base64
import hashlib
import hmac
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.freshbooks.switches import Switches

OBJECTS = (
    "bill_payments",
    "bill_vendors",
    "billable_items",
    "bills",
    "business",
    "clients",
    "credit_notes",
    "estimates",
    "expenses",
    "invoices",
    "journal_entries",
    "notifications",
    "online_payments",
    "other_income",
    "payments",
    "profile",
    "projects",
    "reports",
    "retainers",
    "taxes",
    "teams",
    "time_entries",
)
_READ_ONLY = {"profile", "notifications", "reports"}
SCOPES = frozenset(
    f"user:{name}:{verb}"
    for name in OBJECTS
    for verb in ("read", "write")
    if verb == "read" or name not in _READ_ONLY
)
_EVERY_APP = "user:profile:read"

CODE_LIFE = timedelta(minutes=5)
TOKEN_LIFE = timedelta(hours=12)


@dataclass
class OAuthError(Exception):
    """The token endpoint refuses."""

    status: int
    error: str
    description: str

    @property
    def body(self) -> dict[str, str]:
        """Return the documented body."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True)
class App:
    """An application in the developer portal.

    Attributes:
        redirect_uris: https only, without a query; the portal refuses even http://localhost.
        scopes: what is enabled; a consent may ask for less, never for more.
    """

    client_id: str = "5b2c8e0f7a4d4be19c33d2a6e1f08b57"
    client_secret: str = "sandbox-secret-of-the-connector"
    redirect_uris: tuple[str, ...] = ("https://localhost:8443/api/connect/freshbooks/callback",)
    scopes: frozenset[str] = SCOPES
    name: str = "Dynamics 365 connector"

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            parts = urlsplit(uri)
            if parts.scheme != "https" or parts.query:
                raise ValueError(f"a redirect URI must be https and without a query: {uri}")


@dataclass(frozen=True)
class _Code:
    app: str
    identity: int
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str | None
    expires: datetime


@dataclass(frozen=True)
class Token:
    """A pair of tokens and whose it is."""

    access: str
    refresh: str
    app: str
    identity: int
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime


class OAuth:
    """Everything issued so far."""

    def __init__(self, *, clock: Callable[[], datetime], seed: int, switches: Switches) -> None:
        self.apps: dict[str, App] = {}
        self._clock = clock
        self._switches = switches
        self._random = random.Random(f"oauth {seed}")
        self._key = self._random.randbytes(32)
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[tuple[int, str], Token] = {}
        self._lock = threading.Lock()

    def register(self, app: App) -> App:
        """Add an application."""
        self.apps[app.client_id] = app
        return app

    def scopes(self, app: App, asked: str) -> tuple[str, ...]:
        """Return the scopes a consent is about; none asked for means all that are enabled.

        Raises:
            OAuthError: one does not exist or is not enabled, which fails the whole consent.
        """
        wanted = asked.split() or sorted(app.scopes)
        if any(scope not in SCOPES or scope not in app.scopes | {_EVERY_APP} for scope in wanted):
            text = "The requested scope is invalid, unknown, or malformed."
            raise OAuthError(400, "invalid_scope", text)
        return tuple(dict.fromkeys([_EVERY_APP, *wanted]))

    def allow(
        self,
        app: App,
        identity: int,
        scopes: tuple[str, ...],
        redirect_uri: str,
        *,
        challenge: str | None = None,
    ) -> str:
        """Return a code for what a person has allowed; it lives five minutes and works once."""
        with self._lock:
            code = self._random.randbytes(32).hex()
            expires = self._clock() + CODE_LIFE
            self._codes[code] = _Code(
                app.client_id, identity, scopes, redirect_uri, challenge, expires
            )
        return code

    def exchange(self, app: App, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Trade a code for tokens."""
        code, redirect_uri = _required(fields, "code"), _required(fields, "redirect_uri")
        with self._lock:
            known = self._codes.get(code)
            if (
                known is None
                or known.app != app.client_id
                or known.redirect_uri != redirect_uri
                or known.expires <= self._clock()
                or not _proves(known.challenge, str(fields.get("code_verifier", "")))
            ):
                raise _invalid_grant()
            del self._codes[code]
            return self._issue(app.client_id, known.identity, known.scopes, None)

    def refresh(self, app: App, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Trade a refresh token for a new pair; the old refresh token is spent."""
        given, redirect_uri = _required(fields, "refresh_token"), _required(fields, "redirect_uri")
        with self._lock:
            last = next((one for one in self._refresh.values() if one.refresh == given), None)
            if last is None or last.app != app.client_id or redirect_uri not in app.redirect_uris:
                raise _invalid_grant()
            if self._switches.refresh_ends_access_tokens:
                owner = (last.identity, last.app)
                for token in [t for t in self._access.values() if (t.identity, t.app) == owner]:
                    del self._access[token.access]
            return self._issue(app.client_id, last.identity, last.scopes, last)

    def grant(self, app: App, identity: int, scopes: tuple[str, ...]) -> dict[str, Any]:
        """Return tokens as if a person had just consented."""
        with self._lock:
            return self._issue(app.client_id, identity, scopes, None)

    def holder(self, access: str) -> Token | None:
        """Return the living token of this text."""
        token = self._access.get(access)
        return token if token is not None and token.expires > self._clock() else None

    def revoke(self, app: App, text: str) -> None:
        """Kill an access token, or a refresh token with the access token beside it."""
        with self._lock:
            for owner, token in list(self._refresh.items()):
                if text in {token.refresh, token.access} and token.app == app.client_id:
                    del self._refresh[owner]
                    self._access.pop(token.access, None)
            if text in self._access and self._access[text].app == app.client_id:
                del self._access[text]

    def expire_access_tokens(self) -> None:
        """Let every access token end now, as twelve hours would."""
        with self._lock:
            self._access.clear()

    def _issue(
        self, app: str, identity: int, scopes: tuple[str, ...], last: Token | None
    ) -> dict[str, Any]:
        now = self._clock()
        created, life = now, TOKEN_LIFE
        if last and self._switches.refresh_keeps_created_at and now < last.expires:
            created, life = last.created, TOKEN_LIFE - timedelta(seconds=1)
        expires = datetime.fromtimestamp(int(created.timestamp()), tz=created.tzinfo) + life
        access = self._jwt(app, identity, scopes, created, expires)
        refresh = self._random.randbytes(32).hex()
        token = Token(access, refresh, app, identity, scopes, created, expires)
        self._access[access] = token
        # One refresh token is alive per person and application: this one.
        self._refresh[identity, app] = token
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(life.total_seconds()),
            "refresh_token": refresh,
            "scope": " ".join(scopes),
            "created_at": int(created.timestamp()),
            "direct_buy_tokens": {},
        }

    def _jwt(
        self, app: str, identity: int, scopes: tuple[str, ...], created: datetime, expires: datetime
    ) -> str:
        claims = {
            "jti": self._random.randbytes(16).hex(),
            "sub": str(identity),
            "aud": app,
            "iat": int(created.timestamp()),
            "exp": int(expires.timestamp()),
            "scope": " ".join(scopes),
        }
        head = _base64url(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        signed = f"{head}.{_base64url(json.dumps(claims).encode())}"
        return f"{signed}.{_base64url(hmac.digest(self._key, signed.encode(), 'sha256'))}"


def _proves(challenge: str | None, verifier: str) -> bool:
    if challenge is None:
        return True
    return _base64url(hashlib.sha256(verifier.encode()).digest()) == challenge


def _required(fields: Mapping[str, Any], name: str) -> str:
    if not fields.get(name):
        raise OAuthError(400, "invalid_request", f"Missing required parameter: {name}.")
    return str(fields[name])


def _invalid_grant() -> OAuthError:
    text = "The provided authorization grant is invalid, expired, revoked, or was already used."
    return OAuthError(400, "invalid_grant", text)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
