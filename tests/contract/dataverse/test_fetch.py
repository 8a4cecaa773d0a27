"""FetchXML: filters, joins, order, pages, aggregates, and the Web API's `?fetchXml=`."""

from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.dataverse import Dataverse, DataverseError, filters
from sandbox.dataverse.fetch import grouped, parse, run
from sandbox.dataverse.options import Options
from sandbox.dataverse.reading import Reader

FORMATTED = "OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def lines(dataverse):
    def found(text, **more):
        search = more.pop("search", None)
        return run(dataverse.environment, parse(text, search=search), **more).lines

    return found


@pytest.fixture
def groups(dataverse):
    def found(text, **more):
        answer = grouped(dataverse.environment, parse(text), **more)
        return [{alias: each.value for alias, each in group.items()} for group in answer.groups]

    return found


@pytest.fixture
def texts(dataverse):
    def found(text):
        answer = grouped(dataverse.environment, parse(text))
        return [{alias: each.text for alias, each in group.items()} for group in answer.groups]

    return found


@pytest.fixture
def family(seeds, dataverse):
    """Two accounts, one with two contacts, and an account without any."""
    first, second = seeds.account("First", revenue=Decimal(5)), seeds.account("Second")
    for name in ("Ann", "Bob"):
        dataverse.add(
            "contact", lastname=name, telephone1="1" if name == "Ann" else None,
            parentcustomerid_account=first,
        )  # fmt: skip
    return first, second


CONTACTS = """<fetch><entity name='account'><attribute name='name'/>{root}
  <link-entity name='contact' from='parentcustomerid' to='accountid' link-type='{kind}' alias='c'>
    <attribute name='lastname'/>{inside}</link-entity>{after}</entity></fetch>"""


def shown(lines):
    return [(line[""]["name"], line["c"] and line["c"]["lastname"]) for line in lines]


def test_filters_nest(seeds, lines):
    for name, number in (("A", 1), ("B", 2), ("C", 3), ("D", 4)):
        seeds.account(name, numberofemployees=number)

    found = lines(
        "<fetch><entity name='account'><attribute name='name'/><filter>"
        "<condition attribute='numberofemployees' operator='gt' value='1'/><filter type='or'>"
        "<condition attribute='name' operator='eq' value='A'/>"
        "<condition attribute='name' operator='eq' value='B'/><filter type='and'>"
        "<condition attribute='name' operator='like' value='D%'/>"
        "<condition attribute='numberofemployees' operator='eq' value='4'/>"
        "</filter></filter></filter></entity></fetch>"
    )

    assert [line[""]["name"] for line in found] == ["B", "D"]


def test_an_inner_join_answers_every_pair_and_drops_who_has_none(family, lines):
    assert shown(lines(CONTACTS.format(root="", kind="inner", inside="", after=""))) == [
        ("First", "Ann"),
        ("First", "Bob"),
    ]


def test_an_outer_join_keeps_who_has_none_and_its_filter_comes_before(family, lines):
    phone = "<filter><condition attribute='telephone1' operator='not-null'/></filter>"

    assert shown(lines(CONTACTS.format(root="", kind="outer", inside=phone, after=""))) == [
        ("First", "Ann"),
        ("Second", None),
    ]


def test_a_filter_of_the_first_table_may_be_about_a_joined_one_and_comes_after(family, lines):
    none = "<filter><condition entityname='c' attribute='contactid' operator='null'/></filter>"

    assert shown(lines(CONTACTS.format(root=none, kind="outer", inside="", after=""))) == [
        ("Second", None)
    ]


def test_joins_nest_and_follow_lookups(family, seeds, dataverse, lines):
    first, _ = family
    dataverse.add("opportunity", name="Deal", customerid_account=first)

    found = lines(
        "<fetch><entity name='opportunity'><attribute name='name'/>"
        "<link-entity name='account' from='accountid' to='customerid' alias='a'>"
        "<attribute name='name'/>"
        "<link-entity name='contact' from='parentcustomerid' to='accountid' alias='p'>"
        "<filter><condition attribute='lastname' operator='eq' value='bob'/></filter>"
        "</link-entity></link-entity></entity></fetch>"
    )

    assert [(each["a"]["name"], each["p"]["lastname"]) for each in found] == [("First", "Bob")]


