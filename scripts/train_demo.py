#!/usr/bin/env python3
"""Trains one network of `qbench suite demo`: reads its symbol, writes its parameters as float16.

Needs Debian's python3-torch, python3-opencv and python3-numpy, the symbol (`qbench export`) and image
records (`qbench data make`). scripts/train_demo.sh makes all of it and says how each network is trained.
The same seed gives nearly the same weights: float sums differ in the last digits between processors, and
training amplifies them.
"""

import argparse
import pathlib
import struct
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from symbol_net import SymbolNet

RECORD_MAGIC = 0xCED7230A
MEAN, STD = 128.0, 64.0  # of every channel; suites/demo.yaml says the same
VARIANCES = torch.tensor([0.1, 0.1, 0.2, 0.2])  # of MultiBoxDetection


def read_records(path):
    """Images [N, 3, H, W] uint8 in R, G, B order, and the label values of each."""
    data = pathlib.Path(path).read_bytes()
    images, labels, at, parts = [], [], 0, []
    while at < len(data):
        magic, word = struct.unpack_from("<II", data, at)
        if magic != RECORD_MAGIC:
            raise ValueError(f"{path}: no record at byte {at}")
        part, length = word >> 29, word & ((1 << 29) - 1)
        parts.append(data[at + 8:at + 8 + length])
        at += 8 + (length + 3) // 4 * 4
        if part in (1, 2):
            continue
        payload, parts = struct.pack("<I", RECORD_MAGIC).join(parts), []
        count, label = struct.unpack_from("<If", payload)
        labels.append(np.frombuffer(payload, "<f4", count, 24) if count else np.float32([label]))
        bgr = cv2.imdecode(np.frombuffer(payload, np.uint8, offset=24 + 4 * count), cv2.IMREAD_COLOR)
        images.append(bgr[:, :, ::-1].transpose(2, 0, 1))
    return torch.from_numpy(np.stack(images)), labels


def boxes_of(labels):
    """[N, most objects, 5]: class, corners; class -1 where there is no object that counts."""
    rows = [label[2:].reshape(-1, 6) for label in labels]
    boxes = torch.full((len(rows), max(map(len, rows)), 5), -1.0)
    for image, objects in zip(boxes, rows):
        image[:len(objects)] = torch.from_numpy(objects[:, :5].copy())
    return boxes


def turned(images, boxes):
    """One of the eight ways to turn and mirror a batch: figures are drawn at any angle."""
    quarters, mirrored = int(torch.randint(4, ())), torch.rand(()) < 0.5
    images = torch.rot90(images, quarters, (2, 3))
    if mirrored:
        images = images.flip(3)
    if boxes is not None:
        kind, x1, y1, x2, y2 = boxes.unbind(2)
        for _ in range(quarters):
            x1, y1, x2, y2 = y1, 1 - x2, y2, 1 - x1
        if mirrored:
            x1, x2 = 1 - x2, 1 - x1
        boxes = torch.stack([kind, x1, y1, x2, y2], 2)
    return images, boxes


