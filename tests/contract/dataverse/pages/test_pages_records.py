"""A record through its main form: fields, sub-grids, quick views, timeline; what is on no form."""

from decimal import Decimal

import pytest


@pytest.fixture
def figures(api):
    api.publisher("fbx")
    api.column("account", "fbx_Overdue", "Money", DisplayName=api.label("Overdue"))
    api.column("account", "fbx_Note", "String", DisplayName=api.label("Note"))


def test_a_form_shows_its_fields_and_nothing_else(screens, seeds, figures):
    account = seeds.account(
        "Aster", fbx_overdue=Decimal(7), fbx_note="hidden", telephone1="+1 555 0199"
    )
    cell = screens.cell
    screens.form("account", cell("text", "name"), cell("money", "fbx_overdue"))

    page = screens.look(f"accounts/{account}")

    assert page.fields() == {"name": "Aster", "fbx_overdue": "$7.00"}
    assert "555 0199" not in page.html
    assert screens.text(page.one("h1")) == "Aster"


@pytest.mark.parametrize(
    ("kind", "column", "value", "shown"),
    [
        ("text", "accountnumber", "A-1", "A-1"),
        ("memo", "description", "two\nlines", "two lines"),
        ("money", "creditlimit", Decimal(12), "$12.00"),
        ("whole", "numberofemployees", 1200, "1,200"),
        ("choice", "customertypecode", 3, "Customer"),
        ("flag", "creditonhold", True, "Yes"),
        ("date", "createdon", None, "10/1/2026 12:00 PM"),
        ("lookup", "ownerid", None, "# connector"),
        ("status", "statuscode", None, "Active"),
        ("text", "fax", None, "---"),
    ],
)
def test_a_control_shows_its_column_as_people_read_it(screens, seeds, kind, column, value, shown):
    account = seeds.account(**({column: value} if value is not None else {}))
    screens.form("account", screens.cell(kind, column))

    page = screens.look(f"accounts/{account}")

    assert page.fields() == {column: shown}
    assert not page.problems


def test_a_lookup_and_an_address_are_links(screens, seeds):
    parent = seeds.account("Parent")
    account = seeds.account("Child", parentaccountid=parent, websiteurl="https://a.example/x")
    screens.form(
        "account", screens.cell("lookup", "parentaccountid"), screens.cell("url", "websiteurl")
    )

    page = screens.look(f"accounts/{account}")

    links = [each.get("href") for each in page.form.iter("a")]
    assert links == [f"/_sandbox/accounts/{parent}", "https://a.example/x"]


def test_no_address_but_the_webs_becomes_a_link(screens, seeds):
    account = seeds.account(websiteurl="javascript:alert(1)")
    screens.form("account", screens.cell("url", "websiteurl"))

    assert not list(screens.look(f"accounts/{account}").form.iter("a"))


@pytest.mark.parametrize(
    ("kind", "column", "why"),
    [
        ("text", "nothing", "no such column"),
        ("533B9108-756B-4312-95A0-DC888637AC78", "creditlimit", "no control"),
        ("decimal", "creditlimit", "type Money"),
        ("text", "customertypecode", "type Picklist"),
    ],
)
def test_a_control_that_does_not_fit_shows_no_value_and_says_why(screens, seeds, kind, column, why):
    account = seeds.account(creditlimit=Decimal("77.77"), customertypecode=3)
    screens.form("account", screens.cell(kind, column))

    page = screens.look(f"accounts/{account}")

    assert len(page.problems) == 1
    assert why in page.problems[0]
    assert "77.77" not in page.html
    assert "Customer" not in screens.text(page.form)


def test_hidden_parts_of_a_form_do_not_show(screens, seeds):
    account = seeds.account("Aster", telephone1="555", fax="666", accountnumber="777")
    cell = screens.cell
    unseen = cell("text", "accountnumber", more="visible='false'")
    form = (
        "<form><tabs><tab visible='false'><columns><column><sections><section><rows><row>"
        f"{cell('text', 'telephone1')}</row></rows></section></sections></column></columns></tab>"
        "<tab><columns><column><sections><section visible='false'><rows><row>"
        f"{cell('text', 'fax')}</row></rows></section><section><rows><row>"
        f"{unseen}{cell('text', 'name')}"
        f"{cell('hidden', 'accountnumber')}"
        "</row></rows></section></sections></column></columns></tab></tabs></form>"
    )
    screens.form("account", formxml=form)

    assert screens.look(f"accounts/{account}").fields() == {"name": "Aster"}


