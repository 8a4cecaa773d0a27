"""The whole path with a sample firm, and whether both sides are equal: `python -m sandbox.demo`.

Never says it went well when it did not: exit 1 if a step fails or a record differs.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sandbox import report
from sandbox.administrator import Administrator, CommandError
from sandbox.check import count, differences
from sandbox.check.found import read_crm
from sandbox.firm import Firm, open_books, open_crm
from sandbox.freshbooks.eastern import EASTERN
from sandbox.live import LiveEdits, NotSeenError
from sandbox.processes import StartError
from sandbox.remotes import RefusedError, Remote
from sandbox.services import BUSINESS
from sandbox.settling import NotSettledError, Settling
from sandbox.stack import FOLDER, Stack, stack

# Clients that fit no account get one; balances follow quickly, for those who watch.
SETTINGS = {"UNMATCHED_CLIENTS": "create", "BALANCE_DELAY_SECONDS": "2"}
# The firm's clients a person has to decide about, and how the demo decides.
SIMILAR, TWICE = "Brightwater Foods Inc.", "Ironbridge Construction"

_MOST_DIFFERENCES = 40
# What a step can fail with, besides a bug.
FAILURES = (
    CommandError,
    NotSeenError,
    NotSettledError,
    RefusedError,
    RuntimeError,
    StartError,
    OSError,
)


def today() -> date:
    """Return the day it is where the firm is."""
    return datetime.now(EASTERN).date()


class DifferentError(Exception):
    """Both sides are not equal; the differences have been printed."""


class Demo:
    """The story, step by step."""

    def __init__(self, running: Stack, settling: Settling) -> None:
        self._stack = running
        self._settling = settling
        self._administrator = Administrator(running.environment)
        self._times: list[tuple[str, float]] = []

    def run(self) -> None:
        """Play the story and print it.

        Raises:
            DifferentError: a record differs at the end.
        """
        running, admin, settling = self._stack, self._administrator, self._settling
        _headline("Setting up")
        with self._step("FreshBooks holds a year of a consulting firm's books"):
            firm = open_books(running.books, today=today())
        with self._step("Dataverse holds some of its clients already"):
            open_crm(running.rows)
        with self._step("schema apply: the connector's columns, table and key in Dataverse"):
            admin.run("schema", "apply")
        with self._step("the function app starts"):
            running.start_host()
        with self._step("connect: consent in the browser, six webhooks verified"):
            admin.connect(running.folder / "connect.log")
        with self._step("doctor: looks at everything the connector needs"):
            checks = json.loads(admin.run("doctor", "--json"))
        self._say(report.checks(checks))

        _headline("First sync")
        with self._step("what FreshBooks held before comes by itself, the newest first"):
            settling.drain()
        self._say(self._first_sync())
        with self._step("a poll looks for what is missing"):
            settling.poll()
            settling.drain()

        _headline("Live: from the edit in FreshBooks to the row in Dataverse")
        live = LiveEdits(running.books, running.rows, firm)
        with self._step("eleven edits, each carried by its webhook"):
            for seen in live.run():
                _line(f"  {seen.title}", f"{seen.seconds:.2f} s")
        settling.drain()

        _headline("A webhook gets lost")
        self._lose_a_webhook(live)

        _headline("Held: clients a person has to decide about")
        waiting = admin.held()
        print(report.held(waiting))
        with self._step("one is linked, one gets a new account, their records follow"):
            decided = self._decide(waiting, firm)
            settling.drain()
        self._say(decided)

        self._show()
        self._compare()

    def _lose_a_webhook(self, live: LiveEdits) -> None:
        with self._step("FreshBooks loses the webhook of a new invoice; nothing arrives"):
            polls = self._settling.polls()
            invoice = live.edit_unheard()
            self._settling.drain()
            # Unless the timer has just fired by itself.
            if live.sees(invoice) and self._settling.polls() == polls:
                raise NotSeenError("the lost webhook arrived all the same")
        with self._step("the next poll finds it"):
            self._settling.poll()
            live.wait_for(invoice)
        self._settling.drain()

    def _decide(self, waiting: list[dict[str, Any]], firm: Firm) -> str:
        names = {each["name"]: each for each in waiting}
        if names.keys() != {SIMILAR, TWICE}:
            raise NotSettledError(f"held are {', '.join(sorted(names)) or 'none'}")
        candidates = names[SIMILAR]["candidates"]
        if not candidates or len(names[TWICE]["candidates"]) != 2:
            raise NotSettledError("a held client has not the candidates it should have")
        chosen = candidates[0]
        client = str(firm.clients[SIMILAR])
        self._administrator.run("held", "link", client, chosen["account"])
        self._administrator.run("held", "create", str(firm.clients[TWICE]))
        return f"{SIMILAR} is {chosen['name']}; {TWICE} is neither of the two"

    def _first_sync(self) -> str:
        records, crm = count(self._stack.books), read_crm(self._stack.rows)
        linked = {row["account"].id for row in report.linked(crm)}
        return (
            f"{records} records of FreshBooks are {len(linked)} accounts, "
            f"{len(crm.invoices)} invoices and {len(crm.entries)} timeline entries"
        )

    def _show(self) -> None:
        _headline("What Sales shows now")
        print(report.sales(read_crm(self._stack.rows)))
        _headline("Requests made to each API")
        where = self._stack.addresses
        services = {"FreshBooks": where.freshbooks, "Dataverse": where.dataverse}
        print(report.traffic({name: Remote(url).traffic() for name, url in services.items()}))
        _headline("Time taken")
        for title, seconds in self._times:
            _line(title, f"{seconds:.1f} s")

    def _compare(self) -> None:
        _headline("Every record in Dataverse equals FreshBooks?")
        found = differences(self._stack.books, self._stack.rows)
        for line in found[:_MOST_DIFFERENCES]:
            print(f"  {line}")
        if found:
            raise DifferentError(f"{len(found)} differences")
        self._say(f"Yes: {count(self._stack.books)} records compared, no difference")
        page = self._stack.folder / "month-end.html"
        with self._step("reconcile: both sides by month, on a page to sign"):
            said = json.loads(self._administrator.run("reconcile", "--json", "--page", str(page)))
        if not said["adds_up"]:
            raise DifferentError("FreshBooks is not Sales and what is listed")
        listed = ", ".join(f"{number} {cause}" for cause, number in said["causes"].items())
        self._say(f"{len(said['sums'])} sums add up; listed with their reason: {listed or 'none'}")
        self._say(f"to print and sign: {page}")

    @contextlib.contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except Exception:
            _line(title, "FAILED")
            raise
        seconds = time.perf_counter() - began
        self._times.append((title, seconds))
        _line(title, f"{seconds:.1f} s")

    @staticmethod
    def _say(text: str) -> None:
        print(f"  {text}")


def main() -> int:
    """Play the demo and return its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.perf_counter()
    print(f"FreshBooks to Dynamics 365 Sales, with the books of {BUSINESS}")
    try:
        with stack(FOLDER / "demo", settings=SETTINGS) as running:
            up = f"{time.perf_counter() - began:.1f} s"
            _line("storage, FreshBooks, Dataverse, Entra and Key Vault are up", up)
            _line("Salesperson's start page", f"{running.addresses.dataverse}/_sandbox/app")
            code = _play(running)
    except StartError as error:
        print(f"\nThe sandbox did not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(f"\nEnded after {time.perf_counter() - began:.0f} s.")
    return code


def _play(running: Stack) -> int:
    try:
        with Settling(running) as settling:
            Demo(running, settling).run()
    except (DifferentError, *FAILURES) as error:
        sys.stdout.flush()
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        print(f"\nThe end of {running.log}:\n{running.host_tail()}", file=sys.stderr)
        return 1
    return 0


def _interrupt(*_: object) -> None:
    # Once: the second one must not disturb the ending.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _headline(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def _line(title: str, value: str) -> None:
    dots = "." * max(3, report.WIDTH - 6 - len(title) - len(value))
    print(f"  {title} {dots} {value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
