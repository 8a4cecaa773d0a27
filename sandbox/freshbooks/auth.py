"""The auth endpoints: tokens, revocation, introspection, metadata and who is asking.

Never shows a page; that is the consent's.
"""

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from sandbox.freshbooks.oauth import SCOPES, App, OAuth, OAuthError
from sandbox.web import json_response


class Auth:
    """Requests on tokens."""

    def __init__(self, oauth: OAuth) -> None:
        self._oauth = oauth

    def token(self, request: Request) -> Response:
        """Trade a code or a refresh token for a new pair."""
        fields = form_or_json(request)
        grant = fields.get("grant_type")
        if not grant:
            text = "Missing required parameter: grant_type."
            raise OAuthError(400, "invalid_request", text)
        if grant not in {"authorization_code", "refresh_token"}:
            text = "The authorization grant type is not supported by the authorization server."
            raise OAuthError(400, "unsupported_grant_type", text)
        app = self._application(request, fields)
        traded = (
            self._oauth.exchange(app, fields)
            if grant == "authorization_code"
            else self._oauth.refresh(app, fields)
        )
        return json_response(traded, headers={"Cache-Control": "no-store"})

    def revoke(self, request: Request) -> Response:
        """Kill a token; one that is already dead is no error."""
        fields = form_or_json(request)
        self._oauth.revoke(self._application(request, fields), str(fields.get("token", "")))
        return json_response({})

    def introspect(self, request: Request) -> Response:
        """Say whether an access token lives, as RFC 7662 has it."""
        fields = form_or_json(request)
        self._application(request, fields)
        token = self._oauth.holder(str(fields.get("token", "")))
        if token is None:
            return json_response({"active": False})
        return json_response(
            {
                "active": True,
                "scope": " ".join(token.scopes),
                "client_id": token.app,
                "token_type": "Bearer",
                "exp": int(token.expires.timestamp()),
                "iat": int(token.created.timestamp()),
            }
        )

    def metadata(self, request: Request) -> Response:
        """Return the authorization server's description of itself (RFC 8414)."""
        base = request.host_url.rstrip("/")
        return json_response(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/service/auth/oauth/authorize",
                "token_endpoint": f"{base}/service/auth/oauth/token",
                "revocation_endpoint": f"{base}/service/auth/oauth/revoke",
                "introspection_endpoint": f"{base}/service/auth/oauth/introspect",
                "scopes_supported": sorted(SCOPES),
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _application(self, request: Request, fields: dict[str, Any]) -> App:
        client_id, secret = _basic(request) or (
            str(fields.get("client_id", "")),
            str(fields.get("client_secret", "")),
        )
        app = self._oauth.apps.get(client_id)
        if app is None or not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
            text = "Client authentication failed due to unknown client or wrong secret."
            raise OAuthError(401, "invalid_client", text)
        return app


def form_or_json(request: Request) -> dict[str, Any]:
    """Return the body's fields, sent as a form, as multipart, or as JSON."""
    if request.is_json:
        body = request.get_json(silent=True)
        return body if isinstance(body, dict) else {}
    return request.form.to_dict()


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(name), unquote(secret)
