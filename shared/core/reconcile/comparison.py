"""Both sides of one business: what was listed of FreshBooks, beside the index of Sales' rows.

Never reads either side, and never takes for gone what a list did not show: that is said to it.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final
from uuid import UUID

from shared.core.identity import Awaited, Kind, RecordId
from shared.core.listed import DRAFT, NO_CLIENT, OFF
from shared.core.listed import who_ends as who_ends_wait
from shared.core.options import ClientState
from shared.core.policies import DeletedPolicy, ExpensePolicy
from shared.core.reconcile.activity import Activity
from shared.core.reconcile.booking import booked, kind_of_item, sold
from shared.core.reconcile.causes import A_PERSON, Cause, who_ends
from shared.core.reconcile.clients import compare_client
from shared.core.reconcile.differences import Booked, Difference
from shared.core.reconcile.entries import Item, compare_entry
from shared.core.reconcile.facts import Entry, Header
from shared.core.reconcile.findings import Finding
from shared.core.reconcile.index import Index
from shared.core.reconcile.invoices import compare_invoice
from shared.core.reconcile.ledger import Ledger
from shared.core.reconcile.places import Home
from shared.core.reconcile.rules import Rules
from shared.core.reconcile.standing import Standing
from shared.core.reconcile.wording import Worded, word
from shared.core.records import Category, Client, Credit, Expense, Invoice, Payment, Record, kind_of

_NOT_CARRIED: Final = frozenset({int(ClientState.GONE), int(ClientState.IGNORED)})


class Comparison:
    """One business.

    Attributes:
        rows: how many rows count in Sales, by kind.
        knows_open: every invoice was looked at, so that it is known what is open of a client.
    """

    def __init__(self, index: Index, rules: Rules, ledger: Ledger) -> None:
        self._index = index
        self._rules = rules
        self._ledger = ledger
        self._standing = Standing(index, rules)
        self._activity = Activity()
        self.rows: dict[Kind, int] = {}
        self.knows_open = False

    def open(self, kinds: Collection[Kind]) -> None:
        """Add up what Sales holds of some kinds."""
        for kind in kinds:
            self.rows[kind] = 0
            for number in set(self._index.numbers(kind)):
                here = self._standing.sold(kind, number)
                self._ledger.sell(self._index.business, kind, here)
                self.rows[kind] += sum(each.records for each in here)

    def leave_out(self, kind: Kind) -> None:
        """Forget the sums of a kind that cannot be compared: one side of them says nothing."""
        self._ledger.forget(self._index.business, kind)
        self.rows[kind] = 0

    def look_at(self, invoice: Invoice) -> None:
        """Take note of what is open of an invoice, which its client's balances are made of."""
        self._activity.add(invoice)

    def compare(self, record: Record) -> list[Difference]:
        """Add up a record that FreshBooks has, and return what differs of it in Sales."""
        if self._is_noted(record):
            return list(self._noted(record))
        here = booked(record, self._rules)
        self._ledger.book(self._index.business, kind_of(record), here)
        match record:
            case Client():
                return list(self._client(record, here))
            case Invoice():
                return list(self._invoice(record, here))
            case Payment() | Credit() | Expense():
                return list(self._item(record, here))
            case Category():
                return []

    def counts(self, kind: Kind, number: int) -> bool:
        """Say whether anything of a record counts in Sales, a lone timeline entry too."""
        if kind is Kind.CLIENT:
            row = self._index.clients.get(number)
            return row is not None and row.state not in _NOT_CARRIED
        record = self._record(kind, number)
        return bool(self._standing.rows(kind, number)) or bool(self._standing.own_entry(record))

    def unseen(self, kind: Kind, seen: Collection[int]) -> list[int]:
        """Return the numbers of rows that count and whose records were not shown, in order."""
        every = sorted(set(self._index.numbers(kind)) - set(seen))
        return [number for number in every if self.counts(kind, number)]

    def gone(self, kind: Kind, number: int, why: str) -> Difference:
        """Return the rows of a record that is known not to be in FreshBooks any more.

        Args:
            kind: the record's.
            number: the record's.
            why: how that is known.
        """
        record, here = self._record(kind, number), self._standing.sold(kind, number)
        kept = self._keeps and kind is not Kind.CLIENT
        ours = kind is Kind.CLIENT or bool(
            self._standing.own(record) or self._standing.own_entry(record)
        )
        cause = Cause.KEPT if kept else Cause.EXTRA
        return Difference(
            cause,
            record.business,
            kind,
            number,
            self._standing.called(kind, number),
            why,
            who_ends(cause) if kept or ours else A_PERSON,
            sales=here,
            ask=record if ours and not kept else None,
            cancels=ours and not kept and kind is not Kind.CLIENT,
        )

    def unreadable(self, kind: Kind, number: int, why: str) -> Difference:
        """Return a record of which a list shows no more than its number."""
        return Difference(
            Cause.UNREADABLE,
            self._index.business,
            kind,
            number,
            self._standing.called(kind, number),
            why,
            who_ends(Cause.UNREADABLE),
            sales=self._standing.sold(kind, number),
        )

    def _client(self, client: Client, here: tuple[Booked, ...]) -> Iterator[Difference]:
        record = self._record(Kind.CLIENT, client.id)
        row = self._index.clients.get(client.id)
        if row is None:
            yield self._missing(client, here, None)
            return
        there = self._standing.sold(Kind.CLIENT, client.id)
        opened = self._activity.open_of(client.id) if self.knows_open else None
        found = compare_client(client, row, opened, self._rules)
        if found is not None:
            yield self._word(client, found, here, there)
        elif row.state == int(ClientState.NEEDS_A_PERSON):
            found = Finding(Cause.HELD, "a person has to choose its account")
            who = who_ends_wait(Awaited.client(record.number))
            yield self._word(client, found, here, there, who=who)
        elif row.state == int(ClientState.IGNORED):
            found = Finding(Cause.IGNORED, "it is left out by a person's decision")
            who = who_ends_wait(Awaited.ignored(record.number))
            yield self._word(client, found, here, there, who=who)

    def _invoice(self, invoice: Invoice, here: tuple[Booked, ...]) -> Iterator[Difference]:
        record = self._record(Kind.INVOICE, invoice.id)
        own, entry = self._standing.own(record), self._standing.own_entry(record)
        yield from self._strangers(invoice, own)
        home = self._standing.home(invoice.customerid)
        if invoice.draft and not self._rules.drafts:
            if own is not None or entry is not None:
                yield self._extra(invoice, "it is a draft again", here, own)
                return
            found = Finding(Cause.DRAFT, "the customer has not got it yet")
            yield self._word(invoice, found, here, (), who=who_ends_wait(Awaited.policy(DRAFT)))
        elif own is None:
            yield self._missing(invoice, here, home, invoice.customerid)
        else:
            header = own if isinstance(own, Header) else None
            differs = compare_invoice(invoice, header, entry, home, self._rules)
            yield from self._beside(invoice, differs, here, own)

    def _item(self, item: Item, here: tuple[Booked, ...]) -> Iterator[Difference]:
        own = self._standing.own_entry(self._record(kind_of_item(item), item.id))
        yield from self._strangers(item, own)
        home = self._standing.home(item.clientid or 0)
        why, policy = self._left_out(item)
        if why and own is not None and policy != OFF and not self._keeps:
            yield self._extra(item, f"it is left out: {why}", here, own)
        elif why and own is not None:
            # What was shown before the setting was another one stays as it is.
            found = Finding(Cause.KEPT, f"it is left out by now: {why}")
            yield self._word(item, found, here, (sold(own, self._rules),))
        elif why:
            found, who = Finding(Cause.SKIPPED, why), who_ends_wait(Awaited.policy(policy))
            yield self._word(item, found, here, (), who=who)
        elif own is None:
            yield self._missing(item, here, home, item.clientid or 0)
        else:
            invoice = self._invoice_of(item)
            differs = compare_entry(item, own, home, self._rules, invoice=invoice)
            yield from self._beside(item, differs, here, own)

    def _noted(self, record: Record) -> Iterator[Difference]:
        """Yield what is there of a payment that its credit note stands for."""
        for row in self._standing.rows(Kind.PAYMENT, record.id):
            yield self._extra(record, "it is shown as its credit note", (), row)

    def _beside(
        self,
        source: Invoice | Item,
        found: Finding | None,
        here: tuple[Booked, ...],
        own: Header | Entry,
    ) -> Iterator[Difference]:
        """Yield what is found of a record that is there on both sides."""
        there = (sold(own, self._rules),)
        if found is None and here != there:
            text = f"Dynamics keeps fewer decimals than {source.amount.amount}"
            found = Finding(Cause.ROUNDED, text)
        if found is not None:
            yield self._word(source, found, here, there)

    def _missing(
        self, source: Record, here: tuple[Booked, ...], home: Home | None, client: int = 0
    ) -> Difference:
        if home is not None and home.is_ignored:
            found = Finding(Cause.IGNORED, "its client is left out by a person's decision")
            return self._word(source, found, here, (), who=who_ends_wait(Awaited.ignored(client)))
        if home is not None and home.state == int(ClientState.NEEDS_A_PERSON):
            found = Finding(Cause.HELD, "its client waits for a person")
            return self._word(source, found, here, (), who=who_ends_wait(Awaited.client(client)))
        return self._word(source, Finding(Cause.MISSING, "it is not in Sales"), here, ())

    def _extra(
        self, source: Record, text: str, here: tuple[Booked, ...], own: Header | Entry | None
    ) -> Difference:
        there = (sold(own, self._rules),) if own is not None else ()
        found = self._word(source, Finding(Cause.EXTRA, text), here, there)
        return replace(found, cancels=found.ask is not None)

    def _strangers(self, source: Record, own: Header | Entry | None) -> Iterator[Difference]:
        """Yield rows that count beside the one that stands for a record."""
        record = self._record(kind_of(source), source.id)
        for row in self._standing.rows(record.kind, record.number):
            if row is own:
                continue
            ours = self._standing.is_own(record, row)
            found = Finding(Cause.DOUBLED, "another row says that it is this record")
            made = self._word(source, found, (), (sold(row, self._rules),))
            yield replace(
                made,
                label=f"{made.label} (row {UUID(int=row.row)})",
                who=made.who if ours else A_PERSON,
                ask=made.ask if ours else None,
                cancels=ours,
            )

    def _word(
        self,
        source: Record,
        found: Finding,
        here: tuple[Booked, ...],
        there: tuple[Booked, ...],
        *,
        who: str = "",
    ) -> Difference:
        record = self._record(kind_of(source), source.id)
        return word(source, record, Worded(found, here, there, who), self._rules)

    def _left_out(self, item: Item) -> tuple[str, str]:
        """Return why a record is left out as it is, and by which policy; "" when it is not."""
        policy = self._rules.policies.expenses
        if isinstance(item, Expense) and policy is ExpensePolicy.OFF:
            return "expenses are left out, by the setting EXPENSES", OFF
        if isinstance(item, Expense) and policy is ExpensePolicy.ALL:
            return "", ""
        return ("it names no client", NO_CLIENT) if item.clientid is None else ("", "")

    def _invoice_of(self, item: Item) -> Header | Entry | None:
        if not isinstance(item, Payment) or item.invoiceid is None:
            return None
        return self._standing.beside(self._record(Kind.INVOICE, item.invoiceid))

    def _is_noted(self, record: Record) -> bool:
        noted = isinstance(record, Payment) and record.credit_note is not None
        return noted and self._rules.credits_noted

    @property
    def _keeps(self) -> bool:
        return self._rules.policies.deleted is DeletedPolicy.KEEP

    def _record(self, kind: Kind, number: int) -> RecordId:
        return RecordId(self._index.business, kind, number)
