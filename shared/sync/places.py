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
        invoice: the header of the record's invoice, None when it is not written or has none.
        reference: the invoice's purchase order number.
    """

    account: AccountRow
    invoice: Current | None = None
    reference: str = ""


def find_place(
    crm: Crm, surroundings: Surroundings, *, code: str, account: str, now: datetime
) -> Place | Held:
    """Return where a record in currency `code` belongs, or the hold for a missing currency."""
    currency = crm.get_currency(code)
    if currency is None:
        return Held(missing_currency(account, code, now))
    owner = surroundings.account
    header = surroundings.invoice
    moved = header is not None and header.lookups.get("customerid") != owner.id
    current: UUID | None = None
    if header is not None and not moved:
        current = header.lookups.get("opportunityid")
    return Place(
        account=owner.id,
        opportunity=choose_opportunity(
            reference=surroundings.reference,
            open_opportunities=owner.opportunities,
            current=current,
            written=header is not None and not moved,
        ),
        currency=currency.id,
        precision=currency.precision,
        price_precision=currency.price_precision,
        price_list=crm.get_price_list(code),
        moved=moved,
    )
