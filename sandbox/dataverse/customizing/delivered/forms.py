"""Microsoft's forms of accounts, contacts, opportunities and invoices, in the shape of today.

Never the real texts: their kinds of parts, in words of our own.
"""

from sandbox.dataverse.customizing import building, seeding
from sandbox.dataverse.customizing.delivered import pieces
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table

ADDRESS = [
    *("address1_line1", "address1_line2", "address1_city", "address1_stateorprovince"),
    *("address1_postalcode", "address1_country"),
]
# What the form of opportunities lists on its timeline; a new kind of activity is hidden there.
LISTED = "phonecall,email,appointment,task"


def install_people(env: Environment, views: dict[str, str]) -> None:
    """Deliver the forms of accounts and contacts.

    Args:
        env: the environment.
        views: table -> the view its lists on other forms show.
    """
    account, contact = env.schema.tables["account"], env.schema.tables["contact"]
    contact_card = _quick_view(
        env, contact, "Contact Quick Form", ["fullname", "emailaddress1", "telephone1"]
    )
    _quick_view(env, account, "Account Quick Form", ["name", "telephone1", "primarycontactid"])
    _main(env, account, "Account", _account(env, contact_card, views))
    seed = "contact"
    names = ["firstname", "lastname", "jobtitle", "parentcustomerid", "emailaddress1"]
    summary = building.section(
        seed, "CONTACT_INFORMATION", "Contact Information", pieces.fields(seed, contact, names)
    )
    tabs = [
        building.tab(
            seed,
            "SUMMARY_TAB",
            "Summary",
            [("50%", summary), ("50%", pieces.timeline(seed, activities=""))],
        )
    ]
    head = pieces.fields(seed, contact, ["ownerid"], prefix="header_")
    _main(env, contact, "Contact", pieces.main_form(seed, tabs, head))


def install_sales(env: Environment, views: dict[str, str]) -> None:
    """Deliver the forms of opportunities and invoices."""
    tables = env.schema.tables
    card = next(
        row["formid"]
        for row in env.store.rows("systemform").by_id.values()
        if row["objecttypecode"] == "account" and row["type"] == seeding.QUICK_VIEW
    )
    _main(env, tables["opportunity"], "Opportunity", _opportunity(tables["opportunity"], card))
    _main(env, tables["invoice"], "Invoice", _invoice(tables["invoice"], views))


def _account(env: Environment, contact_card: str, views: dict[str, str]) -> str:
    table, seed = env.schema.tables["account"], "account"
    names = ["name", "telephone1", "fax", "websiteurl", "parentaccountid"]
    left = building.section(
        seed, "ACCOUNT_INFORMATION", "Account Information", pieces.fields(seed, table, names)
    )
    left += building.section(seed, "ADDRESS", "Address", pieces.fields(seed, table, ADDRESS))
    related = [
        *pieces.fields(seed, table, ["primarycontactid"]),
        pieces.quick_view(seed, "Contact", "primarycontactid", contact=contact_card),
        pieces.sub_grid(
            seed,
            "Contacts",
            "Contacts",
            view=views["contact"],
            table="contact",
            relationship="contact_customer_accounts",
        ),
    ]
    if "opportunity" in views:
        related.append(
            pieces.sub_grid(
                seed,
                "Opportunities",
                "Recent Opportunities",
                view=views["opportunity"],
                table="opportunity",
                relationship="opportunity_customer_accounts",
            )
        )
    right = building.section(seed, "SUMMARY_TAB_related", "Related", related)
    middle = pieces.timeline(seed, activities="")
    profile = ["customertypecode", "numberofemployees", "description"]
    billing = ["creditlimit", "creditonhold", "paymenttermscode"]
    details = building.section(
        seed, "COMPANY_PROFILE", "Company Profile", pieces.fields(seed, table, profile)
    )
    money = building.section(seed, "BILLING", "Billing", pieces.fields(seed, table, billing))
    tabs = [
        building.tab(
            seed, "SUMMARY_TAB", "Summary", [("33%", left), ("34%", middle), ("33%", right)]
        ),
        building.tab(seed, "DETAILS_TAB", "Details", [("50%", details), ("50%", money)]),
    ]
    head = pieces.fields(seed, table, ["revenue", "numberofemployees", "ownerid"], prefix="header_")
    return pieces.main_form(seed, tabs, head)


def _opportunity(table: Table, account_card: str) -> str:
    seed = "opportunity"
    names = ["name", "customerid", "transactioncurrencyid", "estimatedclosedate", "description"]
    left = building.section(
        seed, "opportunity_information", "Opportunity", pieces.fields(seed, table, names)
    )
    card = pieces.quick_view(seed, "Account", "parentaccountid", account=account_card)
    right = building.section(
        seed, "account_card", "Account", [*pieces.fields(seed, table, ["parentaccountid"]), card]
    )
    money = ["pricelevelid", "estimatedvalue", "actualvalue", "totalamount"]
    lines = building.section(seed, "amounts", "Amounts", pieces.fields(seed, table, money))
    tabs = [
        building.tab(
            seed,
            "Summary",
            "Summary",
            [("33%", left), ("34%", pieces.timeline(seed, activities=LISTED)), ("33%", right)],
        ),
        building.tab(seed, "Product_Line_Items", "Products", [("100%", lines)]),
    ]
    shown = ["estimatedclosedate", "estimatedvalue", "statuscode", "ownerid"]
    return pieces.main_form(seed, tabs, pieces.fields(seed, table, shown, prefix="header_"))


def _invoice(table: Table, views: dict[str, str]) -> str:
    seed = "invoice"
    names = ["invoicenumber", "name", "customerid", "opportunityid", "duedate", "pricelevelid"]
    left = building.section(
        seed, "invoice_information", "Invoice Information", pieces.fields(seed, table, names)
    )
    lines = pieces.sub_grid(
        seed,
        "invoicedetailsGrid",
        "Products",
        view=views["invoicedetail"],
        table="invoicedetail",
        relationship="invoice_details",
    )
    products = building.section(seed, "products", "Products", [lines])
    sums = ["totallineitemamount", "discountamount", "freightamount", "totaltax", "totalamount"]
    amounts = building.section(seed, "totals", "Totals", pieces.fields(seed, table, sums))
    where = [name.replace("address1", "billto") for name in ADDRESS]
    address = building.section(seed, "addresses", "Bill To", pieces.fields(seed, table, where))
    tabs = [
        building.tab(seed, "Summary_tab", "Summary", [("50%", left + amounts), ("50%", products)]),
        building.tab(
            seed, "details_tab", "Details", [("50%", address), ("50%", pieces.timeline(seed))]
        ),
    ]
    shown = ["totalamount", "duedate", "statuscode", "ownerid"]
    return pieces.main_form(seed, tabs, pieces.fields(seed, table, shown, prefix="header_"))


def _quick_view(env: Environment, table: Table, name: str, names: list[str]) -> str:
    seed = f"{table.name} quick"
    section = building.section(seed, "details", "", pieces.fields(seed, table, names))
    text = building.form(building.tab(seed, "quick", name, [("100%", section)]))
    return seeding.form(env, table, name, seeding.QUICK_VIEW, text, ismanaged=True, isdefault=True)


def _main(env: Environment, table: Table, name: str, text: str) -> None:
    seeding.form(env, table, name, seeding.MAIN, text, ismanaged=True, isdefault=True)
