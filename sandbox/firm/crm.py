"""What Sales knows of the firm's clients before the first sync: accounts and opportunities.

Never linked to anything in FreshBooks; that is the connector's work.
"""

from sandbox.firm.clients import CAD, USD
from sandbox.remotes import RemoteRows

# Name and currency. Some are clients to the letter; one is written a little differently in
# FreshBooks; one exists twice; the last three are prospects the books do not know.
ALREADY_THERE = (
    ("Bluepine Logistics", USD),
    ("Hollis & Byrne LLP", USD),
    ("Kestrel Aerospace Components", USD),
    ("Lakeshore Credit Union", CAD),
    ("O'Rourke Brewing", USD),
    ("Société Boréale", CAD),
    ("Eastwind Robotics", USD),
    ("Westbrook Manufacturing", USD),
    ("Brightwater Foods", USD),
    ("Ironbridge Construction", USD),
    ("Ironbridge Construction", USD),
    ("Palisade Ventures", USD),
    ("Northgate Museum of Art", USD),
    ("Gulf Island Ferries", CAD),
)

# Open ones by account: one alone, two to choose from, one named like a purchase order, one of a
# customer who is late.
OPPORTUNITIES = (
    ("Kestrel Aerospace Components", "Supplier quality programme"),
    ("Bluepine Logistics", "Warehouse redesign"),
    ("Bluepine Logistics", "Fleet renewal"),
    ("Hollis & Byrne LLP", "PO-4471"),
    ("Hollis & Byrne LLP", "Partner retreat"),
    ("Palisade Ventures", "Due diligence support"),
    ("Eastwind Robotics", "Assembly cell, second phase"),
)


def open_crm(rows: RemoteRows, *, sales: bool = True) -> None:
    """Write the accounts and opportunities into an empty Dataverse.

    Args:
        rows: Dataverse.
        sales: whether Dynamics 365 Sales is installed: opportunities come with it.
    """
    currencies = {
        row["isocurrencycode"]: row["transactioncurrencyid"]
        for row in rows.rows("transactioncurrency")
    }
    accounts: dict[str, str] = {}
    for name, currency in ALREADY_THERE:
        accounts[name] = rows.add("account", name=name, transactioncurrencyid=currencies[currency])
    for account, name in OPPORTUNITIES if sales else ():
        rows.add("opportunity", name=name, customerid_account=accounts[account])
