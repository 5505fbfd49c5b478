#!/usr/bin/env bash
# Gets the documented data sets: see --help and scripts/manifest.tsv.
set -euo pipefail
kind=dataset
. "$(dirname "$0")/fetch.sh"
fetch_main "$@"
