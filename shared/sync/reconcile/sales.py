"""What Sales holds: clients and sums of all businesses, then the rows of one business.

Never keeps a row, only what is compared of it.
"""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final
from uuid import UUID

from shared.core.homes import Account
from shared.core.identity import Kind, RecordId, read_client_key
from shared.core.options import ClientState
from shared.core.reconcile.causes import Cause, who_ends
from shared.core.reconcile.differences import Difference
from shared.core.reconcile.facts import ClientFacts, Entry
from shared.core.reconcile.findings import Finding
from shared.core.reconcile.index import Index
from shared.core.reconcile.sums import compare_account, compare_deal
from shared.core.views import Currency
from shared.errors import ConfigurationError
from shared.sync.ports import Clock, Crm
from shared.sync.ports.both_sides import SalesRows

_LINKED: Final = int(ClientState.LINKED)
ACCOUNT: Final = "account"
OPPORTUNITY: Final = "opportunity"
_NOBODYS: Final = (
    "whoever may change it in Dynamics: no linked client of a connected business belongs to it"
)


class Sales:
    """Dataverse's rows.

    Attributes:
        currencies: of the environment, by ISO code.
        codes: ISO codes by the currencies' ids.
    """

    def __init__(self, rows: SalesRows, crm: Crm, clock: Clock) -> None:
        self._rows = rows
        self._crm = crm
        self._clock = clock
        self.currencies: dict[str, Currency] = {}
        for code in sorted(crm.list_currency_codes()):
            with contextlib.suppress(ConfigurationError):  # two have this code: held for a person
                found = crm.get_currency(code)
                self.currencies |= {code: found} if found is not None else {}
        self.codes = {each.id.int: each.code for each in self.currencies.values()}
        self._clients: list[ClientFacts] = list(rows.list_clients())
        self._inactive: set[int] = set()

    def index(self, business: str, kinds: Collection[Kind]) -> Index:
        """Return the rows of one business."""
        index = Index(business)
        index.inactive = frozenset(self._inactive)
        for row in self._clients:
            client = read_client_key(row.key, business)
            if client is not None:
                index.clients[client.number] = row
        if set(kinds) & {Kind.INVOICE, Kind.PAYMENT}:
            for header in self._rows.list_headers(business):
                index.add_header(header)
                self._learn(header.currency)
        if set(kinds) - {Kind.CLIENT}:
            for kind, entry in self._rows.list_entries(business):
                index.add_entry(kind, _sharing(entry, index))
                self._learn(entry.currency)
        return index

    def sums(self, businesses: Collection[str]) -> Iterator[Difference]:
        """Yield the accounts and opportunities that do not show what they add up to.

        Accounts are read here, so that it is known afterwards which are not active.

        Args:
            businesses: that are synced: a client of one of them is asked for.
        """
        of_account: defaultdict[int, list[ClientFacts]] = defaultdict(list)
        for row in self._clients:
            self._learn(row.currency)
            if row.account is not None:
                of_account[row.account].append(row)
        for account in self._rows.list_accounts():
            if not account.active:
                self._inactive.add(account.id.int)
            clients = of_account.get(account.id.int, [])
            found = self._compare(account, clients)
            if found is not None:
                yield _difference(ACCOUNT, account.id, found, clients, businesses)
        for deal in self._rows.list_deals():
            found = compare_deal(deal)
            if found is not None:
                customer = deal.lookups.get("customerid")
                clients = of_account.get(customer.int, []) if customer is not None else []
                yield _difference(OPPORTUNITY, deal.id, found, clients, businesses)

    def _compare(self, account: Account, clients: list[ClientFacts]) -> Finding | None:
        code = self.codes.get(account.currency.int, "") if account.currency is not None else ""
        currency = self.currencies.get(code)
        if currency is None:
            return None
        others = self.currencies
        return compare_account(
            account, clients, currency=currency, others=others, now=self._clock()
        )

    def _learn(self, currency: int | None) -> None:
        """Ask for a currency that rows are in and that is not active any more."""
        if currency is None or currency in self.codes:
            return
        found = self._crm.get_currency_by_id(UUID(int=currency))
        self.codes[currency] = found.code if found is not None else ""


def _sharing(entry: Entry, index: Index) -> Entry:
    """Return an entry with its invoice's id as that one's row has it: there are many of them."""
    headers = index.headers_of(entry.number)
    if len(headers) == 1 and entry.invoice == headers[0].row:
        return entry._replace(invoice=headers[0].row, number=headers[0].number)
    return entry


def _difference(
    kind: str,
    row: UUID,
    found: Finding,
    clients: Collection[ClientFacts],
    businesses: Collection[str],
) -> Difference:
    ask = next(_linked(clients, businesses), None)
    return Difference(
        found.cause,
        ask.business if ask is not None else "",
        kind,
        0,
        str(row),
        found.text,
        who_ends(Cause.AMOUNT) if ask is not None else _NOBODYS,
        ask=ask,
    )


def _linked(clients: Collection[ClientFacts], businesses: Collection[str]) -> Iterator[RecordId]:
    """Yield the linked clients among some, by whose sync their account is added up."""
    for row in clients:
        business = row.key.rpartition("-")[0]
        client = read_client_key(row.key, business)
        if row.state == _LINKED and business in businesses and client is not None:
            yield client
