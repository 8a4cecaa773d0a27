"""Microsoft's views of accounts, contacts, opportunities, invoices and their lines.

Never a view somebody can delete.
"""

from sandbox.dataverse.customizing import building, seeding
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table

# Table -> the columns its views show besides the primary name, and those it is searched by.
_SHOWN = {
    "account": (["telephone1", "address1_city", "primarycontactid"], ["name", "accountnumber"]),
    "contact": (["parentcustomerid", "emailaddress1", "telephone1"], ["fullname", "emailaddress1"]),
    "opportunity": (["estimatedvalue", "estimatedclosedate", "customerid"], ["name"]),
    "invoice": (["invoicenumber", "totalamount", "statuscode", "customerid"], ["name"]),
    "invoicedetail": (["quantity", "priceperunit", "extendedamount"], ["productdescription"]),
}
_LIVE = ("statecode", "eq", "0")
_MINE = ("ownerid", "eq-userid", "")


def install(env: Environment) -> dict[str, str]:
    """Deliver the views of the tables there are; return the view each table's lists show."""
    tables = env.schema.tables
    return {name: _of(env, tables[name]) for name in _SHOWN if name in tables}


def _of(env: Environment, table: Table) -> str:
    """Deliver a table's views; return the one its lists on other forms show."""
    shown, searched = _SHOWN[table.name]
    columns = [table.title, *shown]
    layout = building.layout(table, [(name, 150) for name in columns])

    def deliver(name: str, kind: int, inner: str, *, default: bool) -> str:
        fetch = building.fetch(table, columns, inner)
        return seeding.view(
            env,
            table,
            name,
            kind,
            fetch=fetch,
            layout=layout,
            isdefault=default,
            ismanaged=True,
        )

    for number, (name, conditions) in enumerate(_public(table).items()):
        inner = building.where(*conditions) if conditions else ""
        deliver(name, seeding.PUBLIC, inner, default=not number)
    live = building.where(_LIVE) if "statecode" in table.columns else ""
    one, many = table.label, table.plural or table.label
    deliver(f"{many} Advanced Find View", seeding.ADVANCED_FIND, live, default=True)
    found = live + building.quick_find(*searched)
    deliver(f"Quick Find Active {many}", seeding.QUICK_FIND, found, default=True)
    deliver(f"{one} Lookup View", seeding.LOOKUP, live, default=True)
    return deliver(f"{one} Associated View", seeding.ASSOCIATED, live, default=True)


def _public(table: Table) -> dict[str, list[tuple[str, str, str]]]:
    """Return the names and conditions of a table's public views, the default first."""
    if table.name in {"account", "contact"}:
        return {
            f"Active {table.plural}": [_LIVE],
            f"My Active {table.plural}": [_MINE, _LIVE],
            f"Inactive {table.plural}": [("statecode", "eq", "1")],
        }
    if table.name == "opportunity":
        return {
            "Open Opportunities": [_LIVE],
            "My Open Opportunities": [_MINE, _LIVE],
            "All Opportunities": [],
        }
    if table.name == "invoice":
        return {
            "All Invoices": [],
            "My Invoices": [_MINE],
            "Active Invoices": [_LIVE],
        }
    return {f"All {table.plural or table.label}": []}
