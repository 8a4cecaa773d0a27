"""Who may do what at the pages: looking changes nothing, and only a button begins anything."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from sandbox.front import principal_headers, signed_in
from shared.console.visit import COOKIE, VISITOR
from shared.core.consent import Stage
from shared.core.identity import Kind
from shared.errors import RetryLaterError
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from tests.functional.browser import URL, Browser, form_of, states, text
from tests.functional.world import Firm

TENANT = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"
SIGN_IN = {
    "operator_role": "Op",
    "operator_tenant_id": TENANT,
    "website_auth_enabled": "true",
}


@pytest.fixture
def firm():
    return Firm(connected=False, **SIGN_IN)


@pytest.fixture
def browser(firm):
    return Browser(firm)


def operator(firm, *, roles=("Op",)):
    """The browser of somebody who is signed in."""
    claims = signed_in(TENANT, name="robin", object_id="an-id", roles=list(roles))
    return Browser(firm, principal=principal_headers(claims)["X-MS-CLIENT-PRINCIPAL"])


def everything(firm):
    """All that is kept anywhere, and what was asked of FreshBooks that may change something."""
    asked = {
        name: count
        for name, count in firm.freshbooks_door.traffic.items()
        if not name.startswith("GET ")
    }
    kept = (
        firm.consents.consents,
        firm.businesses.businesses,
        firm.registrations.registrations,
        firm.secrets.values,
        firm.checkpoints,
        firm.leases,
        firm.queue.sent,
        firm.journal.latest,
        firm.holds,
        firm.dead_letters,
    )
    there = [vars(each) for each in firm.freshbooks.callbacks.of(firm.account)]
    plain = [vars(each) if hasattr(each, "__dict__") else each for each in kept]
    return repr((plain, there, asked))


# looking changes nothing


class Begun:
    """A connection that has come as far as a stage, in a browser."""

    def __init__(self, firm, browser):
        self.firm, self.browser = firm, browser
        self.consent = firm.connector.connect.invite().id

    def invited(self):
        pass

    def started(self):
        self.browser.invited(self.consent)

    def lapsed(self):
        self.started()
        self.firm.clock.advance(16 * 60)

    def refused(self):
        self.browser.connect(self.consent, decision="cancel")

    def cut_short(self):
        answer = self.browser.decide(self.browser.invited(self.consent))

        def dies(consent):
            if consent.stage is Stage.SAVED:
                raise KeyboardInterrupt

        self.firm.consents.before("replace", dies)
        with pytest.raises(KeyboardInterrupt):
            self.browser.visit("callback", answer)
        self.firm.consents.heal()
        self.firm.clock.advance(61)

    def saved(self):
        door = self.firm.freshbooks_door
        door.fail(kind="status", status=503, path="/users/me", times=None)
        self.browser.connect(self.consent)
        door.heal()

    def choosing(self):
        self.firm.books.create_business("Second", account="s3cond")
        self.browser.connect(self.consent)

    def pending(self):
        self.browser.connect(self.consent)

    def verifiable(self):
        """FreshBooks' handshakes came, and nobody has answered them yet."""
        self.pending()
        self.firm.freshbooks.deliveries.run_pending()

    def live(self):
        self.verifiable()
        self.browser.go_on()
        self.firm.clock.advance(60)

    def disabled(self):
        self.live()
        for callback in self.firm.freshbooks.callbacks.of(self.firm.account):
            callback.verified = False
        self.firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())

    def due_for_new_tokens(self):
        self.live()
        self.firm.clock.advance(12 * 3600 - 300)
        self.browser.cookie = renewed(self.firm, self.browser)

    def with_tokens_ended(self):
        self.live()
        self.firm.clock.advance(13 * 3600)
        self.browser.cookie = renewed(self.firm, self.browser)

    def with_a_dead_login(self):
        self.with_tokens_ended()
        self.firm.freshbooks.grant()  # the same person consented elsewhere


def renewed(firm, browser):
    """The cookie of the same browser, as if it lasted longer than an hour."""
    return firm.connector.access.cookie(browser.cookie.partition(".")[0])


SITUATIONS = [name for name in vars(Begun) if not name.startswith("_")]
LOOKS = [
    ("open", {}),
    ("steps", {}),
    ("steps", {"to": "freshbooks"}),
    ("steps", {"tick": "all"}),
    ("state", {}),
]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_looking_at_any_page_any_number_of_times_changes_nothing(firm, browser, situation):
    begun = Begun(firm, browser)
    getattr(begun, situation)()
    link = browser.link(begun.consent)
    looking = operator(firm)
    looking.cookies = dict(browser.cookies)
    firm.connector = firm.start()  # nothing is remembered
    before = everything(firm)

    replies = [
        each.visit(page, query | (link if page == "open" else {}))
        for _ in range(3)
        for each in (browser, looking, Browser(firm), operator(firm))
        for page, query in LOOKS
    ]
    replies += [operator(firm).visit("open") for _ in range(3)]

    assert {reply.status for reply in replies} <= {200, 303, 401, 410}
    assert everything(firm) == before


