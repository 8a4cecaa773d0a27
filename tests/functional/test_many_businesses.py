"""A login with a thousand businesses: connected by one click, and looked after in turns."""

import re
import time
from urllib.parse import urlencode

import pytest

from sandbox.freshbooks.errors import RefusedError
from shared.cli import main
from shared.console.visit import LONGEST_FORM, read_form
from shared.core.consent import MOST_BUSINESSES, Stage
from shared.core.identity import Kind
from shared.sync.connect import A_STEP
from shared.sync.sightings import MOST_ASKED
from shared.sync.upkeep import A_RUN, REPAIR_WEBHOOKS_EVERY
from tests.functional.browser import Browser, form_of, states, text
from tests.functional.world import Firm
from tests.soak import SOAK

COUNT = 1000
# All of their webhooks take a minute or two of this machine.
BROUGHT = COUNT if SOAK else 130
LISTED = "GET /events/account/*/events/callbacks"
CREATED = "POST /events/account/*/events/callbacks"
VERIFIED = "PUT /events/account/*/events/callbacks/*"


def crowded(count):
    """A firm whose person belongs to so many businesses."""
    firm = Firm(connected=False)
    for number in range(1, count):
        firm.books.create_business(f"Business {number:04d}", account=f"b{number:04d}")
    return firm


def ids(firm, count):
    return [firm.account, *(f"b{number:04d}" for number in range(1, count))]


def choose_all(firm):
    browser = Browser(firm)
    shown = browser.connect()
    browser.visit("choose", form={"form": [form_of(shown)], "all": ["yes"]})
    return browser


def minute(firm):
    firm.clock.advance(60)
    problems = firm.connector.upkeep.run()
    firm.freshbooks.deliveries.run_pending()
    return problems


def live(firm):
    return sum(each.is_live for each in firm.registrations.list_all())


def test_a_thousand_businesses_are_connected_by_one_click_that_is_answered_soon():
    firm = crowded(COUNT)
    browser = Browser(firm)
    shown = browser.connect()
    before = firm.freshbooks_door.traffic.copy()
    began = time.monotonic()

    browser.visit("choose", form={"form": [form_of(shown)], "all": ["yes"]})

    took, asked = time.monotonic() - began, firm.freshbooks_door.traffic - before
    (consent,) = firm.consents.consents.values()
    steps = browser.visit("steps")
    assert shown.body.count('type="checkbox"') == COUNT
    assert "Sync all 1,000" in text(shown)
    assert consent.stage is Stage.CONNECTED
    assert {each.id for each in firm.businesses.list_all()} == set(ids(firm, COUNT))
    assert asked[CREATED] == len(Kind) * A_STEP.businesses
    assert took < 20
    assert states(steps) == ["done"] * 4 + ["now"] * len(Kind)
    # Which logins may have one for credits is known when a business has its turn.
    assert text(steps).count("live for 0 of 1,000 businesses") == len(Kind) - 1
    assert len(steps.body) < 20_000


@pytest.fixture(scope="module")
def brought():
    """A firm whose many businesses were brought by the upkeep, and how every minute went."""
    firm = crowded(BROUGHT)
    choose_all(firm)
    minutes = []
    while live(firm) < len(Kind) * BROUGHT and len(minutes) < 30:
        before = firm.freshbooks_door.traffic.copy()
        problems = minute(firm)
        minutes.append((problems, firm.freshbooks_door.traffic - before))
    return firm, minutes