def test_labels_are_the_forms_or_the_columns(screens, seeds):
    account = seeds.account(telephone1="+1 555 0199")
    cell = screens.cell
    screens.form(
        "account",
        cell("text", "telephone1", "Call"),
        cell("text", "accountnumber"),
        cell("text", "fax", "Hidden label", more="showlabel='false'"),
    )

    page = screens.look(f"accounts/{account}")

    terms = {
        each.get("data-column"): page.one("dt", within=each)
        for each in page.all("div", kind="field", within=page.form)
    }
    labels = {column: (term.text, term.get("class")) for column, term in terms.items()}
    assert labels == {
        "telephone1": ("Call", None),
        "accountnumber": ("Account Number", None),
        "fax": ("Hidden label", "unseen"),
    }


def test_tabs_stand_one_after_another_with_links_to_each(screens, seeds):
    account = seeds.account("Aster")

    def tab(name, label):
        return (
            f"<tab name='{name}'><labels><label description='{label}' languagecode='1033'/>"
            "</labels><columns><column width='50%'><sections><section name='s' showlabel='true'>"
            f"<labels><label description='In {label}' languagecode='1033'/></labels><rows><row>"
            f"{screens.cell('text', 'name')}</row></rows></section></sections></column></columns>"
            "</tab>"
        )

    screens.form(
        "account", formxml=f"<form><tabs>{tab('one', 'One')}{tab('fbx_two', 'Two')}</tabs></form>"
    )

    page = screens.look(f"accounts/{account}")

    assert [each.get("href") for each in page.one("nav", kind="tabs")] == ["#tab-1", "#tab-2"]
    assert page.one(data_tab="fbx_two").get("id") == "tab-2"
    assert "In Two" in screens.text(page.one(data_tab="fbx_two"))


def test_the_header_shows(screens, seeds):
    account = seeds.account("Aster", numberofemployees=5)
    cells = screens.cell("whole", "numberofemployees", "Staff")
    header = f"<header><rows><row>{cells}</row></rows></header>"
    screens.form("account", screens.cell("text", "name"), header=header)

    page = screens.look(f"accounts/{account}")

    assert page.fields(page.one("dl", kind="header-fields")) == {"numberofemployees": "5"}


def test_the_first_active_form_shows_and_others_are_to_be_chosen(screens, seeds):
    account = seeds.account("Aster", telephone1="+1 555 0199")
    later = "<form><DisplayConditions Order='2'/><tabs/></form>"
    screens.form("account", formxml=later, name="Later")
    first = screens.form("account", screens.cell("text", "telephone1"), name="First")
    screens.form("account", screens.cell("text", "name"), name="Off", formactivationstate=0)
    screens.form("account", screens.cell("text", "name"), name="Card", kind=11)

    page = screens.look(f"accounts/{account}")

    assert page.form.get("data-form") == first
    chosen = page.one("details", data_picker="form")
    assert [screens.text(each) for each in chosen.iter("a")] == ["First", "Later"]
    other = list(chosen.iter("a"))[1].get("href")
    assert screens.look(other.removeprefix("/_sandbox/")).fields() == {}


def test_every_table_has_pages_of_its_records(screens, seeds, dataverse):
    invoice = seeds.invoice(name="Invoice 7")
    screens.form("invoice", screens.cell("lookup", "customerid"), screens.cell("text", "name"))

    page = screens.look(f"records/invoice/{invoice.upper()}")

    assert page.fields() == {"customerid": "Aster Works", "name": "Invoice 7"}
    assert screens.look(f"records/invoice/{seeds.guid()}").status == 404
    assert screens.look(f"records/invoice/{invoice}", form=seeds.guid()).status == 404


