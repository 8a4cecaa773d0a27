"""The composition root: Settings in, a wired Connector out.

Nothing here runs at import and nothing connects until it is used: a missing setting shows on the
health page, and an unreachable service costs only the work that needs it.
"""

import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.adapters.azure.leases import alone
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.dataverse.environment import DataverseEnvironment
from shared.adapters.dataverse.schema import SchemaAdmin
from shared.adapters.freshbooks.accounting import FreshBooksApi
from shared.adapters.freshbooks.business_tokens import BusinessTokens
from shared.adapters.freshbooks.callbacks import CallbacksApi
from shared.adapters.freshbooks.login import FreshBooksLogin
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.console.access import Access
from shared.console.connect import ConnectPages
from shared.core.connections import ConnectionState, TokenState
from shared.core.identity import Kind
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.sync.clients import ClientSync
from shared.sync.connect import Connect
from shared.sync.connections import Connections
from shared.sync.entries import EntrySync
from shared.sync.finish import Finish
from shared.sync.follow_ups import FollowUps
from shared.sync.invoices import InvoiceSync
from shared.sync.match import Match
from shared.sync.poll import Poll
from shared.sync.ports import Businesses, DeadLetters, Journal
from shared.sync.process import Process
from shared.sync.protocol import Sides
from shared.sync.receive import Receive
from shared.sync.release import Release
from shared.sync.review import Review
from shared.sync.upkeep import Upkeep
from shared.sync.verifiers import Verifiers
from shared.sync.webhooks import Webhooks
from shared.world import World, real_world

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connector:
    """Everything the triggers and the terminal call."""

    settings: Settings
    world: World
    freshbooks: FreshBooksApi
    crm: Dataverse
    receive: Receive
    process: Process
    poll: Poll
    upkeep: Upkeep
    connections: Connections
    connect: Connect
    pages: ConnectPages
    access: Access
    webhooks: Webhooks
    review: Review
    schema: SchemaAdmin
    environment: DataverseEnvironment
    journal: Journal
    dead_letters: DeadLetters
    businesses: Businesses
    tokens: BusinessTokens


