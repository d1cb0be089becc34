"""Programs with `heapq` and `bisect`, in loops that are counted and in others."""

import bisect
import heapq
from heapq import heappop, heappush

import numpy as np

from tests.language.growing import SIGNS, smooth
from tests.language.programs import case

ROADS = np.array([[0, 2.0, 0, 5], [2.0, 0, 1.5, 0], [0, 1.5, 0, 0.5], [5, 0, 0.5, 0]])


@case((ROADS, 0), (ROADS, 2))
def dijkstra(roads, start):
    n = len(roads)
    dist = np.full(n, np.inf)
    dist[start] = 0
    queue = [(0.0, start)]
    while queue:
        d, u = heappop(queue)
        if d > dist[u]:
            continue
        for v in range(n):
            if roads[u, v] > 0 and d + roads[u, v] < dist[v]:
                dist[v] = d + roads[u, v]
                heappush(queue, (dist[v], v))
    return dist


@case((np.array([5, 9, 12, 13, 16, 45]),), (np.array([3]),))
def huffman_cost(counts):
    heap = [(f, k) for k, f in enumerate(counts)]
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        a, b = heapq.heappop(heap), heapq.heappop(heap)
        cost += a[0] + b[0]
        heapq.heappush(heap, (a[0] + b[0], a[1]))
    return cost


@case((SIGNS,))
@smooth
def sorted_by_a_heap(x):
    heap, out = [], []
    for v in x:
        heappush(heap, v)
    layout = np.array(heap)
    for _ in range(len(x)):
        out.append(heappop(heap))
    return np.array(out) * layout


@case((0.3, 0.7, 0.1))
def a_heap_of_three(a, b, c):
    heap = [a, b, c]
    heapq.heapify(heap)
    heapq.heappush(heap, a * b)
    least = heapq.heappushpop(heap, 0.5), heapq.heapreplace(heap, 2.0)
    return heap, least, heapq.nsmallest(2, [a, b, c]), heapq.nlargest(2, [a, b, c], key=lambda v: -v)


@case((np.array([0.8, 1.3, 0.6]), 4.0))
def next_events(rates, end):
    queue = [(1 / r, k) for k, r in enumerate(rates)]
    heapq.heapify(queue)
    count = np.zeros(len(rates), int)
    while queue[0][0] < end:
        t, k = heappop(queue)
        count[k] += 1
        heappush(queue, (t + 1 / rates[k], k))
    return count, queue[0]


@case((SIGNS,))
@smooth
def running_median(x):
    low, high, out = [], [], []
    for v in x:
        heappush(low, -heapq.heappushpop(high, v))
        if len(low) > len(high):
            heappush(high, -heappop(low))
        out.append(high[0] if len(high) > len(low) else 0.5 * (high[0] - low[0]))
    return np.array(out)


@case((SIGNS,))
def longest_increasing_part(x):
    tails = []
    for v in x:
        k = bisect.bisect_left(tails, v)
        if k == len(tails):
            tails.append(v)
        else:
            tails[k] = v
    return tails


@case((SIGNS, 1.0))
def kept_in_order(x, y):
    inside = []
    for v in x:
        bisect.insort(inside, v)
    return inside, bisect.bisect(inside, y), bisect.bisect_right([1.0, 2.0, 3.0], y), bisect.bisect_left(x, y)
