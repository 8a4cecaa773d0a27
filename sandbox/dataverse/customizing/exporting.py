"""`ExportSolution`: a solution's published components as a zip of XML.

Never exports a draft, nor a managed solution.
"""

import base64
import io
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import APP, CHART, FORM, RESOURCE, SITE_MAP, TABLE_OF, VIEW
from sandbox.dataverse.customizing import history, markup
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.customizing.uses import TYPES
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.store import Row

_TABLE, _COLUMN = 1, 2
_WHEN = (2026, 1, 1, 0, 0, 0)
_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/octet-stream" />'
    '<Default Extension="svg" ContentType="application/octet-stream" /></Types>'
)
_EXTRA = "Export"
# Element around a table's components, element of one, the element of its text.
_BELOW = {
    FORM: ("FormXml", "systemform", "formxml"),
    VIEW: ("SavedQueries", "savedquery", "fetchxml"),
    CHART: ("Visualizations", "visualization", "datadescription"),
}

Members = dict[int, list[str]]


def export(env: Environment, operation: Operation) -> Answer:
    """Answer `ExportSolution`.

    Raises:
        DataverseError: 400 a wrong body, a managed solution, or something else is running; 404 no
            such solution.
    """
    operation.check_json()
    body = loads_object(operation.body)
    further = {name for name in body if name.startswith(_EXTRA)}
    if body.keys() - further != {"SolutionName", "Managed"} or type(body["Managed"]) is not bool:
        raise errors.payload("ExportSolution takes SolutionName and Managed.")
    solution = _solution(env, str(body["SolutionName"]))
    if solution["ismanaged"]:
        raise errors.argument(f"The solution {solution['uniquename']} is managed: no export.")
    env.customizing.check_free("Export")
    content = _zip(env, solution, managed=body["Managed"])
    history.remember(env, "Export", solution)
    where = f"{operation.root}$metadata#Microsoft.Dynamics.CRM.ExportSolutionResponse"
    text = base64.b64encode(content).decode()
    return json_answer({"@odata.context": where, "ExportSolutionFile": text})


def _solution(env: Environment, name: str) -> Row:
    for row in env.store.rows("solution").by_id.values():
        if row["uniquename"] == name:
            return row
    raise errors.missing("solution", name)


def _zip(env: Environment, solution: Row, *, managed: bool) -> bytes:
    members = _members(env, solution)
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "solution.xml": _spelt(_manifest(env, solution, members, managed=managed)),
        "customizations.xml": _spelt(_customizations(env, members)),
    }
    resources = {
        f"WebResources/{row['name']}": base64.b64decode(row["content"] or "")
        for row in _rows(env, RESOURCE, members)
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, **resources}.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), content)
    return buffer.getvalue()


def _members(env: Environment, solution: Row) -> Members:
    """Return the ids of a solution's components by their type."""
    found: Members = {}
    for row in env.store.rows("solutioncomponent").by_id.values():
        if row["solutionid"] == ("solution", solution["solutionid"]):
            found.setdefault(row["componenttype"], []).append(row["objectid"])
    return found


def _rows(env: Environment, table: str, members: Members) -> list[Row]:
    """Return the published ones of a solution's components of one kind."""
    found = (env.store.get(table, row_id) for row_id in members.get(TYPES[table], []))
    return [row for row in found if row is not None]


def _manifest(env: Environment, solution: Row, members: Members, *, managed: bool) -> Element:
    root = ET.Element("ImportExportXml", version="9.2.0.0", languagecode="1033")
    about = ET.SubElement(root, "SolutionManifest")
    _text(about, "UniqueName", solution["uniquename"])
    names = ET.SubElement(about, "LocalizedNames")
    ET.SubElement(names, "LocalizedName", description=solution["friendlyname"], languagecode="1033")
    _text(about, "Version", solution["version"])
    _text(about, "Managed", str(int(managed)))
    publisher: Row = env.store.get(*solution["publisherid"]) or {}
    whose = ET.SubElement(about, "Publisher")
    _text(whose, "UniqueName", publisher.get("uniquename"))
    _text(whose, "CustomizationPrefix", publisher.get("customizationprefix"))
    roots = ET.SubElement(about, "RootComponents")
    tables = {table.metadata_id: table.name for table in env.schema.tables.values()}
    for kind, ids in sorted(members.items()):
        for row_id in ids:
            part = ET.SubElement(roots, "RootComponent", type=str(kind), behavior="0")
            if kind == _TABLE:
                part.set("schemaName", tables.get(row_id, row_id))
            else:
                part.set("id", f"{{{row_id}}}")
    ET.SubElement(about, "MissingDependencies")
    return root


