"""What a month costs in Azure, for three sizes of firm: measured counts times listed prices.

Never measures how far away a service is: that is an input, and so is every price.
"""

import random
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from bench.by_itself import Ran, as_given, by_itself
from bench.drain import READ, WRITE
from bench.effort import Effort
from bench.one_by_one import Handled, handler
from bench.prices import Inputs
from bench.scene import Scene
from bench.tables import Table, rendered
from bench.usage import Bill, Measured, Plan, Use, bill
from sandbox.stack import ROOT
from shared.adapters.azure.names import BACKFILL_QUEUE

NAME = "bill"

SIZES: Final = (50, 500, 5000)
_ALERTS: Final = ROOT / "infra" / "modules" / "alerts.bicep"
_EVERY: Final = re.compile(r"^\s+every: 'PT(\d+)M'$", re.MULTILINE)
_DELAY: Final = 5  # seconds that balances wait for further changes, by default
_OF_THE_HOST: Final = 2  # requests at a queue: it takes a message, and deletes it
_NEW: Final = "a new invoice of three lines"
# Nothing is over them: they are there so that time of execution is counted.
_WIDE: Final = {"requests": 10**9, "execution": 10.0**9, "window": 300.0, "concurrent": 10**6}

_Ask = Callable[[Mapping[str, Any]], Use]


def measure(scene: Scene, effort: Effort) -> Table:
    """Count what each kind of change and each timer uses, and make the bills of that."""
    inputs = Inputs.read()
    measured = _measured(scene, effort, inputs)
    as_delivered = Plan("as delivered", memory=2, ready=1, alerts=_alerts())
    smallest = Plan("the smallest", memory=0.5, ready=0, alerts=_alerts())
    plans = (as_delivered, smallest)
    return Table(
        columns=("a month, USD", *(f"{size:,} invoices" for size in (0, *SIZES))),
        rows=tuple(row for plan in plans for row in _bill_rows(plan, measured, inputs)),
        basis="counts of one run, prices of bench/prices.toml",
        notes=(
            "As delivered: instances of 2 GB, one always ready; the smallest: of 0.5 GB, none.",
            "",
            *rendered(_once(measured, inputs, plans)).splitlines(),
            "",
            *rendered(_uses(measured, inputs)).splitlines(),
            "",
            *rendered(_prices(inputs)).splitlines(),
            "",
            *_assumptions(inputs),
        ),
    )


def _bill_rows(plan: Plan, measured: Measured, inputs: Inputs) -> Iterator[tuple[str, ...]]:
    bills = [_month(plan, size, measured, inputs) for size in (0, *SIZES)]
    for title, part in _PARTS.items():
        yield (f"{plan.name}: {title}", *(f"{part(each):,.2f}" for each in bills))
    yield (f"**{plan.name}, all**", *(f"**{each.total:,.2f}**" for each in bills))


_PARTS: Final[dict[str, Callable[[Bill], float]]] = {
    "functions on demand": lambda each: each.on_demand,
    "executions": lambda each: each.executions,
    "the always-ready instance": lambda each: each.ready,
    "storage": lambda each: each.storage,
    "vaults": lambda each: each.vaults,
    "logs": lambda each: each.logs,
    "alert rules": lambda each: each.alerts,
}


def _month(plan: Plan, size: float, measured: Measured, inputs: Inputs) -> Bill:
    firm = inputs.firm
    reports = size * (1 + firm.edits + firm.payments + firm.expenses + firm.clients)
    webhooks = measured.webhook.times(reports)
    live = measured.live(size, inputs)
    rest = Use(*(a - b for a, b in zip(live.all(), webhooks.all(), strict=True)))
    nights = measured.nights(size, inputs)
    return bill(rest + measured.idle() + nights, webhooks, plan, inputs)


