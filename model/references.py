"""What kernels are given that Numba has no words for: a named tuple that lies somewhere in memory, and the call of an address.

Kernels name these through `state_pointer.py` and `acting.py`, so that this module, and with it Numba, is loaded only where one of them
is compiled.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, lower_getattr_generic, models, register_model

__all__ = ["Reference", "by_reference", "jump"]


class Reference(types.Type):
    """A named tuple that lies somewhere in memory; its fields are read like those of the tuple."""

    def __init__(self, target):
        self.target = target
        super().__init__(f"Reference({target.instance_class.__name__})")

    @property
    def key(self):
        return self.target


@register_model(Reference)
class _Pointer(models.OpaqueModel):
    pass


@infer_getattr
class _Fields(AttributeTemplate):
    key = Reference

    def generic_resolve(self, reference, name):
        fields = reference.target.fields
        return reference.target[fields.index(name)] if name in fields else None


@lower_getattr_generic(Reference)
def _field(context, builder, reference, pointer, name):
    index = reference.target.fields.index(name)
    words = context.get_value_type(reference.target)
    place = cgutils.gep_inbounds(builder, builder.bitcast(pointer, words.as_pointer()), 0, index)
    value = _load(builder, place, words.elements[index])
    return impl_ret_borrowed(context, builder, reference.target[index], value)


def _load(builder, place, kind):
    """Load word by word: LLVM forgets what it is told of whole structures."""
    if not isinstance(kind, ir.Aggregate):
        word = builder.load(place)
        word.set_metadata("invariant.load", builder.module.add_metadata([]))
        return word
    value = ir.Constant(kind, ir.Undefined)
    for i in range(len(kind.elements) if isinstance(kind, ir.BaseStructType) else kind.count):
        part = kind.elements[i] if isinstance(kind, ir.BaseStructType) else kind.element
        value = builder.insert_value(value, _load(builder, cgutils.gep_inbounds(builder, place, 0, i), part), i)
    return value


@intrinsic
def by_reference(typing, arrays):
    """The address of a named tuple of arrays, in the frame of the kernel that calls this."""

    def lower(context, builder, signature, arguments):
        place = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(place, cgutils.voidptr_t)

    return Reference(arrays)(arrays), lower


@intrinsic
def jump(typing, address, s, p, c):
    """Call the action at an address."""

    def lower(context, builder, signature, arguments):
        place, state, record, cluster = arguments
        byte = cgutils.voidptr_t
        kind = ir.FunctionType(ir.VoidType(), [byte, byte, ir.IntType(64)])
        action = builder.inttoptr(place, kind.as_pointer())
        builder.call(action, [builder.bitcast(state, byte), builder.bitcast(record, byte), cluster])
        return context.get_dummy_value()

    return types.void(types.int64, s, p, types.int64), lower
