"""Rows, messages and secrets as a release wrote them, kept as JSON: they need no old commit.

Never changed by hand: `python -m tests.upgrade.frozen` writes them anew, for a new `PREVIOUS`.
"""

import base64
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.azurite import azurite
from tests.memory import FakeClock
from tests.upgrade.releases import PREVIOUS, Release, clean, services, unpack

FOLDER = Path(__file__).with_name("fixtures")
BUSINESS = "frozen1"
TABLES = (
    *("accounts", "registrations", "consents", "holds", "deadletters"),
    *("checkpoints", "leases", "journal"),
)
# The previous release has no such tables; they move up when their first release becomes it.
NEW_TABLES = ("circuits", "claims", "runs", "shares")


class Entity(dict[str, Any]):
    """A row as the SDK gives it: what the service alone knows of it is beside it."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        super().__init__(columns)
        self.metadata = {"etag": 'W/"1"', "timestamp": datetime(2026, 11, 2, 15, tzinfo=UTC)}


def load() -> dict[str, Any]:
    """Return what the previous release wrote: rows by table, messages, secrets, and what it read.

    The rows are `Entity`, the messages their bodies.
    """
    found: dict[str, Any] = json.loads((FOLDER / f"{PREVIOUS}.json").read_text())
    found["rows"] = {
        table: [Entity({name: _value(*each) for name, each in row.items()}) for row in rows]
        for table, rows in found["rows"].items()
    }
    found["messages"] = [base64.b64decode(each) for each in found["messages"]]
    return found


def freeze() -> Path:
    """Let the previous release write everything, and keep it."""
    with azurite() as running, tempfile.TemporaryDirectory() as folder:
        code, secrets = Path(folder) / "code", Path(folder) / "secrets"
        if why := unpack(code):
            raise SystemExit(why)
        clean(running.connection_string, secrets)
        with services(running.connection_string, secrets) as around:
            release, now = Release(code, around.told), FakeClock()()
            release("fill", now=now, business=BUSINESS)
            frozen = {
                "rows": {name: list(_rows(running.connection_string, name)) for name in TABLES},
                "messages": release("messages", now=now, business=BUSINESS),
                "secrets": release("secrets", now=now, business=BUSINESS),
                "read": release("dump", now=now, business=BUSINESS),
            }
            release.close()
    path = FOLDER / f"{PREVIOUS}.json"
    path.write_text(json.dumps(frozen, indent=1, sort_keys=True) + "\n")
    return path


def _rows(connection_string: str, table: str) -> Iterator[dict[str, tuple[str, Any]]]:
    from azure.data.tables import TableClient

    with TableClient.from_connection_string(connection_string, table) as client:
        for entity in client.list_entities():
            yield {name: _kept(value) for name, value in entity.items()}


def _kept(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "moment", value.isoformat()
    if isinstance(value, bytes):
        return "bytes", base64.b64encode(value).decode()
    return type(value).__name__, value


def _value(kind: str, value: Any) -> Any:
    if kind == "moment":
        return datetime.fromisoformat(value)
    return base64.b64decode(value) if kind == "bytes" else value


def each_row(rows: Mapping[str, list[Entity]]) -> list[tuple[str, Entity]]:
    """Return the rows of all tables, each with its table."""
    return list(
        itertools.chain.from_iterable(((table, row) for row in rows[table]) for table in rows)
    )


if __name__ == "__main__":
    print(freeze())
