"""Both releases at once, with kills between the steps: a deployment in the middle of the work."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.freshbooks.errors import RefusedError
from tests.soak import SOAK
from tests.upgrade.driver import Store
from tests.upgrade.releases import Firm, Killed, clean

# One process has the storage and both releases.
pytestmark = pytest.mark.xdist_group("upgrade")

SEEDS = range(3) if SOAK else [1]
EDITS = 14 if SOAK else 6
STRIDE = 2 if SOAK else 5  # between the steps at which a refresh is cut short
MOST_CLIENTS = 4
HALF_A_DAY = 12 * 3600
# Far enough apart not to be held as similar; every firm here uses the same Dataverse.
NAMES = iter(
    """Ember Kitchens|Fjord Shipping|Gull Optics|Hazel Law|Ibis Travel|Juniper Foods|Kestrel Air
Mistral Wind|Nettle Press|Oriel Windows|Quartz Clocks|Rowan Timber""".replace("\n", "|").split("|")
)


class Chaos:
    """Random edits, each message with either release, and every fourth handling cut short."""

    def __init__(self, firm):
        self.firm, self.random, self.books = firm, firm.random, firm.books
        self.clients, self.invoices, self.payments = [], [], []

    def run(self):
        self.firm.traced = True
        self.new_client()
        for _ in range(EDITS):
            with contextlib.suppress(RefusedError):  # FreshBooks does not allow every edit
                self.random.choice(self.edits())()
            self.firm.clock.advance(self.random.choice([0, 1, 7, 300]))
            self.firm.freshbooks.deliveries.run_pending()
            for _ in range(self.random.randrange(3)):
                die_at = self.random.randrange(1, 25) if self.random.random() < 0.5 else None
                self.firm.step(self.firm.either(), die_at=die_at)
            if self.random.random() < 0.15:
                self.cut_short(self.random.choice(["poll", "upkeep"]))

    def cut_short(self, timer):
        with contextlib.suppress(Killed):
            self.firm.ask(self.firm.either(), timer, die_at=self.random.randrange(1, 25))

    def edits(self):
        edits = [self.new_invoice, self.new_invoice]
        if len(self.clients) < MOST_CLIENTS:
            edits += [self.new_client]
        if self.invoices:
            edits += [self.edit, self.pay, self.delete]
        if self.payments:
            edits += [self.unpay]
        return edits

    def lines(self):
        return [{"name": "Work", "qty": "1", "unit_cost": f"{self.random.randrange(1, 999)}.00"}]

    def new_client(self):
        self.clients.append(self.books.create_client(organization=next(NAMES))["id"])

    def new_invoice(self):
        client = self.random.choice(self.clients)
        invoice = self.books.create_invoice(client, lines=self.lines(), sent=True)
        self.invoices.append(invoice["id"])

    def edit(self):
        self.books.edit_invoice(self.random.choice(self.invoices), lines=self.lines())

    def pay(self):
        payment = self.books.pay_invoice(self.random.choice(self.invoices), "10.00")
        self.payments.append(payment["id"])

    def unpay(self):
        self.books.delete_payment(self.random.choice(self.payments))

    def delete(self):
        self.books.delete_invoice(self.random.choice(self.invoices))


@pytest.fixture
def fresh(around, old, new, storage):
    """Connect a firm of its own, which nothing is known of."""

    def connect(release, *, seed=0):
        clean(storage, Path(around.told["secrets"]))
        made = Firm(around, old, new, seed=seed)
        made.connect(release)
        return made

    return connect


def settle(firm, letters):
    """Let minutes pass: what the previous release buries, the upkeep of this one brings back."""
    for _ in range(30):
        if not list(letters.list_all()):
            return
        firm.clock.advance(60)
        firm.ask(firm.new, "upkeep")
        firm.drain(firm.old, firm.new)


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_end_equal_though_two_releases_worked_and_died_on_the_way(
    fresh, old, new, storage, seed
):
    firm = fresh(new if seed % 2 else old, seed=seed)
    letters = Store(storage, clock=firm.clock).letters

    Chaos(firm).run()
    firm.freshbooks.deliveries.run_pending()
    firm.clock.advance(3600)
    firm.drain(old, new)
    buried = len(list(letters.list_all()))
    firm.traced = False
    settle(firm, letters)
    firm.clock.advance(3 * 3600)
    for release in (old, new):
        firm.ask(release, "poll")
        firm.drain(old, new)
        settle(firm, letters)

    firm.carry_all(new)

    assert firm.lost_or_doubled() == []
    assert firm.differences() == []
    assert not list(letters.list_all())
    assert firm.killed
    assert buried  # or nothing was seen of what the previous release cannot read


# the token chain and its lease


def warm_at_once(firm):
    """Let both releases see to the tokens at the same moment."""
    with ThreadPoolExecutor(2) as threads:
        return list(
            threads.map(lambda release: release("warm", now=firm.clock()), [firm.old, firm.new])
        )


def refreshes(services):
    return [token.refresh for token in services.freshbooks.oauth._refresh.values()]


def test_both_releases_hand_the_token_chain_on_and_refresh_once_when_both_want_to(
    fresh, old, around
):
    firm, seen = fresh(old), []
    for _ in range(4):
        firm.clock.advance(HALF_A_DAY)
        before = refreshes(around)
        states = warm_at_once(firm)
        seen.append(before != refreshes(around))

        assert states == [["connected"], ["connected"]]

    assert all(seen)


@pytest.mark.parametrize(("dies", "follows", "first"), [("old", "new", 1), ("new", "old", 2)])
def test_a_refresh_that_is_cut_short_is_taken_up_by_the_other_release_or_ends_with_a_person(
    fresh, request, dies, follows, first
):
    dying, following = (request.getfixturevalue(name) for name in (dies, follows))
    firm = fresh(following)
    firm.clock.advance(HALF_A_DAY)
    ends = {}
    for die_at in range(first, 200, STRIDE):
        with contextlib.suppress(Killed):
            firm.ask(dying, "warm", die_at=die_at)
            break
        firm.clock.advance(120)  # a lease that is not given back ends
        (ends[die_at],) = firm.ask(following, "warm")
        if ends[die_at] == "reconnect needed":
            firm.connect(following)
        firm.clock.advance(HALF_A_DAY)

    assert set(ends.values()) == {"connected", "reconnect needed"}
    # FreshBooks had answered, and the answer was not saved: nothing else costs a login.
    lost = [step for step, end in ends.items() if end != "connected"]
    assert lost == list(range(lost[0], lost[-1] + 1, STRIDE))
    assert len(lost) < len(ends) / 2
