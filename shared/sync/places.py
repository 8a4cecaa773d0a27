"""Where a record belongs: its account, opportunity and currency in Dataverse.

Never writes; a record that belongs nowhere yet is answered with the hold that says why.
"""

from dataclasses import replace
from datetime import datetime

from shared.core.homes import Account, ClientRow
from shared.core.identity import Awaited
from shared.core.outcomes import Held
from shared.core.place import Choice, Place, Placed, choose_opportunity
from shared.core.policies import OwnerPolicy, Policies
from shared.core.views import RecordRow
from shared.core.waiting import Hold
from shared.sync.ports import Crm


def find_place(
    crm: Crm,
    account: Account,
    client: ClientRow,
    row: RecordRow | None,
    *,
    code: str,
    reference: str = "",
    follows: bool = False,
    business: str,
    now: datetime,
) -> Place | Held:
    """Return where a record belongs, or the hold for a missing currency.

    Args:
        crm: says which currencies and price lists there are; both are cached.
        account: the client's account.
        client: the client's own row.
        row: what is there and says where the record is: the header of its invoice, else its own
            entry; None when neither is written.
        code: ISO code of the record's currency.
        reference: the invoice's purchase order number.
        follows: the row is an invoice's, and the record goes wherever that is.
        business: whose record it is.
        now: UTC.
    """
    currency = crm.get_currency(code)
    if currency is None:
        return Held(missing_currency(business, code, now))
    moved = row is not None and row.customer != account.id
    here = row if not moved else None
    if follows and row is not None:
        # Wherever its invoice is: that may be another client's by now, or be canceled elsewhere.
        where, choice = row.customer or account.id, Choice(row.opportunity)
    else:
        where = account.id
        choice = choose_opportunity(
            reference=reference,
            opportunities=account.opportunities,
            current=_placed(here) if here is not None else None,
        )
    return Place(
        account=where,
        opportunity=choice.opportunity,
        currency=currency.id,
        precision=currency.precision,
        price_precision=currency.price_precision,
        price_list=crm.get_price_list(code),
        moved=moved,
        client=client.id,
        placed_by=choice.placed_by,
        note=choice.note,
        owner=account.owner,
    )


def place_nowhere(crm: Crm, *, code: str, business: str, now: datetime) -> Place | Held:
    """Return where a record belongs that is no client's, or the hold for a missing currency."""
    currency = crm.get_currency(code)
    if currency is None:
        return Held(missing_currency(business, code, now))
    return Place(None, None, currency.id, precision=currency.precision)


def with_owner(place: Place, policies: Policies) -> Place:
    """Return a place with the owner that rows get by policy, when they are made."""
    return place if policies.owner is OwnerPolicy.ACCOUNT else replace(place, owner=None)


def _placed(row: RecordRow) -> Placed:
    return Placed(row.opportunity, row.reference, row.text("fbx_placedby"))


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
