"""The alerts as they would be deployed: each is for somebody, and each is set off by what it names.

The queries are run by a small stand-in for Kusto's engine, over the lines that the connector really
writes; what Azure makes of a window, a late line or a mute is not shown here.
"""

import logging
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.app import build
from shared.connector import FirstUse
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.lines import LINES
from shared.core.reconcile.nights import LAST, Night
from shared.errors import RetryLaterError
from shared.settings import Settings
from shared.sync.receive import WebhookReply
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from tests.functional.world import Firm
from tests.infra.alert_queries import UnknownQueryError, events_of, fields_of, run
from tools import tables

ROOT = Path(__file__).resolve().parents[2]
OWNER = "operations@example.com"

# What tells that a function does not do its work; or why nothing has to.
WATCHED_BY = {
    "webhook": ("callback", "signatures"),
    "process": ("queue", "dead-letters", "person", "throttling"),
    "poisoned": ("poison",),
    "backfill": ("history",),
    "backfill_poisoned": ("history", "poison"),
    "poll": ("poll",),
    "reconcile": ("comparison",),
    "upkeep": ("upkeep", "reconnect", "silence", "waiting"),
    "health": "whoever asks it is told; it does nothing",
    "connect": "a person looks at the page, and sees what went wrong",
    "connect_start": "a person looks at the page, and sees what went wrong",
    "connect_callback": "a person looks at the page, and sees what went wrong",
    "connect_steps": "a person looks at the page, and sees what went wrong",
    "connect_advance": "a person looks at the page, and sees what went wrong",
    "connect_state": "a person looks at the page, and sees what went wrong",
    "connect_business": "a person looks at the page, and sees what went wrong",
}


@pytest.fixture(scope="module")
def rules(deployments):
    found = deployments["production"].all("Microsoft.Insights/scheduledQueryRules")
    return {each.name.removeprefix("fbx-connector-production-"): each.properties for each in found}


def query_of(rule):
    (criterion,) = rule["criteria"]["allOf"]
    return criterion["query"]


def minutes(duration):
    return {"M": 1, "H": 60, "D": 1440}[duration[-1]] * int(re.findall(r"\d+", duration)[0])


class Unreachable:
    """A `Receive` that FreshBooks does not get through to."""

    def handle(self, **_):
        return WebhookReply(503, "down")


class Log(logging.Handler):
    """The log with the time of each line, as Application Insights keeps it."""

    def __init__(self, clock):
        super().__init__(logging.INFO)
        self.clock = clock
        self.lines: list[tuple[datetime, str]] = []

    def emit(self, record):
        self.lines.append((self.clock(), record.getMessage()))

    def fires(self, rule):
        """Say whether a rule would fire now."""
        since = self.clock() - timedelta(minutes=minutes(rule["windowSize"]))
        return bool(run(query_of(rule), [line for at, line in self.lines if at > since]))

    def firing(self, rules):
        return {name for name, rule in rules.items() if self.fires(rule)}


class Watched:
    """A firm whose timers run, and the log of it."""

    def __init__(self, **settings):
        self.firm = Firm(**settings)
        self.log = Log(self.firm.clock)
        logging.getLogger("shared").addHandler(self.log)

    def minute(self, *, upkeep=True, poll=True, served=True):
        """Let a minute pass: the timers fire, webhooks arrive, messages are handled."""
        firm = self.firm
        firm.clock.advance(60)
        firm.freshbooks.deliveries.run_pending()
        if served:
            while firm.step():
                pass
        if upkeep:
            firm.connector.upkeep.run()
        if poll and firm.clock().minute % 5 == 0:
            firm.connector.poll.run()
        return self

    def minutes(self, number, **how):
        for _ in range(number):
            self.minute(**how)
        return self

    def sold(self, **fields):
        client = self.firm.books.create_client(organization="Aster Works")
        lines = [{"name": "Work", "qty": "1", "unit_cost": "100.00"}]
        return self.firm.books.create_invoice(client["id"], lines=lines, sent=True, **fields)

    def forged(self):
        path = next(each.uri for each in self.firm.registrations.list_all())
        business, noun, key = path.split("/")[-3:]
        body = f"name={noun}.update&object_id=7&account_id={business}".encode()
        return self.firm.connector.receive.handle(
            business=business,
            noun=noun,
            key=key,
            body=body,
            signature="d3Jvbmc=",
            content_type="application/x-www-form-urlencoded",
        ).status

    def message(self):
        return SyncRequest(
            business=self.firm.account,
            kind=Kind.CLIENT,
            number=7,
            cause=Cause.OPERATOR,
            seen=self.firm.clock(),
        )


