"""The page on which a person allows an application to read their books, or does not.

Never asks for a password: who is logged in is chosen on the page.
"""

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.freshbooks.businesses import Identity
from sandbox.freshbooks.oauth import App, OAuth, OAuthError

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;"
    "color:#1d2b24}button{font:inherit;padding:.5rem 1.4rem;margin-right:.6rem}"
)
_CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


def document(title: str, body: str, *, status: int = 200, style: str = _STYLE) -> Response:
    """Return a whole HTML page; `body` is markup, `title` is text."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def consent(request: Request, oauth: OAuth, identities: Sequence[Identity]) -> Response:
    """Show the page on GET, carry out what the person decided on POST.

    What is wrong with the request is said on the page and never redirected: an address that is not
    registered must not learn anything.
    """
    asked = request.values
    try:
        app, scopes = _application(oauth, asked)
    except OAuthError as refusal:
        return document(
            "An error has occurred", f"<p>{escape(refusal.description)}</p>", status=400
        )
    if request.method == "GET":
        return _page(app, scopes, asked, identities)
    state = {"state": asked["state"]} if "state" in asked else {}
    if asked.get("decision") != "allow":
        text = "The resource owner or authorization server denied the request."
        denied = {"error": "access_denied", "error_description": text}
        return redirect(f"{asked['redirect_uri']}?{urlencode(denied | state)}")
    known = {str(identity.id): identity.id for identity in identities}
    identity = known.get(asked.get("identity", min(known)))
    if identity is None:
        return document("An error has occurred", "<p>Nobody has that login.</p>", status=400)
    code = oauth.allow(
        app, identity, scopes, asked["redirect_uri"], challenge=asked.get("code_challenge") or None
    )
    return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code} | state)}")


def _application(oauth: OAuth, asked: MultiDict[str, str]) -> tuple[App, tuple[str, ...]]:
    app = oauth.apps.get(asked.get("client_id", ""))
    if app is None:
        raise OAuthError(401, "invalid_client", "Client authentication failed: unknown client.")
    if asked.get("redirect_uri") not in app.redirect_uris:
        text = "The redirect uri included is not valid."
        raise OAuthError(400, "invalid_redirect_uri", text)
    if asked.get("response_type") != "code":
        text = "The authorization server does not support this response type."
        raise OAuthError(400, "unsupported_response_type", text)
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        raise OAuthError(400, "invalid_request", "The code challenge method must be S256.")
    return app, oauth.scopes(app, asked.get("scope", ""))


def _page(
    app: App,
    scopes: Iterable[str],
    asked: MultiDict[str, str],
    identities: Iterable[Identity],
) -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in _CARRIED
        if name in asked
    )
    people = "".join(f'<option value="{one.id}">{escape(one.email)}</option>' for one in identities)
    wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    return document(
        f"Allow {app.name}?",
        f"<p>{escape(app.name)} asks to use your FreshBooks account:</p><ul>{wanted}</ul>"
        f'<form method="post">{hidden}'
        f'<p><label>Logged in as <select name="identity">{people}</select></label></p>'
        '<button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="cancel">Cancel</button></form>',
    )
