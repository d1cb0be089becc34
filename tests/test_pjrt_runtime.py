"""Plugins, arrays on devices, compiled programs and their disk cache, with StableHLO written by hand."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import broadax as bx
from broadax import backends
from broadax.runtime.errors import BackendError, InvalidValueError, OutOfMemoryError, ReadOnlyError
from broadax.runtime.pjrt import plugins
from broadax.runtime.pjrt.client import Client
from broadax.runtime.pjrt.clients import client
from broadax.runtime.pjrt.executable import Pending, joined

MISSING = backends.why_not("pjrt")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


def program(arguments: str, results: str, *lines: str) -> str:
    body = "\n".join(lines)
    return f"module @m {{ func.func public @main({arguments}) -> ({results}) {{\n{body}\n}} }}"


V = "tensor<3xf64>"
SUM = program(f"%x: {V}, %y: {V}", V, f"%0 = stablehlo.add %x, %y : {V}", f"return %0 : {V}")


@pytest.fixture(scope="module")
def cpu():
    return client("cpu")


def run(code: str, **environment) -> subprocess.CompletedProcess:
    env = os.environ | environment
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)


# ── plugins ───────────────────────────────────────────────────────────────────────────────────────


def test_devices_of_a_plugin(cpu):
    found = bx.devices("cpu")
    assert found == cpu.devices
    assert found[0].platform == found[0].device_kind == "cpu"
    assert str(found[0]) == "cpu:0"
    assert bx.device_count("cpu") == len(found)
    assert bx.devices(str(cpu.plugin.path)) == found


def test_the_environment_names_the_plugin(cpu, monkeypatch):
    monkeypatch.setenv("BROADAX_PJRT_PLUGIN", str(cpu.plugin.path))
    assert bx.devices("pjrt") == bx.devices() == cpu.devices
    monkeypatch.setenv("BROADAX_PJRT_PLUGIN", "/nowhere/plugin.so")
    with pytest.raises(BackendError, match="there is no PJRT plugin at /nowhere/plugin.so"):
        bx.devices("pjrt")


def test_unknown_plugin():
    with pytest.raises(BackendError, match=r"no PJRT plugin 'numba'(.|\n)*tpu, cuda, cpu"):
        bx.devices("numba")


def test_missing_plugin_says_what_to_install(monkeypatch):
    monkeypatch.setattr(plugins, "_installed", lambda name: None)
    with pytest.raises(BackendError, match=r"for tpu is installed\n  instead: pip install 'broadax\[tpu\]'"):
        plugins.load("tpu")
    monkeypatch.delenv("BROADAX_PJRT_PLUGIN", raising=False)
    with pytest.raises(BackendError, match=r"pip install 'broadax\[pjrt\]'"):
        bx.jit(lambda x: x + 1, backend="pjrt")(1.0)


def test_without_pypjrt_everything_else_works():
    code = """
import sys, importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "pypjrt" else find(name, *rest)
sys.modules["pypjrt"] = None
import broadax as bx, numpy as np
print(bx.grad(np.sin, backend="numpy")(0.0))
try:
    bx.jit(np.sin, backend="pjrt")(1.0)
except bx.BroadaxError as error:
    print(error)
