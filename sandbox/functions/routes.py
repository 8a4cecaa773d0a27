"""Route templates of HTTP triggers: which function does a path belong to? Pure.

Never looks at methods: several functions may share a template.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

# The rank of a segment decides between templates that both fit: the lower one wins.
_LITERAL, _CONSTRAINED, _PARAMETER, _CATCH_ALL = 1, 2, 3, 5

_PIECE = re.compile(r"\{([^{}]*)\}")


class RouteError(ValueError):
    """A route that is no template, or one the host keeps for itself."""


def _is_number(kind: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return True

    return fits


_CONSTRAINTS: dict[str, Callable[[str], bool]] = {
    "alpha": lambda text: re.fullmatch(r"[A-Za-z]*", text) is not None,
    "bool": lambda text: text.lower() in {"true", "false"},
    "double": _is_number(float),
    "guid": _is_number(uuid.UUID),
    "int": lambda text: _is_number(int)(text) and -(2**31) <= int(text) < 2**31,
    "long": lambda text: _is_number(int)(text) and -(2**63) <= int(text) < 2**63,
}


@dataclass(frozen=True)
class Template:
    """A parsed route.

    Attributes:
        pattern: matches a path without its leading and trailing slash.
        constraints: what a parameter's value has to fulfil, by parameter.
        rank: smaller goes first.
    """

    pattern: re.Pattern[str]
    constraints: dict[str, Callable[[str], bool]]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters of `path`, None when it does not fit."""
        match = self.pattern.fullmatch(path)
        if match is None:
            return None
        values = {name: value for name, value in match.groupdict().items() if value}
        for name, fits in self.constraints.items():
            if name in values and not fits(values[name]):
                return None
        return values


def parse(route: str, prefix: str = "api") -> Template:
    """Parse a trigger's `route` under the app's route prefix.

    Knows `{x}`, `{x?}`, `{x:int}`, `{*rest}` and text around a parameter within a segment.

    Raises:
        RouteError: it is malformed, or begins with `admin` or `runtime`.
    """
    segments = [segment for segment in route.strip("/").split("/") if segment]
    if segments and segments[0].lower() in {"admin", "runtime"}:
        raise RouteError(f"The route '{route}' conflicts with the host's own.")
    constraints: dict[str, Callable[[str], bool]] = {}
    pattern, rank = "", []
    for segment in [*prefix.strip("/").split("/"), *segments] if prefix.strip("/") else segments:
        part, order, optional = _segment(segment, constraints)
        slash = "/" if pattern else ""
        pattern += f"(?:{slash}{part})?" if optional else f"{slash}{part}"
        rank.append(order)
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise RouteError(f"The route '{route}' is malformed: {error}.") from None
    return Template(compiled, constraints, tuple(rank))


def _segment(segment: str, constraints: dict[str, Callable[[str], bool]]) -> tuple[str, int, bool]:
    pieces = _PIECE.split(segment)
    if len(pieces) == 1:
        if "{" in segment or "}" in segment:
            raise RouteError(f"The segment '{segment}' is malformed.")
        return re.escape(segment), _LITERAL, False
    whole = len(pieces) == 3 and not pieces[0] and not pieces[2]
    pattern, order, optional = "", _PARAMETER if whole else _CONSTRAINED, False
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pattern += re.escape(piece)
            continue
        name, _, constraint = piece.rstrip("?").partition(":")
        catch_all = name.startswith("*")
        name = name.lstrip("*")
        if not name.isidentifier():
            raise RouteError(f"'{name}' is not a parameter's name in the segment '{segment}'.")
        if constraint and constraint not in _CONSTRAINTS:
            raise RouteError(f"The constraint '{constraint}' is not known to this host.")
        if constraint:
            constraints[name] = _CONSTRAINTS[constraint]
            order = min(order, _CONSTRAINED)
        if catch_all:
            order = _CATCH_ALL
        optional = whole and (catch_all or piece.endswith("?"))
        pattern += f"(?P<{name}>.*)" if catch_all else f"(?P<{name}>[^/]+)"
    return pattern, order, optional
