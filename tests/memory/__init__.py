"""The small ports in memory: queue, journal, holds, dead letters, checkpoints, secrets, time.

Never looser than the adapters they stand for: `tests/functional/ports` asks the same of both.
"""

from tests.memory.breakable import Breakable
from tests.memory.circuits import MemoryCircuits
from tests.memory.connections import MemoryBusinesses, MemoryConsents, MemoryRegistrations
from tests.memory.leases import MemoryLeases
from tests.memory.rows import MemoryRows
from tests.memory.state import (
    FakeClock,
    MemoryCheckpoints,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryQueue,
    MemorySecrets,
)

__all__ = [
    "Breakable",
    "FakeClock",
    "MemoryBusinesses",
    "MemoryCheckpoints",
    "MemoryCircuits",
    "MemoryConsents",
    "MemoryDeadLetters",
    "MemoryHolds",
    "MemoryJournal",
    "MemoryLeases",
    "MemoryQueue",
    "MemoryRegistrations",
    "MemoryRows",
    "MemorySecrets",
]
