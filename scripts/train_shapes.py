#!/usr/bin/env python3
"""Trains the small networks of `qbench suite demo` and writes them as MXNet pairs.

Needs Debian's python3-torch, python3-opencv and python3-numpy, and the training images:

    build/release/qbench data make shapes:train --count 20000 --output shapes-train.rec
    build/release/qbench data make shapes:val --output shapes-val.rec
    scripts/train_shapes.py --train shapes-train.rec --val shapes-val.rec --output suites/demo

The same seed gives the same training images and nearly the same weights (float sums on another
processor differ in the last digits, and training amplifies them).
"""

import argparse
import json
import pathlib
import struct
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

RECORD_MAGIC = 0xCED7230A
MEAN, STD = 128.0, 64.0  # of every channel; suites/demo.yaml says the same


def read_records(path):
    """Images [N,3,H,W] uint8 in R,G,B order, and labels [N]."""
    data = pathlib.Path(path).read_bytes()
    images, labels, at, parts = [], [], 0, []
    while at < len(data):
        magic, word = struct.unpack_from("<II", data, at)
        if magic != RECORD_MAGIC:
            raise ValueError(f"{path}: no record at byte {at}")
        flag, length = word >> 29, word & ((1 << 29) - 1)
        parts.append(data[at + 8:at + 8 + length])
        at += 8 + (length + 3) // 4 * 4
        if flag in (1, 2):
            continue
        payload, parts = struct.pack("<I", RECORD_MAGIC).join(parts), []
        flags, label = struct.unpack_from("<If", payload)
        if flags != 0:
            raise ValueError(f"{path}: a record with {flags} labels, expected one")
        bgr = cv2.imdecode(np.frombuffer(payload, np.uint8, offset=24), cv2.IMREAD_COLOR)
        images.append(bgr[:, :, ::-1].transpose(2, 0, 1))
        labels.append(int(label))
    return torch.from_numpy(np.stack(images)), torch.tensor(labels)