@pytest.fixture
def watched(caplog):
    caplog.set_level(logging.INFO, logger="shared")
    watched = Watched()
    yield watched
    logging.getLogger("shared").removeHandler(watched.log)


def test_every_rule_writes_to_the_owner_and_says_what_to_do_first(deployments, rules):
    group = deployments["production"].one("Microsoft.Insights/actionGroups")
    insights = deployments["production"].one("Microsoft.Insights/components")
    runbooks = (ROOT / "docs" / "operations.md").read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", runbooks, re.MULTILINE)
    }

    assert [each["emailAddress"] for each in group["emailReceivers"]] == [OWNER]
    for name, rule in rules.items():
        text = rule["description"]
        assert rule["actions"]["actionGroups"] == [group.id]
        assert rule["scopes"] == [insights.id]
        assert "For the " in text
        assert "First step: " in text
        assert text.endswith(f"Runbook: docs/operations.md#alert-{name}")
        assert f"alert-{name}" in headings


def test_every_rule_counts_rows_and_looks_back_further_than_lines_are_late(rules):
    for rule in rules.values():
        (criterion,) = rule["criteria"]["allOf"]
        window, every = minutes(rule["windowSize"]), minutes(rule["evaluationFrequency"])

        assert (criterion["timeAggregation"], criterion["operator"], criterion["threshold"]) == (
            "Count",
            "GreaterThan",
            0,
        )
        assert window >= every + 5
        assert minutes(rule["muteActionsDuration"]) >= window
        assert rule["autoMitigate"] is False


def test_a_stopped_queue_is_told_within_about_a_quarter_of_an_hour(rules):
    rule = rules["queue"]
    measured, ingested = 1, 5
    threshold = int(re.findall(r"unserved > (\d+)", query_of(rule))[0]) // 60

    assert threshold + measured + ingested + minutes(rule["evaluationFrequency"]) <= 16


def test_the_queries_read_only_what_the_lines_hold(rules):
    known = {kind.event: kind.names() for kind in LINES}
    for rule in rules.values():
        query = query_of(rule)

        assert events_of(query) <= known.keys()
        names = (
            set().union(*(known[event] for event in events_of(query)))
            if events_of(query)
            else set()
        )
        assert fields_of(query) <= names


def test_every_function_has_its_alert_or_its_reason(rules):
    named = {name for alerts in WATCHED_BY.values() if isinstance(alerts, tuple) for name in alerts}

    assert WATCHED_BY.keys() == tables.triggers().keys()
    assert named == rules.keys()


def test_nothing_is_told_while_all_is_well(watched, rules):
    told = set()
    for number in range(90):
        if number % 10 == 0:
            watched.sold()
        watched.minute()
        if number >= 60:
            told |= watched.log.firing(rules)

    assert told == set()
    assert watched.log.lines


def test_nothing_is_told_of_an_outage_that_heals_by_itself(watched, rules):
    watched.minutes(30)
    watched.firm.dataverse_door.fail(kind="status", status=503, times=None)
    watched.sold()
    watched.minutes(40)
    told = watched.log.firing(rules)
    watched.firm.dataverse_door.heal()
    watched.minutes(20)

    assert told == set()


def test_a_login_that_ended_is_told(watched, rules):
    watched.minutes(60)
    watched.firm.freshbooks.grant()
    watched.firm.freshbooks.oauth.expire_access_tokens()
    watched.sold()
    watched.minutes(3)

    assert "reconnect" in watched.log.firing(rules)


def test_a_missing_role_is_told_once_a_minute_however_many_records_wait(watched, rules):
    watched.minutes(60)
    watched.firm.dataverse_door.fail(kind="status", status=403, times=None)
    for _ in range(30):
        watched.sold()
    before = len(watched.log.lines)
    watched.minutes(2)
    lines = [line for _, line in watched.log.lines[before:] if '"event":"trouble"' in line]

    assert "person" in watched.log.firing(rules)
    assert 0 < len(lines) <= 10


def test_wrong_settings_are_told(watched, rules, monkeypatch):
    monkeypatch.delenv("FRESHBOOKS_CLIENT_ID", raising=False)
    world = watched.firm.connector.world
    use = FirstUse(lambda: build(Settings.load(), world), unsettled=watched.firm.telemetry)

    assert not use.is_ready()
    assert "person" in watched.log.firing(rules)


def test_a_queue_that_nobody_serves_is_told(watched, rules):
    watched.minutes(60)
    watched.sold()
    watched.minutes(4, served=False)
    early = watched.log.firing(rules)
    watched.minutes(4, served=False)

    assert "queue" not in early
    assert "queue" in watched.log.firing(rules)


