"""The shared library of the kernels that Python calls, made of what Numba compiles: how it is called stands in `model/native.py`.

Numba compiles each kernel for the arguments that it was seen with, without its entry from Python. A function is written around each,
which reads the arguments from words; all are put into one module, compiled once more as code that may lie anywhere in memory, and
linked by `ld`. What needs anything of Python or Numba to run is left out, and told.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding, ir
from numba import njit, typeof, types
from numba.core.callconv import excinfo_ptr_t
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from ..model.jit import Kernel, name_of
from ..model.native import FILE, digest_of, kind_of

__all__ = ["Asked", "build", "watched"]

# exact, or rounded correctly, and there in every process
OF_THE_SYSTEM = {"ceil", "floor", "memcpy", "memmove", "memset", "rint", "sqrt", "trunc"}
_LETTERS = {types.int64: "q", types.uint64: "Q", types.float64: "d", types.boolean: "?"}
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


class Asked(NamedTuple):
    """A kernel, and what it was called with.

    Attributes
    ----------
    function : callable
        In Python.
    signature : tuple of numba types
    takes : list
        The same, as `native.words_of` reads it.
    """

    function: Any
    signature: tuple
    takes: list


def _described(value: Any) -> Any:
    """Kind of an argument, see `native.words_of`; None if no entry takes such."""
    if isinstance(value, np.ndarray):
        plain = type(value) is np.ndarray and value.flags.c_contiguous and value.flags.aligned and value.flags.writeable
        return ["array", kind_of(value.dtype), value.ndim] if plain else None
    if isinstance(value, tuple):
        kinds = [_described(one) for one in value]
        return None if None in kinds else ["tuple", f"{type(value).__module__}.{type(value).__qualname__}", kinds]
    return _LETTERS.get(typeof(value)) if isinstance(value, (bool, int, float, np.generic)) else None


@contextmanager
def watched() -> Iterator[list[Asked]]:
    """All that Python asks kernels of this package for meanwhile, each once."""
    seen: dict[str, Asked] = {}
    before = Kernel.__call__

    def call(kernel: Kernel, *arguments: Any) -> Any:
        takes = [_described(one) for one in arguments]
        name = name_of(kernel.py_func)
        if name and None not in takes:
            seen.setdefault(f"{name} {takes}", Asked(kernel.py_func, tuple(map(typeof, arguments)), takes))
        return before(kernel, *arguments)

    found: list[Asked] = []
    Kernel.__call__ = call  # type: ignore[method-assign]
    try:
        yield found
    finally:
        Kernel.__call__ = before  # type: ignore[method-assign]
        found += [seen[name] for name in sorted(seen)]


def build(asked: list[Asked]) -> tuple[dict, tuple[str, bytes]]:
    """The library for these calls.

    Returns
    -------
    told : dict
        What `shipped.native` is to say of it.
    library : tuple of str and bytes
        Its name and its content.
    """
    entries, object_code = _compiled(asked)
    with tempfile.TemporaryDirectory() as folder:
        source, place = Path(folder, "kernels.o"), Path(folder, FILE)
        source.write_bytes(object_code)
        linker = shutil.which("ld")
        if linker is None:
            raise SystemExit("ld is needed here: the binutils of the system")
        flags = ("-shared", "-s", "-z", "noexecstack", "--build-id=none", "--hash-style=gnu")
        subprocess.run([linker, *flags, "-o", str(place), str(source)], check=True)
        content = place.read_bytes()
    return {"digest": digest_of(entries, content), "entries": entries}, (FILE, content)


def _compiled(asked: list[Asked]) -> tuple[list, bytes]:
    """What each entry takes and gives, and their code, which may lie anywhere."""
    context = cpu_target.target_context
    codegen = context.codegen()
    entries: list[tuple[str, str, list, str]] = []
    with global_compiler_lock:
        library = codegen.create_library("ecocluster")
        module = library.create_ir_module("ecocluster")
        for function, signature, takes in asked:
            made = njit(**_OPTIONS)(function)
            made.compile(signature)
            (compiled,) = made.overloads.values()
            gives = _given(compiled.signature.return_type)
            if gives is None:
                print(f"not in the library: {name_of(function)} returns {compiled.signature.return_type}")
                continue
            symbol = f"k{len(entries)}"
            _write_entry(module, symbol, context, compiled.fndesc, gives)
            library.add_linking_library(compiled.library)
            entries.append((name_of(function), symbol, takes, gives))
        library.add_ir_module(module)
        library.finalize()
        code = binding.parse_bitcode(library._final_module.as_bitcode())
        symbols = {symbol for _, symbol, *_ in entries}
        for function in code.functions:
            if function.is_declaration:
                assert function.name in OF_THE_SYSTEM or function.name.startswith("llvm."), f"needs {function.name}"
            elif function.name not in symbols:
                function.linkage = "internal"
        for place in code.global_variables:
            if not place.is_declaration:  # their names, which tell all arguments, would be half of the library
                place.linkage = "internal"
        triple, name, features = codegen.magic_tuple()
        target = binding.Target.from_triple(triple)
        machine = target.create_target_machine(cpu=name, features=features, opt=3, reloc="pic", codemodel="small")
        passes = binding.create_new_module_pass_manager()
        passes.add_global_dead_code_eliminate_pass()  # what was called has been copied into its callers
        passes.run(code, binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(0)))
        return entries, machine.emit_object(code)


def _given(kind: Any) -> str | None:
    """Letters of `struct` of what a kernel returns; None if it is nothing that an entry can hand on."""
    if kind == types.none:
        return ""
    several = isinstance(kind, types.BaseTuple) and not isinstance(kind, types.BaseNamedTuple) and len(kind) > 1
    letters = [_LETTERS.get(one) for one in (kind if several else [kind])]
    return None if None in letters else "".join(letters)  # type: ignore[arg-type]


def _write_entry(module: Any, symbol: str, context: Any, described: Any, gives: str) -> None:
    """A function of two addresses, of words to read and of room for what is returned, that calls a kernel."""
    word, status = ir.IntType(64), ir.IntType(32)
    kernel = context.declare_function(module, described)
    entry = ir.Function(module, ir.FunctionType(status, [word.as_pointer(), word.as_pointer()]), symbol)
    builder = ir.IRBuilder(entry.append_basic_block())
    returned = builder.alloca(context.data_model_manager[described.restype].get_return_type())
    raised = builder.alloca(excinfo_ptr_t)
    builder.store(ir.Constant(excinfo_ptr_t, None), raised)

    def place(of: Any, number: int) -> Any:
        return builder.gep(of, [ir.Constant(status, number)])

    words, room = entry.args
    handed = [_from_word(builder, builder.load(place(words, n)), one.type) for n, one in enumerate(kernel.args[2:])]
    result = builder.call(kernel, [returned, raised, *handed])
    if gives:
        value = builder.load(returned)
        parts = [builder.extract_value(value, n) for n in range(len(gives))] if len(gives) > 1 else [value]
        for n, part in enumerate(parts):
            if isinstance(part.type, ir.DoubleType):
                part = builder.bitcast(part, word)
            elif part.type.width < 64:
                part = builder.zext(part, word)
            builder.store(part, place(room, n))
    builder.ret(result)


def _from_word(builder: Any, word: Any, kind: Any) -> Any:
    if isinstance(kind, ir.PointerType):
        return builder.inttoptr(word, kind)
    if isinstance(kind, ir.DoubleType):
        return builder.bitcast(word, kind)
    return word if kind.width == 64 else builder.trunc(word, kind)
