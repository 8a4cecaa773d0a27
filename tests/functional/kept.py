"""What is stored after a simulated year: rows of each kind, month by month, with retention at work.

Never asks a service for a record: handlings end as they are told to, and all that is kept of them
is kept by the product. `python -m tests.functional.kept` prints the table.
"""

import argparse
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import Held, OutcomeName, Result, Unchanged, Written
from shared.core.waiting import Hold
from shared.errors import RecordRefusedError, RetryLaterError
from tests.functional.world import Firm

MONTH = 30  # days
_MINUTE = 60
_OUTAGE = 6 * 60  # minutes
_AFTERWARDS = 60  # minutes, until what waited is through
_OTHERS = 20  # rows that are there from the first day
_PIECES = 2000  # minutes that one run of retention may take


@dataclass(frozen=True)
class Year:
    """What happens.

    Attributes:
        outages: of Dataverse, six hours each, spread over the days.
        edits: records that change on a day; each is asked for twice.
        busy: how often one and the same record changes on a day.
        waiting: records that change during an outage.
        journal_days: `JOURNAL_DAYS`.
        history_per_record: `HISTORY_PER_RECORD`.
    """

    records: int = 5000
    days: int = 365
    outages: int = 10
    edits: int = 150
    busy: int = 20
    waiting: int = 400
    journal_days: int = 400
    history_per_record: int = 50
    seed: int = 0

    @property
    def days_of_outage(self) -> set[int]:
        """The days on which Dataverse is down."""
        return {self.days * each // self.outages + 1 for each in range(self.outages)}


class Handlings:
    """Ends every handling as told, in place of what carries records of all kinds."""

    def __init__(self, drawn: random.Random) -> None:
        self.down = False
        self._random = drawn

    def sync(
        self, request: SyncRequest, before: JournalEntry | None = None
    ) -> Result:  # the port's
        """Bring one record up to date, so to speak."""
        if self.down:
            raise RetryLaterError("Dataverse is down (503).", service="Dataverse")
        if request.cause is Cause.POLL:
            return Result(Unchanged(), fingerprint="f" * 64, read_at=request.seen)
        match self._random.random():
            case chance if chance < 0.001:
                raise RecordRefusedError("Dataverse refuses it.", code="0x80040203")
            case chance if chance < 0.004:
                client = request.number % 50 + 1
                hold = Hold(
                    request.business, Awaited.client(client), "Birch", "no match", request.seen
                )
                return Result(Held(hold))
            case _:
                return Result(
                    Written(OutcomeName.UPDATED),
                    fingerprint=f"{request.seen:%Y%m%d%H%M%S}" + "f" * 50,
                    read_at=request.seen,
                )


class Simulation:
    """A firm whose records change, in virtual time."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.random = random.Random(year.seed)
        self.firm = Firm(
            seed=year.seed,
            journal_days=year.journal_days,
            history_per_record=year.history_per_record,
        )
        self.handlings = Handlings(self.random)
        process = self.firm.connector.process
        self.process = replace(process, handlers=dict.fromkeys(Kind, self.handlings))
        kinds = [Kind.CLIENT] + [Kind.INVOICE] * 2 + [Kind.PAYMENT, Kind.EXPENSE]
        self.records = [
            RecordId(self.firm.account, kinds[number % len(kinds)], number)
            for number in range(1, year.records + 1)
        ]

    def run(self) -> Iterator[dict[str, int]]:
        """Yield what is stored after each month, and at the end."""
        for record in self.records:
            self.ask(record, Cause.WEBHOOK)
        self.handle()
        for day in range(self.year.days):
            if day and day % MONTH == 0:
                yield self.rows()
            self.day(day)
        yield self.rows()

    def day(self, day: int) -> None:
        """Let a day pass: edits or an outage, what the timers do, and somebody who connects."""
        begun = self.firm.clock()
        if day in self.year.days_of_outage:
            self.outage()
        for record in self.random.sample(self.records, min(self.year.edits, len(self.records))):
            self.edit(record)
        for _ in range(self.year.busy):
            self.edit(self.records[0])
        if day % 7 == 0:
            self.firm.connector.connect.invite()
            self.firm.connector.poll.run()
        if day % MONTH == 1:
            self.firm.connect()
        self.handle()
        self.forget()
        self.firm.clock.now = max(begun + timedelta(days=1), self.firm.clock())

    def edit(self, record: RecordId) -> None:
        """Change a record: a webhook tells of it, and a poll finds it."""
        self.firm.clock.advance(_MINUTE)
        self.ask(record, Cause.WEBHOOK)
        self.handle()
        self.ask(record, Cause.POLL)
        self.handle()
        client = RecordId(record.business, Kind.CLIENT, record.number)
        # As the release before notes when balances were asked for.
        name = f"balances.{client.business}.{client.number}"
        self.firm.checkpoints.set(name, self.firm.clock())

    def outage(self) -> None:
        """Let Dataverse be down for hours while records change."""
        changed = self.random.sample(self.records, min(self.year.waiting, len(self.records)))
        self.handlings.down = True
        for minute in range(_OUTAGE + _AFTERWARDS):
            self.handlings.down = minute < _OUTAGE
            for record in changed[minute::_OUTAGE] if minute < _OUTAGE else ():
                self.ask(record, Cause.WEBHOOK)
            self.minute()

    def forget(self) -> None:
        """Let the timer run each minute until retention has done its day's work."""
        for _ in range(_PIECES):
            self.firm.clock.advance(_MINUTE)
            if self.firm.connector.upkeep.prune.run().done:
                return
        raise AssertionError("a run of retention does not end within a day")

    def minute(self) -> None:
        self.firm.clock.advance(_MINUTE)
        self.handle()
        self.firm.connector.upkeep.run()

    def ask(self, record: RecordId, cause: Cause) -> None:
        request = SyncRequest.of(record, cause=cause, seen=self.firm.clock())
        self.firm.queue.send(request)
        self.firm.queue.sent.clear()

    def handle(self) -> None:
        while (body := self.firm.queue.take()) is not None:
            self.process.handle(body)

    def rows(self) -> dict[str, int]:
        """Return how many rows there are of each kind."""
        firm = self.firm
        return {
            "newest states": len(firm.journal.latest),
            "history": len(firm.journal.history),
            "holds": len(firm.holds.holds),
            "waiting": len(firm.holds.waiting),
            "dead letters": len(firm.dead_letters.letters),
            "checkpoints": len(firm.checkpoints.moments),
            "consents": len(firm.consents.consents),
            "leases": len(firm.leases.leases),
            "registrations": len(firm.registrations.registrations),
            "secrets": len(firm.secrets.values),
            "queue": len(firm.queue.messages),
        }


def bounds(year: Year, rows: Mapping[str, int]) -> dict[str, int]:
    """Return how many rows there can be at most of the kinds that grow with time.

    Counted right after a run of retention; in between comes what a day brings.
    """
    edits = year.edits + year.busy + year.waiting
    return {
        "history": rows["newest states"] * year.history_per_record,
        "checkpoints": 2 * edits + _OTHERS,  # a client's balances, for two days at most
        "consents": 2 * year.journal_days // 7 + _OTHERS,
        "leases": year.journal_days // MONTH + _OTHERS,
        "secrets": year.journal_days // MONTH + _OTHERS,
    }


def main() -> None:
    """Print the table."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--records", type=int, default=Year.records)
    told.add_argument("--days", type=int, default=Year.days)
    told.add_argument("--outages", type=int, default=Year.outages)
    told.add_argument("--seed", type=int, default=Year.seed)
    year = Year(**vars(told.parse_args()))
    names: list[str] = []
    rows: Mapping[str, int] = {}
    for month, rows in enumerate(Simulation(year).run(), 1):
        if not names:
            names = list(rows)
            print("  ".join(["month", *names, "all"]))
        cells = [f"{month:5}", *(f"{rows[each]:{len(each)}}" for each in names)]
        print("  ".join(cells), f" {sum(rows.values())}", flush=True)
    limits = bounds(year, rows)
    print("Most there can be:", ", ".join(f"{each} {limits[each]}" for each in limits))


if __name__ == "__main__":
    main()