def test_a_message_that_was_delayed_for_hours_is_no_queue_that_nobody_serves(watched, rules):
    watched.firm.connector.world.queue.send(watched.message(), delay=3 * 3600 + 30)
    watched.minutes(180)
    watched.firm.clock.advance(50)  # visible, and this very moment nobody has taken it yet
    watched.firm.connector.upkeep.run()

    assert watched.firm.connector.world.queue.visible_since() is not None
    assert "queue" not in watched.log.firing(rules)


def test_a_backlog_that_is_worked_off_slowly_is_no_queue_that_nobody_serves(watched, rules):
    watched.minutes(60)
    for _ in range(60):
        watched.firm.queue.send(watched.message())
    for _ in range(20):
        watched.firm.step()
        watched.minute(served=False)

    assert watched.firm.queue.depth() > 20
    assert "queue" not in watched.log.firing(rules)


def test_a_host_that_gives_up_again_and_again_is_told_and_one_crash_is_not(watched, rules):
    watched.minutes(60)
    body = watched.message().model_dump_json().encode()
    watched.firm.connector.poison.handle(body)
    watched.minute()
    once = watched.log.firing(rules)
    for _ in range(10):
        watched.firm.connector.poison.handle(body)
        watched.minute()

    assert once == set()
    assert watched.log.firing(rules) == {"poison"}


def test_messages_that_stay_on_the_poison_queue_are_told(watched, rules):
    watched.minutes(60)
    watched.firm.queue.broken = RetryLaterError("the queue is down", service="Queues")
    watched.firm.poison_queue.park(watched.message().encode())
    watched.minutes(1, served=False, poll=False)
    early = watched.log.firing(rules)
    watched.minutes(6, served=False, poll=False)

    assert "poison" not in early
    assert "poison" in watched.log.firing(rules)


def test_a_record_the_host_gave_up_on_for_good_is_a_dead_letter_and_told(watched, rules):
    watched.minutes(60)
    last = {"attempt": watched.firm.settings.max_attempts - 1}
    message = watched.message().model_copy(update=last)
    watched.firm.connector.poison.handle(message.model_dump_json().encode())

    assert watched.log.firing(rules) == {"dead-letters"}


def test_a_service_that_stays_down_is_told_after_an_hour(watched, rules):
    watched.minutes(30)
    watched.firm.dataverse_door.fail(kind="status", status=503, times=None)
    for _ in range(3):
        watched.sold()
    watched.minutes(55)
    early = watched.log.firing(rules)
    watched.minutes(20)

    assert "waiting" not in early
    assert "waiting" in watched.log.firing(rules)


def test_a_refusal_that_keeps_a_record_out_is_told_after_an_hour_until_it_ends(watched, rules):
    watched.minutes(30)
    watched.firm.refuse_discounts()
    invoice = watched.sold(discount_value="5")
    watched.minutes(85)
    told = watched.log.firing(rules)
    watched.firm.books.edit_invoice(invoice["id"], discount_value="0")
    watched.minutes(45)

    assert "waiting" in told
    assert "waiting" not in watched.log.firing(rules)


def test_a_client_nobody_decided_about_is_told_after_a_day_and_a_decision_ends_it(rules, caplog):
    caplog.set_level(logging.INFO, logger="shared")
    watched = Watched(unmatched_clients="hold")
    watched.sold()
    watched.minutes(30)
    early = watched.log.firing(rules)
    watched.firm.clock.advance(24 * 3600)
    watched.minutes(10)
    told = watched.log.firing(rules)
    (held,) = watched.firm.connector.review.list_held()
    watched.firm.connector.review.ignore(watched.firm.account, int(held.hold.awaited.name))
    watched.minutes(40)
    logging.getLogger("shared").removeHandler(watched.log)

    assert "waiting" not in early
    assert "waiting" in told
    assert "waiting" not in watched.log.firing(rules)


def test_a_history_that_stands_still_is_told_after_an_hour_and_one_that_was_paused_is_not(
    watched, rules
):
    firm = watched.firm
    watched.minutes(60)
    firm.connector.backfills.start(firm.account)
    watched.minutes(50)
    early = watched.log.firing(rules)
    watched.minutes(15)
    late = watched.log.firing(rules)
    firm.connector.backfills.pause(firm.account)
    watched.minutes(31)

    assert "history" not in early
    assert "history" in late
    assert "history" not in watched.log.firing(rules)


def test_two_days_without_a_comparison_are_told_and_a_night_of_outage_is_not(watched, rules):
    firm = watched.firm
    firm.checkpoints.set(LAST, firm.clock() - timedelta(hours=47), note=night_of(firm, remained=0))
    watched.minutes(30)
    early = watched.log.firing(rules)
    watched.minutes(60)

    assert "comparison" not in early
    assert "comparison" in watched.log.firing(rules)


