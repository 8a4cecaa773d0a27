"""What is left out of a write where it is refused, and when a notice may be why."""

from uuid import UUID

import pytest

from shared.adapters.dataverse.sparing import left_out, may_be_notice, spare_parts, without
from shared.core.rows import Change, Insert, Reference
from shared.errors import (
    ConfigurationError,
    ConflictError,
    RecordRefusedError,
    RetryLaterError,
)

ANN = Reference("systemuser", UUID(int=8))
NOTICE = Insert("appnotification", UUID(int=1), {}, {"ownerid": ANN}, optional=True)
ENTRY = Insert("fbx_financialactivity", UUID(int=2), {}, {"ownerid": ANN})
INVOICE = Change("invoice", UUID(int=3), etag="1")
FAULT = RetryLaterError("500", service="Dataverse")
FAULT_OF_A_CHANGE = RetryLaterError("500", service="Dataverse")
FAULT_OF_A_CHANGE.of_a_change = True
THROTTLED = RetryLaterError("429", service="Dataverse", throttled=True)
THROTTLED.of_a_change = True
LOCKED = RetryLaterError("deadlock")
LOCKED.of_a_change = True


@pytest.mark.parametrize(
    ("refused", "may"),
    [
        (RecordRefusedError("no"), True),
        (ConfigurationError("403"), True),
        (ConflictError("412"), True),
        (FAULT_OF_A_CHANGE, True),
        (FAULT, False),
        (THROTTLED, False),
        (LOCKED, False),
    ],
)
def test_a_notice_may_be_why_a_change_failed_and_is_not_why_dataverse_is_down(refused, may):
    assert may_be_notice([INVOICE, NOTICE], refused) is may


def test_where_there_is_no_notice_none_is_why():
    assert not may_be_notice([INVOICE, ENTRY], RecordRefusedError("no"))


def test_who_cannot_own_rows_may_be_told_all_the_same():
    (spare,) = spare_parts([INVOICE, ENTRY, NOTICE])

    kept = without([INVOICE, ENTRY, NOTICE], spare)

    assert kept[2] is NOTICE
    assert kept[1] == Insert("fbx_financialactivity", UUID(int=2), {}, {"ownerid": None})
    assert left_out([INVOICE, ENTRY, NOTICE], spare).startswith("it belongs to the connector")
