#!/usr/bin/env bash
# Makes the networks of `qbench suite demo`: exports them narrow, draws images, trains. Between one
# and two hours of one core. Needs a release build, and what train_demo.py says.
#   scripts/train_demo.sh [NAME...]      e.g. mobilenet; all when none is named
set -euo pipefail
cd "$(dirname "$0")/.."

qbench=build/release/qbench
images=build/train
out=suites/demo

draw() { [ -e "$images/$2.rec" ] || "$qbench" data make "$1" --output "$images/$2.rec"; }

# NAME MODEL WIDTH CLASSES SIDE
export_network() {
  "$qbench" export --model "$2" --random-weights --width "$3" --classes "$4" \
    --image-shape "3,$5,$5" --output "$out/shapes_$1"
}

# NAME IMAGES SIDE EPOCHS [options]
train() {
  scripts/train_demo.py "$out/shapes_$1" --train "$images/$2.rec" --val "$images/${2%_*}_val.rec" \
    --side "$3" --epochs "$4" "${@:5}"
}

# The same, from what NAME or another network has learned before.
go_on() { train "$@" --start "$out/shapes_$1-0000.params"; }

# What deep networks without shortcuts learn from noisy images, they learn sooner after plain ones.
resnet50_v1() {
  export_network resnet50_v1 resnet50_v1 0.09375 10 64
  train resnet50_v1 shapes_train 64 14
}
resnet101_v1() { # begins as the 50 layers of its sister
  export_network resnet101_v1 resnet101_v1 0.09375 10 64
  train resnet101_v1 shapes_train 64 6 --rate 2e-3 --start "$out/shapes_resnet50_v1-0000.params"
}
resnet50_v1_more() { go_on resnet50_v1 shapes_train 64 5 --rate 2.5e-3; }
resnet152() {
  export_network resnet152 imagenet1k-resnet-152 0.0625 10 64
  train resnet152 shapes_plain 64 3
  go_on resnet152 shapes_train 64 10
}
squeezenet() {
  export_network squeezenet squeezenet1.0 0.5 10 64
  train squeezenet shapes_plain 64 5 --rate 1e-3
  go_on squeezenet shapes_plain 64 6 --rate 1e-3 --batch 32
  go_on squeezenet shapes_train 64 6 --rate 1.5e-3
}
mobilenet() {
  export_network mobilenet mobilenet1.0 0.25 10 96
  train mobilenet shapes_train 96 12
  go_on mobilenet shapes_train 96 5 --rate 2.5e-3
}
inception_bn() {
  export_network inception_bn imagenet1k-inception-bn 0.125 10 96
  train inception_bn shapes_plain 96 4
  go_on inception_bn shapes_train 96 9
}
inceptionv3() {
  export_network inceptionv3 inceptionv3 0.125 10 96
  train inceptionv3 shapes_plain 96 3
  go_on inceptionv3 shapes_plain 96 3 --batch 32 --rate 3e-3
  go_on inceptionv3 shapes_train 96 2
  go_on inceptionv3 shapes_train 96 3 --rate 2.5e-3
}
ssd_vgg16() {
  export_network ssd_vgg16 ssd_vgg16_reduced_300 0.09375 8 128
  train ssd_vgg16 boxes_plain 128 8 --batch 32 --rate 2e-3
  go_on ssd_vgg16 boxes_train 128 12 --batch 32 --rate 2e-3  # the one stored: stopped after 8
}

mkdir -p "$images"
draw shapes:train shapes_train
draw shapes:train,plain,count=10000 shapes_plain
draw shapes:val shapes_val
draw shapes-det:train boxes_train
draw shapes-det:train,plain,count=3000 boxes_plain
draw shapes-det:val boxes_val

[ $# -gt 0 ] || set -- resnet50_v1 resnet101_v1 resnet50_v1_more squeezenet mobilenet inceptionv3 \
  resnet152 inception_bn ssd_vgg16
for network in "$@"; do "$network"; done
