"""A browser's request and the answer to it, as values.

Never knows which host carries them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shared.console.access import BROWSER_LASTS
from shared.console.principal import is_open

COOKIE: Final = "__Host-fbx-connect"
# Thousands of businesses; the host takes 100 MB, which as fields are 4 GB in memory.
LONGEST_FORM: Final = 64 * 1024
_PRINCIPAL: Final = "x-ms-client-principal"
_LASTS: Final = int(BROWSER_LASTS.total_seconds())

# Nothing but our own markup and styles, no frame around it, and no address passed on.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Visit:
    """A request.

    Attributes:
        query: the address's query, one value a name.
        form: the posted form.
        cookie: the value of our cookie, "" when the browser sent none.
        principal: header `X-MS-CLIENT-PRINCIPAL`, "" when there is none or it may not count here.
        provider: header `X-MS-CLIENT-PRINCIPAL-IDP`, likewise.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cookie: str = ""
    principal: str = ""
    provider: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer: a page, or where to go."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_HEADERS))


def read_cookie(header: str) -> str:
    """Return our cookie from the header `Cookie`, "" when it is not there.

    Cookies of others on the domain come along, and need not be as the standard wants them.
    """
    pairs = (each.strip().partition("=") for each in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def read_identity(headers: Mapping[str, str], address: str) -> tuple[str, str]:
    """Return the headers that say who is signed in, and with whom; nothing on an open path.

    Args:
        headers: of the request, in any case.
        address: the request's.
    """
    if is_open(urlsplit(address).path):
        return "", ""
    given = {name.lower(): value for name, value in headers.items()}
    return given.get(_PRINCIPAL, ""), given.get(f"{_PRINCIPAL}-idp", "")


def read_form(body: bytes) -> dict[str, list[str]]:
    """Return the fields of a posted form; none of a body longer than any of our forms."""
    if len(body) > LONGEST_FORM:
        return {}
    return parse_qs(body.decode("utf-8", "replace"))


def redirect(address: str, *, cookie: str | None = None) -> Reply:
    """Send the browser on with GET, perhaps with our cookie set.

    The cookie is for this host alone, over https only, unseen by scripts; `Lax` lets it come along
    when FreshBooks sends the browser back.
    """
    headers = {**_HEADERS, "Location": address}
    if cookie is not None:
        headers["Set-Cookie"] = (
            f"{COOKIE}={cookie}; Path=/; Max-Age={_LASTS}; Secure; HttpOnly; SameSite=Lax"
        )
    return Reply(303, headers=headers)