def test_columns_of_joined_tables_are_compared(family, lines, seeds, dataverse):
    _, second = family
    dataverse.add("contact", lastname="Second", parentcustomerid_account=second)
    same = "<filter><condition attribute='name' operator='eq' valueof='c.lastname'/></filter>"

    assert shown(lines(CONTACTS.format(root=same, kind="inner", inside="", after=""))) == [
        ("Second", "Second")
    ]


def test_choices_are_sorted_by_label_unless_raw(seeds, lines):
    for name, kind in (("Eight", 8), ("Ten", 10), ("Two", 2)):  # Prospect, Supplier, Consultant
        seeds.account(name, customertypecode=kind)
    seeds.account("One", customertypecode=1)  # Competitor
    seeds.account("Twelve", customertypecode=12)  # Other
    seeds.account("None")
    query = (
        "<fetch {}><entity name='account'><attribute name='name'/>"
        "<order attribute='customertypecode'/></entity></fetch>"
    )

    assert [each[""]["name"] for each in lines(query.format(""))] == [
        "None", "One", "Two", "Twelve", "Eight", "Ten",
    ]  # fmt: skip
    assert [each[""]["name"] for each in lines(query.format("useraworderby='1'"))] == [
        "None", "One", "Two", "Eight", "Ten", "Twelve",
    ]  # fmt: skip


def test_lookups_are_sorted_by_name(seeds, lines):
    parents = {name: seeds.account(name) for name in ("Zoe", "Abe")}
    for name, parent in parents.items():
        seeds.account(f"of {name}", parentaccountid=parent)

    found = lines(
        "<fetch><entity name='account'><attribute name='name'/><order attribute='parentaccountid'/>"
        "<filter><condition attribute='parentaccountid' operator='not-null'/></filter>"
        "</entity></fetch>"
    )

    assert [line[""]["name"] for line in found] == ["of Abe", "of Zoe"]


def test_an_order_may_be_of_a_joined_table(family, lines):
    first = (
        "<order entityname='c' attribute='lastname' descending='true'/><order attribute='name'/>"
    )

    found = lines(CONTACTS.format(root=first, kind="outer", inside="", after=""))

    assert shown(found) == [("First", "Bob"), ("First", "Ann"), ("Second", None)]


def test_equal_answers_come_once(family, lines):
    text = CONTACTS.format(root="", kind="inner", inside="", after="")

    distinct = lines(
        text.replace("<attribute name='lastname'/>", "").replace("<fetch", "<fetch distinct='1'", 1)
    )

    assert [line[""]["name"] for line in distinct] == ["First"]


def test_answers_come_by_pages(seeds, dataverse):
    for number in range(5):
        seeds.account(f"A{number}")
    query = (
        "<fetch count='2' page='{}'><entity name='account'><attribute name='name'/>"
        "<order attribute='name'/></entity></fetch>"
    )

    pages = [run(dataverse.environment, parse(query.format(page))) for page in (1, 2, 3, 4)]

    assert [[line[""]["name"] for line in page.lines] for page in pages] == [
        ["A0", "A1"], ["A2", "A3"], ["A4"], [],
    ]  # fmt: skip
    assert [page.more for page in pages] == [True, True, False, False]
    assert {page.total for page in pages} == {5}


def test_top_cuts(seeds, lines):
    for number in range(3):
        seeds.account(f"A{number}")

    found = lines(
        "<fetch top='2'><entity name='account'><attribute name='name'/>"
        "<order attribute='name' descending='true'/></entity></fetch>"
    )

    assert [line[""]["name"] for line in found] == ["A2", "A1"]


QUICK_FIND = """<fetch><entity name='account'><attribute name='name'/><filter type='and'>
  <condition attribute='statecode' operator='eq' value='0'/>
  <filter type='or' isquickfindfields='1'>
    <condition attribute='name' operator='like' value='{0}'/>
    <condition attribute='numberofemployees' operator='eq' value='{0}'/>
  </filter></filter></entity></fetch>"""


