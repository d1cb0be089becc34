"""Breaks long lines the way Black does: at brackets and commas, else at the loosest operators."""

from __future__ import annotations

WIDTH = 100
INDENT = "    "
OPEN, CLOSE = "([{", ")]}"
OPERATORS = ((" if ", " else "), (" or ",), (" and ",), (" + ", " - "), (" * ", " / ", " @ ", " // ", " % "))


def wrap(text: str, indent: str) -> list[str]:
    """A statement as lines of at most `WIDTH` columns, where it can be broken."""
    if len(indent) + len(text) <= WIDTH:
        return [indent + text]
    head, body, tail = _parts(text)
    if body[-1:] and body[-1] in CLOSE:
        start = _matching(body)
        if start >= 0 and _calls(body[:start]):
            inner = [p.strip() for p in split(body[start + 1 : -1], (",",)) if p.strip()]
            first = f"{head}{body[: start + 1]}"
            if inner and len(indent) + len(first) <= WIDTH:
                comma = len(inner) > 1 or body[-2] == "," or start > 0 and body[-1] == ")"
                lines = _items(inner, indent + INDENT) if comma and body[-2] != "," else []
                # a comma after the only item of a subscript or a pair of parentheses makes it a tuple
                lines = lines or _each(inner, indent + INDENT, "," if comma else "")
                return [indent + first, *lines, f"{indent}{body[-1]}{tail}"]
    if len(split(f" {body}", (":",))) > 1:  # a slice, a pair of a dict, a lambda: no parentheses around it
        return [indent + text]
    items = [p.strip() for p in split(body, (",",)) if p.strip()]
    if len(items) > 1:
        return [f"{indent}{head}(", *_items(items, indent + INDENT), f"{indent}){tail}"]
    for signs in OPERATORS:
        terms = split(body, signs, keep=True)
        if len(terms) > 1:
            lines = [f"{indent}{head}("]
            lines += [line for term in terms for line in _term(term.strip(), indent + INDENT)]
            return [*lines, f"{indent}){tail}"]
    return [indent + text]


def _term(text: str, indent: str) -> list[str]:
    """The lines of an operand, with the operator in front of it on the first one."""
    word = next((w for signs in OPERATORS for s in signs if text.startswith(w := s.strip() + " ")), "")
    first, *rest = wrap(text[len(word) :], indent)
    return [f"{indent}{word}{first[len(indent) :]}", *rest]


def _items(items: list[str], indent: str) -> list[str]:
    """Arguments on one line if they fit, else each on its own."""
    joined = ", ".join(items)
    if len(indent) + len(joined) <= WIDTH and not any(i.startswith("*") for i in items):
        return [indent + joined]
    return _each(items, indent, ",")


def _each(items: list[str], indent: str, last: str) -> list[str]:
    """Each item on its own lines, with commas between them and `last` after the last one."""
    out = []
    for k, item in enumerate(items):
        lines = wrap(item, indent)
        out += [*lines[:-1], lines[-1] + ("," if k + 1 < len(items) else last)]
    return out


def _parts(text: str) -> tuple[str, str, str]:
    """Statement → what comes before the expression, the expression, what comes after it."""
    tail = ""
    for word in ("for ", "if ", "elif ", "while ", "def "):
        if text.startswith(word) and text.endswith(":"):
            text, tail = text[:-1], ":"
            if word == "for ":
                at = text.index(" in ") + 4
                return text[:at], text[at:], tail
            return (word, text[len(word) :], tail)
    for word in ("return ", "raise ", "assert "):
        if text.startswith(word):
            return word, text[len(word) :], tail
    at = assignment(text)
    return (text[:at], text[at:], tail) if at else ("", text, tail)


def assignment(text: str) -> int:
    """Where the right-hand side of an assignment starts; 0 if it is none."""
    depth, quote = 0, ""
    for k, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[k - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in OPEN:
            depth += 1
        elif c in CLOSE:
            depth -= 1
        elif depth == 0 and text.startswith("= ", k) and text[k - 1] in " +-*/@":
            return k + 2
    return 0


def split(text: str, signs: tuple, keep: bool = False) -> list[str]:
    """Split at separators outside brackets and strings; `keep` leaves each in front of what follows."""
    parts, start, depth, quote, k = [], 0, 0, "", 0
    while k < len(text):
        c = text[k]
        if quote:
            quote = "" if c == quote and text[k - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in OPEN:
            depth += 1
        elif c in CLOSE:
            depth -= 1
        elif depth == 0:
            sign = next((s for s in signs if text.startswith(s, k)), None)
            if sign is not None and k > start:
                parts.append(text[start:k])
                start = k if keep else k + len(sign)
                k += len(sign)
                continue
        k += 1
    return [*parts, text[start:]]


def _matching(text: str) -> int:
    """Where the bracket that the text ends with opens; -1 if not found."""
    depth, quote, stack = 0, "", []
    for k, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[k - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in OPEN:
            stack.append(k)
        elif c in CLOSE:
            depth = stack.pop() if stack else -1
    return depth if not quote else -1


def _calls(head: str) -> bool:
    """Is the text before a bracket nothing, or one function's name or subscripted value?"""
    return all(c.isalnum() or c in "_." for c in head)
