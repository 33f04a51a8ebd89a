"""Kernels that came as machine code, called without Numba.

The archive of `shipped.py` holds one shared library of the kernels that Python calls, and what each was compiled for. An entry takes
two addresses, of its arguments as 8-byte words and of room for what it returns, and tells by its own result whether it came to an end.
A number is a word; an array its size, item size, address, shape and strides, after two words that Numba keeps for itself; a tuple its
fields one after the other. Arguments that are anything else than an entry was compiled for are a `Misfit`: the call is Numba's then.

The library is unpacked into the folder of compiled kernels and loaded from there, if it is to the bit what the archive names: there is no
other file that it could be taken for.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import struct
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from itertools import takewhile
from typing import Any

import numpy as np

from . import shipped
from .kernel_cache import read_own, tell, write_whole

__all__ = ["FILE", "Entry", "Misfit", "digest_of", "entries", "kind_of", "words_of"]

FILE = "native.so"  # in the archive
_TAKEN = {"q": (int, np.int64), "Q": (np.uint64,), "d": (float, np.float64), "?": (bool, np.bool_)}  # as Numba takes them
Words = Callable[[Any], bytes]


class Misfit(Exception):
    """Arguments that an entry was not compiled for."""


def kind_of(dtype: np.dtype) -> str:
    """What an array holds, in a word: the same for the same memory, whatever NumPy it is asked of."""
    if dtype.fields is None:
        return dtype.str
    told: list[Any] = [dtype.itemsize, dtype.alignment, dtype.isalignedstruct]
    told += [(name, part.base.str, part.shape, place) for name, (part, place, *_) in dtype.fields.items()]
    return "record " + hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def words_of(kind: Any) -> Words:
    """What makes words of an argument.

    Parameters
    ----------
    kind : str, or list
        A letter of `struct` among q, Q, d and ?; ``["array", kind_of(dtype), dimensions]``; ``["tuple", module and name of its class, kinds]``.
    """
    if isinstance(kind, str):
        return _number(kind)
    if kind[0] == "tuple":
        return _tuple(*kind[1:])
    words = _array(*kind[1:])
    return words if kind[2] else _Remembered(words).of  # a bare record, as that of the parameters, is handed on many times


def _word(letter: str) -> struct.Struct:
    return struct.Struct(f"<{letter}{8 - struct.calcsize(f'<{letter}')}x")


def _number(letter: str) -> Words:
    pack, taken = _word(letter).pack, _TAKEN[letter]

    def words(value: Any) -> bytes:
        if type(value) not in taken:
            raise Misfit
        try:
            return pack(value)
        except (struct.error, OverflowError):  # Numba takes a larger type
            raise Misfit from None

    return words


def _array(kind: str, dimensions: int) -> Words:
    pack = struct.Struct(f"<{5 + 2 * dimensions}q").pack
    known: list[np.dtype] = []  # that were looked at and fit

    def fits(dtype: np.dtype) -> bool:
        if not any(dtype is one for one in known):
            if kind_of(dtype) != kind:
                return False
            known[:] = [*known[-3:], dtype]
        return True

    def words(array: Any) -> bytes:
        if type(array) is not np.ndarray or array.ndim != dimensions or not fits(array.dtype):
            raise Misfit
        flags = array.flags
        if not (flags.c_contiguous and flags.aligned and flags.writeable):
            raise Misfit
        return pack(0, 0, array.size, array.itemsize, array.ctypes.data, *array.shape, *array.strides)

    return words


class _Remembered(dict[int, bytes]):
    """Words of arrays that are asked for again and again, as those of a state, by `id`: each is looked at once as long as it lives.

    Its numbers may change, its place, shape and kind do not: nobody here resizes an array or makes it read-only.
    """

    def __init__(self, words: Words):
        self._words = words
        self._ends: dict[int, weakref.ref] = {}

    def of(self, array: Any) -> bytes:
        place = id(array)
        made = self.get(place)
        if made is None:
            made = self._words(array)

            def forget(_: weakref.ref) -> None:  # before another array can come to stand there
                self.pop(place, None)
                self._ends.pop(place, None)

            self._ends[place] = weakref.ref(array, forget)
            self[place] = made
        return made


def _tuple(name: str, kinds: list) -> Words:
    arrays = list(takewhile(lambda kind: kind[0] == "array", kinds))
    seen = [_Remembered(words_of(kind)) for kind in arrays]
    rest = [words_of(kind) for kind in kinds[len(arrays) :]]
    forms: list[type] = []  # that were looked at and fit

    def words(value: Any) -> bytes:
        form = type(value)
        if not any(form is one for one in forms):
            if f"{form.__module__}.{form.__qualname__}" != name:
                raise Misfit
            forms[:] = [*forms[-3:], form]
        if len(value) != len(kinds):
            raise Misfit
        try:
            made = [known[place] for known, place in zip(seen, map(id, value))]  # noqa: B905 - as many as there are arrays
        except KeyError:
            made = [known.of(array) for known, array in zip(seen, value)]  # noqa: B905
        if rest:
            made += [part(one) for part, one in zip(rest, value[len(seen) :], strict=True)]
        return b"".join(made)

    return words


class Entry:
    """A kernel for one kind of arguments.

    Parameters
    ----------
    name : str
        For people.
    function : callable
        Of the library; ctypes lets other threads run meanwhile.
    takes : list
        Kinds of its arguments (`words_of`).
    gives : str
        Letters of `struct` of what it returns: none, one, or those of a tuple.
    """

    def __init__(self, name: str, function: Any, takes: list, gives: str):
        function.argtypes, function.restype = (ctypes.c_char_p, ctypes.c_void_p), ctypes.c_int32
        self._name, self._function = name, function
        self._words = [words_of(kind) for kind in takes]
        self._given = [_word(letter) for letter in gives]
        self._room = ctypes.c_uint64 * max(1, len(gives))

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._words):
            raise Misfit
        room = self._room()
        status = self._function(b"".join([words(one) for words, one in zip(self._words, arguments, strict=True)]), room)
        if status:
            raise RuntimeError(f"the compiled kernel {self._name} broke off ({status}): what it was writing is not to be used")
        if not self._given:
            return None
        values = [word.unpack_from(room, 8 * place)[0] for place, word in enumerate(self._given)]
        return values[0] if len(values) == 1 else tuple(values)


_one_at_a_time = threading.Lock()


def entries(folder: str | None) -> Mapping[str, tuple[Entry, ...]]:
    """Entries by the names of kernels (`jit.name_of`); none where the archive does not fit this process.

    Parameters
    ----------
    folder : str or None
        Of `kernel_cache.open_cache`.
    """
    with _one_at_a_time:
        return _entries(folder)


@cache
def _entries(folder: str | None) -> Mapping[str, tuple[Entry, ...]]:
    told = shipped.native()
    if told is None or folder is None:
        return {}
    path = _unpacked(folder, told)
    if path is None:
        return {}
    found: dict[str, tuple[Entry, ...]] = {}
    with suppress(OSError):  # a folder from which nothing may be run
        library = ctypes.CDLL(path)
        for name, symbol, takes, gives in told["entries"]:
            found[name] = (*found.get(name, ()), Entry(name, getattr(library, symbol), takes, gives))
        return found
    return {}


def _unpacked(folder: str, told: dict) -> str | None:
    """Where the library lies; None if it can be put nowhere."""
    path = os.path.join(folder, f"{told['digest'][:16]}-{FILE}")
    there = read_own(path)
    if _is(there, told):
        return path
    content = shipped.content(FILE)
    if content is None or not _is(content, told):
        return None
    if there is not None:
        tell("damaged", path=path)
    try:
        write_whole(path, content)
    except OSError as error:
        tell("unkept", path=folder, cause=error.strerror or error)
        return None
    return path if _is(read_own(path), told) else None


def _is(content: bytes | None, told: dict) -> bool:
    return content is not None and digest_of(told["entries"], content) == told["digest"]


def digest_of(entries: list, content: bytes) -> str:
    """Of a library and of what is said of it: neither is used if one of them is not what was packed."""
    return hashlib.sha256(json.dumps(entries).encode() + b"\n" + content).hexdigest()