def test_quick_find_looks_for_what_begins_so_and_for_everything_without_a_text(seeds, lines):
    for name in ("Aster Works", "Works Ltd", "Seven"):
        seeds.account(name)

    def names(search):
        return [line[""]["name"] for line in lines(QUICK_FIND, search=search)]

    assert names("works") == ["Works Ltd"]
    assert names("*works") == ["Aster Works", "Works Ltd"]
    assert names("nothing") == []
    assert len(names(None)) == 3


def test_only_some_rows_may_be_looked_at(seeds, lines):
    kept = seeds.account("Kept")
    seeds.account("Other")
    text = "<fetch><entity name='account'><attribute name='name'/></entity></fetch>"

    assert [line[""]["name"] for line in lines(text, among=[kept])] == ["Kept"]


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("<fetch", 400, "XML"),
        ("<!DOCTYPE x [<!ENTITY e 'e'>]><fetch/>", 400, "document type"),
        ("<view/>", 400, "begins with 'view'"),
        ("<fetch/>", 400, "one entity"),
        ("<fetch><entity/></fetch>", 400, "no 'name'"),
        ("<fetch><entity name='nothing'/></fetch>", 400, "'nothing'"),
        ("<fetch><entity name='account'><attribute name='nothing'/></entity></fetch>", 400, "noth"),
        ("<fetch><entity name='account'><order attribute='no'/></entity></fetch>", 400, "'no'"),
        ("<fetch><entity name='account'><group/></entity></fetch>", 400, "<group>"),
        ("<fetch top='0'><entity name='account'/></fetch>", 400, "top='0'"),
        ("<fetch top='1' page='2'><entity name='account'/></fetch>", 400, "paging"),
        ("<fetch paging-cookie='x'><entity name='account'/></fetch>", 501, "paging-cookie"),
        ("<fetch colour='x'><entity name='account'/></fetch>", 400, "'colour'"),
        ("<fetch><entity name='account'><filter type='xor'/></entity></fetch>", 400, "'xor'"),
        (
            (
                "<fetch><entity name='account'><link-entity name='contact' from='a' to='b' "
                "link-type='any'/></entity></fetch>"
            ),
            501,
            "'any'",
        ),
        (
            (
                "<fetch><entity name='account'><link-entity name='contact' from='nothing' "
                "to='accountid'/></entity></fetch>"
            ),
            400,
            "'nothing'",
        ),
        (
            (
                "<fetch><entity name='account'><filter><condition entityname='x' attribute='name' "
                "operator='null'/></filter></entity></fetch>"
            ),
            400,
            "joins no 'x'",
        ),
        (
            (
                "<fetch><entity name='account'><attribute name='name' aggregate='sum' alias='a'/>"
                "</entity></fetch>"
            ),
            400,
            "aggregate='true'",
        ),
    ],
)
def test_what_is_no_query_of_this_environment_is_refused(lines, seeds, text, status, words):
    with pytest.raises(DataverseError) as refused:
        lines(text)
    assert refused.value.status == status
    assert words in refused.value.message


# aggregates: the data of Microsoft's page "Aggregate data"

STAFF = (
    (None, "Example", None),
    (1500, "Contoso", "Redmond"),
    (2700, "Fabrikam", "Lynnwood"),
    (2900, "Blue Yonder", "Los Angeles"),
    (2900, "City Power", "redmond"),
    (6200, "A. Datum", "Redmond"),
)


@pytest.fixture
def staff(seeds):
    for number, name, city in STAFF:
        seeds.account(name, numberofemployees=number, address1_city=city)


def aggregate(*attributes, rest="", head=""):
    each = "".join(f"<attribute {attribute}/>" for attribute in attributes)
    return f"<fetch aggregate='true' {head}><entity name='account'>{each}{rest}</entity></fetch>"


def figure(function, alias, column="numberofemployees", more=""):
    return f"name='{column}' alias='{alias}' aggregate='{function}' {more}"


