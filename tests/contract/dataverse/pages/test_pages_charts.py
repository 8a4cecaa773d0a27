"""Charts and dashboards: figures by category, drawn and once more as a table."""

from decimal import Decimal

import pytest

CATEGORY = (
    "<category alias='{}'><measurecollection><measure alias='m'/></measurecollection></category>"
)


@pytest.fixture
def books(seeds, dataverse, screens):
    """Accounts of several kinds, and views of all of them and of customers."""
    for name, kind, revenue in (
        ("A", 3, 1200), ("B", 3, 300), ("C", 1, 50), ("D", None, 7),
    ):  # fmt: skip
        seeds.account(name, customertypecode=kind, revenue=Decimal(revenue))
    only = "<filter><condition attribute='customertypecode' operator='eq' value='3'/></filter>"
    return screens.view("account", "name"), screens.view("account", "name", inside=only)


BY_KIND = (
    "name='customertypecode' alias='c' groupby='1'",
    "name='revenue' alias='m' aggregate='sum'",
)


def figures(page):
    """What a chart's table says: the category, then each series."""
    return [list(row.values()) for row in _lines(page)]


def _lines(page):
    table = page.one("table", within=page.one("details", kind="figures"))
    return [
        {number: " ".join(" ".join(cell.itertext()).split()) for number, cell in enumerate(line)}
        for line in next(each for each in table.iter("tbody"))
    ]


def test_a_chart_shows_its_figures_of_the_views_rows(screens, books):
    every, customers = books
    chart = screens.chart("account", *BY_KIND, name="Revenue")

    page = screens.look("accounts", view=every, chart=chart)
    filtered = screens.look("accounts", view=customers, chart=chart)

    assert figures(page) == [
        ["(blank)", "$7.00"], ["Competitor", "$50.00"], ["Customer", "$1,500.00"],
    ]  # fmt: skip
    assert figures(filtered) == [["Customer", "$1,500.00"]]
    picture = page.one("svg")
    assert picture.get("role") == "img"
    assert picture.get("aria-label").startswith("Revenue. (blank): $7.00; Competitor: $50.00")
    assert next(picture.iter("title")).text == "Revenue"
    assert "Customer, Sum (Annual Revenue): $1,500.00" in [
        each.text for each in picture.iter("title")
    ]


@pytest.mark.parametrize(
    ("kind", "drawn", "shape"),
    [
        ("Column", "column", "rect"),
        ("Bar", "bar", "rect"),
        ("StackedColumn", "stacked", "rect"),
        ("Line", "line", "circle"),
        ("Pie", "pie", "path"),
        ("Doughnut", "doughnut", "path"),
    ],
)
def test_every_kind_of_chart_is_drawn(screens, books, kind, drawn, shape):
    chart = screens.chart("account", *BY_KIND, kind=kind)

    page = screens.look("accounts", view=books[0], chart=chart)

    assert page.one("figure").get("data-kind") == drawn
    assert len(list(page.one("svg").iter(shape))) >= 3
    words = screens.text(page.one("figure"))
    for each in ("Competitor", "Customer"):
        assert each in words


def test_an_axis_is_named_by_the_presentation_or_by_the_columns(screens, books):
    named = (
        "<Chart><Series><Series ChartType='Column' Color='1,2,3' Name='Money'/></Series>"
        "<ChartAreas><ChartArea><AxisX Title='Kind'/><AxisY Title='Dollars'/></ChartArea>"
        "</ChartAreas></Chart>"
    )
    mine = screens.chart("account", *BY_KIND, presentation=named)
    other = screens.chart("account", *BY_KIND)

    page = screens.look("accounts", view=books[0], chart=mine)

    assert screens.text(page.one("figcaption")) == "Dollars by Kind"
    assert "fill:#010203" in page.html
    assert screens.text(screens.look("accounts", view=books[0], chart=other).one("figcaption")) == (
        "Sum (Annual Revenue) by Relationship Type"
    )


def test_a_chart_may_show_the_largest_only(screens, books):
    chart = screens.chart(
        "account",
        "name='name' alias='c' groupby='1'",
        "name='revenue' alias='m' aggregate='sum'",
        head="top='2'",
        inside="<order alias='m' descending='true'/>",
    )

    page = screens.look("accounts", view=books[0], chart=chart)

    assert figures(page) == [["A", "$1,200.00"], ["B", "$300.00"]]


def test_months_have_names_and_years_where_they_are_grouped_too(screens, dataverse):
    for day in ("2025-12-31", "2026-01-01", "2026-01-31"):
        dataverse.add("opportunity", name=day, estimatedclosedate=day, estimatedvalue=Decimal(10))
    view = screens.view("opportunity", "name")
    date = "name='estimatedclosedate' alias='{0}' groupby='1' dategrouping='{0}'"
    total = "name='estimatedvalue' alias='m' aggregate='sum'"
    alone = screens.chart(
        "opportunity", date.format("month"), total, categories=CATEGORY.format("month")
    )
    both = screens.chart(
        "opportunity", date.format("year"), date.format("month"), total,
        categories=CATEGORY.format("month"),
    )  # fmt: skip

    def shown(chart):
        return figures(screens.look("tables/opportunity", view=view, chart=chart))

    assert shown(alone) == [["Jan", "$20.00"], ["Dec", "$10.00"]]
    assert shown(both) == [["Dec 2025", "$10.00"], ["Jan 2026", "$20.00"]]


