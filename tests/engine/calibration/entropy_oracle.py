#!/usr/bin/python3
"""Golden values for entropy_test.cc: the threshold search written down a second time.

Follows the description of the MXNet 1.5 search step by step, without the shortcuts of entropy.cc,
on values that C++ draws alike (distributions.h). Needs numpy. Prints, for each distribution and
number of levels: half width of the window and divergence, computed in double precision, and the
half width that single precision arithmetic, as in MXNet 1.5, chooses.
"""
import numpy as np

BINS = 8001
EPS = 1e-4
TIE = 1e-12
VALUES = 100000


def uniform(seed, n):
    """splitmix64, the upper 24 bits of each as a float in [0, 1)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def gaussian(seed, n):
    total = np.zeros(n, np.float32)
    for i in range(12):
        total = total + uniform(seed + 1000 * i, n)
    return total - np.float32(6)


def distributions(n):
    f = np.float32
    normal = gaussian(1, n)
    u, v, w = uniform(2, n), uniform(3, n), uniform(4, n)
    sign = np.where(uniform(5, n) < f(0.5), f(-1), f(1))
    spike = normal.copy()
    spike[n // 2] = f(60)
    return {
        "gaussian": normal,
        "relu": np.maximum(normal, f(0)),
        "relu6": np.minimum(np.maximum(normal * f(4), f(0)), f(6)),
        "negative": -np.maximum(normal, f(0)),
        "leaky": np.where(normal < 0, normal * f(0.1), normal),
        "uniform": u * f(2) - f(1),
        "uniform01": u,
        "peaked": u * v * w * sign,
        "peaked01": u * v * w,
        "tail": f(1) / (u + f(0.01)),
        "two_tails": sign / (u + f(0.01)),
        "outlier": spike,
        "outlier01": np.maximum(spike, f(0)),
        "bimodal": normal * f(0.25) + sign * f(3),
        "pixels": np.floor(u * f(256)) - f(123),
        "levels": np.floor(u * f(40)) * f(0.25),
        "few": normal[:20],
        "few01": u[:20],
    }


def histogram(values):
    """Counts in equal bins [e_k, e_k+1), the last with its right edge."""
    limit = float(np.max(np.abs(values)))
    edges = -limit + 2 * limit * np.arange(BINS + 1) / BINS
    place = np.searchsorted(edges, values.astype(np.float64), side="right") - 1
    return np.bincount(np.clip(place, 0, BINS - 1), minlength=BINS)


def smooth(counts, dtype):
    zeros = counts == 0
    filled = counts.size - zeros.sum()
    if filled == 0:
        return None
    step = EPS * float(zeros.sum()) / float(filled)
    if step >= 1:
        return None
    result = counts.astype(dtype) + dtype(EPS) * zeros + dtype(-step) * ~zeros
    return result if (result > 0).all() else None


def divergence(counts, half_width, levels, dtype):
    middle = BINS // 2
    begin, end = middle - half_width, middle + half_width + 1
    inside = counts[begin:end]
    p = inside.copy()
    p[0] += counts[:begin].sum()
    p[-1] += counts[end:].sum()

    merged = inside.size // levels
    starts = np.arange(levels) * merged
    sums = np.add.reduceat(inside, starts)
    filled = np.add.reduceat((p != 0).astype(np.int64), starts)
    level = np.minimum(np.arange(inside.size) // merged, levels - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (sums / filled)[level]
    q[p == 0] = 0

    p, q = smooth(p, dtype), smooth(q, dtype)
    if p is None or q is None:
        return np.inf
    p = p / p.sum()
    q = q / q.sum()
    return float((p * np.log(p / q)).sum())


def choose(counts, levels, dtype, tie):
    widths = range(levels // 2, BINS // 2 + 1)
    divergences = np.array([divergence(counts, w, levels, dtype) for w in widths])
    first = int(np.argmax(divergences <= divergences.min() + tie))
    return widths[first], divergences[first]


def main():
    for name, values in distributions(VALUES).items():
        counts = histogram(values)
        for levels in (255, 511):
            if levels == 511 and values.min() < 0:
                continue
            width, least = choose(counts, levels, np.float64, TIE)
            single, _ = choose(counts, levels, np.float32, 0)
            print(f'    {{"{name}", {levels}, {width}, {least:.15g}, {single}}},', flush=True)


if __name__ == "__main__":
    main()
