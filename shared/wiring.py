"""Parts of the composition root: the tokens, the login, and what carries a record of each kind.

Never connects: what is wired here is used later.
"""

import random
import secrets

from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.freshbooks.business_tokens import BusinessTokens
from shared.adapters.freshbooks.login import FreshBooksLogin
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.core.identity import Kind
from shared.settings import Settings
from shared.sync.clients import ClientSync
from shared.sync.connect import Connect
from shared.sync.entries import EntrySync
from shared.sync.finish import Finish
from shared.sync.follow_ups import FollowUps
from shared.sync.heartbeats import Heartbeats
from shared.sync.invoices import InvoiceSync
from shared.sync.logins import Logins
from shared.sync.match import Match
from shared.sync.outbox import Outbox
from shared.sync.process import Process
from shared.sync.protocol import Sides
from shared.sync.release import Release
from shared.sync.rounds import Rounds
from shared.sync.sightings import Sightings
from shared.world import World


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
    rounds: Rounds,
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


def wire_process(
    settings: Settings,
    world: World,
    freshbooks: FreshBooksApi,
    crm: Dataverse,
    *,
    release: Release,
    queue: Outbox,
    heartbeats: Heartbeats,
) -> tuple[ClientSync, Process]:
    """Wire what carries a record of each kind; clients are carried for operators too."""
    follow_ups = FollowUps(
        queue=queue,
        crm=crm,
        checkpoints=world.checkpoints,
        clock=world.clock,
        delay=settings.balance_delay_seconds,
    )
    sides = Sides(
        freshbooks=freshbooks,
        crm=crm,
        follow_ups=follow_ups,
        release=release,
        clock=world.clock,
        deleted=settings.deleted_records,
    )
    match = Match(
        crm=crm,
        holds=world.holds,
        clock=world.clock,
        unmatched=settings.unmatched_clients,
        match_field=settings.match_field,
    )
    clients = ClientSync(sides, match, world.holds)
    invoices = InvoiceSync(sides, clients)
    entries = EntrySync(sides, clients, invoices)
    finish = Finish(
        queue=queue,
        journal=world.journal,
        holds=world.holds,
        dead_letters=world.dead_letters,
        release=release,
        telemetry=world.telemetry,
        clock=world.clock,
        draw=random.random,
    )
    process = Process(
        handlers={
            Kind.CLIENT: clients,
            Kind.INVOICE: invoices,
            Kind.PAYMENT: entries,
            Kind.EXPENSE: entries,
        },
        finish=finish,
        telemetry=world.telemetry,
        heartbeats=heartbeats,
        clock=world.clock,
        max_attempts=settings.max_attempts,
    )
    return clients, process
