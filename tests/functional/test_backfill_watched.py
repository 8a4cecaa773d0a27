"""A history as operators see it: on the pages, in the doctor's report, and when it is forgotten."""

import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.dataverse.privileges import BYPASS
from shared.checkup import list_checks
from shared.cli import main
from shared.core.identity import Kind, RecordId
from shared.core.runs import KINDS, Counts, Part, Run, RunState
from shared.errors import UnreadableRowError
from shared.sync.doctor import Level, Subject, examine
from tests.functional.browser import Browser
from tests.functional.world import Firm


@pytest.fixture
def firm():
    return Firm()


def begun(firm, **fields):
    """A run of which two pages are done, as it is kept."""
    run = Run(firm.account, fields.pop("id", "1"), KINDS, firm.clock() - timedelta(minutes=5))
    run = firm.runs.insert(replace(run, **fields))
    for page in (1, 2):
        counts = Counts(listed=100, created=100, freshbooks=2, dataverse=4, throttled=page - 1)
        firm.runs.put_part(run, Part(0, page, 2, 230, counts, firm.clock()))
    return run


def findings(firm, subject=Subject.HISTORIES):
    """What the doctor says, as if all that comes before were well."""
    checks = [replace(each, needs=()) for each in list_checks(firm.connector)]
    return list(examine(each for each in checks if each.subject is subject))


@pytest.mark.parametrize(
    ("fields", "level", "said", "advice"),
    [
        ({"step": 1}, Level.OK, "is being carried over; invoices, from ", ""),
        ({"reason": "Dataverse is down"}, Level.WARNING, "waits; Dataverse is down", "by itself"),
        ({"state": RunState.PAUSED}, Level.WARNING, "is paused; clients", "backfill resume"),
        (
            {"state": RunState.CANCELLED, "reason": "an operator cancelled it"},
            Level.WARNING,
            "was not carried to its end; an operator cancelled it",
            "Polls carry the rest",
        ),
        ({"state": RunState.DONE}, Level.OK, "was carried over; 200 records; 4 requests", ""),
    ],
)
def test_the_doctor_says_how_each_history_stands(firm, fields, level, said, advice):
    begun(firm, **fields)

    (finding,) = findings(firm)

    assert finding.level is level
    assert f"{firm.account}: its history {said}" in finding.text
    assert advice in finding.advice
    assert bool(advice) is bool(finding.advice)


def test_a_history_without_a_page_for_long_stands_still_and_one_that_was_paused_does_not(firm):
    run = begun(firm)
    firm.clock.advance(40 * 60)

    (still,) = findings(firm)
    watched = firm.connector.upkeep.watch.run()
    firm.runs.replace(replace(run, state=RunState.PAUSED))
    paused = firm.connector.upkeep.watch.run()

    assert "stands still; no page for 40 min" in still.text
    assert (watched.histories, watched.history_s) == (1, 2400.0)
    assert (paused.histories, paused.history_s) == (0, 0.0)


def test_lost_messages_are_sent_again_and_never_beside_those_that_wait(firm):
    begun(firm)
    firm.clock.advance(31 * 60)
    stopped = replace(firm.connector.backfills.lanes, is_stopped=lambda _business: "it is down")
    waiting = replace(firm.connector.backfills, lanes=stopped)

    waiting.look()
    firm.clock.advance(16 * 60)
    waiting.look()
    between = list(firm.backfill_queue.sent)
    firm.connector.backfills.look()
    soon = list(firm.backfill_queue.sent)
    firm.clock.advance(31 * 60)
    firm.connector.backfills.look()

    assert between == soon == []
    assert firm.backfill_queue.depth() == 1


def test_connections_tell_the_history_of_each_business(firm, capsys):
    begun(firm, state=RunState.PAUSED)

    main(["connections"], build=lambda: firm.connector)
    lines = capsys.readouterr().out.splitlines()
    main(["connections", "--json"], build=lambda: firm.connector)
    told = json.loads(capsys.readouterr().out)

    assert any("    history is paused: clients; 200 records" in line for line in lines)
    history = told[0]["businesses"][0]["history"]
    assert (history["standing"], history["counts"]["throttled"]) == ("is paused", 1)


