"""The world outside: every adapter the connector talks through, built from the settings.

Nothing connects until it is used: an unreachable service costs only the work that needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.circuits import TableCircuits
from shared.adapters.azure.claims import TableClaims
from shared.adapters.azure.connections import TableBusinesses, TableConsents, TableRegistrations
from shared.adapters.azure.credentials import azure_identity, client_secret
from shared.adapters.azure.entra import DataverseToken, ask
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.inventory import TableInventory
from shared.adapters.azure.journal import TableJournal
from shared.adapters.azure.key_vault import KeyVaultSecrets, vault_scope
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.letters import TableDeadLetters
from shared.adapters.azure.names import (
    BACKFILL_POISON_QUEUE,
    BACKFILL_QUEUE,
    POISON_QUEUE,
    QUEUE,
)
from shared.adapters.azure.queues import StoragePoisonQueue, StorageQueue
from shared.adapters.azure.runs import TableRuns
from shared.adapters.azure.shares import TableShares
from shared.adapters.azure.tables import Tables
from shared.adapters.dataverse.faults import THROTTLE_CODES
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.limiter import Limiter
from shared.adapters.http.membership import Membership
from shared.adapters.http.transport import Transport
from shared.adapters.telemetry.choose import telemetry
from shared.adapters.telemetry.logs import Logs
from shared.azure_access import AzureAccess
from shared.core.rates import Budget
from shared.settings import DataverseSignIn, Settings, TelemetryMode
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Circuits,
    Claims,
    Consents,
    DeadLetters,
    Holds,
    Journal,
    Leases,
    PoisonQueue,
    Registrations,
    Secrets,
    SyncQueue,
    Telemetry,
)
from shared.sync.ports.doctor import StoredRows
from shared.sync.ports.runs import BackfillQueue, Runs

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_Queue = TypeVar("_Queue", bound=StorageQueue)

TERMINALS_PART = 4  # what a terminal sends at most: a quarter
TIMEOUT = (5.0, 30.0)  # seconds to connect, and to wait for an answer


@dataclass(frozen=True)
class World:
    """Everything outside that the connector talks to."""

    freshbooks: Transport
    dataverse: Transport
    dataverse_token: Authorize
    secrets: Secrets
    leases: Leases
    circuits: Circuits
    claims: Claims
    queue: SyncQueue
    poison_queue: PoisonQueue
    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    checkpoints: Checkpoints
    businesses: Businesses
    registrations: Registrations
    consents: Consents
    rows: StoredRows
    runs: Runs
    backfill_queue: BackfillQueue
    backfill_poison_queue: PoisonQueue
    clock: Callable[[], datetime]
    dataverse_who: Callable[[], str] = lambda: ""
    azure_sign_in: Callable[[], str] = lambda: ""
    telemetry: Telemetry = field(default_factory=Logs)


def identity_of(access: AzureAccess) -> "TokenCredential":
    """Return who signs in to Azure, and to Dataverse unless that has an app registration."""
    return azure_identity(
        access.azure_sign_in,
        on_azure=access.identity_endpoint is not None,
        client_id=access.azure_client_id,
        tenant=access.azure_tenant_id,
    )


def real_world(settings: Settings, identity: "TokenCredential | None" = None) -> World:
    """Build the adapters for the real services; none of them connects yet.

    Args:
        settings: all of them.
        identity: who signs in to Azure, where that is known already.
    """

    def clock() -> datetime:
        return datetime.now(UTC)

    identity = identity or identity_of(settings)
    insights = settings.applicationinsights_connection_string
    if settings.telemetry is TelemetryMode.LOGS:
        insights = None
    told = telemetry(insights.get_secret_value() if insights else None, identity)
    storage = settings.storage_connection_string
    connection_string = storage.get_secret_value() if storage else None
    tables = Tables(
        connection_string=connection_string,
        account_url=settings.storage_table_url,
        credential=identity,
        telemetry=told,
    )

    def storage_queue(name: str, build: type[_Queue]) -> _Queue:
        return build(
            name,
            connection_string=connection_string,
            account_url=settings.storage_queue_url,
            credential=identity,
            telemetry=told,
        )

    dataverse_token = DataverseToken(
        _dataverse_credential(settings) or identity, settings.dataverse_url
    )
    return World(
        freshbooks=Transport(
            service="FreshBooks",
            base_url=settings.freshbooks_api_url,
            timeout=TIMEOUT,
            telemetry=told,
            limiter=_limiter(
                "FreshBooks",
                settings.freshbooks_requests_per_second,
                settings.freshbooks_requests_at_once,
                tables if settings.in_azure else None,
            ),
        ),
        dataverse=Transport(
            service="Dataverse",
            base_url=settings.dataverse_url,
            timeout=TIMEOUT,
            telemetry=told,
            throttle_codes=THROTTLE_CODES,
            limiter=_limiter(
                "Dataverse",
                settings.dataverse_requests_per_second,
                settings.dataverse_requests_at_once,
                tables if settings.in_azure else None,
            ),
        ),
        dataverse_token=dataverse_token,
        dataverse_who=dataverse_token.who,
        azure_sign_in=lambda: ask(identity, vault_scope(settings.key_vault_url), service="Azure"),
        secrets=KeyVaultSecrets(settings.key_vault_url, identity, telemetry=told),
        leases=TableLeases(tables, clock=clock),
        circuits=TableCircuits(tables),
        queue=storage_queue(QUEUE, StorageQueue),
        poison_queue=storage_queue(POISON_QUEUE, StoragePoisonQueue),
        claims=TableClaims(tables),
        journal=TableJournal(tables),
        holds=TableHolds(tables),
        dead_letters=TableDeadLetters(tables),
        checkpoints=TableCheckpoints(tables),
        businesses=TableBusinesses(tables),
        registrations=TableRegistrations(tables),
        consents=TableConsents(tables),
        rows=TableInventory(tables),
        runs=TableRuns(tables),
        backfill_queue=storage_queue(BACKFILL_QUEUE, StorageQueue),
        backfill_poison_queue=storage_queue(BACKFILL_POISON_QUEUE, StoragePoisonQueue),
        clock=clock,
        telemetry=told,
    )


def _limiter(
    service: str, per_second: float, at_once: int, tables: Tables | None
) -> Limiter | None:
    """Return what gives a service's requests their turns, None where there is no limit.

    A terminal beside the app takes a part of its own and asks storage nothing: it may have no
    access there, and signs in to Dataverse as somebody else, who has limits of their own.
    """
    if per_second <= 0:
        return None
    if tables is None:
        part = Budget(per_second / TERMINALS_PART, max(1, at_once // TERMINALS_PART))
        return Limiter(service, Membership(part, None))
    shares = TableShares(tables, service)
    return Limiter(service, Membership(Budget(per_second, at_once), shares))


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
