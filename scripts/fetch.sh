# Sourced by fetch_models.sh and fetch_datasets.sh: gets the files of scripts/manifest.tsv of one
# kind, checks them, and never leaves a damaged file under its final name.

usage() {
  cat <<EOF
usage: $(basename "$0") [--dir DIR] [--list] [NAME...]
Gets the documented ${kind}s into DIR (default: the current folder): all, or those named.
What is there already is checked and kept; a broken download goes on where it stopped.
  --list   show names, files and addresses
EOF
}

rows() { grep -v '^#' "$manifest" | awk -F '\t' -v kind="$kind" '$1 == kind'; }
names() { rows | cut -f 2 | uniq; }

matches() { # FILE BYTES HASH: says why not on stdout
  local size actual
  size=$(stat -c %s "$1")
  if [ "$2" != - ] && [ "$size" != "$2" ]; then
    echo "has $size bytes, expected $2"
    return 1
  fi
  [ "$3" = - ] && return 0
  actual=$("${3%%:*}sum" "$1" | cut -d ' ' -f 1)
  [ "$actual" = "${3#*:}" ] && return 0
  echo "has ${3%%:*} $actual, expected ${3#*:}"
  return 1
}

download() { # ADDRESS TO: goes on with TO.part
  local code=0
  curl --fail --location --silent --show-error --retry 2 --connect-timeout 20 \
    --continue-at - --output "$2.part" "$1" 2>"$2.log" || code=$?
  # 33, 36 and HTTP 416: the server cannot go on, or there is nothing left to get
  case $code in
    0) ;;
    22 | 33 | 36)
      if ! grep -q -e '416' -e 'range' -e 'resume' "$2.log"; then
        sed 's/^/  /' "$2.log" >&2
        rm -f "$2.log"
        return 1
      fi
      ;;
    *)
      sed 's/^/  /' "$2.log" >&2
      rm -f "$2.log"
      return 1
      ;;
  esac
  rm -f "$2.log"
  mv "$2.part" "$2"
}

fetch_row() { # FILE BYTES HASH MEMBER ADDRESS
  local target="$dir/$1" why archive
  if [ -e "$target" ]; then
    if why=$(matches "$target" "$2" "$3"); then
      echo "$1: there already"
      return 0
    fi
    echo "$1: $why; it stays as it is, remove it to get it again" >&2
    return 1
  fi
  mkdir -p "$(dirname "$target")"
  archive=$target
  [ "$4" = - ] || archive="$(dirname "$target")/$(basename "$5")"
  if [ ! -e "$archive" ] && ! download "$5" "$archive"; then
    cat >&2 <<EOF
$1: $5 does not answer.
  Got elsewhere, the file belongs in $target
EOF
    return 1
  fi
  if [ "$4" != - ]; then
    if ! unzip -p "$archive" "$4" >"$target.part"; then
      echo "$1: $archive has no readable member $4; remove the archive to get it again" >&2
      rm -f "$target.part"
      return 1
    fi
  else
    mv "$archive" "$target.part"
  fi
  if ! why=$(matches "$target.part" "$2" "$3"); then
    echo "$1: what $5 gave $why; thrown away" >&2
    rm -f "$target.part"
    [ "$4" = - ] || rm -f "$archive"
    return 1
  fi
  mv "$target.part" "$target"
  if [ "$3" = - ]; then
    echo "$1: got; no hash is published, its sha1 is $(sha1sum "$target" | cut -d ' ' -f 1)"
  else
    echo "$1: got and verified"
  fi
}

fetch_main() {
  manifest="${QBENCH_MANIFEST:-$(dirname "${BASH_SOURCE[0]}")/manifest.tsv}"
  dir=.
  local wanted=() failed=0 name file bytes hash member address archives=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --dir)
        [ $# -ge 2 ] || { echo "--dir needs a folder" >&2; exit 2; }
        dir=$2
        shift
        ;;
      --list)
        rows | awk -F '\t' '{printf "%-24s %-42s %s\n", $2, $3, $7}'
        exit 0
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      -*)
        echo "unknown option $1" >&2
        usage >&2
        exit 2
        ;;
      *) wanted+=("$1") ;;
    esac
    shift
  done
  for name in "${wanted[@]}"; do
    names | grep -qxF -e "$name" || {
      echo "no $kind '$name'; there are: $(names | tr '\n' ' ')" >&2
      exit 2
    }
  done
  for tool in curl unzip; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 2; }
  done
  while IFS=$'\t' read -r _ name file bytes hash member address; do
    if [ ${#wanted[@]} -gt 0 ] && ! printf '%s\n' "${wanted[@]}" | grep -qxF -e "$name"; then
      continue
    fi
    fetch_row "$file" "$bytes" "$hash" "$member" "$address" || failed=1
    [ "$member" = - ] || archives+=("$dir/$(dirname "$file")/$(basename "$address")")
  done < <(rows)
  for archive in "${archives[@]}"; do
    [ $failed -ne 0 ] || rm -f "$archive"
  done
  return $failed
}