def test_an_aggregate_tells_counts_sums_means_and_extremes(staff, groups):
    functions = ("avg", "count", "countcolumn", "max", "min", "sum")

    found = groups(
        aggregate(
            *(figure(each, each) for each in functions),
            figure("countcolumn", "different", more="distinct='true'"),
        )
    )

    assert found == [
        {"avg": 3240, "count": 6, "countcolumn": 5, "max": 6200, "min": 1500, "sum": 16200,
         "different": 4}
    ]  # fmt: skip


def test_groups_fold_their_texts_and_one_has_no_value(staff, groups):
    found = groups(
        aggregate(
            figure("sum", "total"),
            figure("count", "n", "name"),
            "name='address1_city' alias='city' groupby='true'",
            rest="<order alias='city'/>",
        )
    )

    assert found == [
        {"total": 0, "n": 1, "city": None},
        {"total": 2900, "n": 1, "city": "Los Angeles"},
        {"total": 2700, "n": 1, "city": "Lynnwood"},
        {"total": 10600, "n": 3, "city": "Redmond"},
    ]


def test_groups_are_sorted_by_a_figure_and_cut(staff, groups):
    found = groups(
        aggregate(
            figure("sum", "total"),
            "name='address1_city' alias='city' groupby='true'",
            rest="<order alias='total' descending='true'/>",
            head="top='2'",
        )
    )

    assert [each["city"] for each in found] == ["Redmond", "Los Angeles"]


PARTS = {
    "day": (25, "25"),
    "week": (12, "12"),
    "month": (3, "3"),
    "quarter": (1, "1"),
    "year": (2023, "2023"),
    "fiscal-period": (1, "Quarter 1 FY2023"),
    "fiscal-year": (2023, "FY2023"),
}


@pytest.mark.parametrize("part", PARTS)
def test_dates_are_grouped_by_a_part(dataverse, groups, texts, part):
    for name, day in (("a", "2023-03-25"), ("b", "2023-03-25"), ("c", "2023-08-27")):
        dataverse.add("opportunity", name=name, estimatedclosedate=day)
    text = (
        "<fetch aggregate='true'><entity name='opportunity'>"
        "<attribute name='opportunityid' alias='n' aggregate='count'/>"
        f"<attribute name='estimatedclosedate' alias='p' groupby='true' dategrouping='{part}' "
        "usertimezone='false'/></entity></fetch>"
    )

    first = groups(text)[0], texts(text)[0]

    expected, shown = PARTS[part]
    assert (first[0]["p"], first[1]["p"]) == (expected, shown)
    assert first[0]["n"] == (3 if part in {"year", "fiscal-year"} else 2)


def test_months_of_different_years_are_one_group_unless_years_are_grouped_too(dataverse, groups):
    for day in ("2025-03-01", "2026-03-01"):
        dataverse.add("opportunity", name=day, estimatedclosedate=day)
    month = (
        "<attribute name='estimatedclosedate' alias='m' groupby='true' dategrouping='month'/>"
        "<attribute name='opportunityid' alias='n' aggregate='count'/>"
    )
    year = "<attribute name='estimatedclosedate' alias='y' groupby='true' dategrouping='year'/>"
    query = "<fetch aggregate='true'><entity name='opportunity'>{}</entity></fetch>"

    assert groups(query.format(month)) == [{"m": 3, "n": 2}]
    assert groups(query.format(year + month)) == [
        {"y": 2025, "m": 3, "n": 1},
        {"y": 2026, "m": 3, "n": 1},
    ]


def test_groups_of_choices_and_lookups_read_as_people_read_them(seeds, dataverse, texts):
    parent = seeds.account("Parent", customertypecode=3)
    seeds.account("Child", customertypecode=3, parentaccountid=parent, revenue=Decimal("12.5"))

    assert texts(
        aggregate(
            "name='customertypecode' alias='k' groupby='true'", figure("sum", "r", "revenue_base")
        )
    ) == [{"k": "Customer", "r": "$12.50"}]
    assert texts(
        aggregate("name='parentaccountid' alias='p' groupby='true'", figure("count", "n", "name"))
    ) == [{"p": "", "n": "1"}, {"p": "Parent", "n": "1"}]


