"""Parts of the composition root: the tokens, the login, and what carries a record of each kind.

Never connects: what is wired here is used later.
"""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared.adapters.azure.leases import alone
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.bulk_writer import BulkWriter
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.dataverse.page_reader import DataversePages
from shared.adapters.freshbooks.business_tokens import BusinessTokens
from shared.adapters.freshbooks.login import FreshBooksLogin
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.core.circuit import connection_circuit, service_circuit
from shared.core.identity import Kind
from shared.core.policies import BackfillPolicy, Policies
from shared.core.shape import shape_of
from shared.core.trace import trace_id_of
from shared.core.webpages import page_of
from shared.settings import Settings
from shared.sync.admission import Admission
from shared.sync.backfill.carrying import PageCarrier
from shared.sync.backfill.control import Backfills
from shared.sync.backfill.lanes import Lanes
from shared.sync.backfill.proof import Proof
from shared.sync.beside import Beside
from shared.sync.categories import CategorySync
from shared.sync.circuits import CircuitBreakers
from shared.sync.clients import ClientSync
from shared.sync.connect import Connect
from shared.sync.entries import EntrySync
from shared.sync.evidence import Evidence
from shared.sync.existing import Existing
from shared.sync.finish import Finish
from shared.sync.follow_ups import FollowUps
from shared.sync.forget import Forget
from shared.sync.heartbeats import Heartbeats
from shared.sync.invoices import InvoiceSync
from shared.sync.logins import Logins
from shared.sync.match import Match
from shared.sync.outbox import Outbox
from shared.sync.poison import Poison
from shared.sync.ports import Crm, FreshBooks
from shared.sync.process import Process
from shared.sync.protocol import Sides
from shared.sync.prune import Prune
from shared.sync.release import Release
from shared.sync.sightings import Sightings
from shared.sync.tickets import Tickets
from shared.sync.wake import Wake, circuit_of
from shared.sync.webhook_rounds import WebhookRounds
from shared.world import World

NO_LIMIT: Final = 1000.0  # requests a second, where no limit is set
FOR_WHAT_WAITED: Final = 0.8  # of what Dataverse takes; the rest is for what comes in meanwhile
REQUESTS_A_RECORD: Final = 2.5  # at Dataverse, of a record that is written; docs/performance.md


def wire_tokens(settings: Settings, world: World) -> BusinessTokens:
    """Wire the token chains, one for each login."""

    def chain(connection: str) -> TokenChain:
        return TokenChain(
            connection,
            world.freshbooks,
            secrets=world.secrets,
            leases=world.leases,
            client_id=settings.freshbooks_client_id,
            client_secret=settings.freshbooks_client_secret.get_secret_value(),
            redirect_uri=settings.freshbooks_redirect_uri,
            clock=world.clock,
        )

    return BusinessTokens(world.businesses, chain, clock=world.clock)


def wire_connect(
    settings: Settings,
    world: World,
    tokens: BusinessTokens,
    *,
    rounds: WebhookRounds,
    sightings: Sightings,
) -> Connect:
    """Wire the connection of a login to FreshBooks."""
    login = FreshBooksLogin(
        world.freshbooks,
        tokens.chain,
        auth_url=settings.freshbooks_auth_url,
        client_id=settings.freshbooks_client_id,
        redirect_uri=settings.freshbooks_redirect_uri,
    )
    return Connect(
        login=login,
        consents=world.consents,
        logins=Logins(consents=world.consents, businesses=world.businesses),
        rounds=rounds,
        sightings=sightings,
        clock=world.clock,
        new_id=lambda: secrets.token_hex(8),
        secret=settings.freshbooks_client_secret.get_secret_value(),
    )


@dataclass(frozen=True)
class Waiting:
    """What lets records wait, and what sends them on."""

    circuits: CircuitBreakers
    release: Release
    beside: Beside
    wake: Wake
    tickets: Tickets
    connection_of: Callable[[str], str]
    rate: float

    def stops_reading(self, business: str) -> str:
        """Return why nothing may be read of a business's FreshBooks now, "" when it may."""
        connection = connection_circuit(self.connection_of(business))
        return self._stopped(service_circuit("FreshBooks"), connection)

    def stops_dataverse(self) -> str:
        """Return why nothing may be asked of Dataverse now, "" when it may."""
        return self._stopped(service_circuit("Dataverse"), service_circuit("Entra"))

    def _stopped(self, *names: str) -> str:
        for name in names:
            circuit = self.circuits.state(name)
            if circuit is not None and circuit.stops:
                return circuit.reason
        return ""