def _uses(measured: Measured, inputs: Inputs) -> Table:
    rows = {
        "1,000 invoices, with what comes with them": measured.live(1000, inputs),
        "1,000 invoices of history, with their payments": measured.past.times(1000),
        "a month in which nothing happens": measured.idle(),
        "a month of nightly reconciles, 500 invoices a month": measured.nights(500, inputs),
        "one webhook": measured.webhook,
        f"{_NEW}, with all that follows": measured.invoice,
        "a payment, with all that follows": measured.payment,
        "a poll that finds nothing": measured.poll,
        "a minute's upkeep": measured.upkeep,
    }
    return Table(
        columns=(
            "what is used",
            "executions",
            "billed seconds",
            "GB-seconds, 2 GB",
            "GB-seconds, 0.5 GB",
            "tables",
            "queues",
            "vaults",
            "FreshBooks",
            "Dataverse",
        ),
        rows=tuple(_use_row(title, use) for title, use in rows.items()),
        basis="",
    )


def _use_row(title: str, use: Use) -> tuple[str, ...]:
    digits = 1 if use.runs < 100 else 0  # single things have parts
    seconds = (use.seconds, use.seconds * 2, use.seconds / 2)
    asked = (use.tables, use.queues, use.vaults, use.freshbooks, use.dataverse)
    return title, *(f"{each:,.{digits}f}" for each in (use.runs, *seconds, *asked))


def _once(measured: Measured, inputs: Inputs, plans: Sequence[Plan]) -> Table:
    """Return what history costs beside a month in which nothing else happens."""
    rows = []
    for plan in plans:
        idle = bill(measured.idle(), Use(), plan, inputs).total
        whole = [
            bill(measured.idle() + measured.history(size, inputs), Use(), plan, inputs).total
            for size in SIZES
        ]
        rows.append((plan.name, *(f"{each - idle:,.2f}" for each in whole)))
    years = inputs.firm.history_months // 12
    sizes = (f"{size:,} invoices a month" for size in SIZES)
    return Table((f"{years} years of history, once, USD", *sizes), tuple(rows), "")


def _prices(inputs: Inputs) -> Table:
    rows = tuple(
        (
            each.unit,
            f"{each.price:.9f}".rstrip("0").rstrip("."),
            f"{each.free:,.0f}",
            each.source,
            f"{each.as_of}",
        )
        for each in inputs.prices.values()
    )
    return Table(("one", "USD", "free a month", "where", "when"), rows, "")


def _assumptions(inputs: Inputs) -> Iterator[str]:
    assumed, firm = inputs.assumed, inputs.firm
    yield (
        f"Assumed: FreshBooks answers in {assumed.freshbooks_seconds} s, Dataverse in "
        f"{assumed.dataverse_seconds} s, in bulk {READ:g} s later for each row it reads and "
        f"{WRITE:g} s for each it writes, storage in {assumed.storage_seconds} s; an execution is "
        f"billed for at least {assumed.least_seconds:g} s, as if none ran beside another; it sends "
        f"{assumed.telemetry_bytes:,.0f} bytes of telemetry."
    )
    yield (
        f"With each invoice come {firm.edits} changes of one, {firm.payments} payments, "
        f"{firm.expenses} expenses and {firm.clients} clients; there are "
        f"{firm.history_months} months of history in the books."
    )


def _alerts() -> tuple[int, ...]:
    """Return how often each alert rule looks, in minutes, as it is deployed."""
    found = tuple(int(each) for each in _EVERY.findall(_ALERTS.read_text()))
    if not found:
        raise RuntimeError(f"{_ALERTS.name} has no alert rules.")
    return found


def _measured(scene: Scene, effort: Effort, inputs: Inputs) -> Measured:
    """Let changes of each kind happen, some of each, and count what they use."""
    # Whatever a first poll finds besides, such as categories, is no part of any change.
    scene.settling.poll()
    scene.settle()
    scene.restart(without=("process", "backfill", "poll", "upkeep"))
    with by_itself(scene, delay=_DELAY) as run, handler(scene, delay=_DELAY) as program:

        def ask(what: Mapping[str, Any]) -> Use:
            return _ran(run(what), inputs)

        # Before anything else changes on this day: a poll lists whole days.
        idle = {do: [ask({"do": do}) for _ in range(3)][-1] for do in ("poll", "upkeep")}
        live = _Live(scene, program.handle_all, effort.pick(20, 3), inputs)
        live.told()  # once before: what is remembered from then on is read
        found = live.told()
        given = as_given(scene.webhook(live.invoices[0]))
        webhook = [ask(given) for _ in range(3)][-1]
        program.handle_all()
        past = _past(scene, program.handle_all, ask, effort.pick(200, 3), inputs)
    return Measured(webhook=webhook, past=past, poll=idle["poll"], upkeep=idle["upkeep"], **found)


