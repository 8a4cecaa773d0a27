"""Accounts as they would be: with the clients they would have, and the invoices on their deals.

Never says which account is a client's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from shared.core.homes import Account, Deal, Opportunity
from shared.core.matching import normal
from shared.core.rows import Current
from shared.core.schema import CLIENT_TABLE
from shared.core.views import RecordRow
from shared.sync.ports import Crm
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.once import Once
from shared.sync.rehearsal.script import Script

# As many words of a name, so long at least, as the adapter looks for similar names by.
_MOST_WORDS: Final = 4
_SHORTEST_WORD: Final = 3


@dataclass(frozen=True)
class Sought:
    """What is looked for on the account of a client, for one of its records.

    Attributes:
        reference: name of an opportunity, "" for none beside the open ones.
        number: of an invoice that belongs to no record, "" for none.
        source_key: of the record that an invoice is adopted for, "" for none.
    """

    reference: str = ""
    number: str = ""
    source_key: str = ""


@dataclass(frozen=True)
class Home:
    """The account a client's row would name.

    Attributes:
        account: None where it names none.
        existing: invoices there that may be the record; None where those that were read are.
    """

    account: Account | None
    existing: tuple[RecordRow, ...] | None = None


class Accounts:
    """The accounts of a rehearsal.

    Args:
        crm: what is there.
        directory: what an account has that a client would get.
        script: what was planned so far.
        once: what was answered so far.
        match_column: the account column a client's field is compared with, None for the name
            alone.
    """

    def __init__(
        self,
        crm: Crm,
        directory: Directory,
        script: Script,
        once: Once,
        *,
        match_column: str | None,
    ) -> None:
        self._crm = crm
        self._directory = directory
        self._script = script
        self._once = once
        self._match_column = match_column

    def get(self, account: UUID) -> Account | None:
        """Return one account by its id, with all of its clients and its deals."""
        there = self._once(("account", account), lambda: self._crm.get_account(account))
        if there is not None:
            return self.as_planned(there, summed=True)
        row = self._script.made("account", account)
        return self._new(row) if row is not None else None

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices that would be on it."""
        there = self._once(("deal", opportunity), lambda: self._crm.get_deal(opportunity))
        return self._deal(there, on=None) if there is not None else None

    def as_planned(self, there: Account, *, summed: bool = False) -> Account:
        """Return an account that is there as it would be, with the clients it would have.

        Args:
            there: as it was read.
            summed: it was read with what its deals are summed up from.
        """
        account = self._script.see("account", there) or there
        self._script.names.update({each.id: each.name for each in there.opportunities})
        here = {
            row.id: row
            for each in there.clients
            if (row := self._script.see(CLIENT_TABLE, each)) is not None and row.account == there.id
        }
        here |= {row.id: row for row in self._script.planned_clients_on(there.id)}
        deals = self._deals(there) if summed else ()
        return replace(account, clients=tuple(here.values()), deals=tuple(deals))

    def home(self, key: str, there: Account | None, sought: Sought | None) -> Home:
        """Return the account a client's row would name.

        Args:
            key: the client's.
            there: the account that it names so far.
            sought: what is looked for there, with this client alone; None for all of its clients
                and its deals.
        """
        account = self.as_planned(there, summed=sought is None) if there is not None else None
        planned, existing = self._script.planned_client(key), None
        if planned is not None and planned.account != (there.id if there is not None else None):
            account = self.get(planned.account) if planned.account is not None else None
            if account is not None and sought is not None:
                opportunities, existing = self._find_on(account.id, sought)
                account = replace(account, opportunities=opportunities)
        if account is None or sought is None:
            return Home(account)
        clients = tuple(row for row in account.clients if row.key == key)
        return Home(replace(account, clients=clients, deals=()), existing)

    def list_equal(self, name: str, field_value: str | None) -> Iterator[Account]:
        """Yield the accounts that would be made and that Dataverse would find equal."""
        for account in self._made():
            by_name = name and _blind(account.name) == _blind(name)
            by_field = field_value and _blind(account.match_value) == _blind(field_value)
            if by_name or by_field:
                yield account

    def list_similar(self, name: str) -> Iterator[Account]:
        """Yield the accounts that would be made and whose name shares a word with another."""
        return (account for account in self._made() if _share_a_word(name, account.name))

    def _made(self) -> Iterator[Account]:
        return map(self._new, self._script.list_made("account"))

    def _new(self, row: Current) -> Account:
        column = self._match_column
        return Account(
            **vars(row),
            clients=tuple(self._script.planned_clients_on(row.id)),
            match_value=row.text(column) if column else "",
        )

    def _find_on(
        self, account: UUID, sought: Sought
    ) -> tuple[tuple[Opportunity, ...], tuple[RecordRow, ...]]:
        """Return what an account has for a record whose client does not belong to it yet."""
        if self._script.made("account", account) is not None:
            return (), ()
        opportunities, invoices = self._once(
            ("on", account, sought),
            lambda: self._directory.find_on(
                account,
                reference=sought.reference,
                number=sought.number,
                source_key=sought.source_key,
            ),
        )
        self._script.names.update({each.id: each.name for each in opportunities})
        return opportunities, invoices

    def _deals(self, account: Account) -> Iterator[Deal]:
        """Yield an account's opportunities that show something of their invoices, or would."""
        read = {deal.id: deal for deal in account.deals}
        yield from (self._deal(deal, on=account.id) for deal in read.values())
        for opportunity in self._script.planned_opportunities(account.id):
            if opportunity in read:
                continue
            deal = self.get_deal(opportunity)
            if deal is not None and deal.lookups.get("customerid") == account.id:
                yield deal

    def _deal(self, there: Deal, *, on: UUID | None) -> Deal:
        """Return an opportunity as it would be.

        Args:
            there: as it was read.
            on: the account whose invoices count, None for whoever's.
        """
        deal = self._script.see("opportunity", there) or there
        here = {
            row.id: row
            for each in there.invoices
            if (row := self._script.see("invoice", each)) is not None
            and row.lookups.get("opportunityid", there.id) == there.id
        }
        here |= {row.id: row for row in self._script.planned_invoices_on(there.id)}
        invoices: Iterable[Current] = here.values()
        if on is not None:
            invoices = [each for each in invoices if each.lookups.get("customerid", on) == on]
        return replace(deal, invoices=tuple(invoices))


def _blind(text: str) -> str:
    return normal(text).casefold()


def _share_a_word(name: str, other: str) -> bool:
    """Say whether Dataverse would be asked for an account of one name for the sake of another."""
    telling = sorted(_words(name), key=lambda word: (-len(word), word))
    long = [word for word in telling if len(word) >= _SHORTEST_WORD] or telling
    return not _words(name).isdisjoint(_words(other)) and any(
        word in _blind(other) for word in long[:_MOST_WORDS]
    )


def _words(text: str) -> frozenset[str]:
    return frozenset("".join(c if c.isalnum() else " " for c in _blind(text)).split())