def test_a_broken_form_says_so(screens, seeds):
    account = seeds.account("Aster")
    screens.form("account", formxml="<form><tabs>", name="Broken")

    page = screens.look(f"accounts/{account}")

    assert page.status == 200
    assert "Broken" in page.problems[0]


# sub-grids


@pytest.fixture
def invoices(screens, seeds):
    """Two invoices of one account, one of another, and a view of invoices."""
    account, other = seeds.account("Aster"), seeds.account("Other")
    for name, whose in (("One", account), ("Two", account), ("Three", other)):
        seeds.invoice(whose, name=name)
    return account, screens.view("invoice", "name", inside="<order attribute='name'/>")


def subgrid(screens, view, **told):
    return screens.cell(
        "subgrid",
        "",
        "Invoices",
        ViewId=f"{{{view}}}",
        **{"TargetEntityType": "invoice", "ChartGridMode": "Grid"} | told,
    )


def test_a_sub_grid_shows_the_related_rows_through_its_view(screens, invoices):
    account, view = invoices
    screens.form("account", subgrid(screens, view, RelationshipName="invoice_customer_accounts"))

    page = screens.look(f"accounts/{account}")

    assert [row["name"] for row in page.rows(data_view=view)] == ["One", "Two"]
    assert page.one(data_control="subgrid").get("data-total") == "2"


def test_a_sub_grid_without_a_relationship_shows_all_rows_of_its_view(screens, invoices):
    account, view = invoices
    screens.form("account", subgrid(screens, view, RelationshipName=""))

    page = screens.look(f"accounts/{account}")

    assert [row["name"] for row in page.rows(data_view=view)] == ["One", "Three", "Two"]


def test_a_sub_grid_shows_as_many_rows_as_it_is_told(screens, invoices):
    account, view = invoices
    screens.form(
        "account",
        subgrid(screens, view, RelationshipName="invoice_customer_accounts", RecordsPerPage="2"),
    )
    screens.dataverse.add(
        "invoice", name="Zero", customerid_account=account,
        pricelevelid=screens.dataverse.all("pricelevel")[0]["pricelevelid"],
    )  # fmt: skip

    page = screens.look(f"accounts/{account}")

    assert len(page.rows(data_view=view)) == 2
    assert "1 - 2 of 3" in screens.text(page.one(data_control="subgrid"))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"RelationshipName": "nothing"}, "'nothing'"),
        ({"RelationshipName": "contact_customer_accounts"}, "leads from account to invoice"),
        ({"TargetEntityType": "contact"}, "of 'invoice'"),
        ({"TargetEntityType": "nothing"}, "no table"),
        ({"ChartGridMode": "Both"}, "'Both'"),
        ({"ChartGridMode": "Chart"}, "no chart"),
    ],
)
def test_a_sub_grid_that_is_told_what_is_not_there_says_so(screens, invoices, told, why):
    account, view = invoices
    screens.form("account", subgrid(screens, view, **told))

    page = screens.look(f"accounts/{account}")

    assert len(page.problems) == 1
    assert why in page.problems[0]
    assert not page.all("table", data_view=view)


def test_a_sub_grid_whose_view_is_gone_says_so(screens, invoices, seeds):
    account, _ = invoices
    screens.form("account", subgrid(screens, seeds.guid()))

    assert "no view" in screens.look(f"accounts/{account}").problems[0]


# quick views


@pytest.fixture
def health(screens, figures):
    """A quick view form of accounts, and an opportunity's form that shows it twice."""
    seen = screens.form("account", screens.cell("money", "fbx_overdue"), kind=6)
    inner = (
        f"&lt;QuickFormIds&gt;&lt;QuickFormId entityname=&quot;account&quot;&gt;{{{seen.upper()}}}"
        "&lt;/QuickFormId&gt;&lt;/QuickFormIds&gt;"
    )
    control = screens.cell("quickview", "customerid", "Customer", QuickForms=inner)
    screens.form("opportunity", screens.cell("text", "name"), control)
    return seen