"""
    found = run(code)
    assert found.stdout.startswith("1.0\n"), found.stderr
    assert "pypjrt is not installed (pip install 'broadax[pjrt]')" in found.stdout


def test_a_library_that_is_no_plugin():
    library = next(Path(np.__file__).parent.rglob("_multiarray_umath*.so"))
    with pytest.raises(BackendError, match="no PJRT plugin: it has no function GetPjrtApi"):
        bx.devices(str(library))


def test_a_file_that_is_no_library(tmp_path):
    (tmp_path / "plugin.so").write_text("no library")
    with pytest.raises(BackendError, match="can't be loaded"):
        bx.devices(str(tmp_path / "plugin.so"))


def test_a_plugin_of_another_major_version(tmp_path):
    path = tmp_path / "plugin.so"
    path.write_bytes(shared_library("GetPjrtApi", api(major=7, minor=1)))
    with pytest.raises(BackendError, match="another version: plugin reports PJRT API major 7"):
        bx.devices(str(path))


def api(major: int, minor: int) -> bytes:
    """A `PJRT_Api` with a version and no functions."""
    version = struct.pack("<QQii", 24, 0, major, minor)
    return struct.pack("<QQ", 1000, 0) + version + bytes(1000)


def shared_library(name: str, data: bytes) -> bytes:
    """A minimal ELF library for x86-64 with one function, which returns the address of `data`."""
    code = b"\x48\x8d\x05" + struct.pack("<i", 9) + b"\xc3" + bytes(8)  # lea rax, [rip + 9]; ret
    strings = b"\0" + name.encode() + b"\0"
    strings += bytes(-len(strings) % 8)
    at = 64 + 2 * 56
    dynamic, symbols = at, at + 6 * 16
    hashes = symbols + 2 * 24
    texts = hashes + 24
    start = texts + len(strings)
    parts = [(4, hashes), (5, texts), (6, symbols), (10, len(strings)), (11, 24), (0, 0)]
    body = b"".join(struct.pack("<QQ", *part) for part in parts)
    body += bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, start, len(code))
    body += struct.pack("<6I", 1, 2, 1, 0, 0, 0)  # one bucket: symbol 1
    body += strings + code + data
    size = at + len(body)
    head = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    )
    load = struct.pack("<IIQQQQQQ", 1, 7, 0, 0, 0, size, size, 4096)
    return head + load + struct.pack("<IIQQQQQQ", 2, 6, dynamic, dynamic, dynamic, 96, 96, 8) + body


@pytest.mark.skipif("1ae0" in "".join(plugins._vendors()), reason="there is a TPU")
def test_a_tpu_plugin_without_a_tpu_does_not_wait_for_one(monkeypatch):
    class Plugin:
        platform_hint = "tpu"

    monkeypatch.delenv("TPU_NAME", raising=False)
    with pytest.raises(BackendError, match="this machine has no TPU(.|\n)*topology"):
        Client(Plugin())


# ── arrays ────────────────────────────────────────────────────────────────────────────────────────

DTYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
    "float64", "complex64", "complex128", ml_dtypes.bfloat16,
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_there_and_back(dtype):
    values = np.arange(12).reshape(3, 4).astype(dtype)
    for x in (values, values.T, values[::2, ::-1], values[:0], np.asarray(values[1, 1])):
        there = bx.device_put(x, bx.devices("cpu")[0])
        assert (there.dtype, there.shape, there.ndim, there.size) == (x.dtype, x.shape, x.ndim, x.size)
        back = np.asarray(there)
        assert back.dtype == x.dtype
        np.testing.assert_array_equal(back, x)


def test_trees_and_numbers():
    tree = {"w": [np.ones(3), 2.0], "b": (np.float32(1), True)}
    there = bx.device_put(tree)
    assert there["w"][1].weak_type and there["w"][1].dtype == np.float64
    assert not there["b"][0].weak_type and there["b"][0].dtype == np.float32
    assert bx.block_until_ready(there) is there
    back = bx.device_get(there)
    assert back["w"][1] == 2.0 and isinstance(back["w"][0], np.ndarray)
    with pytest.raises(TypeError, match="a str is not an array or a number"):
        bx.device_put("a word")


def test_numbers_of_an_array():
    x = bx.device_put(np.array([1.5, 2.5]))
    assert float(x[1]) == 2.5 and int(x[0]) == 1 and x.tolist() == [1.5, 2.5] and len(x) == 2
    assert [float(v) for v in x] == [1.5, 2.5]
    assert f"{x[0]:.2f}" == "1.50"
    assert repr(x) == "DeviceArray([1.5, 2.5], dtype=float64)"
    assert [10, 20, 30][bx.device_put(np.int64(2))] == 30
    with pytest.raises(ReadOnlyError, match="can't be written to"):
        x[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0] = 1.0
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)), x)


def test_what_is_put_is_a_copy():
    x = np.ones(1000)
    there = bx.device_put(x)
    x[:] = 2
    assert np.asarray(there).sum() == 1000


def test_other_devices():
    devices = bx.devices("cpu")
    if len(devices) < 2:
        pytest.skip("one device")
    x = bx.device_put(np.arange(3.0))
    moved = bx.device_put(x, devices[1])
    assert moved.device is devices[1] and moved.devices() == {devices[1]} and x.device is devices[0]
    assert bx.device_put(moved, devices[1]) is moved
    np.testing.assert_array_equal(moved, [0, 1, 2])
    with bx.default_device(devices[1]):
        assert bx.device_put(1.0).device is devices[1]
    with pytest.raises(InvalidValueError, match="is no device"):
        bx.device_put(1.0, "cpu")


def test_dlpack_shares_memory():
    x = bx.device_put(np.arange(6.0).reshape(2, 3))
    shared = np.from_dlpack(x)
    np.testing.assert_array_equal(shared, np.asarray(x))
    where = shared.ctypes.data
    del x
    np.testing.assert_array_equal(np.from_dlpack(bx.device_put(shared)), shared)
    assert shared.ctypes.data == where


def test_a_deleted_array():
    x = bx.device_put(np.ones(3))
    x.delete()
    assert x.is_deleted() and "deleted" in repr(x)
    with pytest.raises(BackendError, match="deleted or donated"):
        np.asarray(x)


# ── programs ──────────────────────────────────────────────────────────────────────────────────────


def test_a_program_runs_on_each_device(cpu):
    add = cpu.compile(SUM)
    for device in cpu.devices:
        x = cpu.put(np.arange(3.0), device)
        (out,) = add(x, x)
        assert out.device is device
        np.testing.assert_array_equal(out.block_until_ready(), [0, 2, 4])
        assert out.is_ready()


def test_a_wrong_program(cpu):
    with pytest.raises(BackendError, match="failed to compile a program"):
        cpu.compile("module { nonsense }")


def test_out_of_memory(cpu):
    huge = "tensor<40000000000000xf64>"
    text = program(
        "%x: tensor<f64>", huge,
        f"%0 = stablehlo.broadcast_in_dim %x, dims = [] : (tensor<f64>) -> {huge}", f"return %0 : {huge}",
    )  # fmt: skip
    with pytest.raises(OutOfMemoryError, match=r"not enough memory(.|\n)*delete") as caught:
        cpu.compile(text)(cpu.put(np.array(1.0)))[0].block_until_ready()
    assert isinstance(caught.value, MemoryError)
    x = cpu.put(np.ones(3))
    np.testing.assert_array_equal(cpu.compile(SUM)(x, x)[0], [2, 2, 2])


def test_a_deleted_argument(cpu):
    x, y = cpu.put(np.ones(3)), cpu.put(np.ones(3))
    y.delete()
    with pytest.raises(BackendError, match="deleted or donated"):
        cpu.compile(SUM)(x, y)


def test_donation(cpu):
    text = SUM.replace(f"%x: {V}", f"%x: {V} {{tf.aliasing_output = 0 : i32}}")
    add = cpu.compile(text, donated=(0,))
    x, y = cpu.put(np.ones(3)), cpu.put(np.ones(3))
    before = cpu.boundary.memory(x.pointer)
    (out,) = add(x, y)
    assert x.is_deleted() and not y.is_deleted()
    np.testing.assert_array_equal(out, [2, 2, 2])
    assert cpu.boundary.memory(out.pointer) == before


def test_memory_that_other_code_sees_is_not_donated():
    code = f"""
