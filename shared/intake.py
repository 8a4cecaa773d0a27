"""What takes webhooks in, and the part of the world it needs: what is there at the first answer.

Never imports what carries records: whoever waits for an answer would wait for that too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from shared.adapters.azure.credentials import azure_identity
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.names import QUEUE
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.registrations import TableRegistrations
from shared.adapters.azure.tables import Tables
from shared.adapters.telemetry.choose import telemetry
from shared.settings import Settings, TelemetryMode
from shared.sync.outbox import Outbox
from shared.sync.receive import Receive
from shared.sync.verifiers import Verifiers

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.azure_access import AzureAccess
    from shared.sync.ports import Registrations, Secrets, SyncQueue, Telemetry

_SDKS: Final = (
    "azure.data.tables",
    "azure.identity",
    "azure.keyvault.secrets",
    "azure.storage.queue",
    "shared.adapters.http.steady",
)

_Queue = TypeVar("_Queue", bound=StorageQueue)


class Needed(Protocol):
    """What of the world a webhook needs: a part of it, or all."""

    @property
    def registrations(self) -> "Registrations":
        """Our callbacks at FreshBooks."""

    @property
    def secrets(self) -> "Secrets":
        """The vault."""

    @property
    def queue(self) -> "SyncQueue":
        """The queue `sync-requests`."""

    @property
    def telemetry(self) -> "Telemetry":
        """Where is told what is done."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, aware, UTC."""


@dataclass(frozen=True)
class IntakeWorld:
    """The adapters a webhook needs, which the rest of the world shares.

    Attributes:
        identity: who signs in to Azure.
        tables: the account's tables.
    """

    identity: "TokenCredential"
    tables: Tables
    registrations: "Registrations"
    secrets: "Secrets"
    queue: "SyncQueue"
    telemetry: "Telemetry"
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Intake:
    """What takes webhooks in.

    Attributes:
        queue: where their messages go.
        verifiers: that their signatures are held against.
    """

    queue: Outbox
    verifiers: Verifiers
    receive: Receive


def wire_intake(settings: Settings, world: Needed) -> Intake:
    """Wire what takes webhooks in."""
    queue = Outbox(queue=world.queue, telemetry=world.telemetry, clock=world.clock)
    verifiers = Verifiers(secrets=world.secrets, clock=world.clock)
    receive = Receive(
        registrations=world.registrations,
        verifiers=verifiers,
        secrets=world.secrets,
        queue=queue,
        telemetry=world.telemetry,
        clock=world.clock,
        secret=settings.freshbooks_client_secret.get_secret_value(),
    )
    return Intake(queue, verifiers, receive)


def intake_world(settings: Settings, identity: "TokenCredential | None" = None) -> IntakeWorld:
    """Build the adapters that webhooks need for the real services; none of them connects yet.

    Args:
        settings: all of them.
        identity: who signs in to Azure, where that is known already.
    """
    identity = identity or identity_of(settings)
    insights = settings.applicationinsights_connection_string
    if settings.telemetry is TelemetryMode.LOGS:
        insights = None
    told = telemetry(insights.get_secret_value() if insights else None, identity)
    storage = settings.storage_connection_string
    tables = Tables(
        connection_string=storage.get_secret_value() if storage else None,
        account_url=settings.storage_table_url,
        credential=identity,
        telemetry=told,
    )
    return IntakeWorld(
        identity=identity,
        tables=tables,
        registrations=TableRegistrations(tables),
        secrets=KeyVaultSecrets(settings.key_vault_url, identity, telemetry=told),
        queue=storage_queue(StorageQueue, QUEUE, settings, identity, told),
        telemetry=told,
        clock=_now,
    )


def import_sdks() -> None:
    """Import the SDKs that answering a webhook calls, which else happens at their first use."""
    for name in _SDKS:
        import_module(name)


def identity_of(access: "AzureAccess") -> "TokenCredential":
    """Return who signs in to Azure, and to Dataverse unless that has an app registration."""
    return azure_identity(
        access.azure_sign_in,
        on_azure=access.identity_endpoint is not None,
        client_id=access.azure_client_id,
        tenant=access.azure_tenant_id,
    )


def storage_queue(
    build: type[_Queue],
    name: str,
    settings: Settings,
    identity: "TokenCredential",
    told: "Telemetry",
) -> _Queue:
    """Return a queue of the storage account that the settings name."""
    storage = settings.storage_connection_string
    return build(
        name,
        connection_string=storage.get_secret_value() if storage else None,
        account_url=settings.storage_queue_url,
        credential=identity,
        telemetry=told,
    )


def _now() -> datetime:
    return datetime.now(UTC)
