import pickle
from collections import Counter, OrderedDict

import msgpack
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datacentric_helpers.wire import MAX_DEPTH, WireError, decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
@settings(max_examples=200, deadline=None)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3), np.array([1.5, np.nan, np.inf]), np.array([], dtype=np.int8), np.array(["a", "나"]),
    np.array([True, False]), np.array(["2026-01-01"], dtype="datetime64[D]"), np.arange(6).reshape(2, 3).T,
])
def test_arrays_come_back_with_shape_type_and_values(array):
    back = decode(encode(array))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_an_array_of_objects_keeps_its_shape():
    array = np.array([["a", None], [1, 2.5]], dtype=object)
    np.testing.assert_array_equal(decode(encode(array)), array)


def test_a_frame_comes_back_with_columns_index_and_gaps():
    frame = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "s": ["a", None]}, index=["r", "q"])
    back = decode(encode(frame))
    assert back.columns.tolist() == ["n", "x", "s"]
    assert back.index.tolist() == ["r", "q"]
    assert back["s"].isna().tolist() == [False, True]
    assert back["x"].isna().tolist() == [False, True]


def test_a_series_keeps_its_name_and_index():
    back = decode(encode(pd.Series([3, 4], index=["a", "b"], name="votes")))
    assert (back.name, back.to_dict()) == ("votes", {"a": 3, "b": 4})


def test_tensors_and_images_come_back():
    assert torch.equal(decode(encode(torch.arange(4).reshape(2, 2))), torch.arange(4).reshape(2, 2))
    image = Image.new("RGB", (3, 2), (10, 20, 30))
    assert decode(encode(image)).tobytes() == image.tobytes()


@pytest.mark.parametrize(("value", "plain"), [
    (np.float64(0.5), 0.5), (np.int64(3), 3), (np.bool_(True), True), (Counter("aab"), {"a": 2, "b": 1}),
    (OrderedDict(a=1), {"a": 1}), (range(3), [0, 1, 2]), (pd.NA, None), ({1, 2}, {1, 2}), (2**100, 2**100), (1 + 2j, 1 + 2j),
])
def test_what_learners_return_is_sent_as_its_plain_equivalent(value, plain):
    assert decode(encode(value)) == plain


class Thing:
    def __reduce__(self):
        return (print, ("run by the reader",))


@pytest.mark.parametrize("value", [Thing(), [Thing()], lambda: 0, open, {"deep": {Thing(): 1}}])
def test_anything_else_is_refused_with_its_type_named(value):
    with pytest.raises(WireError, match=r"cannot be sent"):
        encode(value)


def test_nesting_too_deep_is_refused_on_both_sides():
    value = ()
    for _ in range(MAX_DEPTH + 2):
        value = (value,)
    with pytest.raises(WireError, match="nested"):
        encode(value)
    data = b"\xc0"
    for _ in range(MAX_DEPTH + 2):
        data = msgpack.packb(msgpack.ExtType(1, data))
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize("data", [
    b"", b"\xc1", pickle.dumps([1]), b"\x91" * 5000, msgpack.packb(msgpack.ExtType(99, b"\xc0")),
    msgpack.packb(msgpack.ExtType(5, msgpack.packb(["|O", [1], b"12345678"]))),
    msgpack.packb(msgpack.ExtType(5, msgpack.packb(["<f8", [1 << 40], b""]))),
    msgpack.packb(msgpack.ExtType(4, b"9" * 5000)), msgpack.packb(msgpack.ExtType(10, msgpack.packb(["RGB", [9, 9], b"1"]))),
    b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
])
def test_malformed_bytes_are_refused(data):
    with pytest.raises(WireError):
        decode(data)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise_anything_but_wire_error(data):
    try:
        decode(data)
    except WireError as error:
        assert str(error)
