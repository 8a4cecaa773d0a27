"""Where each page is: rows of a table, one record, a dashboard, the start of an app.

Never reads anything.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

ROOT = "/_sandbox/"
START = f"{ROOT}app"
ACCOUNTS = f"{ROOT}accounts"


def start(app: str = "") -> str:
    """Return where an app begins."""
    return _with(START, {"app": app})


def rows(table: str, **query: str) -> str:
    """Return where a table's rows are listed."""
    return _with(ACCOUNTS if table == "account" else f"{ROOT}tables/{table}", query)


def record(table: str, row_id: str, **query: str) -> str:
    """Return where one record is shown."""
    under = ACCOUNTS if table == "account" else f"{ROOT}records/{table}"
    return _with(f"{under}/{row_id}", query)


def dashboard(form_id: str) -> str:
    """Return where a dashboard is shown."""
    return f"{ROOT}dashboards/{form_id}"


def _with(path: str, query: Mapping[str, str]) -> str:
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
