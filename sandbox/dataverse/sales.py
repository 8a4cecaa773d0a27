"""The tables Dynamics 365 Sales brings: price list, opportunity, invoice and its lines.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from sandbox.dataverse.define import (
    States,
    choice,
    day,
    flag,
    lookup,
    memo,
    moment,
    money,
    number,
    read_only,
    states,
    text,
    whole,
)
from sandbox.dataverse.metadata import Column, Kind, Table
from sandbox.dataverse.schema import Schema
from sandbox.dataverse.standard import address

INVOICE_STATES: States = {
    0: ("Active", {1: "New", 2: "Partially Shipped", 4: "Billed", 5: "Booked", 6: "Installed"}),
    1: ("Closed (deprecated)", {3: "Canceled (deprecated)", 7: "Paid in Full (deprecated)"}),
    2: ("Paid", {100001: "Complete", 100002: "Partial"}),
    3: ("Canceled", {100003: "Canceled"}),
}
OPPORTUNITY_STATES: States = {
    0: ("Open", {1: "In Progress", 2: "On Hold"}),
    1: ("Won", {3: "Won"}),
    2: ("Lost", {4: "Canceled", 5: "Out-Sold"}),
}
PRICE_LIST_STATES: States = {
    0: ("Active", {100001: "Active"}),
    1: ("Inactive", {100002: "Inactive"}),
}
PRICING_ERRORS = {
    0: "None",
    1: "Detail Error",
    2: "Missing Price Level",
    34: "Price Level Currency",
}
PRICING_ERRORS |= {
    code: f"Pricing Error {code}" for code in range(39) if code not in PRICING_ERRORS
}
LIMIT = "1000000000000"


def install(schema: Schema) -> None:
    """Add the Sales tables to an environment that has the standard ones."""
    _install_opportunities(schema)
    _install_invoices(schema)
    _install_lines(schema)


def _calculated(column: Column) -> Column:
    """Make a total: not accepted on create, accepted and overwritten on update."""
    column.create = False
    return column


def _install_opportunities(schema: Schema) -> None:
    schema.add(
        Table(
            "pricelevel",
            "PriceLevel",
            "pricelevels",
            "pricelevelid",
            "name",
            label="Price List",
            plural="Price Lists",
            ownership="OrganizationOwned",
            type_code=1022,
        ),
        [
            text("name", 100, required="SystemRequired"),
            lookup("transactioncurrencyid", required="SystemRequired"),
            day("begindate"),
            day("enddate"),
            memo("description", 2000),
            *states(PRICE_LIST_STATES),
        ],
    )
    schema.relate(
        "pricelevel",
        "transactioncurrencyid",
        "transactioncurrency",
        collection="transactioncurrency_pricelevel",
        delete="Restrict",
    )
    schema.add(
        Table(
            "opportunity",
            "Opportunity",
            "opportunities",
            "opportunityid",
            "name",
            label="Opportunity",
            plural="Opportunities",
            has_activities=True,
            has_notes=True,
            bulk=True,
            type_code=3,
        ),
        [
            text("name", 300, required="ApplicationRequired", label="Topic"),
            memo("description", 2000),
            lookup("customerid", Kind.CUSTOMER),
            lookup("parentaccountid"),
            lookup("pricelevelid"),
            money("estimatedvalue", "-" + LIMIT, LIMIT, label="Est. Revenue"),
            money("actualvalue", "-" + LIMIT, LIMIT, label="Actual Revenue"),
            money("totalamount"),
            day("estimatedclosedate", label="Est. Close Date"),
            day("actualclosedate", label="Actual Close Date"),
            whole("closeprobability", 0, 100),
            *states(OPPORTUNITY_STATES),
        ],
    )
    schema.relate(
        "opportunity",
        "customerid",
        "account",
        single="customerid_account",
        collection="opportunity_customer_accounts",
        delete="Restrict",
    )
    schema.relate(
        "opportunity",
        "customerid",
        "contact",
        single="customerid_contact",
        collection="opportunity_customer_contacts",
        delete="Restrict",
    )
    schema.relate(
        "opportunity", "parentaccountid", "account", collection="opportunity_parent_account"
    )
    schema.relate(
        "opportunity",
        "pricelevelid",
        "pricelevel",
        collection="price_level_opportunties",
        delete="Restrict",
    )
    schema.add(
        Table(
            "opportunityclose",
            "OpportunityClose",
            "opportunitycloses",
            "activityid",
            "subject",
            label="Opportunity Close",
            plural="Opportunity Closes",
            is_activity=True,
            closed=frozenset({1, 2}),
            type_code=4208,
        ),
        [
            text("subject", 200),
            lookup("opportunityid"),
            money("actualrevenue", "0"),
            *states(
                {
                    0: ("Open", {1: "Open"}),
                    1: ("Completed", {2: "Completed"}),
                    2: ("Canceled", {3: "Canceled"}),
                }
            ),
        ],
    )
    schema.relate(
        "opportunityclose",
        "opportunityid",
        "opportunity",
        collection="Opportunity_OpportunityClose",
        delete="Cascade",
    )


def _install_invoices(schema: Schema) -> None:
    schema.add(
        Table(
            "invoice",
            "Invoice",
            "invoices",
            "invoiceid",
            "name",
            label="Invoice",
            plural="Invoices",
            has_activities=True,
            has_notes=True,
            closed=frozenset({1, 2, 3}),
            bulk=True,
            type_code=1090,
        ),
        [
            text("name", 300, required="ApplicationRequired"),
            text("invoicenumber", 100, required="SystemRequired", update=False, label="Invoice ID"),
            lookup("customerid", Kind.CUSTOMER, required="ApplicationRequired", needed=True),
            lookup("opportunityid"),
            lookup("pricelevelid", required="ApplicationRequired"),
            flag("ispricelocked", create=False, update=False),
            day("duedate", label="Due Date"),
            moment("datedelivered", format="DateOnly"),
            moment("lastbackofficesubmit", format="DateOnly"),
            memo("description", 2000),
            text("emailaddress", 100),
            *address("billto", with_name=True),
            *address("shipto", with_name=True),
            money("discountamount", "0", LIMIT),
            number("discountpercentage", "0", "100", precision=2),
            money("freightamount", "0", LIMIT),
            _calculated(money("totalamount", label="Total Amount")),
            _calculated(money("totallineitemamount")),
            _calculated(money("totaltax")),
            _calculated(money("totaldiscountamount")),
            _calculated(money("totalamountlessfreight")),
            _calculated(money("totallineitemdiscountamount")),
            choice(
                "skippricecalculation",
                {0: "DoPriceCalcAlways", 1: "SkipPriceCalcOnRetrieve"},
                default=0,
            ),
            read_only(choice("pricingerrorcode", PRICING_ERRORS, default=0)),
            *states(INVOICE_STATES),
        ],
    )
    schema.relate(
        "invoice",
        "customerid",
        "account",
        single="customerid_account",
        collection="invoice_customer_accounts",
        delete="Restrict",
    )
    schema.relate(
        "invoice",
        "customerid",
        "contact",
        single="customerid_contact",
        collection="invoice_customer_contacts",
        delete="Restrict",
    )
    schema.relate(
        "invoice",
        "opportunityid",
        "opportunity",
        collection="opportunity_invoices",
        delete="Restrict",
    )
    schema.relate(
        "invoice",
        "pricelevelid",
        "pricelevel",
        collection="price_level_invoices",
        delete="Restrict",
    )


def _install_lines(schema: Schema) -> None:
    schema.add(
        Table(
            "invoicedetail",
            "InvoiceDetail",
            "invoicedetails",
            "invoicedetailid",
            "invoicedetailname",
            label="Invoice Product",
            plural="Invoice Products",
            bulk=True,
            type_code=1091,
            ownership="None",
        ),
        [
            text("invoicedetailname", 850, required="ApplicationRequired"),
            lookup("invoiceid", required="SystemRequired"),
            flag("isproductoverridden"),
            flag("ispriceoverridden"),
            text("productdescription", 850),
            memo("description", 2000),
            number("quantity", precision=5, required="ApplicationRequired"),
            money("priceperunit", precision_source=1),
            money("manualdiscountamount", "0", LIMIT),
            money("tax", "-" + LIMIT, LIMIT),
            read_only(money("baseamount")),
            read_only(money("extendedamount")),
            whole("lineitemnumber", 0, 1_000_000_000),
            choice(
                "producttypecode",
                {
                    1: "Product",
                    2: "Bundle",
                    3: "Required Bundle Product",
                    4: "Optional Bundle Product",
                },
                default=1,
                required="SystemRequired",
            ),
            choice(
                "propertyconfigurationstatus",
                {0: "Edit", 1: "Rectify", 2: "Not Configured"},
                default=2,
                required="SystemRequired",
            ),
            choice(
                "skippricecalculation",
                {
                    0: "DoPriceCalcAlways",
                    1: "SkipPriceCalcOnCreate",
                    2: "SkipPriceCalcOnUpdate",
                    3: "SkipPriceCalcOnUpSert",
                },
                default=0,
            ),
            read_only(choice("pricingerrorcode", PRICING_ERRORS, default=0)),
        ],
    )
    schema.relate(
        "invoicedetail", "invoiceid", "invoice", collection="invoice_details", delete="Cascade"
    )
