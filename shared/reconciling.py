"""The comparison of both sides, imported when first asked for.

Never needed to carry a record, so that no webhook waits for it after a cold start.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from shared import __version__
from shared.adapters.azure.leases import alone
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.core.policies import Target
from shared.settings import Settings
from shared.sync.ports import MayRead
from shared.sync.waiting_list import WaitingList
from shared.wiring import Waiting, policies_of
from shared.world import World

if TYPE_CHECKING:
    from shared.sync.reconcile.nightly import Nightly
    from shared.sync.reconcile.run import Reconcile


class Reconciling:
    """The comparison of both sides of one connector."""

    def __init__(  # noqa: PLR0917  # what the composition root has made, each once
        self,
        settings: Settings,
        world: World,
        freshbooks: FreshBooksApi,
        crm: Dataverse,
        dataverse: DataverseApi,
        waiting: Waiting,
        waiting_list: WaitingList,
        may_read: MayRead,
    ) -> None:
        self._settings = settings
        self._world = world
        self._freshbooks = freshbooks
        self._crm = crm
        self._dataverse = dataverse
        self._waiting = waiting
        self._waiting_list = waiting_list
        self._may_read = may_read

    @cached_property
    def whole(self) -> "Reconcile":
        """What compares both sides at once."""
        from shared.adapters.dataverse.row_lists import DataverseRowLists
        from shared.adapters.dataverse.seen_waiting import DataverseSeenWaiting
        from shared.sync.reconcile.run import Reconcile
        from shared.sync.reconcile.waiting import WaitingCheck

        settings, world = self._settings, self._world
        return Reconcile(
            freshbooks=self._freshbooks,
            crm=self._crm,
            rows=DataverseRowLists(self._dataverse, settings.target),
            journal=world.journal,
            queue=self._waiting.tickets.queue,
            tickets=self._waiting.tickets,
            waiting=WaitingCheck(
                seen=DataverseSeenWaiting(self._dataverse, self._crm.write),
                holds=world.holds,
                checkpoints=world.checkpoints,
                clock=world.clock,
            ),
            may_read=self._may_read,
            policies=policies_of(settings),
            has_invoices=settings.target is Target.RECORD,
            listed=self._waiting_list.gather,
            clock=world.clock,
            share=settings.reconcile_cancel_share,
            version=__version__,
            rate=self._waiting.rate,
        )

    @cached_property
    def nightly(self) -> "Nightly":
        """What compares both sides piece by piece, at night."""
        from shared.sync.reconcile.nightly import Nightly

        settings, world = self._settings, self._world
        return Nightly(
            reconcile=self.whole,
            businesses=world.businesses,
            checkpoints=world.checkpoints,
            alone=alone(world.leases),
            telemetry=world.telemetry,
            clock=world.clock,
            mode=settings.reconcile,
            most=settings.poll_max_backlog,
            is_open=self._waiting.stops_reading,
            stops_dataverse=self._waiting.stops_dataverse,
        )
