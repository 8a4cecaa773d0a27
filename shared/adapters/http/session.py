"""The `requests.Session` of a transport, and how a token gets into a request.

Never takes anything from the machine it runs on but whom it trusts.
"""

import requests

from shared.adapters.http.authorities import authorities
from shared.adapters.http.round_trip import MeasuringAdapter, RoundTrip
from shared.adapters.http.steady import SteadySession


class Bearer(requests.auth.AuthBase):
    """Adds the token, or nothing; being there keeps a .netrc of the machine out."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def new_session(round_trip: RoundTrip) -> requests.Session:
    """Return a session that keeps connections for all threads, and retries nothing by itself.

    Args:
        round_trip: measured with each connection.
    """
    session = SteadySession()
    session.verify = authorities()
    for scheme in ("https://", "http://"):
        session.mount(scheme, MeasuringAdapter(round_trip, pool_maxsize=64, max_retries=0))
    return session
