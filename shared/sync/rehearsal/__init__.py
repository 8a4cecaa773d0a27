"""A rehearsal: the use cases at work where nothing can be written, and what they would have done.

Never writes to Dataverse, a queue or a table.
"""

from shared.sync.rehearsal.aside import Aside
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.headers import headers_of
from shared.sync.rehearsal.named import named
from shared.sync.rehearsal.once import Newest
from shared.sync.rehearsal.overlay import OverlaidCrm
from shared.sync.rehearsal.reader import WatchedFreshBooks
from shared.sync.rehearsal.rehearse import Rehearsal
from shared.sync.rehearsal.script import Script
from shared.sync.rehearsal.targets import changed_since, client_and_records

__all__ = [
    "Aside",
    "Directory",
    "Newest",
    "OverlaidCrm",
    "Rehearsal",
    "Script",
    "WatchedFreshBooks",
    "changed_since",
    "client_and_records",
    "headers_of",
    "named",
]