def wire_waiting(
    settings: Settings, world: World, queue: Outbox, tokens: BusinessTokens
) -> Waiting:
    """Wire the circuit breakers and what follows when they close."""
    circuits = CircuitBreakers(world.circuits, clock=world.clock)
    rate = records_a_second(settings)
    release = Release(
        holds=world.holds,
        queue=queue,
        clock=world.clock,
        is_stopped=lambda business, awaited: circuits.is_open(circuit_of(business, awaited)),
        pace=1 / (rate * FOR_WHAT_WAITED),
    )
    tickets = Tickets(
        queue=queue,
        journal=world.journal,
        clock=world.clock,
        new_ticket=lambda: secrets.token_hex(8),
    )
    beside = Beside(
        journal=world.journal,
        holds=world.holds,
        dead_letters=world.dead_letters,
        release=release,
        clock=world.clock,
    )
    wake = Wake(
        circuits=circuits,
        release=release,
        beside=beside,
        tickets=tickets,
        holds=world.holds,
        businesses=world.businesses,
        checkpoints=world.checkpoints,
        telemetry=world.telemetry,
        clock=world.clock,
    )
    return Waiting(circuits, release, beside, wake, tickets, tokens.connection_of, rate)


def records_a_second(settings: Settings) -> float:
    """Return how many records a second Dataverse takes."""
    rate = settings.dataverse_requests_per_second or NO_LIMIT
    return rate / REQUESTS_A_RECORD


def policies_of(settings: Settings) -> Policies:
    """Return what the administrator chose about how records are shown."""
    return Policies(
        deleted=settings.deleted_records,
        drafts=settings.draft_invoices,
        expenses=settings.expenses,
        owner=settings.row_owner,
        notices=settings.notices,
        columns=settings.chosen_columns,
    )


def wire_process(
    settings: Settings,
    world: World,
    freshbooks: FreshBooks,
    crm: Crm,
    *,
    waiting: Waiting,
    queue: Outbox,
    heartbeats: Heartbeats,
) -> tuple[ClientSync, InvoiceSync, Process, Poison]:
    """Wire what carries a record of each kind; clients and invoices also as operators decide."""
    follow_ups = FollowUps(
        queue=queue,
        crm=crm,
        journal=world.journal,
        tickets=waiting.tickets,
        clock=world.clock,
        delay=settings.balance_delay_seconds,
    )
    sides = Sides(
        freshbooks=freshbooks,
        crm=crm,
        follow_ups=follow_ups,
        release=waiting.release,
        clock=world.clock,
        policies=policies_of(settings),
        shape=shape_of(settings.target),
        web=settings.freshbooks_web_url,
    )
    match = Match(
        crm=crm,
        holds=world.holds,
        clock=world.clock,
        unmatched=settings.unmatched_clients,
        match_field=settings.match_field,
    )
    clients = ClientSync(
        sides,
        match,
        world.holds,
        world.journal,
        world.claims,
        new_id=lambda: secrets.token_hex(8),
        page_of=partial(page_of, settings.freshbooks_web_url),
    )
    existing = Existing(
        crm=crm,
        holds=world.holds,
        clock=world.clock,
        policy=settings.existing_invoices,
        column=settings.match_invoice_field or None,
    )
    invoices = InvoiceSync(sides, clients, existing, waiting.beside)
    entries = EntrySync(sides, clients, invoices)
    finish = Finish(
        queue=queue,
        journal=world.journal,
        holds=world.holds,
        dead_letters=world.dead_letters,
        release=waiting.release,
        beside=waiting.beside,
        telemetry=world.telemetry,
        clock=world.clock,
        draw=random.random,
    )
    evidence = Evidence(
        circuits=waiting.circuits,
        connection_of=waiting.connection_of,
        on_closed=waiting.wake.end,
        clock=world.clock,
        draw=random.random,
        max_attempts=settings.max_attempts,
    )
    process = Process(
        handlers={
            Kind.CLIENT: clients,
            Kind.INVOICE: invoices,
            Kind.PAYMENT: entries,
            Kind.EXPENSE: entries,
            Kind.CREDIT: entries,
            Kind.CATEGORY: CategorySync(
                freshbooks=freshbooks,
                follow_ups=follow_ups,
                expenses=settings.expenses,
                clock=world.clock,
            ),
        },
        admission=Admission(journal=world.journal, tickets=waiting.tickets, clock=world.clock),
        evidence=evidence,
        finish=finish,
        alone=alone(world.leases),
        telemetry=world.telemetry,
        heartbeats=heartbeats,
        clock=world.clock,
        max_attempts=settings.max_attempts,
        draw=random.random,
    )
    poison = Poison(
        queue=queue,
        journal=world.journal,
        finish=finish,
        telemetry=world.telemetry,
        clock=world.clock,
        draw=random.random,
        max_attempts=settings.max_attempts,
    )
    return clients, invoices, process, poison


