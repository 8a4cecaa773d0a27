"""The platform's front end: where TLS ends, and where Easy Auth says who is signed in.

Never answers for the function app: it forwards every request, and says 502 when nobody is there.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The value of a claim; of one that a person has several times, such as a role, a list.
Claims = Mapping[str, str | list[str]]

OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
NAME = "preferred_username"
TENANT_ID = "http://schemas.microsoft.com/identity/claims/tenantid"
ISSUER = "iss"
_PROVIDER = "aad"
_NAME_TYPE = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
_ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

# The platform's load balancer waits no longer for an answer.
PATIENCE = 230.0
_BLOCK = 65_536

# What concerns one connection, not the message (RFC 9110, 7.6.1). An expected 100 has already been
# sent by the server this app runs in.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Only the front itself says these; `x-ms-client-principal` stands for all that begin with it.
_OURS = frozenset({"x-forwarded-host", "x-forwarded-proto", "content-length"})
_PRINCIPAL = "x-ms-client-principal"


class _BrokenBodyError(Exception):
    """The caller did not send the body it announced."""


class Front:
    """The WSGI app between a browser and a function host.

    Args:
        host: the function host's address, `http://127.0.0.1:<port>`.
        principal: the claims of somebody who is signed in, added to every request; None is Easy
            Auth letting everybody in unnamed.
    """

    def __init__(self, host: str, *, principal: Claims | None = None) -> None:
        self._address = urlsplit(host).netloc
        self._signed_in = {} if principal is None else principal_headers(principal)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Forward one request."""
        asked = environ["REQUEST_METHOD"] + environ["REQUEST_URI"]
        if not re.fullmatch("[!-~]+", asked):
            # Forwarded byte for byte or not at all.
            return _refuse(400, "The address is not plain ASCII.")(environ, start_response)
        if self._signed_in and _is_foreign(environ):
            return _refuse(403, "The request may come from another site.")(environ, start_response)
        connection = HTTPConnection(self._address, timeout=PATIENCE)
        try:
            status, headers, body = self._forward(connection, environ)
        except _BrokenBodyError as error:
            return _refuse(400, str(error))(environ, start_response)
        except (OSError, HTTPException):
            return _refuse(502, "The function app does not answer.")(environ, start_response)
        finally:
            connection.close()
        start_response(status, headers)
        return [body] if body else []

    def _forward(
        self, connection: HTTPConnection, environ: "WSGIEnvironment"
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        # Without `skip_`, the client library would add headers the caller did not send.
        connection.putrequest(
            environ["REQUEST_METHOD"],
            environ["REQUEST_URI"],
            skip_host=True,
            skip_accept_encoding=True,
        )
        for name, value in self._headers(environ):
            connection.putheader(name, value.encode("latin-1"))
        if _is_chunked(environ):
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders(_chunks(environ), encode_chunked=True)
        elif environ.get("CONTENT_LENGTH"):
            connection.putheader("Content-Length", environ["CONTENT_LENGTH"])
            connection.endheaders(_blocks(environ))
        else:
            connection.endheaders()
        with connection.getresponse() as answer:
            headers = _end_to_end(answer.getheaders(), answer.getheader("Connection"))
            return f"{answer.status} {answer.reason}", headers, answer.read()

    def _headers(self, environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
        given = [
            (name.removeprefix("HTTP_").replace("_", "-").title(), value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name == "CONTENT_TYPE" and value)
        ]
        path = [environ["REMOTE_ADDR"]]
        for name, value in _end_to_end(given, environ.get("HTTP_CONNECTION")):
            if name.lower() == "x-forwarded-for":
                path.insert(0, value)
            elif name.lower() not in _OURS and not name.lower().startswith(_PRINCIPAL):
                yield name, value
        yield "X-Forwarded-For", ", ".join(path)
        yield "X-Forwarded-Proto", environ["wsgi.url_scheme"]
        yield "X-Forwarded-Host", environ.get("HTTP_HOST", "")
        yield from self._signed_in.items()


def signed_in(tenant: str, *, name: str, object_id: str, roles: Iterable[str] = ()) -> Claims:
    """Return the claims of somebody whom a tenant of Entra vouches for, as its tokens have them."""
    return {
        ISSUER: f"https://login.microsoftonline.com/{tenant}/v2.0",
        TENANT_ID: tenant,
        OBJECT_ID: object_id,
        NAME: name,
        "roles": list(roles),
    }


def principal_headers(claims: Claims, *, provider: str = _PROVIDER) -> dict[str, str]:
    """Return the headers by which Easy Auth names somebody who is signed in.

    Args:
        claims: by type; `OBJECT_ID` and `NAME` become headers of their own as well.
        provider: who signed them in; the default is Entra.
    """
    listed = [
        {"typ": kind, "val": value}
        for kind, given in claims.items()
        for value in ([given] if isinstance(given, str) else given)
    ]
    principal = {
        "auth_typ": provider,
        "claims": listed,
        "name_typ": _NAME_TYPE,
        "role_typ": _ROLE_TYPE,
    }
    headers = {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-IDP": provider,
    }
    for suffix, kind in (("ID", OBJECT_ID), ("NAME", NAME)):
        headers |= {
            f"X-MS-CLIENT-PRINCIPAL-{suffix}": each["val"] for each in listed if each["typ"] == kind
        }
    return headers


def _is_foreign(environ: "WSGIEnvironment") -> bool:
    """Say whether Easy Auth takes a signed-in request for one that another site has sent.

    It refuses a browser's POST in which neither `Origin` nor `Referer` names the site (403.60, see
    issue 1602 of Azure/azure-functions-host). A page with `Referrer-Policy: no-referrer` sends its
    own forms so: `Origin: null` and no referrer.
    """
    if environ["REQUEST_METHOD"] != "POST":
        return False
    if not environ.get("HTTP_USER_AGENT", "").startswith("Mozilla/"):
        return False
    given = (environ.get(f"HTTP_{name}", "") for name in ("ORIGIN", "REFERER"))
    return environ.get("HTTP_HOST", "") not in {urlsplit(each).netloc for each in given}


def _end_to_end(
    headers: Iterable[tuple[str, str]], connection: str | None
) -> list[tuple[str, str]]:
    named = {each.strip().lower() for each in (connection or "").split(",")}
    return [pair for pair in headers if pair[0].lower() not in _HOP_BY_HOP | named]


def _is_chunked(environ: "WSGIEnvironment") -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _chunks(environ: "WSGIEnvironment") -> Iterator[bytes]:
    while True:
        try:
            block = environ["wsgi.input"].read(_BLOCK)
        except (OSError, ValueError) as error:
            raise _BrokenBodyError("The chunks of the body cannot be read.") from error
        if not block:
            return
        yield block


def _blocks(environ: "WSGIEnvironment") -> Iterator[bytes]:
    missing = int(environ["CONTENT_LENGTH"])
    while missing:
        try:
            block = environ["wsgi.input"].read(min(missing, _BLOCK))
        except OSError as error:
            raise _BrokenBodyError("The body cannot be read.") from error
        if not block:
            raise _BrokenBodyError("The body is shorter than announced.")
        missing -= len(block)
        yield block


def _refuse(status: int, text: str) -> Response:
    # The rest of the body may still be under way, so the connection is of no more use.
    return Response(f"{text}\n", status=status, headers={"Connection": "close"})
