"""Baseline of bench/secure-sum: TenSEAL with the CKKS parameters that federated-learning frameworks default to.

Encrypts and serialises COUNT doubles in vectors of N/2 slots under N=8192, coefficient bits [60, 40, 40], scale 2^40,
on one thread, and prints one JSON object. Usage: tenseal_baseline.py COUNT REPEATS
Install: pip install tenseal==0.3.16 (or newer)
"""
import json
import sys
import time

import tenseal as ts

count, repeats = int(sys.argv[1]), int(sys.argv[2])
context = ts.context(ts.SCHEME_TYPE.CKKS, 8192, -1, [60, 40, 40], n_threads=1)
context.global_scale = 2**40
values = [((k * 7919) % 20011) / 10005.5 - 1.0 for k in range(count)]
slots = 4096
best, size = float("inf"), 0
for _ in range(repeats):
    start = time.perf_counter()
    size = 0
    for at in range(0, count, slots):
        size += len(ts.ckks_vector(context, values[at : at + slots]).serialize())
    best = min(best, time.perf_counter() - start)
print(json.dumps({"version": ts.__version__, "seconds": best, "bytesPerValue": size / count}))
