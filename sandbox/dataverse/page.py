"""An account as a salesperson sees it: figures, opportunities, invoices, timeline. Read-only.

Never knows a custom column by name; what an account shows follows from its definition.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import REFERENCES, TEXT, Column, Kind, Table
from sandbox.dataverse.reading import Reader
from sandbox.dataverse.schema import POINTER
from sandbox.dataverse.store import Row

_STYLE = Path(__file__).with_name("page.css")
_AMOUNTS = frozenset({Kind.MONEY, Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE})
_OPEN = 0
# What a timeline may be ordered by; the first unless an administrator chooses another.
_SORTS = ("modifiedon", "createdon", "sortdate")


@dataclass(frozen=True)
class _Entry:
    """One item of the timeline."""

    when: str
    kind: str
    title: str
    state: str
    closed: bool
    facts: list[tuple[str, str]]
    text: str = ""


def render(env: Environment, account: str | None, sort: str = _SORTS[0]) -> str:
    """Return the list of accounts, or one account, as HTML.

    Args:
        env: the environment.
        account: its id, None for the list.
        sort: what the timeline is ordered by, newest first: modifiedon, createdon or sortdate.

    Raises:
        DataverseError: 404, there is no such account; 400, no such order.
    """
    if sort not in _SORTS:
        raise errors.request(f"The timeline is not sorted by '{sort}'.")
    if account is None:
        return _document("Accounts", _accounts(env))
    row = env.store.get("account", account.lower())
    if row is None:
        raise errors.missing("account", account)
    return _document(str(row.get("name") or "Account"), _account(env, row, sort))


def _document(title: str, body: Markup) -> str:
    style = Markup(_STYLE.read_text(encoding="utf-8"))  # noqa: S704  # our own file
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>{title}</title><style>{style}</style></head><body>"
            '<nav><a href="/_sandbox/accounts">Accounts</a></nav><main>{body}</main></body></html>'
        ).format(title=title, style=style, body=body)
    )


def _accounts(env: Environment) -> Markup:
    table = env.schema.tables["account"]
    reader = Reader(env)
    columns = list(_custom(table, _AMOUNTS | {Kind.PICKLIST}))
    rows = sorted(env.store.rows("account").by_id.values(), key=lambda row: row.get("name") or "")
    lines = [
        [
            Markup('<a href="/_sandbox/accounts/{}">{}</a>').format(
                row["accountid"], row.get("name") or "(no name)"
            ),
            *(_shown(reader, row, column) for column in columns),
        ]
        for row in rows
    ]
    heads = ["Account", *(column.label for column in columns)]
    return Markup("<h1>Accounts</h1>{}").format(_table(heads, lines, "No accounts yet."))


def _account(env: Environment, row: Row, sort: str) -> Markup:
    table = env.schema.tables["account"]
    reader = Reader(env)
    tiles = Markup("").join(
        Markup('<div class="tile"><span>{}</span><b>{}</b></div>').format(
            column.label, _shown(reader, row, column) or "\u2013"
        )
        for column in _custom(table, _AMOUNTS | {Kind.PICKLIST, Kind.DATETIME, Kind.BOOLEAN})
    )
    notes = [_shown(reader, row, column) for column in _custom(table, TEXT)]
    texts = Markup("").join(Markup("<small>{}</small>").format(each) for each in notes if each)
    account = ("account", row["accountid"])
    sections = [
        Markup("<h1>{}</h1><p>{} {}</p>").format(
            row.get("name") or "(no name)", row.get("accountnumber") or "", texts
        ),
        Markup('<section class="tiles">{}</section>').format(tiles) if tiles else Markup(""),
    ]
    if "opportunity" in env.schema.tables:
        sections.append(_opportunities(env, reader, account))
    if "invoice" in env.schema.tables:
        sections.append(_invoices(env, reader, account))
    sections.append(_timeline(env, reader, account, sort))
    return Markup("").join(sections)


def _opportunities(env: Environment, reader: Reader, account: tuple[str, str]) -> Markup:
    table = env.schema.tables["opportunity"]
    names = ("name", "statecode", "estimatedvalue", "estimatedclosedate")
    columns = [table.columns[name] for name in names]
    rows = _children(env, "opportunity", "customerid", account)
    lines = [[_shown(reader, row, column) for column in columns] for row in rows]
    heads = ["Topic", "State", "Est. revenue", "Est. close"]
    return Markup("<h2>Opportunities</h2>{}").format(_table(heads, lines, "None."))


def _invoices(env: Environment, reader: Reader, account: tuple[str, str]) -> Markup:
    table = env.schema.tables["invoice"]
    names = ("name", "statecode", "statuscode", "totalamount", "duedate")
    shown = _AMOUNTS | {Kind.PICKLIST, Kind.DATETIME}
    columns = [table.columns[name] for name in names] + list(_custom(table, shown))
    rows = _children(env, "invoice", "customerid", account)
    lines = [[_shown(reader, row, column) for column in columns] for row in rows]
    heads = ["Invoice", "State", "Status reason", "Total", "Due", *(c.label for c in columns[5:])]
    return Markup("<h2>Invoices</h2>{}").format(_table(heads, lines, "None."))


def _timeline(env: Environment, reader: Reader, account: tuple[str, str], sort: str) -> Markup:
    """Show what regards the account, its opportunities and invoices; undated entries come last."""
    owners = [account]
    for name in ("opportunity", "invoice"):
        if name in env.schema.tables:
            key = env.schema.tables[name].id
            owners += [(name, row[key]) for row in _children(env, name, "customerid", account)]
    entries = [entry for owner in owners for entry in _entries(env, reader, owner, sort)]
    entries.sort(key=lambda entry: entry.when, reverse=True)
    items = Markup("").join(map(_item, entries))
    body = Markup("<ol>{}</ol>").format(items) if entries else Markup('<p class="none">None.</p>')
    return Markup('<h2>Timeline</h2><section class="timeline">{}</section>').format(body)


def _entries(
    env: Environment, reader: Reader, owner: tuple[str, str], sort: str
) -> Iterable[_Entry]:
    for pointer in _children(env, POINTER, "regardingobjectid", owner):
        table = env.schema.tables[pointer["activitytypecode"]]
        row = env.store.get(table.name, pointer["activityid"])
        if row is not None:
            yield _activity(reader, table, row, sort)
    for row in _children(env, "annotation", "objectid", owner):
        title = row.get("subject") or row.get("filename") or ""
        text = row.get("notetext") or ""
        when = row.get(sort) or ""
        yield _Entry(when, "Note", title, "", closed=False, facts=[], text=text)


def _activity(reader: Reader, table: Table, row: Row, sort: str) -> _Entry:
    kinds = _AMOUNTS | {Kind.PICKLIST, Kind.DATETIME, Kind.BOOLEAN} | TEXT | REFERENCES
    columns = list(_custom(table, kinds))
    facts = [(column.label, _shown(reader, row, column)) for column in columns]
    return _Entry(
        when=row.get(sort) or "",
        kind=table.label or table.schema,
        title=row.get("subject") or "",
        state=_shown(reader, row, table.columns["statecode"]),
        closed=row.get("statecode") != _OPEN,
        facts=[(name, text) for name, text in facts if text],
        text=row.get("description") or "",
    )


def _item(entry: _Entry) -> Markup:
    facts = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, text) for name, text in entry.facts
    )
    state = Markup('<span class="state{}">{}</span>').format(
        " closed" if entry.closed else "", entry.state
    )
    return Markup(
        "<li><header><time>{when}</time><em>{kind}</em>{state}</header>"
        "<h3>{title}</h3><dl>{facts}</dl><p>{text}</p></li>"
    ).format(
        when=entry.when[:10],
        kind=entry.kind,
        state=state if entry.state else "",
        title=entry.title,
        facts=facts,
        text=entry.text,
    )


def _table(heads: list[str], lines: list[list[Markup | str]], empty: str) -> Markup:
    if not lines:
        return Markup('<p class="none">{}</p>').format(empty)
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in heads)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in line)
        )
        for line in lines
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, rows)


def _custom(table: Table, kinds: Iterable[Kind]) -> Iterable[Column]:
    wanted = set(kinds)
    return (
        column
        for column in table.columns.values()
        if column.custom
        and column.kind in wanted
        and not column.base_of
        and column.name not in {table.title, table.id}
    )


def _shown(reader: Reader, row: Row, column: Column) -> Markup | str:
    value = row.get(column.name)
    if value is None:
        return ""
    text = str(value) if column.kind in TEXT else reader.formatted(row, column, value)
    return escape(text or "")


def _children(env: Environment, table: str, column: str, owner: tuple[str, str]) -> list[Row]:
    rows = env.store.rows(table)
    return [rows.by_id[row_id] for row_id in rows.index(column).find([owner])]
