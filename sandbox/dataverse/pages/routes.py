"""Which address shows which page.

Never answers anything but GET.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages import apps, dashboards, records, tables
from sandbox.dataverse.pages.documents import POLICY, document
from sandbox.dataverse.pages.markup import problem
from sandbox.dataverse.pages.stored import DASHBOARD
from sandbox.dataverse.pages.visits import Visit

_ID = r"[0-9a-fA-F-]{36}"
_Page = Callable[..., tuple[str, Markup]]


def owns(path: str) -> bool:
    """Say whether an address is one of a page."""
    return any(pattern.fullmatch(path) for pattern, _ in _PAGES)


def answer(env: Environment, request: Request) -> Response:
    """Answer the request of a page.

    Raises:
        DataverseError: 405, the method is not GET.
    """
    if request.method not in {"GET", "HEAD"}:
        raise errors.request("Pages are only looked at.", status=405)
    status, html = HTTPStatus.OK.value, ""
    with env.lock:
        visit = Visit(env, request.args.to_dict())
        try:
            title, body = _page(visit, request.path)
        except DataverseError as error:
            status, title, body = error.status, "Not found", problem("This page", error)
        html = document(visit, title, body)
    return Response(
        html,
        status=status,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )


def render(env: Environment, path: str, query: Mapping[str, str] | None = None) -> str:
    """Return a page as HTML.

    Raises:
        DataverseError: 404, there is nothing; 400, the address asks for what is not there.
    """
    visit = Visit(env, dict(query or {}))
    with env.lock:
        title, body = _page(visit, path)
        return document(visit, title, body)


def _page(visit: Visit, path: str) -> tuple[str, Markup]:
    for pattern, page in _PAGES:
        found = pattern.fullmatch(path)
        if found is not None:
            return page(visit, *found.groups())
    raise errors.no_segment(path)


def _start(visit: Visit) -> tuple[str, Markup]:
    return "Start", apps.start(visit)


def _accounts(visit: Visit) -> tuple[str, Markup]:
    return _rows(visit, "account")


def _account(visit: Visit, row_id: str) -> tuple[str, Markup]:
    return _record(visit, "account", row_id)


def _rows(visit: Visit, table: str) -> tuple[str, Markup]:
    described = _table(visit, table)
    return described.plural or described.schema, tables.show(visit, described)


def _record(visit: Visit, table: str, row_id: str) -> tuple[str, Markup]:
    described = _table(visit, table)
    row = visit.env.store.get(table, row_id.lower())
    title = "" if row is None else str(row.get(described.title) or "")
    return title or described.label or described.schema, records.show(visit, described, row_id)


def _dashboard(visit: Visit, form_id: str) -> tuple[str, Markup]:
    form = visit.stored.form(form_id, DASHBOARD)
    if form is None:
        raise errors.missing("systemform", form_id)
    return str(form["name"]), dashboards.show(visit, form)


def _table(visit: Visit, name: str) -> Table:
    return visit.env.schema.table(name)


_PAGES: tuple[tuple[re.Pattern[str], _Page], ...] = (
    (re.compile(r"/_sandbox/(?:app)?"), _start),
    (re.compile(r"/_sandbox/accounts"), _accounts),
    (re.compile(rf"/_sandbox/accounts/({_ID})"), _account),
    (re.compile(r"/_sandbox/tables/(\w+)"), _rows),
    (re.compile(rf"/_sandbox/records/(\w+)/({_ID})"), _record),
    (re.compile(rf"/_sandbox/dashboards/({_ID})"), _dashboard),
)
