"""Lists: the views that are stored, their rows, cells, order, search, pages; the app's start."""

from decimal import Decimal

import pytest


@pytest.fixture
def figures(api):
    """A custom amount and a custom choice with colours on accounts."""
    api.publisher("fbx")
    api.column("account", "fbx_Overdue", "Money", DisplayName=api.label("Overdue"))
    options = [
        {"Value": 1, "Label": api.label("Good standing"), "Color": "#2E7D32"},
        {"Value": 2, "Label": api.label("Overdue"), "Color": "red;x:y"},
    ]
    api.column(
        "account",
        "fbx_Health",
        "Picklist",
        DisplayName=api.label("Health"),
        OptionSet={"Options": options},
    )


def test_a_list_shows_the_columns_of_the_view_in_its_order(screens, seeds, figures):
    seeds.account("Aster", fbx_overdue=Decimal("1234.5"), fbx_health=1, telephone1="+1 555 0199")
    screens.view("account", "fbx_overdue", "name", "fbx_health", name="Money")

    page = screens.look("accounts")

    assert page.rows() == [
        {"fbx_overdue": "$1,234.50", "name": "Aster", "fbx_health": "Good standing"}
    ]
    heads = [screens.text(each) for each in page.all("th")]
    assert heads == ["Overdue", "Account Name", "Health"]
    assert "555 0199" not in page.html


def test_what_a_view_leaves_out_is_not_on_its_page(screens, seeds, figures):
    seeds.account("Aster", fbx_overdue=Decimal(7))
    layout = "<grid><row><cell name='name'/><cell name='fbx_overdue' ishidden='1'/></row></grid>"
    screens.view("account", "name", "fbx_overdue", layout=layout)

    assert screens.look("accounts").rows() == [{"name": "Aster"}]


def test_a_cell_the_query_does_not_ask_for_stays_empty(screens, seeds, figures):
    seeds.account("Aster", fbx_overdue=Decimal(7))
    layout = "<grid><row><cell name='name'/><cell name='fbx_overdue'/></row></grid>"
    screens.view("account", "name", layout=layout)

    assert screens.look("accounts").rows() == [{"name": "Aster", "fbx_overdue": ""}]


def test_a_choice_has_the_colour_of_its_definition_beside_its_label(screens, seeds, figures):
    seeds.account("A", fbx_health=1)
    seeds.account("B", fbx_health=2)
    screens.view("account", "name", "fbx_health", inside="<order attribute='name'/>")

    page = screens.look("accounts")

    assert [each.get("data-colour") for each in page.all("span", kind="option")] == ["#2E7D32"]
    assert [row["fbx_health"] for row in page.rows()] == ["Good standing", "Overdue"]
    assert "red;" not in page.html


def test_an_amount_has_the_currency_of_its_row(screens, seeds, dataverse, figures):
    canada = seeds.currency("CAD")
    dataverse.update("transactioncurrency", canada, currencysymbol="C$")
    seeds.account("Aster", fbx_overdue=Decimal(5), transactioncurrencyid=canada)
    screens.view("account", "name", "fbx_overdue", "fbx_overdue_base")

    row = screens.look("accounts").rows()[0]

    assert row["fbx_overdue"] == "C$5.00"
    assert row["fbx_overdue_base"] == "$3.68"


def test_a_column_of_a_joined_table_shows(screens, seeds, dataverse):
    account = seeds.account("Aster")
    contact = dataverse.add("contact", lastname="Doe", parentcustomerid_account=account)
    dataverse.update("account", account, primarycontactid=contact)
    seeds.account("Alone")
    inside = (
        "<order attribute='name'/>"
        "<link-entity name='contact' from='contactid' to='primarycontactid' link-type='outer' "
        "alias='c'><attribute name='lastname'/></link-entity>"
    )
    screens.view("account", "name", "c.lastname", inside=inside)

    page = screens.look("accounts")

    assert [row["c.lastname"] for row in page.rows()] == ["", "Doe"]
    assert "Last Name (Contact)" in [screens.text(each) for each in page.all("th")]


def test_every_row_leads_to_its_record_and_a_lookup_to_its_own(screens, seeds):
    parent = seeds.account("Parent")
    child = seeds.account("Child", parentaccountid=parent)
    only = "<filter><condition attribute='name' operator='eq' value='Child'/></filter>"
    screens.view("account", "name", "parentaccountid", inside=only)

    page = screens.look("accounts")

    links = [each.get("href") for each in page.one("tbody").iter("a")]
    assert links == [f"/_sandbox/accounts/{child}", f"/_sandbox/accounts/{parent}"]
    assert page.one("tr", data_id=child) is not None


