"""One record, carried over at once, with word of what was read, decided and written.

Never says what would be done: a rehearsal does.
"""

from shared.sync.at_once.carry import AtOnce
from shared.sync.at_once.done import Done
from shared.sync.at_once.watched import WatchedCrm, WatchedQueue

__all__ = ["AtOnce", "Done", "WatchedCrm", "WatchedQueue"]
