"""Views, forms, charts, apps and site maps as they are stored and published.

Never parses their texts, but for the order of forms.
"""

from collections.abc import Callable, Iterator

from sandbox.dataverse import xml_texts
from sandbox.dataverse.component_tables import APP, CHART, FORM, SITE_MAP, VIEW
from sandbox.dataverse.customizing import markup
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.store import Row

PUBLIC, ASSOCIATED, QUICK_FIND = 0, 2, 4
DASHBOARD, MAIN, QUICK_VIEW, CARD = 0, 2, 6, 11
_ACTIVE_FORM, _ACTIVE = 1, 0
_PUBLISHED = 0


class Stored:
    """Finds components among the rows of one environment."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def views(self, table: str) -> list[Row]:
        """Return the active public views of a table, its default one first, others by name."""
        found = [
            row
            for row in self._rows(VIEW)
            if row.get("returnedtypecode") == table
            and row.get("querytype") == PUBLIC
            and row.get("statecode") == _ACTIVE
            and row.get("layoutxml")
        ]
        return sorted(found, key=lambda row: (not row.get("isdefault"), str(row["name"])))

    def view(self, view_id: str | None) -> Row | None:
        """Return a view of any kind by its id, with braces or without."""
        return self._one(VIEW, view_id)

    def view_of_kind(self, table: str, kind: int) -> Row | None:
        """Return a table's view of a kind of which each table has one."""
        wanted: Callable[[Row], bool] = lambda row: (  # noqa: E731  # used once
            row.get("returnedtypecode") == table and row.get("querytype") == kind
        )
        found = sorted(filter(wanted, self._rows(VIEW)), key=lambda row: not row.get("isdefault"))
        return found[0] if found else None

    def main_forms(self, table: str) -> list[Row]:
        """Return the active main forms of a table, the one people see first at its beginning."""
        found = [
            row
            for row in self._rows(FORM)
            if row.get("objecttypecode") == table
            and row.get("type") == MAIN
            and row.get("formactivationstate") == _ACTIVE_FORM
            and row.get("formxml")
        ]
        return sorted(found, key=lambda row: (_order(row), not row.get("isdefault")))

    def form(self, form_id: str | None, kind: int) -> Row | None:
        """Return a form of a kind by its id, with braces or without."""
        found = self._one(FORM, form_id)
        return found if found is not None and found.get("type") == kind else None

    def dashboards(self) -> list[Row]:
        """Return all dashboards by name."""
        found = [row for row in self._rows(FORM) if row.get("type") == DASHBOARD]
        return sorted(found, key=lambda row: str(row["name"]))

    def chart(self, chart_id: str | None) -> Row | None:
        """Return a chart by its id, with braces or without."""
        return self._one(CHART, chart_id)

    def charts(self, table: str) -> list[Row]:
        """Return the charts of a table by name."""
        found = [row for row in self._rows(CHART) if row.get("primaryentitytypecode") == table]
        return sorted(found, key=lambda row: str(row["name"]))

    def apps(self) -> list[Row]:
        """Return the active apps that have a site map, the newest first."""
        found = [row for row in self._rows(APP) if row.get("statecode") == _ACTIVE]
        with_map = [row for row in found if self.site_map(row) is not None]
        return list(reversed(with_map))

    def site_map(self, app: Row) -> Row | None:
        """Return an app's site map: the one that bears its unique name."""
        wanted = app.get("uniquename")
        maps = self._rows(SITE_MAP)
        return next((row for row in maps if row.get("sitemapnameunique") == wanted), None)

    def _rows(self, table: str) -> Iterator[Row]:
        for row in self._env.store.rows(table).by_id.values():
            if row.get("componentstate") in {None, _PUBLISHED}:
                yield row

    def _one(self, table: str, row_id: str | None) -> Row | None:
        found = self._env.store.get(table, xml_texts.identifier(row_id))
        known = found is not None and found.get("componentstate") in {None, _PUBLISHED}
        return found if known else None


def _order(form: Row) -> int:
    """Return a form's place in the order of its table's forms."""
    try:
        root = markup.parse(str(form["formxml"]), "form")
    except DataverseError:
        return 1
    conditions = root.find("DisplayConditions")
    given = "" if conditions is None else conditions.get("Order", "")
    return int(given) if given.isascii() and given.isdigit() else 1
