"""Tests of a group run in one process, where tests are run by several."""

import os

import pytest


@pytest.mark.xdist_group("together")
def test_a_test_of_a_group_is_sent_where_the_others_of_its_group_are(request):
    if "PYTEST_XDIST_WORKER" not in os.environ:  # noqa: TID251  # set by the test runner
        pytest.skip("one process runs them all")

    # What the group's tests started would be started by each process, and meet itself.
    assert request.node.nodeid.endswith("@together")
