"""What decides how records stand in Sales: the settings, the currencies, the day.

Never looks at a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shared.core.listed import Listed
from shared.core.policies import DraftPolicy, Policies
from shared.core.price_engine import rounded
from shared.core.reconcile.facts import to_units
from shared.core.views import Currency


@dataclass(frozen=True)
class Rules:
    """How records of one business stand in Sales.

    Attributes:
        has_invoices: an invoice has a row beside its entry.
        policies: what the administrator chose.
        currencies: of the environment, by ISO code.
        codes: ISO codes by the currencies' ids.
        listed: what the connector's own list says is not in Sales, by the records' keys.
        today: FreshBooks' calendar day.
        started: when Sales' rows were read, UTC.
        credits_noted: credit notes are read, so that a payment that stands for one is not shown.
    """

    has_invoices: bool
    policies: Policies
    currencies: Mapping[str, Currency]
    codes: Mapping[int, str]
    listed: Mapping[str, Listed]
    today: date
    started: datetime
    credits_noted: bool = True

    @property
    def drafts(self) -> bool:
        """Whether drafts are shown."""
        return self.policies.drafts is DraftPolicy.SHOW

    def units(self, amount: Decimal, code: str) -> int:
        """Return an amount as Dynamics keeps it, in ten-thousandths."""
        return to_units(self.kept(amount, code))

    def kept(self, amount: Decimal, code: str) -> Decimal:
        """Return an amount with the decimals that its currency has in Dynamics."""
        currency = self.currencies.get(code)
        return rounded(amount, currency.precision) if currency is not None else amount

    def code_of(self, currency: int | None) -> str:
        """Return the ISO code of a row's currency, "" where it is not known."""
        return self.codes.get(currency, "") if currency is not None else ""
