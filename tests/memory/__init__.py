"""The small ports in memory: queue, journal, holds, dead letters, checkpoints, secrets, time.

Never looser than the adapters they stand for: `tests/functional/ports` asks the same of both.
"""

from tests.memory.breakable import Breakable
from tests.memory.circuits import MemoryCircuits
from tests.memory.claims import MemoryClaims
from tests.memory.connections import MemoryBusinesses, MemoryConsents, MemoryRegistrations
from tests.memory.leases import MemoryLeases
from tests.memory.rows import MemoryRows
from tests.memory.runs import MemoryRuns
from tests.memory.shares import MemoryShares
from tests.memory.state import (
    FakeClock,
    MemoryCheckpoints,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryPoisonQueue,
    MemoryQueue,
    MemorySecrets,
)

__all__ = [
    "Breakable",
    "FakeClock",
    "MemoryBusinesses",
    "MemoryCheckpoints",
    "MemoryCircuits",
    "MemoryClaims",
    "MemoryConsents",
    "MemoryDeadLetters",
    "MemoryHolds",
    "MemoryJournal",
    "MemoryLeases",
    "MemoryPoisonQueue",
    "MemoryQueue",
    "MemoryRegistrations",
    "MemoryRows",
    "MemoryRuns",
    "MemorySecrets",
    "MemoryShares",
]
