"""`broadax grad FILE.py:FUNC …` and its siblings: the source of a transformed function."""

from __future__ import annotations

import ast
import inspect
import re
from enum import StrEnum
from typing import Annotated

import typer

from broadax.commands import CommandError
from broadax.commands.output import show, write

Backend = StrEnum("Backend", ["numpy", "numba", "pjrt"])
Stage = StrEnum("Stage", ["python", "core", "numba", "stablehlo"])

Target = Annotated[str, typer.Argument(metavar="FILE.py:FUNC", help="The function, by file and name.")]
Args = Annotated[str | None, typer.Option("--args", help="Types of its arguments: 'f64[n], f64[n, 3]'.")]
Argnums = Annotated[str | None, typer.Option(help="The arguments to differentiate: 0, or 0,2.")]
HasAux = Annotated[bool, typer.Option("--has-aux", help="The function returns (value, auxiliary data).")]
InAxes = Annotated[str | None, typer.Option(help="Batch axis of each argument: 0, or '(0, None)'.")]
OutAxes = Annotated[str | None, typer.Option(help="Batch axis of the result.")]
Where = Annotated[Backend | None, typer.Option("--backend", help="Where the source is to run.")]
What = Annotated[Stage | None, typer.Option("--stage", help="python: to read; core: what broadax works on.")]
Out = Annotated[str | None, typer.Option("-o", "--output", help="Write a module instead of printing it.")]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing file.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for name in ("grad", "value_and_grad"):
        app.command(name, help=f"The source of {_NOUNS[name]}.")(_scalar_command(name))
    for name in ("hessian", "jacfwd", "jacrev"):
        app.command(name, help=f"The source of {_NOUNS[name]}.")(_jacobian_command(name))
    for name in ("jvp", "vjp", "jit"):
        app.command(name, help=f"The source of {_NOUNS[name]}.")(_plain_command(name))
    app.command("vmap", help=f"The source of {_NOUNS['vmap']}.")(vmap)
    app.command("codegen", help="The source of any composition of transforms.")(codegen)


_NOUNS = {
    "grad": "a function's gradient",
    "value_and_grad": "a function's value and gradient",
    "hessian": "a function's matrix of second derivatives",
    "jacfwd": "a function's Jacobian, by forward mode",
    "jacrev": "a function's Jacobian, by reverse mode",
    "jvp": "a function's directional derivative (forward mode)",
    "vjp": "a function's product of cotangent and Jacobian (reverse mode)",
    "jit": "a function as broadax compiles it",
    "vmap": "a function over a batch",
}


def _scalar_command(name: str):
    def command(
        target: Target,
        args: Args = None,
        argnums: Argnums = None,
        has_aux: HasAux = False,
        backend: Where = None,
        stage: What = None,
        output: Out = None,
        force: Force = False,
    ) -> None:
        options = _argnums(argnums) | ({"has_aux": True} if has_aux else {})
        generate(target, name, options, args, backend, stage, output, force)

    return command


def _jacobian_command(name: str):
    def command(
        target: Target,
        args: Args = None,
        argnums: Argnums = None,
        backend: Where = None,
        stage: What = None,
        output: Out = None,
        force: Force = False,
    ) -> None:
        generate(target, name, _argnums(argnums), args, backend, stage, output, force)

    return command


def _plain_command(name: str):
    def command(
        target: Target,
        args: Args = None,
        backend: Where = None,
        stage: What = None,
        output: Out = None,
        force: Force = False,
    ) -> None:
        generate(target, name, {}, args, backend, stage, output, force)

    return command


def vmap(
    target: Target,
    args: Args = None,
    in_axes: InAxes = None,
    out_axes: OutAxes = None,
    backend: Where = None,
    stage: What = None,
    output: Out = None,
    force: Force = False,
) -> None:
    """The batched version; --args are the types with the batch axis."""
    texts = {"in_axes": in_axes, "out_axes": out_axes}
    options = {name: _literal(f"--{name.replace('_', '-')}", t) for name, t in texts.items() if t is not None}
    generate(target, "vmap", options, args, backend, stage, output, force)


def codegen(
    target: Target,
    transform: Annotated[str, typer.Option(help="'vmap(grad)', 'grad(argnums=1)', …")],
    args: Args = None,
    backend: Where = None,
    stage: What = None,
    output: Out = None,
    force: Force = False,
) -> None:
    """Any composition of transforms."""
    generate(target, transform, {}, args, backend, stage, output, force)


def generate(
    target: str,
    transform: str,
    options: dict,
    args: str | None,
    backend: Backend | None,
    stage: Stage | None,
    output: str | None,
    force: bool,
) -> None:
    """Load the function, transform it, and print or write its source.

    Raises:
        CommandError, BroadaxError: what was asked can't be done.
    """
    from broadax.commands.compose import Transform, compose, parse_transform
    from broadax.commands.load import load_function
    from broadax.commands.standalone import numba_module

    steps = Transform(transform, options) if options else parse_transform(transform)
    specs, keywords = _read_args(args)
    function = load_function(target)
    if args is None and (needed := _required(function)):
        example = ", ".join(["f64[n]", "f64", "f64[n, 3]"][i % 3] for i in range(len(needed)))
        raise CommandError(f"{target} takes {', '.join(needed)}: say their types, such as --args '{example}'")
    transformed = compose(steps, function, len(specs), backend.value if backend else None)
    specs = _with_tangents(steps, function, specs, keywords)
    if stage is None and backend is Backend.numba:
        source = numba_module(transformed, specs, keywords)
    else:
        usual = Stage.stablehlo if backend is Backend.pjrt else Stage.python
        source = transformed.source(*specs, stage=(stage or usual).value, **keywords)
    if output is None:
        show(source)
    else:
        write(source, output, force)


def _read_args(args: str | None) -> tuple[tuple, dict]:
    from broadax.runtime.errors import SpecError
    from broadax.transforms.specs import parse_specs

    try:
        return parse_specs(args or "")
    except SpecError as error:
        raise CommandError(f"--args {args!r}, column {error.column}: {error.summary}") from error


def _with_tangents(steps, function, specs: tuple, keywords: dict) -> tuple:
    """The arguments of a `jvp` (tangents have the primals' types) or `vjp` (the result's types)."""
    if steps.name == "jvp":
        return specs + specs
    if steps.name == "vjp":
        from broadax.commands.compose import compose
        from broadax.commands.results import result_specs

        inner = function if steps.inner is None else compose(steps.inner, function, len(specs))
        return (*specs, result_specs(inner, specs, keywords))
    return specs


def _required(function) -> list[str]:
    try:
        params = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    required = [p for p in params if p.default is p.empty]
    return [p.name for p in required if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _argnums(text: str | None) -> dict:
    if text is None:
        return {}
    if not re.fullmatch(r"\s*\(?\s*-?\d+\s*(,\s*-?\d+\s*)*,?\s*\)?\s*", text):
        raise CommandError(f"--argnums {text!r}: write a number, or several with commas: 0,2")
    numbers = tuple(int(n) for n in re.findall(r"-?\d+", text))
    return {"argnums": numbers if "," in text else numbers[0]}


def _literal(option: str, text: str):
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError) as error:
        raise CommandError(f"{option} {text!r} is no Python literal; write 0, None or '(0, None)'") from error
