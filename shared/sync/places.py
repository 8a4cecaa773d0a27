"""Where a record belongs: its account, opportunity and currency in Dataverse.

Never writes; a record that belongs nowhere yet is answered with the hold that says why.
"""

from datetime import datetime

from shared.core.identity import Awaited
from shared.core.outcomes import Held
from shared.core.place import Place, choose_opportunity
from shared.core.views import Account, RecordRow
from shared.core.waiting import Hold
from shared.sync.ports import Crm


def find_place(
    crm: Crm,
    account: Account,
    row: RecordRow | None,
    *,
    code: str,
    reference: str = "",
    business: str,
    now: datetime,
) -> Place | Held:
    """Return where a record belongs, or the hold for a missing currency.

    Args:
        crm: says which currencies and price lists there are; both are cached.
        account: the client's account.
        row: what is there and says where the record is: the header of its invoice, else its own
            entry; None when neither is written.
        code: ISO code of the record's currency.
        reference: the invoice's purchase order number.
        business: whose record it is.
        now: UTC.
    """
    currency = crm.get_currency(code)
    if currency is None:
        return Held(missing_currency(business, code, now))
    moved = row is not None and row.customer != account.id
    here = row if not moved else None
    return Place(
        account=account.id,
        opportunity=choose_opportunity(
            reference=reference,
            open_opportunities=account.opportunities,
            current=here.opportunity if here is not None else None,
            written=here is not None,
        ),
        currency=currency.id,
        precision=currency.precision,
        price_precision=currency.price_precision,
        price_list=crm.get_price_list(code),
        moved=moved,
    )


def missing_currency(business: str, code: str, now: datetime) -> Hold:
    """Return the hold for a currency the environment does not have."""
    return Hold(
        business=business,
        awaited=Awaited.currency(code),
        name=code,
        reason=f"Dataverse has no currency {code or '(the record names none)'}: add it under "
        "Settings, Business Management, Currencies; the waiting records follow by themselves.",
        since=now,
    )