import numpy as np
from broadax.runtime.pjrt.clients import client
cpu = client("cpu")
text = '''{SUM}'''.replace("%x: {V}", "%x: {V} {{tf.aliasing_output = 0 : i32}}")
add = cpu.compile(text, donated=(0,))
x = cpu.put(np.ones(3))
seen = np.from_dlpack(x)
(out,) = add(x, cpu.put(np.ones(3)))
print(out.tolist(), seen.tolist(), x.is_deleted())
"""
    found = run(code)  # `seen` outlives the client
    assert (found.returncode, found.stdout) == (0, "[2.0, 2.0, 2.0] [1.0, 1.0, 1.0] True\n"), found.stderr


def test_programs_run_behind_the_caller(cpu):
    """A call gives its result before it is computed, and the next one takes it as it is."""
    m = "tensor<300x300xf64>"
    text = program(
        f"%x: {m}", m, "%n = stablehlo.constant dense<40> : tensor<i32>",
        "%one = stablehlo.constant dense<1> : tensor<i32>",
        "%zero = stablehlo.constant dense<0> : tensor<i32>",
        f"%r:2 = stablehlo.while(%i = %zero, %y = %x) : tensor<i32>, {m}",
        "cond { %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>",
        "stablehlo.return %c : tensor<i1> } do { %j = stablehlo.add %i, %one : tensor<i32>",
        f"%z = stablehlo.dot_general %y, %x, contracting_dims = [1] x [0] : ({m}, {m}) -> {m}",
        f"stablehlo.return %j, %z : tensor<i32>, {m} }}", f"return %r#1 : {m}",
    )  # fmt: skip
    power = cpu.compile(text)
    x = cpu.put(np.eye(300))
    (out,) = power(x)
    (again,) = power(out)
    del out
    np.testing.assert_array_equal(again, np.eye(300))
    assert again.is_ready()
    assert any(not power(x)[0].is_ready() for _ in range(20))


def test_a_forked_process_gets_an_error_and_does_not_wait():
    code = f"""
