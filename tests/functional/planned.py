"""What a plan says, and what a run then did to Dynamics, in one form to compare them.

Knows Dataverse's rows only by the sandbox, and the plan only by its JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from shared.cli import main
from tests.functional.world import Firm
from tests.memory import Breakable

# The columns the connector writes; the platform's own are those it counts and stamps by itself.
_OWN = "fbx_"
_NATIVE = {
    "account": {
        "name",
        "emailaddress1",
        "telephone1",
        "address1_line1",
        "address1_line2",
        "address1_city",
        "address1_stateorprovince",
        "address1_postalcode",
        "address1_country",
        "transactioncurrencyid",
    },
    "invoice": {
        "name",
        "duedate",
        "discountamount",
        "discountpercentage",
        "billto_name",
        "billto_line1",
        "billto_line2",
        "billto_city",
        "billto_stateorprovince",
        "billto_postalcode",
        "billto_country",
        "customerid",
        "opportunityid",
        "pricelevelid",
        "transactioncurrencyid",
        "statecode",
    },
    "invoicedetail": {
        "lineitemnumber",
        "productdescription",
        "description",
        "quantity",
        "priceperunit",
        "manualdiscountamount",
        "tax",
        "isproductoverridden",
        "invoiceid",
    },
    "opportunity": set[str](),
    "appnotification": {"title", "body", "icontype", "toasttype", "ttlinseconds", "data"},
    "fbx_client": {"transactioncurrencyid"},
    "fbx_financialactivity": {
        "subject",
        "description",
        "sortdate",
        "scheduledend",
        "actualend",
        "regardingobjectid",
        "transactioncurrencyid",
        "statecode",
    },
}
_KEYS = {
    "account": "accountid",
    "invoice": "invoiceid",
    "invoicedetail": "invoicedetailid",
    "opportunity": "opportunityid",
    "appnotification": "appnotificationid",
    "fbx_client": "fbx_clientid",
    "fbx_financialactivity": "activityid",
}
WHEN = "fbx_syncedon"  # nobody can say beforehand when a row will be written
Row = tuple[str, str]
Rows = dict[Row, dict[str, Any]]


@dataclass
class Changes:
    """What is different: rows that came, rows that went, columns that changed, each with its value.

    Attributes:
        made: row -> its columns.
        changed: row -> the columns that differ, as they are now.
    """

    made: Rows = field(default_factory=dict)
    gone: set[Row] = field(default_factory=set)
    changed: Rows = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.made or self.gone or self.changed)


class Planner:
    """A firm, and an administrator who asks what would happen."""

    def __init__(self, firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
        self.firm = firm
        self._capsys = capsys
        self.code = 0
        self.out = self.err = ""

    def ask(self, *words: str) -> int:
        """Run the command and keep what it says."""
        self._capsys.readouterr()
        self.code = main(["plan", *words], build=lambda: self.firm.connector)
        self.out, self.err = self._capsys.readouterr()
        return self.code

    def plan(self, *words: str) -> dict[str, Any]:
        """Return what the command tells programs."""
        self.ask(*words, "--json")
        told: dict[str, Any] = json.loads(self.out)
        return told

    def everything(self) -> str:
        """Return all that is kept anywhere: in Dynamics, in FreshBooks, and of the connector's."""
        firm = self.firm
        kept = {
            name: {part: repr(value) for part, value in vars(fake).items() if part != "reads"}
            for name, fake in vars(firm).items()
            if isinstance(fake, Breakable)
        }
        books = {
            kind: firm.books.records(kind) for kind in ("client", "invoice", "payment", "expense")
        }
        return json.dumps([firm.everything(), kept, books], default=str, sort_keys=True)


def rows_of(firm: Firm) -> Rows:
    """Return what the connector writes of every row, by table and id."""
    found: Rows = {}
    for table, native in _NATIVE.items():
        if not firm.has(table):
            continue
        for row in firm.dataverse.all(table):
            columns = {
                _plain(name): _value(value) for name, value in row.items() if "@" not in name
            }
            found[table, str(row[_KEYS[table]])] = {
                name: value
                for name, value in columns.items()
                if (name.startswith(_OWN) and name != _KEYS[table] and not name.endswith("_base"))
                or name in native
            }
    return found


def done(before: Rows, after: Rows) -> Changes:
    """Return what was done between two looks at the rows."""
    changes = Changes(gone=before.keys() - after.keys())
    gone = {row for _, row in changes.gone}
    for row, columns in after.items():
        if row not in before:
            changes.made[row] = _filled(columns)
            continue
        differ = {
            name: value
            for name, value in columns.items()
            # Dataverse itself empties a lookup to a row that is deleted.
            if value != before[row][name] and not (value is None and before[row][name] in gone)
        }
        if differ:
            changes.changed[row] = differ
    return changes


def said(plan: Mapping[str, Any]) -> Changes:
    """Return what a plan says would be done in all."""
    changes = Changes()
    before: Rows = {}
    for record in plan["records"]:
        for each in record["rows"]:
            row = (each["table"], each["row"])
            if each["action"] == "delete":
                changes.made.pop(row, None)
                changes.changed.pop(row, None)
                changes.gone.add(row)
                continue
            made = each["action"] == "create" or row in changes.made
            columns = (changes.made if made else changes.changed).setdefault(row, {})
            for one in each["differences"]:
                before.setdefault(row, {}).setdefault(one["column"], _told(one["before"]))
                columns[one["column"]] = _told(one["after"])
    gone = {row for _, row in changes.gone}
    for row, columns in list(changes.changed.items()):
        kept = {
            name: value
            for name, value in columns.items()
            if value != before[row][name] and not (value is None and before[row][name] in gone)
        }
        changes.changed[row] = kept
    changes.changed = {row: columns for row, columns in changes.changed.items() if columns}
    changes.made = {row: _filled(columns) for row, columns in changes.made.items()}
    return changes


def timeless(changes: Changes) -> Changes:
    """Return changes without the moment at which rows were written."""
    for rows in (changes.made, changes.changed):
        for columns in rows.values():
            if WHEN in columns:
                columns[WHEN] = "some time"
    return changes


def _plain(name: str) -> str:
    return name.removeprefix("_").removesuffix("_value")


def _filled(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a new row says beyond what every new row of Dataverse says by itself."""
    return {
        name: value
        for name, value in columns.items()
        if value not in {None, False} and name != "ownerid"
    }


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("row", value.get("statecode"))
    return _value(value)


def _value(value: Any) -> Any:
    """Return a value as it is compared: numbers by what they are worth, the rest by its text."""
    if value is None or value is False or value is True:
        return value
    try:
        return Decimal(str(value)).normalize()
    except ArithmeticError:
        return str(value)
