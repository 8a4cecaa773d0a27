import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from shared.console.visit import LONGEST_FORM, read_form


def test_a_form_keeps_every_value_of_a_field():
    assert read_form(b"form=x&account=a&account=b%20c") == {"form": ["x"], "account": ["a", "b c"]}


@given(body=st.binary(max_size=200))
def test_any_body_is_read_without_raising(body):
    assert isinstance(read_form(body), dict)


def test_a_strangers_huge_form_costs_no_memory():
    body = b"a=b&" * LONGEST_FORM
    tracemalloc.start()
    fields = read_form(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert fields == {}
    assert most < len(body)
