"""Entra ID, as far as azure-identity and msal ask: client secrets and managed identities.

Never signs a token for anybody else: what it issues is worth something in this sandbox only.
"""

import base64
import collections
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.web import json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TENANT = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"
SYSTEM_ASSIGNED = "2d9b1c86-5e0f-4c57-8a7e-60b1f4ad3e28"

_HEADER = {"typ": "JWT", "alg": "RS256", "kid": "sandbox"}
_IDENTITY_LIFETIME = 86_400  # seconds a managed identity's token is good for: a day, as in Azure
_KEY = b"sandbox"  # what tokens are sealed with
_NAMESPACE = uuid.UUID("b3a3d9a4-3f0c-4d57-9a1e-1f2f6f1a7c00")


class Entra:
    """A tenant with its app registrations and the managed identities of this machine.

    Attributes:
        issued: tokens issued so far by `(client id, resource)`.

    Args:
        clients: secret by client id.
        identities: client ids of the user-assigned managed identities this machine has, besides
            its system-assigned one.
        identity_header: what a caller of `/msi/token` has to know, `IDENTITY_HEADER` in its
            environment.
        lifetime: seconds a client's token is good for; Entra gives an hour.
    """

    def __init__(
        self,
        *,
        clients: Mapping[str, str] | None = None,
        identities: Collection[str] = (),
        identity_header: str = "sandbox-identity-header",
        lifetime: int = 3599,
    ) -> None:
        self.clients = dict(clients or {})
        self.identities = list(identities)
        self.identity_header = identity_header
        self.lifetime = lifetime
        self.issued: collections.Counter[tuple[str, str]] = collections.Counter()
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        return self._route(request)(environ, start_response)

    def issue(
        self, client: str, resource: str, *, lifetime: int | None = None, person: str = ""
    ) -> str:
        """Issue an access token for `resource` to `client`, as the endpoints do.

        Args:
            client: the client id that ends up in `appid`.
            resource: the audience, for example `https://vault.azure.net`.
            lifetime: seconds; a negative one gives a token that has expired already.
            person: user name of whoever signed in with the client, "" when the client did itself.
        """
        now = int(time.time())
        owner = str(uuid.uuid5(_NAMESPACE, person or client))
        claims = {
            "aud": resource,
            # Azurite's own check of tokens insists on this issuer.
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now - 300,
            "exp": now + (self.lifetime if lifetime is None else lifetime),
            "appid": client,
            "appidacr": "1",
            "idtyp": "app",
            "oid": owner,
            "sub": owner,
            "tid": TENANT,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if person:
            claims |= {
                "appidacr": "0",
                "idtyp": "user",
                "scp": "user_impersonation",
                "unique_name": person,
                "upn": person,
            }
        with self._lock:
            self.issued[client, resource] += 1
        body = f"{_encode(_json(_HEADER))}.{_encode(_json(claims))}"
        return f"{body}.{_seal(body)}"

    def accepts(self, token: str, resource: str) -> bool:
        """Say whether `token` is one of ours, for `resource`, and has not expired.

        A trailing slash of the audience does not count: clients ask for both forms.
        """
        body, _, seal = token.rpartition(".")
        if not hmac.compare_digest(seal.encode(), _seal(body).encode()):
            return False
        claims = json.loads(_decode(body.partition(".")[2]))
        return bool(
            claims["aud"].rstrip("/") == resource.rstrip("/")
            and claims["nbf"] <= time.time() < claims["exp"]
        )

    def _route(self, request: Request) -> Response:  # one case per endpoint
        match request.method, request.path.strip("/").split("/"):
            case "GET", [tenant, "v2.0", ".well-known", "openid-configuration"]:
                return self._discovery(tenant, request.host_url.rstrip("/"))
            case "POST", [tenant, "oauth2", "v2.0", "token"]:
                return self._token(tenant, request.form)
            case "GET", ["msi", "token"]:
                return self._app_service(request)
            case "GET", ["metadata", "identity", "oauth2", "token"]:
                return self._machine(request)
            case _:
                return Response(status=404)

    def _discovery(self, tenant: str, host: str) -> Response:
        if tenant != TENANT:
            return _refused(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        return json_response(
            {
                "issuer": f"{host}/{tenant}/v2.0",
                "authorization_endpoint": f"{host}/{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{host}/{tenant}/oauth2/v2.0/token",
                "jwks_uri": f"{host}/{tenant}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["code", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "tenant_region_scope": None,
            }
        )

    def _token(self, tenant: str, form: Mapping[str, str]) -> Response:
        client, scope = form.get("client_id", ""), form.get("scope", "")
        if tenant != TENANT:
            return _refused(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", 70003, "Unsupported grant type.")
        if client not in self.clients:
            text = f"Application with identifier '{client}' was not found in the directory."
            return _refused(400, "unauthorized_client", 700016, text)
        given = form.get("client_secret", "").encode()
        if not hmac.compare_digest(given, self.clients[client].encode()):
            text = f"Invalid client secret provided. App '{client}'."
            return _refused(401, "invalid_client", 7000215, text)
        if not scope.endswith("/.default"):
            text = f"Scope '{scope}' is not valid: client credentials need '<resource>/.default'."
            return _refused(400, "invalid_scope", 1002012, text)
        return json_response(
            {
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "ext_expires_in": self.lifetime,
                "access_token": self.issue(client, scope.removesuffix("/.default")),
            }
        )

    def _app_service(self, request: Request) -> Response:
        if not hmac.compare_digest(
            request.headers.get("X-IDENTITY-HEADER", "").encode(), self.identity_header.encode()
        ):
            return _identity_error(401, "The identity header is missing or wrong.")
        resource = request.args.get("resource", "")
        if request.args.get("api-version") != "2019-08-01" or not resource:
            return _identity_error(400, "An api-version of 2019-08-01 and a resource are needed.")
        client = self._identity(request)
        if client is None:
            return _identity_error(
                400,
                "No User Assigned or Delegated Managed Identity found for specified "
                "ClientId/ResourceId/PrincipalId.",
            )
        return json_response(
            {
                "access_token": self.issue(client, resource, lifetime=_IDENTITY_LIFETIME),
                "client_id": client,
                "expires_on": str(int(time.time()) + _IDENTITY_LIFETIME),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _machine(self, request: Request) -> Response:
        resource = request.args.get("resource", "")
        if request.headers.get("Metadata") != "true":
            return _machine_error("Required metadata header not specified")
        if not request.args.get("api-version") or not resource:
            return _machine_error("Required query variables api-version and resource are missing")
        client = self._identity(request)
        if client is None:
            return _machine_error("Identity not found")
        now = int(time.time())
        return json_response(
            {
                "access_token": self.issue(client, resource, lifetime=_IDENTITY_LIFETIME),
                "client_id": client,
                "expires_in": str(_IDENTITY_LIFETIME),
                "expires_on": str(now + _IDENTITY_LIFETIME),
                "not_before": str(now - 300),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _identity(self, request: Request) -> str | None:
        asked = request.args.get("client_id")
        if asked is not None:
            return asked if asked in self.identities else None
        return SYSTEM_ASSIGNED


def _refused(status: int, error: str, code: int, text: str) -> Response:
    return json_response(
        {
            "error": error,
            "error_description": f"AADSTS{code}: {text}",
            "error_codes": [code],
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        },
        status=status,
    )


def _identity_error(status: int, text: str) -> Response:
    return json_response({"statusCode": status, "message": text}, status=status)


def _machine_error(text: str) -> Response:
    return json_response({"error": "invalid_request", "error_description": text}, status=400)


def _seal(body: str) -> str:
    return _encode(hmac.digest(_KEY, body.encode(), hashlib.sha256))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
