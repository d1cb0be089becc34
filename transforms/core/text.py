"""Core as text: valid Python, one primitive per line, with types and the user's lines as comments."""

from __future__ import annotations

from broadax.transforms.core.sizes import Size
from broadax.transforms.core.statements import Block, Effect, For, Function, If, Lit, Op, Stmt, Var, While

INDENT = "    "


def core_text(function: Function) -> str:
    """The source of a Core function.

    def f(x):  # f64[n]
        n = x.shape[0]
        y = sin(x)  # f64[n]  model.py:2
        return y
    """
    params = ", ".join(p.name for p in function.params)
    types = ", ".join(str(p.aval) for p in function.params)
    lines = [f"def {function.name}({params}):  # {types}"]
    lines += [f"{INDENT}{v.name} = {p.name}.shape[{axis}]" for v, p, axis in function.sizes]
    lines += _block(function.body, 1)
    lines.append(f"{INDENT}return {_results(function.body.results)}")
    return "\n".join(lines) + "\n"


def _results(atoms) -> str:
    return ", ".join(atom_text(a) for a in atoms) + ("," if len(atoms) == 1 else "") if atoms else "()"


def atom_text(atom) -> str:
    if isinstance(atom, Lit):
        return repr(atom.value) if atom.aval.weak else f"{atom.aval.dtype.name}({atom.value!s})"
    return atom.name


def param_text(value) -> str:
    """A static parameter as a Python expression."""
    if isinstance(value, Size):
        return str(value)
    if isinstance(value, tuple):
        return f"({', '.join(param_text(v) for v in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, type):
        return value.__name__
    return repr(value) if isinstance(value, (str, int, float, complex, type(None))) else f"'{value}'"


def _assign(targets, atoms) -> list[str]:
    return [f"{t.name} = {atom_text(a)}" for t, a in zip(targets, atoms, strict=True)]


def _block(block: Block, depth: int) -> list[str]:
    return [line for stmt in block.stmts for line in stmt_lines(stmt, depth)]


def _where(stmt: Stmt) -> str:
    return f"  {stmt.loc}" if stmt.loc else ""


def stmt_lines(stmt: Stmt, depth: int = 0) -> list[str]:
    """The lines of one statement."""
    pad = INDENT * depth
    match stmt:
        case Op() | Effect():
            keywords = [f"{k}={param_text(v)}" for k, v in stmt.params.items()]
            name = stmt.prim.name if isinstance(stmt, Op) else stmt.kind
            call = f"{name}({', '.join([*map(atom_text, stmt.args), *keywords])})"
            types = ", ".join(str(v.aval) for v in stmt.outs)
            target = f"{', '.join(v.name for v in stmt.outs)} = " if stmt.outs else ""
            return [f"{pad}{target}{call}  # {types}{_where(stmt)}"]
        case If():
            return [
                f"{pad}if {atom_text(stmt.cond)}:  #{_where(stmt)}",
                *_branch(stmt.then, stmt.outs, depth + 1),
                f"{pad}else:",
                *_branch(stmt.orelse, stmt.outs, depth + 1),
            ]
        case For():
            bounds = ", ".join(atom_text(a) for a in (stmt.lo, stmt.hi, stmt.step))
            return [
                *(pad + line for line in _assign(stmt.carries, stmt.init)),
                f"{pad}for {stmt.index.name} in range({bounds}):  #{_where(stmt)}",
                *_branch(stmt.body, stmt.carries, depth + 1),
                *(pad + line for line in _assign(stmt.outs, stmt.carries)),
            ]
        case While():
            inner = INDENT * (depth + 1)
            return [
                *(pad + line for line in _assign(stmt.carries, stmt.init)),
                f"{pad}while True:  #{_where(stmt)}",
                *_block(stmt.cond, depth + 1),
                f"{inner}if not {atom_text(stmt.cond.results[0])}: break",
                *_branch(stmt.body, stmt.carries, depth + 1),
                *(pad + line for line in _assign(stmt.outs, stmt.carries)),
            ]
    raise TypeError(stmt)


def _branch(block: Block, targets, depth: int) -> list[str]:
    """A block that ends by assigning its results; simultaneous where one is also a target."""
    pad = INDENT * depth
    lines = _block(block, depth)
    if any(isinstance(a, Var) and a in targets for a in block.results) and len(targets) > 1:
        left = ", ".join(t.name for t in targets)
        lines.append(f"{pad}{left} = {', '.join(map(atom_text, block.results))}")
    else:
        lines += [pad + line for line in _assign(targets, block.results)]
    return lines or [f"{pad}pass"]
