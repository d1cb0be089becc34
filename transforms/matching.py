"""`match` as `if` and `elif`: values, alternatives, sequences of known length, names and guards."""

from __future__ import annotations

import gast

SUBJECT = "match_subject_"  # of the name that holds what is matched; its line follows


class _Unknown(Exception):
    """A pattern that has no such form."""


class Matches(gast.NodeTransformer):
    """Writes each `match` whose patterns are known as ifs; the others stay."""

    def visit_Match(self, node):  # noqa: N802
        self.generic_visit(node)
        name = f"{SUBJECT}{node.lineno}"
        try:
            chain = _chain(node.cases, name, node)
        except _Unknown:
            return node
        return [_placed(gast.Assign([_name(name, gast.Store())], node.subject, None), node), *chain]


def _chain(cases: list, name: str, place) -> list:
    if not cases:
        return []
    first, *others = cases
    pattern = first.pattern
    tests = _tests(pattern, _name(name, gast.Load()), pattern)
    tests += [first.guard] if first.guard is not None else []
    if not tests:
        return first.body
    test = tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)
    return [_placed(gast.If(_placed(test, pattern), first.body, _chain(others, name, place)), pattern)]


def _tests(pattern, subject, place) -> list:
    """Conditions that hold together where the pattern matches; they bind its names."""
    match pattern:
        case gast.MatchValue():
            return [gast.Compare(subject, [gast.Eq()], [pattern.value])]
        case gast.MatchSingleton():
            return [gast.Compare(subject, [gast.Is()], [_constant(pattern.value)])]
        case gast.MatchOr():
            each = [_tests(p, subject, place) for p in pattern.patterns]
            sides = [gast.BoolOp(gast.And(), [*t, _constant(True)]) for t in each]
            return [gast.BoolOp(gast.Or(), sides)]
        case gast.MatchAs():
            inner = _tests(pattern.pattern, subject, place) if pattern.pattern is not None else []
            return [*inner, _bound(pattern.name, subject)] if pattern.name else inner
        case gast.MatchSequence() if not any(isinstance(p, gast.MatchStar) for p in pattern.patterns):
            count = gast.Call(_constant(len), [subject], [])
            tests = [
                gast.Call(_constant(isinstance), [subject, _constant((tuple, list))], []),
                gast.Compare(count, [gast.Eq()], [_constant(len(pattern.patterns))]),
            ]
            for k, part in enumerate(pattern.patterns):
                tests += _tests(part, gast.Subscript(subject, _constant(k), gast.Load()), place)
            return tests
    raise _Unknown


def _bound(name: str, subject):
    """A condition that is true and binds a name."""
    pair = gast.Tuple([gast.NamedExpr(_name(name, gast.Store()), subject), _constant(True)], gast.Load())
    return gast.Subscript(pair, _constant(1), gast.Load())


def _name(name: str, context):
    return gast.Name(name, context, None, None)


def _constant(value):
    return gast.Constant(value, None)


def _placed(made, place):
    """A new tree whose nodes stand where `place` does, but for those that have a place."""
    for node in gast.walk(made):
        if not hasattr(node, "lineno"):
            gast.copy_location(node, place)
    return made
