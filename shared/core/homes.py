"""Where clients belong in Dataverse: their own rows, the accounts these name, and what is there.

Never says how they were read, and never holds a column that nobody asked for.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.core.figures import Figures, read_amounts
from shared.core.identity import RecordId, read_client_key
from shared.core.options import ClientState
from shared.core.rows import Current, Reference, Scalar


@dataclass(frozen=True)
class ClientRow(Current):
    """A FreshBooks client's own row: whose account it is, and what it owes.

    Attributes:
        misplaced: its account is known to have been deactivated, or activated again, since.
    """

    misplaced: bool = False

    @property
    def key(self) -> str:
        """The client's key, `<business>-<number>`."""
        return self.text("fbx_key")

    @property
    def link_state(self) -> ClientState | None:
        """How it stands to an account, None where somebody emptied that."""
        return _state_of(self.columns.get("fbx_state"))

    @property
    def carried_out(self) -> ClientState | None:
        """The state that the connector acted on last, None before it did."""
        return _state_of(self.columns.get("fbx_carriedout"))

    @property
    def account(self) -> UUID | None:
        """The account it belongs to."""
        return self.lookups.get("fbx_accountid")

    @property
    def linked_to(self) -> UUID | None:
        """The account it belonged to when the connector acted on it last."""
        try:
            return UUID(self.text("fbx_linkedto"))
        except ValueError:
            return None

    @property
    def reason(self) -> str:
        """Why it stands so, or what a person has to decide."""
        return self.text("fbx_reason")

    @property
    def belongs(self) -> bool:
        """Whether its records belong to its account."""
        return self.account is not None and self.link_state in _AT_HOME

    @property
    def settled(self) -> bool:
        """Whether the connector has acted on it as it is."""
        if self.misplaced or self.link_state is None or self.link_state is not self.carried_out:
            return False
        if self.link_state is ClientState.LINKED and self.figures is None:
            return False
        nobodys = self.account is None and self.link_state is not ClientState.LINKED
        return nobodys or self.account == self.linked_to

    @property
    def figures(self) -> Figures | None:
        """What it owes, as it is kept; None where that cannot be read."""
        amounts = read_amounts(self.text("fbx_figures"))
        if amounts is None:
            return None
        return Figures(
            amounts=amounts,
            last_invoice=self._day("fbx_lastinvoiceon"),
            last_payment=self._day("fbx_lastpaymenton"),
            next_due=self._day("fbx_nextdueon"),
        )

    def client(self, business: str) -> RecordId | None:
        """Return the client of a business it stands for, None when it is none of it."""
        return read_client_key(self.key, business)

    def _day(self, column: str) -> date | None:
        try:
            return date.fromisoformat(self.text(column)[:10])
        except ValueError:
            return None


_AT_HOME: Final = frozenset({ClientState.LINKED, ClientState.GONE})


def _state_of(value: Scalar) -> ClientState | None:
    try:
        return ClientState(int(value)) if isinstance(value, int | Decimal) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Opportunity:
    """An opportunity of an account.

    Attributes:
        is_open: it is neither won nor lost.
    """

    id: UUID
    name: str
    is_open: bool = True


@dataclass(frozen=True)
class Deal(Current):
    """An opportunity with what it shows of the invoices on it: our own columns, its currency.

    Attributes:
        invoices: those on it, whatever their state: status, amounts, currency.
    """

    invoices: tuple[Current, ...] = ()


@dataclass(frozen=True)
class Account(Current):
    """An account of Dynamics: all our own columns, `name`, its currency, whether it is active.

    Attributes:
        deals: opportunities that show something of their invoices, or should, if asked for.
        clients: rows of the FreshBooks clients that belong to it; those that were asked for.
        opportunities: those that were asked for: the open ones, and those of a name.
        match_value: its value in the configured matching column, "" when empty or not configured.
    """

    clients: tuple[ClientRow, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    deals: tuple[Deal, ...] = ()
    match_value: str = ""

    @property
    def name(self) -> str:
        """Its name, "" if it has none."""
        return self.text("name")

    @property
    def key_of_before(self) -> str:
        """The key of the client that an earlier release linked it to, "" for none."""
        return self.text("fbx_clientkey")

    @property
    def active(self) -> bool:
        """Whether it is active."""
        return self.state is None or self.state.state == 0

    @property
    def master(self) -> UUID | None:
        """The account it was merged into, None when it was not."""
        return None if self.active else self.lookups.get("masterid")

    @property
    def owner(self) -> Reference | None:
        """The user or team that owns it, None where that was not asked for."""
        for column, table in (("owninguser", "systemuser"), ("owningteam", "team")):
            owner = self.lookups.get(column)
            if owner is not None:
                return Reference(table, owner)
        return None

    @property
    def currency(self) -> UUID | None:
        """Its currency, None when it has none yet."""
        return self.lookups.get("transactioncurrencyid")

    @property
    def where(self) -> str:
        """What tells it from others of its name: city, account number, owner; "" for nothing."""
        number = self.text("accountnumber")
        parts = (self.text("address1_city"), f"no. {number}" if number else "", self.text("owner"))
        return ", ".join(filter(None, parts))

    def client(self, key: str) -> ClientRow | None:
        """Return one of its clients by its key, None when it has none of that key."""
        return next((each for each in self.clients if each.key == key), None)


@dataclass(frozen=True)
class ClientView:
    """What Dataverse holds about a client, read in one request.

    Attributes:
        row: the client's own row.
        home: the account its row names, active or not, with all of its clients.
        candidates: active accounts that Dataverse finds equal by name or by the configured field,
            and the one that an earlier release linked to the client, active or not; each with all
            of its clients. Dataverse compares case- and often accent-blind, so they are compared
            again here.
        similar: up to 50 active accounts whose name shares a word with the client's; empty unless
            they were asked for.
    """

    row: ClientRow | None
    home: Account | None
    candidates: tuple[Account, ...]
    similar: tuple[Account, ...] = ()


@dataclass(frozen=True)
class AccountName:
    """What could end a client's wait: an account that is new, or called anew.

    Attributes:
        match_value: its value in the configured matching column, "" when empty or not configured.
        active: whether it is active.
    """

    id: UUID
    name: str
    match_value: str = ""
    active: bool = True
