"""What `checkpoint` may save in the forward sweep: JAX's `checkpoint_policies`, as far as they go here.

A policy is asked about the operations of the function's outermost block; what stands inside its loops and
branches is always computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broadax.runtime.errors import InvalidValueError, UnsupportedError


@dataclass(frozen=True)
class Policy:
    """`saves(operation, name)`: may its result be saved? `name` is what `checkpoint_name` called it, or None.

    `whole` is the answer where it is the same for all: True, False, or None.
    """

    title: str
    saves: Callable
    whole: bool | None = None

    def __repr__(self) -> str:
        return f"checkpoint_policies.{self.title}"

    def __call__(self, *args, **kwargs):
        raise UnsupportedError(f"{self!r} is asked by checkpoint only; it takes no primitives of JAX")


def _is_product(op) -> bool:
    return op.prim.name == "matmul" or op.prim.name == "einsum" and len(op.args) == 2


def _without_batch(op) -> bool:
    if op.prim.name == "matmul":
        return all(a.ndim <= 2 for a in op.args)
    left, result = op.params["subscripts"].replace(" ", "").split("->")
    first, second = left.split(",")
    return not set(first) & set(second) & set(result)


everything_saveable = Policy("everything_saveable", lambda op, name: True, True)
nothing_saveable = Policy("nothing_saveable", lambda op, name: False, False)
dots_saveable = Policy("dots_saveable", lambda op, name: _is_product(op))
checkpoint_dots = dots_saveable
dots_with_no_batch_dims_saveable = Policy(
    "dots_with_no_batch_dims_saveable", lambda op, name: _is_product(op) and _without_batch(op)
)
checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable


def _named(names) -> frozenset:
    if not all(isinstance(n, str) for n in names):
        raise InvalidValueError(f"names of checkpoint_name are strings, not {names!r}")
    return frozenset(names)


def save_only_these_names(*names_which_can_be_saved: str) -> Policy:
    """Save what `checkpoint_name` gave one of these names."""
    names = _named(names_which_can_be_saved)
    return Policy("save_only_these_names", lambda op, name: name in names)


def save_any_names_but_these(*names_not_to_save: str) -> Policy:
    """Save what `checkpoint_name` gave a name, but for these."""
    names = _named(names_not_to_save)
    return Policy("save_any_names_but_these", lambda op, name: name is not None and name not in names)


def save_anything_except_these_names(*names_not_to_save: str) -> Policy:
    """Save everything but what `checkpoint_name` gave one of these names."""
    names = _named(names_not_to_save)
    return Policy("save_anything_except_these_names", lambda op, name: name not in names)


def save_from_both_policies(policy_1: Policy, policy_2: Policy) -> Policy:
    """Save what one of the two saves."""
    check_policy(policy_1), check_policy(policy_2)
    return Policy(
        "save_from_both_policies", lambda op, name: policy_1.saves(op, name) or policy_2.saves(op, name)
    )


def offload_dot_with_no_batch_dims(offload_src: str, offload_dst: str) -> Policy:
    """Refused: there is one memory."""
    raise UnsupportedError("there is no other memory to offload to", instead="save with dots_saveable")


def save_and_offload_only_these_names(**options) -> Policy:
    """Refused: there is one memory."""
    raise UnsupportedError("there is no other memory to offload to", instead="use save_only_these_names")


def check_policy(policy) -> None:
    """
    Raises:
        InvalidValueError: it is no policy of this module.
    """
    if policy is not None and not isinstance(policy, Policy):
        raise InvalidValueError(
            f"checkpoint: {policy!r} is not a policy",
            instead="take one of bx.checkpoint_policies, such as dots_saveable or "
            'save_only_these_names("a") with bx.checkpoint_name(x, "a")',
        )


def check_loop_policy(policy, loc=None) -> None:
    """
    Raises:
        UnsupportedError: a policy for a loop that saves something.
    """
    check_policy(policy)
    if policy is not None and policy.whole is not False:
        raise UnsupportedError(
            "checkpoint of a loop takes no policy: its states are saved as `every` and `levels` say",
            loc,
            "write the turn as a function, and checkpoint that with the policy",
        )
