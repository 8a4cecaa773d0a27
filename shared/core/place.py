"""Where a record belongs in Dataverse: account, opportunity, currency.

Never reads anything; it chooses among what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.core.homes import Opportunity
from shared.core.matching import normal
from shared.core.rows import Reference


@dataclass(frozen=True)
class Placed:
    """Where a record's row is.

    Attributes:
        reference: the purchase order number when it was written, None where that is not known.
        placed_by: the one by which the opportunity was found, "" where none was.
    """

    opportunity: UUID | None
    reference: str | None = None
    placed_by: str = ""


@dataclass(frozen=True)
class Place:
    """Where a record belongs in Dataverse.

    Attributes:
        account: the customer, None of an expense that names no client.
        opportunity: the opportunity the record is shown on, None for the account alone.
        currency: id of the record's currency.
        precision: decimals of amounts in that currency.
        price_precision: decimals of a price per unit.
        price_list: price list in that currency, None to write without.
        moved: the record's row belongs to another account so far.
        client: the client's own row.
        placed_by: the purchase order number by which the opportunity was found.
        note: what is worth knowing about the choice, "" for nothing.
        owner: who owns rows that are made, None for the connector.
    """

    account: UUID | None
    opportunity: UUID | None
    currency: UUID
    precision: int = 2
    price_precision: int = 2
    price_list: UUID | None = None
    moved: bool = False
    client: UUID | None = None
    placed_by: str = ""
    note: str = ""
    owner: Reference | None = None

    @property
    def regarding(self) -> Reference | None:
        """The row on whose timeline the record appears, None for nobody's."""
        if self.opportunity is not None:
            return Reference("opportunity", self.opportunity)
        return Reference("account", self.account) if self.account is not None else None


@dataclass(frozen=True)
class Choice:
    """The opportunity a record belongs to.

    Attributes:
        opportunity: None for the account alone.
        placed_by: the purchase order number by which it was found, "" where none was.
        note: what is worth knowing about it, "" for nothing.
    """

    opportunity: UUID | None
    placed_by: str = ""
    note: str = ""


def choose_opportunity(
    *, reference: str, opportunities: Sequence[Opportunity], current: Placed | None
) -> Choice:
    """Return the opportunity an invoice belongs to.

    Its reference decides, among all of the account's opportunities; where it has none, the only
    open one. What a person chose instead stands until the reference changes. An opportunity that
    is opened later draws no invoice to itself that is there already.

    Args:
        reference: the invoice's purchase order number.
        opportunities: those of the account that are open, or called like the reference.
        current: where it is, None when it is new, or on another account.
    """
    wanted = normal(reference).casefold()
    named = [each.id for each in opportunities if normal(each.name).casefold() == wanted]
    found = Choice(named[0], reference) if wanted and len(named) == 1 else None
    if current is not None and (current.reference is None or current.reference == reference):
        undecided = current.opportunity is None and not current.placed_by
        if undecided and found is not None:
            return found
        return Choice(current.opportunity, current.placed_by)
    if found is not None:
        return found
    if wanted:
        several = f"{len(named)} opportunities are" if named else "no opportunity of the account is"
        return Choice(None, note=f"{several} called {reference}, its purchase order")
    living = [each.id for each in opportunities if each.is_open]
    return Choice(living[0] if len(living) == 1 else None)
