"""The platform's own tables: organization, users, roles, currencies, solutions, messages.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from collections.abc import Callable

from sandbox.dataverse import component_tables
from sandbox.dataverse.define import (
    ACTIVE_INACTIVE,
    choice,
    flag,
    lookup,
    memo,
    number,
    states,
    text,
    whole,
)
from sandbox.dataverse.metadata import KEPT, RESTRICT, Column, Kind, Table
from sandbox.dataverse.schema import OWNER, Schema


def install(schema: Schema) -> None:
    """Add the platform's own tables to an empty environment."""

    def add(table: Table, *columns: Column) -> None:
        table.ownership = "OrganizationOwned"
        schema.add(table, list(columns))

    add(
        Table("businessunit", "BusinessUnit", "businessunits", "businessunitid", "name"),
        text("name", 160),
        lookup("parentbusinessunitid"),
    )
    add(
        Table("systemuser", "SystemUser", "systemusers", "systemuserid", "fullname"),
        text("fullname", 200),
        text("domainname", 1024),
        Column("applicationid", Kind.GUID),
        flag("isdisabled"),
        lookup("businessunitid"),
    )
    add(
        Table("team", "Team", "teams", "teamid", "name"),
        text("name", 160, required="SystemRequired"),
        choice("teamtype", {0: "Owner", 1: "Access"}, default=0),
        lookup("businessunitid"),
    )
    # Users and teams once more: what the owner of a row points at.
    add(
        Table(OWNER, "Owner", "owners", "ownerid", "name", writable=False),
        text("name", 160),
    )
    for table in list(schema.tables.values()):
        schema.link_system(table)
    schema.relate(
        "businessunit",
        "parentbusinessunitid",
        "businessunit",
        collection="business_unit_parent_business_unit",
        cascade=RESTRICT,
    )
    schema.relate(
        "systemuser", "businessunitid", "businessunit", collection="business_unit_system_users"
    )
    schema.relate("team", "businessunitid", "businessunit", collection="business_unit_teams")
    add(
        Table(
            "transactioncurrency",
            "TransactionCurrency",
            "transactioncurrencies",
            "transactioncurrencyid",
            "currencyname",
        ),
        text("currencyname", 100, required="SystemRequired"),
        text("isocurrencycode", 5, required="SystemRequired"),
        text("currencysymbol", 13, required="SystemRequired"),
        whole("currencyprecision", 0, 4, required="SystemRequired"),
        number(
            "exchangerate", "0.0000000001", "100000000000", precision=10, required="SystemRequired"
        ),
        *states(ACTIVE_INACTIVE),
    )
    add(
        Table("organization", "Organization", "organizations", "organizationid", "name"),
        text("name", 160),
        lookup("basecurrencyid"),
        flag("oobpricecalculationenabled", default=True),
        flag("ispricelistmandatory", default=True),
        whole("pricingdecimalprecision", 0, 10, default=2),
        choice(
            "discountcalculationmethod",
            {0: "Line item", 1: "Per unit"},
            default=0,
            required="SystemRequired",
        ),
        whole("languagecode", default=1033),
    )
    schema.relate("organization", "basecurrencyid", "transactioncurrency", cascade=RESTRICT)
    _install_solutions(schema)


def _install_solutions(schema: Schema) -> None:
    def add(table: Table, *columns: Column) -> None:
        table.ownership = "OrganizationOwned"
        schema.add(table, list(columns))

    add(
        Table("publisher", "Publisher", "publishers", "publisherid", "friendlyname"),
        text("uniquename", 256, required="SystemRequired"),
        text("friendlyname", 256, required="SystemRequired"),
        text("customizationprefix", 8, required="SystemRequired"),
        whole("customizationoptionvalueprefix", 10_000, 99_999, required="SystemRequired"),
        memo("description", 2000),
    )
    add(
        Table("solution", "Solution", "solutions", "solutionid", "friendlyname"),
        text("uniquename", 65, required="SystemRequired"),
        text("friendlyname", 256, required="SystemRequired"),
        text("version", 256, required="SystemRequired", default="1.0.0.0"),
        lookup("publisherid", required="SystemRequired"),
        flag("ismanaged", create=False, update=False),
        memo("description", 2000),
    )
    schema.relate(
        "solution", "publisherid", "publisher", collection="publisher_solution", cascade=RESTRICT
    )
    add(
        Table(
            "solutioncomponent",
            "SolutionComponent",
            "solutioncomponents",
            "solutioncomponentid",
            "solutioncomponentid",
            writable=False,
        ),
        Column("objectid", Kind.GUID),
        whole("componenttype"),
        lookup("solutionid"),
    )
    schema.relate(
        "solutioncomponent",
        "solutionid",
        "solution",
        collection="solution_solutioncomponent",
        cascade=KEPT,
    )
    _install_roles(add, schema)
    component_tables.install(schema)
    add(
        Table("sdkmessage", "SdkMessage", "sdkmessages", "sdkmessageid", "name"),
        text("name", 256),
    )
    add(
        Table(
            "sdkmessagefilter",
            "SdkMessageFilter",
            "sdkmessagefilters",
            "sdkmessagefilterid",
            "name",
        ),
        text("name", 256),
        Column("primaryobjecttypecode", Kind.ENTITY_NAME),
        lookup("sdkmessageid"),
    )
    schema.relate(
        "sdkmessagefilter", "sdkmessageid", "sdkmessage", collection="sdkmessageid_sdkmessagefilter"
    )


def _install_roles(add: Callable[..., None], schema: Schema) -> None:
    """Add roles, and the processes of people's own that may use our columns."""
    add(
        Table("role", "Role", "roles", "roleid", "name"),
        text("name", 100, required="SystemRequired"),
        lookup("businessunitid", required="SystemRequired", update=False),
        choice(
            "isinherited",
            {0: "Team privileges only", 1: "Direct User (Basic) access level and Team privileges"},
            default=1,
        ),
        flag("ismanaged", create=False, update=False),
        lookup("parentrootroleid", create=False, update=False),
    )
    schema.relate("role", "businessunitid", "businessunit", collection="business_unit_roles")
    schema.relate(
        "role", "parentrootroleid", "role", collection="role_parent_root_role", cascade=KEPT
    )
    add(
        Table("workflow", "Workflow", "workflows", "workflowid", "name"),
        text("name", 100),
    )
