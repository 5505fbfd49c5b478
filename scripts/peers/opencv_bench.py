#!/usr/bin/env python3
"""Times one ONNX model in OpenCV's dnn module: prints {"median_ms", "samples", "version"} as JSON.

usage: opencv_bench.py MODEL.onnx BATCH C,H,W THREADS SECONDS
"""

import json
import statistics
import sys
import time

import cv2
import numpy as np

model, batch, shape, threads, seconds = sys.argv[1:]
cv2.setNumThreads(int(threads))
net = cv2.dnn.readNetFromONNX(model)
data = np.random.default_rng(1).uniform(-1, 1, (int(batch), *map(int, shape.split(",")))).astype(np.float32)


def run():
    start = time.perf_counter()
    net.setInput(data)
    net.forward()
    return 1000 * (time.perf_counter() - start)


for _ in range(3):
    run()
samples, end = [], time.perf_counter() + float(seconds)
while len(samples) < 5 or time.perf_counter() < end:
    samples.append(run())
print(json.dumps({"median_ms": statistics.median(samples), "samples": len(samples), "version": cv2.__version__}))
