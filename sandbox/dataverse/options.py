"""Query options of a URL: `$select`, `$expand` with its own options, `$orderby`, `$top`, `$count`.

Never knows a table; unknown options are refused, never ignored.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote_plus

from sandbox.dataverse import applying, errors, filters, literals, nodes

MAX_PAGE, MAX_EXPANDS = 5000, 15
# What an option's value may hold as it is.
_PLAIN = "$,()/'=;:@*"
_KNOWN_ELSEWHERE = frozenset(
    {
        "fetchXml",
        "savedQuery",
        "userQuery",
        "sql",
        "$search",
        "$compute",
        "$format",
        "$deltatoken",
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """One `$orderby` item."""

    path: nodes.Path
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a query asks for; None and empty mean the option is absent."""

    select: tuple[str, ...] = ()
    expand: tuple["Expand", ...] = ()
    filter: nodes.Node | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    count: bool = False
    skip_token: str | None = None
    apply: applying.Apply | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expand:
    """One `$expand` item: a navigation property and the options in its parentheses.

    Attributes:
        name: the navigation property.
        options: what is asked of it.
        given: the same, as they were written.
    """

    name: str
    options: Options
    given: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        """Return the options as the address of the collection itself would spell them."""
        return "&".join(f"{key}={quote(text, safe=_PLAIN)}" for key, text in self.given)


def parse(query: str, *, allowed_extra: frozenset[str] = frozenset()) -> Options:
    """Parse a percent-encoded query string.

    Args:
        query: what follows the `?`.
        allowed_extra: further parameter names, which end up in `extra`.

    Raises:
        DataverseError: 400, an option is unknown or malformed; 501, the sandbox lacks it.
    """
    return _parsed(query, allowed_extra) if query else _NONE


@functools.lru_cache(maxsize=1000)
def _parsed(query: str, allowed_extra: frozenset[str]) -> Options:
    given: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if name in given:
            raise errors.request(f"Query option '{name}' was specified more than once.")
        given[name] = unquote_plus(value)
    aliases = {name: value for name, value in given.items() if name.startswith("@")}
    extra = {name: value for name, value in given.items() if name in allowed_extra}
    rest = {name: value for name, value in given.items() if name not in aliases | extra}
    found = _options(rest, aliases)
    if extra:
        found = replace(found, extra=extra)
    if sum(1 for _ in expansions(found)) > MAX_EXPANDS:
        raise errors.request(f"A query has no more than {MAX_EXPANDS} $expand options.")
    return found


def expansions(chosen: Options) -> Iterator[Expand]:
    """Yield every `$expand` item, nested ones too."""
    for item in chosen.expand:
        yield item
        yield from expansions(item.options)


def nests(chosen: Options) -> bool:
    """Say whether an `$expand` lies within another one."""
    return any(item.options.expand for item in chosen.expand)


def _options(given: dict[str, str], aliases: dict[str, str]) -> Options:
    for name in given:
        if name in _KNOWN_ELSEWHERE:
            raise errors.unsupported(f"the query option {name}")
        if name not in _READERS:
            raise errors.request(f"The query parameter {name} is not supported.")
    values = {_READERS[name][0]: _READERS[name][1](value, aliases) for name, value in given.items()}
    return Options(aliases=aliases, **values)  # type: ignore[arg-type]  # by the readers' table


def _names(value: str, _aliases: dict[str, str]) -> tuple[str, ...]:
    return _listed(value)


@functools.lru_cache(maxsize=1000)
def _listed(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise errors.request(f"The select clause '{value}' is not well formed.")
    return names


def _filter(value: str, aliases: dict[str, str]) -> nodes.Node:
    return filters.parse(value, aliases)


def _order(value: str, _aliases: dict[str, str]) -> tuple[Order, ...]:
    items = []
    for piece in value.split(","):
        words = piece.split()
        if len(words) not in {1, 2} or words[-1] not in {words[0], "asc", "desc"}:
            raise errors.request(f"The orderby clause '{value}' is not well formed.")
        items.append(Order(nodes.Path(tuple(words[0].split("/"))), words[-1] == "desc"))
    return tuple(items)


def _top(value: str, _aliases: dict[str, str]) -> int:
    if not value.isascii() or not value.isdigit() or not int(value):
        raise errors.request(f"Invalid value '{value}' for $top; a positive number is expected.")
    if int(value) > MAX_PAGE:
        raise errors.request(f"$top cannot exceed {MAX_PAGE}.")
    return int(value)


def _count(value: str, _aliases: dict[str, str]) -> bool:
    if value not in {"true", "false"}:
        raise errors.request(f"Invalid value '{value}' for $count.")
    return value == "true"


def _plain(value: str, _aliases: dict[str, str]) -> str:
    return value


def _expand(value: str, aliases: dict[str, str]) -> tuple[Expand, ...]:
    pieces = literals.cut(value, ",")
    # Only what names a parameter means something else in another query.
    return tuple(_item(each, aliases) if "@" in each else _known_item(each) for each in pieces)


@functools.lru_cache(maxsize=1000)
def _known_item(piece: str) -> Expand:
    return _item(piece, {})


def _item(piece: str, aliases: dict[str, str]) -> Expand:
    name, _, inside = piece.strip().partition("(")
    if "/" in name or not name or (inside and not inside.endswith(")")):
        raise errors.request(f"The expand clause '{piece}' is not supported.")
    given: dict[str, str] = {}
    for option in literals.cut(inside[:-1], ";") if inside else []:
        key, _, text = option.partition("=")
        given[key.strip()] = text
    if given.keys() & {"$count", "$skiptoken", "$skip", "$apply"}:
        raise errors.request("Only $select, $filter, $orderby, $top and $expand nest.")
    return Expand(name, _options(given, aliases), tuple(given.items()))


_READERS = {
    "$select": ("select", _names),
    "$filter": ("filter", _filter),
    "$orderby": ("order", _order),
    "$top": ("top", _top),
    "$count": ("count", _count),
    "$skiptoken": ("skip_token", _plain),
    "$expand": ("expand", _expand),
    "$apply": ("apply", applying.parse),
}
_NONE = Options()
