"""The face of a generated function: its signature, how parameters come apart, how results go together."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import UnsupportedError
from broadax.transforms.interface import Interface, Leaf, Node, Parameter, Static, leaves
from broadax.transforms.pretty.literals import number_text

SMALL = 16  # a hidden array of up to so many elements is written out as its default


def signature(interface: Interface) -> str:
    """The `def` line."""
    parts, starred = [], False
    for p in interface.params:
        if p.kind != "positional" and not starred:
            parts.append("*")
            starred = True
        parts.append(p.name + _default(p))
    return f"def {interface.name}({', '.join(parts)}):"


def _default(p: Parameter) -> str:
    if p.kind != "hidden" or p.default is None:
        return ""
    text = default_text(p.default)
    return f"={text}" if text else ""


def default_text(value) -> str:
    """A number or a small array as an expression; empty for anything else."""
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return number_text(value).text
    if isinstance(value, np.ndarray) and value.size <= SMALL and value.dtype.kind in "biufc":
        if value.dtype.kind in "fc" and not np.all(np.isfinite(value)):
            return ""
        plain = np.array(value.tolist()).dtype == value.dtype and value.size
        return f"np.array({value.tolist()!r}{'' if plain else f', dtype=np.{value.dtype.name}'})"
    return ""


def unpack(interface: Interface, name_of) -> list[str]:
    """The statements that take structured parameters apart.

    Args:
        name_of: flat parameter → the name of its variable, or None where nobody reads it.
    """
    lines: list[str] = []
    for p in interface.params:
        if isinstance(p.tree, Leaf):
            name = name_of(p.tree.index)
            if name is not None and name != p.name:
                lines.append(f"{name} = {p.name}")
        else:
            lines += _take_apart(p.tree, p.name, name_of)
    return lines


def _take_apart(tree, path: str, name_of) -> list[str]:
    used = [name_of(leaf.index) for leaf in leaves(tree)]
    if not any(used) or isinstance(tree, Static):
        return []
    if isinstance(tree, Leaf):
        return [f"{used[0]} = {path}"]
    if _is_pattern(tree) and sum(n is not None for n in used) * 3 > len(used):
        text = f"{_pattern(tree, name_of)} = {path}"
        if len(text) <= 90:
            return [text]
    lines: list[str] = []
    for key, child in zip(_accesses(tree), tree.children, strict=True):
        lines += _take_apart(child, path + key, name_of)
    return lines


def _accesses(node: Node) -> list[str]:
    if node.kind in ("tuple", "list"):
        return [f"[{k}]" for k in range(len(node.children))]
    if node.kind == "dict":
        return [f"[{_key_text(k)}]" for k in node.keys]
    if node.kind in ("namedtuple", "dataclass"):
        return [f".{k}" for k in node.keys]
    raise UnsupportedError(
        f"source that stands by itself can't take a {_class_name(node)} apart",
        instead="pass a tuple, a dictionary or a dataclass",
    )


def _is_pattern(tree) -> bool:
    if isinstance(tree, Node):
        return tree.kind in ("tuple", "list") and all(map(_is_pattern, tree.children))
    return True


def _pattern(tree, name_of, outer: bool = True) -> str:
    if isinstance(tree, Leaf):
        return name_of(tree.index) or "_"
    if isinstance(tree, Static):
        return "_"
    parts = [_pattern(child, name_of, False) for child in tree.children]
    text = ", ".join(parts) + ("," if len(parts) == 1 else "")
    return text if outer else f"({text})"


# ── results ───────────────────────────────────────────────────────────────────────────────────────


def change_lines(interface: Interface, texts: dict[int, str]) -> list[str]:
    """What the function changes of its caller's containers, `params["w"] = w`."""
    lines = []
    for change in interface.changes:
        place = interface.params[change.path[0]].name
        for kind, key in (*change.path[1:], change.step):
            place += "[:]" if kind == "all" else f"[{_key_text(key)}]" if kind == "item" else f".{key}"
        lines.append(f"del {place}" if change.tree is None else f"{place} = {rebuild(change.tree, texts)}")
    return lines


def rebuild(tree, texts: dict[int, str], outer: bool = True) -> str:
    """The expression that a function returns.

    Args:
        texts: flat result → its expression.

    Raises:
        UnsupportedError: a part of the result can't be written as an expression.
    """
    if isinstance(tree, Leaf):
        return texts[tree.index]
    if isinstance(tree, Static):
        return _static_text(tree.value)
    if tree.kind == "rows":
        return _rows(tree, texts)
    parts = [rebuild(child, texts, False) for child in tree.children]
    match tree.kind:
        case "tuple":
            text = ", ".join(parts) + ("," if len(parts) == 1 else "")
            return text if outer and parts else f"({text})"
        case "list":
            return f"[{', '.join(parts)}]"
        case "dict":
            return (
                "{" + ", ".join(f"{_key_text(k)}: {v}" for k, v in zip(tree.keys, parts, strict=True)) + "}"
            )
        case "namedtuple" | "dataclass":
            return (
                f"{_class_name(tree)}({', '.join(f'{k}={v}' for k, v in zip(tree.keys, parts, strict=True))})"
            )
    raise UnsupportedError(
        f"source that stands by itself can't make a {_class_name(tree)}",
        instead="return a tuple, a dictionary or a dataclass",
    )


def _rows(tree: Node, texts: dict[int, str]) -> str:
    """A list with an item for each row of some arrays."""
    (item,) = tree.children
    indices = [leaf.index for leaf in leaves(item)]
    columns = [
        f"{_operand(texts[k])}.tolist()" if plain else texts[k]
        for k, plain in zip(indices, tree.keys, strict=True)
    ]
    if isinstance(item, Leaf):
        return columns[0] if tree.keys[0] else f"list({columns[0]})"
    names = [f"item_{n}" for n in range(len(indices))] if len(indices) > 1 else ["item"]
    source = f"zip({', '.join(columns)})" if len(columns) > 1 else columns[0]
    made = rebuild(item, dict(zip(indices, names, strict=True)), False)
    return f"[{made} for {', '.join(names)} in {source}]"


def _operand(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"({text})"


def _key_text(key) -> str:
    return (
        f'"{key}"' if isinstance(key, str) and key.isprintable() and not set(key) & set('"\\') else repr(key)
    )


def _static_text(value) -> str:
    if isinstance(value, str):
        return _key_text(value)
    if value is None or value is Ellipsis or isinstance(value, (bool, int, float, complex, bytes)):
        return repr(value)
    if isinstance(value, (tuple, list, dict, set, frozenset)) and not value:
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_static_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.dtype):
        return f'np.dtype("{value.name}")'
    raise UnsupportedError(f"source that stands by itself can't return {value!r}")


def _class_name(node: Node) -> str:
    return node.cls.__name__ if node.cls else node.kind


def classes(tree) -> dict[type, Node]:
    """The named tuples and dataclasses that a tree is made of, inner ones first."""
    found: dict[type, Node] = {}
    if isinstance(tree, Node):
        for child in tree.children:
            found.update(classes(child))
        if tree.kind in ("namedtuple", "dataclass"):
            found.setdefault(tree.cls, tree)
    return found


def class_lines(node: Node) -> list[str]:
    """A class of the same fields, for source that stands by itself."""
    name = _class_name(node)
    if node.kind == "namedtuple":
        fields = ", ".join(f'"{k}"' for k in node.keys)
        return [f'{name} = namedtuple("{name}", [{fields}])']
    return ["@dataclass", f"class {name}:", *(f"    {k}: object" for k in node.keys)]
