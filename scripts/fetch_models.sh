#!/usr/bin/env bash
# Gets the documented models: see --help and scripts/manifest.tsv. Gluon publishes parameters
# alone: `qbench export` makes the pair of symbol and parameters that everything else reads.
set -euo pipefail
kind=model
. "$(dirname "$0")/fetch.sh"

failed=0
fetch_main "$@" || failed=$?

qbench=${QBENCH:-$(dirname "$0")/../build/release/qbench}
for params in "$dir"/model/*.params; do
  stem=${params%.params}
  case "$stem" in *-[0-9][0-9][0-9][0-9] | "$dir/model/*") continue ;; esac
  [ -e "$stem-symbol.json" ] && continue
  command=("$qbench" export --model "$(basename "$stem")" --param-file "$params" --output "$stem")
  if [ -x "$qbench" ]; then
    "${command[@]}" || failed=1
  else
    echo "to use $params, build qbench and run: ${command[*]}"
  fi
done
exit $failed