def test_programs_that_open_a_link_before_its_person_does_leave_it_as_it_is(firm, browser):
    consent = firm.connector.connect.invite().id
    scanned = [Browser(firm).visit("open", browser.link(consent)) for _ in range(20)]

    shown = browser.connect(consent)

    assert {reply.status for reply in scanned} == {200}
    assert all("Nothing happens before you press the button" in text(each) for each in scanned)
    assert states(shown)[:4] == ["done"] * 4


def test_the_page_with_the_button_says_what_it_does_and_for_which_businesses(firm, browser):
    named = firm.connector.connect.invite("s3cond").id

    without, with_names = (
        text(browser.visit("open", browser.link(consent))) for consent in (None, named)
    )

    assert "You choose the businesses" in without
    assert "The business s3cond is synced" in with_names
    assert "never writes" in without


# the button


def test_pressing_the_button_begins_and_leads_on_to_freshbooks(firm, browser):
    consent = firm.connector.connect.invite().id
    pressed = browser.invited(consent)
    address = urlsplit(browser.onward(pressed))

    assert pressed.headers["Location"] == f"{URL}/steps?to=freshbooks"
    assert address.path == "/oauth/authorize/"
    assert firm.consents.get(consent).stage is Stage.STARTED


def test_somebody_who_is_signed_in_begins_by_the_button_only(firm):
    person = operator(firm)
    opened = [person.visit("open") for _ in range(3)]
    before = dict(firm.consents.consents)

    person.decide(person.press(opened[-1]))

    assert before == {}
    assert [each.stage for each in firm.consents.consents.values()] == [Stage.STARTED]


@pytest.mark.parametrize("page", ["open", "start"])
def test_a_link_that_has_ended_is_no_page_without_a_link_for_who_is_signed_in(firm, page):
    person = operator(firm)
    link = person.link()
    opened = person.visit("open", link)
    firm.clock.advance(15 * 60 + 1)

    reply = person.visit(page, link, {"form": [form_of(opened)]})

    assert reply.status == 410
    assert f"you can also connect at {URL}." in text(reply)
    assert {each.stage for each in firm.consents.consents.values()} == {Stage.INVITED}


@pytest.mark.parametrize("roles", [(), ("Reader",)])
def test_somebody_who_lost_the_role_since_the_page_was_opened_begins_nothing(firm, roles):
    person = operator(firm)
    opened = person.visit("open")
    person.principal = operator(firm, roles=roles).principal

    assert person.press(opened).status == 401
    assert firm.consents.consents == {}


def forgeries(firm, victim):
    """Return the forms another site may send, or somebody may send from another browser."""
    access = firm.connector.access
    attacker = operator(firm)
    seen = form_of(attacker.visit("open"))
    mine = access.read_visitor(victim.cookies[VISITOR])
    return [
        {},
        {"form": [""]},
        {"form": ["x"]},
        {"form": [seen]},  # shown in the attacker's own browser
        {"form": [access.form("a-consent")]},
        {"form": [access.state("a-consent")]},
        {"form": [access.visitor(mine)]},
        {"form": [victim.cookies[VISITOR]]},
    ]


def test_a_form_of_another_site_begins_nothing_for_somebody_who_is_signed_in(firm):
    victim = operator(firm)
    victim.visit("open")

    statuses = [victim.visit("start", form=form).status for form in forgeries(firm, victim)]

    assert set(statuses) == {403}
    assert firm.consents.consents == {}


def test_a_button_pressed_in_a_browser_without_the_cookie_begins_nothing(firm):
    person = operator(firm)
    opened = person.visit("open")
    del person.cookies[VISITOR]

    assert person.press(opened).status == 403
    assert firm.consents.consents == {}


def test_the_form_of_one_link_begins_no_other(firm, browser):
    mine, theirs = browser.link(), browser.link()
    opened = browser.visit("open", mine)

    assert browser.press(opened, theirs).status == 403
    assert {each.stage for each in firm.consents.consents.values()} == {Stage.INVITED}