def prepared(images, side):
    """As qbench prepares them: enlarged where the network wants it, then normalized."""
    x = images.float()
    if side != x.shape[2]:
        x = F.interpolate(x, (side, side), mode="bilinear", align_corners=False).round()
    return ((x - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def overlaps(boxes, anchors):
    """Intersection over union [N, objects, anchors]."""
    a, b = boxes[:, :, None], anchors[:, None]
    sides = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    common = sides.prod(-1)
    return common / ((a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - common)


def targets(boxes, anchors):
    """Class of each anchor [N, anchors], 0 the background, and box offsets [N, anchors, 4]."""
    present = boxes[:, :, 0] >= 0
    iou = overlaps(boxes[:, :, 1:], anchors).where(present[:, :, None], torch.tensor(-1.0))
    best, match = iou.max(1)
    image, thing = present.nonzero(as_tuple=True)
    own = iou[image, thing].argmax(1)  # every object has at least the anchor nearest to it
    match[image, own], best[image, own] = thing, 1.0
    matched = boxes.gather(1, match[:, :, None].expand(-1, -1, 5))
    kinds = (matched[:, :, 0].long() + 1).where(best >= 0.5, torch.tensor(0))
    center, size = (anchors[..., :2] + anchors[..., 2:]) / 2, anchors[..., 2:] - anchors[..., :2]
    shift = ((matched[..., 1:3] + matched[..., 3:]) / 2 - center) / size
    growth = ((matched[..., 3:] - matched[..., 1:3]).clamp(min=1e-4) / size).log()
    return kinds, torch.cat([shift, growth], 2) / VARIANCES


def detection_loss(outputs, boxes):
    """As example/ssd: cross entropy over the objects and three times as many hard negatives."""
    scores, offsets, anchors = outputs
    with torch.no_grad():
        kinds, wanted = targets(boxes, anchors)
    loss = F.cross_entropy(scores, kinds, reduction="none")
    objects = kinds > 0
    count = objects.sum(1, keepdim=True)
    hardest = loss.detach().masked_fill(objects, -1).argsort(1, descending=True).argsort(1)
    counted = objects | (hardest < 3 * count)
    shift = F.smooth_l1_loss(offsets.reshape(wanted.shape), wanted, reduction="none").sum(2)
    return ((loss * counted).sum() + (shift * objects).sum()) / count.sum().clamp(min=1)


class Task:
    """Images with labels or boxes, the loss and what is reported."""

    def __init__(self, path, side):
        self.images, labels = read_records(path)
        self.side, self.detection = side, len(labels[0]) > 1
        self.labels = boxes_of(labels) if self.detection else torch.tensor([int(v[0]) for v in labels])

    def batch(self, pick, turn):
        images, labels = self.images[pick], self.labels[pick]
        if turn:
            images, boxes = turned(images, labels if self.detection else None)
            labels = boxes if self.detection else labels
        return prepared(images, self.side), labels

    def loss(self, outputs, labels):
        if self.detection:
            return detection_loss(outputs, labels)
        return F.cross_entropy(outputs, labels, label_smoothing=0.05)

    @torch.no_grad()
    def score(self, net):
        net.eval()
        right, loss = 0, 0.0
        for pick in torch.arange(len(self.images)).split(100):
            images, labels = self.batch(pick, False)
            outputs = net(images)
            loss += self.loss(outputs, labels).item() * len(pick) / len(self.images)
            right += 0 if self.detection else (outputs.argmax(1) == labels).sum().item()
        return f"loss {loss:.3f}" if self.detection else f"accuracy {right / len(self.images):.4f} loss {loss:.3f}"


def train(net, data, args, epoch_done):
    decay = [p for p in net.parameters() if p.ndim > 1]
    rest = [p for p in net.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0}],
                                  args.rate)
    steps = len(data.images) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, args.epochs * steps)
    start = time.time()
    for epoch in range(args.epochs):
        net.train()
        order, total = torch.randperm(len(data.images)), 0.0
        for pick in order[:steps * args.batch].split(args.batch):
            images, labels = data.batch(pick, True)
            loss = data.loss(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1}/{args.epochs} loss {total / steps:.3f} {time.time() - start:.0f} s", flush=True)
        epoch_done()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix", help="PREFIX-symbol.json is read, PREFIX-0000.params written")
    parser.add_argument("--train", required=True, help="record file to train on")
    parser.add_argument("--val", required=True, help="record file to report on")
    parser.add_argument("--start", help="parameter file to start from, as far as names and shapes agree")
    parser.add_argument("--side", type=int, default=48, help="height and width of the network's input")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    data, held_out = Task(args.train, args.side), Task(args.val, args.side)
    net = SymbolNet(f"{args.prefix}-symbol.json", (3, args.side, args.side))
    net.to(memory_format=torch.channels_last)
    if args.start:
        print(f"{net.load(args.start)} arrays from {args.start}", flush=True)
    print(f"{args.prefix}: {sum(p.numel() for p in net.parameters())} parameters", flush=True)
    train(net, data, args, lambda: net.save(f"{args.prefix}-0000.params"))
    net.round_to_half()
    net.save(f"{args.prefix}-0000.params")
    print(f"  on {args.val}: {held_out.score(net)}", flush=True)


if __name__ == "__main__":
    main()
