"""The dry run's composition root: a Connector in, a rehearsal out.

Never gives the use cases anything that could write: what they would keep or send stays aside.
"""

from dataclasses import replace

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.directory import DataverseDirectory
from shared.app import Connector
from shared.sync.outbox import Outbox
from shared.sync.rehearsal import (
    Aside,
    OverlaidCrm,
    Rehearsal,
    Script,
    WatchedFreshBooks,
    headers_of,
)
from shared.wiring import wire_process, wire_waiting


def rehearsal_of(app: Connector, *, most: int) -> Rehearsal:
    """Return a rehearsal of the use cases, wired as those that work.

    Args:
        app: the connector; its tokens may be renewed, nothing else of it is changed.
        most: records that are gone through.
    """
    # What follows from a record is gone through at once.
    settings = app.settings.model_copy(update={"balance_delay_seconds": 0.0})
    aside, script = Aside.of(app.world.journal, app.world.holds, app.world.claims), Script()
    world = replace(
        app.world,
        queue=aside.queue,
        journal=aside.journal,
        holds=aside.holds,
        claims=aside.claims,
    )
    directory = DataverseDirectory(
        DataverseApi(world.dataverse, world.dataverse_token, who=world.dataverse_who),
        invoice_column=settings.match_invoice_field or None,
        more=settings.chosen_columns.read,
        target=settings.target,
    )
    freshbooks = WatchedFreshBooks(app.freshbooks, script)
    match_column = settings.match_field[1] if settings.match_field else None
    headers = headers_of(settings.target, script)
    crm = OverlaidCrm(app.crm, directory, script, headers, match_column=match_column)
    queue = Outbox(queue=aside.queue, telemetry=world.telemetry, clock=world.clock)
    waiting = wire_waiting(settings, world, queue, app.tokens)
    _, _, process, _ = wire_process(
        settings,
        world,
        freshbooks,
        crm,
        waiting=waiting,
        queue=queue,
        heartbeats=app.heartbeats,
    )
    return Rehearsal(
        handlers=process.handlers,
        script=script,
        asked=aside.queue,
        freshbooks=freshbooks,
        journal=aside.journal,
        beside=waiting.beside,
        directory=directory,
        clock=world.clock,
        most=most,
    )
