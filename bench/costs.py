"""What a record costs us, live: storage operations and processor time, with all that follows it.

Never counts the services' own time: they are processes of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from bench.effort import Effort, medians
from bench.one_by_one import Handled, Handler, handler
from bench.scene import Scene
from bench.spread import Spread
from bench.tables import Table

NAME = "costs"

_NEW = "invoice of three lines, new"
_EDITED = "invoice, its lines changed"
_PAID = "payment, new"
_AGAIN = "invoice, asked for again after its payment"
_REFRESH = "balances of a client, afterwards"
_ALL = "{}, with all that follows"
_ORDER = (_NEW, _ALL.format(_NEW), _EDITED, _PAID, _AGAIN, _ALL.format(_PAID), _REFRESH)
# At most, of the first row.
_MOST_MS = 9.0
_MOST_STORED = 3.3
# By default changes of a client's records are collected for so long.
_DELAY = 5


def measure(scene: Scene, effort: Effort) -> Table:
    """Let invoices come, change and be paid, some of each client, and handle one at a time."""
    count = effort.pick(40, 10)
    found: defaultdict[str, list[_Cost]] = defaultdict(list)
    scene.restart(without=("process", "poll"))
    with handler(scene, delay=_DELAY) as program:
        for run in range(effort.runs + 1):
            told = _story(scene, program, count)
            # The first run also reads what is remembered from then on, and imports.
            for title, handled, records in told if run else ():
                found[title].append(_Cost(handled, records))
    new, whole = found[_NEW], found[_ALL.format(_NEW)]
    made = f"{count} invoices of {len(scene.clients)} clients a run, then a change and a payment"
    return Table(
        columns=("one record", "messages", "storage", "FreshBooks", "Dataverse", "our CPU ms"),
        rows=tuple(_row(title, found[title]) for title in _ORDER if found[title]),
        basis=medians(effort.runs),
        notes=(
            f"{made} of each.",
            f"A new invoice's own CPU, ms: {_judged([each.cpu for each in new], _MOST_MS)}.",
            f"Its own storage operations: {_judged([each.storage for each in new], _MOST_STORED)}.",
            f"At storage a new invoice costs: {_listed(new)}.",
            f"With all that follows: {_listed(whole)}.",
            f"The balances of a client cost: {_listed(found[_REFRESH])}.",
        ),
    )


class _Cost:
    """What messages cost for each of some records."""

    def __init__(self, handled: Sequence[Handled], records: int) -> None:
        self.messages = len(handled) / records
        self.freshbooks = sum(each.freshbooks.total() for each in handled) / records
        self.dataverse = sum(each.dataverse.total() for each in handled) / records
        self.cpu = sum(each.cpu_ms for each in handled) / records
        self.which: Counter[str] = sum((each.storage for each in handled), Counter())
        self.storage = self.which.total() / records
        self.records = records


def _story(scene: Scene, program: Handler, count: int) -> list[tuple[str, Sequence[Handled], int]]:
    books = scene.books
    invoices = [int(scene.bill(number)["id"]) for number in range(count)]
    billed = program.handle_all()
    for invoice in invoices:
        scene.reprice(invoice)
    edited = program.handle_all()
    for invoice in invoices:
        books.do("pay_invoice", invoice=invoice, amount="50.00")
    paid = program.handle_all()
    told: list[tuple[str, Sequence[Handled], int]] = [
        (_NEW, _of(billed, "invoice"), count),
        (_ALL.format(_NEW), billed, count),
        (_EDITED, _of(edited, "invoice"), count),
        (_PAID, _of(paid, "payment"), count),
        (_ALL.format(_PAID), paid, count),
    ]
    for title, some in ((_AGAIN, _of(paid, "invoice")), (_REFRESH, _of(billed, "client"))):
        told += [(title, some, len(some))] if some else []
    return told


def _of(handled: Sequence[Handled], kind: str) -> list[Handled]:
    return [each for each in handled if each.kind == kind]


def _row(title: str, costs: Sequence[_Cost]) -> tuple[str, ...]:
    return (
        title,
        Spread.of([each.messages for each in costs]).shown(2),
        Spread.of([each.storage for each in costs]).shown(2),
        Spread.of([each.freshbooks for each in costs]).shown(2),
        Spread.of([each.dataverse for each in costs]).shown(2),
        Spread.of([each.cpu for each in costs]).shown(1),
    )


def _judged(figures: Sequence[float], most: float) -> str:
    found = Spread.of(figures)
    verdict = "met" if found.median <= most else "missed"
    return f"{found.shown(1)} of at most {most:g}, {verdict}"


def _listed(costs: Sequence[_Cost]) -> str:
    """Return the operations of the last run, for each record, the most frequent first."""
    if not costs:
        return "nothing"
    last = costs[-1]
    each = last.which.most_common()
    return ", ".join(f"{what} {times / last.records:.2f}" for what, times in each)
