"""A firm in which scenes take place side by side, and what Dynamics shows of them in words.

Never says what is right.
"""

import itertools
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from shared.core.records import EASTERN
from tests.functional.people import People
from tests.functional.world import DATAVERSE, Firm

Row = dict[str, Any]

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
_TEXT = "@OData.Community.Display.V1.FormattedValue"
# What changes with every write, or is the people's.
_PASSING = ("@odata.etag", "versionnumber", "modifiedon", "fbx_syncedon", "fbx_sourceversion")
_OTHERS = ("statuscode", "overriddencreatedon", "actualend")
_NAMES = (
    "Aster",
    "Birch",
    "Cedar",
    "Dunelm",
    "Elder",
    "Fuchsia",
    "Gorse",
    "Hazel",
    "Iris",
    "Juniper",
)


class Town:
    """A firm with people in its Dynamics; each scene has clients of its own."""

    def __init__(
        self, settings: Mapping[str, str] = NO_SETTINGS, *, firm: type[Firm] = Firm
    ) -> None:
        chosen: dict[str, Any] = {name.lower(): value for name, value in settings.items()}
        self.firm = firm(**{"unmatched_clients": "hold", **chosen})
        self.people = People(self.firm)
        self.people.session.headers["Prefer"] = 'odata.include-annotations="*"'
        self.books = self.firm.books
        self._names = (f"{name} {n:03}" for n in itertools.count() for name in _NAMES)

    def name(self) -> str:
        """Return a name that nobody has yet."""
        return next(self._names)

    def client(self, *, home: bool = True, **fields: Any) -> Row:
        """Add a client, with an account of its name unless it is to have none."""
        given = {"organization": self.name(), **fields}
        if home:
            self.people.account(given["organization"], transactioncurrencyid=self.currency("USD"))
        return dict(self.books.create_client(**given))

    def bill(self, client: Row, amount: str = "100.00", **fields: Any) -> Row:
        """Add an invoice, sent unless it says otherwise."""
        lines = [{"name": "Work", "unit_cost": amount}]
        return dict(self.books.create_invoice(client["id"], lines, **{"sent": True, **fields}))

    def run(self) -> None:
        """Carry everything over, what people decided too, and let time pass."""
        self.firm.run()
        self.firm.notice()

    def currency(self, code: str) -> tuple[str, str]:
        """Return a currency of the environment, as a reference."""
        rows = self.firm.dataverse.all("transactioncurrency")
        (found,) = [row for row in rows if row["isocurrencycode"] == code]
        return "transactioncurrency", found["transactioncurrencyid"]

    @property
    def today(self) -> date:
        """FreshBooks' calendar day."""
        return self.firm.clock().astimezone(EASTERN).date()

    def rows(self, table: str, where: str) -> list[Row]:
        """Return rows of a table as the Web API shows them, with their words."""
        address = f"{DATAVERSE}/api/data/v9.2/{table}"
        answer = self.people.session.get(address, params={"$filter": where})
        assert answer.ok, answer.text
        return [dict(row) for row in answer.json(parse_float=Decimal)["value"]]

    def entry(self, kind: str, record: Row) -> Row | None:
        """Return the timeline entry of a record, None where there is none."""
        return self._one("fbx_financialactivities", kind, record)

    def invoice(self, record: Row) -> Row | None:
        """Return the row of an invoice, None where there is none."""
        return self._one("invoices", "invoice", record)

    def row(self, invoice: str) -> Row:
        """Return a row of the table invoice by its id."""
        (found,) = self.rows("invoices", f"invoiceid eq {invoice}")
        return found

    def client_row(self, client: Row) -> Row:
        """Return a client's own row."""
        key = f"{self.firm.account}-{client['id']}"
        (found,) = self.rows("fbx_clients", f"fbx_key eq '{key}'")
        return found

    def account(self, client: Row) -> Row:
        """Return the account that a client's row names."""
        wanted = self.client_row(client)["_fbx_accountid_value"]
        (found,) = self.rows("accounts", f"accountid eq {wanted}")
        return found

    def home(self, client: Row) -> str:
        """Return the id of the account that was made for a client, before it is linked."""
        (found,) = self.rows("accounts", f"name eq '{client['organization']}'")
        return str(found["accountid"])

    def outcome(self, kind: str, record: Row) -> str:
        """Return how the connector handled a record last."""
        return str(self.firm.outcomes()[kind, record["id"]])

    def _one(self, table: str, kind: str, record: Row) -> Row | None:
        key = f"{self.firm.account}-{kind}-{record['id']}"
        found = [row for row in self.rows(table, by_key(key)) if not row["fbx_replacedby"]]
        assert len(found) <= 1, f"{key} has {len(found)} rows"
        return found[0] if found else None


@cache
def town_of(**settings: str) -> Town:
    """Return the town of some settings, the same for all scenes."""
    return Town(settings)


def by_key(key: str) -> str:
    """Return what is fulfilled by the rows that stand for a record."""
    return f"fbx_sourcekey eq '{key}'"


def words(row: Row, *columns: str) -> tuple[str, ...]:
    """Return what people read in columns that are choices or states."""
    return tuple(str(row[f"{column}{_TEXT}"]) for column in columns)


def amount(row: Row, column: str) -> Decimal | None:
    """Return an amount, None where the column is empty."""
    return None if row[column] is None else Decimal(row[column])


def same(row: Row | None, before: Row | None) -> bool:
    """Say whether a row is as it was, but for what passes with every write."""
    return _lasting(row) == _lasting(before)


def _lasting(row: Row | None) -> Row | None:
    if row is None:
        return None
    left_out = {*_PASSING, *_OTHERS}
    return {
        name: value for name, value in row.items() if not {name, name.partition("@")[0]} & left_out
    }
