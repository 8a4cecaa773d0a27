"""A rehearsal: the use cases at work where nothing can be written, and what they would have done.

Never writes to Dataverse, a queue or a table.
"""

from shared.sync.rehearsal.aside import Aside
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.headers import headers_of
from shared.sync.rehearsal.overlay import OverlaidCrm
from shared.sync.rehearsal.reader import ReadOnce
from shared.sync.rehearsal.rehearse import Rehearsal
from shared.sync.rehearsal.script import Script
from shared.sync.rehearsal.targets import changed_since, client_and_records, find_record

__all__ = [
    "Aside",
    "Directory",
    "OverlaidCrm",
    "ReadOnce",
    "Rehearsal",
    "Script",
    "changed_since",
    "client_and_records",
    "find_record",
    "headers_of",
]
