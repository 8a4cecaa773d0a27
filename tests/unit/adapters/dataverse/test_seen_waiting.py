"""What is read of waiting records, and what an environment without their table answers."""

from uuid import UUID

import pytest

from shared.adapters.dataverse.seen_waiting import DataverseSeenWaiting
from shared.errors import ConfigurationError

ROW = {
    "fbx_waitingid": str(UUID(int=1)),
    "@odata.etag": 'W/"1"',
    "fbx_amount": "10.00",
    "_fbx_clientid_value": str(UUID(int=42)),
}
CLIENT = {"fbx_clientid": str(UUID(int=42)), "fbx_key": "xazq5-42"}


class Api:
    """Answers reads in their order; keeps what was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def read(self, gets):
        self.asked += [get.path for get in gets]
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def list_rows(self, answer):
        yield from answer["value"]


def look(*answers, business="xazq5"):
    api = Api(*answers)
    return DataverseSeenWaiting(api, lambda _operations: None).look(business), api.asked


def test_rows_and_clients_are_read_together_for_one_business():
    found, asked = look([{"value": [ROW]}, {"value": [CLIENT]}])

    assert found.clients == {"xazq5-42": UUID(int=42)}
    assert [row.text("fbx_amount") for row in found.rows] == ["10.00"]
    assert found.rows[0].lookups == {"fbx_clientid": UUID(int=42)}
    assert "fbx_business%20eq%20'xazq5'" in asked[0]
    assert "startswith(fbx_key,'xazq5-')" in asked[1]
    assert len(asked) == 2


def test_a_business_with_a_wildcard_in_its_name_finds_its_own_clients_alone():
    _, asked = look([{"value": []}, {"value": []}], business="a_b%")

    assert "startswith(fbx_key,'a%5B_%5Db%5B%25%5D-')" in asked[1]


@pytest.mark.parametrize(
    "answers",
    [
        ([None, {"value": []}],),
        (ConfigurationError("no segment", service="Dataverse"), [None]),
    ],
    ids=["404 alone", "404 with the segment's code"],
)
def test_a_table_that_is_not_there_is_nothing_to_see(answers):
    found, _ = look(*answers)

    assert found is None


def test_whatever_else_is_wrong_is_told():
    denied = ConfigurationError("prvReadfbx_waiting is missing", service="Dataverse")

    with pytest.raises(ConfigurationError, match="prvRead"):
        look(denied, [{"LogicalName": "fbx_waiting"}])
