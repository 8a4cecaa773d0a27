"""`Webhooks` of many businesses, of which only is noted what was asked of them.

Never asks FreshBooks.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.core.connections import Registration, RegistrationState
from shared.errors import ConnectorError
from tests.memory import FakeClock


class Hooks:
    """One webhook for each business, which is looked after as a test wants it.

    Attributes:
        kept: by business.
        repaired: businesses that were compared, in order.
        settled: businesses whose handshake was looked for, in order.
        inspected: businesses FreshBooks was asked for, in order.
        trouble: what comes of asking for a business.
        takes: seconds every request takes.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.kept: dict[str, Registration] = {}
        self.repaired: list[str] = []
        self.settled: list[str] = []
        self.inspected: list[str] = []
        self.trouble: dict[str, ConnectorError] = {}
        self.takes = 0.0
        self.meanwhile: Callable[[], object] = lambda: None

    def keep(
        self, business: str, state: str = "live", *, seen: datetime | None = None, **fields: object
    ) -> None:
        kept = Registration(
            business, "invoice", "https://app.example", RegistrationState(state), seen=seen
        )
        self.kept[business] = replace(kept, **fields)  # type: ignore[arg-type]  # as given

    def list_registrations(self, *businesses: str) -> list[Registration]:
        return [self.kept[business] for business in businesses]

    def repair(self, business: str) -> None:
        self.repaired.append(business)
        self._ask(business)
        self.kept[business] = replace(self.kept[business], seen=self.clock())

    def try_to_settle(self, registration: Registration) -> bool:
        self.settled.append(registration.business)
        self.clock.advance(self.takes)
        return False

    def inspect(self, business: str) -> list[Registration]:
        self.inspected.append(business)
        self.meanwhile()
        self._ask(business)
        return [replace(self.kept[business], seen=self.clock())]

    def _ask(self, business: str) -> None:
        self.clock.advance(self.takes)
        if business in self.trouble:
            raise self.trouble[business]
