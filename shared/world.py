"""The world outside: every adapter the connector talks through, built from the settings.

Nothing connects until it is used: an unreachable service costs only the work that needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.circuits import TableCircuits
from shared.adapters.azure.claims import TableClaims
from shared.adapters.azure.connections import TableBusinesses, TableConsents
from shared.adapters.azure.credentials import client_secret
from shared.adapters.azure.entra import DataverseToken, ask
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.inventory import TableInventory
from shared.adapters.azure.journal import TableJournal
from shared.adapters.azure.key_vault import vault_scope
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.letters import TableDeadLetters
from shared.adapters.azure.names import (
    BACKFILL_POISON_QUEUE,
    BACKFILL_QUEUE,
    POISON_QUEUE,
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
from shared.adapters.telemetry.logs import Logs
from shared.core.rates import Budget
from shared.intake import IntakeWorld, intake_world, storage_queue
from shared.settings import DataverseSignIn, Settings
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


def real_world(
    settings: Settings, near: IntakeWorld | None = None, *, instance: bool = False
) -> World:
    """Build the adapters for the real services; none of them connects yet.

    Args:
        settings: all of them.
        near: those that webhooks need, where they are there already.
        instance: whether this is an instance of the function app, and no terminal beside it.
    """
    near = near or intake_world(settings)
    identity, tables, told, clock = near.identity, near.tables, near.telemetry, near.clock
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
                Budget(
                    settings.freshbooks_requests_per_second, settings.freshbooks_requests_at_once
                ),
                tables if instance else None,
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
                _dataverse_budget(settings),
                tables if instance else None,
                per_advised=settings.dataverse_requests_per_hint,
            ),
        ),
        dataverse_token=dataverse_token,
        dataverse_who=dataverse_token.who,
        azure_sign_in=lambda: ask(identity, vault_scope(settings.key_vault_url), service="Azure"),
        secrets=near.secrets,
        leases=TableLeases(tables, clock=clock),
        circuits=TableCircuits(tables),
        queue=near.queue,
        poison_queue=storage_queue(StoragePoisonQueue, POISON_QUEUE, settings, identity, told),
        claims=TableClaims(tables),
        journal=TableJournal(tables),
        holds=TableHolds(tables),
        dead_letters=TableDeadLetters(tables),
        checkpoints=TableCheckpoints(tables),
        businesses=TableBusinesses(tables),
        registrations=near.registrations,
        consents=TableConsents(tables),
        rows=TableInventory(tables),
        runs=TableRuns(tables),
        backfill_queue=storage_queue(StorageQueue, BACKFILL_QUEUE, settings, identity, told),
        backfill_poison_queue=storage_queue(
            StoragePoisonQueue, BACKFILL_POISON_QUEUE, settings, identity, told
        ),
        clock=clock,
        telemetry=told,
    )


def _dataverse_budget(settings: Settings) -> Budget:
    servers = settings.dataverse_web_servers
    return Budget(
        settings.dataverse_requests_per_second * servers,
        settings.dataverse_requests_at_once * servers,
        settings.dataverse_seconds_per_second * servers,
    )


def _limiter(
    service: str, budget: Budget, tables: Tables | None, *, per_advised: float = 0.0
) -> Limiter | None:
    """Return what gives a service's requests their turns, None where there is no limit.

    A terminal beside the app takes a part of its own and asks storage nothing: it may have no
    access there, and signs in to Dataverse as somebody else, who has limits of their own.
    """
    if budget.per_second <= 0:
        return None
    if tables is None:
        part = Budget(
            budget.per_second / TERMINALS_PART,
            max(1, budget.at_once // TERMINALS_PART),
            budget.seconds / TERMINALS_PART,
        )
        return Limiter(service, Membership(part, None), per_advised=per_advised / TERMINALS_PART)
    shares = TableShares(tables, service)
    return Limiter(service, Membership(budget, shares), per_advised=per_advised)


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
