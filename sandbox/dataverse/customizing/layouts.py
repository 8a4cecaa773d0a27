"""The layout of a view: its grid, its cells, and that its query brings what they show.

Never reads a query.
"""

from sandbox.dataverse.customizing import markup, resources, schemas
from sandbox.dataverse.customizing.fetches import Query
from sandbox.dataverse.customizing.markup import LAYOUT
from sandbox.dataverse.environment import Environment


def check(env: Environment, text: object, query: Query) -> None:
    """Refuse a layout that is outside the schema or shows what the query does not bring.

    Args:
        env: the environment.
        text: as it came.
        query: what the view's query names.

    Raises:
        DataverseError: 400 with the platform's code of layouts.
    """
    grid = markup.parse(text, LAYOUT, "grid")
    schemas.check_layout(grid)
    table = query.table
    if grid.get("object") != str(table.type_code):
        raise markup.invalid(
            LAYOUT, f"object is {grid.get('object')}, the type code of {table.name} is "
            f"{table.type_code}"
        )  # fmt: skip
    if grid.get("jump") not in table.columns:
        raise markup.invalid(LAYOUT, f"jump names '{grid.get('jump')}', no column of {table.name}")
    row = grid.find("row")
    if row is None or row.get("id") != table.id:
        raise markup.invalid(LAYOUT, f"the row's id is not '{table.id}', the primary key")
    if table.id not in query.columns:
        raise markup.invalid(LAYOUT, f"the query does not bring the primary key '{table.id}'")
    seen: set[str] = set()
    for cell in row.findall("cell"):
        name = cell.get("name", "")
        if name in seen:
            raise markup.invalid(LAYOUT, f"the column '{name}' stands in it twice")
        seen.add(name)
        if name not in (query.linked if "." in name else query.columns):
            raise markup.invalid(LAYOUT, f"the query does not bring '{name}'")
        script = cell.get("imageproviderwebresource")
        if script and not resources.is_there(env, script):
            raise markup.invalid(LAYOUT, f"the icons of '{name}' come from {script}")
        if int(cell.get("width", "100")) <= 0:
            raise markup.invalid(LAYOUT, f"the width of '{name}' is not positive")
