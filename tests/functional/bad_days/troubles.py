"""What goes wrong on a bad day, each with its end: services, processes, clocks, and people.

Never touches the connector: what is wrong is wrong around it.
"""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from werkzeug.wrappers import Request

from sandbox.dataverse import errors
from sandbox.web import json_response
from tests.functional.bad_days.day import Day

End = Callable[[], object]
Trouble = Callable[[Day, random.Random], End]
Row = Mapping[str, Any]


def crash(day: Day, drawing: random.Random) -> End:
    """Let a process die within a few steps, wherever that is."""
    instance = drawing.choice([*day.host.instances, day.host.timers_on])
    instance.fuse = drawing.randrange(1, 40)

    def end() -> None:
        instance.fuse = None

    return end


def crash_again_and_again(day: Day, drawing: random.Random) -> End:
    """Let everything die five minutes after it began to live, until it ends."""
    alive = [True]

    def die() -> None:
        if alive:
            day.host.crash_all(restart=drawing.uniform(1, 60))
            day.host.after(drawing.uniform(20, 300), die)

    day.host.after(drawing.uniform(1, 60), die)
    return alive.clear


def down(day: Day, drawing: random.Random) -> End:
    """Let a service fail, or throttle everything."""
    service = drawing.choice([day.freshbooks, day.dataverse])
    status, retry_after = drawing.choice([(500, None), (503, None), (503, "60"), (429, "30")])
    service.down(status, retry_after=retry_after)
    return service.behind.heal


def unsteady(day: Day, drawing: random.Random) -> End:
    """Let some requests of a service fail, or their answers be lost."""
    service = drawing.choice([day.freshbooks, day.dataverse])
    for kind in ("status", "drop-before", "drop-after"):
        service.behind.fail(
            kind=kind, status=drawing.choice([429, 500, 502, 503]), times=None, probability=0.15
        )
    return service.behind.heal


def slow(day: Day, drawing: random.Random) -> End:
    """Let answers take so long that some are lost."""
    service = drawing.choice([day.freshbooks, day.dataverse])
    service.latency = drawing.choice([5.0, 20.0, 40.0])

    def end() -> None:
        service.latency = 0.05

    return end


def refused(day: Day, drawing: random.Random) -> End:
    """Let a plug-in of the firm refuse every row of some tables."""
    tables = drawing.choice([{"account"}, {"invoice"}, {"account", "invoice"}])

    def look(table: str, _row: Row) -> None:
        if table in tables:
            raise errors.plug_in("Fill in the cost centre before you save.")

    return _plugged(day, look)


def one_refused(day: Day, drawing: random.Random) -> End:
    """Let a plug-in refuse one record, for what it is."""
    return _one(day, drawing, errors.plug_in("The total is over the credit limit."))


def one_in_the_way(day: Day, drawing: random.Random) -> End:
    """Let one record have the key of another, by a key of the firm's own."""
    taken = "Entity Key firm_number violated. A record with the same value already exists."
    return _one(day, drawing, errors.DataverseError(412, errors.DUPLICATE_KEY, taken))


def one_failing(day: Day, drawing: random.Random) -> End:
    """Let everything about one record fail in Dataverse, as if it were down for it alone."""
    return _one(day, drawing, errors.DataverseError(500, errors.UNEXPECTED, "SQL error"))


def one_unreadable(day: Day, drawing: random.Random) -> End:
    """Let FreshBooks fail whenever one invoice is read."""
    invoice = _an_invoice(day, drawing)
    day.guilty.add(f"{day.firm.account}-invoice-{invoice}")

    def rule(request: Request) -> Any:
        asked = request.path.endswith(f"/invoices/invoices/{invoice}")
        return json_response({"error": "broken"}, status=500) if asked else None

    day.freshbooks.rules.append(rule)
    return lambda: day.freshbooks.rules.remove(rule)


def unserved(day: Day, _drawing: random.Random) -> End:
    """Let nobody take messages."""
    day.host.serving = False

    def end() -> None:
        day.host.serving = True

    return end


def unheard(day: Day, _drawing: random.Random) -> End:
    """Let no webhook come."""
    knobs = day.firm.freshbooks.deliveries
    before = knobs.knobs.drop
    knobs.set(drop=1.0)
    return lambda: knobs.set(drop=before)


def skewed(day: Day, drawing: random.Random) -> End:
    """Let every process have a clock of its own, minutes apart."""
    processes = [*day.host.instances, day.host.timers_on]
    for process in processes:
        process.skew = timedelta(seconds=drawing.uniform(-200, 200))

    def end() -> None:
        for process in (*day.host.instances, day.host.timers_on):
            process.skew = timedelta(0)

    return end


