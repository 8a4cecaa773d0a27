"""What people do in Dynamics, over its Web API: merge, deactivate, close, look."""

from typing import Any

import requests

from sandbox.web import InProcess
from tests.functional.world import DATAVERSE, Firm

_CRM = "Microsoft.Dynamics.CRM"


class People:
    """Salespeople at work in a firm's Dynamics."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", InProcess(firm.dataverse))
        self.session.headers["Authorization"] = "Bearer a-salesperson"

    def account(self, name: str, **columns: Any) -> str:
        """Make an account and return its id."""
        return str(self.firm.dataverse.add("account", name=name, **columns))

    def opportunity(self, account: str, name: str, **columns: Any) -> str:
        """Make an opportunity of an account and return its id."""
        customer = ("account", account)
        return str(
            self.firm.dataverse.add("opportunity", name=name, customerid=customer, **columns)
        )

    def merge(self, master: str, subordinate: str, **content: Any) -> None:
        """Merge one account into another, with the values that are picked."""
        party = {"@odata.type": f"{_CRM}.account"}
        body: dict[str, Any] = {
            "Target": {**party, "accountid": master},
            "Subordinate": {**party, "accountid": subordinate},
            "PerformParentingChecks": False,
        }
        if content:
            body["UpdateContent"] = {**party, **content}
        self._post("Merge", body)

    def win(self, opportunity: str) -> None:
        """Close an opportunity as won."""
        closed = {"opportunityid@odata.bind": f"/opportunities({opportunity})", "subject": "won"}
        self._post("WinOpportunity", {"Status": 3, "OpportunityClose": closed})

    def set_active(self, account: str, *, active: bool) -> None:
        """Deactivate an account, or activate it again."""
        state = {"statecode": 0, "statuscode": 1} if active else {"statecode": 1, "statuscode": 2}
        self.firm.dataverse.update("account", account, **state)

    def move(self, invoice: str, opportunity: str | None) -> None:
        """Move an invoice to another opportunity, or to none."""
        target = ("opportunity", opportunity) if opportunity is not None else None
        self.firm.dataverse.update("invoice", invoice, opportunityid=target)

    def _post(self, action: str, body: dict[str, Any]) -> None:
        answer = self.session.post(f"{DATAVERSE}/api/data/v9.2/{action}", json=body)
        assert answer.ok, answer.text