def test_the_page_that_connected_shows_the_history_and_looks_again_until_it_is_done():
    firm = Firm(connected=False, backfill="automatic")
    browser = Browser(firm)
    browser.connect(firm.connector.connect.invite().id)
    firm.freshbooks.deliveries.run_pending()
    firm.connector.upkeep.run()

    begun_page = browser.visit("steps").body
    ended = firm.connector.backfills.cancel(firm.account)
    after = browser.visit("steps").body

    assert ended.state is RunState.CANCELLED
    assert "The history is being carried over" in begun_page
    assert 'http-equiv="refresh"' in begun_page
    assert "backfill pause" in begun_page
    assert "The history was not carried to its end" in after
    assert 'http-equiv="refresh"' not in after
    assert "backfill pause" not in after


# forgetting


def kept(firm):
    return sorted((run.business, run.id) for run in firm.runs.list_all())


def test_what_ended_long_ago_and_what_is_of_nobody_is_forgotten_and_nothing_else(firm):
    begun(firm, id="old", state=RunState.DONE, ended=firm.clock())
    gone = firm.runs.insert(Run("gone1", "1", KINDS, firm.clock()))
    firm.runs.add_due(gone, [RecordId("gone1", Kind.INVOICE, 7)])
    firm.clock.advance(100 * 24 * 3600)
    begun(firm, id="young", state=RunState.DONE, ended=firm.clock())
    begun(firm, id="going")
    before = firm.clock() - timedelta(days=50)

    pieces = [firm.connector.backfills.prune(before=before, most=2) for _ in range(4)]

    assert pieces == [2, 2, 1, 0]
    assert kept(firm) == [(firm.account, "going"), (firm.account, "young")]
    assert {run for _, run, *_ in firm.runs.parts} == {"going", "young"}
    assert not firm.runs.due.get(("gone1", "1"))


def test_the_runs_of_a_business_whose_row_cannot_be_read_stay(firm):
    firm.runs.insert(Run("blind1", "1", KINDS, firm.clock()))
    firm.businesses.refuse("get", UnreadableRowError("a row"))
    firm.clock.advance(24 * 3600)

    assert firm.connector.backfills.prune(before=firm.clock(), most=9) == 0


# the firm's own logic


CUSTOM = "CustomSync,CustomAsync"
CHANGE = re.compile(rb"^(POST|PATCH|DELETE) ", re.MULTILINE)


def headers_of(firm):
    """Of each request that changes something: does it, does every change in it leave logic out."""
    app, seen = firm.dataverse_door.app, set()

    def door(environ, start_response):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        outer = environ.get("HTTP_MSCRM.BYPASSBUSINESSLOGICEXECUTION")
        if environ["PATH_INFO"].endswith("$batch"):
            changes = len(CHANGE.findall(body))
            inner = body.count(b"MSCRM.BypassBusinessLogicExecution: " + CUSTOM.encode())
            if changes:
                assert inner in {0, changes}, "some changes of a batch leave it out, others do not"
                seen.add((outer, inner > 0))
        elif environ["REQUEST_METHOD"] != "GET":
            seen.add((outer, outer is not None))
        return app(environ, start_response)

    firm.dataverse_door.app = door
    return seen


def carry(firm):
    client = firm.books.create_client(organization="Amberline")
    for _ in range(3):
        firm.books.create_invoice(client["id"], sent=True)
    firm.clock.advance(60)
    firm.connector.backfills.start(firm.account)
    firm.drain()
    return firm.connector.backfills.progress(firm.account)


@pytest.mark.parametrize("held", [True, False])
def test_custom_logic_is_left_out_where_that_is_allowed_else_it_is_said_and_all_is_carried(
    held, caplog
):
    firm = Firm(backfill_bypass="all")
    if not held:
        firm.dataverse.set({"privileges": {BYPASS: None}})
    seen = headers_of(firm)

    progress = carry(firm)

    (finding,) = findings(firm, Subject.BYPASS)
    assert progress.run.state is RunState.DONE
    assert len(firm.invoices()) == 3
    assert seen == ({(CUSTOM, True)} if held else {(None, False)})
    assert (f"the application user lacks {BYPASS}" in caplog.text) is not held
    assert finding.level is (Level.OK if held else Level.WARNING)


def test_what_happens_now_starts_all_that_the_firm_has():
    firm = Firm(backfill_bypass="all")
    carry(firm)
    seen = headers_of(firm)

    client = firm.books.create_client(organization="Brockhurst")
    firm.books.create_invoice(client["id"], sent=True)
    firm.poll()
    firm.drain()

    assert len(firm.invoices()) == 4
    assert seen == {(None, False)}


def test_without_the_setting_nothing_is_left_out_and_nothing_is_asked_for(firm):
    seen = headers_of(firm)

    carry(firm)

    assert seen == {(None, False)}
    assert findings(firm, Subject.BYPASS)[0].text == "None are asked for."
