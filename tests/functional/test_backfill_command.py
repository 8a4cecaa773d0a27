"""`python -m shared backfill`: what it begins, what it shows, and what it refuses to begin."""

import json
import os
import pty
import select
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.cli import main
from shared.cli.progress import line_of, shown
from shared.core.identity import Kind
from shared.core.runs import Counts, Part, Run, RunState, progress_of
from tests.functional.scene import lines
from tests.functional.world import Firm

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.fixture
def firm():
    """A firm with a client, an invoice and a payment, that was connected later."""
    firm = Firm(connected=False)
    client = firm.books.create_client(organization="Amberline")
    invoice = firm.books.create_invoice(client["id"], lines=lines("25.00"), sent=True)["id"]
    firm.books.pay_invoice(invoice, "10.00")
    firm.clock.advance(10 * 24 * 3600)
    firm.connect()
    firm.drain()
    return firm


def ran(firm, capsys, *words, clock=None):
    app = firm.connector
    if clock is not None:
        app = replace(app, backfills=replace(app.backfills, clock=clock))
    capsys.readouterr()
    code = main(["backfill", *words], build=lambda: app)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def worked_on(firm):
    """A clock, and whoever looks at it lets the app work meanwhile."""

    def now():
        firm.drain()
        return firm.clock()

    return now


def interrupted(firm):
    """A clock that is looked at by somebody who presses Ctrl-C when a backfill has begun."""

    def now():
        if firm.runs.runs:
            raise KeyboardInterrupt
        return firm.clock()

    return now


def state(firm):
    progress = firm.connector.backfills.progress(firm.account)
    return progress and progress.run.state


def kept(firm):
    """Everything that a backfill could change."""
    return (
        firm.everything(),
        dict(firm.journal.latest),
        list(firm.queue.sent),
        list(firm.backfill_queue.sent),
        dict(firm.runs.runs),
        dict(firm.runs.parts),
        list(firm.checkpoints.list_all()),
    )


def test_a_backfill_is_shown_until_it_is_done(firm, capsys):
    code, out, err = ran(firm, capsys, clock=worked_on(firm))

    first, *_, last = out.splitlines()
    assert (code, err) == (0, "")
    assert first.startswith("running: 0 records; clients; ")
    assert last.startswith("done: 3 records; ")
    assert "3 created, 0 changed, 0 one by one" in last
    assert len(firm.invoices()) == 1


def test_ctrl_c_leaves_it_going(firm, capsys):
    code, out, _ = ran(firm, capsys, clock=interrupted(firm))

    assert code == 130
    assert out == "\nIt goes on by itself; see: python -m shared backfill status\n"
    assert state(firm) is RunState.RUNNING
    firm.drain()
    assert state(firm) is RunState.DONE


def test_a_program_gets_nothing_but_json_and_no_look_in_between(firm, capsys):
    code, out, _ = ran(firm, capsys, "--json", "--kinds", "client", clock=worked_on(firm))

    told = json.loads(out)
    assert code == 0
    assert (told["state"], told["kinds"], told["records"]) == ("done", ["client"], 1)
    assert told["counts"]["freshbooks"] > 0
    assert told["from"] is told["to"] is None


def test_a_detached_one_says_how_to_see_it(firm, capsys):
    code, out, _ = ran(firm, capsys, "--detach", "--from", "2026-01-01", "--missing")

    run = firm.runs.get_latest(firm.account)
    assert code == 0
    assert out == "It goes on by itself; see: python -m shared backfill status\n"
    assert (run.span.first, run.missing) == (date(2026, 1, 1), True)


def test_it_is_paused_resumed_and_ended_by_a_word_each(firm, capsys):
    ran(firm, capsys, "--detach")

    paused = ran(firm, capsys, "pause")
    looked = ran(firm, capsys, "status", "--json")
    resumed = ran(firm, capsys, "resume", "--detach")
    ended = ran(firm, capsys, "cancel")
    after = ran(firm, capsys, "status")

    assert paused[:2] == (0, "Paused. It goes on with: python -m shared backfill resume\n")
    assert json.loads(looked[1])["state"] == "paused"
    assert resumed[0] == ended[0] == 0
    assert after[0] == 1
    assert after[1].startswith("cancelled: 0 records; ")
    assert after[1].endswith("an operator cancelled it\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2999-01-01"], "2999-01-01 is still to come; it is "),
        (["status"], "There was no backfill of "),
        (["pause"], "No backfill of "),
        (["resume"], "No backfill of "),
        (["cancel"], "No backfill of "),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_sent(firm, capsys, words, said):
    before = kept(firm)

    code, out, err = ran(firm, capsys, *words)

    assert (code, out) == (2, "")
    assert err.startswith(f"Not possible: {said}")
    assert kept(firm) == before