class _Live:
    """Changes that webhooks report, some of each kind."""

    def __init__(
        self, scene: Scene, handle: Callable[[], list[Handled]], count: int, inputs: Inputs
    ) -> None:
        self._scene = scene
        self._handle = handle
        self._count = count
        self._inputs = inputs
        self._drawing = random.Random(0)
        self.invoices: list[int] = []

    def told(self) -> dict[str, Use]:
        """Let everything happen once, and return what one of each used with all that followed."""
        scene, books = self._scene, self._scene.books
        for _ in range(self._count):
            # Nothing like another client's: a similar one would be held for a person to decide.
            name = "".join(self._drawing.choices(string.ascii_lowercase, k=20)).title()
            books.do("create_client", organization=name, currency_code="USD")
        client = self._of_each(self._count)
        self.invoices = [int(scene.bill(number)["id"]) for number in range(self._count)]
        invoice = self._of_each(self._count)
        for each in self.invoices:
            scene.reprice(each)
        edit = self._of_each(self._count)
        for each in self.invoices:
            books.do("pay_invoice", invoice=each, amount="50.00")
        payment = self._of_each(self._count)
        for number in range(self._count):
            owner = scene.clients[number % len(scene.clients)]
            books.do("create_expense", clientid=owner, amount="31.40")
        expense = self._of_each(self._count)
        return {
            "client": client,
            "invoice": invoice,
            "edit": edit,
            "payment": payment,
            "expense": expense,
        }

    def _of_each(self, count: int) -> Use:
        return _together(self._handle(), self._inputs).times(1 / count)


def _past(
    scene: Scene,
    handle: Callable[[], list[Handled]],
    ask: _Ask,
    count: int,
    inputs: Inputs,
) -> Use:
    """Return what an invoice with its payment uses that nobody was told of, carried in bulk.

    A request of many rows takes longer than one of few: what Dataverse takes for each comes on top.
    """
    with scene.unheard():
        for number in range(count):
            made = scene.bill(number)
            scene.books.do("pay_invoice", invoice=int(made["id"]), amount="50.00")
    with scene.limited(_WIDE, read=READ, write=WRITE):
        before = float(scene.used()["seconds"])
        whole = ask({"do": "backfill", "business": scene.account})
        while scene.settling.depth(BACKFILL_QUEUE):
            whole += ask({"do": "carry"}) + Use(queues=_OF_THE_HOST)
        whole += _together(handle(), inputs)
        executed = float(scene.used()["seconds"]) - before
    return (whole + Use(seconds=executed)).times(1 / count)


def _together(handled: Sequence[Handled], inputs: Inputs) -> Use:
    whole = Use()
    for each in handled:
        queues = sum(times for name, times in each.storage.items() if _is_of_a_queue(name))
        whole += Use.run(
            inputs.assumed,
            cpu=each.cpu_ms / 1000,
            tables=each.storage.total() - queues,
            queues=queues + _OF_THE_HOST,
            freshbooks=each.freshbooks.total(),
            dataverse=each.dataverse.total(),
        )
    return whole


def _is_of_a_queue(name: str) -> bool:
    return name.startswith(("queue", "sync-requests"))


def _ran(ran: Ran, inputs: Inputs) -> Use:
    queues = sum(times for name, times in ran.storage.items() if _is_of_a_queue(name))
    return Use.run(
        inputs.assumed,
        cpu=ran.cpu_ms / 1000,
        tables=ran.storage.total() - queues,
        queues=queues,
        vaults=ran.vaults,
        freshbooks=ran.freshbooks,
        dataverse=ran.dataverse,
    )