def test_a_button_ends_after_a_quarter_of_an_hour(firm, browser):
    link, person = browser.link(), operator(firm)
    opened, of_person = browser.visit("open", link), person.visit("open")
    firm.clock.advance(15 * 60 + 1)

    assert browser.press(opened, link).status == 401
    assert person.press(of_person).status == 403
    assert {each.stage for each in firm.consents.consents.values()} == {Stage.INVITED}


@pytest.mark.parametrize("invited", [True, False])
def test_pressing_twice_begins_once_though_the_first_answer_was_dropped(firm, invited):
    person = Browser(firm) if invited else operator(firm)
    link = person.link() if invited else {}
    opened = person.visit("open", link)
    person.press(opened, link)
    del person.cookies[COOKIE]  # a browser that goes on drops the first answer

    shown = person.visit("callback", person.decide(person.press(opened, link)))

    assert shown.headers["Location"] == f"{URL}/steps"
    assert [each.stage for each in firm.consents.consents.values()] == [Stage.CONNECTED]


@pytest.mark.parametrize("browsers", [1, 2])
def test_of_two_presses_at_once_both_go_on_in_one_browser_and_one_of_two(firm, browsers):
    people = [Browser(firm) for _ in range(browsers)]
    link = people[0].link()
    opened = [each.visit("open", link) for each in people]
    gate = threading.Barrier(2)
    firm.consents.before("replace", lambda _consent: gate.wait(timeout=10))

    def press(number):
        return people[number % browsers].press(opened[number % browsers], link).status

    with ThreadPoolExecutor(2) as threads:
        statuses = sorted(threads.map(press, range(2)))

    assert statuses == ([303, 303] if browsers == 1 else [303, 410])


def test_a_second_browser_is_told_that_the_link_is_used_and_the_first_goes_on(firm, browser):
    link, second = browser.link(), Browser(firm)
    opened, also_opened = browser.visit("open", link), second.visit("open", link)
    pressed = browser.press(opened, link)

    late = second.press(also_opened, link)
    looked = second.visit("open", link)
    answer = browser.decide(pressed)

    assert late.status == looked.status == 410
    assert "another one" in text(late)
    assert second.visit("callback", answer).status == 400
    assert browser.visit("callback", answer).status == 303
    assert states(browser.visit("steps"))[:4] == ["done"] * 4


@pytest.mark.parametrize("invited", [True, False])
def test_going_back_after_the_consent_and_pressing_again_changes_nothing(firm, invited):
    person = Browser(firm) if invited else operator(firm)
    link = person.link() if invited else {}
    opened = person.visit("open", link)
    person.visit("callback", person.decide(person.press(opened, link)))
    before = everything(firm)

    again = person.press(opened, link)
    link_again = person.visit("open", link)

    assert again.headers["Location"] == f"{URL}/steps"
    assert link_again.status == (303 if invited else 200)
    assert everything(firm) == before


def test_a_link_leads_on_in_its_browser_while_freshbooks_waits(firm, browser):
    consent = firm.connector.connect.invite().id
    browser.invited(consent)

    steps = browser.visit("steps")
    again = browser.onward(browser.invited(consent))

    assert "FreshBooks waits for you" in text(steps)
    assert 'content="2"' in steps.body
    assert urlsplit(again).path == "/oauth/authorize/"


def test_a_consent_that_took_too_long_is_said_to_have_ended(firm, browser):
    browser.invited()
    firm.clock.advance(16 * 60)

    shown = browser.visit("steps")

    assert shown.status == 410
    assert "longer than a quarter of an hour" in text(shown)
    assert "refresh" not in shown.body


def test_the_callback_is_taken_once_in_its_browser_with_its_state(firm, browser):
    answer = browser.decide(browser.invited())
    elsewhere = Browser(firm)
    elsewhere.invited()
    wrong = [
        Browser(firm).visit("callback", answer),
        elsewhere.visit("callback", answer),
        browser.visit("callback", answer | {"state": "x"}),
    ]
    before = firm.freshbooks_door.traffic["POST /auth/oauth/token"]
    browser.visit("callback", answer)
    kept = everything(firm)
    browser.visit("callback", answer)

    assert [reply.status for reply in wrong] == [400, 400, 400]
    assert before == 0
    assert everything(firm) == kept


def test_a_form_of_another_site_takes_no_step_and_chooses_nothing(firm, browser):
    firm.books.create_business("Second", account="s3cond")
    browser.connect()
    before = everything(firm)

    for page in ("advance", "choose"):
        for forged in ([], ["x"], [browser.cookie], [firm.connector.access.form("another")]):
            assert browser.visit(page, form={"form": forged, "all": ["yes"]}).status == 403
    assert Browser(firm).visit("advance").status == 403
    assert everything(firm) == before


# nobody has to look