def _customizations(env: Environment, members: Members) -> Element:
    root = ET.Element("ImportExportXml")
    tables = ET.SubElement(root, "Entities")
    for table, columns in _tables(env, members):
        _entity(env, ET.SubElement(tables, "Entity"), table, columns, members)
    ET.SubElement(root, "Roles")
    boards = ET.SubElement(root, "Dashboards")
    for row in _rows(env, FORM, members):
        if row["objecttypecode"] in {None, "none"}:
            _component(ET.SubElement(boards, "Dashboard"), FORM, row)
    resources = ET.SubElement(root, "WebResources")
    for row in _rows(env, RESOURCE, members):
        part = ET.SubElement(resources, "WebResource")
        for name in ("webresourceid", "name", "displayname", "webresourcetype"):
            _text(part, name, row[name])
    maps = ET.SubElement(root, "AppModuleSiteMaps")
    for row in _rows(env, SITE_MAP, members):
        part = ET.SubElement(maps, "AppModuleSiteMap")
        _text(part, "SiteMapUniqueName", row["sitemapnameunique"])
        part.append(markup.parse(row["sitemapxml"], "site map xml"))
    apps = ET.SubElement(root, "AppModules")
    for row in _rows(env, APP, members):
        part = ET.SubElement(apps, "AppModule")
        for name in ("uniquename", "name", "webresourceid", "clienttype"):
            _text(part, name, row[name])
    languages = ET.SubElement(root, "Languages")
    for code in env.customizing.languages:
        _text(languages, "Language", code)
    return root


def _tables(env: Environment, members: Members) -> Iterable[tuple[Table, list[Column]]]:
    """Yield the tables of which a solution holds something, with the columns it holds."""
    shown = {row[TABLE_OF[kind]] for kind in _BELOW for row in _rows(env, kind, members)}
    whole, parts = members.get(_TABLE, []), set(members.get(_COLUMN, []))
    for table in env.schema.tables.values():
        held = table.metadata_id in whole
        columns = [
            column
            for column in table.columns.values()
            if column.metadata_id in parts or (held and table.custom and column.custom)
        ]
        if held or columns or table.name in shown:
            yield table, columns


def _entity(
    env: Environment, part: Element, table: Table, columns: list[Column], members: Members
) -> None:
    _text(part, "Name", table.schema)
    info = ET.SubElement(ET.SubElement(part, "EntityInfo"), "entity", Name=table.schema)
    listed = ET.SubElement(info, "attributes")
    for column in columns:
        one = ET.SubElement(listed, "attribute", PhysicalName=column.schema)
        _text(one, "Type", column.kind.value)
        _text(one, "LogicalName", column.name)
    whole = table.metadata_id in members.get(_TABLE, []) and table.custom
    for kind, (around, name, _) in _BELOW.items():
        rows = list(env.store.rows(kind).by_id.values()) if whole else _rows(env, kind, members)
        group = ET.SubElement(part, around)
        for row in rows:
            if row[TABLE_OF[kind]] == table.name:
                _component(ET.SubElement(group, name), kind, row)


def _component(part: Element, kind: str, row: Row) -> None:
    """Write a view, form or chart: its id, its names, its texts."""
    key = {FORM: "formid", VIEW: "savedqueryid", CHART: "savedqueryvisualizationid"}[kind]
    _text(part, key, f"{{{row[key]}}}")
    names = ET.SubElement(part, "LocalizedNames")
    ET.SubElement(names, "LocalizedName", description=row["name"], languagecode="1033")
    for column in _COLUMNS[kind]:
        if column in _TEXTS and row[column]:
            holder = part if column == "formxml" else ET.SubElement(part, column)
            holder.append(markup.parse(row[column], column))
        elif column not in _TEXTS:
            _text(part, column, row[column])


_COLUMNS = {
    FORM: ("type", "formactivationstate", "formpresentation", "formxml"),
    VIEW: ("querytype", "isdefault", "returnedtypecode", "fetchxml", "layoutxml"),
    CHART: ("primaryentitytypecode", "datadescription", "presentationdescription"),
}
_TEXTS = frozenset(
    {"formxml", "fetchxml", "layoutxml", "datadescription", "presentationdescription"}
)


def _text(part: Element, name: str, value: object) -> None:
    shown = int(value) if isinstance(value, bool) else value
    ET.SubElement(part, name).text = "" if shown is None else str(shown)


def _spelt(root: Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True).encode()