def test_joined_tables_are_aggregated(family, groups):
    found = groups(
        aggregate(
            "name='name' alias='account' groupby='true'",
            rest="<link-entity name='contact' from='parentcustomerid' to='accountid' alias='c' "
            "link-type='outer'><attribute name='contactid' alias='n' aggregate='countcolumn'/>"
            "</link-entity><order alias='n' descending='true'/>",
        )
    )

    assert found == [{"account": "First", "n": 2}, {"account": "Second", "n": 0}]


def test_an_aggregate_over_too_many_rows_is_refused(staff, groups, dataverse):
    dataverse.set({"choices": {"aggregate_limit": 5}})
    few = "<filter><condition attribute='numberofemployees' operator='not-null'/></filter>"

    assert groups(aggregate(figure("count", "n"), rest=few)) == [{"n": 5}]
    with pytest.raises(DataverseError, match="AggregateQueryRecordLimit") as refused:
        groups(aggregate(figure("count", "n")))
    assert refused.value.code == "0x8004e023"
    with pytest.raises(DataverseError, match="AggregateQueryRecordLimit"):
        groups(aggregate(figure("count", "n"), rest=few, head="aggregatelimit='4'"))


@pytest.mark.parametrize(
    ("attributes", "rest", "words"),
    [
        (["name='name'"], "", "neither aggregated nor grouped"),
        (["name='name' aggregate='count'"], "", "no alias"),
        (["name='name' alias='a' aggregate='sum'"], "", "'sum' does not apply"),
        (["name='name' alias='a' aggregate='median'"], "", "'median'"),
        (["name='createdon' alias='a' groupby='1'"], "", "without a dategrouping"),
        (["name='name' alias='a' groupby='1' dategrouping='day'"], "", "no date"),
        (["name='createdon' alias='a' groupby='1' dategrouping='era'"], "", "'era'"),
        (["name='name' alias='a' groupby='1'"], "<order attribute='name'/>", "names an alias"),
        (["name='name' alias='a' groupby='1'"], "<order alias='b'/>", "no alias 'b'"),
    ],
)
def test_what_an_aggregate_cannot_tell_is_refused(staff, groups, attributes, rest, words):
    with pytest.raises(DataverseError, match=words):
        groups(aggregate(*attributes, rest=rest))


# the Web API


def asked(api, text, table="accounts", **headers):
    return api.get(f"{table}?fetchXml={quote(text)}", **headers)


def test_the_web_api_answers_rows_without_what_is_empty(api, seeds, dataverse):
    account = seeds.account("Aster", revenue=Decimal("12.5"), customertypecode=3)
    text = (
        "<fetch><entity name='account'><attribute name='name'/><attribute name='revenue'/>"
        "<attribute name='telephone1'/><attribute name='customertypecode' alias='kind'/>"
        "<attribute name='ownerid'/>"
        "<link-entity name='systemuser' from='systemuserid' to='ownerid' alias='o'>"
        "<attribute name='fullname'/></link-entity></entity></fetch>"
    )

    answer = asked(api, text, Prefer='odata.include-annotations="*"')

    row = answer.json(parse_float=Decimal)["value"][0]
    assert answer.status_code == 200
    assert row.pop("@odata.etag").startswith('W/"')
    assert row == {
        "name": "Aster",
        "revenue": Decimal("12.5000"),
        f"revenue@{FORMATTED}": "$12.50",
        "kind": 3,
        f"kind@{FORMATTED}": "Customer",
        "_ownerid_value": dataverse.environment.user,
        f"_ownerid_value@{FORMATTED}": "# connector",
        "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "systemuser",
        "o.fullname": "# connector",
        "accountid": account,
    }


