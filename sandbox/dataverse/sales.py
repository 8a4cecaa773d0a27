"""The tables Dynamics 365 Sales brings: price list, opportunity and, with them, invoices.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from sandbox.dataverse import invoices
from sandbox.dataverse.define import (
    States,
    day,
    flag,
    lookup,
    memo,
    money,
    number,
    states,
    text,
    whole,
)
from sandbox.dataverse.metadata import PARENTAL, RESTRICT, Cascade, Kind, Table
from sandbox.dataverse.schema import Schema

OPPORTUNITY_STATES: States = {
    0: ("Open", {1: "In Progress", 2: "On Hold"}),
    1: ("Won", {3: "Won"}),
    2: ("Lost", {4: "Canceled", 5: "Out-Sold"}),
}
PRICE_LIST_STATES: States = {
    0: ("Active", {100001: "Active"}),
    1: ("Inactive", {100002: "Inactive"}),
}
LIMIT = "1000000000000"


def install(schema: Schema) -> None:
    """Add the Sales tables to an environment that has the standard ones."""
    _install_opportunities(schema)
    invoices.install(schema)


def _install_opportunity_lines(schema: Schema) -> None:
    """Add the lines of opportunities, which are kept but not priced."""
    schema.add(
        Table(
            "opportunityproduct",
            "OpportunityProduct",
            "opportunityproducts",
            "opportunityproductid",
            "opportunityproductname",
            label="Opportunity Product",
            plural="Opportunity Products",
            bulk=True,
            type_code=1083,
            ownership="None",
        ),
        [
            text("opportunityproductname", 500),
            lookup("opportunityid", required="SystemRequired"),
            flag("isproductoverridden"),
            text("productdescription", 500),
            number("quantity", precision=5),
            money("priceperunit", precision_source=1),
            money("manualdiscountamount", "0", LIMIT),
            money("tax", "-" + LIMIT, LIMIT),
        ],
    )
    schema.relate(
        "opportunityproduct",
        "opportunityid",
        "opportunity",
        collection="product_opportunities",
        cascade=Cascade(delete="Cascade"),
    )


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
        cascade=RESTRICT,
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
        cascade=PARENTAL,
    )
    schema.relate(
        "opportunity",
        "customerid",
        "contact",
        single="customerid_contact",
        collection="opportunity_customer_contacts",
        cascade=PARENTAL,
    )
    schema.relate(
        "opportunity",
        "parentaccountid",
        "account",
        collection="opportunity_parent_account",
        cascade=Cascade(merge="Cascade"),
    )
    schema.relate(
        "opportunity",
        "pricelevelid",
        "pricelevel",
        collection="price_level_opportunties",
        cascade=RESTRICT,
    )
    _install_opportunity_lines(schema)
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
        cascade=PARENTAL,
    )
