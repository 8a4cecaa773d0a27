"""Laws 1, 2, 3 and 8 by seeded simulation: whatever happens on the way, both sides end equal."""

import random

import pytest

from sandbox.seasoned import SeasonedBookkeeper
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(200) if SOAK else range(2)
EDITS = 60
ENDS = {"created", "updated", "cancelled", "unchanged", "skipped", "held"}


class Chaos:
    """Random edits while webhooks, services and instances misbehave, all by one seed."""

    def __init__(self, seed, **settings):
        self.random = random.Random(seed)
        self.firm = Firm(seed=seed, **settings)
        self.firm.add_currencies(EUR=2, JPY=0, BHD=3)
        self.firm.freshbooks.deliveries.set(drop=0.15, duplicate=0.2, reorder=True, retries=[1.0])
        # what the public sources leave open is another world for every seed
        self.firm.freshbooks.switches.set(
            deleted_reads=self.random.choice(["row", "unknown", "deleted"]),
            payments_touch_invoices=self.random.choice([True, False]),
            noun_events_name_the_verb=self.random.choice([True, False]),
            visibility_fires_update=self.random.choice([True, False]),
            expenses_filter_updated=self.random.choice([True, False]),
            newest_first=self.random.choice([True, False]),
            payments_list_credits=self.random.choice([True, False]),
            applied_credits_name_their_credit=self.random.choice([True, False]),
            credits_paid_when_applied=self.random.choice([True, False]),
            plural_credit_note_key=self.random.choice([True, False]),
            credit_notes_filter_client=self.random.choice([True, False]),
            moves_touch_payments=self.random.choice([True, False]),
            payments_follow_clients=self.random.choice([True, False]),
            tax_per_line=self.random.choice([True, False]),
            zero_balances=self.random.choice([True, False]),
        )
        books = self.firm.remote_books()
        self.someone = SeasonedBookkeeper(books, self.random, clock=self.firm.clock)

    def run(self):
        for _ in range(EDITS):
            self.someone.edit()
            self.firm.clock.advance(self.random.choice([0, 0.2, 1, 7, 300]))
            self.disturb()
            if self.random.random() < 0.7:
                self.firm.freshbooks.deliveries.run_pending()
            for _ in range(self.random.randrange(6)):
                self.firm.step()
            if self.random.random() < 0.05:
                self.firm.connector.poll.run()
            if self.random.random() < 0.05:
                self.firm.connector = self.firm.start()
        self.calm()

    def disturb(self):
        door = self.random.choice([self.firm.freshbooks_door, self.firm.dataverse_door])
        door.heal()
        if self.random.random() < 0.4:
            kind = self.random.choice(["status", "drop-before", "drop-after", "status"])
            door.fail(
                kind=kind,
                path=self.random.choice(["", r"\$batch", "/accounting/"]),
                status=self.random.choice([429, 500, 502, 503]),
                retry_after=self.random.choice([None, "1", "120"]),
                times=self.random.randrange(1, 6),
                probability=self.random.choice([0.3, 1.0]),
            )

    def calm(self):
        """Everything works again: deliver what is left, poll, and handle all that follows."""
        self.firm.freshbooks_door.heal()
        self.firm.dataverse_door.heal()
        self.firm.freshbooks.deliveries.set(drop=0.0, duplicate=0.0, reorder=False)
        self.firm.run()
        self.firm.pass_time(30)
        self.firm.poll()


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_end_equal_whatever_happened_and_a_second_run_writes_nothing(seed):
    chaos = Chaos(seed)

    chaos.run()

    firm = chaos.firm
    assert firm.differences() == []
    assert set(firm.outcomes().values()) <= ENDS
    assert not firm.dead_letters.letters
    compared = firm.connector.reconciling.whole.run([firm.account])
    assert [each for each in compared.differences if each.ask is not None] == []
    assert compared.adds_up
    before = firm.everything()
    for request in list(firm.queue.sent):
        firm.queue.send(request)
    firm.drain()
    assert firm.everything() == before
