"""What is said of a webhook is what FreshBooks says of it, with the time it was seen."""

import json
import re

import pytest

from shared.cli import main
from shared.core.identity import Kind
from shared.errors import RetryLaterError
from shared.sync.sightings import PAUSE
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from tests.functional.browser import Browser, states, text
from tests.functional.world import Firm

LISTED = "GET /events/account/*/events/callbacks"


@pytest.fixture
def firm():
    """Connected at 15:00 UTC; now it is 16:00."""
    firm = Firm()
    firm.clock.advance(3600)
    return firm


@pytest.fixture
def browser(firm):
    """A browser that connected FreshBooks, not long ago."""
    browser = Browser(firm)
    browser.connect()
    firm.clock.advance(600)
    firm.freshbooks_door.traffic.clear()
    return browser


def callbacks(firm):
    return firm.freshbooks.callbacks.of(firm.account)


def disable(firm):
    """As FreshBooks does to callbacks that fail over a long period."""
    for callback in callbacks(firm):
        callback.verified = False


def asked(firm):
    return firm.freshbooks_door.traffic[LISTED]


def clock_of(firm):
    return f"{firm.clock():%H:%M} UTC"


def test_the_state_says_when_each_webhook_was_seen_live(firm, browser):
    shown = browser.visit("state")

    assert states(shown) == ["done"] * len(Kind)
    assert text(shown).count(f"seen live at {clock_of(firm)}") == len(Kind)
    assert asked(firm) == 1


def test_the_state_says_that_freshbooks_disabled_a_webhook_and_when_that_was_noticed(firm, browser):
    disable(firm)

    shown = text(browser.visit("state"))

    assert shown.count(f"disabled by FreshBooks, noticed at {clock_of(firm)}") == len(Kind)
    assert "FreshBooks is connected, and not every webhook is live" in shown
    assert "15:00" not in shown


def test_the_state_says_that_a_webhook_is_missing_in_freshbooks(firm, browser):
    for callback in callbacks(firm):
        firm.freshbooks.callbacks.delete(callback)

    shown = text(browser.visit("state"))

    assert shown.count(f"missing in FreshBooks, noticed at {clock_of(firm)}") == len(Kind)


def test_where_freshbooks_cannot_be_asked_the_page_says_so_and_what_was_last_seen(firm, browser):
    before = clock_of(firm)
    browser.visit("state")
    firm.clock.advance(300)
    firm.freshbooks_door.fail(kind="status", status=503, path="/callbacks", times=None)

    shown = browser.visit("state")

    assert "could not be asked for its webhooks just now" in text(shown)
    assert "503" in text(shown)
    assert text(shown).count(f"last seen live at {before}") == len(Kind)
    assert "done" not in states(shown)


def test_what_the_upkeep_saw_is_said_where_this_process_never_looked(firm, browser):
    seen = clock_of(firm)
    firm.connector.upkeep.run()
    firm.clock.advance(120)
    firm.connector = firm.start()
    firm.freshbooks_door.fail(kind="status", status=503, path="/callbacks", times=None)

    assert text(browser.visit("state")).count(f"last seen live at {seen}") == len(Kind)


def test_of_a_dead_login_the_webhooks_are_as_they_were_last_seen(firm, browser):
    seen = clock_of(firm)
    browser.visit("state")
    firm.clock.advance(13 * 3600)
    firm.freshbooks.grant()  # the same person consented elsewhere
    firm.connector.upkeep.run()
    browser.cookie = firm.connector.access.cookie(browser.cookie.partition(".")[0])
    firm.freshbooks_door.traffic.clear()

    shown = text(browser.visit("state"))

    assert "Reconnect needed" in shown
    assert shown.count(f"last seen live at 2026-11-02 {seen}") == len(Kind)
    assert asked(firm) == 0


def test_tokens_that_wait_to_be_renewed_are_said_to_wait_and_are_not_renewed_for_a_look(
    firm, browser
):
    firm.clock.advance(13 * 3600)
    browser.cookie = firm.connector.access.cookie(browser.cookie.partition(".")[0])

    shown = text(browser.visit("state"))

    assert "FreshBooks cannot be asked right now" in shown
    assert "it is renewed within a minute" in shown
    assert not [name for name in firm.freshbooks_door.traffic if "token" in name]


def test_a_page_that_reloads_itself_asks_freshbooks_once_in_a_few_seconds(firm, browser):
    for _ in range(10):
        browser.visit("state")
        browser.visit("steps")
    once = asked(firm)
    firm.clock.advance(PAUSE.total_seconds())
    browser.visit("steps")

    assert once == 1
    assert asked(firm) == 2


