"""`heapq` and `bisect` in plain Python, as CPython's documentation has them: the lists are laid out alike."""

from __future__ import annotations

import bisect
import heapq

from broadax.transforms.functions.registry import helper, library


@helper
@library(heapq.heappush)
def heappush(heap, item):
    heap.append(item)
    _sift_down(heap, 0, len(heap) - 1)


@helper
@library(heapq.heappop)
def heappop(heap):
    last = heap.pop()
    if len(heap) > 0:
        first = heap[0]
        heap[0] = last
        _sift_up(heap, 0)
        return first
    return last


@helper
@library(heapq.heapreplace)
def heapreplace(heap, item):
    first = heap[0]
    heap[0] = item
    _sift_up(heap, 0)
    return first


@helper
@library(heapq.heappushpop)
def heappushpop(heap, item):
    if len(heap) > 0 and heap[0] < item:
        return heapreplace(heap, item)
    return item


@helper
@library(heapq.heapify)
def heapify(heap):
    for k in range(len(heap) // 2 - 1, -1, -1):
        _sift_up(heap, k)


@helper
@library(heapq.nsmallest)
def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[:n]


@helper
@library(heapq.nlargest)
def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[:n]


@helper
def _sift_down(heap, start, place):
    """Move an item towards the root until its parent is not larger."""
    item = heap[place]
    while place > start:
        parent = (place - 1) // 2
        if not item < heap[parent]:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = item


@helper
def _sift_up(heap, place):
    """Move an item to a leaf, the smaller children up, and from there to where it belongs."""
    end, start, item = len(heap), place, heap[place]
    child = 2 * place + 1
    while child < end:
        if child + 1 < end and not heap[child] < heap[child + 1]:
            child += 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    _sift_down(heap, start, place)


# ── bisection ─────────────────────────────────────────────────────────────────────────────────────


@helper
@library(bisect.bisect_left)
def bisect_left(a, x, lo=0, hi=None, *, key=None):
    hi = len(a) if hi is None else hi
    while lo < hi:
        middle = (lo + hi) // 2
        if (a[middle] if key is None else key(a[middle])) < x:
            lo = middle + 1
        else:
            hi = middle
    return lo


@helper
@library(bisect.bisect_right)
def bisect_right(a, x, lo=0, hi=None, *, key=None):
    hi = len(a) if hi is None else hi
    while lo < hi:
        middle = (lo + hi) // 2
        if x < (a[middle] if key is None else key(a[middle])):
            hi = middle
        else:
            lo = middle + 1
    return lo


@helper
@library(bisect.insort_left)
def insort_left(a, x, lo=0, hi=None, *, key=None):
    a.insert(bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


@helper
@library(bisect.insort_right)
def insort_right(a, x, lo=0, hi=None, *, key=None):
    a.insert(bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)
