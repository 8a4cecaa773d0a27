"""What every kind of record in the books has in common: ids, changes, visibility, events.

Never knows the fields of one kind.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from sandbox.freshbooks import eastern, rendering
from sandbox.freshbooks.businesses import Business, Identity
from sandbox.freshbooks.errors import invalid
from sandbox.freshbooks.ledger import ACTIVE, ARCHIVED, DELETED, ID_FIELDS, Ledger
from sandbox.freshbooks.tables import Fields, Row

_FIRST_IDS = {
    "client": 92_001,
    "invoice": 217_001,
    "payment": 235_001,
    "credit_note": 51_001,
    "expense": 70_001,
    "category": 3_696_001,
}
_VERSIONED = {"invoice", "expense"}
_TIMELESS = {"credit_note"}  # nothing in one tells that it has changed

Notify = Callable[[Business, str, int, Identity], None]


class Changes(Ledger):
    """Books whose rows can be changed; webhooks hear of every change."""

    def __init__(self, *, notify: Notify, **parts: Any) -> None:
        super().__init__(**parts)
        self._ids = {kind: itertools.count(first) for kind, first in _FIRST_IDS.items()}
        self._notify = notify
        self._actor: ContextVar[Identity | None] = ContextVar("actor", default=None)

    @contextlib.contextmanager
    def acting(self, identity: Identity) -> Iterator[None]:
        """Let changes in this context be `identity`'s; webhooks name who did it."""
        token = self._actor.set(identity)
        try:
            yield
        finally:
            self._actor.reset(token)

    def record(self, kind: str, record: int) -> Fields:
        """Return a record as it is now, deleted or not, lines and balances included."""
        return self.shown(kind, self.row(kind, record))

    def records(self, kind: str, account: str | None = None) -> list[Fields]:
        """Return all records of a kind, deleted ones too, lines and balances included."""
        with self.lock:
            rows = self.tables[kind].rows(self.business(account).account_id)
        return [self.shown(kind, row) for row in rows]

    def shown(self, kind: str, row: Row) -> Fields:
        """Return the row's own fields, an invoice's lines and a client's balances among them."""
        return rendering.render(self, kind, row.account, row.now, rendering.OWN[kind])

    def serve_stale(self, kind: str, record: int, times: int = 1) -> None:
        """Answer the next `times` GETs of this record with its previous version.

        The previous version of a record that has never changed is that there is none (404).
        """
        with self.lock:
            self.row(kind, record).stale = times

    def set_visibility(self, kind: str, record: int, vis_state: int) -> Fields:
        """Make a record active (0), deleted (1) or archived (2); nothing else changes."""
        if vis_state not in {ACTIVE, DELETED, ARCHIVED}:
            raise invalid(kind, "vis_state", vis_state, "Invalid vis_state.")
        with self.lock:
            row = self.row(kind, record)
            if row.now["vis_state"] != vis_state:
                self._change(kind, row, {"vis_state": vis_state})
                if vis_state == DELETED:
                    self._fire(kind, "delete", row)
                elif self.switches.visibility_fires_update:
                    self._fire(kind, "update", row)
                self._visibility_changed(kind, row)
        return self.shown(kind, row)

    def _insert(self, kind: str, account: str, fields: Fields) -> Row:
        moment = self.clock()
        row = Row(next(self._ids[kind]), account, {}, moment)
        row.now = {"id": row.id, ID_FIELDS[kind]: row.id, **fields, "vis_state": ACTIVE}
        row.now |= stamps(kind, moment)
        self.tables[kind].add(row)
        self._fire(kind, "create", row)
        return row

    def _change(self, kind: str, row: Row, changes: Fields, *, touch: bool = True) -> None:
        moment = row.at
        if touch:
            moment = self.clock()
            # Two changes never share a version, however coarse or frozen the clock.
            if timedelta(0) <= row.at - moment < timedelta(seconds=1):
                moment = row.at + timedelta(microseconds=1)
            changes = changes | stamps(kind, moment)
        self.tables[kind].replace(row, row.now | changes, moment)

    def _fire(self, kind: str, verb: str, row: Row) -> None:
        actor = self._actor.get() or next(iter(self.identities.values()))
        self._notify(self.businesses[row.account], f"{kind}.{verb}", row.id, actor)

    def _visibility_changed(self, kind: str, row: Row) -> None:
        """Carry a change of visibility on to other rows."""


def stamps(kind: str, moment: datetime) -> Fields:
    """Return what in a record of a kind says when it last changed."""
    if kind == "category":
        return {"updated_at": eastern.stamp(moment)}
    if kind in _TIMELESS:
        return {}
    if kind in _VERSIONED:
        return {"updated": eastern.stamp(moment), "version": eastern.version(moment)}
    return {"updated": eastern.stamp(moment)}