def test_the_web_api_tells_whether_there_is_more(api, seeds):
    for number in range(3):
        seeds.account(f"A{number}")
    text = (
        "<fetch count='2' page='{}' returntotalrecordcount='true'><entity name='account'>"
        "<attribute name='name'/></entity></fetch>"
    )

    first, second = (
        asked(api, text.format(page), Prefer='odata.include-annotations="*"').json()
        for page in (1, 2)
    )

    assert first["@Microsoft.Dynamics.CRM.morerecords"] is True
    assert second["@Microsoft.Dynamics.CRM.morerecords"] is False
    assert first["@Microsoft.Dynamics.CRM.totalrecordcount"] == 3
    assert [len(page["value"]) for page in (first, second)] == [2, 1]


def test_the_web_api_answers_groups(api, seeds):
    seeds.account("A", customertypecode=3, revenue=Decimal("1.5"))
    seeds.account("B", customertypecode=3, revenue=Decimal(2))

    rows = asked(
        api,
        aggregate("name='customertypecode' alias='k' groupby='1'", figure("sum", "r", "revenue")),
        Prefer=f'odata.include-annotations="{FORMATTED}"',
    ).json(parse_float=Decimal)["value"]

    assert rows == [
        {"k": 3, f"k@{FORMATTED}": "Customer", "r": Decimal("3.500000000"),
         f"r@{FORMATTED}": "$3.50"}
    ]  # fmt: skip


def test_the_web_api_refuses_a_query_about_another_table_or_with_other_options(api, code):
    text = "<fetch><entity name='contact'/></fetch>"

    assert code(asked(api, text)) == (400, "0x80060888")
    assert asked(api, text, "contacts").status_code == 200
    assert api.get(f"contacts?$top=1&fetchXml={quote(text)}").status_code == 501


def test_the_web_api_asks_for_the_right_to_read_joined_tables_too(api, dataverse):
    dataverse.set({"privileges": {"prvReadContact": None}})
    text = CONTACTS.format(root="", kind="inner", inside="", after="")

    assert asked(api, text).status_code == 403


# whatever OData can say too finds the same

VALUES = st.one_of(st.none(), st.integers(min_value=-3, max_value=3))
NAMES = st.sampled_from(["a", "A ", "b", "é", "E", "ab", "%", ""])
ROWS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
PAIRS = {
    "eq": "numberofemployees eq {}",
    "gt": "numberofemployees gt {}",
    "ge": "numberofemployees ge {}",
    "lt": "numberofemployees lt {}",
    "le": "numberofemployees le {}",
    "ne": "(numberofemployees ne {} or numberofemployees eq null)",
}


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, name=st.sampled_from(sorted(PAIRS)), number=st.integers(-3, 3), text=NAMES)
def test_fetchxml_finds_what_odata_finds_of_the_same_meaning(rows, name, number, text):
    env = Dataverse(key_delay=0).environment
    table = env.schema.tables["account"]
    for position, (title, value) in enumerate(rows):
        row = dict.fromkeys(table.columns) | {
            "accountid": f"{position}", "name": title, "numberofemployees": value,
        }  # fmt: skip
        env.store.put("account", f"{position}", row)

    def fetched(condition):
        query = f"<fetch><entity name='account'><filter>{condition}</filter></entity></fetch>"
        return [line[""]["accountid"] for line in run(env, parse(query)).lines]

    def filtered(query):
        found = Reader(env).matching(table, Options(filter=filters.parse(query, {})))
        return [row["accountid"] for row in found]

    column = "attribute='numberofemployees'"
    assert fetched(f"<condition {column} operator='{name}' value='{number}'/>") == filtered(
        PAIRS[name].format(number)
    )
    assert fetched(f"<condition {column} operator='null'/>") == filtered(
        "numberofemployees eq null"
    )
    assert fetched(f"<condition {column} operator='not-null'/>") == filtered(
        "numberofemployees ne null"
    )
    assert fetched(f"<condition attribute='name' operator='eq' value='{text}'/>") == filtered(
        f"name eq '{text}'"
    )
    assert fetched(f"<condition attribute='name' operator='like' value='%{text}%'/>") == filtered(
        f"contains(name,'{text}')"
    )
