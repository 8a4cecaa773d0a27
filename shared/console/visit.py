"""A browser's request and the answer to it, as values.

Never knows which host carries them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shared.console.access import BROWSER_LASTS
from shared.console.principal import is_open

COOKIE: Final = "__Host-fbx-connect"
VISITOR: Final = "__Host-fbx-visitor"
# The choice of as many businesses as a person is shown, by ids of 32 characters; the host takes
# 100 MB, which as fields are 4 GB in memory.
LONGEST_FORM: Final = 96 * 1024
_MOST_FIELDS: Final = 2500
_PRINCIPAL: Final = "x-ms-client-principal"
_LASTS: Final = int(BROWSER_LASTS.total_seconds())

# Nothing but our own markup and styles, no frame around it, and no address passed on to others. A
# page that passed on none at all would send its own forms with `Origin: null` (Fetch, "append a
# request Origin header"), and Easy Auth refuses a signed-in browser's POST without a known one.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Visit:
    """A request.

    Attributes:
        query: the address's query, one value a name.
        form: the posted form.
        cookie: our cookie that names the consent begun in the browser, "" when it sent none.
        visitor: our cookie that names the browser, likewise.
        principal: header `X-MS-CLIENT-PRINCIPAL`, "" when there is none or it may not count here.
        provider: header `X-MS-CLIENT-PRINCIPAL-IDP`, likewise.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cookie: str = ""
    visitor: str = ""
    principal: str = ""
    provider: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer: a page, or where to go."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_HEADERS))


def read_cookie(header: str, name: str = COOKIE) -> str:
    """Return a cookie of ours from the header `Cookie`, "" when it is not there.

    Cookies of others on the domain come along, and need not be as the standard wants them.
    """
    pairs = (each.strip().partition("=") for each in header.split(";"))
    return next((value for given, _, value in pairs if given == name), "")


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
    """Return the fields of a posted form; none of a body larger than any of our forms."""
    if len(body) > LONGEST_FORM:
        return {}
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def redirect(address: str, *, cookie: str | None = None) -> Reply:
    """Send the browser on with GET, perhaps with the cookie of its consent set.

    `Lax` lets the cookie come along when FreshBooks sends the browser back.
    """
    headers = {**_HEADERS, "Location": address}
    if cookie is not None:
        headers["Set-Cookie"] = _set(COOKIE, cookie)
    return Reply(303, headers=headers)


def named(reply: Reply, *, visitor: str) -> Reply:
    """Return an answer that names the browser for the requests that follow.

    The name comes along when a link leads here from another site, such as the sign-in's, and not
    with a form that another site sends.
    """
    return replace(reply, headers={**reply.headers, "Set-Cookie": _set(VISITOR, visitor)})


def _set(name: str, value: str) -> str:
    """Return a cookie for this host alone, over https only, unseen by scripts."""
    return f"{name}={value}; Path=/; Max-Age={_LASTS}; Secure; HttpOnly; SameSite=Lax"
