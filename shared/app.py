"""The composition root: Settings in, a wired Connector out.

Nothing connects until it is used: an unreachable service costs only the work that needs it.
"""

from dataclasses import dataclass, replace
from functools import partial

from shared.adapters.azure.leases import alone
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.bypass import Bypass
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.dataverse.environment import DataverseEnvironment
from shared.adapters.dataverse.seen_waiting import DataverseSeenWaiting
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.freshbooks.business_tokens import BusinessTokens
from shared.adapters.freshbooks.callbacks import CallbacksApi
from shared.console.access import Access
from shared.console.connect import ConnectPages
from shared.core.policies import DeletedPolicy, NoticePolicy, OwnerPolicy, ReconcilePolicy
from shared.core.privileges import TableNeed, list_extra, list_needs
from shared.customizing import Customizing
from shared.intake import Intake, wire_intake
from shared.reconciling import Reconciling
from shared.settings import Settings
from shared.sync.backfill.control import Backfills
from shared.sync.backup import Safekeeping
from shared.sync.beside import Beside
from shared.sync.circuits import CircuitBreakers
from shared.sync.connect import Connect
from shared.sync.connections import Connections
from shared.sync.decisions import Decisions
from shared.sync.heartbeats import Heartbeats
from shared.sync.invoice_review import InvoiceReview
from shared.sync.leftovers import Leftovers
from shared.sync.letters import Letters
from shared.sync.poison import Poison
from shared.sync.poll import Poll
from shared.sync.ports import Businesses, DeadLetters, Journal
from shared.sync.process import Process
from shared.sync.receive import Receive
from shared.sync.recheck import Recheck
from shared.sync.reread import Reread
from shared.sync.review import Review
from shared.sync.sightings import Sightings
from shared.sync.upkeep import Upkeep
from shared.sync.waiting_list import WaitingList
from shared.sync.waiting_mirror import WaitingMirror
from shared.sync.wake import Wake, by_awaited
from shared.sync.watch import Watch
from shared.sync.webhook_rounds import WebhookRounds
from shared.sync.webhooks import Webhooks
from shared.wiring import (
    wire_backfill,
    wire_connect,
    wire_process,
    wire_prune,
    wire_tokens,
    wire_waiting,
)
from shared.world import World


@dataclass(frozen=True)
class Connector:
    """Everything the triggers and the terminal call."""

    settings: Settings
    world: World
    freshbooks: FreshBooksApi
    crm: Dataverse
    receive: Receive
    process: Process
    poison: Poison
    wake: Wake
    circuits: CircuitBreakers
    waiting_list: WaitingList
    poll: Poll
    upkeep: Upkeep
    connections: Connections
    connect: Connect
    pages: ConnectPages
    access: Access
    webhooks: Webhooks
    review: Review
    invoice_review: InvoiceReview
    letters: Letters
    customizing: Customizing
    environment: DataverseEnvironment
    journal: Journal
    dead_letters: DeadLetters
    businesses: Businesses
    tokens: BusinessTokens
    heartbeats: Heartbeats
    safekeeping: Safekeeping
    backfills: Backfills
    reconciling: Reconciling