import os
import numpy as np
from broadax.runtime.pjrt.clients import client
cpu = client("cpu")
add = cpu.compile('''{SUM}''')
x = cpu.put(np.ones(3))
uses = [lambda: add(x, x), lambda: np.asarray(x), lambda: cpu.put(np.ones(3)), lambda: client("cpu")]
if os.fork() == 0:
    for use in uses:
        try:
            use()
        except RuntimeError as error:
            print(str(error).partition(",")[0], flush=True)
    os._exit(0)
os.wait()
print(np.asarray(add(x, x)[0]).tolist())
"""
    found = run(code)
    lines = ["devices were used before this process was forked"] * 4
    assert found.stdout.splitlines() == [*lines, "[2.0, 2.0, 2.0]"], found.stderr


# ── checks ────────────────────────────────────────────────────────────────────────────────────────


def flag(cpu, number: int):
    return cpu.put(np.array([number, 5])).block_until_ready(), lambda found: IndexError(
        f"check {found[0]}, {found[1]}"
    )


def test_failed_checks_are_raised_when_a_result_is_fetched(cpu):
    x = cpu.put(np.ones(3))
    x.pending = joined(flag(cpu, 2), ())
    with pytest.raises(IndexError, match="check 2, 5"):
        np.asarray(x)
    with pytest.raises(IndexError, match="check 2, 5"):
        x.block_until_ready()


def test_results_owe_the_checks_of_what_they_were_computed_from(cpu):
    good, bad, free = (cpu.put(np.ones(3)) for _ in range(3))
    good.pending, bad.pending = joined(flag(cpu, 0), ()), joined(flag(cpu, 1), ())
    assert joined(None, (free,)) is None
    assert joined(None, (good, free)) is None  # seen to hold
    assert len(joined(None, (bad, bad, free)).flags) == 1
    with pytest.raises(IndexError, match="check 1"):
        joined(flag(cpu, 3), (good, bad)).settle()
    held = Pending([flag(cpu, 0)])
    held.settle()
    assert not held.flags


# ── disk cache ────────────────────────────────────────────────────────────────────────────────────

COMPILE = f"""
import numpy as np
from broadax.runtime.pjrt.clients import client
cpu = client("cpu")
add = cpu.compile('''{SUM}''')
x = cpu.put(np.ones(3))
print(cpu.compiled, np.asarray(add(x, x)[0]).tolist())
"""


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.pjrt"))


def test_the_next_process_finds_the_program(cpu, tmp_path, monkeypatch):
    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path))
    assert run(COMPILE).stdout == "1 [2.0, 2.0, 2.0]\n"
    (entry,) = entries(tmp_path)
    before, x = cpu.compiled, cpu.put(np.ones(3))
    np.testing.assert_array_equal(cpu.compile(SUM)(x, x)[0], [2, 2, 2])
    assert cpu.compiled == before
    whole = entry.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        entry.write_bytes(damaged)
        before = cpu.compiled
        np.testing.assert_array_equal(cpu.compile(SUM)(x, x)[0], [2, 2, 2])
        assert cpu.compiled == before + 1
        cpu.compile(SUM)
        assert cpu.compiled == before + 1


def test_a_killed_process_leaves_no_broken_entry(tmp_path):
    where = {"BROADAX_CACHE_DIR": str(tmp_path)}
    dies = "import os, signal\nos.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
    assert run(dies + COMPILE, **where).returncode == -9
    assert not entries(tmp_path) and list(tmp_path.rglob("*.tmp"))
    assert run(COMPILE, **where).stdout == "1 [2.0, 2.0, 2.0]\n"
    assert len(entries(tmp_path)) == 1


def test_the_cache_counts_programs(tmp_path, monkeypatch):
    from broadax.runtime import cache

    monkeypatch.setenv("BROADAX_CACHE_DIR", str(tmp_path))
    client("cpu").compile(SUM.replace("module @m", "module @other"))
    assert len(cache.contents()) == 1
    assert cache.clear()[0] == 1 and not entries(tmp_path)
