"""What is read of forms that are somebody else's, as requests, and what their texts say.

Never sends anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.odata import PureRequest, equals, every, some
from shared.adapters.dataverse.schema_reads import read_column, read_relationship
from shared.adapters.dataverse.xml_spans import Element
from shared.core.form_reports import TimelineReport
from shared.core.screens.forms import Field, FormKind, QuickView, SubGrid, Tab

_SELECTED: Final = (
    "formid,name,objecttypecode,formactivationstate,ismanaged,iscustomizable,formxml,versionnumber"
)
_UNPUBLISHED: Final = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
_TIMELINE: Final = "{06375649-c143-495e-a496-c962e5b4488e}"
# Started, and queued; whatever else there is has come to its end.
_RUNNING: Final = {0, 2}
_OPERATIONS: Final = {
    "0": "an import",
    "1": "an uninstallation",
    "2": "an export",
    "3": "a publication",
    "4": "a publication",
}
_RECENT: Final = 20


def list_main_forms(tables: Iterable[str]) -> PureRequest:
    """Return the search for the main forms of tables, as they are published."""
    of_tables = some(*(equals("objecttypecode", table) for table in tables))
    where = every(equals("type", int(FormKind.MAIN)), of_tables)
    return _get(f"systemforms?$select={_SELECTED}&$filter={where}")


def read_unpublished(form: UUID | str) -> PureRequest:
    """Return the read of a form with the changes that are not published."""
    return _get(f"systemforms({form})/{_UNPUBLISHED}?$select=formid,formxml,versionnumber")


def read_published(form: UUID) -> PureRequest:
    """Return the read of a form as people see it."""
    return _get(f"systemforms({form})?$select=formid,formxml,versionnumber")


def read_layers(form: UUID) -> PureRequest:
    """Return the read of the solutions that a form comes of."""
    where = every(
        equals("msdyn_componentid", str(form)), equals("msdyn_solutioncomponentname", "SystemForm")
    )
    return _get(f"msdyn_componentlayers?$filter={where}")


def read_history() -> PureRequest:
    """Return the read of what solutions were brought and published, the latest first."""
    return _get(
        "msdyn_solutionhistories?$select=msdyn_name,msdyn_operation,msdyn_status,msdyn_starttime"
        f"&$orderby=msdyn_starttime desc&$top={_RECENT}"
    )


def read_role_name(role: str) -> PureRequest:
    """Return the read of a security role's name."""
    return _get(f"roles({role})?$select=name")


def layer_names(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the solutions of a form's layers, the lowest first; the last one is on top."""
    ordered = sorted(rows, key=lambda row: int(row.get("msdyn_order") or 0))
    return tuple(str(row.get("msdyn_solutionname")) for row in ordered)


def running(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is being done to solutions right now, in words."""
    for row in rows:
        status = row.get("msdyn_status")
        if status is not None and int(status) in _RUNNING:
            operation = _OPERATIONS.get(str(row.get("msdyn_operation")), "a change")
            yield (
                f"{operation} of the solution {row.get('msdyn_name')} is under way since "
                f"{row.get('msdyn_starttime')}"
            )


def is_customizable(row: Mapping[str, Any]) -> bool:
    """Say whether a form may be changed; only what a managed solution brought can be locked."""
    given = row.get("iscustomizable")
    allowed = given.get("Value", True) if isinstance(given, Mapping) else True
    return bool(allowed) or not row.get("ismanaged")


def role_ids(form: Element) -> tuple[str, ...] | None:
    """Return the ids of the roles that see a form, None when everybody does."""
    conditions = form.named("DisplayConditions")
    if not conditions or conditions[0].named("Everyone"):
        return None
    roles = (each.attributes.get("Id", "").strip("{}") for each in conditions[0].named("Role"))
    return tuple(role.lower() for role in roles if role)


def timelines(form: Element) -> tuple[TimelineReport, ...]:
    """Return the timelines on a form; an empty list of types means all of them."""
    return tuple(
        TimelineReport(each.attributes.get("id", ""), _types(each))
        for each in form.walk()
        if each.name == "control" and each.attributes.get("classid", "").lower() == _TIMELINE
    )


def _types(control: Element) -> tuple[str, ...] | None:
    for each in control.walk():
        if each.name == "UClientActivities":
            types = (one.strip().lower() for one in each.text.split(","))
            return tuple(one for one in types if one) or None
    return None


def needed_by(table: str, tab: Tab) -> dict[str, PureRequest]:
    """Return what has to be there for a tab to show something: its title, and how it is read."""
    needed: dict[str, PureRequest] = {}
    for column in tab.columns:
        for item in (item for section in column.sections for item in section.items):
            match item:
                case Field():
                    needed[f"column {table}.{item.column}"] = read_column(table, item.column)
                case SubGrid():
                    where = f"savedqueries({item.view.id})?$select=savedqueryid"
                    needed[f"view {item.view.title} ({item.view.table})"] = _get(where)
                    if item.relationship:
                        title = f"relationship {item.relationship}"
                        needed[title] = read_relationship(item.relationship)
                case QuickView():
                    needed[f"column {table}.{item.lookup}"] = read_column(table, item.lookup)
                    where = f"systemforms({item.form.id})?$select=formid"
                    needed[f"quick view form {item.form.title} ({item.form.table})"] = _get(where)
    return needed


def change_text(form: UUID, text: str) -> PureRequest:
    """Return the change of a form's text; a form that is gone is not made anew."""
    return PureRequest("PATCH", f"systemforms({form})", {"If-Match": "*"}, {"formxml": text})


def publish_table(table: str) -> PureRequest:
    """Return the publishing of one table, which leaves all others as they are."""
    entities = f"<entities><entity>{table}</entity></entities>"
    return PureRequest(
        "POST",
        "PublishXml",
        body={"ParameterXml": f"<importexportxml>{entities}</importexportxml>"},
    )


def _get(path: str) -> PureRequest:
    return PureRequest("GET", path.replace(" ", "%20"))
