"""The doctor's decisions: findings of checks, privileges, clocks, settings, connections."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.connections import (
    ConnectionState,
    ConnectionStatus,
    Registration,
    RegistrationState,
    SyncedBusiness,
)
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind
from shared.core.journal import DeadLetter
from shared.core.privileges import Depth, Right, TableNeed, list_needs
from shared.core.waiting import Hold, HoldState
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.doctor import Check, Finding, Level, Subject, examine, own, unsettled
from shared.sync.doctor.clocks import check_clock
from shared.sync.doctor.connections import check_app, check_connections, check_webhooks
from shared.sync.doctor.privileges import list_gaps
from shared.sync.doctor.settings import CALLBACK_PATH, Given, check_settings
from shared.sync.heartbeats import TAKEN, Heartbeats
from tests.memory import FakeClock, MemoryCheckpoints, MemoryDeadLetters, MemoryHolds, MemoryQueue

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
SCOPES = ("user:profile:read", "user:invoices:read")
ALL_SCOPES = " ".join(SCOPES)
PUBLIC = "https://app.example"


def a_check(subject, *levels, needs=()):
    return Check(subject, lambda: [Finding(level, subject, "found") for level in levels], needs)


def raising(subject, error):
    def run():
        raise error

    return Check(subject, run)


def levels(findings):
    return [(finding.subject, finding.level) for finding in findings]


def the(findings):
    found = list(findings)
    assert len(found) == 1, found
    return found[0]


def test_a_check_that_raises_is_a_failure_with_its_reason_and_the_others_are_made():
    found = list(
        examine(
            [
                raising(Subject.KEY_VAULT, ConfigurationError("Give it the role.")),
                raising(Subject.QUEUE, RetryLaterError("No answer.")),
                a_check(Subject.TABLES, Level.OK),
            ]
        )
    )

    assert levels(found) == [
        (Subject.KEY_VAULT, Level.FAILURE),
        (Subject.QUEUE, Level.FAILURE),
        (Subject.TABLES, Level.OK),
    ]
    assert found[0].text == "Give it the role."
    assert found[0].advice.startswith("The administrator mends what is named")
    assert "Run the doctor again in a few minutes" in found[1].advice


def test_a_failure_that_says_itself_who_has_to_act_is_told_without_another_advice():
    said = "The Power Platform administrator installs it."

    found = the(examine([raising(Subject.SCHEMA, ConfigurationError(said))]))

    assert (found.text, found.advice) == (said, "")


def test_a_defect_in_a_check_is_told_without_what_it_holds():
    found = the(examine([raising(Subject.HELD, KeyError("very-secret"))]))

    assert found.level is Level.FAILURE
    assert "KeyError" in found.text
    assert "very-secret" not in found.text + found.advice


def test_what_depends_on_something_that_failed_is_not_checked():
    found = examine(
        [
            a_check(Subject.SIGN_IN, Level.FAILURE),
            a_check(Subject.SCHEMA, Level.OK, needs=(Subject.SIGN_IN,)),
            a_check(Subject.CURRENCIES, Level.OK, needs=(Subject.SCHEMA,)),
            a_check(Subject.NAMES, Level.OK, needs=(Subject.TABLES,)),
        ]
    )

    assert levels(found) == [
        (Subject.SIGN_IN, Level.FAILURE),
        (Subject.SCHEMA, Level.SKIPPED),
        (Subject.CURRENCIES, Level.SKIPPED),
        (Subject.NAMES, Level.OK),
    ]


def test_a_warning_lets_what_depends_on_it_be_checked():
    found = examine(
        [
            a_check(Subject.SIGN_IN, Level.WARNING),
            a_check(Subject.SCHEMA, Level.OK, needs=(Subject.SIGN_IN,)),
        ]
    )

    assert levels(found)[1] == (Subject.SCHEMA, Level.OK)


def test_with_wrong_settings_nothing_else_is_checked():
    found = unsettled("missing: PUBLIC_URL")

    assert [finding.subject for finding in found] == list(Subject)
    assert found[0].level is Level.FAILURE
    assert {finding.level for finding in found[1:]} == {Level.SKIPPED}


CALLBACK = f"{PUBLIC}{CALLBACK_PATH}"


def given(**changes):
    return Given(**{"public_url": PUBLIC, "redirect_uri": CALLBACK, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"redirect_uri": f"{PUBLIC}:443{CALLBACK_PATH}"},
        {"threads": 24},
        {"threads": 32, "in_azure": True},
        {"role": True, "tenant": True},
        {"role": True, "tenant": True, "easy_auth": True, "in_azure": True, "threads": 32},
        {"tenant": True},
        {"services": {"DATAVERSE_URL": "http://127.0.0.1:1"}},
    ],
    ids=str,
)
def test_settings_that_can_be_meant_are_complete(changes):
    found = the(check_settings(given(**changes)))

    assert found.level is Level.OK
    assert "complete" in found.text


@pytest.mark.parametrize(
    ("changes", "level", "said", "advice"),
    [
        (
            {"redirect_uri": f"https://other.example{CALLBACK_PATH}"},
            Level.WARNING,
            "different origins",
            CALLBACK,
        ),
        (
            {"redirect_uri": f"{PUBLIC}:8443{CALLBACK_PATH}"},
            Level.WARNING,
            "different origins",
            CALLBACK,
        ),
        (
            {"redirect_uri": f"{PUBLIC}/callback"},
            Level.WARNING,
            "path of FRESHBOOKS_REDIRECT_URI",
            CALLBACK,
        ),
        ({"threads": 23}, Level.FAILURE, "is below 24", "to 32"),
        ({"in_azure": True}, Level.FAILURE, "is not set", "to 32"),
        ({"role": True}, Level.WARNING, "without OPERATOR_TENANT_ID", "sets OPERATOR_TENANT_ID"),
        (
            {"role": True, "tenant": True, "in_azure": True, "threads": 32},
            Level.WARNING,
            "authentication is on",
            "turns authentication on",
        ),
        ({"two_storages": True}, Level.WARNING, "named twice", "removes the one"),
        ({"unused": ("DATAVERSE_CLIENT_ID",)}, Level.WARNING, "not used", "client-secret"),
        ({"misspelt": ("A, perhaps B",)}, Level.WARNING, "A, perhaps B", "corrects the name"),
        (
            {"services": {"KEY_VAULT_URL": "https://localhost"}, "in_azure": True, "threads": 32},
            Level.FAILURE,
            "KEY_VAULT_URL",
            "address of the service",
        ),
    ],
    ids=str,
)
def test_settings_that_are_most_likely_not_meant_are_told_with_what_to_do(
    changes, level, said, advice
):
    found = the(check_settings(given(**changes)))

    assert found.level is level
    assert said in found.text
    assert advice in found.advice


@pytest.mark.parametrize(
    ("answer", "level"), [(True, Level.OK), (False, Level.FAILURE), (None, Level.WARNING)]
)
def test_what_freshbooks_says_of_the_app_is_told(answer, level):
    found = the(check_app(lambda: answer))

    assert found.level is level
    assert answer is not False or "FRESHBOOKS_CLIENT_SECRET" in found.text


class ForgetfulSecrets:
    def get(self, _name):
        return None

    def set(self, _name, _value):
        pass


def test_a_vault_that_does_not_keep_what_it_is_given_is_a_failure():
    found = the(own.check_vault(ForgetfulSecrets(), FakeClock(NOW)))

    assert found.level is Level.FAILURE


def test_tables_that_keep_something_else_are_a_failure():
    class Frozen(MemoryCheckpoints):
        def set(self, name, moment):
            super().set(name, moment - timedelta(minutes=1))

    assert the(own.check_tables(Frozen(), FakeClock(NOW))).level is Level.FAILURE
    assert the(own.check_tables(MemoryCheckpoints(), FakeClock(NOW))).level is Level.OK


def test_what_waits_for_a_person_is_counted():
    queue, letters, holds = MemoryQueue(FakeClock(NOW)), MemoryDeadLetters(), MemoryHolds()
    queue.messages.append(object())
    letters.add(DeadLetter(key="a", body="", reason="", at=NOW))
    for subject, state in (
        ("client-1", "waiting"),
        ("client-2", "ignored"),
        ("client-3", "released"),
        ("currency-EUR", "waiting"),
    ):
        holds.upsert(Hold("xazq5", Awaited.parse(subject), "", "", NOW, state=HoldState(state)))

    found = [
        the(own.check_poison_queue(queue)),
        the(own.check_dead_letters(letters)),
        the(own.check_held(holds)),
    ]

    assert {finding.level for finding in found} == {Level.WARNING}
    assert found[0].text == "Messages in it: 1."
    assert found[1].text == "Waiting for a decision: 1."
    assert found[2].text == "Clients that wait for a person: 1; invoices: 0; currencies: 1."


def served(*, visible=None, taken=None):
    """Return what the doctor finds of a queue: seconds since its head is visible, and since one
    was taken."""
    clock = FakeClock(NOW)
    queue, checkpoints = MemoryQueue(clock), MemoryCheckpoints()
    if taken is not None:
        checkpoints.set(TAKEN, NOW - timedelta(seconds=taken))
    if visible is not None:
        clock.advance(-visible)
        queue.send(
            SyncRequest(
                business="xazq5", kind=Kind.CLIENT, number=1, cause=Cause.POLL, seen=clock()
            )
        )
        clock.advance(visible)
    return the(own.check_served(queue, Heartbeats(checkpoints, clock), clock))


def test_a_queue_that_nobody_takes_from_is_a_failure_with_what_to_do():
    found = served(visible=900, taken=3600)

    assert found.level is Level.FAILURE
    assert found.text == (
        "The oldest of 1 messages has been visible for 15 min, and none was taken for 60 min."
    )
    assert "`process`" in found.advice


@pytest.mark.parametrize(
    ("visible", "taken", "level"),
    [
        (None, None, Level.OK),
        (2, 7200, Level.OK),
        (400, None, Level.FAILURE),
        (400, 30, Level.OK),
        (1200, 30, Level.WARNING),
    ],
    ids=["nothing waits", "came just now", "never taken", "short backlog", "long backlog"],
)
def test_a_queue_is_judged_by_its_head_and_by_who_takes_from_it(visible, taken, level):
    assert served(visible=visible, taken=taken).level is level


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, Level.OK),
        (-30, Level.OK),
        (31, Level.WARNING),
        (-120, Level.WARNING),
        (121, Level.FAILURE),
        (-3600, Level.FAILURE),
    ],
)
def test_a_clock_may_be_off_by_so_much(seconds, level):
    there = NOW - timedelta(seconds=seconds)

    found = the(check_clock(Subject.FRESHBOOKS_CLOCK, FakeClock(NOW), lambda: there))

    assert found.level is level
    assert level is Level.OK or ("ahead" if seconds > 0 else "behind") in found.text


def test_a_service_that_does_not_tell_the_time_is_a_warning():
    found = the(check_clock(Subject.DATAVERSE_CLOCK, FakeClock(NOW), lambda: None))

    assert found.level is Level.WARNING


NEEDS = (
    TableNeed("account", dict.fromkeys((Right.READ, Right.WRITE), Depth.GLOBAL), ""),
    TableNeed("invoice", {Right.CREATE: Depth.BASIC}, ""),
    TableNeed("invoicedetail", {Right.CREATE: Depth.BASIC}, "", own=False),
)
DEFINED = {
    "account": {"Read": "prvReadAccount", "Write": "prvWriteAccount", "Delete": "prvDeleteAccount"},
    "invoice": {"Create": "prvCreateInvoice"},
    "invoicedetail": {},
}
ALL = dict.fromkeys(("prvReadAccount", "prvWriteAccount", "prvCreateInvoice"), Depth.GLOBAL)


def test_privileges_that_are_all_held_are_counted():
    found = the(list_gaps(NEEDS, DEFINED, ALL))

    assert found.level is Level.OK
    assert "All 3" in found.text


def test_privileges_that_are_missing_are_named_with_their_tables():
    held = {"prvReadAccount": Depth.GLOBAL}

    found = the(list_gaps(NEEDS, DEFINED, held))

    assert found.level is Level.FAILURE
    assert "Write on account (prvWriteAccount)" in found.text
    assert "Create on invoice (prvCreateInvoice)" in found.text


def test_a_right_to_our_own_accounts_only_is_a_warning():
    found = the(list_gaps(NEEDS, DEFINED, ALL | {"prvReadAccount": Depth.BASIC}))

    assert found.level is Level.WARNING
    assert "Read on account (user)" in found.text


def test_a_right_to_our_own_invoices_only_is_enough():
    found = the(list_gaps(NEEDS, DEFINED, ALL | {"prvCreateInvoice": Depth.BASIC}))

    assert found.level is Level.OK


@pytest.mark.parametrize("told", [None, {}])
def test_a_table_that_names_no_privileges_is_never_taken_for_fine(told):
    found = the(list_gaps(NEEDS, DEFINED | {"invoice": told}, ALL))

    assert found.level is Level.WARNING
    assert "could not be determined for invoice" in found.text


def test_the_right_to_delete_is_needed_for_lines_and_what_waits_and_else_only_by_policy():
    needing = [
        {need.table for need in list_needs(deletes=deletes) if Right.DELETE in need.rights}
        for deletes in (False, True)
    ]

    assert needing == [
        {"invoicedetail", "fbx_waiting"},
        {"invoicedetail", "fbx_waiting", "invoice", "fbx_financialactivity"},
    ]


def a_connection(state=ConnectionState.CONNECTED, *, scope=ALL_SCOPES, problem=""):
    business = SyncedBusiness("xazq5", "Aster Works", "a-connection", 1)
    return ConnectionStatus("a-connection", (business,), state, problem, NOW, scope)


def test_a_connection_with_all_scopes_is_fine():
    found = the(check_connections(lambda: [a_connection()], SCOPES))

    assert found.level is Level.OK
    assert "xazq5" in found.text


def test_without_a_connection_somebody_has_to_connect():
    found = the(check_connections(list, SCOPES))

    assert found.level is Level.FAILURE
    assert "python -m shared connect" in found.advice


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (ConnectionState.RECONNECT_NEEDED, "python -m shared connect"),
        (ConnectionState.NOT_CONNECTED, "python -m shared connect"),
        (ConnectionState.UNKNOWN, "tried again every minute"),
    ],
)
def test_a_connection_that_cannot_be_used_says_why_and_who_has_to_do_what(state, advice):
    broken = a_connection(state, problem="Reconnect needed: invalid_grant")

    found = the(check_connections(lambda: [broken], SCOPES))

    assert found.level is Level.FAILURE
    assert found.text == "xazq5: Reconnect needed: invalid_grant"
    assert advice in found.advice


def test_a_scope_that_was_not_granted_is_named():
    found = the(check_connections(lambda: [a_connection(scope=SCOPES[0])], SCOPES))

    assert found.level is Level.FAILURE
    assert SCOPES[1] in found.text


def test_a_scope_that_can_be_done_without_is_only_warned_of():
    scopes = (*SCOPES, "user:credit_notes:read")

    spared = the(check_connections(lambda: [a_connection()], scopes))
    both = the(check_connections(lambda: [a_connection(scope=SCOPES[0])], scopes))

    assert spared.level is Level.WARNING
    assert "user:credit_notes:read" in spared.text
    assert "python -m shared connect" in spared.advice
    assert both.level is Level.FAILURE


def test_scopes_that_are_not_known_are_not_taken_for_granted():
    found = the(check_connections(lambda: [a_connection(scope="")], SCOPES))

    assert found.level is Level.WARNING


def a_webhook(state=RegistrationState.LIVE, *, host=PUBLIC):
    return Registration("xazq5", "invoice", f"{host}/api/webhooks/very-secret", state)


@pytest.mark.parametrize(
    ("webhook", "said"),
    [
        (a_webhook(), "All 1 are live"),
        (a_webhook(RegistrationState.PENDING), "xazq5/invoice is pending"),
        (a_webhook(RegistrationState.MISSING), "xazq5/invoice is missing"),
        (a_webhook(host="https://old.example"), "another address than PUBLIC_URL"),
    ],
)
def test_a_webhook_that_is_not_live_here_is_a_warning(webhook, said):
    found = the(check_webhooks(lambda: [webhook], PUBLIC))

    assert said in found.text
    assert found.level is (Level.OK if "live" in said else Level.WARNING)
    assert "very-secret" not in found.text + found.advice


def test_without_any_webhook_only_the_poll_finds_changes():
    found = the(check_webhooks(list, PUBLIC))

    assert found.level is Level.WARNING
    assert "only the poll" in found.text
