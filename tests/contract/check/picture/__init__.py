"""Books with one of everything, and the Dataverse that shows them, written down by hand.

Every figure of the Dataverse side is a literal: nothing here asks the judge what it expects.
"""

from decimal import Decimal

from sandbox.check.found.crm import Crm, Currency, Organization
from tests.contract.check.picture.books import (
    FIRST,
    SECOND,
    TODAY,
    Ids,
    a_source,
    open_books,
    told,
    with_policies,
)
from tests.contract.check.picture.customers import accounts, clients, opportunities
from tests.contract.check.picture.invoices import invoice_row, invoices
from tests.contract.check.picture.rows import (
    DORMANT,
    ELSEWHERE,
    HARBOUR,
    NOBODYS,
    RENEWAL,
    RETREAT,
    about_invoices,
    changed,
    money,
)
from tests.contract.check.picture.timeline import (
    entry_row,
    expenses,
    invoice_entries,
    payments,
)

__all__ = [
    "DORMANT",
    "ELSEWHERE",
    "FIRST",
    "HARBOUR",
    "NOBODYS",
    "RENEWAL",
    "RETREAT",
    "SECOND",
    "TODAY",
    "Ids",
    "a_crm",
    "a_source",
    "about_invoices",
    "changed",
    "entry_row",
    "invoice_row",
    "money",
    "open_books",
    "told",
    "with_policies",
]


def a_crm(ids: Ids) -> Crm:
    """Return the Dataverse that shows the picture."""
    return Crm(
        clients=clients(ids),
        accounts=accounts(),
        invoices=invoices(ids),
        entries=[*invoice_entries(ids), *payments(ids), *expenses(ids)],
        opportunities=opportunities(),
        unclaimed=[],
        currencies={
            "USD": Currency(2, Decimal(1), priced=True),
            "EUR": Currency(2, Decimal("0.8"), priced=True),
        },
        organization=Organization(),
    )
