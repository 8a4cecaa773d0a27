"""Where a record belongs: its account, opportunity and currency in Dataverse.

Never writes; a record that belongs nowhere yet is answered with the outcome that says why.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.core.place import Place, choose_opportunity
from shared.core.rows import Current
from shared.sync.clients import missing_currency
from shared.sync.outcomes import Held
from shared.sync.ports import AccountRow, Crm


@dataclass(frozen=True)
class Surroundings:
    """What of Dataverse decides where a record belongs.

    Attributes:
        account: the client's account.
        row: what is there and says where the record is: the header of its invoice, else its own
            entry; None when neither is written.
        reference: the invoice's purchase order number.
    """

    account: AccountRow
    row: Current | None = None
    reference: str = ""


def find_place(
    crm: Crm, surroundings: Surroundings, *, code: str, account: str, now: datetime
) -> Place | Held:
    """Return where a record in currency `code` belongs, or the hold for a missing currency."""
    currency = crm.get_currency(code)
    if currency is None:
        return Held(missing_currency(account, code, now))
    owner = surroundings.account
    row = surroundings.row
    moved = row is not None and row.lookups.get("customerid") != owner.id
    current: UUID | None = None
    if row is not None and not moved:
        current = row.lookups.get("opportunityid")
    return Place(
        account=owner.id,
        opportunity=choose_opportunity(
            reference=surroundings.reference,
            open_opportunities=owner.opportunities,
            current=current,
            written=row is not None and not moved,
        ),
        currency=currency.id,
        precision=currency.precision,
        price_precision=currency.price_precision,
        price_list=crm.get_price_list(code),
        moved=moved,
    )
