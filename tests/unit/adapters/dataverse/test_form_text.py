"""The connector's tab in a form's text: put in, taken out, and nothing else changed, ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dataverse.form_text import read_form, rest_of, with_tab, without_tab
from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.form_xml import render_tab
from shared.core.screens.tabs import NAME, tabs

CODES = {"invoice": 1090, "fbx_financialactivity": 10112, "fbx_client": 10113}
FACTS = Facts(CODES, {"opportunity": "opportunity_fbx_financialactivities"})
TABS = {table: render_tab(table, tab, FACTS) for table, tab in tabs(sales=True).items()}
TAB = TABS["account"]
# As a release before this one might have written it.
OLDER = re.sub(r"<section name=\"fbx_ages\".*?</section>", "", TAB)
THEIRS = (
    '<tab name="GENERAL" id="{6e3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d11}"><columns><column width="100%">'
    '<sections><section name="s" id="{0c3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d12}"><rows><row>'
    '<cell id="{1c3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d13}"><control id="name" '
    'datafieldname="name"/></cell></row></rows></section></sections></column></columns></tab>'
)


def a_form(*tabs, before="", behind=""):
    return f"<form>{before}<tabs>{''.join(tabs)}</tabs>{behind}</form>"


def put_into(tab, inner):
    """A tab in which somebody put something behind its last section."""
    at = tab.rindex("</sections>")
    return tab[:at] + inner + tab[at:]


SECTION = (
    '<section name="mine" id="{7a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d99}"><rows><row>'
    '<cell id="{8a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d98}"><control id="telephone1" '
    'datafieldname="telephone1"/></cell></row></rows></section>'
)


@pytest.mark.parametrize("tab", TABS.values(), ids=TABS)
def test_the_tab_is_the_last_one_of_the_form(tab):
    edit = with_tab(a_form(THEIRS), tab)

    assert edit.after == a_form(THEIRS, tab)


@pytest.mark.parametrize("tab", TABS.values(), ids=TABS)
def test_taking_it_off_again_gives_the_same_text(tab):
    form = a_form(THEIRS)

    assert without_tab(with_tab(form, tab).after).after == form


def test_adding_it_twice_changes_nothing_the_second_time():
    once = with_tab(a_form(THEIRS), TAB).after

    assert not with_tab(once, TAB).changes


def test_a_form_without_it_loses_nothing():
    assert not without_tab(a_form(THEIRS)).changes


def test_an_older_one_is_replaced_where_it_stands():
    edit = with_tab(a_form(OLDER, THEIRS), TAB)

    assert OLDER != TAB
    assert edit.after == a_form(TAB, THEIRS)


def test_one_that_dataverse_gave_more_attributes_is_still_the_same():
    spelled = TAB.replace("<label ", '<label labelid="{1a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d98}" ')

    assert not with_tab(a_form(THEIRS, spelled.replace("<sections>", "<sections>\n")), TAB).changes


def test_what_somebody_did_afterwards_stays():
    once = with_tab(a_form(THEIRS), TAB).after
    at = once.index("<tab ")
    other = THEIRS.replace("GENERAL", "SECOND").replace("6e3e", "6e4f")
    later = once[:at] + other + once[at:].replace("</tabs>", f"{other.replace('4f', '5f')}</tabs>")

    assert without_tab(later).after == later.replace(TAB, "")
    assert later.count("<tab ") == 4


def test_a_tab_that_was_moved_stays_where_it_is_and_can_be_taken_off():
    moved = a_form(TAB, THEIRS)

    assert not with_tab(moved, TAB).changes
    assert without_tab(moved).after == a_form(THEIRS)


@pytest.mark.parametrize(
    ("inner", "named"),
    [
        (SECTION, "the section mine"),
        ('<section name="" id="{7a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d99}"/>', "the section {7a3ea7b4"),
    ],
)
def test_what_somebody_put_into_the_tab_is_never_lost(inner, named):
    form = a_form(THEIRS, put_into(TAB, inner))

    with pytest.raises(ValueError, match=f"somebody put {named}.*would be lost with it"):
        without_tab(form)


def test_a_field_that_somebody_put_into_a_section_of_the_tab_is_never_lost():
    row = re.search("<row>.*?</row>", SECTION).group()
    form = a_form(TAB.replace("</rows>", f"{row}</rows>", 1))

    with pytest.raises(ValueError, match=r"somebody put the control telephone1 into the tab"):
        without_tab(form)


def test_a_script_that_somebody_put_on_the_tab_is_never_lost():
    event = '<events><event name="tabstatechange"><Handlers/></event></events>'
    form = a_form(TAB.replace("</tab>", f"{event}</tab>"))

    with pytest.raises(ValueError, match="the event tabstatechange"):
        without_tab(form)


def test_the_space_that_peoples_tools_put_beside_a_field_is_nothing_to_lose():
    space = '<cell id="{8a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d98}" showlabel="false"/>'
    form = a_form(THEIRS, TAB.replace("</row>", f"{space}</row>", 1))

    assert without_tab(form).after == a_form(THEIRS)


def test_a_current_tab_with_something_of_somebodys_is_left_as_it_is():
    form = a_form(THEIRS, put_into(TAB, SECTION))

    assert not with_tab(form, TAB).changes


def test_a_field_of_somebodys_between_the_connectors_own_makes_the_tab_no_older():
    row = re.search("<row>.*?</row>", SECTION).group()
    form = a_form(TAB.replace("</row>", f"</row>{row}", 1))

    assert not with_tab(form, TAB).changes


def test_an_older_tab_with_something_of_somebodys_is_not_replaced():
    form = a_form(put_into(OLDER, SECTION))

    with pytest.raises(ValueError, match=r"the section mine .*would be lost with the older tab"):
        with_tab(form, TAB)


def test_a_tab_that_is_there_twice_is_left_to_a_person():
    form = a_form(TAB, THEIRS, TAB)

    with pytest.raises(ValueError, match=f"it has the tab {NAME} 2 times"):
        with_tab(form, TAB)
    with pytest.raises(ValueError, match=f"it has the tab {NAME} 2 times"):
        without_tab(form)


def section_of(tab):
    return re.search("<section .*?</section>", tab).group()


def test_a_section_that_was_moved_out_of_the_tab_is_left_to_a_person():
    section = section_of(TAB)
    form = a_form(put_into(THEIRS, section), TAB.replace(section, ""))

    with pytest.raises(ValueError, match=r"outside of the tab .* the section fbx_balances"):
        without_tab(form)
    with pytest.raises(ValueError, match=r"outside of the tab .* the section fbx_balances"):
        with_tab(form, TAB)


def test_a_copy_under_another_name_is_left_to_a_person():
    form = a_form(TAB.replace(f'name="{NAME}"', 'name="tab_7"'))

    with pytest.raises(ValueError, match=r"outside of the tab .*it holds the tab tab_7"):
        with_tab(form, TAB)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no well-formed XML"),
        ("<form><tabs></form>", "no well-formed XML"),
        ("<form/>", "no form with one list of tabs"),
        ("<form><tabs/><tabs/></form>", "no form with one list of tabs"),
        ("<Form><tabs/></Form>", "no form with one list of tabs, but Form"),
        ("<!DOCTYPE form [<!ENTITY a 'b'>]><form><tabs/></form>", "a document type"),
        ("<form><x:a/><tabs/></form>", "no well-formed XML"),
        ("<form>\ud800<tabs/></form>", "surrogates"),
    ],
)
def test_a_text_that_is_not_understood_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        with_tab(text, TAB)


def test_the_difference_shows_one_tab_and_what_is_around_it():
    lines = list(with_tab(a_form(THEIRS), TAB).lines("account/Account"))

    assert lines[:5] == [
        "--- account/Account, as it is",
        "+++ account/Account, as it would be",
        f"@@ -18,4 +18,{TAB.count('><') + 1 + 4} @@",
        " </columns>",
        " </tab>",
    ]
    assert lines[5].startswith(f'+<tab name="{NAME}"')
    assert lines[-3:] == ["+</tab>", " </tabs>", " </form>"]
    assert {line[0] for line in lines[5:-2]} == {"+"}


# What real forms are made of, and what tries to look like it.
NOISE = [
    "",
    "\r\n  ",
    "<!-- <tabs><tab name='fbx_freshbooks'/></tabs> -->",
    "<![CDATA[<tab name='fbx_freshbooks'></tabs>]]>",
    "<?pi <tabs> ?>",
    "<header id='h'><rows/></header>",
    "<Navigation><tabs><tab name='fbx_other'/></tabs></Navigation>",
    "<p>&lt;tabs&gt;&amp;&#xe9;é&quot;</p>",
    '<QuickForms>&lt;QuickFormIds&gt;&lt;QuickFormId entityname="a"&gt;</QuickForms>',
    "<x:a xmlns:x='urn:x' x:b='1>2'/>",
    "<event name='onload' a=\"it's >\" b='say \"/>\"'></event >",
]
noise = st.lists(st.sampled_from(NOISE), max_size=3).map("".join)
names = st.sampled_from(["a", "tabs", "tab", "fbx_other", "FBX_FRESHBOOKS"])
quotes = st.sampled_from("'\"")


@st.composite
def other_tabs(draw):
    quote, name = draw(quotes), draw(names)
    given_attributes = draw(st.permutations([f"name={quote}{name}{quote}", "id='{1}'", 'x="/>"']))
    inner = draw(noise)
    tag = f"tab{draw(st.sampled_from([' ', '  ']))}{' '.join(given_attributes)}"
    return f"<{tag} />" if not inner and draw(st.booleans()) else f"<{tag}>{inner}</tab >"


@st.composite
def forms(draw):
    start = draw(
        st.sampled_from(["", "\ufeff", '<?xml version="1.0" encoding="utf-16"?>', "<!-- x -->\n"])
    )
    attributes = draw(st.sampled_from(["", ' xmlns="urn:form"', " xmlns:x='urn:y' shownavbar='1'"]))
    inside = draw(st.lists(st.one_of(noise, other_tabs()), max_size=4).map("".join))
    lists = [f"<tabs a='>'>{inside}</tabs>", f"<tabs>{inside}</tabs  >"]
    lists += ["<tabs/>", "<tabs b='/>' />"] if not inside else []
    chosen = draw(st.sampled_from(lists))
    return f"{start}<form{attributes}>{draw(noise)}{chosen}{draw(noise)}</form>\n"


@given(forms(), st.sampled_from(list(TABS.values())))
def test_whatever_the_form_adding_and_taking_off_gives_it_back_byte_for_byte(form, tab):
    added = with_tab(form, tab)

    assert tab in added.after
    assert added.before == form
    assert rest_of(added.after, spaced=True) == rest_of(form, spaced=True)
    assert not with_tab(added.after, tab).changes
    assert without_tab(added.after).after == form


@given(forms(), st.lists(other_tabs(), max_size=2), st.lists(other_tabs(), max_size=2))
def test_whatever_people_do_to_the_form_afterwards_stays(form, before, behind):
    added = with_tab(form, TAB).after
    at = added.index(TAB)
    first, last = "".join(before), "".join(behind)
    later = f"{added[:at]}{first}{TAB}{last}{added[at + len(TAB) :]}"

    without = without_tab(later).after

    assert without in {later.replace(TAB, ""), form}
    assert read_form(without).tab is None


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    try:
        edit = with_tab(text, TAB)
    except ValueError:
        return
    assert without_tab(edit.after).after == text
