"""The changes that are possible in the source text of a module.

Cosmic Ray changes Python: operators, comparisons, numbers, loops, exceptions, decorators. It does
not know SQL, and never removes a statement or one operand of a condition: these are added here.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Position = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """One possible change: its place (line and column, both from 1 and 0), and how to make it.

    Either `text` replaces the source between `start` and `end`, or Cosmic Ray's operator makes it.
    """

    start: Position
    end: Position
    operator: str
    number: int = 0
    text: str | None = None

    def apply(self, source: str) -> str:
        if self.text is None:
            return _cosmic_ray_source(source, self.operator, self.number)
        lines = source.splitlines(keepends=True)
        before = "".join(lines[: self.start[0] - 1]) + lines[self.start[0] - 1][: self.start[1]]
        after = lines[self.end[0] - 1][self.end[1] :] + "".join(lines[self.end[0] :])
        return before + self.text + after


def changes(source: str, cosmic_ray: bool = True) -> list[Change]:
    """List the changes of a module that its tests can be expected to notice."""
    tree = ast.parse(source)
    skipped = list(_skipped(tree))
    listed = [*_sql_changes(source), *_python_changes(source, tree)]
    if cosmic_ray:
        listed += _cosmic_ray_changes(source)
    return [
        change
        for change in listed
        if not any(start <= change.start < end for start, end in skipped)
    ]


# Arguments that save memory or time, or guard against faults in other code.
GUARDS = frozenset({"frozen", "gc", "maxsize", "slots"})


def _skipped(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    """Find the parts without effect: annotations, type checking, arguments that are only guards."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                parts = [node.returns]
            case ast.arg() | ast.AnnAssign():
                parts = [node.annotation]
            case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.Expr(value=ast.Constant()):
                parts = [node]
            case ast.keyword(arg=name) if name in GUARDS:
                parts = [node.value]
            case ast.Call(func=ast.Name("zip")):
                parts = [keyword.value for keyword in node.keywords]
            case ast.Call(func=ast.Name("cast")):
                parts = [node.args[0]]
        yield from (_span(part) for part in parts if part is not None)


def _span(node: Any) -> tuple[Position, Position]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


# Each pattern is replaced by each of its texts.
SQL_CHANGES = [
    (r" <= ", [" < ", " > "]),
    (r" >= ", [" > ", " < "]),
    (r" < ", [" <= ", " >= "]),
    (r" > ", [" >= ", " <= "]),
    (r" = (?!excluded)", [" <> "]),
    (r" (?:<>|!=|IS NOT) ", [" IS "]),
    (r" IS (?!NOT|NULL)", [" IS NOT "]),
    (r"\bIS NULL\b", ["IS NOT NULL"]),
    (r"\bIS NOT NULL\b", ["IS NULL"]),
    (r"\bAND\b", ["OR"]),
    (r"\bOR\b(?! IGNORE| REPLACE)", ["AND"]),
    (r"\bNOT (?=EXISTS|IN\b)", [""]),
    (r" DESC\b", [""]),
    (r"\bDISTINCT ", [""]),
    (r"\bmin\(", ["max("]),
    (r"\bmax\(", ["min("]),
    (r"\bUNION ALL\b", ["UNION"]),
    (r"\bLEFT JOIN\b", ["JOIN"]),
    (r"\bINTERSECT\b", ["UNION"]),
    (r"\bEXCEPT\b", ["UNION"]),
]
SQL = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|AND|OR|ORDER BY|IS NULL|CHECK|DELETE|UPDATE)\b")


def _sql_changes(source: str) -> Iterator[Change]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.STRING or not SQL.search(token.string):
            continue
        for pattern, texts in SQL_CHANGES:
            for match in re.finditer(pattern, token.string):
                start = _position(token.start, token.string[: match.start()])
                end = _position(token.start, token.string[: match.end()])
                for number, text in enumerate(texts):
                    yield Change(start, end, f"sql/{pattern}", number, text)


def _position(start: Position, text: str) -> Position:
    """Move a position behind the text that begins there."""
    lines = text.count("\n")
    if lines:
        return start[0] + lines, len(text) - text.rindex("\n") - 1
    return start[0], start[1] + len(text)


def _python_changes(source: str, tree: ast.Module) -> Iterator[Change]:
    lines = source.splitlines()

    def change(node: Any, operator: str, text: str) -> Change:
        # The columns of `ast` count bytes.
        places = [
            (line, len(lines[line - 1].encode()[:column].decode())) for line, column in _span(node)
        ]
        return Change(places[0], places[1], operator, 0, text)

    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            neutral = "True" if isinstance(node.op, ast.And) else "False"
            yield from (change(operand, "drop operand", neutral) for operand in node.values)
        elif isinstance(node, ast.comprehension):
            yield from (change(condition, "drop filter", "True") for condition in node.ifs)
        elif isinstance(node, ast.Raise | ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            yield change(node, "drop statement", "pass")


def has_cosmic_ray() -> bool:
    return importlib.util.find_spec("cosmic_ray") is not None


# Of Cosmic Ray's 213 operators: not those at random, and of arithmetic one replacement each.
OPERATORS = re.compile(
    r"ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Add|Div_Mul|FloorDiv_Mul|Mod_FloorDiv|Pow_Mul"
    r"|RShift_LShift|LShift_RShift|BitOr_BitAnd|BitAnd_BitOr|BitXor_BitAnd)"
    r"|ReplaceComparisonOperator_(Is_IsNot|IsNot_Is|(Eq|NotEq|Lt|LtE|Gt|GtE)_(Eq|NotEq|Lt|LtE|Gt|GtE))"
    r"|ReplaceUnaryOperator_(Delete_.*|USub_UAdd)"
    r"|AddNot|Replace(TrueWithFalse|FalseWithTrue|AndWithOr|OrWithAnd)"
    r"|Replace(BreakWithContinue|ContinueWithBreak)|ExceptionReplacer|NumberReplacer"
    r"|RemoveDecorator|ZeroIterationForLoop"
)


def _cosmic_ray_changes(source: str) -> Iterator[Change]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.operators.provider import OperatorProvider

    provider = OperatorProvider()
    operators = {name: provider[name]() for name in provider if OPERATORS.fullmatch(name)}
    counts = dict.fromkeys(operators, 0)
    for node in ast_nodes(get_ast(source)):
        for name, operator in operators.items():
            for start, end in operator.mutation_positions(node):
                yield Change(start, end, name, counts[name])
                counts[name] += 1


def _cosmic_ray_source(source: str, name: str, number: int) -> str:
    """Apply the change of an operator that has this number among all of its changes."""
    from cosmic_ray.ast import Visitor, get_ast
    from cosmic_ray.operators.provider import OperatorProvider

    class Mutation(Visitor):  # type: ignore[misc]
        operator = OperatorProvider()[name]()
        seen = 0

        def visit(self, node: Any) -> Any:
            positions: Iterable[object] = list(self.operator.mutation_positions(node))
            for index, _ in enumerate(positions):
                self.seen += 1
                if self.seen == number + 1:
                    return self.operator.mutate(node, index)
            return node

    return str(Mutation().walk(get_ast(source)).get_code())
