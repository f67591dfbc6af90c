"""Put the functions of a changed module in place of those of the imported one.

Functions keep their identity and get new code, so whoever has imported them runs the change. A
change outside of functions takes effect only in an import.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

Pair = tuple[CodeType, CodeType]


class NeedsImport(Exception):
    """The change is outside of functions."""


def changed_functions(source: str, mutated: str, path: str) -> list[Pair]:
    """Return the code of each changed function before and after; the innermost are in others."""
    before, after = (compile(text, path, "exec", dont_inherit=True) for text in (source, mutated))
    return list(_changed(before, after))


def _changed(before: CodeType, after: CodeType) -> Iterator[Pair]:
    """Compare the code of two modules or classes."""
    if _own(before) != _own(after):
        raise NeedsImport
    for one, other in zip(_nested(before), _nested(after), strict=True):
        if _whole(one) == _whole(other):
            continue
        if not one.co_flags & inspect.CO_OPTIMIZED:
            yield from _changed(one, other)
        elif one.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
            raise NeedsImport
        else:
            yield one, other


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Return what a code object does, without its lines and without the code in it."""
    constants = [
        constant.co_name if isinstance(constant, CodeType) else (type(constant), repr(constant))
        for constant in code.co_consts
    ]
    names = (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
    arguments = (code.co_argcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_code, code.co_exceptiontable, constants, names, arguments


def _whole(code: CodeType) -> tuple[object, ...]:
    return _own(code), [_whole(one) for one in _nested(code)]


def imported_functions() -> list[FunctionType]:
    """Return all functions of this process, and leave them alone in garbage collection.

    Otherwise each fork would copy the memory of all objects when it collects.
    """
    functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
    gc.collect()
    gc.freeze()
    return functions


def functions_with(
    functions: list[FunctionType], pairs: list[Pair]
) -> list[tuple[FunctionType, CodeType]]:
    """Return the functions that have the code before a change, each with its code after it."""
    listed = []
    for before, after in pairs:
        matching = [
            function
            for function in functions
            if function.__code__.co_filename == before.co_filename and function.__code__ == before
        ]
        if not matching or after.co_freevars != before.co_freevars:
            raise NeedsImport
        listed += [(function, after) for function in matching]
    return listed
