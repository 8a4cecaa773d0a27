"""The composition root: Settings in, a wired Connector out.

Nothing here runs at import and nothing connects until it is used: a missing setting shows on the
health page, and an unreachable service costs only the work that needs it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.adapters.callbacks import CallbacksApi
from shared.adapters.dataverse import Dataverse
from shared.adapters.dataverse_schema import SchemaAdmin
from shared.adapters.entra import DataverseToken, client_secret, managed_identity
from shared.adapters.freshbooks import FreshBooksApi
from shared.adapters.freshbooks_login import FreshBooksLogin
from shared.adapters.holds import TableDeadLetters, TableHolds
from shared.adapters.journal import TableJournal
from shared.adapters.leases import Leases, TableLeases
from shared.adapters.queues import StorageQueue
from shared.adapters.secrets import KeyVaultSecrets
from shared.adapters.state import TableCheckpoints, TableRegistrations
from shared.adapters.tables import Tables
from shared.adapters.tokens import TokenChain
from shared.adapters.transport import Authorize, Transport
from shared.core.events import Kind
from shared.errors import ConfigurationError
from shared.settings import DataverseSignIn, Settings
from shared.sync.clients import ClientSync
from shared.sync.connect import Connect
from shared.sync.entries import EntrySync
from shared.sync.follow_ups import FollowUps
from shared.sync.invoices import InvoiceSync
from shared.sync.poll import Poll
from shared.sync.ports import (
    Checkpoints,
    DeadLetters,
    Holds,
    Journal,
    Registrations,
    Secrets,
    SyncQueue,
)
from shared.sync.process import Process
from shared.sync.protocol import Sides
from shared.sync.receive import Receive
from shared.sync.release import Release
from shared.sync.review import Review
from shared.sync.verifiers import Verifiers

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

logger = logging.getLogger(__name__)

QUEUE = "sync-requests"
POISON_QUEUE = f"{QUEUE}-poison"
TIMEOUT = (5.0, 30.0)  # seconds to connect, and to wait for an answer


@dataclass(frozen=True)
class World:
    """Everything outside that the connector talks to."""

    freshbooks: Transport
    dataverse: Transport
    dataverse_token: Authorize
    secrets: Secrets
    leases: Leases
    queue: SyncQueue
    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    checkpoints: Checkpoints
    registrations: Registrations
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Connector:
    """Everything the triggers and the terminal call."""

    settings: Settings
    receive: Receive
    process: Process
    poll: Poll
    connect: Connect
    review: Review
    schema: SchemaAdmin
    journal: Journal
    dead_letters: DeadLetters
    registrations: Registrations


def real_world(settings: Settings) -> World:
    """Build the adapters for the real services; none of them connects yet."""

    def clock() -> datetime:
        return datetime.now(UTC)

    identity = managed_identity(settings.azure_client_id)
    storage = settings.storage_connection_string
    connection_string = storage.get_secret_value() if storage else None
    tables = Tables(
        connection_string=connection_string,
        account_url=settings.storage_table_url,
        credential=identity,
    )
    return World(
        freshbooks=Transport(
            service="FreshBooks", base_url=settings.freshbooks_api_url, timeout=TIMEOUT
        ),
        dataverse=Transport(service="Dataverse", base_url=settings.dataverse_url, timeout=TIMEOUT),
        dataverse_token=DataverseToken(
            _dataverse_credential(settings) or identity, settings.dataverse_url
        ),
        secrets=KeyVaultSecrets(settings.key_vault_url, identity),
        leases=TableLeases(tables, clock=clock),
        queue=StorageQueue(
            QUEUE,
            connection_string=connection_string,
            account_url=settings.storage_queue_url,
            credential=identity,
        ),
        journal=TableJournal(tables),
        holds=TableHolds(tables),
        dead_letters=TableDeadLetters(tables),
        checkpoints=TableCheckpoints(tables),
        registrations=TableRegistrations(tables),
        clock=clock,
    )


def build(settings: Settings, world: World) -> Connector:
    """Wire the use cases to the world."""
    clock, queue, holds = world.clock, world.queue, world.holds
    tokens = TokenChain(
        world.freshbooks,
        secrets=world.secrets,
        leases=world.leases,
        client_id=settings.freshbooks_client_id,
        client_secret=settings.freshbooks_client_secret.get_secret_value(),
        redirect_uri=settings.freshbooks_redirect_uri,
        clock=clock,
    )
    freshbooks = FreshBooksApi(world.freshbooks, tokens)
    crm = Dataverse(
        world.dataverse,
        world.dataverse_token,
        match_column=settings.match_field[1] if settings.match_field else None,
        price_lists=settings.price_lists,
        clock=clock,
    )
    verifiers = Verifiers(secrets=world.secrets, clock=clock)
    release = Release(holds=holds, queue=queue, clock=clock)
    follow_ups = FollowUps(
        queue=queue,
        checkpoints=world.checkpoints,
        clock=clock,
        delay=settings.balance_delay_seconds,
    )
    clients = ClientSync(
        freshbooks=freshbooks,
        crm=crm,
        holds=holds,
        release=release,
        clock=clock,
        unmatched=settings.unmatched_clients,
        match_field=settings.match_field,
    )
    sides = Sides(
        freshbooks=freshbooks,
        crm=crm,
        clients=clients,
        follow_ups=follow_ups,
        release=release,
        clock=clock,
        deleted=settings.deleted_records,
    )
    invoices = InvoiceSync(sides)
    entries = EntrySync(sides, invoices)
    connect = Connect(
        login=FreshBooksLogin(
            world.freshbooks,
            tokens,
            auth_url=settings.freshbooks_auth_url,
            client_id=settings.freshbooks_client_id,
            redirect_uri=settings.freshbooks_redirect_uri,
        ),
        callbacks=CallbacksApi(world.freshbooks, tokens),
        registrations=world.registrations,
        secrets=world.secrets,
        verifiers=verifiers,
        clock=clock,
        public_url=settings.public_url,
    )
    return Connector(
        settings=settings,
        receive=Receive(
            registrations=world.registrations,
            verifiers=verifiers,
            secrets=world.secrets,
            queue=queue,
            clock=clock,
        ),
        process=Process(
            handlers={
                Kind.CLIENT: clients,
                Kind.INVOICE: invoices,
                Kind.PAYMENT: entries,
                Kind.EXPENSE: entries,
            },
            queue=queue,
            journal=world.journal,
            holds=holds,
            dead_letters=world.dead_letters,
            release=release,
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
            registrations=world.registrations,
            release=release,
            connect=connect,
            clock=clock,
            overlap_days=settings.poll_overlap_days,
            max_backlog=settings.poll_max_backlog,
        ),
        connect=connect,
        review=Review(
            crm=crm,
            clients=clients,
            holds=holds,
            dead_letters=world.dead_letters,
            queue=queue,
            release=release,
            clock=clock,
        ),
        schema=SchemaAdmin(world.dataverse, world.dataverse_token),
        journal=world.journal,
        dead_letters=world.dead_letters,
        registrations=world.registrations,
    )


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


def _dataverse_credential(settings: Settings) -> "TokenCredential | None":
    secret = settings.dataverse_client_secret
    if settings.dataverse_sign_in is not DataverseSignIn.CLIENT_SECRET or secret is None:
        return None
    return client_secret(
        settings.dataverse_tenant_id or "",
        settings.dataverse_client_id or "",
        secret.get_secret_value(),
        settings.entra_authority,
    )