def test_differences_that_stay_are_told_until_a_night_finds_them_no_more(watched, rules):
    firm = watched.firm
    firm.checkpoints.set(LAST, firm.clock(), note=night_of(firm, remained=3))
    watched.minutes(5)
    told = watched.log.firing(rules)
    firm.checkpoints.set(LAST, firm.clock(), note=night_of(firm, remained=0))
    watched.minutes(31)

    assert "comparison" in told
    assert "comparison" not in watched.log.firing(rules)


def night_of(firm, *, remained):
    return Night(night=firm.clock().date(), remained=remained).model_dump_json()


def test_silence_is_told_though_there_is_no_line_at_all(watched, rules):
    assert watched.log.lines == []
    assert watched.log.firing(rules) == {"silence", "poll", "upkeep"}


def test_a_poll_that_stopped_is_told(watched, rules):
    watched.minutes(60).minutes(31, poll=False)

    assert watched.log.firing(rules) == {"poll"}


def test_a_business_that_cannot_be_polled_for_hours_is_told(watched, rules):
    watched.minutes(60)
    watched.firm.freshbooks_door.fail(kind="status", status=503, path="/invoices", times=None)
    watched.minutes(361)

    assert "poll" in watched.log.firing(rules)


def test_an_upkeep_that_stopped_is_told(watched, rules):
    watched.minutes(60).minutes(31, upkeep=False)

    assert watched.log.firing(rules) == {"upkeep"}


def test_a_webhook_that_freshbooks_disabled_is_told(watched, rules):
    watched.minutes(60)
    for callback in watched.firm.freshbooks.callbacks.of(watched.firm.account):
        callback.verified = False
    watched.minutes(int(REPAIR_WEBHOOKS_EVERY.total_seconds() / 60))

    assert "callback" in watched.log.firing(rules)


def test_a_webhook_that_is_never_verified_is_told(watched, rules):
    watched.minutes(60)
    watched.firm.freshbooks.switches.resend_renews_verifier = True
    watched.firm.connector = replace(watched.firm.connector, receive=Unreachable())
    for callback in watched.firm.freshbooks.callbacks.of(watched.firm.account):
        callback.verified = False
    watched.minutes(75)

    assert "callback" in watched.log.firing(rules)


def test_a_record_that_cannot_be_written_is_told(watched, rules):
    watched.minutes(60)
    watched.firm.connector.process.handle(b"no message of ours")

    assert "dead-letters" in watched.log.firing(rules)


def test_wrong_signatures_are_told_when_they_surge_and_not_before(watched, rules):
    watched.minutes(60)
    for _ in range(3):
        watched.forged()
    watched.minute()
    early = watched.log.firing(rules)
    for _ in range(40):
        watched.forged()
    watched.minutes(2)

    assert "signatures" not in early
    assert "signatures" in watched.log.firing(rules)


def test_a_flood_of_strangers_sets_off_nothing_and_is_a_handful_of_lines(watched, rules):
    watched.minutes(60)
    before = len(watched.log.lines)
    for number in range(10_000):
        watched.firm.connector.receive.handle(
            business=watched.firm.account,
            noun="invoice",
            key=f"a guess {number}",
            body=b"name=invoice.update&object_id=7",
            signature=None,
            content_type="application/x-www-form-urlencoded",
        )
    flood = watched.log.lines[before:]
    watched.minutes(2)

    assert len(flood) <= 2
    assert watched.log.firing(rules) == set()


def test_throttling_is_told_with_the_service(watched, rules):
    watched.minutes(60)
    watched.firm.dataverse_door.fail(kind="status", status=429, times=None)
    for _ in range(20):
        watched.sold()
    watched.minutes(30)
    since = watched.firm.clock() - timedelta(minutes=30)
    lines = [line for at, line in watched.log.lines if at > since]

    assert [row["service"] for row in run(query_of(rules["throttling"]), lines)] == ["Dataverse"]


@pytest.mark.parametrize(
    "query",
    [
        "requests\n| where success == false",
        "traces\n| top 1 by timestamp",
        "traces\n| where message has 'x'",
        "traces\n| summarize found = dcount(message)",
        "traces\n| where message startswith '{' and true",
    ],
)
def test_the_stand_in_refuses_what_it_does_not_know(query):
    with pytest.raises((UnknownQueryError, SyntaxError, NameError)):
        run(query, ["{}"])


def test_the_runbooks_name_every_rule(rules):
    text = Path(ROOT / "docs" / "operations.md").read_text()

    assert set(re.findall(r"^### Alert: (.+)$", text, re.MULTILINE)) == {
        name.replace("-", " ") for name in rules
    }
