"""The tables whose rows are components: views, forms, charts, apps, site maps, web resources.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from sandbox.dataverse.define import (
    ACTIVE_INACTIVE,
    choice,
    flag,
    lookup,
    memo,
    moment,
    read_only,
    states,
    text,
    whole,
)
from sandbox.dataverse.metadata import Cascade, Column, Kind, Table
from sandbox.dataverse.schema import Schema

# The tables whose rows are drafted and published.
FORM, VIEW, CHART = "systemform", "savedquery", "savedqueryvisualization"
APP, SITE_MAP, RESOURCE = "appmodule", "sitemap", "webresource"
# Virtual tables about solutions.
HISTORY, LAYER = "msdyn_solutionhistory", "msdyn_componentlayer"

# The column in which a component says which table it is of.
TABLE_OF = {
    VIEW: "returnedtypecode",
    FORM: "objecttypecode",
    CHART: "primaryentitytypecode",
}

ANY_LENGTH = 1_073_741_823
FORM_TYPES = {
    0: "Dashboard",
    1: "AppointmentBook",
    2: "Main",
    3: "MiniCampaignBO",
    4: "Preview",
    5: "Mobile - Express",
    6: "Quick View Form",
    7: "Quick Create",
    8: "Dialog",
    9: "Task Flow Form",
    10: "InteractionCentricDashboard",
    11: "Card",
    12: "Main - Interactive experience",
    13: "Contextual Dashboard",
    100: "Other",
    101: "MainBackup",
    102: "AppointmentBookBackup",
    103: "Power BI Dashboard",
}
RESOURCE_TYPES = {
    1: "Webpage (HTML)",
    2: "Style Sheet (CSS)",
    3: "Script (JScript)",
    4: "Data (XML)",
    5: "PNG format",
    6: "JPG format",
    7: "GIF format",
    8: "Silverlight (XAP)",
    9: "Style Sheet (XSL)",
    10: "ICO format",
    11: "Vector format (SVG)",
    12: "String (RESX)",
}
COMPONENT_STATES = {0: "Published", 1: "Unpublished", 2: "Deleted", 3: "Deleted Unpublished"}


def install(schema: Schema) -> None:
    """Add the tables of components to an empty environment."""

    def add(table: Table, *columns: Column) -> None:
        table.ownership = "OrganizationOwned"
        schema.add(table, [*columns, *_layered()])

    add(
        Table(RESOURCE, "WebResource", "webresourceset", "webresourceid", "name", type_code=9333),
        text("name", 256, required="SystemRequired"),
        text("displayname", 200),
        memo("description", 2000),
        choice("webresourcetype", RESOURCE_TYPES, required="SystemRequired", update=False),
        memo("content", ANY_LENGTH),
        whole("languagecode"),
        property_of("ishidden", default=False),
    )
    add(
        Table(FORM, "SystemForm", "systemforms", "formid", "name", type_code=1030),
        text("name", 100, required="SystemRequired"),
        memo("description", 2000),
        Column("objecttypecode", Kind.ENTITY_NAME, default="none"),
        choice("type", FORM_TYPES, required="SystemRequired", default=2, update=False),
        memo("formxml", ANY_LENGTH),
        read_only(memo("formjson", ANY_LENGTH)),
        choice("formactivationstate", {0: "Inactive", 1: "Active"}, default=1),
        choice(
            "formpresentation",
            {0: "ClassicForm", 1: "AirForm", 2: "ConvertedICForm"},
            default=0,
        ),
        flag("isdefault"),
        flag("istabletenabled"),
        text("uniquename", 100, update=False),
        lookup("ancestorformid", update=False),
    )
    schema.relate(FORM, "ancestorformid", FORM, collection="form_ancestor_form")
    add(
        Table(VIEW, "SavedQuery", "savedqueries", "savedqueryid", "name", type_code=1039),
        text("name", 200, required="SystemRequired"),
        memo("description", 2000),
        Column("returnedtypecode", Kind.ENTITY_NAME, required="SystemRequired"),
        whole("querytype", 0, 1_000_000_000, default=0, update=False),
        memo("fetchxml", ANY_LENGTH),
        memo("layoutxml", ANY_LENGTH),
        read_only(memo("layoutjson", ANY_LENGTH)),
        memo("conditionalformatting", ANY_LENGTH, create=False),
        flag("isdefault"),
        flag("isquickfindquery"),
        read_only(flag("isprivate")),
        read_only(flag("isuserdefined")),
        read_only(flag("iscustom", default=True)),
        *states(ACTIVE_INACTIVE),
    )
    add(
        Table(
            CHART,
            "SavedQueryVisualization",
            "savedqueryvisualizations",
            "savedqueryvisualizationid",
            "name",
            type_code=1111,
        ),
        text("name", 100, required="SystemRequired"),
        memo("description", 2000),
        Column("primaryentitytypecode", Kind.ENTITY_NAME, required="SystemRequired", update=False),
        memo("datadescription", ANY_LENGTH),
        memo("presentationdescription", ANY_LENGTH),
        flag("isdefault"),
        choice("charttype", {0: "ASP.NET Charts", 1: "Power BI"}, default=0),
    )
    _install_apps(schema)
    _install_virtual(schema)


def _install_apps(schema: Schema) -> None:
    def add(table: Table, *columns: Column) -> None:
        table.ownership = "OrganizationOwned"
        schema.add(table, list(columns))

    add(
        Table(SITE_MAP, "SiteMap", "sitemaps", "sitemapid", "sitemapname", type_code=4709),
        text("sitemapname", 256, required="SystemRequired"),
        text("sitemapnameunique", 256),
        memo("sitemapxml", ANY_LENGTH),
        flag("isappaware", default=True),
        *_layered(),
    )
    add(
        Table(APP, "AppModule", "appmodules", "appmoduleid", "name", type_code=9006),
        text("name", 100, required="SystemRequired"),
        text("uniquename", 100, required="SystemRequired", update=False),
        memo("description", 2000),
        Column("webresourceid", Kind.GUID, required="SystemRequired"),
        whole("clienttype", 0, 31, default=4),
        whole("formfactor", 1, 8, default=1),
        choice("navigationtype", {0: "Single session", 1: "Multi session"}, default=0),
        flag("isdefault"),
        flag("isfeatured"),
        text("url", 200),
        read_only(Column("appmoduleidunique", Kind.GUID)),
        *states(ACTIVE_INACTIVE),
        *_layered(),
    )
    add(
        Table(
            "appmodulecomponent",
            "AppModuleComponent",
            "appmodulecomponents",
            "appmodulecomponentid",
            "appmodulecomponentid",
            type_code=9007,
            writable=False,
        ),
        Column("objectid", Kind.GUID),
        whole("componenttype"),
        whole("rootcomponentbehavior", default=0),
        lookup("appmoduleidunique"),
    )
    schema.relate(
        "appmodulecomponent",
        "appmoduleidunique",
        APP,
        collection="appmodule_appmodulecomponent",
        cascade=Cascade(delete="Cascade"),
    )
    add(
        Table(
            "appmoduleroles",
            "AppModuleRoles",
            "appmodulerolescollection",
            "appmoduleroleid",
            "appmoduleroleid",
            type_code=9009,
            writable=False,
        ),
        Column("appmoduleid", Kind.GUID),
        Column("roleid", Kind.GUID),
    )


def _install_virtual(schema: Schema) -> None:
    """Add what the platform tells of solutions: their operations and their layers."""

    def add(table: Table, *columns: Column) -> None:
        table.ownership = "OrganizationOwned"
        table.writable = False
        schema.add(table, list(columns))

    add(
        Table(
            HISTORY,
            "msdyn_solutionhistory",
            "msdyn_solutionhistories",
            "msdyn_solutionhistoryid",
            "msdyn_name",
            type_code=10_014,
        ),
        text("msdyn_name", 256),
        choice("msdyn_status", {0: "Started", 1: "Completed", 2: "Queued"}),
        choice("msdyn_operation", {0: "Import", 1: "Uninstall", 2: "Export"}),
        text("msdyn_solutionversion", 256),
        moment("msdyn_starttime"),
        moment("msdyn_endtime"),
        flag("msdyn_result"),
    )
    add(
        Table(
            LAYER,
            "msdyn_componentlayer",
            "msdyn_componentlayers",
            "msdyn_componentlayerid",
            "msdyn_name",
            type_code=10_015,
        ),
        text("msdyn_name", 256),
        text("msdyn_componentid", 100),
        text("msdyn_solutioncomponentname", 256),
        text("msdyn_solutionname", 256),
        whole("msdyn_order"),
        memo("msdyn_changes", ANY_LENGTH),
    )


def property_of(name: str, *, default: bool = True) -> Column:
    """Describe a managed property: a yes or no that the owner of a solution may lock."""
    return Column(name, Kind.MANAGED_PROPERTY, default=default)


def _layered() -> list[Column]:
    """Describe what every component says about the solutions it came with."""
    return [
        property_of("iscustomizable"),
        property_of("canbedeleted"),
        read_only(flag("ismanaged")),
        read_only(choice("componentstate", COMPONENT_STATES, default=0)),
    ]
