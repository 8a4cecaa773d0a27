"""`waiting` in the terminal: what it prints, for people and programs, and how it ends."""

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shared.cli import main
from shared.core.connections import SyncedBusiness
from shared.core.identity import Awaited
from shared.core.listed import Listed, Why
from shared.core.waiting import Shown
from tests.memory import MemoryBusinesses

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
INVOICE = Listed(
    why=Why.WAITING,
    business="xazq5",
    kind="invoice",
    number=7,
    shown=Shown("0001000", "Aster Works", "120.50", "EUR"),
    reason="Dataverse: answered 503",
    since=NOW,
    awaited="service-dataverse",
    who="nobody: it follows by itself",
    key="xazq5-invoice-7",
)
UNREADABLE = Listed(
    Why.UNREADABLE, "", "", 0, Shown(), "no message", NOW, "", "the administrator", "4f1c"
)


class Terminal:
    """A terminal over a list, that keeps what it was asked to try."""

    def __init__(self, capsys):
        self.rows, self.asked, self.tried = [], [], []
        self._capsys = capsys
        businesses = MemoryBusinesses()
        for business in ("xazq5", "yb7k2"):
            businesses.upsert(SyncedBusiness(business, business, "a-login", 1))

        def gather(business):
            self.asked.append(business)
            return self.rows

        def retry(awaited, business):
            self.tried.append((awaited, business))
            return 3

        self.app = SimpleNamespace(
            businesses=businesses,
            waiting_list=SimpleNamespace(gather=gather),
            wake=SimpleNamespace(retry=retry),
        )

    def run(self, line):
        code = main(shlex.split(line), build=lambda: self.app)
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def terminal(capsys):
    return Terminal(capsys)


def test_where_nothing_waits_one_line_says_so(terminal):
    assert terminal.run("waiting") == 0

    assert terminal.out == "Everything of FreshBooks is in Sales\n"


def test_each_line_says_what_whose_how_much_why_since_when_and_who_ends_it(terminal):
    terminal.rows = [INVOICE]

    assert terminal.run("waiting") == 1

    assert terminal.out == (
        "invoice 0001000 Aster Works  120.50 EUR  waiting, since 2026-11-02 15:00 UTC\n"
        "  Dataverse: answered 503\n"
        "  waits for: service-dataverse (xazq5)\n"
        "  ended by: nobody: it follows by itself\n"
        "1 invoice, 120.50 EUR\n"
        "1 not in Sales; 0 left out by a decision, or but for a link\n"
    )


def test_what_names_no_record_is_called_by_its_key(terminal):
    terminal.rows = [UNREADABLE]

    assert terminal.run("waiting") == 1

    assert terminal.out.startswith("4f1c  unreadable, since")


@pytest.mark.parametrize(
    "listed",
    [
        replace(INVOICE, why=Why.IGNORED),
        replace(INVOICE, why=Why.SKIPPED),
        replace(INVOICE, why=Why.DISMISSED),
        replace(INVOICE, partly=True),
    ],
)
def test_what_was_decided_or_lacks_a_link_only_is_listed_and_is_nobodys_trouble(terminal, listed):
    terminal.rows = [listed]

    assert terminal.run("waiting") == 0

    assert "0 not in Sales; 1 left out" in terminal.out


def test_nothing_that_comes_from_outside_steers_the_terminal(terminal):
    evil = "\x1b[2J\nAll is well"
    shown = Shown(evil, evil, f"1{evil}", f"EUR{evil}")
    listed = replace(INVOICE, shown=shown, reason=evil, awaited=f"currency-{evil}", who=evil)
    terminal.rows = [listed, replace(UNREADABLE, key=evil)]

    terminal.run("waiting")

    assert "\x1b" not in terminal.out
    assert "\nAll is well" not in terminal.out


def test_the_list_for_programs_holds_everything_and_the_same_totals(terminal):
    terminal.rows = [INVOICE, replace(INVOICE, number=8, why=Why.HELD), UNREADABLE]

    assert terminal.run("waiting --json") == 1

    told = json.loads(terminal.out)
    assert told["waiting"][0] == {
        "why": "waiting",
        "account": "xazq5",
        "kind": "invoice",
        "record": 7,
        "number": "0001000",
        "name": "Aster Works",
        "amount": "120.50",
        "currency": "EUR",
        "reason": "Dataverse: answered 503",
        "since": NOW.isoformat(),
        "waits_for": "service-dataverse",
        "ended_by": "nobody: it follows by itself",
        "key": "xazq5-invoice-7",
        "partly": False,
    }
    assert [each["record"] for each in told["waiting"]] == [7, 8, None]
    assert told["totals"] == [
        {"kind": "invoice", "currency": "EUR", "count": 2, "amount": "241.00"}
    ]


def test_an_empty_list_for_programs_is_one(terminal):
    assert terminal.run("waiting --json") == 0

    assert json.loads(terminal.out) == {"waiting": [], "totals": []}


def test_one_account_alone_can_be_listed(terminal):
    terminal.run("waiting --account yb7k2")
    terminal.run("waiting")

    assert terminal.asked == ["yb7k2", None]


@pytest.mark.parametrize(
    ("line", "tried"),
    [
        ("waiting retry --all", (None, None)),
        ("waiting retry service-dataverse", (Awaited.service("Dataverse"), None)),
        ("waiting retry problem-0a1b --account xazq5", (Awaited.problem("0a1b"), "xazq5")),
        ("waiting retry --all --account yb7k2", (None, "yb7k2")),
        ("waiting --account yb7k2 retry --all", (None, "yb7k2")),
    ],
)
def test_retry_tries_what_it_is_told(terminal, line, tried):
    assert terminal.run(line) == 0

    assert terminal.tried == [tried]
    assert terminal.out == "3 records are tried now.\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("waiting retry", "Name one subject, or say --all"),
        ("waiting retry service-dataverse --all", "Name one subject, or say --all"),
        ("waiting retry Dataverse", "python -m shared waiting"),
        ("waiting retry client-Aster", "python -m shared waiting"),
        ("waiting retry service-dataverse --account nobody", "is not connected"),
        ("waiting --account nobody", "is not connected"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_tried(terminal, line, says):
    assert terminal.run(line) == 2

    assert says in terminal.err
    assert (terminal.tried, terminal.asked) == ([], [])
