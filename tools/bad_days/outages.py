"""What a crash, a refusal and an outage leave behind, and what they cost.

Never looks into the connector: both sides are compared, and requests counted where they arrive.
"""

from collections.abc import Mapping
from typing import Any, Final

from bench.effort import Effort
from sandbox.dataverse import errors
from tests.functional.bad_days.day import HOUR, Day
from tools.bad_days.measured import Measured

SLOW: Final = 25.0  # seconds that a slow Dataverse takes for an answer
OUTAGE: Final = 6 * HOUR
RATE: Final = 20.0  # requests a second that a service takes which has come back


def crashes(effort: Effort) -> list[Measured]:
    """Count invoices that are missing after crashes in a row with a slow Dataverse.

    Webhooks report 20 invoices, Dataverse takes 25 seconds for every answer, and the function app
    dies 20 times, at most 45 seconds after it took messages: some are written, none is done. It is
    up again ten minutes later, when what it had in hand can be taken. After the last time Dataverse
    is quick again, and three hours pass.
    """
    day = Day(seed=1)
    clients = day.clients(5)
    day.settle()
    day.dataverse.latency = SLOW
    invoices = day.invoices(clients, effort.pick(20, 6))
    for _ in range(effort.pick(20, 6)):
        if not day.host.wait_for(lambda: bool(day.host.instances[0].in_hand), seconds=2 * HOUR):
            break
        day.host.run(day.host.random.uniform(5, 45))
        day.host.crash_all(restart=600)
    day.dataverse.latency = 0.05
    day.host.run(3 * HOUR)
    missing = len(invoices) - len(day.firm.invoices())
    return [
        Measured("records missing after 20 crashes in a row with a slow Dataverse", missing, 0),
        Measured(
            "... and differences of any kind, or dead letters",
            max(len(day.firm.differences()), len(list(day.firm.dead_letters.list_all()))),
            0,
        ),
    ]


def refusal(effort: Effort) -> list[Measured]:
    """Count differences ten minutes after a refusal of an hour has ended.

    A plug-in of the firm refuses every account and invoice that is written. Within half an hour
    webhooks report 30 invoices of clients that have accounts, and 26 new clients with an invoice
    each. After the hour the plug-in lets everything pass.
    """
    day = Day(seed=2)
    known, new = effort.pick((30, 26), (5, 4))
    clients = day.clients(known)
    day.settle()

    def look(table: str, _row: Mapping[str, Any]) -> None:
        if table in {"account", "invoice"}:
            raise errors.plug_in("Fill in the cost centre before you save.")

    day.firm.dataverse.plug_in(look)
    for number in range(max(known, new)):
        if number < known:
            day.invoice(clients[number])
        if number < new:
            (client,) = day.clients(1, word=f"Newcomer {number}", first=known + number)
            day.invoice(client)
        day.host.run(60)
    day.host.run(HOUR - 60 * max(known, new))
    day.firm.dataverse.unplug()
    day.host.run(600)
    return [
        Measured(
            "differences ten minutes after a systemic refusal of an hour ends",
            len(day.firm.differences()),
            0,
        )
    ]


def outage(effort: Effort) -> list[Measured]:
    """Count requests to a service that is down for six hours, and the time until all is well.

    Webhooks report 400 new invoices of 40 clients, and from then on every request to one service
    fails for six hours: with 503, or with 429 and `Retry-After: 30`; it is Dataverse or FreshBooks.
    Four instances, polls and upkeep run. Then the service works off 20 requests a second and
    refuses what more than 52 at once would be, and the clock runs until both sides are equal. The
    worst of the four cases counts.
    """
    cases = [
        _outage(effort, service, status, retry_after)
        for service in ("Dataverse", "FreshBooks")
        for status, retry_after in ((503, None), (429, "30"))
    ]
    requests = max(cases, key=lambda case: case[1])
    times = [case[2] for case in cases]
    slowest = None if None in times else max(each for each in times if each is not None)
    return [
        Measured(
            "requests to a service that is down for six hours, 400 records waiting "
            f"({requests[0]})",
            requests[1],
            effort.pick(800, 120),
        ),
        Measured(
            "time until both sides are equal after it ends, 400 waiting, 20 requests/s",
            slowest,
            180,
            "s",
        ),
    ]


def _outage(
    effort: Effort, service: str, status: int, retry_after: str | None
) -> tuple[str, int, float | None]:
    """Return the case, how many requests came while the service was down, and seconds after it."""
    day = Day(seed=3, instances=4)
    clients = day.clients(effort.pick(40, 5))
    day.settle()
    day.host.run(HOUR)
    way = day.firm.door(service)
    before = way.asked()
    way.down(status, retry_after=retry_after)
    day.invoices(clients, effort.pick(400, 20))
    day.host.run(effort.pick(OUTAGE, HOUR))
    asked = way.asked() - before
    way.mend()
    way.rate = RATE
    case = f"{service}, {status}" + (f" with Retry-After {retry_after}" if retry_after else "")
    return case, asked, day.equal_after(3 * HOUR)
