"""What the use cases need from the world, as protocols.

Adapters implement them; tests implement the small ones in memory.
"""

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
)
from shared.sync.ports.state import (
    Candidate,
    Checkpoints,
    Clock,
    DeadLetter,
    DeadLetters,
    Hold,
    Holds,
    Journal,
    JournalEntry,
    Registration,
    Registrations,
    Secrets,
    SyncQueue,
)

__all__ = [
    "AccountRow",
    "AccountView",
    "Business",
    "Callback",
    "Callbacks",
    "Candidate",
    "Checkpoints",
    "Clock",
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
    "Login",
    "Registration",
    "Registrations",
    "Secrets",
    "SyncQueue",
]
