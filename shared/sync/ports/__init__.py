"""What the use cases need from the world, as protocols.

Adapters implement them; tests implement the small ones in memory.
"""

from shared.sync.ports.circuits import Circuits
from shared.sync.ports.claims import Claims
from shared.sync.ports.connections import (
    Businesses,
    Consents,
    Registrations,
    Tokens,
)
from shared.sync.ports.crm import (
    Crm,
)
from shared.sync.ports.freshbooks import (
    Callbacks,
    FreshBooks,
    Login,
    MayRead,
)
from shared.sync.ports.leases import Lease, Leases
from shared.sync.ports.shares import Shares
from shared.sync.ports.state import (
    Alone,
    Checkpoints,
    Clock,
    DeadLetters,
    Holds,
    Journal,
    Parked,
    PoisonQueue,
    Secrets,
    SyncQueue,
)
from shared.sync.ports.telemetry import Telemetry
from shared.sync.ports.traffic import (
    Traffic,
    count_request,
    counting,
    current_traffic,
    history,
    is_history,
    traffic,
)

__all__ = [
    "Alone",
    "Businesses",
    "Callbacks",
    "Checkpoints",
    "Circuits",
    "Claims",
    "Clock",
    "Consents",
    "Crm",
    "DeadLetters",
    "FreshBooks",
    "Holds",
    "Journal",
    "Lease",
    "Leases",
    "Login",
    "MayRead",
    "Parked",
    "PoisonQueue",
    "Registrations",
    "Secrets",
    "Shares",
    "SyncQueue",
    "Telemetry",
    "Tokens",
    "Traffic",
    "count_request",
    "counting",
    "current_traffic",
    "history",
    "is_history",
    "traffic",
]
