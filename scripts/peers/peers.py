#!/usr/bin/env python3
"""Times the documented networks in qbench, ONNX Runtime and OpenCV's dnn module, side by side.

Every engine runs the same exports of the same networks, one process after the other, round by
round, so that whatever disturbs the machine disturbs all of them. The first table holds medians
over the rounds in ms per image, what share of the machine's measured peak qbench reaches (over
100 %: Winograd), and what each other takes over what qbench takes. "primitives" are oneDNN's
convolutions and fully connected layers alone; the others run whole networks. The second table
holds INT8's speed-up over qbench's best FP32 and over its FP32 without Winograd ("direct").

Needs a qbench built with its benchmarks (cmake --preset release -DQBENCH_BUILD_BENCH=ON), Debian's
nodejs, npm, python3-opencv and python3-numpy, and ONNX Runtime:

    npm ci --prefix tests/onnxruntime --ignore-scripts
    scripts/peers/peers.py --output build/peers

usage: peers.py [--networks A,B] [--batches 1,32] [--threads 1,2] [--precisions fp32,int8]
                [--engines qbench,direct,...] [--rounds 3] [--seconds 2] [--output FOLDER]
                [--build FOLDER]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NETWORKS = {"resnet50_v1": "3,224,224", "resnet101_v1": "3,224,224", "imagenet1k-resnet-152": "3,224,224",
            "squeezenet1.0": "3,224,224", "mobilenet1.0": "3,224,224", "inceptionv3": "3,299,299",
            "imagenet1k-inception-bn": "3,224,224", "ssd_vgg16_reduced_300": "3,300,300"}
CALIBRATION = ["--calib-dataset=shapes:train,count=64", "--num-calib-batches=2", "--batch-size=8",
               "--calib-mode=naive"]
FEW_RUNS = 3  # of qbench where a batch takes long


def run(command, timeout=900):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


class Files:
    """One network in one precision: an MXNet pair for qbench and an ONNX file for the others."""

    def __init__(self, symbol, params, onnx, shape):
        self.onnx, self.shape = onnx, shape
        self.pair = [f"--symbol-file={symbol}", f"--param-file={params}", f"--image-shape={shape}"]
        self.primitives = [symbol, params, shape]


def prepare(args, network):
    shape, stem = NETWORKS[network], args.output / network
    fp32 = Files(f"{stem}-symbol.json", f"{stem}-0000.params", f"{stem}-fp32.onnx", shape)
    pair = [f"{stem}-quantized-2batches-naive-symbol.json", f"{stem}-quantized-0000.params"]
    if network.startswith("ssd_"):  # saved under its documented name
        pair = [args.output / f"cq{network}-symbol.json", args.output / f"cq{network}-0000.params"]
    int8 = Files(*pair, f"{stem}-int8.onnx", shape)
    if not pathlib.Path(int8.onnx).exists():
        run([args.qbench, "export", f"--model={network}", f"--output={stem}"])
        run([args.qbench, "export", *fp32.pair, f"--output={fp32.onnx}"])
        run([args.qbench, "quantize", *fp32.pair, *CALIBRATION, f"--output-dir={args.output}", "--quiet"])
        run([args.qbench, "export", *int8.pair, "--split-sums", f"--output={int8.onnx}"])
    return {"fp32": fp32, "int8": int8, "gmac": json.loads(run([args.qbench, "inspect", *fp32.pair, "--json"]))["gmac"]}


def time_qbench(args, files, batch, threads, *more):
    few = [f"--num-inference-batches={FEW_RUNS}"] if batch > 8 else []
    found = json.loads(run([args.qbench, "infer", "--benchmark", "--json", *files.pair, f"--batch-size={batch}",
                            f"--num-threads={threads}", *few, *more]))
    return found["latency_ms"]["median"] / batch


def time_direct(args, files, batch, threads):
    return time_qbench(args, files, batch, threads, "--winograd=False")


def time_primitives(args, files, batch, threads):
    out = run([args.build / "tests/bench/conv_sum", *files.primitives, batch, threads, args.seconds])
    return float(out.splitlines()[-1].split(" layers, ")[1].split(" ms")[0])


def time_onnxruntime(args, files, batch, threads):
    command = ["node", HERE / "onnxruntime_bench.mjs", files.onnx, batch, files.shape, threads, args.seconds,
               ROOT / "tests/onnxruntime"]
    return json.loads(run(command))["median_ms"] / batch


def time_opencv(args, files, batch, threads):
    command = [sys.executable, HERE / "opencv_bench.py", files.onnx, batch, files.shape, threads, args.seconds]
    return json.loads(run(command))["median_ms"] / batch


ENGINES = {"qbench": time_qbench, "direct": time_direct, "primitives": time_primitives,
           "onnxruntime": time_onnxruntime, "opencv": time_opencv}
ONLY_FP32 = ("direct", "opencv")  # OpenCV 4.6 computes quantize-dequantize graphs in FP32 or not at all
PEERS = ("primitives", "onnxruntime", "opencv")


def cell(args, files, precision, batch, threads):
    """Milliseconds per image of each engine: the median over the rounds; nothing where it cannot run."""
    times = {engine: [] for engine in args.engines if precision == "fp32" or engine not in ONLY_FP32}
    for _ in range(args.rounds):
        for engine in [engine for engine, values in times.items() if values is not None]:
            try:
                times[engine].append(ENGINES[engine](args, files, batch, threads))
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"{engine}: {error}", file=sys.stderr)
                times[engine] = None
    return {engine: statistics.median(values) for engine, values in times.items() if values}


def short(network):
    return network.removeprefix("imagenet1k-").replace("_reduced", "")


def row(name, precision, batch, threads, found, share):
    text = f"{name:<13} {precision} {batch:>2} {threads} {found['qbench']:>7.2f} {100 * share:>4.0f}%"
    for peer in PEERS:
        known = peer in found
        text += f" {found[peer]:>7.2f} {found[peer] / found['qbench']:>5.2f}x" if known else f" {'-':>7} {'':>6}"
    return text


def print_speedups(results):
    print(f"\nINT8's speed-up over FP32\n{'network':<13}  b t {'best FP32':>10} {'direct FP32':>12}")
    for (name, batch, threads), found in results.items():
        if "fp32" not in found or "int8" not in found:
            continue
        int8, fp32 = found["int8"]["qbench"], found["fp32"]
        direct = f"{fp32['direct'] / int8:.2f}x" if "direct" in fp32 else "-"
        print(f"{name:<13} {batch:>2} {threads} {fp32['qbench'] / int8:>9.2f}x {direct:>12}")


def numbers(text):
    return [int(part) for part in text.split(",")]


def names(text):
    return text.split(",")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=names, default=list(NETWORKS))
    parser.add_argument("--precisions", type=names, default=["fp32", "int8"])
    parser.add_argument("--engines", type=names, default=list(ENGINES))
    parser.add_argument("--batches", type=numbers, default=[1, 32])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of samples a peer takes each time")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    args = parser.parse_args()
    for what, given, known in (("network", args.networks, NETWORKS), ("engine", args.engines, ENGINES)):
        if unknown := set(given) - set(known):
            parser.error(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    if "qbench" not in args.engines:
        args.engines.insert(0, "qbench")
    args.qbench = args.build / "qbench"
    args.output.mkdir(parents=True, exist_ok=True)
    return args


def main():
    args = arguments()
    doctor = json.loads(run([args.qbench, "doctor", "--peaks", "--json"]))
    peaks = {each["threads"]: {"fp32": each["f32_gflops"], "int8": each["int8_gops"]} for each in doctor["peaks"]}
    results = {}
    print("ms per image, medians; ratios: its time over qbench's\n"
          f"{'network':<13} type  b t {'qbench':>7} {'peak':>5} {'primitives':>14} {'ONNX Runtime':>14} {'OpenCV':>14}")
    with open(args.output / "peers.jsonl", "w", encoding="utf-8") as log:
        for network in args.networks:
            prepared = prepare(args, network)
            for precision in args.precisions:
                for batch in args.batches:
                    for threads in args.threads:
                        found = cell(args, prepared[precision], precision, batch, threads)
                        peak = peaks.get(threads, peaks[1])[precision] * (1 if threads in peaks else threads)
                        share = 2 * prepared["gmac"] / (found["qbench"] / 1000) / peak
                        print(row(short(network), precision, batch, threads, found, share), flush=True)
                        results.setdefault((short(network), batch, threads), {})[precision] = found
                        log.write(json.dumps({"network": network, "precision": precision, "batch": batch,
                                              "threads": threads, "ms_per_image": found, "share": share}) + "\n")
    print_speedups(results)


main()
