"""An environment in which somebody customizes accounts, invoices and a table of payments."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.dataverse.customizing import texts

ICON = "953b9fac-1e5e-e611-80d6-00155ded156f"


class Desk:
    """What a customizer does, each by one request; components have ids of the customizer's own."""

    def __init__(self, api: Any) -> None:
        self.api = api

    def view(self, **more: Any) -> str:
        body = {
            "savedqueryid": texts.guid("view"),
            "name": "FreshBooks: overdue",
            "returnedtypecode": "account",
            "querytype": 0,
            "fetchxml": texts.ACCOUNT_FETCH,
            "layoutxml": texts.ACCOUNT_LAYOUT,
            **more,
        }
        return self.made("savedqueries", body)

    def chart(self, **more: Any) -> str:
        body = {
            "savedqueryvisualizationid": texts.guid("chart"),
            "name": "Overdue by account",
            "primaryentitytypecode": "account",
            "datadescription": texts.CHART_DATA,
            "presentationdescription": texts.CHART_SHOWN,
            **more,
        }
        return self.made("savedqueryvisualizations", body)

    def quick_form(self, **more: Any) -> str:
        body = {
            "formid": texts.guid("quick form"),
            "name": "FreshBooks balance",
            "objecttypecode": "account",
            "type": 6,
            "formxml": texts.quick_form(),
            **more,
        }
        return self.made("systemforms", body)

    def form(self, **more: Any) -> str:
        body = {
            "formid": texts.guid("form"),
            "name": "FreshBooks invoice",
            "objecttypecode": "invoice",
            "type": 2,
            "formxml": texts.main_form(texts.guid("view"), texts.guid("quick form")),
            **more,
        }
        return self.made("systemforms", body)

    def dashboard(self, **more: Any) -> str:
        body = {
            "formid": texts.guid("dashboard"),
            "name": "FreshBooks",
            "type": 0,
            "formxml": texts.dashboard(texts.guid("view"), texts.guid("chart")),
            **more,
        }
        return self.made("systemforms", body)

    def app(self, **more: Any) -> str:
        body = {
            "appmoduleid": texts.guid("app"),
            "name": "FreshBooks",
            "uniquename": "fb_freshbooks",
            "webresourceid": ICON,
            "clienttype": 4,
            **more,
        }
        return self.made("appmodules", body)

    def site_map(self, **more: Any) -> str:
        body = {
            "sitemapid": texts.guid("site map"),
            "sitemapname": "FreshBooks",
            "sitemapnameunique": "fb_freshbooks",
            "sitemapxml": texts.site_map(texts.guid("dashboard")),
            **more,
        }
        return self.made("sitemaps", body)

    def everything(self) -> None:
        for make in (self.view, self.chart, self.quick_form, self.form, self.dashboard):
            make()
        self.app()
        self.site_map()

    def made(self, collection: str, body: dict[str, Any]) -> str:
        answer = self.api.post(collection, body)
        assert answer.status_code == 204, answer.text
        return str(answer.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")"))

    def publish(self, inner: str) -> Any:
        text = f"<importexportxml>{inner}</importexportxml>"
        return self.api.post("PublishXml", {"ParameterXml": text})

    def draft(self, collection: str, row_id: str, column: str) -> Any:
        path = f"{collection}({row_id})/Microsoft.Dynamics.CRM.RetrieveUnpublished()"
        return self.api.get(f"{path}?$select={column}").json()[column]

    def seen(self, collection: str, row_id: str, column: str) -> Any:
        return self.api.get(f"{collection}({row_id})?$select={column}").json()[column]

    def customizing(self) -> Any:
        return self.api.dataverse.environment.customizing


def customize(api: Any) -> Any:
    """Give an environment columns and an activity table of our own; return its API."""
    api.publisher()
    api.column("account", "fb_Overdue", "Money")
    options = [
        {"Value": 72000 + number, "Label": api.label(text)}
        for number, text in enumerate(("Good", "Late"))
    ]
    api.column("account", "fb_Health", "Picklist", OptionSet={"Options": options})
    api.activity_table()
    api.column("fb_payment", "fb_Amount", "Money")
    return api


@pytest.fixture
def firm(api: Any) -> Any:
    return customize(api)


@pytest.fixture
def desk(firm: Any) -> Desk:
    return Desk(firm)


@pytest.fixture
def refusal(code: Callable[[Any], tuple[int, str]]) -> Callable[[Any], tuple[int, str]]:
    return code
