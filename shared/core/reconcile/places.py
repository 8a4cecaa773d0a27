"""Where a client's records belong, by the client's own row.

Never chooses an account.
"""

from dataclasses import dataclass

from shared.core.options import ClientState
from shared.core.reconcile.facts import ClientFacts

_AT_HOME = frozenset({int(ClientState.LINKED), int(ClientState.GONE)})


@dataclass(frozen=True, slots=True)
class Home:
    """Where the records of a client belong.

    Attributes:
        client: the client's own row, None where it has none.
        account: the account, None while a person is asked for it.
        state: how the client stands to it.
    """

    client: int | None = None
    account: int | None = None
    state: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether its records are carried over now."""
        return self.account is not None

    @property
    def is_ignored(self) -> bool:
        """Whether a person decided to leave it out."""
        return self.state == int(ClientState.IGNORED)


NOWHERE = Home()


def home_of(row: ClientFacts | None, inactive: frozenset[int]) -> Home:
    """Return where a client's records belong.

    Args:
        row: the client's own row, None where it has none.
        inactive: accounts that are not active.
    """
    if row is None:
        return NOWHERE
    there = row.state in _AT_HOME and row.account is not None and row.account not in inactive
    return Home(row.row, row.account if there else None, row.state)
