"""The flow that Node-RED runs, put together from the functions in this folder.

Never more than a person would draw: receive, verify, read, read, write.
"""

from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
PATH: Final = "/webhook"
COUNTS: Final = "/counts"


def flow() -> list[dict[str, Any]]:
    """Return the nodes of the flow, as Node-RED reads them from a file."""
    return [
        {"id": "tab", "type": "tab", "label": "FreshBooks to Dataverse"},
        _node("in", "http in", ["verify"], url=PATH, method="post"),
        _function("verify", ["answer"], ["source"]),
        _node("answer", "http response"),
        _request("source", "read", returns="obj"),
        _function("read", ["rows"]),
        _request("rows", "write"),
        _function("write", ["changes"]),
        _request("changes", "done"),
        _function("done", []),
        _node("counting", "http in", ["counts"], url=COUNTS, method="get"),
        _node("counts", "function", ["told"], func=_COUNTS, outputs=1),
        _node("told", "http response"),
    ]


_COUNTS: Final = (
    "msg.payload = {written: flow.get('written') || 0, refused: flow.get('refused') || 0};"
    "return msg;"
)


def _function(name: str, *leads: list[str]) -> dict[str, Any]:
    code = (_HERE / f"{name}.js").read_text()
    return {**_node(name, "function", func=code, outputs=len(leads)), "wires": list(leads)}


def _request(name: str, then: str, *, returns: str = "txt") -> dict[str, Any]:
    """Return a node that sends what a message says, over connections that stay open."""
    return _node(name, "http request", [then], method="use", ret=returns, persist=True, url="")


def _node(name: str, kind: str, leads: list[str] | None = None, **more: Any) -> dict[str, Any]:
    # One that has no place is taken for a setting that nodes share.
    place = {"x": 100, "y": 100, "z": "tab"}
    return {"id": name, **place, "type": kind, "name": name, "wires": [leads or []], **more}
