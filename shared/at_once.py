"""The composition root of one record carried over at once: a Connector in, a use case out.

Never wires another way of carrying a record than the app's: only what passes is watched.
"""

from collections.abc import Callable
from dataclasses import replace

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.directory import DataverseDirectory
from shared.app import Connector
from shared.sync.at_once import AtOnce, WatchedCrm, WatchedQueue
from shared.sync.outbox import Outbox
from shared.sync.rehearsal import Newest, Script, WatchedFreshBooks
from shared.wiring import wire_process, wire_waiting


def at_once_of(app: Connector, *, pause: Callable[[float], object], patience: float) -> AtOnce:
    """Return the use case that carries one record over, wired as those of the app.

    Args:
        app: the connector.
        pause: lets so many seconds pass.
        patience: seconds that the app is waited for where it has to do it.
    """
    settings, newest, script = app.settings, Newest(), Script()
    queue = WatchedQueue(app.world.queue)
    world = replace(app.world, queue=queue)
    freshbooks = WatchedFreshBooks(app.freshbooks, script, newest)
    crm = WatchedCrm(app.crm, script, target=settings.target)
    outbox = Outbox(queue=queue, telemetry=world.telemetry, clock=world.clock)
    waiting = wire_waiting(settings, world, outbox, app.tokens)
    _, _, process, _ = wire_process(
        settings,
        world,
        freshbooks,
        crm,
        waiting=waiting,
        queue=outbox,
        heartbeats=app.heartbeats,
    )
    unwatched = Outbox(queue=app.world.queue, telemetry=world.telemetry, clock=world.clock)
    return AtOnce(
        handlers=process.handlers,
        finish=process.finish,
        freshbooks=freshbooks,
        newest=newest,
        crm=crm,
        queue=queue,
        script=script,
        tickets=replace(waiting.tickets, queue=unwatched),
        journal=world.journal,
        directory=DataverseDirectory(
            DataverseApi(world.dataverse, world.dataverse_token, who=world.dataverse_who),
            invoice_column=settings.match_invoice_field or None,
            more=settings.chosen_columns.read,
            target=settings.target,
        ),
        telemetry=world.telemetry,
        clock=world.clock,
        stopped=lambda business: waiting.stops_reading(business) or waiting.stops_dataverse(),
        pause=pause,
        patience=patience,
    )
