import pytest

from shared.core import schema
from shared.core.policies import Target
from shared.core.screens.catalogue import catalogue, texts
from shared.core.screens.columns import Shown, shown_column
from shared.core.screens.forms import Field, QuickView, SubGrid
from shared.core.screens.keeping import Known, Verdict, judge
from shared.core.screens.tabs import NAME, tabs
from shared.core.screens.views import Condition, Filter, ViewKind

BOTH = [catalogue(target) for target in Target]
ALL = catalogue(Target.RECORD)


def conditions(filter_):
    for part in filter_.parts if filter_ is not None else ():
        if isinstance(part, Filter):
            yield from conditions(part)
        else:
            assert isinstance(part, Condition)
            yield part


def sections(tab):
    return [section for column in tab.columns for section in column.sections]


def items(tabs_):
    return [item for tab in tabs_ for section in sections(tab) for item in section.items]


@pytest.mark.parametrize("shown", BOTH)
def test_every_cell_and_field_names_a_column_that_something_describes(shown):
    cells = [(v.table, cell.column) for v in (*shown.views, *shown.generated) for cell in v.cells]
    cells += [
        (form.table, item.column)
        for form in shown.forms
        for item in items(form.tabs)
        if isinstance(item, Field)
    ]

    assert len(cells) > 100
    assert all(shown_column(*cell).title for cell in cells)


@pytest.mark.parametrize("shown", BOTH)
def test_own_columns_that_a_filter_or_an_order_names_exist(shown):
    named = [
        (view.table, column)
        for view in (*shown.views, *shown.generated)
        for column in (
            *(each.column for each in conditions(view.filter)),
            *(order.column for order in view.orders),
            *view.find,
        )
        if column.startswith("fbx_")
    ]

    assert named
    assert all(shown_column(*each) for each in named)


def test_without_the_sales_app_nothing_of_its_tables_is_named():
    shown = catalogue(Target.ACTIVITY)
    grids = [each for form in (*shown.forms, shown.dashboard) for each in items(form.tabs)]
    views = [grid.view for grid in grids if isinstance(grid, SubGrid)]
    ways = [area.view for area in shown.app.areas if area.view is not None]

    tables = {each.table for each in (*shown.views, *shown.charts, *views, *ways)}
    fields = {each.column for each in grids if isinstance(each, Field)}

    assert not tables & set(schema.SALES_TABLES)
    assert "fbx_invoiceid" not in fields
    assert set(tabs(sales=False)) == {"account"}


def test_no_view_of_a_table_of_the_firm_is_one_that_came_with_it():
    assert {view.kind for view in ALL.views} == {ViewKind.PUBLIC}
    assert {view.table for view in ALL.generated} <= set(schema.OWN_TABLES)
    assert {form.table for form in ALL.forms if form.generated} <= set(schema.OWN_TABLES)


def test_what_the_connector_owns_cannot_be_changed_on_a_form():
    fields = {
        (form.table, item.column)
        for form in ALL.forms
        for item in items(form.tabs)
        if isinstance(item, Field) and item.open
    }
    fields |= {
        (table, item.column)
        for table, tab in tabs(sales=True).items()
        for item in items([tab])
        if isinstance(item, Field) and item.open
    }

    assert fields == {
        (schema.ACTIVITY_TABLE, "description"),
        (schema.ACTIVITY_TABLE, "ownerid"),
        (schema.CLIENT_TABLE, "fbx_accountid"),
        (schema.CLIENT_TABLE, "fbx_state"),
        (schema.CLIENT_TABLE, "ownerid"),
    }


def test_names_and_ids_are_each_of_one_thing():
    named = [*ALL.views, *ALL.charts, *ALL.forms, ALL.dashboard]
    ids = [each.id for each in named] + [ALL.app.id, ALL.app.site_map]

    assert len(set(ids)) == len(ids)
    for form in (*ALL.forms, ALL.dashboard):
        names = [
            *(tab.name for tab in form.tabs),
            *(section.name for tab in form.tabs for section in sections(tab)),
        ]
        controls = [getattr(item, "name", None) or item.column for item in items(form.tabs)]
        assert len(set(names)) == len(names)
        assert len(set(controls)) == len(controls)


def test_ids_are_those_of_every_release():
    ids = {view.name: str(view.id) for view in ALL.views}

    assert ids["account.overdue"] == "9cd35dca-086a-536c-b13b-75ea90746b12"
    assert str(ALL.app.id) == "c83ce58d-9ce5-5094-95b4-9c299261b8f2"


def test_the_tab_for_forms_of_the_firm_is_known_by_its_name_and_names_only_ours():
    for tab in tabs(sales=True).values():
        assert tab.name == NAME
        assert all(section.name.startswith("fbx_") for section in sections(tab))
        for item in items([tab]):
            assert isinstance(item, QuickView | SubGrid) or item.column.startswith("fbx_")


def test_a_chart_adds_up_amounts_in_base_currency_only():
    measures = [(c.table, m.column) for c in ALL.charts for m in c.measures]

    assert len(measures) == 8
    for table, column in measures:
        assert column.endswith("_base")
        assert shown_column(table, column.removesuffix("_base")).kind is Shown.MONEY


def test_a_column_that_nothing_describes_cannot_be_shown():
    with pytest.raises(KeyError, match=r"account\.fbx_nothing"):
        shown_column("account", "fbx_nothing")


def test_texts_have_no_empty_ones_and_say_which_are_sentences():
    found = list(texts())

    assert all(text.english for text in found)
    assert all(text.english.endswith(".") for text in found if text.explains)
    assert not any(text.english.endswith(".") for text in found if not text.explains)


@pytest.mark.parametrize(
    ("found", "known", "verdict"),
    [
        (None, None, Verdict.CREATE),
        (None, Known("old", "stored"), Verdict.REMOVED),
        (None, Known("new", ""), Verdict.CREATE),
        ("new", None, Verdict.SAME),
        ("new", Known("old", "other"), Verdict.SAME),
        ("stored", Known("new", "stored"), Verdict.SAME),
        ("stored", Known("old", "stored"), Verdict.UPDATE),
        ("other", Known("new", "stored"), Verdict.CHANGED),
        ("other", Known("old", "stored"), Verdict.CHANGED),
        ("other", Known("new", ""), Verdict.UPDATE),
        ("other", None, Verdict.UPDATE),
    ],
)
def test_what_is_done_with_a_component(found, known, verdict):
    assert judge("new", found, known) is verdict


def test_what_somebody_made_of_a_platforms_own_view_before_is_left_alone():
    assert judge("new", "other", None, untouched=False) is Verdict.CHANGED


@pytest.mark.parametrize(
    ("found", "verdict"), [(None, Verdict.CREATE), ("other", Verdict.UPDATE), ("new", Verdict.SAME)]
)
def test_what_somebody_wants_back_is_put_back(found, verdict):
    assert judge("new", found, Known("new", "stored"), restore=True) is verdict
