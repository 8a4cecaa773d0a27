"""A firm's whole life: whatever is done on either side, Sales shows what it must."""

import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.functional.life.machine import Life
from tests.functional.life.stage import Luck
from tests.soak import SOAK

RUNS = 10_000 if SOAK else 24
PARTS = 6  # for as many processes as there are
MOVES = 1000 if SOAK else 25


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_done_on_either_side_sales_shows_what_it_must(part):
    life = type(Life.__name__, (Life,), {})
    run_state_machine_as_test(
        life if SOAK else seed(part)(life),
        settings=settings(
            max_examples=RUNS // PARTS,
            stateful_step_count=8 if SOAK else 5,
            database=None,
            deadline=None,
            # to make a life that fails short takes longer than to read it
            phases=[Phase.explicit, Phase.generate] if not SOAK else list(Phase),
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_moves_of_accounts_pull_no_row_back_and_lose_no_balance():
    life, drawn = Life(), random.Random(7)
    life.open()
    life.settle()
    moves, seen = 0, []

    while moves < MOVES:
        luck = Luck(pick=drawn.randrange(60), other=drawn.randrange(60))
        moves += _moves(life, drawn, luck)
        # what comes of a client while its account is away wants to go there
        life.edit_invoice(luck)
        if drawn.random() < 0.4:
            life.settle()
            seen += life.breaches()
    life.settle()

    assert seen == []
    assert life.breaches() == []
    assert life.differences() == []


def _moves(life: Life, drawn: random.Random, luck: Luck) -> bool:
    """Merge, deactivate or reactivate; say whether anything could be."""

    def states() -> list[object]:
        return [(each.active, each.master) for each in life.model.accounts]

    before = states()
    verb = drawn.choice([life.merge_accounts] + [life.deactivate_or_reactivate_account] * 2)
    verb(luck)
    return states() != before