def test_their_webhooks_are_brought_some_every_minute(brought):
    firm, minutes = brought

    assert live(firm) == len(Kind) * BROUGHT
    assert len(minutes) <= -(-BROUGHT // A_RUN.businesses) + 2
    assert [problems for problems, _ in minutes] == [[]] * len(minutes)
    assert max(asked[CREATED] for _, asked in minutes) <= len(Kind) * A_RUN.businesses
    assert max(asked[VERIFIED] for _, asked in minutes) <= len(Kind) * A_RUN.businesses
    assert max(asked[LISTED] for _, asked in minutes) <= A_RUN.businesses


def test_a_look_at_them_asks_freshbooks_for_a_few_and_the_tables_a_few_times(brought):
    firm, _ = brought
    browser = Browser(firm)
    browser.connect()
    firm.freshbooks_door.traffic.clear()
    reads = firm.registrations.reads

    shown = browser.visit("state")

    assert firm.freshbooks_door.traffic[LISTED] == MOST_ASKED
    assert firm.registrations.reads - reads == 1
    assert f"{BROUGHT:,} businesses of one login" in text(shown)
    assert text(shown).count(f"live for {BROUGHT:,} of {BROUGHT:,} businesses, seen") == len(Kind)
    assert states(shown) == ["done"] * len(Kind)


def test_the_few_that_are_not_live_are_named(brought):
    firm, _ = brought
    for business in ids(firm, 30)[1:]:
        for callback in firm.freshbooks.callbacks.of(business):
            callback.verified = False
    browser = choose_all(firm)
    shown = browser.visit("state")
    firm.freshbooks.deliveries.run_pending()

    nouns = "clients, invoices, payments, expenses, credits, categories"
    assert f"Business 0001, {nouns}: FreshBooks has yet to verify it" in text(shown)
    assert f"{nouns}: disabled by FreshBooks, noticed at" in text(shown)
    assert states(shown) == ["now"] * len(Kind)


def test_every_one_of_them_is_compared_again_in_turn(brought):
    firm, _ = brought
    began = firm.clock()
    turns = -(-BROUGHT // A_RUN.businesses) + 10
    for _ in range(turns):
        before = firm.freshbooks_door.traffic[LISTED]
        minute(firm)
        assert firm.freshbooks_door.traffic[LISTED] - before <= A_RUN.businesses

    assert min(each.seen for each in firm.registrations.list_all()) > began


@pytest.mark.parametrize("count", [1, 999])
def test_some_of_a_thousand_are_chosen_by_their_boxes(count):
    firm = crowded(COUNT)
    browser = Browser(firm)
    shown = browser.connect()
    chosen = ids(firm, count)
    sent = urlencode({"form": form_of(shown), "account": chosen}, doseq=True).encode()

    browser.visit("choose", form=read_form(sent))

    assert {each.id for each in firm.businesses.list_all()} == set(chosen)


def test_the_largest_choice_fits_into_a_form():
    form = {"form": "x" * 120, "account": [f"{number:032d}" for number in range(MOST_BUSINESSES)]}

    sent = urlencode(form, doseq=True).encode()

    assert len(sent) <= LONGEST_FORM
    assert len(read_form(sent)["account"]) == MOST_BUSINESSES


def test_all_boxes_are_ticked_and_unticked_by_links():
    browser = Browser(crowded(COUNT))
    browser.connect()

    none, every = browser.visit("steps"), browser.visit("steps", {"tick": "all"})

    assert (none.body.count(" checked>"), every.body.count(" checked>")) == (0, COUNT)
    assert 'href="steps?tick=all"' in none.body
    assert 'href="steps"' in every.body


def test_more_businesses_than_can_be_shown_are_told_to_be_named(capsys):
    firm = crowded(MOST_BUSINESSES + 1)
    said = text(Browser(firm).connect())
    named = firm.connector.connect.invite("b0001", "b0002").id

    shown = Browser(firm).connect(named)

    assert "opens 2,001 businesses" in said
    assert "--account" in said
    assert {each.id for each in firm.businesses.list_all()} == {"b0001", "b0002"}
    assert states(shown)[:4] == ["done"] * 4


def test_one_login_with_many_businesses_keeps_no_other_login_waiting():
    firm = crowded(250)
    choose_all(firm)
    person = firm.books.create_identity()
    firm.books.create_business("Elsewhere", account="e1sewhere", identity=person.id)
    firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())

    # By the terminal, whose own steps take care of nothing else; the crowd came first.
    consent = firm.connector.connect.start(firm.connector.connect.invite().id).id
    address = firm.connector.connect.authorize_url(consent, state="a-state")
    answer = firm.consent(address, identity=person.id)
    firm.connector.connect.finish(consent, answer["code"])
    minute(firm)
    minute(firm)

    elsewhere = firm.freshbooks.callbacks.of("e1sewhere")
    assert [each.verified for each in elsewhere] == [True] * len(Kind)


def test_businesses_that_fail_keep_no_other_one_waiting():
    firm = crowded(160)
    choose_all(firm)
    broken = set(ids(firm, 131)[1:])
    plain = firm.freshbooks.callbacks.of

    def of(account, event=None):
        if account in broken:
            raise RefusedError(503, 0, "Try again later.")
        return plain(account, event)

    firm.freshbooks.callbacks.of = of
    for _ in range(5):
        minute(firm)

    healthy = {each.business for each in firm.registrations.list_all() if each.is_live}
    assert healthy >= set(ids(firm, 160)) - broken


def test_the_terminal_counts_many_webhooks_and_leaves_the_rest_to_the_app(monkeypatch, capsys):
    firm = crowded(60)
    choose_all(firm)
    monkeypatch.setattr("sys.stdin", Pasting(firm, capsys))
    monkeypatch.setattr("shared.cli.connect.LOOK_EVERY", 0)
    monkeypatch.setattr("shared.cli.connect.PATIENCE", 0.5)
    names = [word for each in ids(firm, 60) for word in ("--account", each)]

    code = main(["connect", "--paste", *names], build=lambda: firm.connector)

    said = capsys.readouterr().out
    assert code == 1
    assert said.count("Connected to ") == 21
    assert "Connected to 40 more." in said
    assert re.search(r"of 3\d\d webhooks are not verified yet", said)
    assert "the app goes on trying" in said


class Pasting:
    """A standard input: somebody who consents at the printed address and pastes the answer."""

    def __init__(self, firm, capsys):
        self.firm, self.capsys = firm, capsys

    def readline(self):
        page = re.search(r"https://\S+/oauth/authorize/\S+", self.capsys.readouterr().out)[0]
        return f"https://app.example/?{urlencode(self.firm.consent(page))}\n"
