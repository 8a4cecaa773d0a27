"""What a form's text and its rows say: roles, timelines, layers, locks, what is under way."""

import pytest

from shared.adapters.dataverse import form_reads
from shared.adapters.dataverse.xml_spans import parse
from shared.core.screens.tabs import tabs

ROLE = "2b8ba8e1-0f3c-4c6b-9f0a-0a5d5d5f5a01"
TIMELINE = "06375649-c143-495e-a496-c962e5b4488e"


@pytest.mark.parametrize(
    ("conditions", "roles"),
    [
        ("", None),
        ('<DisplayConditions FallbackForm="true" Order="1"><Everyone/></DisplayConditions>', None),
        (f'<DisplayConditions><Role Id="{{{ROLE.upper()}}}" /></DisplayConditions>', (ROLE,)),
        ('<DisplayConditions Order="3" />', ()),
    ],
)
def test_a_form_says_which_roles_see_it(conditions, roles):
    assert form_reads.role_ids(parse(f"<form>{conditions}<tabs/></form>".encode())) == roles


@pytest.mark.parametrize(
    ("parameters", "types"),
    [
        ("", None),
        ("<parameters/>", None),
        ("<parameters><UClientActivities/></parameters>", None),
        ("<parameters><UClientActivities> </UClientActivities></parameters>", None),
        (
            "<parameters><UClientActivities>email, Task,</UClientActivities></parameters>",
            ("email", "task"),
        ),
        (
            "<parameters><UClientActivities><![CDATA[email]]></UClientActivities></parameters>",
            ("email",),
        ),
    ],
)
def test_an_empty_list_of_a_timeline_means_every_type(parameters, types):
    control = f'<control id="notescontrol" classid="{{{TIMELINE.upper()}}}">{parameters}</control>'
    form = parse(f"<form><tabs><tab>{control}<control id='x'/></tab></tabs></form>".encode())

    (timeline,) = form_reads.timelines(form)

    assert (timeline.name, timeline.types) == ("notescontrol", types)


def test_layers_are_told_from_the_lowest_to_the_one_on_top():
    rows = [
        {"msdyn_solutionname": "Active", "msdyn_order": 3},
        {"msdyn_solutionname": "System", "msdyn_order": 1},
        {"msdyn_solutionname": "msdynce_Sales", "msdyn_order": 2},
    ]

    assert form_reads.layer_names(rows) == ("System", "msdynce_Sales", "Active")


@pytest.mark.parametrize(
    ("row", "may"),
    [
        ({"ismanaged": True, "iscustomizable": {"Value": True}}, True),
        ({"ismanaged": True, "iscustomizable": {"Value": False}}, False),
        ({"ismanaged": False, "iscustomizable": {"Value": False}}, True),
        ({"ismanaged": True}, True),
    ],
)
def test_only_what_a_solution_brought_can_be_locked(row, may):
    assert form_reads.is_customizable(row) is may


def test_what_is_under_way_is_told_and_what_has_ended_is_not():
    rows = [
        {"msdyn_name": "A", "msdyn_operation": 0, "msdyn_status": 0, "msdyn_starttime": "12:00"},
        {"msdyn_name": "B", "msdyn_operation": 2, "msdyn_status": 2, "msdyn_starttime": "12:01"},
        {"msdyn_name": "C", "msdyn_operation": 0, "msdyn_status": 1, "msdyn_starttime": "11:00"},
        {"msdyn_name": "D"},
    ]

    assert list(form_reads.running(rows)) == [
        "an import of the solution A is under way since 12:00",
        "an export of the solution B is under way since 12:01",
    ]


def test_all_that_a_tab_shows_is_asked_for():
    needed = form_reads.needed_by("opportunity", tabs(sales=True)["opportunity"])

    assert {title.partition(" ")[0] for title in needed} == {
        "column",
        "view",
        "relationship",
        "quick",
    }
    assert "column opportunity.fbx_invoiced" in needed
    assert "column opportunity.customerid" in needed
    assert "view FreshBooks: all invoices (invoice)" in needed
    assert "quick view form FreshBooks: balances (account)" in needed
