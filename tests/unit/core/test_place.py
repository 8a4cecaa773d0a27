"""Which opportunity an invoice belongs to: its reference decides, a person's move stands."""

from uuid import uuid4

import pytest

from shared.core.homes import Opportunity
from shared.core.place import Choice, Placed, choose_opportunity

DEAL, RENEWAL, WON = (uuid4() for _ in range(3))
OPEN = [Opportunity(DEAL, "PO 7"), Opportunity(RENEWAL, "Renewal")]
ALL = [*OPEN, Opportunity(WON, "PO 1", is_open=False)]


def choose(reference="", opportunities=ALL, *, current=None):
    return choose_opportunity(reference=reference, opportunities=opportunities, current=current)


@pytest.mark.parametrize("reference", ["PO 7", "po 7 ", " Po  7"])
def test_a_new_invoice_goes_where_its_reference_says(reference):
    assert choose(reference) == Choice(DEAL, reference)


def test_a_reference_finds_an_opportunity_that_is_closed():
    assert choose("PO 1") == Choice(WON, "PO 1")


def test_a_reference_that_names_none_means_none_though_one_is_open():
    chosen = choose("PO 9", OPEN[:1])

    assert chosen.opportunity is None
    assert chosen.note == "no opportunity of the account is called PO 9, its purchase order"


def test_a_reference_that_names_several_means_none():
    chosen = choose("PO 7", [*OPEN, Opportunity(uuid4(), "po 7")])

    assert (chosen.opportunity, chosen.placed_by) == (None, "")
    assert chosen.note.startswith("2 opportunities are called PO 7")


def test_without_a_reference_the_only_open_one_is_taken_by_a_new_invoice():
    assert choose("", [OPEN[1], ALL[2]]) == Choice(RENEWAL)
    assert choose("") == Choice(None)
    assert choose("", []) == Choice(None)


def test_an_opportunity_that_is_opened_later_draws_no_old_invoice_to_itself():
    assert choose("", OPEN[:1], current=Placed(None, "")) == Choice(None)


@pytest.mark.parametrize("reference", ["PO 7", ""])
def test_what_a_person_chose_stands_while_the_reference_is_the_same(reference):
    placed = Placed(RENEWAL, reference, "PO 7")

    assert choose(reference, current=placed) == Choice(RENEWAL, "PO 7")


def test_an_invoice_that_a_person_took_from_its_opportunity_stays_without():
    assert choose("PO 7", current=Placed(None, "PO 7", "PO 7")) == Choice(None, "PO 7")


def test_another_reference_decides_anew():
    assert choose("PO 1", current=Placed(DEAL, "PO 7", "PO 7")) == Choice(WON, "PO 1")
    assert choose("PO 9", current=Placed(DEAL, "PO 7", "PO 7")).opportunity is None


def test_an_opportunity_that_gets_the_wanted_name_later_is_taken():
    assert choose("PO 7", current=Placed(None, "PO 7")) == Choice(DEAL, "PO 7")


def test_a_choice_by_hand_where_the_reference_found_nothing_stands_when_it_would():
    assert choose("PO 7", current=Placed(RENEWAL, "PO 7")) == Choice(RENEWAL)


def test_what_an_earlier_release_wrote_keeps_its_opportunity_and_gets_one_by_its_reference():
    assert choose("PO 7", current=Placed(RENEWAL)) == Choice(RENEWAL)
    assert choose("PO 7", current=Placed(None)) == Choice(DEAL, "PO 7")
    assert choose("", current=Placed(None)) == Choice(None)
