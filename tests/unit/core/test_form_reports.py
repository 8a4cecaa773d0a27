"""Which form is meant, and what is said of its timelines."""

from uuid import UUID

import pytest

from shared.core.form_reports import FormReport, TabStanding, TimelineReport, chosen_forms
from shared.errors import NotPossibleError


def a_form(number, table="account", name="Account", tab=TabStanding.ABSENT):
    return FormReport(UUID(int=number), table, name, True, False, True, tab)


ACCOUNT, SALES = a_form(1), a_form(2, name="Account for Interactive experience")
INVOICE, INFORMATION = a_form(3, "invoice", "Invoice"), a_form(4, "invoice", "Information")
OTHER = a_form(5, "opportunity", "Information")
FORMS = [ACCOUNT, SALES, INVOICE, INFORMATION, OTHER]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Account", ACCOUNT),
        ("account", ACCOUNT),
        ("account/account for interactive experience", SALES),
        ("opportunity/Information", OTHER),
        (str(UUID(int=4)), INFORMATION),
        (f"{{{UUID(int=4)}}}".upper(), INFORMATION),
    ],
)
def test_a_form_is_named_by_its_name_its_table_or_its_id(typed, meant):
    assert chosen_forms([typed], FORMS) == [meant]


def test_a_form_that_is_named_twice_is_changed_once():
    assert chosen_forms(["Account", "Invoice", "account/Account"], FORMS) == [ACCOUNT, INVOICE]


def test_a_name_of_several_forms_is_refused_with_all_of_them():
    with pytest.raises(NotPossibleError, match=r"several forms: invoice/Information .*opportunity"):
        chosen_forms(["Account", "Information"], FORMS)


def test_a_name_of_two_forms_of_one_table_is_settled_by_the_id():
    twin = a_form(6)

    with pytest.raises(NotPossibleError, match=str(UUID(int=6))):
        chosen_forms(["account/Account"], [ACCOUNT, twin])
    assert chosen_forms([str(twin.id)], [ACCOUNT, twin]) == [twin]


def test_a_name_of_no_form_is_refused_with_those_there_are():
    with pytest.raises(NotPossibleError, match="no main form Contact; there are: account/Account;"):
        chosen_forms(["Contact"], FORMS)
    with pytest.raises(NotPossibleError, match="there are: none"):
        chosen_forms(["Contact"], [])


def a_timeline(count, *more):
    return TimelineReport("notescontrol", (*(f"type{each}" for each in range(count)), *more))


OURS = "fbx_financialactivity"


@pytest.mark.parametrize(
    ("timeline", "shows", "said"),
    [
        (TimelineReport("notescontrol", None), True, "shows every type of activity"),
        (a_timeline(3), False, "fixed list of 3 types, without financial activities: tick them"),
        (a_timeline(3, OURS), True, "fixed list of 4 types, financial activities among them"),
        (a_timeline(10), False, "advises against more than 10 (11 with them)"),
        (a_timeline(11, OURS), True, "advises against more than 10 (12 with them)"),
        (a_timeline(15, OURS), True, "with more than 15 it does not load: untick some"),
    ],
)
def test_a_timeline_says_whether_it_shows_the_entries_and_whether_it_has_too_many_types(
    timeline, shows, said
):
    told = str(timeline)

    assert timeline.shows_entries is shows
    assert told.startswith("timeline notescontrol: ")
    assert said in told


@pytest.mark.parametrize(
    ("tab", "lacks"),
    [
        (TabStanding.ABSENT, False),
        (TabStanding.CURRENT, False),
        (TabStanding.OTHER, True),
        (TabStanding.UNPUBLISHED, True),
        (TabStanding.TAKEN_OFF, True),
        (TabStanding.UNREADABLE, True),
    ],
)
def test_a_form_without_the_tab_lacks_nothing(tab, lacks):
    assert a_form(1, tab=tab).lacks is lacks
