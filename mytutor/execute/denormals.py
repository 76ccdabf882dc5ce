"""Denormal numbers taken as zero while compiled code runs, as torch and XLA can do it.

Below the smallest normal number, 1.2e-38 in single precision, a processor may need a hundred times
as long for an operation. Moments of a gradient that stays zero decay to such numbers.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, Volume 1, Section 10.2.3, on
the MXCSR register; PyTorch's ``set_flush_denormal``.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["flushing"]

FLUSH = 0x8040
"""Bit 15 of the register, flush to zero, and bit 6, denormals are zeros."""


def flushing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A compiled function, with denormals taken as zero while it runs; on x86-64 only."""
    import numba

    if platform.machine() not in ("x86_64", "AMD64"):
        return function
    get, put = _register()

    @numba.njit(nogil=True)
    def run(*arguments: Any) -> Any:
        before = get()
        put(before | FLUSH)
        result = function(*arguments)
        put(before)
        return result

    return run


@cache
def _register() -> tuple[Any, Any]:
    """Functions for compiled code that read and write what controls floating-point arithmetic."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    number, address = ir.IntType(32), ir.IntType(8).as_pointer()

    def call(builder: Any, name: str, place: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [address])
        function = builder.module.declare_intrinsic(name, (), kind)
        builder.call(function, [builder.bitcast(place, address)])

    @intrinsic
    def get(context: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = builder.alloca(number)
            call(builder, "llvm.x86.sse.stmxcsr", place)
            return builder.load(place)

        return types.uint32(), code

    @intrinsic
    def put(context: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = builder.alloca(number)
            builder.store(arguments[0], place)
            call(builder, "llvm.x86.sse.ldmxcsr", place)
            return context.get_dummy_value()

        return types.void(types.uint32), code

    return get, put
