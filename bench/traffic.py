"""How many requests a record costs at each API, when it is the only one.

Never counts what another record asked for: messages are handled one at a time.
"""

import random
import string
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from bench.effort import Effort, medians
from bench.one_by_one import Handled, handler
from bench.scene import Scene
from bench.spread import Spread
from bench.tables import Table

NAME = "traffic"

_CLIENT = "client, new: an account is made"
_FIRST = "invoice, new, and its client is not linked yet"
_NEW = "invoice of three lines, new"
_EDITED = "invoice, its lines changed"
_DELETED = "invoice, deleted"
_PAID = "payment, new"
_CORRECTED = "payment, changed"
_SPENT = "expense, new"
_AGAIN = "invoice, asked for again after its payment"
_REFRESH = "balances of a client, after its records changed"
_NOTHING_LEFT = "asked for again, and done already"
# Those that are shown.
ORDER = (
    _NEW,
    _EDITED,
    "invoice, unchanged",
    _DELETED,
    _FIRST,
    _PAID,
    _CORRECTED,
    "payment, unchanged",
    _AGAIN,
    _SPENT,
    "expense, unchanged",
    _CLIENT,
    "client, unchanged",
    _REFRESH,
)
# Requests at Dataverse that a record may cost at most.
BARS = {_NEW: 2, "invoice, unchanged": 1}


_Handle = Callable[[], list[Handled]]


def measure(scene: Scene, effort: Effort) -> Table:
    """Count what each kind of change costs, once in every run."""
    found: defaultdict[str, list[Handled]] = defaultdict(list)
    scene.restart(without=("process", "poll"))
    with handler(scene) as program:
        for run in range(effort.runs + 1):
            for title, handled in _Story(scene, program.handle_all, run).told():
                # The first run also reads what is remembered from then on: token, currency, ...
                if run:
                    found[title].append(handled)
    return Table(
        columns=("one record", "FreshBooks", "Dataverse", "Dataverse bar", "which at Dataverse"),
        rows=tuple(_row(title, found[title]) for title in ORDER if found[title]),
        basis=medians(effort.runs),
    )


class _Story:
    """The records of two new clients; every webhook comes twice."""

    def __init__(self, scene: Scene, handle: _Handle, number: int) -> None:
        self._scene = scene
        self._handle = handle
        self._drawing = random.Random(number)

    def told(self) -> Iterator[tuple[str, Handled]]:
        """Make each change, and yield what was handled because of it with what it is called."""
        books, lines = self._scene.books, self._scene.lines
        client, messages = self._change(_CLIENT, "create_client", **self._name())
        yield from messages
        invoice, messages = self._change(
            _NEW, "create_invoice", customerid=client, lines=lines(), sent=True
        )
        yield from messages
        yield from self._change(_EDITED, "edit_invoice", invoice=invoice, lines=lines())[1]
        payment, messages = self._change(_PAID, "pay_invoice", invoice=invoice, amount="50.00")
        yield from messages
        yield from self._change(_CORRECTED, "edit_payment", payment=payment, amount="60.00")[1]
        yield from self._change(_SPENT, "create_expense", clientid=client, amount="31.40")[1]
        with self._scene.unheard():
            other = books.do("create_client", **self._name())["id"]
        invoice, messages = self._change(
            _FIRST, "create_invoice", customerid=other, lines=lines(), sent=True
        )
        yield from messages
        yield from self._change(_DELETED, "delete_invoice", invoice=invoice)[1]

    def _change(
        self, title: str, operation: str, **arguments: Any
    ) -> tuple[int, list[tuple[str, Handled]]]:
        self._scene.books.deliveries(duplicate_next=1)
        record = self._scene.books.do(operation, **arguments)
        return int(record["id"]), [(_called(title, each), each) for each in self._handle()]

    def _name(self) -> dict[str, str]:
        # Nothing like another client's: a similar one would be held for a person to decide.
        letters = self._drawing.choices(string.ascii_lowercase, k=20)
        return {"organization": "".join(letters).title(), "currency_code": "USD"}


def _called(asked: str, handled: Handled) -> str:
    if handled.cause == "follow-up":
        if handled.outcome == "unchanged":
            return _NOTHING_LEFT
        return _AGAIN if handled.kind == "invoice" else _REFRESH
    return f"{handled.kind}, unchanged" if handled.outcome == "unchanged" else asked


def _row(title: str, handled: list[Handled]) -> tuple[str, ...]:
    freshbooks = Spread.of([each.freshbooks.total() for each in handled])
    dataverse = Spread.of([each.dataverse.total() for each in handled])
    bar = BARS.get(title)
    judged = f"{'met' if dataverse.most <= bar else 'missed'}: <= {bar}" if bar else ""
    which = ", ".join(
        f"{what}{f' x {count}' if count > 1 else ''}"
        for what, count in sorted(handled[-1].dataverse.items())
    )
    plain = which.replace("/api/data/v9.2/", "")
    return title, freshbooks.shown(), dataverse.shown(), judged, plain
