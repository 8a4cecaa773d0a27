"""The colours of choices: what has one, and whether people see them on both themes."""

import pytest

from shared.core.colours import AMBER, BLUE, GREEN, GREY, RED, colour_of
from shared.core.options import Billing, ClientState, EntryKind, Health, Status

WHITE, DARK = "#FFFFFF", "#1F1F1F"


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("choice", [Health, ClientState, Status])
def test_every_option_of_a_coloured_choice_has_a_colour(choice):
    assert {colour_of(option) for option in choice} <= {GREY, BLUE, GREEN, AMBER, RED}


@pytest.mark.parametrize("choice", [EntryKind, Billing])
def test_choices_that_say_no_good_or_bad_have_no_colours(choice):
    assert {colour_of(option) for option in choice} == {""}


@pytest.mark.parametrize("ground", [WHITE, DARK])
@pytest.mark.parametrize("colour", [GREY, BLUE, GREEN, AMBER, RED])
def test_a_colour_stands_out_from_both_grounds(colour, ground):
    assert contrast(colour, ground) >= 3


def test_options_that_share_a_number_have_their_own_colours():
    assert int(Health.OVERDUE) == int(ClientState.GONE) == int(Status.OVERDUE)

    assert colour_of(Health.OVERDUE) == RED
    assert colour_of(ClientState.GONE) == GREY


@pytest.mark.parametrize(
    ("option", "colour"),
    [
        (Health.NO_ACTIVITY, GREY),
        (Health.GOOD_STANDING, GREEN),
        (Health.PAYMENT_DUE, AMBER),
        (Status.SENT, BLUE),
        (Status.PARTIAL, AMBER),
        (Status.PAID, GREEN),
        (Status.DISPUTED, RED),
        (Status.REPLACED, GREY),
        (ClientState.NEEDS_A_PERSON, AMBER),
    ],
)
def test_red_asks_to_act_amber_waits_green_is_done_and_grey_says_nothing(option, colour):
    assert colour_of(option) == colour