def test_a_quick_view_shows_the_form_of_the_row_the_lookup_leads_to(
    screens, seeds, dataverse, health
):
    account = seeds.account("Aster", fbx_overdue=Decimal(9))
    deal = dataverse.add("opportunity", name="Deal", customerid_account=account)

    page = screens.look(f"records/opportunity/{deal}")

    seen = page.one("div", kind="quick-view")
    assert page.fields(seen) == {"fbx_overdue": "$9.00"}
    assert seen.get("data-form") == health
    assert seen.get("data-record") == account


def test_a_quick_view_shows_nothing_while_its_lookup_is_empty(screens, dataverse, health):
    deal = dataverse.add("opportunity", name="Deal")

    page = screens.look(f"records/opportunity/{deal}")

    assert not page.all("div", kind="quick-view")
    assert not page.problems


def test_a_quick_view_shows_nothing_of_a_table_it_has_no_form_for(screens, dataverse, health):
    contact = dataverse.add("contact", lastname="Doe")
    deal = dataverse.add("opportunity", name="Deal", customerid_contact=contact)

    assert not screens.look(f"records/opportunity/{deal}").all("div", kind="quick-view")


def test_a_quick_view_whose_form_is_gone_says_so(screens, seeds, dataverse, health):
    account = seeds.account("Aster")
    deal = dataverse.add("opportunity", name="Deal", customerid_account=account)
    dataverse.environment.store.delete("systemform", health)

    assert "no quick view form" in screens.look(f"records/opportunity/{deal}").problems[0]


# the timeline

CARD = """<form><tabs><tab><columns><column width='25%'><sections><section name='ColorStrip'/>
</sections></column><column width='75%'><sections><section name='CardHeader' columns='111'><rows>
<row>{0}{1}</row></rows></section><section name='CardDetails' columns='1'><rows><row>{2}</row><row>
{3}</row></rows></section><section name='CardFooter'><rows><row>{4}</row></rows></section>
</sections></column></columns></tab></tabs></form>"""


@pytest.fixture
def payments(api, seeds, dataverse):
    """An account with a payment, and a function that records more."""
    api.publisher("fbx")
    api.activity_table("fbx_Payment")
    api.column("fbx_payment", "fbx_Amount", "Money", DisplayName=api.label("Amount"))
    account = seeds.account("Aster")

    def pay(subject, **columns):
        return dataverse.add(
            "fbx_payment",
            subject=subject,
            **{"regardingobjectid_account_fbx_payment": account} | columns,
        )

    return account, pay


def timeline(screens, **told):
    screens.form("account", screens.cell("timeline", "", **told))


def test_the_default_card_shows_subject_and_description_and_no_figure(screens, payments):
    account, pay = payments
    paid = pay("Payment 7", description="by cheque", fbx_amount=Decimal("77.77"))
    timeline(screens)

    entry = screens.look(f"accounts/{account}").one("li", data_entry=paid)

    assert "Payment 7" in screens.text(entry)
    assert "by cheque" in screens.text(entry)
    assert "77.77" not in screens.text(entry)
    assert entry.get("data-card") == "default"


def test_a_card_form_shows_its_header_and_details_and_no_footer(screens, payments, dataverse):
    account, pay = payments
    pay("Payment 7", description="by cheque", fbx_amount=Decimal("77.77"))
    cell = screens.cell
    card = screens.form(
        "fbx_payment",
        kind=11,
        formxml=CARD.format(
            cell("text", "subject"),
            cell("money", "fbx_amount"),
            cell("status", "statuscode"),
            cell("memo", "description"),
            cell("lookup", "ownerid"),
        ),
    )
    told = {"UClientActivityCardMap": f"task:4212:,fbx_payment:10001:{{{card}}}"}

    timeline(screens, UClientDisplayActivityUsing="cardform", **told)
    entry = screens.look(f"accounts/{account}").one("li", kind="entry")

    assert screens.text(next(entry.iter("h3"))) == "Payment 7"
    words = screens.text(entry)
    assert "$77.77" in words
    assert "Open by cheque" in words
    assert "# connector" not in words
    assert entry.get("data-card") == card