def test_the_default_view_comes_first_and_others_are_to_be_chosen(screens, seeds):
    seeds.account("Aster", telephone1="1")
    screens.view("account", "telephone1", name="A view")
    default = screens.view("account", "name", name="Z default", isdefault=True)
    screens.view("account", "name", name="Inactive", statecode=1)
    screens.view("account", "name", name="Associated", querytype=2)
    screens.view("contact", "fullname", name="Another table's")

    page = screens.look("accounts")

    assert page.one("table", kind="grid").get("data-view") == default
    chosen = page.one("details", data_picker="view")
    assert [screens.text(each) for each in chosen.iter("a")] == ["Z default", "A view"]
    other = list(chosen.iter("a"))[1].get("href")
    assert "telephone1" in screens.look(other.removeprefix("/_sandbox/")).rows()[0]


def test_a_view_shows_by_its_address_though_it_is_not_public(screens, seeds):
    seeds.account("Aster")
    associated = screens.view("account", "name", querytype=2)

    page = screens.look("tables/account", view=f"{{{associated.upper()}}}")

    assert page.rows() == [{"name": "Aster"}]


def test_a_view_of_another_table_is_not_found(screens):
    view = screens.view("contact", "fullname")

    assert screens.look("accounts", view=view).status == 404
    assert screens.look("tables/nothing").status == 404


def test_a_table_without_a_view_says_so_and_lists_its_rows(screens, seeds, api, dataverse):
    api.publisher("fbx")
    api.table("fbx_Thing")
    dataverse.add("fbx_thing", fbx_name="One")
    screens.clear("fbx_thing")

    page = screens.look("tables/fbx_thing")

    assert page.rows() == [{"fbx_name": "One", "statecode": "Active"}]
    assert "no public view" in page.html


def test_a_view_that_names_a_column_which_is_gone_says_so(screens, seeds):
    seeds.account("Aster")
    screens.view("account", "name", "fbx_gone")

    page = screens.look("accounts")

    assert page.status == 200
    assert len(page.problems) == 1
    assert "fbx_gone" in page.problems[0]
    assert not page.all("table")


def test_people_sort_by_the_columns_a_layout_lets_them(screens, seeds):
    for name, number in (("A", 2), ("B", 3), ("C", 1)):
        seeds.account(name, numberofemployees=number)
    layout = (
        "<grid><row><cell name='name'/><cell name='numberofemployees'/>"
        "<cell name='accountid' disableSorting='1'/></row></grid>"
    )
    screens.view("account", "name", "numberofemployees", layout=layout)

    def names(page):
        return "".join(row["name"] for row in page.rows())

    first = screens.look("accounts")
    link = next(first.one("th", data_column="numberofemployees").iter("a")).get("href")
    rising = screens.look(link.removeprefix("/_sandbox/"))
    head = rising.one("th", data_column="numberofemployees")
    falling = screens.look(next(head.iter("a")).get("href").removeprefix("/_sandbox/"))

    assert head.get("aria-sort") == "ascending"
    assert (names(first), names(rising), names(falling)) == ("ABC", "CAB", "BAC")
    assert not list(first.one("th", data_column="accountid").iter("a"))


QUICK = (
    "<fetch><entity name='account'><attribute name='accountid'/><filter>"
    "<condition attribute='statecode' operator='eq' value='0'/>"
    "<filter type='or' isquickfindfields='1'>"
    "<condition attribute='name' operator='like' value='{0}'/>"
    "<condition attribute='telephone1' operator='like' value='{0}'/>"
    "</filter></filter></entity></fetch>"
)


def test_search_finds_within_the_view_what_quick_find_finds(screens, seeds):
    for name, phone in (("Aster", "1"), ("Bravo", "777"), ("Astra", "2")):
        seeds.account(name, telephone1=phone)
    screens.view("account", "name", querytype=4, fetchxml=QUICK, name="Quick Find")
    not_two = "<filter><condition attribute='telephone1' operator='ne' value='2'/></filter>"
    view = screens.view("account", "name", inside=not_two)

    def names(search):
        found = screens.look("accounts", view=view, search=search)
        return [row["name"] for row in found.rows()] if found.all("table") else []

    assert names("ast") == ["Aster"]
    assert names("77") == ["Bravo"]
    assert names("%x") == []
    assert screens.look("accounts").one("form", role="search") is not None


def test_a_table_without_quick_find_has_no_box(screens):
    screens.view("account", "name")

    assert not screens.look("accounts").all("form")


def test_long_lists_come_by_pages(screens, seeds):
    for number in range(51):
        seeds.account(f"A{number:02d}")
    screens.view("account", "name", inside="<order attribute='name'/>")

    first = screens.look("accounts")
    following = first.one("p", kind="pages")[0].get("href")
    second = screens.look(following.removeprefix("/_sandbox/"))

    assert len(first.rows()) == 50
    assert "1 - 50 of 51" in first.html
    assert second.rows() == [{"name": "A50"}]
    assert "51 - 51 of 51" in second.html


