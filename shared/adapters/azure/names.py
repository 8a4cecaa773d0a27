"""The names of the queues and tables there are, each in this one place.

Never the name of a record, a row or a secret: `core/identity.py` has those. What is deployed makes
every queue and table that is named here (infra/names.bicep), and a test compares both.
"""

from enum import StrEnum
from typing import Final

QUEUE: Final = "sync-requests"
POISON_QUEUE: Final = f"{QUEUE}-poison"  # the Functions host's own rule
BACKFILL_QUEUE: Final = "backfill"
BACKFILL_POISON_QUEUE: Final = f"{BACKFILL_QUEUE}-poison"
QUEUES: Final = (QUEUE, POISON_QUEUE, BACKFILL_QUEUE, BACKFILL_POISON_QUEUE)


class TableName(StrEnum):
    """A table of the connector's memory."""

    ACCOUNTS = "accounts"
    CHECKPOINTS = "checkpoints"
    CIRCUITS = "circuits"
    CLAIMS = "claims"
    CONSENTS = "consents"
    DEAD_LETTERS = "deadletters"
    HOLDS = "holds"
    JOURNAL = "journal"
    LEASES = "leases"
    REGISTRATIONS = "registrations"
    RUNS = "runs"
    SHARES = "shares"
