"""The flow that stands beside the connector: whole, and of functions that are there."""

import os
import time

import pytest

from bench.beside import PROCESSES, cpu_seconds
from bench.nodered.flow import PATH, flow


def test_every_wire_of_the_flow_leads_to_a_node_that_is_there():
    nodes = flow()
    known = {node["id"] for node in nodes}
    led_to = {end for node in nodes for wire in node.get("wires", ()) for end in wire}

    assert led_to < known
    assert next(node["url"] for node in nodes if node["type"] == "http in") == PATH
    assert all(node["func"].strip() for node in nodes if node["type"] == "function")


@pytest.mark.skipif(not PROCESSES.exists(), reason="only Linux shows processes so")
def test_the_processor_time_of_a_group_grows_with_what_it_does():
    before, ends = cpu_seconds(os.getpgrp()), time.process_time() + 0.1
    while time.process_time() < ends:
        pass

    assert cpu_seconds(os.getpgrp()) - before > 0.05
    assert cpu_seconds(2**30) == 0
