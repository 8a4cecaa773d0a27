"""A vault over https, and identities it knows or does not.

Never lets one be seen by another process.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from sandbox.authority import Authority, trusted_environment
from sandbox.web import serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Credential:
    """An identity that is always signed in with the same token; without one it cannot sign in."""

    def __init__(self, token: str = "good") -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if not self.token:
            raise ClientAuthenticationError("no managed identity here")
        return AccessToken(self.token, int(time.time()) + 3600)


@contextlib.contextmanager
def over_https(app: "WSGIApplication", folder: Path) -> Iterator[str]:
    """Serve `app` with a certificate that this process trusts meanwhile, and yield its address."""
    certificates = Authority().write(folder)
    chain, key = str(certificates.chain), str(certificates.key)
    with (
        pytest.MonkeyPatch.context() as environment,
        serve(app, certificate=chain, key=key) as address,
    ):
        for name, value in trusted_environment(certificates.ca).items():
            environment.setenv(name, value)
        yield address
