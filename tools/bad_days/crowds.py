"""What a dead login, a queue nobody serves, replays and clients that are held cost everybody.

Never looks into the connector: requests and messages are counted where they arrive.
"""

import re
from datetime import timedelta
from typing import Final

from werkzeug.wrappers import Request

from bench.effort import Effort
from tests.functional.bad_days.day import HOUR, Day
from tools.bad_days.measured import Measured

DEAD: Final = "d3ad"

_ABOUT_ONE: Final = re.compile(r"/[0-9]+$|customerid|clientid")


def dead_login(effort: Effort) -> list[Measured]:
    """Count polls of a healthy business that a dead one keeps from happening.

    FreshBooks refuses the tokens of one login for good, and webhooks report 1,001 of its invoices.
    For six hours and five minutes polls are due every five minutes. One of another login's business
    counts as postponed when no list of that business is asked for before the next is due.
    """
    day = Day(seed=4)
    firm = day.firm
    login = day.another_business(DEAD)
    clients = day.clients(10, account=DEAD)
    day.settle()
    day.host.run(600)
    day.end_login(login)
    for number in range(effort.pick(1001, 40)):
        day.invoice(clients[number % len(clients)], account=DEAD)
    lists: list[float] = []
    began = day.now

    def note(request: Request) -> None:
        if request.path.endswith("/invoices/invoices") and firm.account in request.path:
            lists.append((day.now - began).total_seconds())

    day.freshbooks.before.append(note)
    polls = effort.pick(73, 6)
    day.host.run(polls * 300)
    happened = {int(each // 300) for each in lists}
    return [
        Measured(
            f"polls of healthy businesses postponed by a dead one, of {polls}",
            polls - len(happened & set(range(polls))),
            0,
        )
    ]


def unserved(effort: Effort) -> list[Measured]:
    """Count the messages on a queue that nobody takes from for ten hours.

    31 invoices change and no webhook comes; polls find them every five minutes, and upkeep runs.
    """
    day = Day(seed=5)
    clients = day.clients(5)
    invoices = day.invoices(clients, 31)
    day.settle()
    day.host.run(600)
    day.host.serving = False
    with day.unheard():
        for invoice in invoices:
            day.reprice(invoice, "120.00")
    day.host.run(effort.pick(10 * HOUR, HOUR))
    return [
        Measured(
            "messages on a queue that is not served for ten hours, 31 records changed",
            day.queue.depth(),
            62,
        )
    ]


def replays(effort: Effort) -> list[Measured]:
    """Count what 1,101 replays of one signed webhook make the connector read from FreshBooks.

    The webhook reports a client, which takes the most reading; it was handled before. It comes a
    hundred times a second, or spread over 20 minutes, to a function app of one instance and of
    four. Polls do not run, so that every request is for the webhook. The worse of one and four
    instances counts.
    """
    count = effort.pick(1101, 40)
    return [
        Measured(
            f"FreshBooks reads for 1,101 replays of one webhook, {how}",
            max(_replayed(count, seconds, instances) for instances in (1, 4)),
            30,
        )
        for how, seconds in (("in a burst", count / 100), ("over 20 minutes", 1200.0))
    ]


def _replayed(count: int, seconds: float, instances: int) -> int:
    day = Day(seed=6, instances=instances)
    day.clients(1)
    day.settle()
    (webhook,) = [sent for sent in day.firm.delivered if b"name=client.create" in sent[1]]
    day.host.run(600)
    del day.host.timers["poll"]
    before, began = day.freshbooks.asked(), day.now

    for number in range(count):
        moment = began + timedelta(seconds=number * seconds / count)
        day.host.at(moment, lambda: day.firm.deliver(*webhook))
    day.host.run(seconds)
    day.settle()
    return day.freshbooks.asked() - before


def held_clients(effort: Effort) -> list[Measured]:
    """Count what clients cost in a day that wait for a decision, while nothing changes.

    3,000 clients have no account and the policy is to hold them; they were reported ten days ago.
    Polls and upkeep run for 24 hours. Every request to Dataverse counts, but the minute's question
    for decisions: that is one whatever there is of clients. Of FreshBooks every
    reading of one record counts, and of what belongs to one client; not so the lists of the polls,
    which are as long whether or not a client waits. Of storage every row that says something of a
    record counts, and every message.
    """
    count, hours, most = effort.pick((3000, 24, 600), (30, 2, 50))
    day = Day(seed=7, unmatched_clients="hold")
    day.clients(count)
    day.settle()
    day.timeline.advance(10 * 24 * HOUR)
    day.host.catch_up()
    day.host.run(HOUR)
    records: list[str] = []
    questions: list[str] = []

    def note_question(request: Request) -> None:
        asked = request.get_data(as_text=True) if request.path.endswith("/$batch") else ""
        if "fbx_clients?" in asked and "modifiedon" in asked:
            questions.append(request.path)

    def note(request: Request) -> None:
        if _ABOUT_ONE.search(request.path) or _ABOUT_ONE.search(" ".join(request.args)):
            records.append(request.path)

    day.freshbooks.before.append(note)
    day.dataverse.before.append(note_question)
    dataverse, rows = day.dataverse.asked(), _about_records(day)
    day.host.run(hours * HOUR)
    return [
        Measured(
            "cost of 3,000 held clients in a day: Dataverse requests",
            day.dataverse.asked() - dataverse - len(questions),
            most,
        ),
        Measured("... records read from FreshBooks", len(records), most),
        Measured("... rows written about records, and messages", _about_records(day) - rows, most),
    ]


def _about_records(day: Day) -> int:
    fakes = ("journal", "holds", "dead_letters", "queue")
    return sum(count for call, count in day.storage.written().items() if call.startswith(fakes))