def test_freshbooks_that_is_down_is_asked_no_more_often(firm, browser):
    firm.freshbooks_door.fail(kind="drop-before", path="/callbacks", times=None)
    browser.visit("state")
    before = asked(firm)

    again = [text(browser.visit("state")) for _ in range(5)]

    assert asked(firm) == before
    assert all("could not be asked" in each for each in again)


# connecting again


def test_connecting_again_believes_no_webhook_that_freshbooks_has_disabled(firm):
    disable(firm)
    again = Browser(firm)

    shown = again.connect()
    firm.freshbooks.deliveries.run_pending()
    done = again.go_on()

    assert states(shown)[4:] == ["now"] * len(Kind)
    assert "is connected" not in text(shown)
    assert states(done)[4:] == ["done"] * len(Kind)
    assert [each.verified for each in callbacks(firm)] == [True] * len(Kind)


def test_what_is_kept_from_before_a_login_is_not_shown_as_done(firm):
    again = Browser(firm)
    firm.freshbooks_door.fail(kind="status", status=503, path="/callbacks", times=None)
    firm.clock.advance(1)

    shown = again.connect()

    assert states(shown)[4:] == ["now"] * len(Kind)
    assert "could not be asked" in text(shown)
    assert "FreshBooks is connected" not in text(shown)


def test_a_webhook_that_freshbooks_does_not_let_us_register_says_why(firm, browser):
    for callback in callbacks(firm):
        firm.freshbooks.callbacks.delete(callback)
    firm.freshbooks_door.fail(
        kind="status", status=403, method="POST", path="/callbacks", times=None
    )
    firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())
    firm.connector.upkeep.run()
    posted = firm.freshbooks_door.traffic[f"POST{LISTED[3:]}"]
    told = []
    for _ in range(5):
        firm.clock.advance(60)
        told.append(len(firm.connector.upkeep.run()))

    shown = text(browser.visit("state"))

    assert shown.count("not registered: FreshBooks") == len(Kind)
    assert told == [1] * 5  # every minute, without asking again every minute
    assert firm.freshbooks_door.traffic[f"POST{LISTED[3:]}"] == posted


# the terminal


class Pasting:
    """A standard input: somebody who consents at the printed address and pastes the answer."""

    def __init__(self, firm, capsys):
        self.firm, self.capsys = firm, capsys

    def readline(self):
        page = re.search(r"https://\S+/oauth/authorize/\S+", self.capsys.readouterr().out)[0]
        answer = self.firm.consent(page)
        return f"https://app.example/?code={answer['code']}&state={answer['state']}\n"


def test_the_terminal_says_live_only_of_what_was_seen_live_since_the_login(
    firm, monkeypatch, capsys
):
    disable(firm)
    monkeypatch.setattr("sys.stdin", Pasting(firm, capsys))
    monkeypatch.setattr("shared.cli.connect.LOOK_EVERY", 0)
    deliver, looks = firm.freshbooks.deliveries.run_pending, []

    def look(*_fields):
        looks.append([each.verified for each in callbacks(firm)])
        deliver()

    firm.registrations.before("list_all", look)
    firm.registrations.before("get", look)

    code = main(["connect", "--paste"], build=lambda: firm.connector)

    said = capsys.readouterr().out
    assert code == 0
    assert looks[0] == [False] * len(Kind)
    assert [each.verified for each in callbacks(firm)] == [True] * len(Kind)
    assert said.count(f"is live: seen live at {clock_of(firm)}.") == len(Kind)


def test_the_terminal_lists_when_a_disabled_webhook_was_noticed(firm, capsys):
    disable(firm)

    code = main(["webhooks"], build=lambda: firm.connector)

    said = capsys.readouterr().out
    assert code == 1
    assert said.count(f"disabled, noticed {firm.clock():%Y-%m-%d %H:%M} UTC") == len(Kind)
    assert "since" not in said


def test_the_terminal_lists_as_json_when_a_webhook_was_last_seen(firm, capsys):
    firm.connector.upkeep.run()

    main(["connections", "--json"], build=lambda: firm.connector)

    (login,) = json.loads(capsys.readouterr().out)
    assert {each["seen"] for each in login["webhooks"]} == {firm.clock().isoformat()}


def test_a_look_fails_with_the_tables_and_says_so(firm, browser):
    firm.registrations.broken = RetryLaterError("the tables are down")

    assert browser.visit("steps").status == browser.visit("state").status == 503
