"""What people do in Dynamics between two looks at it, by a seed: open deals, merge, move, delete.

Never what the sandbox refuses: that is passed over.
"""

import contextlib
import random
from typing import Any

from sandbox.dataverse.errors import DataverseError
from tests.functional.people import People
from tests.functional.world import Firm


class Salespeople:
    """People who do one thing after the other, whatever there is."""

    def __init__(self, firm: Firm, drawing: random.Random) -> None:
        self._people = People(firm)
        self._rows = firm.dataverse
        self._random = drawing

    def work(self, times: int) -> None:
        """Do so many things."""
        verbs = (
            self._open_a_deal,
            self._win_a_deal,
            self._move_an_invoice,
            self._deactivate,
            self._merge,
            self._delete_an_invoice,
            self._delete_an_entry,
            self._take_an_account_away,
            self._choose_an_account,
            self._rename,
        )
        for verb in self._random.choices(verbs, k=times):
            with contextlib.suppress(DataverseError, IndexError):
                verb()

    def welcome(self, names: list[str]) -> None:
        """Make accounts of some names, each with a deal."""
        for name in names:
            if self._random.random() < 0.5:
                self._people.opportunity(self._people.account(name), self._deal())

    def _deal(self) -> str:
        return f"Deal {self._random.randint(1, 9)}"

    def _one(self, table: str, **fields: Any) -> dict[str, Any]:
        found = [
            row
            for row in self._rows.all(table)
            if all(row[name] == value for name, value in fields.items())
        ]
        row: dict[str, Any] = self._random.choice(found)
        return row

    def _account(self) -> str:
        return str(self._one("account", statecode=0)["accountid"])

    def _open_a_deal(self) -> None:
        self._people.opportunity(self._account(), self._deal())

    def _win_a_deal(self) -> None:
        self._people.win(self._one("opportunity", statecode=0)["opportunityid"])

    def _move_an_invoice(self) -> None:
        invoice = self._one("invoice", statecode=0)
        account = {"_customerid_value": invoice["_customerid_value"]}
        deals = [
            row["opportunityid"]
            for row in self._rows.all("opportunity")
            if row.items() >= account.items()
        ]
        self._people.move(invoice["invoiceid"], self._random.choice([None, *deals]))

    def _deactivate(self) -> None:
        self._people.set_active(self._account(), active=False)

    def _merge(self) -> None:
        master, subordinate = self._account(), self._account()
        if master != subordinate:
            self._people.merge(master, subordinate)

    def _delete_an_invoice(self) -> None:
        self._rows.delete("invoice", self._one("invoice")["invoiceid"])

    def _delete_an_entry(self) -> None:
        entry = self._one("fbx_financialactivity")
        self._rows.delete("fbx_financialactivity", entry["activityid"])

    def _take_an_account_away(self) -> None:
        client = self._one("fbx_client")["fbx_clientid"]
        self._rows.update("fbx_client", client, fbx_accountid=None)

    def _choose_an_account(self) -> None:
        client = self._one("fbx_client")["fbx_clientid"]
        self._rows.update("fbx_client", client, fbx_accountid=("account", self._account()))

    def _rename(self) -> None:
        named = f"Renamed {self._random.randint(1, 99)}"
        self._rows.update("account", self._account(), name=named)
