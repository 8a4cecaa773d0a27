"""Dataverse's tables, each read once, and what their rows refer to.

Never compares, and never reads with the connector's rights: those may not show every row.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sandbox.check.found.crm import CLIENT, ENTRY, Currency, Organization, Reference
from sandbox.freshbooks.eastern import EASTERN
from sandbox.remotes import RefusedError, RemoteRows

Row = Mapping[str, Any]

_SALES = ("invoice", "invoicedetail", "opportunity", "pricelevel")
_SUMS = ("fbx_invoiced", "fbx_paid", "fbx_outstanding", "fbx_overdue")
_PER_UNIT = 1  # of the discount methods


class Tables:
    """The rows by their ids.

    Args:
        rows: Dataverse.
        sales: invoices have rows of their own; else there may be no Sales app at all, and nothing
            is looked for in its tables but what should not be there.
    """

    def __init__(self, rows: RemoteRows, *, sales: bool) -> None:
        self._rows = rows
        self._sales = sales
        self.accounts = self._by_id("account", "accountid")
        self.clients = self._by_id(CLIENT, "fbx_clientid")
        self.invoices = self._by_id("invoice", "invoiceid")
        self.opportunities = self._by_id("opportunity", "opportunityid")
        self.entries = self._by_id(ENTRY, "activityid")
        self.currencies = self._by_id("transactioncurrency", "transactioncurrencyid")
        self.price_lists = self._by_id("pricelevel", "pricelevelid")
        self.lines: dict[str, list[Row]] = defaultdict(list)
        for line in self._by_id("invoicedetail", "invoicedetailid").values():
            self.lines[line["_invoiceid_value"]].append(line)
        self._labels: dict[tuple[str, str], dict[int, str]] = {}
        self._rooms: dict[str, dict[str, int]] = {}

    def _by_id(self, table: str, column: str) -> dict[str, Row]:
        if table in _SALES and not self._sales:
            return {}
        return {row[column]: row for row in self._rows.rows(table)}

    def strays(self) -> list[str]:
        """Return what the Sales app's tables hold of FreshBooks where nothing should be there."""
        if self._sales:
            return []
        found = [
            f"{row['fbx_sourcekey']} is a row of the table invoice"
            for row in self._if_there("invoice")
            if row.get("fbx_sourcekey")
        ]
        return found + [
            f"the opportunity {row['name']} shows sums"
            for row in self._if_there("opportunity")
            if any(row.get(name) is not None for name in _SUMS)
        ]

    def notices(self) -> list[Row]:
        """Return what people are told in the app; older environments have no table for it."""
        return list(self._if_there("appnotification"))

    def _if_there(self, table: str) -> list[dict[str, Any]]:
        try:
            return self._rows.rows(table)
        except RefusedError:
            return []

    # references

    def account(self, row: Row, lookup: str) -> Reference | None:
        """Return the account that a lookup names, deleted ones too."""
        named = row[f"_{lookup}_value"]
        known = self.accounts.get(named)
        if known is None:
            return None
        return Reference("account", named, known["name"], active=known["statecode"] == 0)

    def opportunity(self, row: Row, lookup: str) -> Reference | None:
        """Return the opportunity that a lookup names."""
        named = row[f"_{lookup}_value"]
        known = self.opportunities.get(named)
        return None if known is None else Reference("opportunity", named, known["name"])

    def client(self, row: Row) -> str | None:
        """Return the key of the client row that a row belongs to."""
        known = self.clients.get(row["_fbx_clientid_value"])
        return str(known["fbx_key"] or "") if known else None

    def invoice(self, row: Row) -> str | None:
        """Return the key of the invoice that an entry belongs to, by its row or by its entry."""
        known = (
            self.invoices.get(row["_fbx_invoiceid_value"])
            if self._sales
            else self.entries.get(row["_fbx_invoiceentryid_value"])
        )
        if known is None:
            return None
        replaced = " (the row that was replaced)" if known["fbx_replacedby"] else ""
        return f"{known['fbx_sourcekey'] or 'an invoice of nobody'}{replaced}"

    # currencies and settings

    def currency(self, row: Row) -> str | None:
        """Return the code of a row's currency."""
        known = self.currencies.get(row["_transactioncurrencyid_value"])
        return known["isocurrencycode"] if known else None

    def digits(self, row: Row) -> int | None:
        """Return the decimals of a row's currency."""
        known = self.currencies.get(row["_transactioncurrencyid_value"])
        return known["currencyprecision"] if known else None

    @cached_property
    def known_currencies(self) -> dict[str, Currency]:
        """The currencies by their codes."""
        priced = {
            each["_transactioncurrencyid_value"]
            for each in self.price_lists.values()
            if each["statecode"] == 0
        }
        return {
            row["isocurrencycode"]: Currency(
                row["currencyprecision"], Decimal(row["exchangerate"]), each in priced
            )
            for each, row in self.currencies.items()
        }

    @cached_property
    def organization(self) -> Organization:
        """The settings that decide about totals."""
        (row,) = self._rows.rows("organization")
        return Organization(
            engine=bool(row["oobpricecalculationenabled"]),
            price_list_mandatory=bool(row["ispricelistmandatory"]),
            price_digits=row["pricingdecimalprecision"],
            discount_per_unit=row["discountcalculationmethod"] == _PER_UNIT,
        )

    @cached_property
    def disabled(self) -> frozenset[str]:
        """The users who can own nothing."""
        users = self._rows.rows("systemuser")
        return frozenset(user["systemuserid"] for user in users if user["isdisabled"])

    # texts

    def label(self, table: str, row: Row, column: str) -> str | None:
        """Return what a choice reads, in small letters."""
        if (table, column) not in self._labels:
            self._labels[table, column] = self._rows.labels(table, column)
        found = self._labels[table, column].get(row[column])
        return found.lower() if found else None

    def rooms(self, table: str, columns: Mapping[str, str]) -> dict[str, int]:
        """Return how long the text of a field can be, by the columns that fields stand for."""
        if table not in self._rooms:
            self._rooms[table] = self._rows.lengths(table)
        known = self._rooms[table]
        return {field: known[name] for field, name in columns.items() if name in known}


def day(text: str | None) -> date | None:
    """Return the day of a column without a time."""
    return date.fromisoformat(text[:10]) if text else None


def shown_day(text: str | None) -> date | str | None:
    """Return the day that a moment falls on; a text where that depends on who looks.

    A day is written as a moment of it that is on that day in UTC and where FreshBooks is.
    """
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    there = moment.astimezone(EASTERN).date()
    return there if there == moment.date() else f"{text} ({there.isoformat()} in the east)"


def created(row: Row) -> datetime:
    """Return when a row was made, also where it pretends to be older."""
    text = str(row["overriddencreatedon"] or row["createdon"])
    return datetime.fromisoformat(text)


def filled(text: Any) -> Any:
    """Return a text, or None where it is empty."""
    return text or None
