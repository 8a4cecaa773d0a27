"""W3C's trace context: read to the letter, and nothing but it."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.trace import Trace, read_traceparent, trace_id_of, valid_traceparent

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

hexadecimal = st.text(alphabet="0123456789abcdef", min_size=1, max_size=40)


def test_a_traceparent_is_read_and_written_back():
    found = read_traceparent(GOOD)

    assert found == Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)
    assert found.traceparent == GOOD


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "",
        GOOD.upper(),
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}-more",
        GOOD.replace("00-", "01-", 1),
        GOOD.replace("00-", "ff-", 1),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
        "00-0af7651916cd43dd8448eb211c8031९c-b7ad6b7169203331-01",
    ],
)
def test_what_is_none_counts_as_not_there(bad):
    assert read_traceparent(bad) is None
    assert valid_traceparent(bad) == ""


@given(anything=st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.text())))
def test_whatever_comes_is_a_traceparent_or_none(anything):
    valid = valid_traceparent(anything)

    assert valid in {"", anything} if isinstance(anything, str) else valid == ""


@given(
    version=hexadecimal, trace=hexadecimal, span=hexadecimal, flags=hexadecimal, end=st.text("-0\n")
)
def test_what_looks_like_one_is_read_only_if_it_is_one(version, trace, span, flags, end):
    text = f"{version}-{trace}-{span}-{flags}{end}"
    found = read_traceparent(text)

    well_formed = (len(version), len(trace), len(span), len(flags), end) == (2, 32, 16, 2, "")
    assert (found is not None) == (
        well_formed and version == "00" and int(trace, 16) > 0 and int(span, 16) > 0
    )


@given(st.data())
def test_a_step_stays_in_its_trace_and_is_a_new_one(data):
    begun = Trace.begin(lambda bits: data.draw(st.integers(0, 2**bits - 1)))
    step = begun.step(secrets.randbits)

    assert read_traceparent(begun.traceparent) == begun
    assert read_traceparent(step.traceparent) == step
    assert step.trace_id == trace_id_of(begun.traceparent) == begun.trace_id
    assert step.span_id != begun.span_id


def test_a_trace_that_nobody_keeps_stays_so():
    found = read_traceparent(GOOD[:-2] + "00")

    assert found is not None
    assert found.step(secrets.randbits).traceparent.endswith("-00")
