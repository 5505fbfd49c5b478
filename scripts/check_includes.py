#!/usr/bin/env python3
"""Holds every #include "..." to the floors of docs/design.md: a room includes only what is below it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# room -> the rooms it may include, beside itself
ENGINE = ["engine/core", "engine/graph"]
BACKEND_INTERFACE = "engine/backends/backend.h"
ALLOWED = {
    "engine/core": [],
    "engine/graph": ["engine/core"],
    "engine/formats": ENGINE,
    "engine/zoo": ENGINE,
    "engine/passes": ENGINE,
    "engine/backends/reference": [*ENGINE, BACKEND_INTERFACE],
    "engine/backends/onednn": [*ENGINE, BACKEND_INTERFACE,
                               "engine/backends/onednn/library/library.h"],
    "engine/backends/onednn/library": ENGINE,
    "engine/backends/cudnn": [*ENGINE, BACKEND_INTERFACE],
    "engine/backends/cudnn/device": [*ENGINE, BACKEND_INTERFACE, "engine/backends/cudnn"],
    "engine/backends": [*ENGINE, "engine/backends/reference", "engine/backends/onednn",
                        "engine/backends/cudnn"],
    "engine/calibration": [*ENGINE, BACKEND_INTERFACE],
    "engine/quantizer": [*ENGINE, "engine/calibration/calibration_table.h"],
    "datasets": ["engine/core", "datasets/pictures"],
    "datasets/pictures": ["engine/core", "datasets/image.h"],
    "reports/record": ["engine/core"],
    "reports/text": ["reports/record", "engine/core"],
    "reports/judge": ["reports/record", "reports/text", "engine/core"],
    "reports/draw": ["reports/record", "reports/text", "reports/judge", "engine/core"],
    "harness/model": ["engine", "datasets"],
    "harness/accuracy": ["engine", "datasets", "reports/record", "reports/judge"],
    "harness/measure": ["engine", "reports/record"],
    "harness/suite": ["engine", "datasets", "reports/record", "reports/judge", "harness/model",
                      "harness/accuracy", "harness/measure"],
    "harness/run": ["engine", "datasets", "reports/record", "harness/model", "harness/accuracy",
                    "harness/measure", "harness/suite"],
    "harness/cli": ["engine", "datasets", "reports", "harness"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path: str) -> str | None:
    """The innermost room that holds `path`."""
    rooms = [room for room in ALLOWED if path.startswith(room + "/")]
    return max(rooms, key=len, default=None)


def allowed(room: str, target: str) -> bool:
    if room_of(target) == room:
        return True
    return any(target == entry or target.startswith(entry + "/") for entry in ALLOWED[room])


def main() -> int:
    wrong = []
    for folder in ("engine", "datasets", "reports", "harness"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".h", ".cc", ".cu"):
                continue
            path = file.relative_to(ROOT).as_posix()
            room = room_of(path)
            if room is None:
                wrong.append(f"{path}: belongs to no room of the table")
                continue
            for target in INCLUDE.findall(file.read_text()):
                if not (ROOT / target).is_file():
                    wrong.append(f"{path}: includes {target}, which is not a path from the root")
                elif not allowed(room, target):
                    wrong.append(f"{path}: {room} may not include {target}")
    print("\n".join(wrong) if wrong else "include directions: all as in the table")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
