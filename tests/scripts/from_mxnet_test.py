#!/usr/bin/env python3
"""Runs every command line of docs/from-mxnet.md on small networks, with fewer batches.

usage: from_mxnet_test.py QBENCH DOCUMENT EMBEDDED_SUITES
"""

import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# Networks of the documented names, so narrow that every line takes a second or two.
MODELS = {"resnet50_v1": [], "resnet101_v1": [], "squeezenet1.0": [], "mobilenet1.0": [],
          "inceptionv3": ["--image-shape=3,299,299"], "imagenet1k-resnet-152": [], "imagenet1k-inception-bn": [],
          "ssd_vgg16_reduced_300": ["--image-shape=3,300,300"]}
NARROW = ["--width=0.0625"]
# What is smaller here than in the document.
FEWER = [(r"--num-skipped-batches=\d+", "--num-skipped-batches=1"),
         (r"--num-inference-batches=\d+", "--num-inference-batches=1"),
         (r"--num-calib-batches=\d+", "--num-calib-batches=5 --batch-size=2"),
         (r"--batch-size[ =](64|224)", "--batch-size 4"), (r"-b 224", "-b 4"), (r"--num-batch \d+", "--num-batch 1")]


def commands(document):
    """The command lines of all fenced blocks, continued lines joined."""
    for block in re.findall(r"```sh\n(.*?)```", document, re.S):
        yield from block.replace("\\\n", " ").strip().splitlines()


def run(arguments, folder):
    result = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=120)
    mistrusted = result.returncode == 1 and "\nmistrusted " in result.stdout  # of weights drawn at random
    if result.returncode != 0 and not mistrusted:
        sys.exit(f"FAILED ({result.returncode}): {shlex.join(map(str, arguments))}\n{result.stdout}{result.stderr}")
    return result.stdout


def prepare(qbench, embedded, folder):
    (folder / "model").mkdir()
    for model, options in MODELS.items():
        run([qbench, "export", f"--model={model}", *options, *NARROW, f"--output=model/{model}"], folder)
    (folder / "data").mkdir()
    for data, record, count in (("shapes:val", "val_256_q90", 16), ("shapes:val", "custom", 320),
                                ("shapes-det:val", "val", 16)):
        run([qbench, "data", "make", data, f"--count={count}", f"--output=data/{record}.rec"], folder)
    for kind in ("symbol.json", "0000.params"):
        shutil.copy(next(embedded.glob(f"shapes_mobilenet*-{kind}")), folder / "model" / f"custom-{kind}")
    (folder / "images" / "any").mkdir(parents=True)
    (folder / "images" / "any" / "one.png").write_bytes(first_image(folder / "data" / "custom.rec"))


def first_image(record):
    """The PNG in the first record of a file."""
    data = record.read_bytes()
    start = data.index(b"\x89PNG")
    return data[start:data.index(b"IEND", start) + 8]


def main():
    qbench, document, embedded = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    lines = list(commands(document.read_text()))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(qbench, embedded, folder)
        for line in lines:
            for pattern, replacement in FEWER:
                line = re.sub(pattern, replacement, line)
            program, *arguments = shlex.split(line)
            if program != "qbench":
                sys.exit(f"FAILED: a line that is no qbench command: {line}")
            run([qbench, *arguments], folder)
            print("ran", line)
    print(f"{len(lines)} command lines of the document ran")


main()