class Network(torch.nn.Module):
    """A graph of MXNet operators that torch can run: written once, trained and exported from the same nodes."""

    def __init__(self):
        super().__init__()
        self.nodes = [{"op": "null", "name": "data", "inputs": []}]
        self.steps = []  # (node index, function of the values so far)
        self.params = torch.nn.ParameterDict()
        self.channels = {0: 3}

    def _variable(self, name, tensor=None):
        if tensor is not None:
            self.params[name.replace(".", "_")] = torch.nn.Parameter(tensor)
        self.nodes.append({"op": "null", "name": name, "inputs": []})
        return len(self.nodes) - 1

    def _node(self, op, name, inputs, attrs, function, channels):
        self.nodes.append({"op": op, "name": name, "attrs": attrs, "inputs": [[i, 0, 0] for i in inputs]})
        index = len(self.nodes) - 1
        self.steps.append((index, function))
        self.channels[index] = channels
        return index

    def conv(self, x, name, filters, kernel, stride=1, pad=0, groups=1):
        c = self.channels[x]
        weight = torch.empty(filters, c // groups, kernel, kernel)
        torch.nn.init.kaiming_normal_(weight, mode="fan_out" if groups == 1 else "fan_in")
        w = self._variable(f"{name}_weight", weight)
        attrs = {"kernel": f"({kernel}, {kernel})", "no_bias": "True", "num_filter": str(filters),
                 "num_group": str(groups), "pad": f"({pad}, {pad})", "stride": f"({stride}, {stride})"}
        return self._node("Convolution", name, [x, w], attrs,
                          lambda v: F.conv2d(v[x], self.params[f"{name}_weight"], None, stride, pad, 1, groups),
                          filters)

    def batch_norm(self, x, name):
        c = self.channels[x]
        inputs = [x, self._variable(f"{name}_gamma", torch.ones(c)), self._variable(f"{name}_beta", torch.zeros(c)),
                  self._variable(f"{name}_moving_mean"), self._variable(f"{name}_moving_var")]
        self.register_buffer(f"{name}_moving_mean", torch.zeros(c))
        self.register_buffer(f"{name}_moving_var", torch.ones(c))
        return self._node("BatchNorm", name, inputs, {"eps": "1e-05", "fix_gamma": "False"},
                          lambda v: F.batch_norm(v[x], getattr(self, f"{name}_moving_mean"),
                                                 getattr(self, f"{name}_moving_var"), self.params[f"{name}_gamma"],
                                                 self.params[f"{name}_beta"], self.training, 0.1, 1e-5), c)

    def relu(self, x, name):
        return self._node("Activation", name, [x], {"act_type": "relu"}, lambda v: F.relu(v[x]), self.channels[x])

    def relu6(self, x, name):
        return self._node("clip", name, [x], {"a_min": "0.0", "a_max": "6.0"}, lambda v: v[x].clamp(0, 6),
                          self.channels[x])

    def max_pool(self, x, name, kernel, stride):
        attrs = {"kernel": f"({kernel}, {kernel})", "pool_type": "max", "pooling_convention": "full",
                 "stride": f"({stride}, {stride})"}
        return self._node("Pooling", name, [x], attrs,
                          lambda v: F.max_pool2d(v[x], kernel, stride, ceil_mode=True), self.channels[x])

    def global_pool(self, x, name):
        attrs = {"global_pool": "True", "kernel": "(1, 1)", "pool_type": "avg"}
        return self._node("Pooling", name, [x], attrs, lambda v: v[x].mean((2, 3), keepdim=True), self.channels[x])

    def add(self, x, y, name):
        return self._node("elemwise_add", name, [x, y], {}, lambda v: v[x] + v[y], self.channels[x])

    def concat(self, xs, name):
        return self._node("Concat", name, xs, {"dim": "1", "num_args": str(len(xs))},
                          lambda v: torch.cat([v[x] for x in xs], 1), sum(self.channels[x] for x in xs))

    def classify(self, x, classes):
        flat = self._node("Flatten", "flatten0", [x], {}, lambda v: v[x].flatten(1), self.channels[x])
        weight = torch.empty(classes, self.channels[x])
        torch.nn.init.normal_(weight, std=0.01)
        inputs = [flat, self._variable("fc_weight", weight), self._variable("fc_bias", torch.zeros(classes))]
        logits = self._node("FullyConnected", "fc", inputs, {"num_hidden": str(classes)},
                            lambda v: F.linear(v[flat], self.params["fc_weight"], self.params["fc_bias"]), classes)
        self.nodes.append({"op": "null", "name": "softmax_label", "inputs": []})
        self.nodes.append({"op": "SoftmaxOutput", "name": "softmax",
                           "inputs": [[logits, 0, 0], [len(self.nodes) - 1, 0, 0]]})
        return self

    def forward(self, images):
        values = {0: (images.float() - MEAN) * (1 / STD)}
        for index, function in self.steps:
            values[index] = function(values)
        return values[self.steps[-1][0]]

    def unit(self, x, name, filters, kernel, stride=1, groups=1, act="relu"):
        """Convolution, batch norm, activation."""
        x = self.conv(x, f"{name}_conv", filters, kernel, stride, kernel // 2, groups)
        x = self.batch_norm(x, f"{name}_bn")
        return getattr(self, act)(x, f"{name}_{act}") if act else x


def shapes_resnet(classes):
    """ResNet v1 with bottlenecks: residual sums, projections."""
    net = Network()
    x = net.unit(0, "stem", 16, 3, 2)
    for stage, (width, stride) in enumerate([(32, 1), (64, 2), (128, 2)], 1):
        for block in (1, 2):
            name, s = f"stage{stage}_unit{block}", stride if block == 1 else 1
            y = net.unit(x, f"{name}_a", width // 2, 1, s)
            y = net.unit(y, f"{name}_b", width // 2, 3)
            y = net.unit(y, f"{name}_c", width, 1, act=None)
            if block == 1:
                x = net.unit(x, f"{name}_sc", width, 1, s, act=None)
            x = net.relu(net.add(y, x, f"{name}_plus"), f"{name}_relu")
    return net.classify(net.global_pool(x, "pool"), classes)


def shapes_squeezenet(classes):
    """Fire modules: concatenation, pooling that rounds up."""
    net = Network()
    x = net.max_pool(net.unit(0, "stem", 32, 3, 2), "pool1", 3, 2)
    for i, (squeeze, expand) in enumerate([(16, 32), (24, 64), (32, 96)], 2):
        s = net.unit(x, f"fire{i}_squeeze", squeeze, 1)
        parts = [net.unit(s, f"fire{i}_expand1", expand, 1), net.unit(s, f"fire{i}_expand3", expand, 3)]
        x = net.concat(parts, f"fire{i}_concat")
        if i < 4:
            x = net.max_pool(x, f"pool{i}", 3, 2)
    return net.classify(net.global_pool(x, "pool"), classes)


def shapes_mobilenet(classes):
    """Depthwise and pointwise convolutions with relu6: the hard case for one scale per layer."""
    net = Network()
    x = net.unit(0, "stem", 16, 3, 2, act="relu6")
    for i, (filters, stride) in enumerate([(32, 1), (64, 2), (64, 1), (128, 2), (128, 1)], 1):
        x = net.unit(x, f"dw{i}", net.channels[x], 3, stride, net.channels[x], act="relu6")
        x = net.unit(x, f"pw{i}", filters, 1, act="relu6")
    return net.classify(net.global_pool(x, "pool"), classes)


NETWORKS = {"shapes_resnet": shapes_resnet, "shapes_squeezenet": shapes_squeezenet,
            "shapes_mobilenet": shapes_mobilenet}


def accuracy(net, images, labels):
    net.eval()
    with torch.no_grad():
        right = sum((net(images[i:i + 256]).argmax(1) == labels[i:i + 256]).sum().item()
                    for i in range(0, len(images), 256))
    return right / len(images)


def train(net, images, labels, epochs, batch=64, peak_rate=2e-3):
    decay = [p for p in net.parameters() if p.ndim > 1]
    rest = [p for p in net.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0}],
                                  peak_rate)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak_rate, steps)
    start = time.time()
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(images))
        total = 0.0
        for i in range(0, len(images) - batch + 1, batch):
            pick = order[i:i + batch]
            # The figures are drawn at any angle: a turned or mirrored batch is as good as a new one.
            turned = torch.rot90(images[pick], int(torch.randint(4, ())), (2, 3))
            if torch.rand(()) < 0.5:
                turned = turned.flip(3)
            loss = F.cross_entropy(net(turned), labels[pick], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1}/{epochs} loss {total / (len(images) // batch):.3f} "
              f"{time.time() - start:.0f} s", flush=True)


def save(net, stem):
    """NAME-symbol.json and NAME-0000.params (NDArray list, V2 arrays)."""
    nodes = net.nodes
    graph = {"nodes": nodes, "arg_nodes": [i for i, n in enumerate(nodes) if n["op"] == "null"],
             "heads": [[len(nodes) - 1, 0, 0]], "attrs": {"mxnet_version": ["int", 10500]}}
    pathlib.Path(f"{stem}-symbol.json").write_text(json.dumps(graph, indent=1, sort_keys=True) + "\n")
    arrays = [(f"arg:{k}", v) for k, v in net.params.items()]
    arrays += [(f"aux:{k}", v) for k, v in net.named_buffers()]
    out = struct.pack("<QQQ", 0x112, 0, len(arrays))
    for _, value in arrays:
        data = value.detach().numpy().astype("<f4")
        out += struct.pack("<IiI", 0xF993FAC9, 0, data.ndim) + struct.pack(f"<{data.ndim}q", *data.shape)
        out += struct.pack("<iii", 1, 0, 0) + data.tobytes()
    out += struct.pack("<Q", len(arrays))
    for name, _ in arrays:
        out += struct.pack("<Q", len(name)) + name.encode()
    pathlib.Path(f"{stem}-0000.params").write_bytes(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="record file to train on")
    parser.add_argument("--val", required=True, help="record file to report the accuracy on")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder for the pairs")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()

    images, labels = read_records(args.train)
    val_images, val_labels = read_records(args.val)
    classes = int(labels.max()) + 1
    args.output.mkdir(parents=True, exist_ok=True)
    for name in args.networks:
        torch.manual_seed(args.seed)
        net = NETWORKS[name](classes)
        print(f"{name}: {sum(p.numel() for p in net.parameters())} parameters", flush=True)
        train(net, images, labels, args.epochs)
        print(f"  accuracy on {args.val}: {accuracy(net, val_images, val_labels):.4f}", flush=True)
        save(net, args.output / name)


if __name__ == "__main__":
    main()
