"""The `requests.Session` of a transport, and how a token gets into a request.

Never takes anything from the machine it runs on but whom it trusts.
"""

import requests
from requests.adapters import HTTPAdapter

from shared.adapters.http.authorities import authorities


class Bearer(requests.auth.AuthBase):
    """Adds the token, or nothing; being there keeps a .netrc of the machine out."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def new_session() -> requests.Session:
    """Return a session that keeps connections for all threads, and retries nothing by itself."""
    session = requests.Session()
    session.verify = authorities()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=64, max_retries=0))
    return session
