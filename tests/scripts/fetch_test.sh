#!/usr/bin/env bash
# The fetch scripts, on files of this machine: what they keep, go on with, refuse and say.
# usage: fetch_test.sh SCRIPTS_FOLDER
set -euo pipefail
scripts=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export QBENCH_MANIFEST="$work/manifest.tsv"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { # TEXT FILE
  grep -qF -e "$1" "$2" || fail "no '$1' in: $(cat "$2")"
}
run() { # EXIT_CODE ARGUMENTS...
  local code=0
  "$scripts/fetch_datasets.sh" "${@:2}" >out.txt 2>err.txt || code=$?
  [ "$code" = "$1" ] || fail "exit code $code, expected $1: $(cat out.txt err.txt)"
}

mkdir served
head -c 100000 /dev/urandom >served/big.rec
echo list >served/small.lst
(cd served && python3 -m zipfile -c pack.zip small.lst)
hash=$(sha1sum served/big.rec | cut -d ' ' -f 1)
row() { printf 'dataset\t%s\t%s\t%s\t%s\t%s\tfile://%s/served/%s\n' "$1" "$2" "$3" "$4" "$5" "$work" "$6"; }
{
  row whole data/big.rec 100000 "sha1:$hash" - big.rec
  row zipped data/small.lst - - small.lst pack.zip
} >"$QBENCH_MANIFEST"

# Everything, and again: nothing is fetched twice.
run 0 --dir here
cmp served/big.rec here/data/big.rec
cmp served/small.lst here/data/small.lst
[ ! -e here/data/pack.zip ] || fail "the archive was left"
expect "data/big.rec: got and verified" out.txt
expect "no hash is published" out.txt
run 0 --dir here
expect "data/big.rec: there already" out.txt

# A broken download goes on.
mkdir -p broken/data
head -c 40000 served/big.rec >broken/data/big.rec.part
run 0 --dir broken whole
cmp served/big.rec broken/data/big.rec

# A file that was damaged is named and kept, one that arrives damaged is thrown away.
printf x >>here/data/big.rec
run 1 --dir here whole
expect "has 100001 bytes, expected 100000" err.txt
[ -e here/data/big.rec ] || fail "a user's file was removed"
row whole data/big.rec - "sha1:0000" - big.rec >"$QBENCH_MANIFEST"
run 1 --dir fresh
expect "expected 0000; thrown away" err.txt
[ -z "$(find fresh -type f)" ] || fail "left: $(find fresh -type f)"

# An address that does not answer says where the file belongs; the others are fetched.
{
  row gone data/gone.rec - - - no-such-file.rec
  row whole data/big.rec 100000 "sha1:$hash" - big.rec
} >"$QBENCH_MANIFEST"
run 1 --dir rest
expect "does not answer" err.txt
expect "rest/data/gone.rec" err.txt
cmp served/big.rec rest/data/big.rec

# Usage.
run 2 --dir here nothing
expect "there are: gone whole" err.txt
run 2 --nonsense
run 0 --help
run 0 --list
expect "no-such-file.rec" out.txt
unset QBENCH_MANIFEST
"$scripts/fetch_models.sh" --list >out.txt
for model in resnet50_v1 resnet101_v1 squeezenet1.0 mobilenet1.0 inceptionv3 imagenet1k-resnet-152 \
  imagenet1k-inception-bn ssd_vgg16_reduced_300; do
  expect "$model " out.txt
done
echo "fetch scripts: all as expected"