def wire_backfill(
    settings: Settings,
    world: World,
    freshbooks: FreshBooks,
    crm: Dataverse,
    *,
    api: DataverseApi,
    process: Process,
    poison: Poison,
    waiting: Waiting,
    tokens: BusinessTokens,
) -> Backfills:
    """Wire what carries a history in bulk, by the use cases that carry a record."""
    invoices, entries = process.handlers[Kind.INVOICE], process.handlers[Kind.PAYMENT]
    assert isinstance(invoices, InvoiceSync)  # noqa: S101  # they are wired above
    assert isinstance(entries, EntrySync)  # noqa: S101  # likewise
    alone_ = Outbox(queue=world.backfill_queue, telemetry=world.telemetry, clock=world.clock)
    carrier = PageCarrier(
        freshbooks=freshbooks,
        invoices=invoices,
        entries=entries,
        reader=DataversePages(
            api,
            target=settings.target,
            invoice_column=settings.match_invoice_field or None,
            more=settings.chosen_columns.read,
        ),
        writer=BulkWriter(api, crm.writer, world.clock),
        journal=world.journal,
        holds=world.holds,
        runs=world.runs,
        finish=process.finish,
        alone=alone_,
        clock=world.clock,
        trace=lambda: trace_id_of(world.telemetry.traceparent()),
    )
    lanes = Lanes(
        runs=world.runs,
        queue=world.backfill_queue,
        alone=alone_,
        freshbooks=freshbooks,
        journal=world.journal,
        carrier=carrier,
        proof=Proof(
            freshbooks=freshbooks,
            queue=alone_,
            journal=world.journal,
            tickets=waiting.tickets,
            checkpoints=world.checkpoints,
            clock=world.clock,
            seconds=time.monotonic,
        ),
        one=process.handle,
        poison=poison.handle,
        is_stopped=lambda business: waiting.stops_reading(business) or waiting.stops_dataverse(),
        telemetry=world.telemetry,
        clock=world.clock,
        seconds=time.monotonic,
    )
    return Backfills(
        runs=world.runs,
        lanes=lanes,
        businesses=world.businesses,
        checkpoints=world.checkpoints,
        may_read=tokens.may_read,
        clock=world.clock,
        automatic=settings.backfill is BackfillPolicy.AUTOMATIC,
    )


def wire_prune(settings: Settings, world: World, backfills: Backfills) -> Prune:
    """Wire what forgets whatever is old."""
    forget = Forget(
        journal=world.journal,
        holds=world.holds,
        dead_letters=world.dead_letters,
        checkpoints=world.checkpoints,
        consents=world.consents,
        businesses=world.businesses,
        registrations=world.registrations,
        leases=world.leases,
        secrets=world.secrets,
        clock=world.clock,
        days=settings.journal_days,
        keep=settings.history_per_record,
        also=(backfills,),
    )
    return Prune(
        forget=forget,
        checkpoints=world.checkpoints,
        leases=world.leases,
        telemetry=world.telemetry,
        clock=world.clock,
    )
