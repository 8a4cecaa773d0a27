"""FreshBooks' authorization: the consent page, the code it returns, the businesses it opens.

Never sees a token: the token chain exchanges the code and keeps what comes.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from shared.adapters.freshbooks.answers import EXPECTED
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.transport import Transport
from shared.core.connections import Business, Person
from shared.core.scopes import SCOPES
from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError

WHO: Final = "/auth/api/v1/users/me"
# `roles[]` is the older list and has its own words.
_ROLE_WORDS: Final = {"admin": "owner"}
_CLIENT: Final = "client"


class FreshBooksLogin:
    """The port `Login`.

    Args:
        transport: to `https://api.freshbooks.com`.
        chain: gives the token chain of a connection.
        auth_url: where the consent page is, such as `https://auth.freshbooks.com`.
        client_id: the FreshBooks app's.
        redirect_uri: as registered with the app, to the letter.
    """

    def __init__(
        self,
        transport: Transport,
        chain: Callable[[str], TokenChain],
        *,
        auth_url: str,
        client_id: str,
        redirect_uri: str,
    ) -> None:
        self._transport = transport
        self._chain = chain
        self._page = f"{auth_url.rstrip('/')}/oauth/authorize/"
        self._client_id = client_id
        self._redirect_uri = redirect_uri

    def authorize_url(self, *, state: str, challenge: str) -> str:
        """Return the address of the consent page.

        Args:
            state: comes back with the code; ties the answer to the browser that asked.
            challenge: PKCE, S256; FreshBooks takes it.
        """
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._page}?{urlencode(query, quote_via=quote)}"

    def exchange(self, code: str, *, verifier: str, connection: str) -> None:
        """Turn a consent's code into the first tokens of a connection and keep them.

        Args:
            code: from the redirect; it lives five minutes and works once.
            verifier: PKCE's proof that we asked for it.
            connection: names the token chain.

        Raises:
            ReconnectNeededError: FreshBooks does not take the code.
            ConfigurationError: it does not know the app, or its secret is wrong.
            RetryLaterError: FreshBooks, Key Vault or storage is down; connect again.
        """
        self._chain(connection).exchange(code, verifier=verifier)

    def get_person(self, connection: str) -> Person:
        """Return who consented, and their businesses.

        Raises:
            ReconnectNeededError: our access is not accepted.
            ConfigurationError: it may not read the profile.
            RetryLaterError: FreshBooks is throttled or down.
        """
        response = self._transport.send(
            "GET",
            WHO,
            idempotent=True,
            authorize=self._chain(connection),
            unauthorized=ReconnectNeededError,
            expected=EXPECTED,
        )
        if not response.ok:
            raise ConfigurationError(
                f"FreshBooks answered {response.status_code} when asked who is connected. Check "
                "that the app has the scope user:profile:read."
            )
        body = self._transport.read_json(response)
        person = body.get("response") if isinstance(body, Mapping) else None
        if not isinstance(person, Mapping):
            raise RetryLaterError("FreshBooks answered without the person who is connected.")
        identity = person.get("identity_id") or person.get("id")
        if not isinstance(identity, int):
            raise RetryLaterError("FreshBooks answered without the person's number.")
        return Person(identity, tuple(read_businesses(person)))


def read_businesses(person: Mapping[str, Any]) -> list[Business]:
    """Return the businesses in the answer of `users/me`.

    A real owner's `business.account_id` can be null while the id is in the older `roles[]`. It is
    taken from there when it is plain: one business without an id, one id without a business. A
    person who is a client on an account is marked so: reads are filtered there.
    """
    roles = {
        str(each["accountid"]): _ROLE_WORDS.get(str(each.get("role")), str(each.get("role")))
        for each in _objects(person.get("roles"))
        if each.get("accountid")
    }
    found = [_business(each, roles) for each in _objects(person.get("business_memberships"))]
    known = {business.id for business in found}
    spare = [account for account in roles if account not in known]
    without = [business for business in found if business.id is None]
    own = [account for account in spare if roles[account] != _CLIENT]
    if len(without) == 1 and len(own) == 1:
        place = found.index(without[0])
        found[place] = Business(id=own[0], name=without[0].name, role=without[0].role)
        spare.remove(own[0])
    return found + [Business(id=each, name=each, role=roles[each]) for each in spare]


def _business(membership: Mapping[str, Any], roles: Mapping[str, str]) -> Business:
    business = membership.get("business")
    fields = business if isinstance(business, Mapping) else {}
    account = str(fields["account_id"]) if fields.get("account_id") else None
    role = str(membership.get("role") or "")
    if account and roles.get(account) == _CLIENT:
        role = _CLIENT
    return Business(id=account, name=str(fields.get("name") or ""), role=role)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value or () if isinstance(each, Mapping)]