def minute(firm):
    firm.clock.advance(60)
    problems = firm.connector.upkeep.run()
    firm.freshbooks.deliveries.run_pending()
    return problems


def live(firm):
    return [each.is_live for each in firm.registrations.list_all()]


def test_a_connection_is_made_though_nobody_looks_at_the_page_after_freshbooks(firm, browser):
    answer = browser.decide(browser.invited())

    browser.visit("callback", answer)  # and the window is closed
    firm.freshbooks.deliveries.run_pending()
    minute(firm)

    assert live(firm) == [True] * len(Kind)


def test_a_connection_that_was_stuck_at_a_service_is_made_when_that_is_back(firm, browser):
    door = firm.freshbooks_door
    door.fail(kind="status", status=503, path="/users/me", times=None)
    stuck = browser.connect()
    told = minute(firm)
    door.heal()
    for _ in range(3):
        minute(firm)

    assert "tried again by itself, every minute" in text(stuck)
    assert "503" in text(stuck)
    assert len(told) == 1
    assert "A new connection waits" in told[0]
    assert live(firm) == [True] * len(Kind)
    assert "503" not in text(browser.visit("steps"))


def test_what_is_stuck_is_tried_for_a_day_and_not_for_ever(firm, browser):
    firm.freshbooks_door.fail(kind="status", status=503, path="/users/me", times=None)
    browser.connect()
    firm.clock.advance(25 * 3600)
    firm.freshbooks_door.traffic.clear()

    assert minute(firm) == []
    assert not [name for name in firm.freshbooks_door.traffic if "users/me" in name]


def test_a_table_that_is_down_keeps_the_upkeep_from_nothing_else(firm, browser):
    browser.connect()
    firm.freshbooks.deliveries.run_pending()
    firm.consents.broken = RetryLaterError("the tables are down")

    problems = minute(firm)

    assert any("the tables are down" in problem for problem in problems)
    assert live(firm) == [True] * len(Kind)


def test_going_on_at_once_does_what_the_minute_would_and_twice_does_no_more(firm, browser):
    browser.connect()
    firm.freshbooks.deliveries.run_pending()

    first = browser.go_on()
    kept = everything(firm)
    shown = browser.visit("steps")

    assert states(first) == ["done"] * (4 + len(Kind))
    assert "Go on now" not in shown.body
    assert browser.visit("advance", form={"form": [form_of_cookie(firm, browser)]}).status == 303
    assert everything(firm) == kept


def form_of_cookie(firm, browser):
    return firm.connector.access.form(browser.cookie.partition(".")[0])


# who may see how it stands


@pytest.mark.parametrize(
    ("situation", "opens"),
    [
        ("invited", False),
        ("started", False),
        ("lapsed", False),
        ("refused", False),
        ("cut_short", False),
        ("saved", True),
        ("choosing", True),
        ("pending", True),
        ("live", True),
        ("disabled", True),
    ],
)
def test_the_state_opens_where_somebody_pressed_the_button_and_logged_in(
    firm, browser, situation, opens
):
    begun = Begun(firm, browser)
    browser.visit("open", browser.link(begun.consent))
    getattr(begun, situation)()

    assert browser.visit("state").status == (200 if opens else 401)


@pytest.mark.parametrize(("roles", "status"), [(("Op",), 200), (("Reader",), 401), ((), 401)])
def test_the_state_opens_for_who_is_signed_in_with_the_role(firm, roles, status):
    assert operator(firm, roles=roles).visit("state").status == status


def test_the_state_does_not_open_for_who_only_has_a_link_or_another_value_of_ours(firm, browser):
    consent = firm.connector.connect.invite().id
    access = firm.connector.access
    browser.connect()
    stranger = Browser(firm)
    stranger.visit("open", stranger.link(consent))
    done = browser.cookie.partition(".")[0]

    for value in (
        access.invitation(consent),
        access.cookie(consent),
        access.cookie("unknown"),
        access.form(done),
        access.state(done),
        access.visitor(done),
        stranger.cookies[VISITOR],
        done,
    ):
        stranger.cookie = value
        assert stranger.visit("state").status == 401


def test_the_state_ends_with_the_hour_of_the_browser(firm, browser):
    browser.connect()
    firm.clock.advance(3601)

    assert browser.visit("state").status == 401


def test_what_a_page_shows_of_the_kept_problem_is_escaped(firm, browser):
    firm.books.create_business("<b>Second</b>", account="s3cond")

    shown = browser.connect()

    assert "&lt;b&gt;Second&lt;/b&gt;" in shown.body
    assert "<b>" not in shown.body
    assert json.dumps(shown.headers["Content-Security-Policy"]).count("unsafe") == 1