def test_a_second_one_is_refused_while_one_is_under_way(firm, capsys):
    ran(firm, capsys, "--detach")
    before = kept(firm)

    code, _, err = ran(firm, capsys, "--kinds", "invoice")

    assert code == 2
    assert "is running: wait for it, or end it with `python -m shared backfill cancel`" in err
    assert kept(firm) == before


def test_kinds_that_the_login_may_not_read_are_no_backfill(firm, capsys):
    backfills = replace(firm.connector.backfills, may_read=lambda _business, _kind: False)
    app = replace(firm.connector, backfills=backfills)
    before = kept(firm)

    code = main(["backfill", "--kinds", "credit"], build=lambda: app)

    assert code == 2
    assert "may not read credits in FreshBooks. Log in again" in capsys.readouterr().err
    assert kept(firm) == before


@pytest.mark.parametrize("words", [["--dry-run"], ["--dry-run", "--json"]])
def test_a_dry_run_says_what_would_be_written_and_writes_nothing_anywhere(firm, capsys, words):
    before = kept(firm)

    code, out, _ = ran(firm, capsys, *words)

    assert code == 0
    assert kept(firm) == before
    if "--json" in words:
        assert json.loads(out)["listed"] == 3
    else:
        assert out.splitlines()[0].startswith("clients: 1 records; ")
        assert out.endswith("Nothing was written.\n")


def test_the_history_of_a_record_names_the_backfill(firm, capsys):
    ran(firm, capsys, "--detach")
    firm.drain()
    number = firm.books.records("invoice")[0]["id"]

    main(["history", "invoice", str(number)], build=lambda: firm.connector)

    assert "created (backfill)" in capsys.readouterr().out


# what is shown


def looks():
    """A run as it goes on: begun, half way, waiting, done."""
    run = Run("xazq5", "1", (Kind.CLIENT,), NOW - timedelta(seconds=100))
    half = [Part(0, 1, 2, 200, Counts(listed=100, created=90, alone=10), NOW)]
    whole = [*half, Part(0, 2, 2, 200, Counts(listed=100, created=100, throttled=2), NOW)]
    waits = replace(run, reason="Dataverse is\x1b[2J down")
    done = replace(run, state=RunState.DONE, step=3, ended=NOW)
    return [
        progress_of(each, parts, now=NOW)
        for each, parts in ((run, []), (run, half), (run, half), (waits, half), (done, whole))
    ]


def test_without_a_terminal_each_change_is_a_line(capsys):
    last = shown(iter(looks()))

    begun, half, waits, done = capsys.readouterr().out.splitlines()
    assert begun.startswith("running: 0 records; clients")
    assert half.startswith("running: 100 of about 200 records; clients; 1 a second; about 2 min")
    assert waits.endswith("Dataverse is [2J down")
    assert "throttled 2 times" in done
    assert last.run.state is RunState.DONE


def test_in_a_terminal_it_is_a_bar_that_ends_full(monkeypatch):
    controller, terminal = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(terminal, "w") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        shown(iter(looks()))
        screen.flush()
        seen = read(controller)
    os.close(controller)

    assert "━" in seen
    assert "200/200" in seen
    assert seen.rstrip().endswith(line_of(looks()[-1]))
    assert "\x1b[2J" not in seen


def test_where_rich_is_not_installed_a_terminal_gets_lines(monkeypatch):
    controller, terminal = pty.openpty()
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with os.fdopen(terminal, "w") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        shown(iter(looks()))
        screen.flush()
        seen = read(controller)
    os.close(controller)

    assert len(seen.splitlines()) == 4


def read(controller):
    found = b""
    while select.select([controller], [], [], 0.2)[0]:
        found += os.read(controller, 65536)
    return found.decode()
