"""Checks of the logins to FreshBooks and of its webhooks.

Never shows a webhook's path: its last part may be known to FreshBooks only.
"""

from collections.abc import Iterator, Sequence

from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports.doctor import CallbackStates, Connection, Connections, ConnectionState

_CONNECT = "The administrator runs `python -m shared connect` and logs in to FreshBooks."


def check_connections(connections: Connections, scopes: Sequence[str]) -> Iterator[Finding]:
    """Look whether every login works and was allowed what the connector reads.

    Args:
        connections: the logins there are.
        scopes: those every login needs.
    """
    found = connections()
    if not found:
        yield Finding(
            Level.FAILURE, Subject.CONNECTIONS, "No FreshBooks account is connected.", _CONNECT
        )
    for connection in found:
        yield _judged(connection, scopes)


def check_webhooks(callbacks: CallbackStates, public_url: str) -> Iterator[Finding]:
    """Look whether FreshBooks reports every noun of every account.

    Args:
        callbacks: the webhooks there should be.
        public_url: where FreshBooks reaches this app.
    """
    found = callbacks()
    if not found:
        text = "There are none; only the poll finds changes."
        yield Finding(Level.WARNING, Subject.WEBHOOKS, text, _CONNECT)
        return
    waiting = [each for each in found if each.state != "live"]
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


def _judged(connection: Connection, scopes: Sequence[str]) -> Finding:
    businesses = ", ".join(connection.businesses) or "no account"
    if connection.state is not ConnectionState.CONNECTED:
        reason = f": {connection.reason}" if connection.reason else "."
        return Finding(
            Level.FAILURE,
            Subject.CONNECTIONS,
            f"{businesses}: {connection.state}{reason}",
            _CONNECT,
        )
    granted = connection.scope.split()
    if not granted:
        text = f"{businesses}: connected; the granted scopes could not be determined."
        return Finding(Level.WARNING, Subject.CONNECTIONS, text, _CONNECT)
    if lacking := [scope for scope in scopes if scope not in granted]:
        return Finding(
            Level.FAILURE,
            Subject.CONNECTIONS,
            f"{businesses}: connected without the scopes {', '.join(lacking)}.",
            "The administrator enables them in the FreshBooks app and runs "
            "`python -m shared connect` again.",
        )
    ends = connection.expires_at
    until = f"; its access token lasts until {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
    text = f"{businesses}: connected with all scopes{until}."
    return Finding(Level.OK, Subject.CONNECTIONS, text)