def test_a_view_may_cut_off_and_people_sort_what_is_left(screens, seeds):
    for name, number in (("A", 2), ("B", 3), ("C", 1)):
        seeds.account(name, numberofemployees=number)
    most = "<order attribute='numberofemployees' descending='true'/>"
    view = screens.view("account", "name", inside=most, head="top='2'")

    assert [row["name"] for row in screens.look("accounts").rows()] == ["B", "A"]
    by_name = screens.look("accounts", view=view, order="name")
    assert [row["name"] for row in by_name.rows()] == ["A", "B"]


def test_texts_of_rows_and_components_are_never_html(screens, seeds):
    seeds.account("<script>alert(1)</script>", websiteurl="javascript:alert(1)")
    screens.view("account", "name", "websiteurl", name="<img src=x>")

    page = screens.look("accounts")

    assert "<script" not in page.html
    assert "<img" not in page.html
    assert 'href="javascript' not in page.html
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


AREA = """<Area Id='a'><Group Id='g'><Titles><Title LCID='1033' Title='Books'/></Titles>
<SubArea Id='one' Entity='account'/>
<SubArea Id='two' Url='/main.aspx?pagetype=entitylist&amp;etn=contact&amp;viewid={{{view}}}'>
<Titles><Title LCID='1031' Title='Leute'/><Title LCID='1033' Title='People'/></Titles></SubArea>
<SubArea Id='three' DefaultDashboard='{{{dashboard}}}' Url='/main.aspx?pagetype=dashboard'/>
<SubArea Id='four' Url='https://example.com/'/>
<SubArea Id='five' Entity='nothing'/>
<SubArea Id='six' Url='/main.aspx?pagetype=entitylist&amp;etn=contact&amp;viewid={dashboard}'/>
</Group></Area>"""


@pytest.fixture
def app(screens):
    view = screens.view("contact", "fullname", name="Some")
    dashboard = screens.form("none", kind=0, name="Money")
    screens.app(AREA.format(view=view, dashboard=dashboard))
    return view, dashboard


@pytest.mark.parametrize("path", ["", "app"])
def test_the_start_page_shows_what_the_site_map_holds(screens, app, path):
    view, dashboard = app

    page = screens.look(path)

    def led(name):
        found = page.one("main").iter("li")
        return next(each for each in found if each.get("data-subarea") == name)[0]

    assert screens.text(page.one("h1")) == "Books"
    assert (led("one").get("href"), led("one").text) == ("/_sandbox/accounts", "Accounts")
    assert led("two").get("href") == f"/_sandbox/tables/contact?view={view}"
    assert led("two").text == "People"
    assert led("three").get("href") == f"/_sandbox/dashboards/{dashboard}"
    assert led("three").text == "Money"
    for name in ("four", "five", "six"):
        assert led(name).tag == "span"
    assert screens.look(led("two").get("href").removeprefix("/_sandbox/")).status == 200


def test_every_page_has_the_apps_navigation(screens, app, seeds):
    page = screens.look(f"accounts/{seeds.account()}")

    found = page.one("nav", kind="side")
    assert [each.get("data-subarea") for each in found.iter("li")][:3] == ["one", "two", "three"]


def test_the_newest_app_is_the_start_and_others_are_to_be_chosen(screens, app):
    screens.app("<Area Id='b'/>", name="Newer", unique="fbx_newer")

    page = screens.look("app")

    assert screens.text(page.one("h1")) == "Newer"
    links = [each.get("href") for each in page.one("details", data_picker="app").iter("a")]
    assert "/_sandbox/app?app=fbx_books" in links
    assert screens.text(screens.look("app", app="fbx_books").one("h1")) == "Books"


def test_an_environment_without_an_app_starts_with_its_tables(screens):
    page = screens.look("app")

    links = [each.get("href") for each in page.main.iter("a")]
    assert links[:2] == ["/_sandbox/accounts", "/_sandbox/tables/contact"]


def test_pages_are_looked_at_only(screens):
    answer = screens.session.post("https://org.crm.dynamics.com/_sandbox/app")

    assert answer.status_code == 405


def test_every_link_leads_to_a_page_of_an_environment_as_it_is_delivered(screens, seeds, dataverse):
    account = seeds.account("Aster", parentaccountid=seeds.account("Parent"))
    seeds.line(seeds.invoice(account))
    dataverse.add("opportunity", name="Deal", customerid_account=account)
    dataverse.add("contact", lastname="Doe", parentcustomerid_account=account)
    dataverse.add("task", subject="Call", regardingobjectid_account_task=account)
    waiting, seen = ["app"], {}

    while waiting:
        path = waiting.pop()
        page = screens.look(path)
        seen[path] = (page.status, page.problems)
        links = [each.get("href") for each in page.root.iter("a")]
        paths = {link.removeprefix("/_sandbox/") for link in links if link.startswith("/_sandbox/")}
        waiting += sorted(paths - seen.keys() - set(waiting))

    assert {path: found for path, found in seen.items() if found != (200, [])} == {}
    assert len(seen) > 40
