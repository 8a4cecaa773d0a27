"""What the use cases need from the world, as protocols.

Adapters implement them; tests implement the small ones in memory.
"""

from shared.sync.ports.connections import (
    Accounts,
    Consent,
    Consents,
    Registration,
    Registrations,
    SyncedAccount,
    by_connection,
)
from shared.sync.ports.crm import (
    AccountRow,
    AccountView,
    Crm,
    Currency,
    EntryView,
    InvoiceView,
)
from shared.sync.ports.freshbooks import (
    Business,
    Callback,
    Callbacks,
    FreshBooks,
    Login,
    Person,
)
from shared.sync.ports.leases import Lease, Leases
from shared.sync.ports.state import (
    Alone,
    Candidate,
    Checkpoints,
    Clock,
    DeadLetter,
    DeadLetters,
    Hold,
    Holds,
    Journal,
    JournalEntry,
    Secrets,
    SyncQueue,
)

__all__ = [
    "AccountRow",
    "AccountView",
    "Accounts",
    "Alone",
    "Business",
    "Callback",
    "Callbacks",
    "Candidate",
    "Checkpoints",
    "Clock",
    "Consent",
    "Consents",
    "Crm",
    "Currency",
    "DeadLetter",
    "DeadLetters",
    "EntryView",
    "FreshBooks",
    "Hold",
    "Holds",
    "InvoiceView",
    "Journal",
    "JournalEntry",
    "Lease",
    "Leases",
    "Login",
    "Person",
    "Registration",
    "Registrations",
    "Secrets",
    "SyncQueue",
    "SyncedAccount",
    "by_connection",
]