def test_two_categories_compare_and_two_measures_stand_side_by_side(screens, books):
    compared = screens.chart(
        "account",
        "name='customertypecode' alias='c' groupby='1'",
        "name='name' alias='n' groupby='1'",
        "name='revenue' alias='m' aggregate='sum'",
        kind="StackedColumn",
        categories=CATEGORY.format("c") + CATEGORY.format("n"),
    )
    two = screens.chart(
        "account",
        *BY_KIND,
        "name='accountid' alias='k' aggregate='count'",
        categories="<category><measurecollection><measure alias='m'/></measurecollection>"
        "<measurecollection><measure alias='k'/></measurecollection></category>",
    )

    first = screens.look("accounts", view=books[1], chart=compared)
    second = screens.look("accounts", view=books[1], chart=two)

    assert figures(first) == [["Customer", "$1,200.00", "$300.00"]]
    assert [screens.text(each) for each in first.one("ul", kind="legend")] == ["A", "B"]
    assert figures(second) == [["Customer", "$1,500.00", "2"]]


def test_a_chart_without_rows_says_so(screens):
    view = screens.view("account", "name")
    chart = screens.chart("account", *BY_KIND)

    page = screens.look("accounts", view=view, chart=chart)

    assert not page.all("svg")
    assert "No data available." in page.html


def test_negative_figures_and_nothing_are_drawn(screens, dataverse):
    for name, value in (("up", 10), ("down", -5), ("none", None)):
        dataverse.add("opportunity", name=name, estimatedvalue=value and Decimal(value))
    view = screens.view("opportunity", "name")
    for kind in ("Column", "Bar", "Line", "Pie"):
        chart = screens.chart(
            "opportunity",
            "name='name' alias='c' groupby='1'",
            "name='estimatedvalue' alias='m' aggregate='min'",
            kind=kind,
        )

        page = screens.look("tables/opportunity", view=view, chart=chart)

        assert page.all("svg")
        assert all("-" not in each.get("height", "") for each in page.root.iter("rect"))


@pytest.mark.parametrize(
    ("kind", "attributes", "why"),
    [
        ("Radar", BY_KIND, "'Radar'"),
        ("Column", ("name='nothing' alias='m' aggregate='sum'",), "no alias"),
        ("Column", (BY_KIND[0], "name='nothing' alias='m' aggregate='sum'"), "'nothing'"),
        ("Column", (BY_KIND[0], "name='revenue' alias='x' aggregate='sum'"), "no alias 'm'"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(screens, books, kind, attributes, why):
    chart = screens.chart("account", *attributes, kind=kind)

    page = screens.look("accounts", view=books[0], chart=chart)

    assert page.status == 200
    assert why in page.problems[0]
    assert page.rows()


# dashboards


def tile(screens, label, view, more="", **told):
    asked = {"ViewId": f"{{{view}}}", "TargetEntityType": "account", "AutoExpand": "Fixed"}
    return screens.cell("subgrid", "", label, more=more, **asked | told)


def test_a_dashboard_shows_its_charts_and_lists_under_their_labels(screens, books):
    every, customers = books
    chart = screens.chart("account", *BY_KIND, name="Revenue")
    dashboard = screens.form(
        "none",
        tile(
            screens, "How much", customers, "colspan='1' rowspan='3'",
            ChartGridMode="Chart", VisualizationId=f"{{{chart}}}",
        ),
        tile(screens, "Who", every, ChartGridMode="Grid", RecordsPerPage="3"),
        kind=0,
        name="Money",
    )  # fmt: skip

    page = screens.look(f"dashboards/{dashboard}")

    assert screens.text(page.one("h1")) == "Money"
    tiles = page.all("div", kind="tile")
    assert [screens.text(next(each.iter("h2"))) for each in tiles] == ["How much", "Who"]
    assert figures(page) == [["Customer", "$1,500.00"]]
    assert [row["name"] for row in page.rows(data_view=every)] == ["A", "B", "C"]


def test_a_dashboards_columns_stand_side_by_side_and_no_label_stands_twice(screens, books):
    def column(label, section):
        cell = tile(screens, label, books[0], ChartGridMode="Grid")
        return (
            "<column width='50%'><sections><section name='s' showlabel='true' columns='1'><labels>"
            f"<label description='{section}' languagecode='1033'/></labels><rows><row>{cell}</row>"
            "<row/></rows></section></sections></column>"
        )

    form = (
        f"<form><tabs><tab><columns>{column('Left', 'Left')}{column('Right', 'More')}</columns>"
        "</tab></tabs></form>"
    )
    dashboard = screens.form("none", formxml=form, kind=0)

    page = screens.look(f"dashboards/{dashboard}")

    columns = page.one("div", kind="columns")
    assert columns.get("style") == "--columns:50fr 50fr"
    titles = [[screens.text(each) for each in column.iter("h2")] for column in columns]
    assert titles == [["Left"], ["More", "Right"]]


def test_a_dashboards_tile_may_show_chart_and_list(screens, books):
    chart = screens.chart("account", *BY_KIND)
    both = tile(screens, "Both", books[0], ChartGridMode="All", VisualizationId=chart)
    dashboard = screens.form("none", both, kind=0)

    page = screens.look(f"dashboards/{dashboard}")

    assert len(page.all("svg")) == 1
    assert len(page.rows(data_view=books[0])) == 4


def test_a_dashboard_whose_chart_is_gone_says_so_in_its_tile(screens, books, seeds):
    gone = tile(screens, "Gone", books[0], ChartGridMode="Chart", VisualizationId=seeds.guid())
    dashboard = screens.form("none", gone, tile(screens, "There", books[0]), kind=0)

    page = screens.look(f"dashboards/{dashboard}")

    assert len(page.problems) == 1
    assert len(page.rows(data_view=books[0])) == 4


def test_a_main_form_is_no_dashboard(screens):
    form = screens.form("account")

    assert screens.look(f"dashboards/{form}").status == 404
