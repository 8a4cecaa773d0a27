"""Whose a native column is: FreshBooks', given once, or not the connector's business.

Never holds a column of the connector's own, nor one that its order of writing or Dynamics' totals
rest on: nobody chooses about those.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.core.own_tables import ACTIVITY_TABLE

if TYPE_CHECKING:
    from shared.core.rows import Row


class Ownership(StrEnum):
    """Who decides what stands in a column."""

    FRESHBOOKS = "freshbooks"  # compared and written with every change
    FIRST_WRITE = "first-write"  # given once; then it belongs to the people in Sales
    NEVER = "never"


Owners = Mapping[str, Ownership]

_BILLING: Final = (
    "billto_line1",
    "billto_line2",
    "billto_city",
    "billto_stateorprovince",
    "billto_postalcode",
    "billto_country",
)
_ADDRESS: Final = (
    "address1_line1",
    "address1_line2",
    "address1_city",
    "address1_stateorprovince",
    "address1_postalcode",
    "address1_country",
)

# What holds where nobody chooses: every native column that may be chosen about, once.
NATIVE: Final[dict[str, Owners]] = {
    "invoice": dict.fromkeys(("name", "duedate", "billto_name", *_BILLING), Ownership.FRESHBOOKS),
    "account": dict.fromkeys(
        ("name", "emailaddress1", "telephone1", *_ADDRESS), Ownership.FIRST_WRITE
    ),
    ACTIVITY_TABLE: dict.fromkeys(("subject", "description"), Ownership.FRESHBOOKS),
}
# One value in parts has one owner.
GROUPS: Final = {"invoice": _BILLING, "account": _ADDRESS}
# Rows without them cannot be found by people, or are refused.
REQUIRED: Final = {"invoice": "name", "account": "name", ACTIVITY_TABLE: "subject"}

_TOTAL: Final = "Dynamics' total rests on it"
_PLACE: Final = "it says where the row belongs"
_ORDER: Final = "the timeline is sorted by it"
_STATE: Final = "it follows the record's state"
_OWNER: Final = "the setting ROW_OWNER decides about it"
# Native columns nobody chooses about and nothing is mapped to, each with the reason.
NEEDED: Final[dict[str, dict[str, str]]] = {
    "invoice": {
        "discountamount": _TOTAL,
        "discountpercentage": _TOTAL,
        "pricelevelid": _TOTAL,
        "transactioncurrencyid": _TOTAL,
        **dict.fromkeys(
            (
                "exchangerate",
                "freightamount",
                "ispricelocked",
                "skippricecalculation",
                "totalamount",
                "totalamountlessfreight",
                "totaldiscountamount",
                "totallineitemamount",
                "totallineitemdiscountamount",
                "totaltax",
            ),
            _TOTAL,
        ),
        "customerid": _PLACE,
        "opportunityid": _PLACE,
        "ownerid": _OWNER,
        "statecode": _STATE,
        "statuscode": _STATE,
    },
    "account": {"transactioncurrencyid": "what its clients owe is shown in it"},
    ACTIVITY_TABLE: {
        "sortdate": _ORDER,
        "scheduledend": _ORDER,
        "actualend": _ORDER,
        "regardingobjectid": _PLACE,
        "transactioncurrencyid": "its amounts are in it",
        "ownerid": _OWNER,
        "statecode": _STATE,
        "statuscode": _STATE,
    },
}
# Tables in which nobody chooses, each with the reason.
CLOSED: Final = {
    "invoicedetail": "lines are written by their position, so a text that stays would stand beside "
    "another line's amount",
    "opportunity": "the connector writes only columns of its own there",
    "fbx_client": "the connector writes only columns of its own there",
    "fbx_waiting": "the connector writes only columns of its own there",
}


def owned(row: "Row", owners: Owners) -> "Row":
    """Return a row in which every native column is written as its owner has it.

    What FreshBooks says nothing about never empties a column that is filled, but for the parts of
    one value that is there.

    Args:
        row: as it is rendered.
        owners: of the native columns of its table.
    """
    if not owners:
        return row
    given = {**row.columns, **row.initial}
    theirs = {name for name in given if owners.get(name) is Ownership.FRESHBOOKS}
    once = {name for name in given if owners.get(name) is Ownership.FIRST_WRITE}
    columns = {
        name: value
        for name, value in given.items()
        if name in theirs or (name in row.columns and name not in owners)
    }
    initial = {
        name: value
        for name, value in given.items()
        if name in once or (name in row.initial and name not in owners)
    }
    group = frozenset(GROUPS.get(row.table, ())) & theirs
    return replace(
        row,
        columns=columns,
        initial=initial,
        together=(row.together & columns.keys()) | group,
        never_blank=row.never_blank | (theirs - group),
    )
