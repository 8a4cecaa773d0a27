"""`$apply` parsed: a filter, groups and aggregates, the subset Dataverse documents.

Never adds anything up.
"""

import re
from dataclasses import dataclass

from sandbox.dataverse import errors, filters, literals
from sandbox.dataverse.nodes import Logic, Node, Path

COUNT = "$count"
METHODS = frozenset({"sum", "min", "max", "average", "countdistinct"})
_AGGREGATE = re.compile(r"(?:(\w+(?:/\w+)*)\s+with\s+(\w+)|\$count)\s+as\s+(\w+)")
_PATH = re.compile(r"\w+(?:/\w+)*")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`path with method as alias`, or `$count as alias` without a path."""

    path: Path | None
    method: str
    alias: str


@dataclass(frozen=True, slots=True)
class Apply:
    """What becomes of the rows before they are answered.

    Attributes:
        filter: which are looked at at all.
        groups: what those of a group have in common; without, all are one group.
        aggregates: what is told of each group.
    """

    filter: Node | None = None
    groups: tuple[Path, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()


def parse(text: str, aliases: dict[str, str]) -> Apply:
    """Parse the option: filters, then one `groupby` or `aggregate`.

    Raises:
        DataverseError: 400, its syntax is wrong; 501, a transformation the sandbox lacks.
    """
    *before, last = [each.strip() for each in literals.cut(text, "/")]
    conditions = [filters.parse(_inside(each, "filter"), aliases) for each in before]
    condition = conditions[0] if len(conditions) == 1 else Logic("and", tuple(conditions))
    found = condition if conditions else None
    if last.startswith("groupby"):
        return _groups(_inside(last, "groupby"), found)
    return Apply(found, (), _aggregates(_inside(last, "aggregate")))


def _groups(inside: str, condition: Node | None) -> Apply:
    listed, *rest = [each.strip() for each in literals.cut(inside, ",")]
    names = [each.strip() for each in _inside(listed, "").split(",")]
    if len(rest) > 1 or not all(_PATH.fullmatch(name) for name in names):
        raise errors.request(f"The groupby '{inside}' is not well formed.")
    groups = tuple(Path(tuple(name.split("/"))) for name in names)
    aggregates = _aggregates(_inside(rest[0], "aggregate")) if rest else ()
    return Apply(condition, groups, aggregates)


def _aggregates(inside: str) -> tuple[Aggregate, ...]:
    found = []
    for piece in literals.cut(inside, ","):
        match = _AGGREGATE.fullmatch(piece.strip())
        if match is None or (match[2] or "sum") not in METHODS:
            raise errors.request(f"The aggregate '{piece.strip()}' is not supported.")
        path = Path(tuple(match[1].split("/"))) if match[1] else None
        found.append(Aggregate(path, match[2] or COUNT, match[3]))
    return tuple(found)


def _inside(text: str, name: str) -> str:
    """Return what stands between the parentheses of a transformation.

    Raises:
        DataverseError: 400 no parentheses; 501 it is another transformation.
    """
    found = re.fullmatch(r"(\w*)\((.*)\)", text, re.DOTALL)
    if found is None:
        raise errors.request(f"'{text}' in $apply is not well formed.")
    if found[1] != name:
        raise errors.unsupported(f"the transformation '{found[1]}' in $apply")
    return found[2]
