"""One extra mapping as it is written, checked against what FreshBooks answers.

Never asks whether Dataverse has the column.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from shared.core.definitions import PREFIX
from shared.core.fields import FIELDS
from shared.core.identity import Kind
from shared.core.mapped import DECIMALS, FITTING, LENGTH, TABLES, Mapped, MappedType
from shared.core.ownership import NATIVE, NEEDED, Ownership

_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_WITH_DECIMALS: Final = frozenset({MappedType.DECIMAL, MappedType.MONEY})
_IDS: Final = frozenset(
    {"accountid", "activityid", "invoiceid", "masterid", "fbx_clientid", "ownerid"}
)
_EXAMPLE: Final = 'write such as to = "account.accountnumber"'

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    record: Literal["client", "invoice", "payment", "expense", "credit"]
    field: Name = Field(alias="from")
    to: Name
    type: MappedType
    owner: Literal["freshbooks", "first-write"] = "first-write"
    length: int | None = Field(default=None, ge=1, le=1_048_576, strict=True)
    decimals: int | None = Field(default=None, ge=0, le=10, strict=True)


_KEYS: Final = tuple(str(each.alias or name) for name, each in _Entry.model_fields.items())


def read_entry(entry: object) -> tuple[Mapped | None, list[str]]:
    """Return a mapping, or what is wrong with it: ends of sentences that begin with its name."""
    if not isinstance(entry, dict):
        return None, [f"is no table: write [[map]] and below it {', '.join(_KEYS)}"]
    try:
        read = _Entry.model_validate(entry)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=True)
        # of a union's alternatives each tells; one sentence for each key is enough
        by_key = {problem["loc"][:1]: problem for problem in problems}
        return None, [_spell(problem) for problem in by_key.values()]
    table, _, column = read.to.lower().partition(".")
    wrong = [*_wrong_field(read), *_wrong_target(read.record, table, column), *_unused(read)]
    if wrong:
        return None, wrong
    mapped = Mapped(
        record=Kind(read.record),
        field=read.field,
        table=table,
        column=column,
        kind=read.type,
        owner=Ownership(read.owner),
        length=read.length or LENGTH,
        decimals=DECIMALS if read.decimals is None else read.decimals,
    )
    return mapped, []


def _spell(problem: ErrorDetails) -> str:
    key = str(problem["loc"][0])[:40]
    if problem["type"] == "missing":
        return f"lacks {key}: it takes {', '.join(_KEYS)}"
    if problem["type"] == "extra_forbidden":
        return f"has {key}, which is none of {', '.join(_KEYS)}: correct or remove it"
    wanted = problem["msg"].removeprefix("Input should be ")
    return f"has a wrong {key}: write {wanted}"


def _wrong_field(read: _Entry) -> Iterator[str]:
    known = FIELDS[Kind(read.record)]
    if read.field not in known:
        close = get_close_matches(read.field, known, n=3)
        perhaps = f" Perhaps one of {', '.join(close)} is meant." if close else ""
        yield (
            f"is from {read.field[:40]}, which is no field of a FreshBooks {read.record} that can "
            f"be mapped.{perhaps} docs/reference.md lists them"
        )
    elif known[read.field] not in FITTING[read.type]:
        types = ", ".join(kind for kind, from_ in FITTING.items() if known[read.field] in from_)
        yield (
            f"makes {read.type} of {read.field}, which is a {known[read.field]}: write one of "
            f"{types}"
        )


def _wrong_target(record: str, table: str, column: str) -> Iterator[str]:
    allowed = TABLES[Kind(record)]
    if table not in allowed or not _COLUMN.fullmatch(column):
        wanted = " or ".join(f"{each}.COLUMN" for each in allowed)
        yield f"is to no column that a {record} may have: write {wanted}; {_EXAMPLE}"
    elif column in NATIVE.get(table, {}):
        yield (
            f"is to {table}.{column}, which the connector writes by itself: choose about it under "
            f"[ownership.{table}]"
        )
    elif why := _not_theirs(table, column):
        yield f"is to {table}.{column}: {why}. Name a column of yours"


def _not_theirs(table: str, column: str) -> str:
    """Return why nothing may be mapped to a column, "" where it may."""
    if column.startswith(f"{PREFIX}_") or column in _IDS:
        return "what the connector does rests on it"
    return NEEDED.get(table, {}).get(column, "")


def _unused(read: _Entry) -> Iterator[str]:
    if read.length is not None and read.type is not MappedType.TEXT:
        yield f"has a length, which only {MappedType.TEXT} has: remove it"
    if read.decimals is not None and read.type not in _WITH_DECIMALS:
        yield f"has decimals, which only {' and '.join(sorted(_WITH_DECIMALS))} have: remove them"
