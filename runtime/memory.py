"""Memory of the arrays that Numba code makes: large blocks that were freed are used again.

The C library gives large blocks back to the system, and fresh pages then cost as much as what is computed
in them. Here freed blocks of at least `LEAST` bytes wait in slots, `SLOTS` for each of 8 sizes in a doubling,
for the next array of that size; at most `MOST` bytes wait, else all of them are freed. Slots are emptied and
filled by atomic operations: without locks, from any thread.

It is written in LLVM's language and compiled when this module is imported. Generated code calls
`broadax_new(size)`, which gives a new MemInfo, or null.
"""

from __future__ import annotations

import os
import re
import sys
from ctypes import CFUNCTYPE, POINTER, c_int64, c_void_p, py_object, pythonapi

import llvmlite.binding as llvm
from numba.core.runtime import _nrt_python

LEAST, SLOTS, CLASSES = 1 << 16, 32, 8 * 64


def _most() -> int:
    """A sixteenth of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 16
    except (AttributeError, ValueError, OSError):
        return 1 << 28


MOST = _most()

# In front of a block's data are the address that `free` needs, and its size. Blocks of 2 MiB and more begin
# where a huge page can, and Linux is asked for such pages (advice 14), as NumPy does.
_TEXT = """
@slots = internal global [{words} x i64] zeroinitializer
@held = internal global i64 0
declare i8* @malloc(i64)
declare void @free(i8*)
declare i64 @llvm.ctlz.i64(i64, i1)
{declare_advice}

; The size of the blocks that serve a size, and the first of their slots.
define internal {{i64, i64}} @class_of(i64 %size) {{
  %less = sub i64 %size, 1
  %zeros = call i64 @llvm.ctlz.i64(i64 %less, i1 false)
  %bits = sub i64 64, %zeros
  %shift = sub i64 %bits, 4
  %parts_less = lshr i64 %less, %shift
  %parts = add i64 %parts_less, 1                     ; 9 … 16
  %block = shl i64 %parts, %shift
  %doubling = mul i64 %bits, 8
  %eighth = sub i64 %parts, 9
  %class = add i64 %doubling, %eighth
  %slot = mul i64 %class, {slots}
  %both = insertvalue {{i64, i64}} undef, i64 %block, 0
  %result = insertvalue {{i64, i64}} %both, i64 %slot, 1
  ret {{i64, i64}} %result
}}

define internal void @free_block(i64 %data) {{
  %place = sub i64 %data, 16
  %pointer = inttoptr i64 %place to i64*
  %base = load i64, i64* %pointer
  %given = inttoptr i64 %base to i8*
  call void @free(i8* %given)
  ret void
}}

define internal i64 @fresh(i64 %block) {{
  %large = icmp uge i64 %block, 2097152
  %align = select i1 %large, i64 2097152, i64 64
  %more = add i64 %block, %align
  %room = add i64 %more, 64
  %memory = call i8* @malloc(i64 %room)
  %base = ptrtoint i8* %memory to i64
  %none = icmp eq i64 %base, 0
  br i1 %none, label %failed, label %placed
failed:
  ret i64 0
placed:
  %up = add i64 %base, 63
  %end = add i64 %up, %align
  %mask = sub i64 0, %align
  %data = and i64 %end, %mask
  %place = sub i64 %data, 16
  %pointer = inttoptr i64 %place to i64*
  store i64 %base, i64* %pointer
  %second = sub i64 %data, 8
  %size_pointer = inttoptr i64 %second to i64*
  store i64 %block, i64* %size_pointer
  br i1 %large, label %advise, label %done
advise:
  %start = inttoptr i64 %data to i8*
  {advise}
  br label %done
done:
  ret i64 %data
}}

define i64 @take(i64 %size) {{
  %found = call {{i64, i64}} @class_of(i64 %size)
  %block = extractvalue {{i64, i64}} %found, 0
  %first = extractvalue {{i64, i64}} %found, 1
  %end = add i64 %first, {slots}
  br label %look
look:
  %k = phi i64 [%first, %0], [%next, %empty]
  %slot = getelementptr [{words} x i64], [{words} x i64]* @slots, i64 0, i64 %k
  %seen = load atomic i64, i64* %slot monotonic, align 8
  %full = icmp ne i64 %seen, 0
  br i1 %full, label %try, label %empty
try:
  %data = atomicrmw xchg i64* %slot, i64 0 acq_rel
  %got = icmp ne i64 %data, 0
  br i1 %got, label %have, label %empty
have:
  %old = atomicrmw sub i64* @held, i64 %block monotonic
  ret i64 %data
empty:
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, %end
  br i1 %more, label %look, label %make
make:
  %new = call i64 @fresh(i64 %block)
  ret i64 %new
}}

