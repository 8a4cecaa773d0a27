"""Operators of FetchXML conditions: on values, lists, patterns, people, and days around now.

What the relative ones mean: markcarrington.dev/2020/08/25/fetchxml-date-filtering. It is Thursday,
2026-10-01, 12:00 UTC.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sandbox.dataverse import DataverseError
from sandbox.dataverse.fetch import operators, parse, run

ENTITY = "<fetch><entity name='{}'><attribute name='{}'/><filter>{}</filter></entity></fetch>"


@pytest.fixture
def found(dataverse):
    """Return the names of the accounts, or topics of opportunities, that meet a condition."""

    def names(condition, table="account"):
        title = dataverse.environment.schema.tables[table].title
        fetch = parse(ENTITY.format(table, title, condition))
        lines = run(dataverse.environment, fetch).lines
        return sorted(str(line[""][title]) for line in lines)

    return names


@pytest.fixture
def accounts(seeds):
    seeds.account("Alpha", numberofemployees=10, revenue=Decimal("10.50"), creditonhold=True)
    seeds.account("Bravo", numberofemployees=20, telephone1="555")
    seeds.account("Café Zoë", numberofemployees=30, customertypecode=3)
    seeds.account("Delta 50%", accountnumber="D-1")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("attribute='name' operator='eq' value='alpha'", "A"),
        ("attribute='name' operator='eq' value='CAFE ZOE'", "C"),
        ("attribute='name' operator='ne' value='alpha'", "BCD"),
        ("attribute='name' operator='neq' value='alpha'", "BCD"),
        ("attribute='name' operator='gt' value='bravo'", "CD"),
        ("attribute='numberofemployees' operator='eq' value='20'", "B"),
        ("attribute='numberofemployees' operator='ne' value='20'", "ACD"),
        ("attribute='numberofemployees' operator='gt' value='10'", "BC"),
        ("attribute='numberofemployees' operator='ge' value='20'", "BC"),
        ("attribute='numberofemployees' operator='lt' value='20'", "A"),
        ("attribute='numberofemployees' operator='le' value='20'", "AB"),
        ("attribute='revenue' operator='eq' value='10.5'", "A"),
        ("attribute='creditonhold' operator='eq' value='1'", "A"),
        ("attribute='creditonhold' operator='eq' value='false'", "BCD"),
        ("attribute='customertypecode' operator='eq' value='3'", "C"),
        ("attribute='customertypecode' operator='ne' value='3'", "ABD"),
        ("attribute='customertypecode' operator='null'", "ABD"),
        ("attribute='customertypecode' operator='not-null'", "C"),
        ("attribute='name' operator='like' value='%AF_ z%'", "C"),
        ("attribute='name' operator='not-like' value='%a'", "BCD"),
        ("attribute='accountnumber' operator='not-like' value='D%'", "ABC"),
        ("attribute='name' operator='begins-with' value='b'", "B"),
        ("attribute='name' operator='begins-with' value='%'", ""),
        ("attribute='name' operator='not-begin-with' value='b'", "ACD"),
        ("attribute='name' operator='ends-with' value='50%'", "D"),
        ("attribute='name' operator='not-end-with' value='o'", "ACD"),
        ("attribute='primarycontactid' operator='like' value='Doe'", ""),
    ],
)
def test_an_operator_with_one_value_finds(found, accounts, condition, expected):
    assert "".join(name[0] for name in found(f"<condition {condition}/>")) == expected


@pytest.mark.parametrize(
    ("operator", "column", "values", "expected"),
    [
        ("in", "name", ("ALPHA", "cafe zoe"), "AC"),
        ("not-in", "name", ("alpha", "bravo"), "CD"),
        ("in", "numberofemployees", ("10", "30"), "AC"),
        ("not-in", "numberofemployees", ("10", "30"), "BD"),
        ("in", "customertypecode", ("3", "8"), "C"),
        ("between", "numberofemployees", ("10", "20"), "AB"),
        ("not-between", "numberofemployees", ("10", "20"), "CD"),
    ],
)
def test_an_operator_with_several_values_finds(found, accounts, operator, column, values, expected):
    each = "".join(f"<value>{value}</value>" for value in values)

    names = found(f"<condition attribute='{column}' operator='{operator}'>{each}</condition>")

    assert "".join(name[0] for name in names) == expected


def test_a_lookup_is_compared_by_id_with_braces_or_without_and_by_the_name_it_shows(
    found, seeds, dataverse
):
    parent = seeds.account("Parent")
    seeds.account("Child", parentaccountid=parent)

    assert found(
        f"<condition attribute='parentaccountid' operator='eq' value='{{{parent.upper()}}}'/>"
    ) == ["Child"]
    assert found(
        f"<condition attribute='parentaccountid' operator='in'><value>{parent}</value></condition>"
    ) == ["Child"]
    assert found("<condition attribute='parentaccountid' operator='like' value='par%'/>") == [
        "Child"
    ]
    assert found(f"<condition attribute='parentaccountid' operator='ne' value='{parent}'/>") == [
        "Parent"
    ]


def test_rows_are_found_by_who_asks(found, seeds, dataverse):
    other = dataverse.user("Somebody Else")
    seeds.account("Mine")
    theirs = seeds.account("Theirs")
    dataverse.update("account", theirs, ownerid=("systemuser", other))

    assert found("<condition attribute='ownerid' operator='eq-userid'/>") == ["Mine"]
    assert found("<condition attribute='ownerid' operator='ne-userid'/>") == ["Theirs"]
    assert found("<condition attribute='ownerid' operator='eq-useroruserteams'/>") == ["Mine"]
    assert found("<condition attribute='ownerid' operator='eq-userteams'/>") == []
    fetch = parse(
        ENTITY.format("account", "name", "<condition attribute='ownerid' operator='eq-userid'/>")
    )
    lines = run(dataverse.environment, fetch, user=other).lines
    assert [line[""]["name"] for line in lines] == ["Theirs"]


def test_rows_are_found_by_business_and_language(dataverse, found):
    organization = "<condition attribute='languagecode' operator='eq-userlanguage'/>"

    assert found(organization, "organization") == ["org"]
    assert found("<condition attribute='businessunitid' operator='eq-businessid'/>", "systemuser")
    assert not found(
        "<condition attribute='businessunitid' operator='ne-businessid'/>", "systemuser"
    )


# operator, value, the first day or time that is found, the last one
PERIODS = [
    ("today", "", "2026-10-01T00:00:00", "2026-10-01T23:59:59"),
    ("yesterday", "", "2026-09-30T00:00:00", "2026-09-30T23:59:59"),
    ("tomorrow", "", "2026-10-02T00:00:00", "2026-10-02T23:59:59"),
    ("on", "2026-10-01", "2026-10-01T00:00:00", "2026-10-01T23:59:59"),
    ("on-or-before", "2026-10-01", None, "2026-10-01T23:59:59"),
    ("on-or-after", "2026-10-01", "2026-10-01T00:00:00", None),
    ("last-seven-days", "", "2026-09-24T00:00:00", "2026-10-01T12:00:00"),
    ("next-seven-days", "", "2026-10-01T12:00:00", "2026-10-08T23:59:59"),
    ("last-week", "", "2026-09-20T00:00:00", "2026-09-26T23:59:59"),
    ("this-week", "", "2026-09-27T00:00:00", "2026-10-03T23:59:59"),
    ("next-week", "", "2026-10-04T00:00:00", "2026-10-10T23:59:59"),
    ("last-month", "", "2026-09-01T00:00:00", "2026-09-30T23:59:59"),
    ("this-month", "", "2026-10-01T00:00:00", "2026-10-31T23:59:59"),
    ("next-month", "", "2026-11-01T00:00:00", "2026-11-30T23:59:59"),
    ("last-year", "", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("this-year", "", "2026-01-01T00:00:00", "2026-12-31T23:59:59"),
    ("next-year", "", "2027-01-01T00:00:00", "2027-12-31T23:59:59"),
    ("last-x-hours", "2", "2026-10-01T10:00:00", "2026-10-01T12:00:00"),
    ("next-x-hours", "2", "2026-10-01T12:00:00", "2026-10-01T14:59:59"),
    ("last-x-days", "4", "2026-09-27T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-days", "4", "2026-10-01T12:00:00", "2026-10-05T23:59:59"),
    ("last-x-weeks", "2", "2026-09-17T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-weeks", "2", "2026-10-01T12:00:00", "2026-10-15T23:59:59"),
    ("last-x-months", "3", "2026-07-01T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-months", "3", "2026-10-01T12:00:00", "2027-01-01T23:59:59"),
    ("last-x-years", "2", "2024-10-01T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-years", "2", "2026-10-01T12:00:00", "2028-10-01T23:59:59"),
    ("olderthan-x-minutes", "15", None, "2026-10-01T11:44:59"),
    ("olderthan-x-hours", "2", None, "2026-10-01T09:59:59"),
    ("olderthan-x-days", "4", None, "2026-09-26T23:59:59"),
    ("olderthan-x-weeks", "2", None, "2026-09-16T23:59:59"),
    ("olderthan-x-months", "3", None, "2026-06-30T23:59:59"),
    ("olderthan-x-years", "2", None, "2024-09-30T23:59:59"),
    ("this-fiscal-year", "", "2026-01-01T00:00:00", "2026-12-31T23:59:59"),
    ("last-fiscal-year", "", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("next-fiscal-year", "", "2027-01-01T00:00:00", "2027-12-31T23:59:59"),
    ("this-fiscal-period", "", "2026-10-01T00:00:00", "2026-12-31T23:59:59"),
    ("last-fiscal-period", "", "2026-07-01T00:00:00", "2026-09-30T23:59:59"),
    ("next-fiscal-period", "", "2027-01-01T00:00:00", "2027-03-31T23:59:59"),
    ("last-x-fiscal-years", "1", "2025-01-01T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-fiscal-years", "1", "2026-10-01T12:00:00", "2027-12-31T23:59:59"),
    ("last-x-fiscal-periods", "1", "2026-07-01T00:00:00", "2026-10-01T12:00:00"),
    ("next-x-fiscal-periods", "1", "2026-10-01T12:00:00", "2027-03-31T23:59:59"),
    ("in-fiscal-year", "2026", "2026-01-01T00:00:00", "2026-12-31T23:59:59"),
    ("in-fiscal-period-and-year", "3 2026", "2026-07-01T00:00:00", "2026-09-30T23:59:59"),
    ("in-or-before-fiscal-period-and-year", "3 2026", None, "2026-09-30T23:59:59"),
    ("in-or-after-fiscal-period-and-year", "4 2026", "2026-10-01T00:00:00", None),
]


def _condition(column, operator, value):
    if " " in value:
        each = "".join(f"<value>{part}</value>" for part in value.split())
        return f"<condition attribute='{column}' operator='{operator}'>{each}</condition>"
    given = f"value='{value}'" if value else ""
    return f"<condition attribute='{column}' operator='{operator}' {given}/>"


@pytest.mark.parametrize(("operator", "value", "first", "last"), PERIODS)
def test_a_relative_operator_finds_from_its_first_second_to_its_last(
    dataverse, seeds, found, clock, operator, value, first, last
):
    account = seeds.account()
    expected = [first or "2000-01-01T00:00:00", last or "2090-01-01T00:00:00"]
    before = [_second(first, -1)] if first else []
    others = [*before, _second(last, 1)] if last else before
    for when in {*expected, *others}:
        dataverse.add(
            "task", subject=when, scheduledend=f"{when}Z", regardingobjectid_account_task=account
        )
    dataverse.add("task", subject="never", regardingobjectid_account_task=account)

    assert found(_condition("scheduledend", operator, value), "task") == sorted({*expected})


def _second(when, offset):
    return (datetime.fromisoformat(when) + timedelta(seconds=offset)).isoformat()


DAYS = [
    ("today", "", "10-01"),
    ("on", "2026-10-02", "10-02"),
    ("on-or-before", "2026-09-30", "09-30"),
    ("last-x-days", "1", "09-30 10-01"),
    ("next-x-days", "1", "10-02"),
    ("this-month", "", "10-01 10-02"),
    ("olderthan-x-days", "0", "09-30"),
    ("in-fiscal-period", "3", "09-30"),
    ("eq", "2026-10-01", "10-01"),
    ("gt", "2026-10-01T08:00:00Z", "10-02"),
    ("le", "2026-10-01", "09-30 10-01"),
]


@pytest.mark.parametrize(("operator", "value", "expected"), DAYS)
def test_a_day_without_a_time_begins_at_midnight(dataverse, found, operator, value, expected):
    for day in ("2026-09-30", "2026-10-01", "2026-10-02"):
        dataverse.add("opportunity", name=day[5:], estimatedclosedate=day)
    dataverse.add("opportunity", name="never")

    names = found(_condition("estimatedclosedate", operator, value), "opportunity")

    assert names == expected.split()


def test_months_are_as_long_as_they_are(dataverse, found, clock):
    clock.forward(30 * 86400)  # 2026-10-31
    for day in ("2026-06-29", "2026-06-30", "2026-07-01"):
        dataverse.add("opportunity", name=day, estimatedclosedate=day)

    names = found(_condition("estimatedclosedate", "last-x-months", "4"), "opportunity")

    assert names == ["2026-06-30", "2026-07-01"]


@pytest.mark.parametrize(
    ("condition", "status", "words"),
    [
        ("attribute='nothing' operator='eq' value='1'", 400, "'nothing'"),
        ("attribute='name' operator='contains' value='1'", 400, "no operator 'contains'"),
        ("attribute='name' operator='eq'", 400, "takes 1 values, not 0"),
        ("attribute='name' operator='null' value='1'", 400, "takes 0 values, not 1"),
        ("attribute='name' operator='in'", 400, "takes values"),
        ("attribute='name' operator='under' value='1'", 501, "'under'"),
        ("attribute='name' operator='eq-useroruserhierarchy'", 501, "hierarchy"),
        ("attribute='name' operator='eq' value='1' valuof='x'", 400, "'valuof'"),
        ("attribute='name' operator='eq' value='1' column='x'", 501, "'column'"),
        ("attribute='name' operator='today'", 400, "is no date"),
        ("attribute='numberofemployees' operator='gt' value='many'", 400, "'many'"),
        ("attribute='numberofemployees' operator='like' value='1%'", 400, "no text"),
        ("attribute='customertypecode' operator='eq' value='Customer'", 400, "'Customer'"),
        ("attribute='creditonhold' operator='eq' value='2'", 400, "'2'"),
        ("attribute='createdon' operator='on' value='yesterday'", 400, "'yesterday'"),
        ("attribute='createdon' operator='last-x-days' value='-1'", 400, "'-1'"),
        ("attribute='createdon' operator='last-x-years' value='9999'", 400, "no date"),
        ("attribute='parentaccountid' operator='eq' value='5'", 400, "'5'"),
        ("attribute='name' operator='like' valueof='telephone1'", 400, "two columns"),
        ("attribute='name' operator='eq' valueof='numberofemployees'", 400, "same type"),
    ],
)
def test_what_a_condition_cannot_mean_is_refused(found, seeds, condition, status, words):
    seeds.account()

    with pytest.raises(DataverseError) as refused:
        found(f"<condition {condition}/>")
    assert refused.value.status == status
    assert words in refused.value.message


def test_hours_and_minutes_do_not_apply_to_a_day_without_a_time(found):
    for operator in ("last-x-hours", "next-x-hours", "olderthan-x-hours", "olderthan-x-minutes"):
        with pytest.raises(DataverseError, match="no time"):
            found(_condition("estimatedclosedate", operator, "1"), "opportunity")


def test_every_operator_of_the_schema_is_simulated_or_refused_by_name():
    path = Path(operators.__file__).parents[1] / "schemas" / "Fetch.xsd"
    kinds = ET.parse(path).iter("{http://www.w3.org/2001/XMLSchema}simpleType")
    known = next(each for each in kinds if each.get("name") == "operator")
    names = [each.get("value") for each in known[0]]

    refusals = {name: [_refusal(name, values) for values in (0, 1, 2)] for name in names}

    assert len(names) == 83
    for name, found in refusals.items():
        assert any("does not implement" in each for each in found) or "" in found, name


def _refusal(name, values):
    try:
        operators.check_known(name, "c", values, compared=False)
    except DataverseError as error:
        return error.message
    return ""
