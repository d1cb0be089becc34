"""Calls of Python functions from compiled code: `pure_callback`."""

from __future__ import annotations

from broadax.runtime.callbacks import CallOut
from broadax.runtime.errors import UnsupportedError
from broadax.transforms.core.avals import Aval
from broadax.transforms.core.expression import apply
from broadax.transforms.interface import Leaf, Node, Static
from broadax.transforms.primitives.registry import structured

NO_DERIVATIVE = (
    "a Python function is called, whose derivative is not known; give the function that calls it a rule "
    "with custom_jvp or custom_vjp, or use stop_gradient on its arguments"
)


def _infer(*xs, call, shapes, dtypes):
    avals = tuple(Aval(d, s) for s, d in zip(shapes, dtypes, strict=True))
    return avals if len(avals) != 1 else avals[0]


def _impl(*xs, call: CallOut, shapes, dtypes):
    found = call(xs, shapes, dtypes)
    return found if len(found) != 1 else found[0]


def _batch(size, batched, *args, call: CallOut, shapes, dtypes):
    """One call for all examples: its arguments get a leading axis, of length 1 where all share them."""
    if call.method is None:
        raise UnsupportedError(
            f"pure_callback: {call.name} is called under vmap, but vmap_method is None",
            instead="pass vmap_method: 'sequential', 'expand_dims' or 'broadcast_all'",
        )
    length = size if call.method == "broadcast_all" else 1
    given = [x if there else _lifted(x, length) for x, there in zip(args, batched, strict=True)]
    return apply("pure_callback", *given, call=call, shapes=tuple((size, *s) for s in shapes), dtypes=dtypes)


def _lifted(x, length):
    if x.ndim:
        return apply("copy", apply("broadcast_to", x, shape=(length, *x.shape)))
    return apply("full", x, shape=(length,))


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def readable(call: CallOut) -> bool:
    """Can the call be written as the user wrote it? Else the text has the flat operands."""
    args, kwargs, result = call.places
    return _writable(args) and _writable(kwargs) and (isinstance(result, Leaf) or _row(result))


def _writable(tree) -> bool:
    if isinstance(tree, Static):
        return type(tree.value) in (int, float, bool, str, type(None))
    return isinstance(tree, Leaf) or (
        tree.kind in ("tuple", "list", "dict")
        and all(map(_writable, tree.children))
        and all(isinstance(k, str) for k in tree.keys)
    )


def _row(tree) -> bool:
    flat = isinstance(tree, Node) and tree.kind in ("tuple", "list") and len(tree.children) > 1
    return flat and all(isinstance(child, Leaf) for child in tree.children)


def _text(args, params, out, text) -> str:
    call: CallOut = params["call"]
    shapes = [f"({', '.join(map(text, s))}{',' if len(s) == 1 else ''})" for s in params["shapes"]]
    names = [d.name for d in params["dtypes"]]
    if not readable(call):
        items = ", ".join(args) + ("," if len(args) == 1 else "")
        flat = f"{call.name}(({items}), [{', '.join(shapes)}], {names})"
        return flat if len(names) != 1 else f"{flat}[0]"
    given, named, result = call.places
    declared = [f"ShapeDtypeStruct({s}, {n!r})" for s, n in zip(shapes, names, strict=True)]
    parts = [call.name, _tree(result, declared), *(_tree(c, args) for c in given.children)]
    parts += [f"{k}={_tree(c, args)}" for k, c in zip(named.keys, named.children, strict=True)]
    return f"pure_callback({', '.join(parts)})"


def _tree(tree, texts) -> str:
    if isinstance(tree, Leaf):
        return texts[tree.index]
    if isinstance(tree, Static):
        return repr(tree.value)
    parts = [_tree(c, texts) for c in tree.children]
    if tree.kind == "dict":
        return "{" + ", ".join(f"{k!r}: {v}" for k, v in zip(tree.keys, parts, strict=True)) + "}"
    inner = ", ".join(parts)
    return f"[{inner}]" if tree.kind == "list" else f"({inner}{',' if len(parts) == 1 else ''})"


for _name, _more in (
    ("pure_callback", {"batch": _batch, "why_not": {"derivative": NO_DERIVATIVE}}),
    (
        "callback_each",  # with vmap_method="sequential"
        {"why_not": {"derivative": NO_DERIVATIVE, "batch": "it is called for one example at a time"}},
    ),
):
    structured(_name, infer=_infer, impl=_impl, numpy=_text, **_more)
