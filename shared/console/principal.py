"""Who the platform says is signed in: the headers of Easy Auth, read and believed or not.

Never believes half of it: whatever is doubled, contradicts itself or cannot be read is nobody.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

# The routes Easy Auth lets strangers through to. What arrives there was signed in by nobody, so the
# headers count for nothing whoever has put them there.
OPEN_PATHS: Final = ("/api/webhooks/freshbooks/*", "/api/health")

_ENTRA: Final = "aad"
_LONGEST_HEADER: Final = 64 * 1024
_TENANT_CLAIMS: Final = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")
_ISSUER_CLAIM: Final = "iss"
_ROLE_CLAIMS: Final = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
# An issuer names its tenant: https://login.microsoftonline.com/<tenant>/v2.0, and the older
# https://sts.windows.net/<tenant>/; other clouds have other hosts.
_ISSUER: Final = re.compile(r"https://[a-z0-9.-]+/(?P<tenant>[0-9a-fA-F-]{36})(/|/v2\.0/?)?")


@dataclass(frozen=True)
class Principal:
    """Somebody who is signed in with Entra.

    Attributes:
        tenant: id of the tenant that vouches for them, lower-case.
        roles: app roles they have.
    """

    tenant: str
    roles: frozenset[str]


def is_open(path: str) -> bool:
    """Say whether Easy Auth lets strangers through to a path."""
    asked = unquote(path).casefold().rstrip("/")
    return any(
        asked == each.removesuffix("/*")
        or (each.endswith("/*") and asked.startswith(each.removesuffix("*")))
        for each in OPEN_PATHS
    )


def read_principal(header: str, provider: str) -> Principal | None:
    """Return who is signed in, None for nobody who can be believed.

    Args:
        header: `X-MS-CLIENT-PRINCIPAL`: base64 of JSON with the claims; "" if there is none.
        provider: `X-MS-CLIENT-PRINCIPAL-IDP`; "" if there is none.
    """
    body = _decoded(header)
    if body.get("auth_typ") != _ENTRA or provider not in {"", _ENTRA}:
        return None
    listed = body.get("claims")
    if not isinstance(listed, list):
        return None
    try:
        tenant = _tenant(listed)
        roles = frozenset(value for name in _ROLE_CLAIMS for value in _values(listed, name))
    except ValueError:
        return None
    return Principal(tenant, roles)


def _tenant(claims: Sequence[Any]) -> str:
    """Return the one tenant that is named, by its own claim or by the issuer's."""
    named = {
        each.lower() for name in _TENANT_CLAIMS for each in _at_most_one(_values(claims, name))
    }
    for issuer in _at_most_one(_values(claims, _ISSUER_CLAIM)):
        found = _ISSUER.fullmatch(issuer)
        if found is None:
            raise ValueError("another issuer than Entra")
        named.add(found["tenant"].lower())
    (tenant,) = named
    return tenant


def _values(claims: Iterable[Any], name: str) -> list[str]:
    found = [
        each.get("val") for each in claims if isinstance(each, Mapping) and each.get("typ") == name
    ]
    if not all(isinstance(each, str) for each in found):
        raise ValueError("a claim that is no text")
    return [str(each) for each in found]


def _at_most_one(values: list[str]) -> list[str]:
    if len(values) > 1:
        raise ValueError("a claim that is doubled")
    return values


def _decoded(header: str) -> Mapping[str, Any]:
    if len(header) > _LONGEST_HEADER:
        return {}
    try:
        body: Any = json.loads(base64.b64decode(header, validate=True), object_pairs_hook=_once)
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return body if isinstance(body, Mapping) else {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that is doubled")
    return found
