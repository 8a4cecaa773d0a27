"""Where a record belongs in Dataverse: account, opportunity, currency.

Never reads anything; it chooses among what was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.core.rows import Reference


@dataclass(frozen=True)
class Place:
    """Where a record belongs in Dataverse.

    Attributes:
        account: the customer.
        opportunity: the opportunity the record is shown on, None for the account alone.
        currency: id of the record's currency.
        precision: decimals of amounts in that currency.
        price_precision: decimals of a price per unit.
        price_list: price list in that currency, None to write without.
        moved: the record's row belongs to another account so far.
    """

    account: UUID
    opportunity: UUID | None
    currency: UUID
    precision: int = 2
    price_precision: int = 2
    price_list: UUID | None = None
    moved: bool = False

    @property
    def regarding(self) -> Reference:
        """The row on whose timeline the record appears."""
        if self.opportunity is not None:
            return Reference("opportunity", self.opportunity)
        return Reference("account", self.account)


def choose_opportunity(
    *, reference: str, open_opportunities: Mapping[UUID, str], current: UUID | None, written: bool
) -> UUID | None:
    """Return the opportunity an invoice belongs to, None when it is not plain.

    Args:
        reference: the invoice's purchase order number.
        open_opportunities: the account's open opportunities, id -> name.
        current: the one it has; it stands, a person may have chosen it.
        written: the invoice is in Dataverse already; then only its reference can say more, or
            an opportunity opened later would draw old invoices to itself.

    Returns:
        The current one, else the one the reference names, else the account's only open one for
        an invoice that is new. Never guessed between two.
    """
    if current is not None:
        return current
    wanted = reference.strip().casefold()
    named = [key for key, name in open_opportunities.items() if name.strip().casefold() == wanted]
    if wanted and len(named) == 1:
        return named[0]
    if not written and len(open_opportunities) == 1:
        return next(iter(open_opportunities))
    return None
