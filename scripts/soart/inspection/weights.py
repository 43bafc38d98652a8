"""The weights of a pretrained network, from the package that brings them: read without PyTorch, and nothing is run.

A `.pth` of PyTorch is a pickle, which could run anything that its author likes. This reader knows four names, which
make named arrays of numbers; a file with any other is refused.
"""

import collections
import hashlib
import math
import pickle
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from soart import names

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the form that the packages have
REFUSED = (pickle.UnpicklingError, MemoryError, OverflowError)  # by pickle itself: the last of lengths beyond 2^63
STORES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class Package(NamedTuple):
    """Package: where a network's weights come from."""

    name: str  # of the package
    file: str  # in it
    digest: str  # SHA-256 of that file


def read_package(package: Package) -> dict[str, np.ndarray]:
    """Return the weights that an installed package brings, by name; its code is not run.

    Raises `ValueError` where the package is not installed, or its file is another than the one that was tried.
    """
    from importlib import metadata  # only here: every program for the line would wait for it

    try:
        found = metadata.distribution(package.name)
    except metadata.PackageNotFoundError:
        raise ValueError(names.not_installed("the network", package.name)) from None
    path = Path(str(found.locate_file(package.file)))
    if not path.is_file():
        raise ValueError(f"{path}: expected the network's weights, found no file; install {package.name} again")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != package.digest:
        raise ValueError(
            f"{path}: expected the weights with SHA-256 {package.digest}, got {digest}; install {package.name} again, "
            "in the version that requirements/run.txt pins"
        )
    return read_tensors(path)


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of a `.pth` by name, float32 or int64; raises `ValueError` for a file with anything else."""
    try:
        with Path(path).open("rb") as file:
            return _read(file)
    except (*REFUSED, EOFError, LookupError, TypeError, AttributeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: expected named arrays of numbers and nothing else ({reason})") from None


class _Unread(NamedTuple):
    """An array whose numbers follow later in the file."""

    key: str
    start: int  # numbers of the store before it
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # numbers from one to the next along each axis


class _Reader(pickle.Unpickler):
    """Knows four names and no other."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.kinds: dict[str, np.dtype] = {}  # of the stores that are named

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _unread
        if module == "torch" and name in STORES:
            return STORES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is refused")

    def persistent_load(self, reference: tuple) -> str:
        what, kind, key, _place, _count, view = reference
        if what != "storage" or not isinstance(kind, np.dtype) or not isinstance(key, str) or view is not None:
            raise pickle.UnpicklingError("it refers to something that is no store of numbers")
        self.kinds[key] = kind
        return key


def _unread(key: str, start: int, shape: tuple, strides: tuple, *_: object) -> _Unread:
    return _Unread(key, start, shape, strides)


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    head = [_Reader(file).load() for _ in range(3)]  # magic number, protocol, what machine wrote it
    if head[:2] != [MAGIC, PROTOCOL]:
        raise pickle.UnpicklingError("it does not begin as PyTorch's form of 2017 to 2020 does")
    reader = _Reader(file)
    named, stores = reader.load(), {}
    for key in _Reader(file).load():
        count, kind = int.from_bytes(file.read(8), "little"), reader.kinds[key]
        stores[key] = np.frombuffer(file.read(count * kind.itemsize), kind, count)
    return {name: _array(name, stores[each.key], each) for name, each in named.items()}


def _array(name: str, store: np.ndarray, unread: _Unread) -> np.ndarray:
    size = store.itemsize
    if math.prod(unread.shape) > len(store):
        raise pickle.UnpicklingError(f"{name} is larger than what it is taken from")
    strides = [size * step for step in unread.strides]
    array = np.ndarray(unread.shape, store.dtype, store, size * unread.start, strides).copy()  # numpy checks its bounds
    if not np.isfinite(array).all():
        raise pickle.UnpicklingError(f"{name} has values that are no numbers")
    return array
