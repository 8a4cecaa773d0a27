"""Checks of the logins to FreshBooks and of its webhooks.

Never shows a webhook's path: its last part may be known to FreshBooks only.
"""

from collections.abc import Callable, Iterator, Sequence

from shared.core.connections import CONNECT, ConnectionStatus, Registration
from shared.core.scopes import SPARED
from shared.sync.doctor.findings import Finding, Level, Subject


def check_app(ask: Callable[[], bool | None]) -> Iterator[Finding]:
    """Look whether FreshBooks takes the app's client id and secret.

    Args:
        ask: says whether it does, None when that cannot be said.
    """
    match ask():
        case True:
            text = "FreshBooks takes the client id and the secret."
            yield Finding(Level.OK, Subject.FRESHBOOKS_APP, text)
        case False:
            yield Finding(
                Level.FAILURE,
                Subject.FRESHBOOKS_APP,
                "FreshBooks does not know FRESHBOOKS_CLIENT_ID, or FRESHBOOKS_CLIENT_SECRET is not "
                "its secret (invalid_client).",
                "The administrator copies both anew from the app's page in FreshBooks' developer "
                "portal, and restarts the app.",
            )
        case None:
            yield Finding(
                Level.WARNING,
                Subject.FRESHBOOKS_APP,
                "It cannot be said whether FreshBooks takes the client id and the secret: its "
                "answer is neither yes nor no.",
                "Nobody has to do anything while a connection works; else the administrator checks "
                "FRESHBOOKS_API_URL, the client id and the secret.",
            )


def check_connections(
    ask: Callable[[], Sequence[ConnectionStatus]], scopes: Sequence[str]
) -> Iterator[Finding]:
    """Look whether every login works and was allowed what the connector reads.

    Args:
        ask: returns how each login stands.
        scopes: those every login needs.
    """
    found = ask()
    if not found:
        text = "No FreshBooks account is connected."
        yield Finding(Level.FAILURE, Subject.CONNECTIONS, text, CONNECT)
    for status in found:
        yield _judged(status, scopes)


def check_webhooks(ask: Callable[[], Sequence[Registration]], public_url: str) -> Iterator[Finding]:
    """Look whether FreshBooks reports every noun of every business.

    Args:
        ask: returns the webhooks there should be, as FreshBooks has them.
        public_url: where FreshBooks reaches this app.
    """
    found = ask()
    if not found:
        text = "There are none; only the poll finds changes."
        yield Finding(Level.WARNING, Subject.WEBHOOKS, text, CONNECT)
        return
    waiting = [each for each in found if not each.is_live]
    strange = [each for each in found if not each.uri.startswith(f"{public_url}/")]
    if waiting:
        listed = ", ".join(f"{each.business}/{each.noun} is {each.state}" for each in waiting)
        yield Finding(
            Level.WARNING,
            Subject.WEBHOOKS,
            f"{listed}; until then only the poll finds changes.",
            f"The administrator sees that FreshBooks can reach {public_url}; the app registers "
            "them by itself.",
        )
    if strange:
        listed = ", ".join(f"{each.business}/{each.noun}" for each in strange)
        yield Finding(
            Level.WARNING,
            Subject.WEBHOOKS,
            f"FreshBooks calls another address than PUBLIC_URL for {listed}.",
            "The administrator checks PUBLIC_URL, then runs `python -m shared connect`.",
        )
    if not waiting and not strange:
        yield Finding(Level.OK, Subject.WEBHOOKS, f"All {len(found)} are live.")


def _judged(status: ConnectionStatus, scopes: Sequence[str]) -> Finding:
    businesses = ", ".join(business.id for business in status.businesses) or "no account"
    if not status.works:
        text = f"{businesses}: {status.problem}"
        return Finding(Level.FAILURE, Subject.CONNECTIONS, text, status.advice)
    granted = status.scope.split()
    if not granted:
        text = f"{businesses}: connected; the granted scopes could not be determined."
        return Finding(Level.WARNING, Subject.CONNECTIONS, text, CONNECT)
    if lacking := [scope for scope in scopes if scope not in granted]:
        spared = SPARED.issuperset(lacking)
        without = "; credits are shown as FreshBooks' payments list them" if spared else ""
        return Finding(
            Level.WARNING if spared else Level.FAILURE,
            Subject.CONNECTIONS,
            f"{businesses}: connected without the scopes {', '.join(lacking)}{without}.",
            "The administrator enables them in the FreshBooks app and runs "
            "`python -m shared connect` again.",
        )
    ends = status.expires_at
    until = f"; its access token lasts until {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
    text = f"{businesses}: connected with all scopes{until}."
    return Finding(Level.OK, Subject.CONNECTIONS, text)
