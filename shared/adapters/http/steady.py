"""A session of `requests` that looks at its machine once.

Never reads a .netrc: who signs in is ours to say.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies


class SteadySession(requests.Session):
    """Sends as any other session does, without asking the environment anew for each request.

    Reading the proxies and looking for a .netrc took a quarter of the processor time of a request.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self._proxies: dict[str, dict[str, str]] = {}

    def merge_environment_settings(
        self,
        url: Any,
        proxies: MutableMapping[str, str] | None,
        stream: Any,
        verify: Any,
        cert: Any,
    ) -> Any:
        """Return the settings of a request: its own, the session's, the machine's proxies."""
        host = urlsplit(url).netloc
        found = self._proxies.get(host)
        if found is None:
            found = self._proxies[host] = get_environ_proxies(url)
        merged = {**found, **(proxies or {})}
        return super().merge_environment_settings(url, merged, stream, verify, cert)
