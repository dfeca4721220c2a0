"""Values as bytes, between a learner's code and the one who compares: msgpack with typed extensions, never pickle.

``encode`` takes what exercises pass and return: None, bool, int, float, str, bytes, list, tuple, dict, set, frozenset,
NumPy scalars and arrays, pandas Series and DataFrames, torch tensors, PIL images. ``decode`` builds nothing but these
types (a NumPy scalar comes back as a Python one), whatever the bytes say: no class, function or module named by the
sender is ever looked up.

>>> decode(encode({"kappa": 0.43, "pair": (1, 2)}))
{'kappa': 0.43, 'pair': (1, 2)}
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import msgpack
import numpy as np

__all__ = ["MAX_BYTES", "WireError", "decode", "encode"]

MAX_BYTES = 64 << 20
MAX_DEPTH = 32
MAX_ITEMS = 2_000_000
MAX_CONTAINERS = 200_000  # an empty list takes one byte on the wire and sixty in memory
MAX_COLUMNS = 10_000
MAX_SAME_HASH = 50  # keys of one hash make a dict or a set quadratic

TUPLE, SET, FROZENSET, BIG_INT, ARRAY, OBJECT_ARRAY, SERIES, FRAME, TENSOR, IMAGE, COMPLEX = range(1, 12)
ARRAY_KINDS = "biufcUSMm"
IMAGE_MODES = ("1", "L", "LA", "RGB", "RGBA", "I;16", "F")


class WireError(ValueError):
    """A value that cannot be sent, or bytes that are not a value."""


def encode(value: Any) -> bytes:
    """``value`` as bytes. Raises WireError, naming the type, for anything that cannot be sent."""
    data = _pack(value, 0)
    if len(data) > MAX_BYTES:
        raise WireError(f"a value may take at most {MAX_BYTES >> 20} MB, this one takes {len(data) / 2**20:.0f} MB")
    return data


def decode(data: bytes) -> Any:
    """The value in ``data``. Raises WireError for anything malformed, too large or nested too deeply."""
    if len(data) > MAX_BYTES:
        raise WireError(f"a value may take at most {MAX_BYTES >> 20} MB, {len(data) / 2**20:.0f} MB came")
    return _unpack(data, 0, count())


def _pack(value: Any, depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise WireError(f"a value may be nested {MAX_DEPTH} levels deep, not more")

    def default(item: Any) -> Any:
        return _plain(item, depth + 1)

    try:
        packed = msgpack.packb(value, default=default, strict_types=True, use_bin_type=True)
    except WireError:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(f"this value cannot be sent: {error}") from error
    return bytes(packed)


def _ext(code: int, payload: Any, depth: int) -> msgpack.ExtType:
    return msgpack.ExtType(code, _pack(payload, depth))


def _plain(item: Any, depth: int) -> Any:
    """What msgpack should write in the place of ``item``, which it does not know."""
    if isinstance(item, tuple):
        return _ext(TUPLE, list(item), depth)
    if isinstance(item, (set, frozenset)):  # sorted: the same set gives the same bytes in every process
        return _ext(SET if isinstance(item, set) else FROZENSET, sorted(item, key=repr), depth)
    if isinstance(item, (np.ndarray, np.generic)):
        return _plain_numpy(item, depth)
    if isinstance(item, int):
        return msgpack.ExtType(BIG_INT, str(int(item)).encode()) if abs(item) >= 2**63 else int(item)
    bases: tuple[Any, ...] = (float, str, bytes, dict, list)
    for base in bases:  # subclasses: Counter, defaultdict, OrderedDict, ...
        if isinstance(item, base):
            return base(item)
    if isinstance(item, (bytearray, memoryview)):
        return bytes(item)
    if isinstance(item, complex):
        return _ext(COMPLEX, [item.real, item.imag], depth)
    if isinstance(item, (range, type({}.keys()), type({}.values()))):
        return list(item)
    return _plain_library(item, depth)


def _plain_numpy(item: Any, depth: int) -> Any:
    if isinstance(item, np.generic) and item.dtype.kind not in "Mm":
        return item.item()
    array = np.asarray(item)
    if array.dtype == object or isinstance(array.dtype, np.dtypes.StringDType):
        return _ext(OBJECT_ARRAY, [list(array.shape), array.ravel().tolist()], depth)
    if array.dtype.kind not in ARRAY_KINDS or array.dtype.hasobject:
        raise WireError(f"an array of dtype {array.dtype} cannot be sent")
    return _ext(ARRAY, [array.dtype.str, list(array.shape), np.ascontiguousarray(array).tobytes()], depth)


def _plain_library(item: Any, depth: int) -> Any:
    """pandas, torch and PIL objects; the library is looked up, never imported: who has no pandas has no DataFrame."""
    pandas, torch, pil = (sys.modules.get(name) for name in ("pandas", "torch", "PIL.Image"))
    if pandas is not None:
        if item is pandas.NA or item is pandas.NaT:
            return None
        if isinstance(item, pandas.DataFrame):
            columns = [_column(item.iloc[:, i]) for i in range(item.shape[1])]
            return _ext(FRAME, [list(item.columns), columns, _column(item.index)], depth)
        if isinstance(item, pandas.Series):
            return _ext(SERIES, [item.name, _column(item), _column(item.index)], depth)
        if isinstance(item, pandas.Index):
            return list(item)
        if isinstance(item, pandas.Timestamp):
            return _plain_numpy(np.asarray(item.to_datetime64()), depth)
    if torch is not None and isinstance(item, torch.Tensor):
        return _ext(TENSOR, item.detach().cpu().numpy(), depth)
    if pil is not None and isinstance(item, pil.Image):
        return _ext(IMAGE, [item.mode, list(item.size), item.tobytes()], depth)
    raise WireError(f"an object of type {type(item).__name__} cannot be sent")


def _column(values: Any) -> Any:
    array = values.to_numpy()
    if array.dtype.kind in "biufMm":
        return array
    return [None if item is None or (isinstance(item, float) and math.isnan(item)) else item for item in values.tolist()]


def _unpack(data: bytes, depth: int, containers: Iterator[int]) -> Any:
    """``containers`` counts lists and dicts over the whole value."""
    if depth > MAX_DEPTH:
        raise WireError(f"a value may be nested {MAX_DEPTH} levels deep, not more")

    def hook(code: int, payload: bytes) -> Any:
        try:
            return _rebuild(code, payload, depth + 1, containers)
        except (WireError, MemoryError):
            raise
        except Exception as error:
            raise WireError(f"malformed value: {error}") from error

    def mapping(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        _spread([key for key, _value in counted(pairs)])
        return dict(pairs)

    def counted(items: list[Any]) -> list[Any]:
        if next(containers) >= MAX_CONTAINERS:
            raise WireError(f"a value may hold at most {MAX_CONTAINERS:,} lists and dicts")
        return items

    try:
        return msgpack.unpackb(
            data, ext_hook=hook, object_pairs_hook=mapping, list_hook=counted, raw=False, strict_map_key=False,
            max_array_len=MAX_ITEMS, max_map_len=MAX_ITEMS,
        )
    except WireError:
        raise
    except Exception as error:  # msgpack raises a dozen unrelated types for malformed bytes
        raise WireError(f"malformed value: {type(error).__name__}: {error}") from error


def _spread(keys: Sequence[Any]) -> Sequence[Any]:
    """``keys``, where looking them up takes no quadratic time."""
    if max(Counter(map(hash, keys)).values(), default=0) > MAX_SAME_HASH:
        raise WireError("too many keys or items share one hash")
    return keys


def _rebuild(code: int, payload: bytes, depth: int, containers: Iterator[int]) -> Any:
    if code == BIG_INT:
        if len(payload) > 4000:
            raise WireError("an integer this long cannot be sent")
        return int(payload.decode("ascii"))
    content = _unpack(payload, depth, containers)
    if code == TUPLE:
        return tuple(content)
    if code in (SET, FROZENSET):
        return (set if code == SET else frozenset)(_spread(content))
    if code == COMPLEX:
        return complex(*content)
    if code == ARRAY:
        return _array(*content)
    if code == OBJECT_ARRAY:
        shape, items = content
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array.reshape(shape)
    return _rebuild_library(code, content)


def _array(dtype_name: str, shape: list[int], raw: bytes) -> np.ndarray[Any, Any]:
    dtype = np.dtype(str(dtype_name)[:24])
    if dtype.kind not in ARRAY_KINDS or dtype.hasobject:
        raise WireError(f"an array of dtype {dtype} cannot be received")
    return np.frombuffer(raw, dtype).reshape([int(n) for n in shape]).copy()


def _rebuild_library(code: int, content: Any) -> Any:
    if code in (SERIES, FRAME):
        import pandas as pd

        if code == SERIES:
            name, values, index = content
            return pd.Series(values, index=index, name=name)
        columns, values, index = content
        if len(values) > MAX_COLUMNS:
            raise WireError(f"a DataFrame may have at most {MAX_COLUMNS:,} columns")
        frame = pd.DataFrame(dict(enumerate(values)), index=index)
        frame.columns = pd.Index(columns)
        return frame
    if code == TENSOR:
        import torch

        return torch.from_numpy(content)
    if code == IMAGE:
        from PIL import Image

        mode, size, raw = content
        if mode not in IMAGE_MODES:
            raise WireError(f"an image of mode {str(mode)[:10]!r} cannot be received")
        width, height = int(size[0]), int(size[1])
        if width * height > 8 * len(raw):  # Pillow takes the memory first and counts the bytes afterwards
            raise WireError("an image of this size has more bytes")
        return Image.frombytes(mode, (width, height), raw)
    raise WireError(f"unknown kind of value: {code}")
