"""The operators of conditions: which there are, and how many values each takes.

Never compares anything.
https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/reference/operators
"""

from sandbox.dataverse import errors

COMPARISONS = frozenset({"eq", "ne", "neq", "gt", "ge", "lt", "le"})
PATTERNS = frozenset(
    {"like", "not-like", "begins-with", "not-begin-with", "ends-with", "not-end-with"}
)
LISTS = frozenset({"in", "not-in"})
RANGES = frozenset({"between", "not-between"})
NULLS = frozenset({"null", "not-null"})
PEOPLE = frozenset(
    {
        "eq-userid", "ne-userid", "eq-userteams", "eq-useroruserteams", "eq-businessid",
        "ne-businessid", "eq-userlanguage",
    }
)  # fmt: skip
DAYS = frozenset({"on", "on-or-before", "on-or-after"})
NOW = frozenset(
    {
        "yesterday", "today", "tomorrow", "last-seven-days", "next-seven-days", "last-week",
        "this-week", "next-week", "last-month", "this-month", "next-month", "last-year",
        "this-year", "next-year", "this-fiscal-year", "this-fiscal-period", "next-fiscal-year",
        "next-fiscal-period", "last-fiscal-year", "last-fiscal-period",
    }
)  # fmt: skip
AMOUNTS = frozenset(
    {
        "last-x-hours", "next-x-hours", "last-x-days", "next-x-days", "last-x-weeks",
        "next-x-weeks", "last-x-months", "next-x-months", "last-x-years", "next-x-years",
        "olderthan-x-minutes", "olderthan-x-hours", "olderthan-x-days", "olderthan-x-weeks",
        "olderthan-x-months", "olderthan-x-years", "last-x-fiscal-years", "last-x-fiscal-periods",
        "next-x-fiscal-years", "next-x-fiscal-periods",
    }
)  # fmt: skip
FISCAL_NUMBERS = frozenset({"in-fiscal-year", "in-fiscal-period"})
FISCAL_PAIRS = frozenset(
    {
        "in-fiscal-period-and-year", "in-or-before-fiscal-period-and-year",
        "in-or-after-fiscal-period-and-year",
    }
)  # fmt: skip
DATES = DAYS | NOW | AMOUNTS | FISCAL_NUMBERS | FISCAL_PAIRS
# Operators that also hold where there is no value at all, unlike SQL's.
NEGATIVE = frozenset(
    {
        "ne", "neq", "not-in", "not-like", "not-begin-with", "not-end-with", "not-between",
        "ne-userid", "ne-businessid",
    }
)  # fmt: skip
# Of hierarchies and of choices with several values, which no simulated column has.
_NOT_SIMULATED = frozenset(
    {
        "under", "eq-or-under", "not-under", "above", "eq-or-above", "contain-values",
        "not-contain-values", "eq-useroruserhierarchy", "eq-useroruserhierarchyandteams",
    }
)  # fmt: skip

_COUNTS = (
    (NULLS | NOW | PEOPLE, 0),
    (COMPARISONS | PATTERNS | DAYS | AMOUNTS | FISCAL_NUMBERS, 1),
    (RANGES | FISCAL_PAIRS, 2),
)


def check_known(operator: str, column: str, values: int, *, compared: bool) -> None:
    """Refuse an operator that does not exist, is not simulated, or takes other values.

    Args:
        operator: as FetchXML spells it.
        column: what it is about, for whoever reads the refusal.
        values: how many are given.
        compared: another column is given in place of a value.

    Raises:
        DataverseError: 400 it does not exist or fit; 501 it is not simulated.
    """
    if operator in _NOT_SIMULATED:
        raise errors.unsupported(f"the operator '{operator}' of FetchXML")
    if compared:
        if operator not in COMPARISONS or values:
            raise errors.request(f"'{operator}' on '{column}' does not compare two columns.")
        return
    if operator in LISTS:
        if not values:
            raise errors.request(f"The operator '{operator}' on '{column}' takes values.")
        return
    for known, count in _COUNTS:
        if operator in known:
            if values != count:
                raise errors.request(
                    f"The operator '{operator}' on '{column}' takes {count} values, not {values}."
                )
            return
    raise errors.request(f"Invalid FetchXML: there is no operator '{operator}'.")
