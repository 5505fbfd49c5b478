#!/usr/bin/env python3
"""Times the documented networks in qbench, ONNX Runtime and OpenCV's dnn module, side by side.

Every engine runs the same exports of the same networks, one process after the other, round by
round, so that whatever disturbs the machine disturbs all of them. The table holds medians over the
rounds and what a peer takes over what qbench takes.

Needs a built qbench, Debian's nodejs, npm, python3-opencv and python3-numpy, and ONNX Runtime:

    npm ci --prefix tests/onnxruntime --ignore-scripts
    scripts/peers/peers.py --output build/peers

usage: peers.py [--networks A,B] [--batches 1,32] [--threads 1,2] [--precisions fp32,int8]
                [--rounds 3] [--seconds 2] [--output FOLDER] [--qbench FILE]
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


def run(command, timeout=600):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def prepare(args, network):
    """FP32 and INT8 of a network, as MXNet pairs for qbench and as ONNX files for the others."""
    shape, folder = NETWORKS[network], args.output
    stem = folder / network
    if not stem.with_name(f"{network}-int8.onnx").exists():
        run([args.qbench, "export", f"--model={network}", f"--output={stem}"])
        pair = [f"--symbol-file={stem}-symbol.json", f"--param-file={stem}-0000.params", f"--image-shape={shape}"]
        run([args.qbench, "export", *pair, f"--output={stem}-fp32.onnx"])
        run([args.qbench, "quantize", *pair, *CALIBRATION, f"--output-dir={folder}", "--quiet"])
        run([args.qbench, "export", f"--symbol-file={stem}-quantized-2batches-naive-symbol.json",
             f"--param-file={stem}-quantized-0000.params", f"--image-shape={shape}", "--split-sums",
             f"--output={stem}-int8.onnx"])
    return {"fp32": (f"{stem}-symbol.json", f"{stem}-0000.params", f"{stem}-fp32.onnx"),
            "int8": (f"{stem}-quantized-2batches-naive-symbol.json", f"{stem}-quantized-0000.params",
                     f"{stem}-int8.onnx")}


def time_qbench(args, files, shape, batch, threads):
    found = json.loads(run([args.qbench, "infer", "--benchmark", "--json", f"--symbol-file={files[0]}",
                            f"--param-file={files[1]}", f"--image-shape={shape}", f"--batch-size={batch}",
                            f"--num-threads={threads}"]))
    return found["latency_ms"]["median"]


def time_onnxruntime(args, files, shape, batch, threads):
    command = ["node", HERE / "onnxruntime_bench.mjs", files[2], batch, shape, threads, args.seconds,
               ROOT / "tests/onnxruntime"]
    return json.loads(run(command))["median_ms"]


def time_opencv(args, files, shape, batch, threads):
    return json.loads(run([sys.executable, HERE / "opencv_bench.py", files[2], batch, shape, threads, args.seconds]))[
        "median_ms"]


ENGINES = {"qbench": time_qbench, "onnxruntime": time_onnxruntime, "opencv": time_opencv}


def cell(args, network, precision, batch, threads):
    """Milliseconds per image of each engine: the median over the rounds; nothing where it cannot run."""
    files = prepare(args, network)[precision]
    times = {engine: [] for engine in ENGINES}
    for _ in range(args.rounds):
        for engine, function in ENGINES.items():
            if times[engine] is None or (engine == "opencv" and precision == "int8"):
                continue  # OpenCV 4.6 computes quantize-dequantize graphs in FP32 or not at all
            try:
                times[engine].append(function(args, files, NETWORKS[network], batch, threads) / batch)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"{engine}: {error}", file=sys.stderr)
                times[engine] = None
    return {engine: statistics.median(values) if values else None for engine, values in times.items()}


def row(network, precision, batch, threads, found):
    text = f"{network:<24} {precision} {batch:>3} {threads} {found['qbench']:>9.2f}"
    for peer in list(ENGINES)[1:]:
        text += f" {found[peer]:>9.2f} {found[peer] / found['qbench']:>5.2f}x" if found[peer] else f" {'-':>9} {'':>6}"
    return text


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=lambda text: text.split(","), default=list(NETWORKS))
    parser.add_argument("--precisions", type=lambda text: text.split(","), default=["fp32", "int8"])
    parser.add_argument("--batches", type=numbers, default=[1, 32])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of samples a peer takes each time")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--qbench", type=pathlib.Path, default=ROOT / "build/release/qbench")
    args = parser.parse_args()
    unknown = set(args.networks) - set(NETWORKS)
    if unknown:
        parser.error(f"no network {', '.join(unknown)}; there are {', '.join(NETWORKS)}")
    args.output.mkdir(parents=True, exist_ok=True)

    print("ms per image, medians; ratios: the peer's time over qbench's\n"
          f"{'network':<24} type   b t {'qbench':>9} {'onnxrt':>9} {'ratio':>6} {'opencv':>9} {'ratio':>6}")
    with open(args.output / "peers.jsonl", "w", encoding="utf-8") as log:
        for network in args.networks:
            for precision in args.precisions:
                for batch in args.batches:
                    for threads in args.threads:
                        found = cell(args, network, precision, batch, threads)
                        print(row(network, precision, batch, threads, found), flush=True)
                        log.write(json.dumps({"network": network, "precision": precision, "batch": batch,
                                              "threads": threads, "ms_per_image": found}) + "\n")


main()
