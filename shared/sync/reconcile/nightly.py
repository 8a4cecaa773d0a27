"""The comparison at night: a piece at a time, one instance alone, from where it was left.

Never asks for anything while a service wants to be left alone, and never does a night's work twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.core.connections import explain
from shared.core.identity import RECONCILE_LEASE
from shared.core.lines import Need, Trouble, need_of
from shared.core.policies import ReconcilePolicy
from shared.core.reconcile.nights import Night
from shared.errors import ConnectorError
from shared.sync.ports import Alone, Businesses, Checkpoints, Clock, Telemetry, Traffic, traffic
from shared.sync.reconcile.night import Piece
from shared.sync.reconcile.progress import Notes
from shared.sync.reconcile.run import Reconcile

A_PIECE: Final = 480.0  # seconds
_ALONE: Final = 570.0  # a page that is under way ends within that


@dataclass(frozen=True, kw_only=True)
class Nightly:
    """Compares every business once a night.

    Attributes:
        mode: what is done about what differs.
        most: records of one business that a piece asks for; the next night finds the others.
        is_open: says why nothing may be asked of a business's FreshBooks now, "" when it may.
        stops_dataverse: says why nothing may be asked of Dataverse now, "" when it may.
        seconds: that one run may take.
    """

    reconcile: Reconcile
    businesses: Businesses
    checkpoints: Checkpoints
    alone: Alone
    telemetry: Telemetry
    clock: Clock
    mode: ReconcilePolicy
    most: int
    is_open: Callable[[str], str]
    stops_dataverse: Callable[[], str]
    seconds: float = A_PIECE

    def run(self, *, invocation: str = "") -> Night | None:
        """Go on with this night's comparison; return what it came to once it is done.

        Args:
            invocation: the step of a trace that the host gave this invocation.
        """
        if self.mode is ReconcilePolicy.OFF:
            return None
        with self.telemetry.unit("reconcile", invocation=invocation):
            try:
                return self._go_on()
            except ConnectorError as error:
                text = explain("The nightly comparison", error)
                self.telemetry.count(Trouble(what=need_of(error), text=text))
                return None

    def _go_on(self) -> Night | None:
        notes = Notes(self.checkpoints, self.clock)
        last, today = notes.last(), self.clock().date()
        if (last is not None and last.night >= today) or self.stops_dataverse():
            return None
        with self.alone(RECONCILE_LEASE, seconds=_ALONE) as here, traffic(Traffic.BULK):
            if not here:
                return None
            piece = Piece(
                self.reconcile,
                self.reconcile.asks(most=self.most),
                notes,
                last=last,
                fixes=self.mode is ReconcilePolicy.FIX,
                why_not=lambda business: self.is_open(business) or self.stops_dataverse(),
                seconds=self.seconds,
                telemetry=self.telemetry,
            )
            night = piece.go_on(sorted(each.id for each in self.businesses.list_all()), today)
        if night is not None and night.text:
            need = Need.PERSON if night.remained or night.stopped else Need.PATIENCE
            self.telemetry.count(Trouble(what=need, text=night.text))
        return night