def build(settings: Settings, world: World) -> Connector:
    """Wire the use cases to the world."""
    clock, queue, holds = world.clock, world.queue, world.holds
    secret = settings.freshbooks_client_secret.get_secret_value()

    def token_chain(connection: str) -> TokenChain:
        return TokenChain(
            connection,
            world.freshbooks,
            secrets=world.secrets,
            leases=world.leases,
            client_id=settings.freshbooks_client_id,
            client_secret=secret,
            redirect_uri=settings.freshbooks_redirect_uri,
            clock=clock,
        )

    tokens = BusinessTokens(world.businesses, token_chain, clock=clock)
    freshbooks = FreshBooksApi(world.freshbooks, tokens)
    dataverse = DataverseApi(
        world.dataverse, world.dataverse_token, application=world.dataverse_application
    )
    crm = Dataverse(
        dataverse,
        match_column=settings.match_field[1] if settings.match_field else None,
        price_lists=settings.price_lists,
        clock=clock,
    )
    verifiers = Verifiers(secrets=world.secrets, clock=clock)
    release = Release(holds=holds, queue=queue, clock=clock)
    sides = Sides(
        freshbooks=freshbooks,
        crm=crm,
        follow_ups=FollowUps(
            queue=queue,
            crm=crm,
            checkpoints=world.checkpoints,
            clock=clock,
            delay=settings.balance_delay_seconds,
        ),
        release=release,
        clock=clock,
        deleted=settings.deleted_records,
    )
    match = Match(
        crm=crm,
        holds=holds,
        clock=clock,
        unmatched=settings.unmatched_clients,
        match_field=settings.match_field,
    )
    clients = ClientSync(sides, match, holds)
    invoices = InvoiceSync(sides, clients)
    entries = EntrySync(sides, clients, invoices)
    finish = Finish(
        queue=queue,
        journal=world.journal,
        holds=holds,
        dead_letters=world.dead_letters,
        release=release,
        clock=clock,
        draw=random.random,
    )
    webhooks = Webhooks(
        callbacks=CallbacksApi(world.freshbooks, tokens),
        registrations=world.registrations,
        secrets=world.secrets,
        verifiers=verifiers,
        alone=alone(world.leases),
        clock=clock,
        public_url=settings.public_url,
        secret=secret,
    )
    connect = Connect(
        login=FreshBooksLogin(
            world.freshbooks,
            tokens.chain,
            auth_url=settings.freshbooks_auth_url,
            client_id=settings.freshbooks_client_id,
            redirect_uri=settings.freshbooks_redirect_uri,
        ),
        consents=world.consents,
        businesses=world.businesses,
        webhooks=webhooks,
        clock=clock,
        new_id=lambda: secrets.token_hex(8),
        secret=secret,
    )
    access = Access(
        secret=secret,
        operator_role=settings.operator_role,
        easy_auth=settings.easy_auth,
        clock=clock,
    )
    connections = Connections(
        businesses=world.businesses, tokens=_LoginTokens(tokens.chain), webhooks=webhooks
    )
    return Connector(
        settings=settings,
        world=world,
        freshbooks=freshbooks,
        crm=crm,
        receive=Receive(
            registrations=world.registrations,
            verifiers=verifiers,
            secrets=world.secrets,
            queue=queue,
            clock=clock,
            secret=secret,
        ),
        process=Process(
            handlers={
                Kind.CLIENT: clients,
                Kind.INVOICE: invoices,
                Kind.PAYMENT: entries,
                Kind.EXPENSE: entries,
            },
            finish=finish,
            clock=clock,
            max_attempts=settings.max_attempts,
        ),
        poll=Poll(
            freshbooks=freshbooks,
            crm=crm,
            queue=queue,
            journal=world.journal,
            holds=holds,
            checkpoints=world.checkpoints,
            businesses=world.businesses,
            release=release,
            clock=clock,
            overlap_days=settings.poll_overlap_days,
            max_backlog=settings.poll_max_backlog,
        ),
        upkeep=Upkeep(
            connections=connections,
            checkpoints=world.checkpoints,
            webhooks=webhooks,
            clock=clock,
        ),
        connections=connections,
        connect=connect,
        pages=ConnectPages(
            connect=connect,
            access=access,
            connections=connections,
            connect_url=settings.connect_url,
        ),
        access=access,
        webhooks=webhooks,
        review=Review(
            freshbooks=freshbooks,
            crm=crm,
            clients=clients,
            holds=holds,
            dead_letters=world.dead_letters,
            queue=queue,
            release=release,
            clock=clock,
        ),
        schema=SchemaAdmin(dataverse),
        environment=DataverseEnvironment(dataverse),
        journal=world.journal,
        dead_letters=world.dead_letters,
        businesses=world.businesses,
        tokens=tokens,
    )


@dataclass(frozen=True)
class _LoginTokens:
    """The port `Tokens` over the token chain of each login."""

    chain: Callable[[str], TokenChain]

    def keep_warm(self, connection: str) -> None:
        self.chain(connection).keep_warm()

    def get_state(self, connection: str) -> TokenState:
        found = self.chain(connection).get_state()
        return TokenState(ConnectionState(found.state), found.expires_at, found.scope)


_RECHECK = 10.0  # seconds after which wrong settings are looked at again

_lock = threading.Lock()
_connector: Connector | None = None
_problem: tuple[float, ConfigurationError] | None = None


def connector() -> Connector:
    """Return the connector of this process, built once, on first use.

    Raises:
        ConfigurationError: names every setting that is missing or wrong.
    """
    global _connector, _problem  # noqa: PLW0603  # one connector per process is the point
    if _connector is not None:
        return _connector
    with _lock:
        if _connector is not None:
            return _connector
        now = time.monotonic()
        if _problem is not None and now - _problem[0] < _RECHECK:
            raise _problem[1]
        try:
            settings = Settings.load()
        except ConfigurationError as error:
            _problem = (now, error)
            raise
        _connector = build(settings, real_world(settings))
    return _connector


def problem() -> str:
    """Return what is wrong with the settings, "" when nothing is."""
    try:
        connector()
    except ConfigurationError as error:
        return str(error)
    return ""
