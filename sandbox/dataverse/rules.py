"""What the platform insists on when a row is written: required, read-only, states, closed rows.

Never stores anything; it refuses, or fills in what the platform derives.
"""

import secrets
import string
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.bodies import Change
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Kind, Table
from sandbox.dataverse.store import Row

STATE_COLUMNS = frozenset({"statecode", "statuscode"})
_CANCELED = 3  # of invoices
_NUMBER_ALPHABET = string.ascii_uppercase + string.digits


def check_columns(table: Table, change: Change, *, creating: bool, row_id: str) -> None:
    """Refuse columns that may not be given now."""
    given = change.values.pop(table.id, row_id)
    if given != row_id:
        raise errors.argument(f"The primary key of {table.name} cannot be changed.")
    for name, value in change.values.items():
        column = table.columns[name]
        if column.kind is Kind.STATE and creating:
            if value != column.default:
                raise bad_status(table, f"state {value} cannot be set on create")
        elif not (column.create if creating else column.update):
            when = "created" if creating else "updated"
            raise errors.argument(f"'{name}' cannot be set when {table.name} is {when}.")


def check_required(env: Environment, table: Table, row: Row) -> None:
    """Refuse a row that lacks what the server itself requires."""
    for column in env.shape(table).required:
        if row.get(column.name) is None:
            raise errors.argument(f"'{column.name}' of {table.name} is required.")
    if table.name == "invoicedetail":
        if not row["isproductoverridden"]:
            raise errors.argument("A line that is no write-in needs a product of the catalogue.")
        if not row["productdescription"]:
            raise errors.argument("A write-in line needs 'productdescription'.")


def bad_status(table: Table, why: str) -> errors.DataverseError:
    """Refuse a state that does not go with a status reason."""
    return errors.DataverseError(400, errors.BAD_STATUS, f"{table.name}: {why}.")


def settle_state(table: Table, old: Row | None, given: dict[str, Any]) -> None:
    """Complete `given` so that state and status reason agree.

    Raises:
        DataverseError: 400, they do not.
    """
    state_column = table.columns.get("statecode")
    if state_column is None or not STATE_COLUMNS & given.keys():
        return
    if None in {given.get("statecode", 0), given.get("statuscode", 0)}:
        raise bad_status(table, "state and status reason cannot be empty")
    current = state_column.default if old is None else old["statecode"]
    state = given.get("statecode", current)
    defaults = state_column.definition["defaults"]
    status = given.get("statuscode")
    if status is None:
        unchanged = old is not None and state == current
        status = old["statuscode"] if unchanged and old else defaults[state]
    if table.columns["statuscode"].state_of[status] != state:
        raise bad_status(table, f"{status} is not a valid status code on state code {state}")
    given |= {"statecode": state, "statuscode": status}


def is_closed(env: Environment, table: Table, row: Row) -> bool:
    """Say whether a row is read-only until it is reopened."""
    if table.is_activity and not env.strict_activities:
        return False
    return row.get("statecode") in table.closed


def check_open(env: Environment, table: Table, row: Row, given: dict[str, Any]) -> None:
    """Refuse to write a closed row, but for a change of its state alone.

    The code is a chosen one: for closed invoices and activities none is published.
    """
    if is_closed(env, table, row) and ("statecode" not in given or given.keys() - STATE_COLUMNS):
        raise errors.argument(
            f"This {table.name} is closed (state {row['statecode']}): it is read-only until it is "
            "reactivated."
        )
    check_parent_open(env, table, row)


def check_parent_open(env: Environment, table: Table, row: Row) -> None:
    """Refuse to touch a line of a closed invoice."""
    if table.name != "invoicedetail" or row.get("invoiceid") is None:
        return
    invoice = env.store.get(*row["invoiceid"])
    if invoice is not None and invoice["statecode"] in env.schema.tables["invoice"].closed:
        raise errors.argument(
            "The invoice of this line is paid or canceled: its lines are read-only until it is "
            "reactivated."
        )


def check_changes(env: Environment, table: Table, old: Row, given: dict[str, Any]) -> None:
    """Refuse changes that need another way, or that there is no way to make."""
    if not env.choices.currency_can_change:
        _check_currency(env, table, old, given)
    state = given.get("statecode", 0)
    if (
        table.name == "invoice"
        and old["statecode"] == _CANCELED
        and not env.choices.canceled_reopens
    ):
        _check_canceled(table, state)
    if table.name == "opportunity" and state not in {0, old["statecode"]}:
        raise errors.argument(
            "An opportunity is closed by WinOpportunity or LoseOpportunity, not by an update."
        )
    if (
        table.name == "invoicedetail"
        and given.get("invoiceid", old["invoiceid"]) != old["invoiceid"]
    ):
        raise errors.argument("A line cannot move to another invoice.")


def _check_canceled(table: Table, state: int) -> None:
    if state != _CANCELED:
        raise bad_status(table, f"a canceled one cannot go to state {state}")


def _check_currency(env: Environment, table: Table, old: Row, given: dict[str, Any]) -> None:
    """Refuse another currency for an invoice, and for an opportunity that has lines."""
    currency = old.get("transactioncurrencyid")
    if given.get("transactioncurrencyid", currency) == currency:
        return
    if table.name == "invoice":
        raise errors.argument("The currency of an invoice cannot be changed once it exists.")
    if table.name == "opportunity":
        lines = env.store.rows("opportunityproduct").index("opportunityid")
        if lines.find([(table.name, old[table.id])]):
            raise errors.argument("The currency of an opportunity with lines cannot be changed.")


def derive(env: Environment, table: Table, row: Row) -> None:
    """Fill in what the platform computes from other columns."""
    if "owningteam" in table.columns:
        for column, kind in (("owninguser", "systemuser"), ("owningteam", "team")):
            owner = row.get("ownerid")
            row[column] = owner if owner is not None and owner[0] == kind else None
    if table.name == "team" and row.get("businessunitid") is None:
        row["businessunitid"] = ("businessunit", env.business_unit)
    if table.name == "contact":
        names = [row.get("firstname"), row.get("lastname")]
        row["fullname"] = " ".join(name for name in names if name) or None
    elif table.name == "invoice" and row.get("invoicenumber") is None:
        env.invoice_number += 1
        tail = "".join(secrets.choice(_NUMBER_ALPHABET) for _ in range(6))
        row["invoicenumber"] = f"INV-{env.invoice_number:05d}-{tail}"
    elif table.name == "invoicedetail" and row.get("invoicedetailname") is None:
        row["invoicedetailname"] = row.get("productdescription")
    elif table.is_activity:
        row["activitytypecode"] = table.name