def build(settings: Settings, world: World, intake: Intake | None = None) -> Connector:
    """Wire the use cases to the world.

    Args:
        settings: all of them.
        world: all of it.
        intake: what takes webhooks in, where that is wired already.
    """
    intake = intake or wire_intake(settings, world)
    clock, secret = world.clock, settings.freshbooks_client_secret.get_secret_value()
    told = world.telemetry
    queue, verifiers = intake.queue, intake.verifiers
    heartbeats = Heartbeats(world.checkpoints, clock)
    tokens = wire_tokens(settings, world)
    columns = settings.chosen_columns
    freshbooks = FreshBooksApi(
        world.freshbooks, tokens, may_read=tokens.may_read, fields=columns.fields
    )
    dataverse = DataverseApi(world.dataverse, world.dataverse_token, who=world.dataverse_who)
    environment = DataverseEnvironment(dataverse)
    bypass = Bypass(settings.backfill_bypass, environment, told, clock)
    crm = Dataverse(
        dataverse,
        match_column=settings.match_field[1] if settings.match_field else None,
        price_lists=settings.price_lists,
        clock=clock,
        invoice_column=settings.match_invoice_field or None,
        more=columns.read,
        target=settings.target,
        headers=bypass.headers,
    )
    webhooks = Webhooks(
        callbacks=CallbacksApi(world.freshbooks, tokens),
        may_read=tokens.may_read,
        registrations=world.registrations,
        secrets=world.secrets,
        verifiers=verifiers,
        alone=alone(world.leases),
        telemetry=told,
        clock=clock,
        public_url=settings.public_url,
        secret=secret,
    )
    # Who looks at a page changes nothing: no token is renewed for it.
    looking = replace(webhooks, callbacks=CallbacksApi(world.freshbooks, tokens.looking))
    sightings = Sightings(looking, clock)
    rounds = WebhookRounds(webhooks, clock)
    connect = wire_connect(settings, world, tokens, rounds=rounds, sightings=sightings)
    connections = Connections(
        businesses=world.businesses, tokens=tokens, webhooks=webhooks, sightings=sightings
    )
    access = Access(
        secret=secret,
        operator_role=settings.operator_role,
        operator_tenant=settings.operator_tenant_id or "",
        easy_auth=settings.easy_auth,
        clock=clock,
    )
    waiting = wire_waiting(settings, world, queue, tokens)
    waiting_list = WaitingList(
        businesses=world.businesses,
        holds=world.holds,
        dead_letters=world.dead_letters,
        journal=world.journal,
        circuits=lambda: by_awaited(waiting.circuits.list_open()),
    )
    clients, invoices, process, poison = wire_process(
        settings,
        world,
        freshbooks,
        crm,
        waiting=waiting,
        queue=queue,
        heartbeats=heartbeats,
    )
    backfills = wire_backfill(
        settings,
        world,
        freshbooks,
        crm,
        api=dataverse,
        process=process,
        poison=poison,
        waiting=waiting,
        tokens=tokens,
    )
    connect = replace(connect, on_synced=backfills.begin_first)
    return Connector(
        settings=settings,
        world=world,
        freshbooks=freshbooks,
        crm=crm,
        receive=intake.receive,
        process=process,
        poison=poison,
        wake=waiting.wake,
        circuits=waiting.circuits,
        waiting_list=waiting_list,
        poll=Poll(
            freshbooks=freshbooks,
            queue=queue,
            journal=world.journal,
            tickets=waiting.tickets,
            checkpoints=world.checkpoints,
            businesses=world.businesses,
            recheck=Recheck(
                crm=crm,
                queue=queue,
                holds=world.holds,
                checkpoints=world.checkpoints,
                release=waiting.release,
                clock=clock,
            ),
            telemetry=told,
            heartbeats=heartbeats,
            clock=clock,
            overlap_days=settings.poll_overlap_days,
            max_backlog=settings.poll_max_backlog,
            rate=waiting.rate,
            is_open=waiting.stops_reading,
            may_read=tokens.may_read,
            backfilled=backfills.began,
        ),
        upkeep=Upkeep(
            connections=connections,
            is_open=waiting.stops_reading,
            resume=connect.resume,
            rounds=rounds,
            watch=Watch(
                queue=queue,
                poison_queue=world.poison_queue,
                backfill_queue=world.backfill_queue,
                backfill_poison_queue=world.backfill_poison_queue,
                histories=partial(backfills.histories, ended=False),
                compares=settings.reconcile is not ReconcilePolicy.OFF,
                checkpoints=world.checkpoints,
                heartbeats=heartbeats,
                businesses=world.businesses,
                registrations=world.registrations,
                tokens=tokens,
                telemetry=told,
                clock=clock,
            ),
            telemetry=told,
            wake=waiting.wake,
            decisions=Decisions(
                crm=crm,
                tickets=waiting.tickets,
                businesses=world.businesses,
                checkpoints=world.checkpoints,
                clock=clock,
                is_open=waiting.stops_dataverse,
            ),
            poison=Leftovers(world.poison_queue, poison.handle),
            backfill_poison=Leftovers(world.backfill_poison_queue, backfills.lanes.revive),
            # Not by the outbox: what it adds is what the other release could not read.
            reread=Reread(dead_letters=world.dead_letters, queue=world.queue, clock=clock),
            prune=wire_prune(settings, world, backfills),
            backfills=backfills,
            mirror=WaitingMirror(
                seen=DataverseSeenWaiting(dataverse, crm.write),
                holds=world.holds,
                checkpoints=world.checkpoints,
                clock=clock,
                is_open=waiting.stops_dataverse,
            ),
            clock=clock,
        ),
        connections=connections,
        connect=connect,
        pages=ConnectPages(
            connect=connect,
            access=access,
            connections=connections,
            histories=backfills.histories,
            clock=clock,
            connect_url=settings.connect_url,
        ),
        access=access,
        webhooks=webhooks,
        review=Review(
            freshbooks=freshbooks,
            crm=crm,
            clients=clients,
            holds=world.holds,
            queue=queue,
            release=waiting.release,
            clock=clock,
        ),
        invoice_review=InvoiceReview(
            invoices=invoices,
            holds=world.holds,
            queue=queue,
            release=waiting.release,
            clock=clock,
        ),
        letters=Letters(
            dead_letters=world.dead_letters,
            journal=world.journal,
            freshbooks=freshbooks,
            queue=queue,
            clock=clock,
        ),
        customizing=Customizing(
            dataverse,
            settings.dataverse_url,
            needs=needs_of(settings),
            target=settings.target,
            extra=list_extra(settings.backfill_bypass),
        ),
        environment=environment,
        journal=world.journal,
        dead_letters=world.dead_letters,
        businesses=world.businesses,
        tokens=tokens,
        heartbeats=heartbeats,
        safekeeping=_safekeeping(world, environment, waiting.beside),
        backfills=backfills,
        reconciling=Reconciling(
            settings, world, freshbooks, crm, dataverse, waiting, waiting_list, tokens.may_read
        ),
    )


def needs_of(settings: Settings) -> tuple[TableNeed, ...]:
    """Return what the connector does in Dataverse, by the settings."""
    return list_needs(
        deletes=settings.deleted_records is DeletedPolicy.DELETE,
        owners=settings.row_owner is OwnerPolicy.ACCOUNT,
        notices=settings.notices is not NoticePolicy.OFF,
        target=settings.target,
    )


def _safekeeping(world: World, environment: DataverseEnvironment, beside: Beside) -> Safekeeping:
    return Safekeeping(
        businesses=world.businesses,
        registrations=world.registrations,
        holds=world.holds,
        dead_letters=world.dead_letters,
        checkpoints=world.checkpoints,
        secrets=world.secrets,
        rows=world.rows,
        environment=environment,
        mark=beside.mark,
        clock=world.clock,
    )
