"""Nothing stuck, nothing silent: whatever a day brings, both sides end equal when it is over."""

import contextlib
import random

import pytest

from sandbox.dataverse.errors import DataverseError
from tests.functional.bad_days import troubles
from tests.functional.bad_days.day import HOUR, Day
from tests.soak import SOAK

SEEDS = range(300) if SOAK else range(1)
EDITS = 40
DEAD = "d3ad"
DELETED = 1
AFTERWARDS = HOUR  # a problem is tried again after a tenth of its age, and the troubles last hours


class BadDay:
    """Random edits while one thing after the other goes wrong, all by one seed."""

    def __init__(self, seed):
        self.random = random.Random(f"day {seed}")
        self.day = Day(seed=seed, instances=self.random.choice([1, 1, 2, 3]))
        self.ends = []
        self.said = []
        if self.random.random() < 0.5:
            self.bury_another()
        firm = self.day.firm
        firm.freshbooks.deliveries.set(drop=0.1, duplicate=0.2, reorder=True, delay=2.0)
        firm.freshbooks.switches.set(
            deleted_reads=self.random.choice(["row", "unknown", "deleted"]),
            payments_touch_invoices=self.random.choice([True, False]),
            newest_first=self.random.choice([True, False]),
        )

    def bury_another(self):
        """Let the login of another business be dead for good, with much that waits for it."""
        self.said.append("another login dead")
        self.day.end_login(self.day.another_business(DEAD))
        for client in self.day.clients(4, account=DEAD):
            for _ in range(3):
                self.day.invoice(client, account=DEAD)
        self.day.host.run(1)  # nobody else tells of them

    def run(self):
        for _ in range(8):
            self.day.edit()
        self.day.invoice(self.day.clients(1)[0])
        self.day.host.run(60)
        for _ in range(EDITS):
            self.day.edit()
            self.day.host.run(self.random.choice([0, 1, 7, 60, 300, 900]))
            if self.random.random() < 0.15:
                self.begin(self.random.choice(troubles.ALL))
            if self.ends and self.random.random() < 0.1:
                self.end(self.random.randrange(len(self.ends)))
        self.calm()

    def begin(self, trouble):
        with contextlib.suppress(DataverseError):  # a plug-in keeps salespeople from it too
            self.ends.append((trouble, trouble(self.day, self.random)))
            self.said.append(trouble.__name__)

    def end(self, number):
        trouble, end = self.ends[number]
        others = {other for other, _ in self.ends} - set(troubles.PEOPLE)
        if trouble is troubles.login_dead and others:
            return  # FreshBooks has to answer for that
        with contextlib.suppress(DataverseError):
            end()
            del self.ends[number]
            self.said.append(f"no {trouble.__name__}")

    def calm(self):
        """End all that is wrong; people can do their part when the services do theirs."""
        self.ends.sort(key=lambda each: each[0] in troubles.PEOPLE)
        while self.ends:
            self.end(0)
        self.day.firm.freshbooks.deliveries.set(drop=0.0)
        self.day.host.run(AFTERWARDS)

    def missing(self):
        """Return the keys of what FreshBooks holds and Sales does not show."""
        firm = self.day.firm
        shown = {row["fbx_sourcekey"] for row in firm.entries()}
        shown |= {row["fbx_sourcekey"] for row in firm.invoices()}
        clients = [row["fbx_key"] for row in firm.dataverse.all("fbx_client")]
        shown |= {key.replace("-", "-client-") for key in clients}
        return {
            key
            for business in firm.books.businesses
            for noun in ("client", "invoice", "payment", "expense", "credit_note")
            for record in firm.books.records(noun, business)
            if record["vis_state"] != DELETED
            and not stands_for_credit(noun, record)
            and (key := f"{business}-{noun.removesuffix('_note')}-{record['id']}") not in shown
        }

    def listed(self):
        """Return what the one list says is not in Sales, by key."""
        found = self.day.firm.connector.waiting_list.gather()
        return {each.key: each for each in found if not each.partly}


def stands_for_credit(noun, record):
    """Say whether a payment is shown as the credit note that it stands for."""
    return noun == "payment" and record["creditid"] is not None and record["invoiceid"] is None


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_end_equal_after_a_bad_day_and_nothing_innocent_is_given_up(seed):
    bad = BadDay(seed)

    bad.run()

    day, firm = bad.day, bad.day.firm
    print(f"seed {seed}: {', '.join(bad.said)}")
    assert set(firm.dead_letters.letters) <= day.guilty
    day.retry_letters()
    day.host.run(600)
    assert firm.differences() == []
    assert day.host.failures == []
    assert not firm.dead_letters.letters
    living = [w for w in firm.holds.waits.values() if w.request.business == firm.account]
    assert {wait.awaited.kind for wait in living} <= {"invoice", "policy"}
    assert firm.dataverse.all("fbx_waiting") == []  # nobody is asked for an account any more
    listed = bad.listed()
    assert set(listed) == bad.missing()
    assert all(each.reason and each.who for each in listed.values())