def moving_lists(day: Day, drawing: random.Random) -> End:
    """Let FreshBooks give five rows a page, and a bookkeeper work between two pages."""

    def happens(request: Request) -> None:
        if "per_page" not in request.args:
            return
        environ = request.environ
        environ["QUERY_STRING"] = environ["QUERY_STRING"].replace("per_page=100", "per_page=5")
        if request.args.get("page", "1") != "1" and drawing.random() < 0.3:
            day.edit()

    day.freshbooks.before.append(happens)
    return lambda: day.freshbooks.before.remove(happens)


def account_unlinked(day: Day, drawing: random.Random) -> End:
    """Let a salesperson take the client off an account, and find that it was right."""
    rows = [row for row in day.firm.dataverse.all("fbx_client") if row["_fbx_accountid_value"]]
    if not rows:
        return lambda: None
    row = drawing.choice(rows)
    client, account = row["fbx_clientid"], ("account", row["_fbx_accountid_value"])
    day.firm.dataverse.update("fbx_client", client, fbx_accountid=None)
    return lambda: day.firm.dataverse.update("fbx_client", client, fbx_accountid=account)


def account_inactive(day: Day, drawing: random.Random) -> End:
    """Let a salesperson deactivate an account, and activate it again."""
    accounts = day.firm.dataverse.all("account")
    if not accounts:
        return lambda: None
    account = drawing.choice(accounts)["accountid"]
    day.firm.dataverse.update("account", account, statecode=1, statuscode=2)
    return lambda: day.firm.dataverse.update("account", account, statecode=0, statuscode=1)


def row_deleted(day: Day, drawing: random.Random) -> End:
    """Let a salesperson delete an invoice's row, which is edited in FreshBooks later.

    One without payments: with its row go their links to it, and each comes back with the next
    change of the payment alone.
    """
    paid = {payment["invoiceid"] for payment in day.books.records("payment")}
    numbers = {f"{day.firm.account}-invoice-{number}" for number in paid}
    rows = [row for row in day.firm.invoices() if row["fbx_sourcekey"] not in numbers]
    if not rows:
        return lambda: None
    row = drawing.choice(rows)
    day.firm.dataverse.delete("invoice", row["invoiceid"])
    number = int(row["fbx_sourcekey"].rpartition("-")[2])
    return lambda: day.touch(number)


def row_edited(day: Day, drawing: random.Random) -> End:
    """Let a salesperson write over an invoice's row, which is edited in FreshBooks later."""
    rows = [row for row in day.firm.invoices() if row["statecode"] == 0]
    if not rows:
        return lambda: None
    row = drawing.choice(rows)
    day.firm.dataverse.update("invoice", row["invoiceid"], name="Ask Robin", fbx_outstanding=1)
    number = int(row["fbx_sourcekey"].rpartition("-")[2])
    return lambda: day.touch(number)


def login_dead(day: Day, _drawing: random.Random) -> End:
    """Let FreshBooks refuse the login, until somebody connects again."""
    day.end_login(day.firm.freshbooks.owner.id)
    return day.reconnect


# Ended by people, who need both services for it.
PEOPLE: Final[tuple[Trouble, ...]] = (
    account_unlinked,
    account_inactive,
    row_deleted,
    row_edited,
    login_dead,
)
ALL: Final[tuple[Trouble, ...]] = (
    *PEOPLE,
    crash,
    crash_again_and_again,
    down,
    unsteady,
    slow,
    refused,
    one_refused,
    one_in_the_way,
    one_failing,
    one_unreadable,
    unserved,
    unheard,
    skewed,
    moving_lists,
)


def _an_invoice(day: Day, drawing: random.Random) -> int:
    invoices = day.books.records("invoice")
    return int(drawing.choice(invoices)["id"])


def _one(day: Day, drawing: random.Random, refusal: errors.DataverseError) -> End:
    invoice = _an_invoice(day, drawing)
    key = f"{day.firm.account}-invoice-{invoice}"
    day.guilty.add(key)

    def look(table: str, row: Row) -> None:
        if table == "invoice" and row.get("fbx_sourcekey") == key:
            raise refusal

    return _plugged(day, look)


def _plugged(day: Day, look: Callable[[str, Row], None]) -> End:
    plug_ins = day.firm.dataverse.environment.plug_ins
    plug_ins.append(look)
    return lambda: plug_ins.remove(look)