define i8* @broadax_new(i64 %size) {{
  %small = icmp ult i64 %size, {least}
  br i1 %small, label %from_numba, label %large
from_numba:
  %alloc = inttoptr i64 {alloc} to i8* (i64, i32)*
  %meminfo = call i8* %alloc(i64 %size, i32 64)
  ret i8* %meminfo
large:
  %data = call i64 @take(i64 %size)
  %none = icmp eq i64 %data, 0
  br i1 %none, label %failed, label %managed
failed:
  ret i8* null
managed:
  %start = inttoptr i64 %data to i8*
  %manage = inttoptr i64 {manage} to i8* (i8*, void (i8*)*)*
  %result = call i8* %manage(i8* %start, void (i8*)* @give)
  ret i8* %result
}}

define void @give(i8* %start) {{
  %data = ptrtoint i8* %start to i64
  %second = sub i64 %data, 8
  %size_pointer = inttoptr i64 %second to i64*
  %block = load i64, i64* %size_pointer
  %old = atomicrmw add i64* @held, i64 %block monotonic
  %sum = add i64 %old, %block
  %over = icmp ugt i64 %sum, {most}
  br i1 %over, label %release, label %search
release:
  call void @release()
  br label %drop
search:
  %found = call {{i64, i64}} @class_of(i64 %block)
  %first = extractvalue {{i64, i64}} %found, 1
  %end = add i64 %first, {slots}
  br label %look
look:
  %k = phi i64 [%first, %search], [%next, %full]
  %slot = getelementptr [{words} x i64], [{words} x i64]* @slots, i64 0, i64 %k
  %seen = load atomic i64, i64* %slot monotonic, align 8
  %empty = icmp eq i64 %seen, 0
  br i1 %empty, label %try, label %full
try:
  %pair = cmpxchg i64* %slot, i64 0, i64 %data acq_rel monotonic
  %put = extractvalue {{i64, i1}} %pair, 1
  br i1 %put, label %done, label %full
full:
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, %end
  br i1 %more, label %look, label %drop
drop:
  %less = atomicrmw sub i64* @held, i64 %block monotonic
  call void @free_block(i64 %data)
  ret void
done:
  ret void
}}

; Frees all that waits.
define void @release() {{
  br label %look
look:
  %k = phi i64 [0, %0], [%next, %following]
  %slot = getelementptr [{words} x i64], [{words} x i64]* @slots, i64 0, i64 %k
  %data = atomicrmw xchg i64* %slot, i64 0 acq_rel
  %full = icmp ne i64 %data, 0
  br i1 %full, label %drop, label %following
drop:
  %second = sub i64 %data, 8
  %size_pointer = inttoptr i64 %second to i64*
  %block = load i64, i64* %size_pointer
  %old = atomicrmw sub i64* @held, i64 %block monotonic
  call void @free_block(i64 %data)
  br label %following
following:
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, {words}
  br i1 %more, label %look, label %done
done:
  ret void
}}

define i64 @held_bytes() {{
  %bytes = load atomic i64, i64* @held monotonic, align 8
  ret i64 %bytes
}}
"""


def _text() -> str:
    linux = sys.platform == "linux"
    table = CFUNCTYPE(POINTER(c_void_p))(_nrt_python.c_helpers["get_api"])()
    text = _TEXT.format(
        words=CLASSES * SLOTS,
        slots=SLOTS,
        least=LEAST,
        most=MOST,
        alloc=_nrt_python.c_helpers["MemInfo_alloc_aligned"],
        manage=table[2],
        declare_advice="declare i32 @madvise(i8*, i64, i32)" if linux else "",
        advise="call i32 @madvise(i8* %start, i64 %block, i32 14)" if linux else "",
    )
    if llvm.llvm_version_info[0] < 17:  # which has typed pointers
        return text
    text = re.sub(r"(i8\*|void) \([^()]*(\([^()]*\)\*)?\)\*", "ptr", text)
    return re.sub(r"(\[[^\]]*\]|i\d+)\*", "ptr", text)


def _compiled():
    """The engine that holds the code."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(_text())
    module.triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(module.triple).create_target_machine(opt=1)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def functions(engine) -> tuple:
    """`take(bytes)` gives a block, `give(block)` takes it back (addresses); `held()`: the bytes that wait."""
    kinds = {"take": (c_int64, c_int64), "give": (None, c_int64), "held_bytes": (c_int64,)}
    return tuple(CFUNCTYPE(*kind)(engine.get_function_address(name)) for name, kind in kinds.items())


_engine = _compiled()
pythonapi.Py_IncRef(py_object(_engine))  # lives as long as the process: arrays call its code when they go
llvm.add_symbol("broadax_new", _engine.get_function_address("broadax_new"))
release = CFUNCTYPE(None)(_engine.get_function_address("release"))
held = functions(_engine)[2]
