"""`$filter` as a tree of comparisons, functions, logic and conditions on collections.

Never parses or evaluates anything.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`; both sides are a `Path` or a literal."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Call:
    """`contains(path,'text')` and its like."""

    function: str
    path: "Path"
    text: str


@dataclass(frozen=True, slots=True)
class Within:
    """`Microsoft.Dynamics.CRM.In(PropertyName=...,PropertyValues=[...])`."""

    path: "Path"
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and ...`, `a or b or ...`."""

    operator: str
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not (...)`."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class Path:
    """A property, with the navigation properties that lead to it."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`collection/any(c:...)`, `collection/all(c:...)`; paths inside begin below the variable.

    Attributes:
        operator: any or all.
        path: the collection.
        inner: the condition, None for `any()`.
    """

    operator: str
    path: Path
    inner: "Node | None"


Node = Compare | Call | Within | Logic | Not | Lambda
