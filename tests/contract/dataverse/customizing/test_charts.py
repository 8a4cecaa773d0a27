"""Charts (dynamics-ui.md 5)."""


def test_the_table_of_a_chart_never_changes(desk):
    chart = desk.chart()
    path = f"savedqueryvisualizations({chart})"

    assert desk.api.patch(path, {"primaryentitytypecode": "invoice"}).status_code == 400
    assert desk.api.patch(path, {"name": "Late"}).status_code == 204


def test_a_chart_is_published_with_its_table(desk):
    chart = desk.chart()
    desk.api.patch(f"savedqueryvisualizations({chart})", {"name": "Late"})

    before = desk.seen("savedqueryvisualizations", chart, "name")
    desk.publish("<entities><entity>account</entity></entities>")

    assert before == "Overdue by account"
    assert desk.seen("savedqueryvisualizations", chart, "name") == "Late"


def test_a_chart_is_deleted_when_no_dashboard_names_it(desk):
    chart = desk.chart()

    assert desk.api.delete(f"savedqueryvisualizations({chart})").status_code == 204
