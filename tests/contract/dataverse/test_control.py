"""The sandbox's own addresses: rows and settings for other processes, pages for people."""

from decimal import Decimal

import pytest

from sandbox.dataverse import Dataverse, DataverseError, pages


@pytest.fixture
def control(api):
    def call(method, path, body=None):
        return api.session.request(method, f"{api.origin}/_sandbox/{path}", json=body)

    return call


def test_rows_are_added_listed_changed_and_deleted_over_http(control):
    made = control("POST", "rows/account", {"name": "A", "revenue": 12.5})
    account = made.json()["id"]
    contact = control(
        "POST", "rows/contact", {"lastname": "L", "parentcustomerid_account": account}
    ).json()["id"]
    changed = control("PATCH", f"rows/account/{account}", {"name": "B"})
    listed = control("GET", "rows/account")
    deleted = control("DELETE", f"rows/contact/{contact}")

    row = listed.json(parse_float=Decimal)[0]
    assert [made.status_code, changed.status_code, deleted.status_code] == [201, 204, 204]
    assert (row["name"], row["revenue"], row["statecode"]) == ("B", Decimal("12.5"), 0)
    assert row["_transactioncurrencyid_value"]
    assert control("GET", f"rows/account/{account}").json()["accountid"] == account
    assert control("GET", "rows/contact").json() == []


def test_a_row_can_be_added_closed(control):
    account = control("POST", "rows/account", {"name": "A"}).json()["id"]
    body = {"customerid_account": account, "statecode": 2, "statuscode": 100001}

    control("POST", "rows/invoice", body)

    assert control("GET", "rows/invoice").json()[0]["statecode"] == 2


def test_control_refuses_what_the_platform_refuses(control):
    assert control("POST", "rows/account", {"nosuch": 1}).status_code == 400
    assert control("POST", "rows/nothing", {}).status_code == 404
    assert control("GET", "rows/account/00000000-0000-0000-0000-000000000000").status_code == 404
    assert control("PUT", "rows/account", {}).status_code == 405
    assert control("POST", "settings", {"nosuch": 1}).status_code == 400
    assert control("POST", "settings", {"limits": {"nosuch": 1}}).status_code == 400
    assert control("GET", "elsewhere").status_code == 404


def test_settings_are_changed_and_read_back(control, dataverse):
    shown = control(
        "POST",
        "settings",
        {"latency": 0.001, "key_delay": 3, "limits": {"requests": 9, "window": 7.5}},
    ).json()

    assert shown["limits"]["requests"] == 9
    assert (shown["limits"]["concurrent"], dataverse.throttle.limits.window) == (52, 7.5)
    assert control("GET", "settings").json() == shown
    assert dataverse.environment.key_delay == 3
    assert control("POST", "settings", {"limits": None}).json()["limits"] is None
    assert control("GET", "used").json() == {"requests": 0, "seconds": 0, "refused": {}}


@pytest.mark.parametrize(
    "given", [{"navigation_names": "mine"}, {"nosuch": True}, {"expand_links": 1}]
)
def test_a_choice_that_does_not_exist_is_refused(control, given):
    assert control("POST", "settings", {"choices": given}).status_code == 400


def test_in_code_a_missing_row_is_none_and_an_unknown_table_an_error(dataverse):
    assert dataverse.get("account", "00000000-0000-0000-0000-000000000000") is None
    with pytest.raises(DataverseError, match="nothing"):
        dataverse.all("nothing")


def test_in_code_an_update_is_under_the_rules(dataverse, seeds):
    invoice = seeds.invoice(statecode=2, statuscode=100001)

    with pytest.raises(DataverseError, match="read-only"):
        dataverse.update("invoice", invoice, name="B")


def test_an_environment_starts_with_its_base_data(dataverse):
    codes = {row["isocurrencycode"] for row in dataverse.all("transactioncurrency")}
    lists = {row["name"]: row["statuscode"] for row in dataverse.all("pricelevel")}
    organization = dataverse.all("organization")[0]

    assert codes == {"USD", "CAD"}
    assert lists == {"Standard USD": 100001, "Standard CAD": 100001}
    assert organization["oobpricecalculationenabled"] is True
    assert organization["ispricelistmandatory"] is True


def test_the_account_page_shows_figures_invoices_and_the_timeline(api, control, seeds, dataverse):
    api.publisher()
    api.activity_table()
    health = {"Options": [{"Value": 1, "Label": api.label("Payment due")}]}
    api.column("account", "fb_Outstanding", "Money", DisplayName=api.label("Outstanding"))
    api.column("account", "fb_Health", "Picklist", OptionSet=health)
    api.column("invoice", "fb_Paid", "Money", DisplayName=api.label("Paid so far"))
    api.column("fb_payment", "fb_Amount", "Money", DisplayName=api.label("Amount"))
    account = seeds.account("Aster <b>Works</b>", fb_outstanding=Decimal("1234.5"), fb_health=1)
    seeds.line(seeds.invoice(account, name="Invoice 77", fb_paid=Decimal(40)))
    dataverse.add("opportunity", name="Big deal", customerid_account=account)
    dataverse.add(
        "fb_payment",
        subject="Payment received",
        fb_amount=Decimal(40),
        regardingobjectid_account_fb_payment=account,
        statecode=1,
    )
    dataverse.add("annotation", notetext="Called them", objectid_account=account)

    page = control("GET", f"accounts/{account}")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Aster &lt;b&gt;Works&lt;/b&gt;" in page.text
    assert "<b>Works" not in page.text
    for text in (
        "Outstanding",
        "$1,234.50",
        "Payment due",
        "Big deal",
        "Invoice 77",
        "$100.00",
        "Paid so far",
        "Payment received",
        "$40.00",
        "Completed",
        "Called them",
    ):
        assert text in page.text


def test_the_list_of_accounts_links_to_each(control, seeds):
    account = seeds.account("Aster Works")

    page = control("GET", "accounts")

    assert f'href="/_sandbox/accounts/{account}"' in page.text
    assert "http" not in page.text.partition("<main>")[2]
    assert control("GET", f"accounts/{seeds.guid()}").status_code == 404


def test_the_account_page_works_without_sales():
    dataverse = Dataverse(sales=False)
    account = dataverse.add("account", name="A")

    assert "<h1>A</h1>" in pages.render(dataverse.environment, f"/_sandbox/accounts/{account}")


def test_an_environment_begins_as_another_one_was_and_goes_its_own_way(api, dataverse):
    api.keyed_accounts()
    account = dataverse.add("account", name="A", fb_clientkey="x-1")
    other = Dataverse(key_delay=0)

    other.environment.restore(dataverse.environment.saved())
    other.update("account", account, name="B")
    dataverse.add("contact", lastname="L")

    assert other.get("account", account)["fb_clientkey"] == "x-1"
    assert [row["name"] for row in other.all("account")] == ["B"]
    assert [row["name"] for row in dataverse.all("account")] == ["A"]
    assert other.all("contact") == []
