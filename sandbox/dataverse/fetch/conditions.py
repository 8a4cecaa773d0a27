"""Filters as tests on joined rows.

Never finds "unknown" as SQL does: what is no match does not hold, and operators that deny something
hold where there is no value, as FetchXML adds "or is null" to them.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse import errors, values
from sandbox.dataverse.collation import fold, like
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch import operators, periods
from sandbox.dataverse.fetch.comparing import (
    Getter,
    day,
    getter,
    literal,
    padded,
    text_getter,
)
from sandbox.dataverse.fetch.queries import Condition, Filter
from sandbox.dataverse.fetch.scopes import Scope
from sandbox.dataverse.metadata import Column, Kind
from sandbox.dataverse.store import Row

# Joined rows by the alias of their table; None where an outer join found nothing.
Line = Mapping[str, Row | None]
Test = Callable[[Line], bool]
_Holds = Callable[[Any], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "neq": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MOST_BACK = 10_000


class Conditions:
    """Makes tests for one query of one caller."""

    def __init__(self, env: Environment, scope: Scope, user: str) -> None:
        """Prepare.

        Args:
            env: the environment.
            scope: what the query's names mean.
            user: id of who asks.
        """
        self._env = env
        self._scope = scope
        self._user = user
        self._now = env.clock()

    def filter(self, given: Filter, here: str) -> Test:
        """Return the test of a filter that is written at a place.

        Raises:
            DataverseError: 400, a name does not exist or a value does not fit.
        """
        tests = [
            self.filter(part, here)
            if isinstance(part, Filter)
            else self._condition(part, here, lenient=given.quick_find)
            for part in given.parts
        ]
        if not tests:
            return lambda _: True
        decide = any if given.any_of else all
        return lambda line: decide(test(line) for test in tests)

    def _condition(self, condition: Condition, here: str, *, lenient: bool) -> Test:
        place, column = self._scope.compared(condition, here)
        if condition.value_of:
            return self._columns(condition, here)
        try:
            get, holds = self._meaning(condition, column)
        except errors.DataverseError:
            # A person may look for any text; it is no number and no day of these columns then.
            if lenient:
                return lambda _: False
            raise
        empty = condition.operator in operators.NEGATIVE or condition.operator == "null"

        def test(line: Line) -> bool:
            row = line[place]
            value = None if row is None else get(row)
            return empty if value is None else holds(value)

        return test

    def _columns(self, condition: Condition, here: str) -> Test:
        first, one = self._scope.compared(condition, here)
        second, other = self._scope.other(condition, here)
        if one.kind is not other.kind:
            raise errors.request(f"'{one.name}' and '{other.name}' are not of the same type.")
        compare, negative = _COMPARE[condition.operator], condition.operator in operators.NEGATIVE
        get, get_other = getter(one), getter(other)

        def test(line: Line) -> bool:
            left, right = line[first], line[second]
            a = None if left is None else get(left)
            b = None if right is None else get_other(right)
            return negative and a is None if a is None or b is None else compare(a, b)

        return test

    def _meaning(self, condition: Condition, column: Column) -> tuple[Getter, _Holds]:
        """Return how a column's value is read, and when it meets the condition."""
        name = condition.operator
        if name in operators.NULLS:
            return getter(column), lambda _: name == "not-null"
        if name in operators.PATTERNS:
            matches = _pattern(name, condition.values[0])
            return text_getter(self._env, column), matches
        if name in operators.PEOPLE:
            return getter(column), self._people(name, column)
        if name in operators.DATES:
            return getter(column), self._dates(condition, column)
        return getter(column), _compared(condition, column)

    def _people(self, name: str, column: Column) -> _Holds:
        """Return what an operator about the caller means; no user is in a team here."""
        if name == "eq-userlanguage":
            language = self._env.settings()["languagecode"]
            return lambda value: bool(value == language)
        if column.kind is Kind.DATETIME or column.kind is Kind.MONEY:
            raise errors.request(f"'{name}' does not apply to '{column.name}'.")
        if name == "eq-userteams":
            return lambda _: False
        wanted = self._env.business_unit if name.endswith("businessid") else self._user
        denies = name.startswith("ne")
        return lambda value: (value == wanted) is not denies

    def _dates(self, condition: Condition, column: Column) -> _Holds:
        name = condition.operator
        if column.kind is not Kind.DATETIME:
            raise errors.request(f"'{name}' does not apply to '{column.name}', which is no date.")
        if column.behavior == "DateOnly" and name.endswith(("-hours", "-minutes")):
            raise errors.request(f"'{name}' does not apply to '{column.name}', which has no time.")
        if name == "in-fiscal-period":
            wanted = _amount(condition, 0)
            return lambda value: periods.fiscal_period(day(column, value)) == wanted
        span = self._span(condition, column)
        start = None if span.start is None else values.moment(span.start)
        end = None if span.end is None else values.moment(span.end)
        return lambda value: (
            (start is None or padded(value) >= start) and (end is None or padded(value) < end)
        )

    def _span(self, condition: Condition, column: Column) -> periods.Span:
        name, now = condition.operator, self._now
        if name in operators.DAYS:
            return periods.of_day(name, day(column, condition.values[0]), now)
        if name in operators.NOW:
            return periods.of_now(name, now)
        try:
            if name in operators.AMOUNTS:
                return periods.of_amount(name, _amount(condition, 0), now)
            if name == "in-fiscal-year":
                return periods.fiscal_year(_amount(condition, 0), now)
            return periods.fiscal_pair(name, _amount(condition, 0), _amount(condition, 1), now)
        except (ValueError, OverflowError):
            raise errors.request(
                f"The value of '{name}' on '{column.name}' leads to no date."
            ) from None


def _compared(condition: Condition, column: Column) -> _Holds:
    name, given = condition.operator, [literal(column, text) for text in condition.values]
    if name in operators.LISTS:
        wanted = name == "in"
        return lambda value: (value in given) is wanted
    if name in operators.RANGES:
        low, high = given
        wanted = name == "between"
        return lambda value: (low <= value <= high) is wanted
    compare = _COMPARE[name]
    return lambda value: compare(value, given[0])


def _pattern(name: str, text: str) -> _Holds:
    """Return a test on folded text; only like knows signs that stand for others."""
    kind, wanted, folded = name.removeprefix("not-"), not name.startswith("not-"), fold(text)
    if kind == "like":
        matches = like(text)
        return lambda value: matches(value) is wanted
    if kind.startswith("begin"):
        return lambda value: value.startswith(folded) is wanted
    return lambda value: value.endswith(folded) is wanted


def _amount(condition: Condition, position: int) -> int:
    text = condition.values[position].strip()
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_BACK:
        raise errors.request(
            f"The value '{text}' of '{condition.operator}' on '{condition.column}' is no number."
        )
    return int(text)
