"""What the doctor says of the nightly comparison: when it was, what it found, what stays."""

from datetime import UTC, date, datetime

import pytest

from shared.core.policies import ReconcilePolicy
from shared.core.reconcile.nights import LAST, Night
from shared.sync.doctor import Level
from shared.sync.doctor.reconciled import check_reconciled
from tests.memory import FakeClock, MemoryCheckpoints

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)


def finding(night=None, mode=ReconcilePolicy.FIX):
    checkpoints = MemoryCheckpoints()
    if night is not None:
        checkpoints.set(LAST, NOW, note=night.model_dump_json())
    (found,) = check_reconciled(mode, checkpoints, FakeClock(NOW))
    return found


def test_a_quiet_night_is_well_and_what_somebody_decided_is_no_difference():
    night = Night(night=date(2026, 11, 5), differences={"draft": 8, "stale": 2}, asked=2)

    found = finding(night)

    assert found.level is Level.OK
    assert "compared on 2026-11-05: 2 differences that nobody decided, 2 records" in found.text


@pytest.mark.parametrize(
    ("night", "said"),
    [
        (Night(night=date(2026, 11, 5), remained=3), "3 differences"),
        (Night(night=date(2026, 11, 5), stopped=("12 of 20 invoices",)), "12 of 20 invoices"),
        (Night(night=date(2026, 11, 5), not_compared=("credits of x: no",)), "credits of x: no"),
        (Night(night=date(2026, 11, 1)), "compared on 2026-11-01"),
    ],
)
def test_what_stays_what_is_held_back_and_a_night_long_ago_are_warnings(night, said):
    found = finding(night)

    assert found.level is Level.WARNING
    assert said in found.text
    assert found.advice


def test_without_a_night_so_far_or_turned_off_there_is_nothing_to_mend():
    assert finding().level is Level.OK
    assert "by the setting RECONCILE" in finding(mode=ReconcilePolicy.OFF).text
