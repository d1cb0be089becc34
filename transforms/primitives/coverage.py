"""Which primitive has which rule, and why it does not have the others."""

from __future__ import annotations

from broadax.transforms import primitives  # noqa: F401  (declares them)
from broadax.transforms.primitives.registry import TABLE, Primitive

RULES = ("derivative", "batch", "numpy", "numba")


def has_rule(prim: Primitive, rule: str) -> bool:
    """Does a primitive have a rule, of its own or by its kind?"""
    match rule, prim.kind:
        case "derivative", "elementwise":
            return bool(prim.partials or prim.maps)
        case "derivative", "linear":
            return callable(prim.transposes) or all(
                k in prim.transposes or k in prim.accumulate for k in prim.linear
            )
        case "derivative", "bilinear":
            return all(k in prim.transposes for k in prim.linear)
        case "derivative", "structured":
            return prim.jvp is not None and bool(prim.vjp)
        case "derivative", "constant":
            return True
        case "batch", "elementwise":
            return True
        case "numba", kind if kind != "elementwise":
            return True
    return bool(getattr(prim, rule))


def holes() -> list[tuple[str, str]]:
    """(primitive, rule) for each rule that is missing without a reason."""
    return [
        (name, rule)
        for name, prim in sorted(TABLE.items())
        for rule in RULES
        if not has_rule(prim, rule) and rule not in prim.why_not
    ]


def coverage() -> str:
    """A table of primitives and rules, with the reasons for what is missing below it."""
    width = max(map(len, TABLE))
    lines = [f"{'primitive':{width}}  {'kind':11}  " + "  ".join(f"{r:10}" for r in RULES).rstrip()]
    reasons = []
    for name, prim in sorted(TABLE.items()):
        marks = []
        for rule in RULES:
            missing = not has_rule(prim, rule)
            marks.append("-" if missing else "yes")
            if missing:
                reasons.append(f"{name}, {rule}: {prim.why_not.get(rule, 'missing')}")
        lines.append(f"{name:{width}}  {prim.kind:11}  " + "  ".join(f"{m:10}" for m in marks).rstrip())
    return "\n".join([*lines, "", *reasons])