def test_a_card_form_is_used_where_the_timeline_says_so_only(screens, payments):
    account, pay = payments
    pay("Payment 7")
    card = screens.form("fbx_payment", screens.cell("text", "subject"), kind=11)
    timeline(screens, UClientActivityCardMap=f"fbx_payment:10001:{card}")

    entry = screens.look(f"accounts/{account}").one("li", kind="entry")
    assert entry.get("data-card") == "default"


def test_an_empty_list_of_activities_shows_all_and_another_only_what_it_names(
    screens, payments, dataverse
):
    account, pay = payments
    pay("Payment")
    dataverse.add("task", subject="Task", regardingobjectid_account_task=account)
    dataverse.add("annotation", subject="Note", objectid_account=account)

    def shown(**told):
        timeline(screens, **told)
        forms = dataverse.environment.store.rows("systemform").by_id
        page = screens.look(f"accounts/{account}", form=list(forms)[-1])
        return set(page.entries())

    assert shown() == {"Payment", "Task", "Note"}
    assert shown(UClientActivities="") == {"Payment", "Task", "Note"}
    assert shown(UClientActivities="email,task") == {"Task", "Note"}
    assert shown(UClientActivities="fbx_payment, task") == {"Payment", "Task", "Note"}
    assert shown(UClientModules="Notes") == {"Note"}
    assert shown(UClientModules="Activities,Posts") == {"Payment", "Task"}


@pytest.mark.parametrize(
    ("told", "query", "order"),
    [
        ({}, {}, ["b", "c", "a"]),
        ({"UClientSortActivitiesByValue": "createdon"}, {}, ["c", "b", "a"]),
        ({"UClientSortActivitiesByValue": "sortdate"}, {}, ["a", "c", "b"]),
        ({"UClientOrderBy": "ascending"}, {}, ["a", "c", "b"]),
        ({"UClientOrderBy": "descending"}, {"sort": "sortdate"}, ["a", "c", "b"]),
        ({"UClientSortActivitiesByValue": "sortdate"}, {"sort": "createdon"}, ["c", "b", "a"]),
    ],
)
def test_the_timeline_is_sorted_as_its_control_or_the_address_says(
    screens, payments, dataverse, clock, told, query, order
):
    account, pay = payments
    days = {"a": "2026-03-03", "b": None, "c": "2026-02-02"}
    made = {}
    for subject, day in days.items():
        made[subject] = pay(subject, sortdate=f"{day}T00:00:00Z" if day else None)
        clock.forward(60)
    dataverse.update("fbx_payment", made["b"], description="again")
    timeline(screens, **told)

    assert screens.look(f"accounts/{account}", **query).entries() == order


def test_an_entry_says_whether_it_is_open_overdue_or_closed(screens, payments):
    account, pay = payments
    pay("Open", scheduledend="2026-10-02T00:00:00Z")
    pay("Late", scheduledend="2026-09-30T00:00:00Z")
    pay("Done", scheduledend="2026-09-30T00:00:00Z", statecode=1)
    timeline(screens)

    page = screens.look(f"accounts/{account}")

    tags = {
        screens.text(next(each.iter("h3"))): page.one("span", kind="state", within=each).text
        for each in page.all("li", kind="entry")
    }
    assert tags == {"Open": "Active", "Late": "Overdue", "Done": "Closed"}


def test_a_customers_timeline_tells_of_its_invoices_and_deals_unless_told_otherwise(
    screens, payments, seeds, dataverse
):
    account, pay = payments
    pay("Own")
    deal = dataverse.add("opportunity", name="Deal", customerid_account=account)
    pay("Of the deal", regardingobjectid_account_fbx_payment=None,
        regardingobjectid_opportunity_fbx_payment=deal)  # fmt: skip
    timeline(screens)

    assert set(screens.look(f"accounts/{account}").entries()) == {"Own", "Of the deal"}
    assert screens.look(f"accounts/{account}", rollup="none").entries() == ["Own"]


