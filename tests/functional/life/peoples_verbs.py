"""What people do in Dynamics, told to the model as well.

Never waits for the connector.
"""

from typing import Any

from tests.functional.life.laws import IGNORED, WAITS
from tests.functional.life.model import Account, Client
from tests.functional.life.stage import Luck, Stage


class PeoplesVerbs(Stage):
    """Verbs of salespeople; where there is nobody to do it to, nothing is done."""

    def open_account(self, luck: Luck) -> None:
        name = f"{luck.name} {luck.other}"
        self.model.accounts.append(Account(self.people.account(name), name))

    def merge_accounts(self, luck: Luck) -> None:
        stays = luck.one(self._active())
        others = [each for each in self._active() if each is not stays]
        if others:
            gone = luck.another(others)
            self.people.merge(stays.id, gone.id)
            self.model.merged(stays, gone)
            self.opportunities = [
                (stays if account is gone else account, each)
                for account, each in self.opportunities
            ]

    def deactivate_or_reactivate_account(self, luck: Luck) -> None:
        account = luck.one([each for each in self.model.accounts if each.exists])
        clients = [each for each in self.model.clients if each.home is account]
        last = account.active and len(self._active()) == 1
        if last or any(each.gone for each in clients):
            return
        self.people.set_active(account.id, active=not account.active)
        account.active = account.stale = not account.active
        on_it = [r for r in self.firm.invoices() if r["_customerid_value"] == account.id]
        account.there = frozenset(row["invoiceid"] for row in on_it)

    def delete_account(self, luck: Luck) -> None:
        """Delete an account without invoices; Dynamics lets no other one go."""
        account = luck.one(self._active())
        invoices = any(r["_customerid_value"] == account.id for r in self.firm.invoices())
        if len(self._active()) > 1 and not invoices:
            self.firm.dataverse.delete("account", account.id)
            account.active = account.exists = False
            self.firm.clock.advance(86_400)  # no change tells of it; it is noticed in a day
            self.opportunities = [each for each in self.opportunities if each[0] is not account]

    def rename_account(self, luck: Luck) -> None:
        account = luck.one(self._active())
        self.firm.dataverse.update("account", account.id, name=luck.name)
        account.name = luck.name

    def edit_account(self, luck: Luck) -> None:
        account = luck.one(self._active())
        self.firm.dataverse.update("account", account.id, telephone1=luck.amount)
        account.set_by_hand["telephone1"] = luck.amount

    def reassign_account(self, luck: Luck) -> None:
        account, user = luck.one(self._active()), luck.another(self.users)
        self.firm.dataverse.update("account", account.id, ownerid=("systemuser", user))
        account.set_by_hand["_ownerid_value"] = user
        self.model.owners.clear()  # Dynamics hands on what the account's owner had

    def reassign_row_of_invoice(self, luck: Luck) -> None:
        if rows := self._open_rows():  # a closed one is read-only
            row, user = luck.one(rows), luck.another(self.users)
            self.firm.dataverse.update("invoice", row["invoiceid"], ownerid=("systemuser", user))
            self.model.owners[row["invoiceid"]] = user

    def delete_row_of_invoice(self, luck: Luck) -> None:
        if rows := self.firm.invoices():
            row = luck.one(rows)
            self.firm.dataverse.delete("invoice", row["invoiceid"])
            self.unclear.add(row["_opportunityid_value"])
            self.model.lost.add(row["fbx_sourcekey"])

    def delete_entry(self, luck: Luck) -> None:
        if rows := self.firm.entries():
            row = luck.one(rows)
            self.firm.dataverse.delete("fbx_financialactivity", row["activityid"])
            self.model.lost.add(row["fbx_sourcekey"])

    def unlink_client(self, luck: Luck) -> None:
        """Empty its account, or set it to wait."""
        if (client := self._decided(luck)) is None or client.state == "ignored":
            return
        if luck.yes:
            self._decide(client, fbx_accountid=None)
            client.home = None
        elif client.state == "linked":
            self._decide(client, fbx_state=WAITS)
            client.state, client.taken = "waits", True

    def link_client(self, luck: Luck) -> None:
        if (client := self._decided(luck)) is None or client.state == "ignored" or client.taken:
            return
        home = luck.another(self._active())
        self._decide(client, fbx_accountid=("account", home.id))
        client.home = home

    def ignore_client_or_take_it_back(self, luck: Luck) -> None:
        if (client := self._decided(luck)) is None:
            return
        ignored = client.state == "ignored"
        self._decide(client, fbx_state=WAITS if ignored else IGNORED)
        client.state = "waits" if ignored else "ignored"
        # Nobody heard that it was ignored: all that is seen is a linked one that is to wait.
        client.taken = ignored and client.carried == "linked"

    def open_opportunity(self, luck: Luck) -> None:
        account = luck.one(self._active())
        name = luck.deal or "Deal 1"
        self.opportunities.append((account, self.people.opportunity(account.id, name)))

    def win_opportunity(self, luck: Luck) -> None:
        if self.opportunities:
            _, opportunity = luck.one(self.opportunities)
            row = self.firm.dataverse.get("opportunity", opportunity)
            if row is not None and row["statecode"] == 0:
                self.people.win(opportunity)

    def move_row_of_invoice(self, luck: Luck) -> None:
        """Move an invoice to another opportunity of its account, or to none."""
        if rows := self._open_rows():
            row = luck.one(rows)
            home = row["_customerid_value"]
            here = [each for account, each in self.opportunities if account.id == home]
            target = luck.another(here) if here and luck.yes else None
            self.people.move(row["invoiceid"], target)
            self.unclear |= {row["_opportunityid_value"], target}
            self.moved.add(row["fbx_sourcekey"])
            for invoice in self.model.invoices:
                if self.model.key(invoice) == row["fbx_sourcekey"]:
                    # its entries follow when something comes of it
                    self.books.edit_invoice(invoice.id, notes=f"{self.steps}")
                    self.model.touch(invoice)

    def _active(self) -> list[Account]:
        return [each for each in self.model.accounts if each.active]

    def _open_rows(self) -> list[dict[str, Any]]:
        return [row for row in self.firm.invoices() if row["statecode"] == 0]

    def _decided(self, luck: Luck) -> Client | None:
        """Return a client that has a row."""
        those = [each for each in self.model.clients if each.state and not each.gone]
        return luck.one(those) if those else None

    def _decide(self, client: Client, **columns: Any) -> None:
        self.firm.decide({"id": client.id}, **columns)
