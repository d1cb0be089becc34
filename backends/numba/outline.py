"""Lines as a function of their own, and its call; equal functions are one."""

from __future__ import annotations

import ast
import builtins

from broadax.backends.numba.names import RESERVED
from broadax.backends.numba.places import Placed

RAISING = ("raise ", "call_out", *(f"{n}(" for n in ("take", "divide", "remainder", "domain", "in_range")))
FREE = frozenset({*dir(builtins), "np", "math", "fast", "objmode"})


class Outlined:
    """The functions cut out of one function.

    Attributes:
        texts: their definitions, in the order in which they were made; `lines` the same as lines.
    """

    def __init__(self, names, helpers: set, standalone: bool):
        self.names, self.helpers, self.standalone = names, helpers, standalone
        self.texts: list[str] = []
        self.lines: list[list[str]] = []
        self.known: dict[str, str] = {}

    def call(self, lines: list[str], defined: set[str]) -> str:
        """The statement that calls the function which these lines make up.

        Args:
            lines: a body, indented by one level.
            defined: the names that may be read after it.
        """
        name, inputs, outs = self.function(lines, defined)
        call = f"{name}({', '.join(inputs)})"
        return f"{', '.join(outs)} = {call}" if outs else call

    def function(self, lines: list[str], defined: set[str], leading=()) -> tuple[str, list[str], list[str]]:
        """The name of the function which these lines make up, what it takes (`leading` first) and gives."""
        tree = ast.parse("def f():\n" + "\n".join(lines)).body[0]
        found = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
        found.sort(key=lambda n: (n.lineno, n.col_offset))
        assigned = {n.id for n in found if isinstance(n.ctx, ast.Store)}
        outs = [n for n in dict.fromkeys(n.id for n in found) if n in defined and n in assigned]
        free = (FREE | self.helpers) - (self.names.taken - RESERVED)
        early = _read_early(tree, outs)
        called = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        names = dict.fromkeys([*leading, *(n.id for n in found)])
        made = set(
            self.known.values()
        )  # passed as an argument, one would keep the module from the disk cache
        inputs = [n for n in names if n in early and n not in free | called | made]
        return self._function(tree, lines, inputs, outs, assigned), inputs, outs

    def _function(self, tree, lines, inputs, outs, assigned) -> str:
        every = dict.fromkeys([*inputs, *sorted(assigned, key=_first(tree))])
        order = {n: f"v{k}" for k, n in enumerate(every)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = order.get(node.id, node.id)
        apart = [] if self.standalone else self.names.apart(lines)
        groups = [[order.get(n, n) for n in group] for group in apart]
        key = ast.unparse(tree) + f"{len(inputs)} -> {[order[n] for n in outs]}{_raising(lines)}{groups}"
        if key not in self.known:
            name = self.known[key] = self.names.fresh(f"{outs[0] if outs else 'update'}_nest")
            end = [f"    return {', '.join(outs)}"] if outs else []
            start = [] if self.standalone else ["    fast.not_inlined()"]
            options = "nested" if self.standalone else "fast.nested"
            head = [f"@njit(**{options})", *apart_text(apart), f"def {name}({', '.join(inputs)}):"]
            self.lines.append([*head, *start, *lines, *end])
            self.texts.append("\n".join(self.lines[-1]))
        return self.known[key]


def apart_text(groups: list[list[str]]) -> list[str]:
    """The decorator that says which arrays share no memory."""
    texts = [f'"{" ".join(names)}"' for names in groups]
    return [f"@fast.apart({', '.join(texts)})"] if groups else []


def _raising(lines: list[str]) -> str:
    """The places of what may raise an error: functions that differ in them are not the same."""
    places = [
        line.loc for line in lines if isinstance(line, Placed) and any(word in line for word in RAISING)
    ]
    return "".join(f" {loc.file}:{loc.line}:{loc.col}" for loc in places if loc is not None)


def _read_early(tree, outs=()) -> set[str]:
    """The names that may be read before they are assigned; `outs` are read at the end."""
    found: set[str] = set()
    assigned: set[str] = set()
    _visit(tree.body, assigned, found)
    return found | set(outs) - assigned


def _visit(nodes: list, assigned: set[str], found: set[str]) -> None:
    """Find what these nodes, in order, may read before it is assigned; add what they surely assign."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                assigned.add(name)
            case ast.Name(id=name):
                found.update({name} - assigned)
            case ast.If():
                _visit([node.test], assigned, found)
                sides = set(assigned), set(assigned)
                _visit(node.body, sides[0], found)
                _visit(node.orelse, sides[1], found)
                assigned |= sides[0] & sides[1]
            case ast.For() | ast.While():
                _visit([node.iter] if isinstance(node, ast.For) else [node.test], assigned, found)
                inside = set(assigned)  # the loop may have no turn
                _visit([node.target, *node.body] if isinstance(node, ast.For) else node.body, inside, found)
                if isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
                    assigned |= _until_break(node.body)
            case ast.ListComp() | ast.GeneratorExp():
                _visit(_in_order(node), set(assigned), found)
            case _:
                _visit(_in_order(node), assigned, found)


def _until_break(body: list) -> set[str]:
    """What the statements of a `while True:` assign for sure before it can be left."""
    assigned: set[str] = set()
    for stmt in body:
        if any(isinstance(n, ast.Break) for n in ast.walk(stmt)):
            break
        _visit([stmt], assigned, set())
    return assigned


def _in_order(node) -> list:
    """What a node consists of, in the order in which it is evaluated."""
    match node:
        case ast.Assign():
            return [node.value, *node.targets]
        case ast.AugAssign(target=ast.Name(id=name)):
            return [ast.Name(name, ast.Load()), node.value, node.target]
        case ast.comprehension():
            return [node.iter, node.target, *node.ifs]
        case ast.ListComp() | ast.GeneratorExp():
            return [*node.generators, node.elt]
    return list(ast.iter_child_nodes(node))


def _first(tree):
    """Sort key: where a name stands first."""
    places: dict[str, tuple] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            place = (node.lineno, node.col_offset)
            places[node.id] = min(place, places.get(node.id, place))
    return places.get