@pytest.mark.parametrize("name", ["UClientRecordPerPage", "UClientRecordsPerPage"])
def test_a_long_timeline_is_opened_further_on_request(screens, payments, name):
    account, pay = payments
    for number in range(5):
        pay(f"Payment {number}")
    timeline(screens, **{name: "3"})

    page = screens.look(f"accounts/{account}")

    rest = page.one("details", kind="rest")
    assert screens.text(rest[0]) == "2 more"
    assert len(page.all("li", kind="entry", within=rest)) == 2
    assert len(page.entries()) == 5


def test_an_entry_leads_to_its_record(screens, payments):
    account, pay = payments
    paid = pay("Payment 7", fbx_amount=Decimal(5))
    timeline(screens)
    screens.form("fbx_payment", screens.cell("money", "fbx_amount"))

    link = screens.look(f"accounts/{account}").one("a", kind="open").get("href")

    assert link == f"/_sandbox/records/fbx_payment/{paid}"
    assert screens.look(link.removeprefix("/_sandbox/")).fields() == {"fbx_amount": "$5.00"}


# before anybody customizes


def test_the_delivered_forms_and_views_show_until_there_are_others(
    screens, seeds, figures, dataverse
):
    account = seeds.account("Aster", fbx_overdue=Decimal(7), telephone1="+1 555 0199")
    dataverse.add("annotation", subject="Called", objectid_account=account)
    dataverse.add("opportunity", name="Deal", customerid_account=account)

    page = screens.look(f"accounts/{account}")

    fields = page.fields()
    assert (fields["name"], fields["telephone1"]) == ("Aster", "+1 555 0199")
    assert "fbx_overdue" not in fields
    assert page.fields(page.one("details", kind="left-over"))["fbx_overdue"] == "$7.00"
    assert page.entries() == ["Called"]
    assert "Deal" in screens.text(page.form)
    assert not page.problems
    assert [row["name"] for row in screens.look("accounts").rows()] == ["Aster"]


@pytest.mark.parametrize("table", ["account", "contact", "opportunity", "invoice"])
def test_every_delivered_form_and_view_shows_without_a_problem(screens, seeds, dataverse, table):
    account = seeds.account()
    rows = {
        "account": account,
        "contact": dataverse.add("contact", lastname="Doe", parentcustomerid_account=account),
        "opportunity": dataverse.add("opportunity", name="Deal", parentaccountid=account),
        "invoice": seeds.invoice(account),
    }
    views = [
        row["savedqueryid"]
        for row in dataverse.environment.store.rows("savedquery").by_id.values()
        if row["returnedtypecode"] == table
    ]

    looked = [screens.look(f"tables/{table}", view=view) for view in views]

    assert len(views) >= 6
    for page in [*looked, screens.look(f"records/{table}/{rows[table]}")]:
        assert page.status == 200
        assert not page.problems


# what is on no form


def test_what_no_form_shows_is_folded_away_at_the_end(screens, seeds, figures, dataverse):
    account = seeds.account("Aster", fbx_overdue=Decimal(7), fbx_note="for debugging")
    seeds.invoice(account, name="Invoice 7")
    dataverse.add("opportunity", name="Deal", customerid_account=account)
    screens.form("account", screens.cell("money", "fbx_overdue"))

    page = screens.look(f"accounts/{account}")

    rest = page.one("details", kind="left-over")
    assert screens.text(rest[0]) == "Not on any form"
    assert page.fields(rest) == {"fbx_note": "for debugging"}
    assert "Invoice 7" in screens.text(page.one(data_table="invoice", within=rest))
    assert "Deal" in screens.text(page.one(data_table="opportunity", within=rest))
    assert "open" not in rest.attrib


def test_a_table_without_a_main_form_still_shows_what_it_holds(screens, payments):
    account, pay = payments
    pay("Payment 7", fbx_amount=Decimal("77.77"))
    screens.clear("account")

    page = screens.look(f"accounts/{account}")

    assert "no active main form" in page.html
    assert page.entries() == ["Payment 7"]
    rest = page.one("details", kind="left-over")
    assert "$77.77" in screens.text(page.one(data_table="fbx_payment", within=rest))
