"""Numba's compiler with what generated code needs of it, and no more: a third less time for a first call.

Generated functions have no closures (but list comprehensions), no array expressions, no literal dispatch. So
the passes for these are left out; what a call means is looked up once for each types; and LLVM's passes run
over a function once less. What Numba compiles for itself (overloads of `np` functions) goes its own way.
"""

from __future__ import annotations

import operator
from functools import partial
from types import CodeType

from numba._dynfunc import make_function
from numba.core import compiler, compiler_machinery, typed_passes, types, typing
from numba.core.codegen import JITCodeLibrary

from broadax.runtime.lowering import Lower

# By their names, which differ between versions of Numba: what is not there can't be left out.
LEFT_OUT = frozenset(
    {
        "RewriteSemanticConstants",
        "DeadBranchPrune",
        "InlineInlinables",
        "FindLiterallyCalls",
        "LiteralUnroll",
        "LiteralPropagationSubPipelinePass",
        "NopythonRewrites",
        "NoPythonSupportedFeatureValidation",
        "DumpParforDiagnostics",
    }
)
CLOSURES = frozenset({"InlineClosureLikes", "MakeFunctionToJitFunction"})  # list comprehensions are such


class Pipeline(compiler.CompilerBase):
    """The passes for generated functions; the `pipeline_class` of `njit`."""

    def define_pipelines(self):
        """The one list of passes."""
        inner = any(isinstance(c, CodeType) for c in self.state.func_id.code.co_consts)
        left_out = LEFT_OUT if inner else LEFT_OUT | CLOSURES
        manager = compiler_machinery.PassManager("broadax")
        for one, about in compiler.DefaultPassBuilder.define_nopython_pipeline(self.state).passes:
            if one.__name__ not in left_out:
                manager.add_pass(self._chosen(one), about)
        manager.finalize()
        self.state.targetctx.get_abi_sizeof = partial(size_of, self.state.targetctx.get_abi_sizeof)
        make = PartLibrary if self.is_part else Library
        self.state.library = make(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        return [manager]

    @property
    def is_part(self) -> bool:
        """Do only generated functions call it? One with `objmode` has to be set up by itself."""
        return bool(self.state.flags.no_cpython_wrapper) and "objmode" not in self.state.func_id.code.co_names

    def _chosen(self, one):
        """The pass in place of one of Numba's."""
        if one is typed_passes.NopythonTypeInference:
            return TypeInference
        if one is typed_passes.NativeLowering:
            return PartLowering if self.is_part else NativeLowering
        return one


_sizes: dict[str, int] = {}


def size_of(measure, kind) -> int:
    """The bytes of an LLVM type; Numba has LLVM parse a module for each."""
    name = str(kind)
    if name not in _sizes:
        _sizes[name] = measure(kind)
    return _sizes[name]


# ── types of calls ────────────────────────────────────────────────────────────────────────────────


class Operator(types.Function):
    """The type of an operator, which remembers what it means for which types."""

    def __init__(self, function: types.Function):
        self.__dict__.update(function.__dict__)  # the keys of its implementations are the same dict
        self.signatures: dict = {}

    def get_call_type(self, context, args, kws):
        """The signature for types of arguments."""
        found = None if kws else self.signatures.get(args)
        if found is None:
            found = super().get_call_type(context, args, kws)
            if not kws and found is not None:
                self.signatures[args] = found
        return found


class Remembering:
    """A typing context that looks up what an operator or function means once for each types.

    Numba asks every overload of `+` at each `+`, twice while it infers types and once more while it lowers.
    """

    operators: dict = {}
    signatures: dict = {}

    def __init__(self, context):
        self.context = context

    def __getattr__(self, name: str):
        return getattr(self.context, name)

    def resolve_value_type(self, value):
        """The type of a value."""
        found = self.context.resolve_value_type(value)
        if type(found) is not types.Function or getattr(value, "__module__", "") != "_operator":
            return found
        if found not in self.operators:
            self.operators[found] = Operator(found)
        return self.operators[found]

    def resolve_setitem(self, target, index, value):
        """The signature of `target[index] = value`."""
        return self.resolve_value_type(operator.setitem).get_call_type(self, (target, index, value), {})

    def resolve_function_type(self, func, args, kws):
        """The signature of a call."""
        if type(func) is Operator:
            return func.get_call_type(self.context, args, kws)
        if kws or type(func) is not types.Function:
            return self.context.resolve_function_type(func, args, kws)
        key = func, args
        found = self.signatures.get(key)
        if found is None:
            found = self.context.resolve_function_type(func, args, kws)
            if isinstance(found, typing.Signature):
                self.signatures[key] = found
        return found


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class TypeInference(typed_passes.NopythonTypeInference):
    """Numba's type inference, in a context that remembers."""

    _name = "broadax_type_inference"

    def run_pass(self, state) -> bool:
        own = state.typingctx
        state.typingctx = state.targetctx.typing_context = Remembering(own)
        try:
            return super().run_pass(state)
        finally:
            state.typingctx = own


# ── LLVM ──────────────────────────────────────────────────────────────────────────────────────────


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class NativeLowering(typed_passes.NativeLowering):
    """Lowering to LLVM."""

    _name = "broadax_lowering"
    lowering_class = Lower


class Library(JITCodeLibrary):
    """A code library whose functions are optimised together only, not each by itself before."""

    def _optimize_functions(self, ll_module) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Make machine code, and give the parts in it their environments, which hold their errors' types."""
        super().finalize()
        for part in parts_of(self):
            if self._codegen._engine.get_global_value_address(part.environment[0]):
                self._codegen.set_env(*part.environment)


def parts_of(library) -> list[PartLibrary]:
    """The parts that a library links, directly or through others."""
    own = [x for x in dict.fromkeys(library._linking_libraries) if isinstance(x, PartLibrary)]
    return list(dict.fromkeys([*own, *(inner for part in own for inner in parts_of(part))]))


class PartLibrary(Library):
    """The code of a part: it is optimised and becomes machine code in the library that it is linked into.

    Attributes:
        environment: the name of its place in machine code, and itself.
    """

    environment: tuple

    def finalize(self) -> None:
        """Link what the part calls."""
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):
    """Lowering without machine code: Python can't call a part."""

    _name = "broadax_part_lowering"

    def run_pass(self, state) -> bool:
        state.flags.no_compile = True
        done = super().run_pass(state)
        made, library = state["cr"], state.library
        name = made.fndesc.qualname.split(".")[-1]
        function = make_function(made.fndesc.lookup_module(), name, "", 0, made.env, (library,))
        state["cr"] = made._replace(cfunc=function)
        library.environment = state.targetctx.get_env_name(made.fndesc), made.env
        state.targetctx.insert_user_function(function, made.fndesc, [library])
        return done
