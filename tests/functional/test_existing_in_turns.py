"""Invoices that Sales has already, and whatever both sides do in turns, by a seed."""

import random
from uuid import UUID

import pytest

from shared.errors import NotPossibleError
from tests.functional.test_existing_invoices import ACTIVE, Office
from tests.soak import SOAK

SEEDS = range(200) if SOAK else range(2)
STEPS = 25


class Turns:
    """One firm, in which invoices are typed, made, adopted, given back and changed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        policy = self.random.choice(["cancel", "delete"])
        self.office = Office(seed=seed, deleted_records=policy)
        self.invoices, self.typed, self.beside = [], [], set()
        self.count = 0

    @property
    def books(self):
        return self.office.firm.books

    def step(self):
        verbs = [self.both, self.both, self.type_one, self.make_one]
        if self.invoices:
            verbs += [self.edit, self.pay, self.delete, self.restore, self.change_currency]
            verbs += [self.give_back, self.draft, self.decide, self.lose_entry, self.renumber]
        verb = self.random.choice(verbs)
        verb()
        self.office.run()
        return verb.__name__

    def both(self):
        """Type an invoice that FreshBooks has a moment later."""
        self.type_one()
        self.make_one(self.count)

    def type_one(self):
        self.count += 1
        price = self.random.choice(["135.00", "135.00", "99.00"])
        self.typed.append(self.office.typed(f"N{self.count}", price=price))

    def make_one(self, number=None):
        if number is None:
            self.count += 1
        self.invoices.append(self.office.invoice(f"N{number or self.count}")["id"])

    def one(self):
        return self.random.choice(self.invoices)

    def edit(self):
        line = {"name": "Other", "qty": "2", "unit_cost": self.random.choice(["67.50", "10.00"])}
        self.books.edit_invoice(self.one(), lines=[line])

    def renumber(self):
        record = self.books.edit_invoice(self.one(), terms=f"{self.count} days")
        if not record["vis_state"] and record["v3_status"] != "draft":
            self.count += 1
            self.books.edit_invoice(record["id"], invoice_number=f"N{self.count}")

    def pay(self):
        record = self.books.edit_invoice(self.one(), terms=f"{self.count} days")
        if not record["vis_state"] and record["v3_status"] != "draft":
            self.books.pay_invoice(record["id"], "5.00")

    def delete(self):
        self.books.delete_invoice(self.one())

    def restore(self):
        self.books.restore_invoice(self.one())

    def draft(self):
        self.books.edit_invoice(self.one(), stage="draft")

    def change_currency(self):
        record = self.books.edit_invoice(self.one(), terms=f"{self.count} days")
        code = "USD" if record["currency_code"] == "CAD" else "CAD"
        if not record["vis_state"]:
            self.books.edit_invoice(record["id"], currency_code=code)

    def lose_entry(self):
        """Let a person delete an invoice's entry, which the next change brings back."""
        for entry in self.office.firm.entries("invoice"):
            number = int(entry["fbx_sourcekey"].rpartition("-")[2])
            if entry["statecode"] == ACTIVE and number in self.invoices:
                self.office.firm.dataverse.delete("fbx_financialactivity", entry["activityid"])
                self.books.edit_invoice(number, notes=f"changed {self.count}")
                return

    def give_back(self):
        invoice = self.one()
        try:
            self.office.review.unlink(self.office.firm.account, invoice)
        except NotPossibleError:
            return
        self.beside.add(invoice)

    def decide(self):
        for waiting in self.office.held():
            invoice = int(waiting.hold.awaited.name)
            try:
                if self.random.random() < 0.5:
                    self.office.review.create(self.office.firm.account, invoice)
                    self.beside.add(invoice)
                else:
                    row = self.random.choice(waiting.hold.candidates).account
                    self.office.review.link(self.office.firm.account, invoice, UUID(str(row)))
            except NotPossibleError:
                continue

    def differences(self):
        found = self.office.differences(*self.beside)
        # What is shown of them is another matter.
        return [each for each in found if not each.startswith("opportunity")]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_agree_after_every_turn(seed):
    turns = Turns(seed)
    done = []

    for _ in range(STEPS):
        done.append(turns.step())

        assert turns.differences() == [], done
