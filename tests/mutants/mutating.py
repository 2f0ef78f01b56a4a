"""Guards of the API and its services, each of which can be taken away in a running process, and put back.

A mutant is a function whose code lacks one statement: an `if` that refuses, a call that checks, a line of the audit
trail. Its code is compiled from the module's own source and set into the function, so nothing is imported again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tests.architecture.rooms import PACKAGE, ROOT

# What refuses: whoever may not, whatever is not theirs, what is tried too often.
_REFUSALS = frozenset({"Forbidden", "NotFound", "Unauthenticated", "Throttled", "OverQuota", "Stale"})
_CHECKS = ("check_", "_check", "require", "hold", "_require", "_within")
_TRAIL = frozenset({"audit", "trail", "trails", "denials"})
_NOTED = "_called_by_a_test"
_WRITES = frozenset({"note", "record", "denied", "_note", "_note_failure"})

# What can be taken away and nothing is worse, and why.
ACCEPTED: dict[str, str] = {"flowlens.services.dead_letters._decide: if … raise NotFound #1": "its row is held already"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` says where and what, and stays the same while the function does; `lines` is where the statement stands."""

    name: str
    module: str
    function: str
    at: int


def sources() -> Iterator[tuple[str, Path]]:
    """Modules that hold guards: services, and the API's own."""
    for file in sorted((PACKAGE / "services").glob("[!_]*.py")):
        yield f"flowlens.services.{file.stem}", file
    for stem in ("deps", "pace"):
        yield f"functions.api.{stem}", ROOT / f"functions/api/{stem}.py"


def mutants() -> Iterator[Mutant]:
    for module, file in sources():
        for name, function in _functions(ast.parse(file.read_text())):
            seen: dict[str, int] = {}
            for at, node in enumerate(ast.walk(function)):
                if what := _guard(node):
                    seen[what] = seen.get(what, 0) + 1
                    yield Mutant(f"{module}.{name}: {what} #{seen[what]}", module, name, at)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _guard(node: ast.AST) -> str:
    """What a statement guards with; empty when it guards nothing."""
    if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise):
        raised = node.body[-1].exc
        said = _called(raised) if isinstance(raised, ast.Call) else ""
        return f"if … raise {said}" if said in _REFUSALS else ""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called, whose = _called(node.value), _whose(node.value)
        if called in _WRITES and (whose in _TRAIL or not whose):
            return f"audit {called}"
        if called.startswith(_CHECKS):
            return f"{called}()"
    return ""


def _called(call: ast.Call) -> str:
    name = call.func
    return name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""


def _whose(call: ast.Call) -> str:
    name = call.func
    return name.value.id if isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name) else ""


class _Without(ast.NodeTransformer):
    def __init__(self, gone: ast.AST) -> None:
        self._gone = gone

    def visit(self, node: ast.AST) -> Any:
        if node is self._gone:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def function_of(mutant: Mutant) -> FunctionType:
    found: Any = import_module(mutant.module)
    for part in mutant.function.split("."):
        found = getattr(found, part)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    if not isinstance(found, FunctionType):
        raise TypeError(f"{mutant.name} is no plain function")
    return found


def code_without(mutant: Mutant) -> CodeType:
    """The function's code, compiled anew without the statement."""
    file = dict(sources())[mutant.module]
    tree = ast.parse(file.read_text())
    function = dict(_functions(tree))[mutant.function]
    gone = list(ast.walk(function))[mutant.at]
    made = ast.fix_missing_locations(_Without(gone).visit(tree))
    return _code(compile(made, str(file), "exec"), mutant.function.split("."))


@contextmanager
def noting(called: set[str]) -> Iterator[None]:
    """Every function with a guard says when it is called, which costs nothing that can be measured."""
    kept: list[tuple[FunctionType, CodeType]] = []
    for module, file in sources():
        tree = ast.parse(file.read_text())
        for name, function in _functions(tree):
            said = f"{_NOTED}.add({f'{module}.{name}'!r})"
            function.body.insert(0, ast.parse(said).body[0])
        made = compile(ast.fix_missing_locations(tree), str(file), "exec")
        for one in {mutant.function: mutant for mutant in mutants() if mutant.module == module}.values():
            function_ = function_of(one)
            kept.append((function_, function_.__code__))
            function_.__globals__[_NOTED] = called
            function_.__code__ = _code(made, one.function.split("."))
    try:
        yield
    finally:
        for function_, code in kept:
            function_.__code__ = code
            function_.__globals__.pop(_NOTED, None)


def _code(outer: CodeType, path: list[str]) -> CodeType:
    for part in path:
        outer = next(one for one in outer.co_consts if isinstance(one, CodeType) and one.co_name == part)
    return outer


@contextmanager
def taken_away(mutant: Mutant) -> Iterator[None]:
    function = function_of(mutant)
    kept = function.__code__
    function.__code__ = code_without(mutant)
    try:
        yield
    finally:
        function.__code__ = kept
