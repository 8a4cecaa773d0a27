"""What is done in FreshBooks and by the calendar, told to the model as well.

Never waits for the connector.
"""

from decimal import Decimal
from typing import Any

from tests.functional.life.model import Client, Expense, Invoice, Payment
from tests.functional.life.stage import Luck, Stage, total_of

_DAYS = (1, 20, 40)


class FreshBooksVerbs(Stage):
    """Verbs of FreshBooks; where there is nobody to do it to, nothing is done."""

    def let_days_pass(self, luck: Luck) -> None:
        self.firm.clock.advance(luck.another(_DAYS) * 86_400)

    def create_client(self, luck: Luck) -> None:
        made = self.books.create_client(organization=luck.name, currency_code=luck.code)
        self.model.clients.append(Client(made["id"], luck.name, luck.code))

    def rename_client(self, luck: Luck) -> None:
        client = luck.one(self.model.clients)
        self.books.edit_client(client.id, organization=luck.name)
        client.name = luck.name

    def delete_or_restore_client(self, luck: Luck) -> None:
        client = luck.one(self.model.clients)
        if client.home is not None and not client.home.active:
            return
        act = self.books.restore_client if client.gone else self.books.delete_client
        act(client.id)
        client.gone = not client.gone

    def create_invoice(self, luck: Luck) -> None:
        client = luck.one(self.model.clients)
        made = self.books.create_invoice(
            client.id, lines=luck.lines(), sent=luck.yes, po_number=luck.deal or None
        )
        total, number = total_of(luck.prices), made["invoice_number"]
        self.model.invoices.append(
            Invoice(made["id"], client, number, client.currency, total, draft=not luck.yes)
        )

    def edit_invoice(self, luck: Luck) -> None:
        invoice = self._edited(luck, lines=luck.lines())
        invoice.total = total_of(luck.prices)

    def change_stage(self, luck: Luck) -> None:
        invoice = luck.one(self.model.invoices)
        invoice.draft = luck.yes
        self._edited(luck, stage="draft" if luck.yes else "sent")

    def renumber_invoice(self, luck: Luck) -> None:
        invoice = self._edited(luck, invoice_number=f"N-{luck.other}")
        invoice.number = f"N-{luck.other}"

    def change_purchase_order(self, luck: Luck) -> None:
        invoice = self._edited(luck, po_number=luck.deal)
        self.moved.discard(self.model.key(invoice))

    def move_invoice_to_another_client(self, luck: Luck) -> None:
        client = luck.another(self.model.clients)
        invoice = self._edited(luck, customerid=client.id)
        invoice.client = client
        if self.firm.freshbooks.switches.payments_follow_clients:
            for payment in self.model.payments:
                payment.client = client if payment.invoice is invoice else payment.client

    def change_currency_of_invoice(self, luck: Luck) -> None:
        self._edited(luck, currency_code=luck.code).currency = luck.code

    def delete_or_restore_invoice(self, luck: Luck) -> None:
        invoice = luck.one(self.model.invoices)
        act = self.books.restore_invoice if invoice.deleted else self.books.delete_invoice
        act(invoice.id)
        invoice.deleted = not invoice.deleted
        self.model.touch(invoice)

    def pay(self, luck: Luck) -> None:
        """Pay all, a part, or too much."""
        if payable := [each for each in self.model.invoices if not each.deleted]:
            invoice = luck.one(payable)
            made = self.books.pay_invoice(invoice.id, None if luck.yes else luck.amount)
            amount = Decimal(made["amount"]["amount"])
            payment = Payment(made["id"], invoice, amount, invoice.client)
            self.model.payments.append(payment)
            self.model.touch(invoice)

    def edit_payment(self, luck: Luck) -> None:
        if paid := self._paid():
            payment = luck.one(paid)
            self._changed(payment, self.books.edit_payment(payment.id, amount=luck.amount))

    def refund(self, luck: Luck) -> None:
        """Lower a payment, to zero or by a quarter."""
        if paid := self._paid():
            payment = luck.one(paid)
            back = payment.amount if luck.yes else round(payment.amount / 4, 2)
            self._changed(payment, self.books.refund(payment.id, back))

    def delete_or_restore_payment(self, luck: Luck) -> None:
        if self.model.payments:
            payment = luck.one(self.model.payments)
            act = self.books.restore_payment if payment.deleted else self.books.delete_payment
            payment.deleted = not payment.deleted
            self._changed(payment, act(payment.id))

    def create_expense(self, luck: Luck) -> None:
        client = luck.one(self.model.clients)
        made = self.books.create_expense(luck.amount, clientid=client.id, code=luck.code)
        self.model.expenses.append(Expense(made["id"], client, Decimal(luck.amount), luck.code))

    def edit_expense(self, luck: Luck) -> None:
        if self.model.expenses:
            expense = luck.one(self.model.expenses)
            self.books.edit_expense(expense.id, amount=luck.amount, code=luck.code)
            expense.amount, expense.currency = Decimal(luck.amount), luck.code
            self.model.lost.discard(self.model.key(expense))

    def delete_or_restore_expense(self, luck: Luck) -> None:
        if self.model.expenses:
            expense = luck.one(self.model.expenses)
            act = self.books.restore_expense if expense.deleted else self.books.delete_expense
            act(expense.id)
            expense.deleted = not expense.deleted
            self.model.lost.discard(self.model.key(expense))

    def give_credit(self, luck: Luck) -> None:
        client = luck.one(self.model.clients)
        self.books.create_credit_note(client.id, luck.lines())

    def pay_from_credit(self, luck: Luck) -> None:
        if payable := [each for each in self.model.invoices if not each.deleted]:
            invoice = luck.one(payable)
            made = self.books.pay_invoice(invoice.id, luck.amount, from_credit=True)
            amount = Decimal(made["amount"]["amount"])
            payment = Payment(made["id"], invoice, amount, invoice.client)
            self.model.payments.append(payment)
            self.model.touch(invoice)

    def _paid(self) -> list[Payment]:
        return [each for each in self.model.payments if not each.deleted]

    def _edited(self, luck: Luck, **fields: Any) -> Invoice:
        invoice = luck.one(self.model.invoices)
        self.books.edit_invoice(invoice.id, **fields)
        self.model.touch(invoice)
        return invoice

    def _changed(self, payment: Payment, made: dict[str, Any]) -> None:
        payment.amount = Decimal(made["amount"]["amount"])
        self.model.touch(payment.invoice)
        self.model.lost.discard(self.model.key(payment))
