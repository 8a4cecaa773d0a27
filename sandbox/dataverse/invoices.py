"""The invoice and its lines, as Dynamics 365 Sales has them.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from dataclasses import replace

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
from sandbox.dataverse.metadata import PARENTAL, RESTRICT, Cascade, Column, Kind, Table
from sandbox.dataverse.schema import Schema
from sandbox.dataverse.standard import address

INVOICE_STATES: States = {
    0: ("Active", {1: "New", 2: "Partially Shipped", 4: "Billed", 5: "Booked", 6: "Installed"}),
    1: ("Closed (deprecated)", {3: "Canceled (deprecated)", 7: "Paid in Full (deprecated)"}),
    2: ("Paid", {100001: "Complete", 100002: "Partial"}),
    3: ("Canceled", {100003: "Canceled"}),
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
_OF_CUSTOMERS = replace(PARENTAL, delete="Restrict")


def install(schema: Schema) -> None:
    """Add both tables to an environment that has accounts, opportunities and price lists."""
    _install_invoices(schema)
    _install_lines(schema)


def _calculated(column: Column) -> Column:
    """Make a total: not accepted on create, accepted and overwritten on update."""
    column.create = False
    return column


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
            *address("billto"),
            *address("shipto"),
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
        cascade=_OF_CUSTOMERS,
    )
    schema.relate(
        "invoice",
        "customerid",
        "contact",
        single="customerid_contact",
        collection="invoice_customer_contacts",
        cascade=_OF_CUSTOMERS,
    )
    schema.relate(
        "invoice",
        "opportunityid",
        "opportunity",
        collection="opportunity_invoices",
        cascade=RESTRICT,
    )
    schema.relate(
        "invoice",
        "pricelevelid",
        "pricelevel",
        collection="price_level_invoices",
        cascade=RESTRICT,
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
        "invoicedetail",
        "invoiceid",
        "invoice",
        collection="invoice_details",
        cascade=Cascade(delete="Cascade"),
    )
