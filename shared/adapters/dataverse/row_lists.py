"""Lists of rows for a comparison of both sides: whole pages, the columns that are compared.

Never keeps a page once its rows are yielded, and never writes.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from shared.adapters.dataverse import invoice_views, readings, views
from shared.adapters.dataverse.answers import parsed
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    begins_with,
    list_rows,
    some,
)
from shared.core import schema
from shared.core.blueprint import blueprint
from shared.core.figures import AGES
from shared.core.homes import Account, Deal
from shared.core.identity import Kind, read_key
from shared.core.policies import Target
from shared.core.reconcile.facts import ClientFacts, Entry, Header, to_units

_CLIENT: Final = (
    "fbx_key",
    "fbx_state",
    "fbx_carriedout",
    "fbx_linkedto",
    "fbx_outstanding",
    "fbx_overdue",
    "fbx_credit",
    *AGES,
    "fbx_balances",
    "fbx_figures",
    "fbx_financialhealth",
    "fbx_lastinvoiceon",
    "fbx_lastpaymenton",
    "fbx_nextdueon",
    "fbx_syncedon",
    "modifiedon",
    "_fbx_accountid_value",
    "_transactioncurrencyid_value",
)
_HEADER: Final = (
    "fbx_sourcekey",
    "fbx_sourceversion",
    "fbx_number",
    "fbx_invoicedate",
    "fbx_status",
    "fbx_total",
    "fbx_paid",
    "fbx_outstanding",
    "fbx_paidon",
    "fbx_overduesince",
    "fbx_complete",
    "fbx_adopted",
    "fbx_ponumber",
    "fbx_replacedby",
    "fbx_syncedon",
    "modifiedon",
    "statecode",
    "_customerid_value",
    "_opportunityid_value",
    "_fbx_clientid_value",
    "_transactioncurrencyid_value",
)
_ENTRY: Final = (
    "fbx_sourcekey",
    "fbx_sourceversion",
    "fbx_kind",
    "fbx_amount",
    "fbx_outstanding",
    "fbx_date",
    "fbx_status",
    "fbx_paidon",
    "fbx_overduesince",
    "fbx_reference",
    "fbx_replacedby",
    "fbx_syncedon",
    "modifiedon",
    "statecode",
    "_regardingobjectid_value",
    "_transactioncurrencyid_value",
)
_COUNTED: Final = (
    "_customerid_value",
    "_transactioncurrencyid_value",
    "fbx_status",
    "fbx_total",
    "fbx_paid",
    "fbx_outstanding",
    *views.STATE,
)
# What our own clock and Dataverse's may differ by, and a write may take.
_OUR_OWN_WRITE: Final = timedelta(minutes=5)


class DataverseRowLists:
    """The port `SalesRows` over one environment.

    Args:
        api: the environment's Web API.
        target: what stands for an invoice there.
    """

    def __init__(self, api: DataverseApi, target: Target) -> None:
        self._api = api
        self._target = target
        # Many rows lead to few accounts, clients and currencies: ids and days are kept once.
        self._ids: dict[str, int] = {}
        self._days: dict[str, date] = {}

    def list_clients(self) -> Iterator[ClientFacts]:
        """Yield the rows of the clients of every business."""
        for row in self._rows(list_rows(schema.CLIENT_TABLE, Query(_CLIENT))):
            yield parsed(schema.CLIENT_TABLE, partial(self._client, row))

    def list_accounts(self) -> Iterator[Account]:
        """Yield the accounts that show something of clients, or should."""
        where = some(f"{views.CLIENTS}/any(c:c/fbx_key ne null)", "fbx_balances ne null")
        get = list_rows("account", Query(views.account_columns(None), where=where))
        for row in self._rows(get):
            yield parsed("account", partial(readings.to_account, row))

    def list_deals(self) -> Iterator[Deal]:
        """Yield the opportunities that show sums, or have invoices of FreshBooks on them."""
        if self._target is not Target.RECORD:
            return
        placed = f"{invoice_views.ON_DEAL}/any(i:i/fbx_sourcekey ne null)"
        query = Query(
            (*_DEAL, *views.own_columns("opportunity"), *views.STATE),
            where=some(placed, "fbx_invoiced ne null"),
            expand={invoice_views.ON_DEAL: Query(_COUNTED)},
        )
        for row in self._rows(list_rows("opportunity", query)):
            invoices = list(self._api.list_rows(row, invoice_views.ON_DEAL))
            yield parsed("opportunity", partial(readings.to_deal, row, invoices))

    def list_headers(self, business: str) -> Iterator[Header]:
        """Yield the rows of a business's invoices."""
        if self._target is not Target.RECORD:
            return
        for row in self._rows(_of(business, "invoice", _HEADER)):
            record = read_key(str(row.get("fbx_sourcekey")), business)
            if record is not None and record.kind is Kind.INVOICE:
                number = record.number
                yield parsed("invoice", partial(self._header, row, number))

    def list_entries(self, business: str) -> Iterator[tuple[Kind, Entry]]:
        """Yield the timeline entries of a business's records, with the kind of each."""
        table = schema.ACTIVITY_TABLE
        lookups = tuple(f"_{each.name}_value" for each in blueprint(self._target).lookups_of(table))
        for row in self._rows(_of(business, table, (*_ENTRY, *lookups))):
            record = read_key(str(row.get("fbx_sourcekey")), business)
            if record is not None:
                beside = record.kind is Kind.INVOICE and self._target is Target.RECORD
                entry = parsed(table, partial(self._entry, row, record.number, has_header=beside))
                yield record.kind, entry

    def _rows(self, get: PureRequest) -> Iterator[Mapping[str, Any]]:
        found = self._api.read([get])[0]
        return self._api.list_rows(found) if found is not None else iter(())

    def _client(self, row: Mapping[str, Any]) -> ClientFacts:
        return ClientFacts(
            key=_text(row, "fbx_key"),
            row=_id(row[ENTITY_SETS[schema.CLIENT_TABLE].key]),
            state=_choice(row, "fbx_state"),
            carried_out=_choice(row, "fbx_carriedout"),
            account=self._lookup(row, "fbx_accountid"),
            linked_to=_text(row, "fbx_linkedto"),
            currency=self._lookup(row, "transactioncurrencyid"),
            figures=_text(row, "fbx_figures"),
            balances=_text(row, "fbx_balances"),
            amounts=tuple(
                _money(row, name) for name in ("fbx_outstanding", "fbx_overdue", "fbx_credit")
            ),
            ages=tuple(_money(row, name) for name in AGES),
            health=_choice(row, "fbx_financialhealth"),
            last_invoice=_text(row, "fbx_lastinvoiceon"),
            last_payment=_text(row, "fbx_lastpaymenton"),
            next_due=_text(row, "fbx_nextdueon"),
            synced=_text(row, "fbx_syncedon"),
            touched=_touched(row),
        )

    def _header(self, row: Mapping[str, Any], number: int) -> Header:
        total, paid, outstanding = (
            _money(row, name) for name in ("fbx_total", "fbx_paid", "fbx_outstanding")
        )
        return Header(
            number=number,
            row=_id(row[ENTITY_SETS["invoice"].key]),
            version=_text(row, "fbx_sourceversion"),
            status=_choice(row, "fbx_status"),
            state=int(row["statecode"]),
            total=total,
            # of most invoices the same number, kept once
            paid=total if paid == total else paid,
            outstanding=total if outstanding == total else outstanding,
            currency=self._lookup(row, "transactioncurrencyid"),
            account=self._lookup(row, "customerid"),
            client=self._lookup(row, "fbx_clientid"),
            opportunity=self._lookup(row, "opportunityid"),
            day=self._day(row, "fbx_invoicedate"),
            paid_on=self._day(row, "fbx_paidon"),
            overdue_since=self._day(row, "fbx_overduesince"),
            called=_text(row, "fbx_number"),
            reference=_text(row, "fbx_ponumber"),
            complete=row.get("fbx_complete") is True,
            adopted=row.get("fbx_adopted") is True,
            replaced=bool(row.get("fbx_replacedby")),
            touched=_touched(row),
        )

    def _entry(self, row: Mapping[str, Any], number: int, *, has_header: bool) -> Entry:
        """Return an entry; what the header beside it says as well is not kept twice."""
        invoice = row.get("_fbx_invoiceid_value") or row.get("_fbx_invoiceentryid_value")
        return Entry(
            number=number,
            row=_id(row[ENTITY_SETS[schema.ACTIVITY_TABLE].key]),
            version="" if has_header else _text(row, "fbx_sourceversion"),
            status=_choice(row, "fbx_status"),
            state=int(row["statecode"]),
            kind=_choice(row, "fbx_kind"),
            amount=_money(row, "fbx_amount"),
            outstanding=_money(row, "fbx_outstanding"),
            currency=self._lookup(row, "transactioncurrencyid"),
            account=self._lookup(row, "fbx_accountid"),
            client=self._lookup(row, "fbx_clientid"),
            regarding=self._lookup(row, "regardingobjectid"),
            invoice=_id(str(invoice)) if invoice else None,
            day=self._day(row, "fbx_date"),
            paid_on=self._day(row, "fbx_paidon"),
            overdue_since=self._day(row, "fbx_overduesince"),
            reference="" if has_header else _text(row, "fbx_reference"),
            replaced=bool(row.get("fbx_replacedby")),
            touched=_touched(row),
        )

    def _day(self, row: Mapping[str, Any], column: str) -> date | None:
        value = row.get(column)
        if not value:
            return None
        text = str(value)[:10]
        known = self._days.get(text)
        if known is None:
            known = self._days[text] = date.fromisoformat(text)
        return known

    def _lookup(self, row: Mapping[str, Any], column: str) -> int | None:
        text = row.get(f"_{column}_value")
        if not text:
            return None
        known = self._ids.get(text)
        if known is None:
            known = self._ids[text] = _id(text)
        return known


_DEAL: Final = ("_customerid_value", "_transactioncurrencyid_value")


def _of(business: str, table: str, columns: tuple[str, ...]) -> PureRequest:
    """Return the list of a business's rows; without a preference a page has 5,000, the most."""
    return list_rows(table, Query(columns, where=begins_with("fbx_sourcekey", f"{business}-")))


def _id(text: str) -> int:
    return int(text.replace("-", ""), 16)


def _text(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "")


def _choice(row: Mapping[str, Any], column: str) -> int | None:
    value = row.get(column)
    return int(value) if value is not None else None


def _money(row: Mapping[str, Any], column: str) -> int | None:
    value = row.get(column)
    return to_units(Decimal(value)) if value is not None else None


def _touched(row: Mapping[str, Any]) -> bool:
    """Say whether somebody else has changed a row since the connector said that it did."""
    changed, synced = _instant(row.get("modifiedon")), _instant(row.get("fbx_syncedon"))
    return changed is not None and synced is not None and changed - synced > _OUR_OWN_WRITE


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
