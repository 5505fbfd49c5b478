// Times one ONNX model in ONNX Runtime: prints {"median_ms", "samples", "version"} as JSON.
// usage: node onnxruntime_bench.mjs MODEL.onnx BATCH C,H,W THREADS SECONDS [NODE_MODULES]
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [model, batch, shape, threads, seconds, modules] = process.argv.slice(2);
const require = createRequire(resolve(modules ?? ".", "resolved-from-here.js"));
const ort = require("onnxruntime-node");

const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
});
const dims = [Number(batch), ...shape.split(",").map(Number)];
const data = new Float32Array(dims.reduce((a, b) => a * b));
let state = 1;
for (let i = 0; i < data.length; ++i) {
  state = (state * 48271) % 2147483647;
  data[i] = (2 * state) / 2147483647 - 1;
}
const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", data, dims) };
for (let i = 0; i < 3; ++i) await session.run(feeds);
const samples = [];
const end = performance.now() + 1000 * Number(seconds);
while (samples.length < 5 || performance.now() < end) {
  const start = performance.now();
  await session.run(feeds);
  samples.push(performance.now() - start);
}
samples.sort((a, b) => a - b);
const version = ort.env.versions.common;
console.log(JSON.stringify({ median_ms: samples[samples.length >> 1], samples: samples.length, version }));
