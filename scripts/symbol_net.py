"""An MXNet symbol as a PyTorch module that can be trained and written back.

The operators follow MXNet 1.5 (NCHW; `full` pooling rounds up, average windows count what lies in
the padded input only). A parameter is made when the first forward pass meets it, with the shape
that its operator expects.
"""

import ast
import json
import math
import pathlib
import struct

import torch
import torch.nn.functional as F


def pair(attrs, key, default):
    return ast.literal_eval(attrs[key]) if key in attrs else default


def flag(attrs, key, default):
    return attrs.get(key, default) in ("True", "true", "1")


class SymbolNet(torch.nn.Module):
    """forward(images) gives what the loss needs: the logits; of a detector class logits
    [N, classes + 1, anchors], box offsets [N, 4 * anchors] and anchors [1, anchors, 4]."""

    def __init__(self, path, image_shape):
        super().__init__()
        symbol = json.loads(pathlib.Path(path).read_text())
        self.nodes = symbol["nodes"]
        self.weights = torch.nn.ParameterDict()
        self.order = []  # names, as the symbol lists them
        self.outputs = self._outputs(symbol["heads"][0][0])
        self.needed = self._needed()
        self.eval()
        with torch.no_grad():
            self(torch.zeros(1, *image_shape))
        self._calm_residuals()
        self._calm_heads()

    def _inputs(self, node):
        return [entry[0] for entry in self.nodes[node]["inputs"]]

    def _outputs(self, head):
        """The nodes that the loss is computed from: what comes before the softmax, and the detection."""
        inputs = self._inputs(head)
        if self.nodes[head]["op"] == "_contrib_MultiBoxDetection":
            return [self._inputs(inputs[0])[0], inputs[1], inputs[2]]
        return [inputs[0] if self.nodes[head]["op"] in ("SoftmaxOutput", "softmax") else head]

    def _needed(self):
        needed, stack = set(), list(self.outputs)
        while stack:
            node = stack.pop()
            if node not in needed:
                needed.add(node)
                stack += self._inputs(node)
        return sorted(needed)

    @torch.no_grad()
    def _calm_residuals(self):
        """Lets every residual block begin as the identity, or nearly: deep networks train faster."""
        for node in self.needed:
            if self.nodes[node]["op"] != "elemwise_add":
                continue
            for kind, parameter, factor in (("BatchNorm", 1, 0.0), ("Convolution", 1, 0.1)):
                branches = [i for i in self._inputs(node) if self.nodes[i]["op"] == kind]
                if len(branches) == 1:
                    self.weights[self.name(branches[0], parameter)] *= factor

    @torch.no_grad()
    def _calm_heads(self):
        """Lets a detector begin with nearly equal scores and boxes equal to its anchors."""
        for node in self.needed:
            source = self._inputs(node)[0] if self.nodes[node]["op"] == "transpose" else node
            if source != node and self.nodes[source]["op"] == "Convolution":
                self.weights[self.name(source, 1)] *= 0.1

    def name(self, node, position):
        return self.nodes[self._inputs(node)[position]]["name"]

    def parameter(self, node, position, shape, start):
        name = self.name(node, position)
        if name not in self.weights:
            self.order.append(name)
            self.weights[name] = torch.nn.Parameter(start(torch.empty(shape)))
        return self.weights[name]

    def moving(self, node, position, shape, value):
        name = self.name(node, position)
        if not hasattr(self, name):
            self.register_buffer(name, torch.full(shape, value))
        return getattr(self, name)

    def forward(self, images):
        values = {}
        for i in self.needed:
            node = self.nodes[i]
            if node["op"] == "null":
                values[i] = images if node["name"] == "data" else None
                continue
            xs = [values[k] for k in self._inputs(i)]
            values[i] = OPERATORS[node["op"]](self, i, node.get("attrs", {}), *xs)
        results = [values[i] for i in self.outputs]
        return results[0] if len(results) == 1 else results

    def save(self, path):
        """NAME-0000.params: an NDArray list of float16 arrays."""
        arrays = [(f"arg:{name}", self.weights[name]) for name in self.order]
        arrays += [(f"aux:{name}", value) for name, value in self.named_buffers()]
        out = struct.pack("<QQQ", 0x112, 0, len(arrays))
        for _, value in arrays:
            data = value.detach().numpy().astype("<f2")
            out += struct.pack("<IiI", 0xF993FAC9, 0, data.ndim) + struct.pack(f"<{data.ndim}q", *data.shape)
            out += struct.pack("<iii", 1, 0, 2) + data.tobytes()
        out += struct.pack("<Q", len(arrays))
        for name, _ in arrays:
            out += struct.pack("<Q", len(name)) + name.encode()
        pathlib.Path(path).write_bytes(out)

    @torch.no_grad()
    def load(self, path):
        """Takes from a file of `save` every array of the same name and shape; returns their number."""
        data, at = pathlib.Path(path).read_bytes(), 24
        arrays = []
        for _ in range(struct.unpack_from("<Q", data, 16)[0]):
            rank = struct.unpack_from("<I", data, at + 8)[0]
            shape = struct.unpack_from(f"<{rank}q", data, at + 12)
            at += 12 + 8 * rank + 12
            count = math.prod(shape)
            arrays.append(torch.frombuffer(bytearray(data[at:at + 2 * count]), dtype=torch.float16).reshape(shape))
            at += 2 * count
        at, taken = at + 8, 0
        for array in arrays:
            length = struct.unpack_from("<Q", data, at)[0]
            name = data[at + 12:at + 8 + length].decode()  # without arg: or aux:
            at += 8 + length
            own = self.weights[name] if name in self.weights else getattr(self, name, None)
            if own is not None and own.shape == array.shape:
                own.copy_(array)
                taken += 1
        return taken

    @torch.no_grad()
    def round_to_half(self):
        for value in [*self.parameters(), *self.buffers()]:
            value.copy_(value.half().float())


def scaled(gain):
    """Normal values that keep the scale of activations: variance gain / fan-in."""
    return lambda w: torch.nn.init.normal_(w, std=math.sqrt(gain / w[0].numel()))


def filled(value):
    return lambda w: torch.nn.init.constant_(w, value)


def convolution(net, i, attrs, x, *_):
    filters, groups = int(attrs["num_filter"]), int(attrs.get("num_group", 1))
    kernel = pair(attrs, "kernel", None)
    weight = net.parameter(i, 1, (filters, x.shape[1] // groups, *kernel), scaled(2))
    bias = None if flag(attrs, "no_bias", "False") else net.parameter(i, 2, (filters,), filled(0))
    return F.conv2d(x, weight, bias, pair(attrs, "stride", (1, 1)), pair(attrs, "pad", (0, 0)),
                    pair(attrs, "dilate", (1, 1)), groups)


def fully_connected(net, i, attrs, x, *_):
    x, hidden = x.flatten(1), int(attrs["num_hidden"])
    weight = net.parameter(i, 1, (hidden, x.shape[1]), scaled(0.1))
    bias = None if flag(attrs, "no_bias", "False") else net.parameter(i, 2, (hidden,), filled(0))
    return F.linear(x, weight, bias)


def batch_norm(net, i, attrs, x, *_):
    shape = (x.shape[1],)
    gamma, beta = net.parameter(i, 1, shape, filled(1)), net.parameter(i, 2, shape, filled(0))
    mean, variance = net.moving(i, 3, shape, 0.0), net.moving(i, 4, shape, 1.0)
    if flag(attrs, "fix_gamma", "True"):
        gamma = torch.ones(shape)
    return F.batch_norm(x, mean, variance, gamma, beta, net.training, 0.05, float(attrs.get("eps", 1e-3)))


def activation(net, i, attrs, x):
    return {"relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[attrs["act_type"]](x)


def pooling(net, i, attrs, x):
    largest = attrs.get("pool_type", "max") == "max"
    if flag(attrs, "global_pool", "False"):
        return x.amax((2, 3), keepdim=True) if largest else x.mean((2, 3), keepdim=True)
    kernel, stride = pair(attrs, "kernel", None), pair(attrs, "stride", (1, 1))
    pad, full = pair(attrs, "pad", (0, 0)), attrs.get("pooling_convention", "valid") == "full"
    over = [0, 0]  # rows and columns that the last windows stick out
    for a in (0, 1):
        room = x.shape[2 + a] + 2 * pad[a] - kernel[a]
        over[a] = -room % stride[a] if full else 0
    sides = (pad[1], pad[1] + over[1], pad[0], pad[0] + over[0])
    if largest:
        return F.max_pool2d(F.pad(x, sides, value=-math.inf) if any(sides) else x, kernel, stride)
    if not any(sides):
        return F.avg_pool2d(x, kernel, stride)
    inside = torch.ones(1, 1, *x.shape[2:])
    padding = 1.0 if flag(attrs, "count_include_pad", "True") else 0.0
    inside = F.pad(inside, (pad[1], pad[1], pad[0], pad[0]), value=padding)
    inside = F.pad(inside, (0, over[1], 0, over[0]))
    return F.avg_pool2d(F.pad(x, sides), kernel, stride) / F.avg_pool2d(inside, kernel, stride)


def l2_normalization(net, i, attrs, x):
    if attrs.get("mode", "instance") != "channel":
        raise ValueError(f"L2Normalization of mode {attrs.get('mode')}, expected channel")
    return x / torch.sqrt(float(attrs.get("eps", 1e-10)) + (x * x).sum(1, keepdim=True))


def multiply(net, i, attrs, x, y):
    """By a parameter of one value for each channel: the scale after a normalization."""
    if x is not None and y is not None:
        return x * y
    known, position = (x, 1) if y is None else (y, 0)
    return known * net.parameter(i, position, (1, known.shape[1], 1, 1), filled(20))


def reshape(net, i, attrs, x):
    dims = pair(attrs, "shape", None)
    return x.reshape([x.shape[k] if d == 0 else d for k, d in enumerate(dims)])


def multibox_prior(net, i, attrs, x):
    rows, columns = x.shape[2:]
    sizes, ratios = pair(attrs, "sizes", (1,)), pair(attrs, "ratios", (1,))
    step_y, step_x = (s if s > 0 else 1 / n for s, n in zip(pair(attrs, "steps", (-1, -1)), (rows, columns)))
    offset_y, offset_x = pair(attrs, "offsets", (0.5, 0.5))
    shapes = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    half = torch.tensor([[s * rows / columns * math.sqrt(r) / 2, s / math.sqrt(r) / 2] for s, r in shapes])
    y = (torch.arange(rows) + offset_y) * step_y
    x = (torch.arange(columns) + offset_x) * step_x
    center = torch.stack([x.repeat(rows), y.repeat_interleave(columns)], 1)[:, None]
    boxes = torch.cat([center - half, center + half], 2).reshape(1, -1, 4)
    return boxes.clamp(0, 1) if flag(attrs, "clip", "False") else boxes


OPERATORS = {
    "Activation": activation,
    "BatchNorm": batch_norm,
    "Concat": lambda net, i, attrs, *xs: torch.cat(xs, int(attrs.get("dim", 1))),
    "Convolution": convolution,
    "Dropout": lambda net, i, attrs, x: x,  # networks this narrow do not overfit
    "Flatten": lambda net, i, attrs, x: x.flatten(1),
    "FullyConnected": fully_connected,
    "L2Normalization": l2_normalization,
    "Pooling": pooling,
    "Reshape": reshape,
    "_contrib_MultiBoxPrior": multibox_prior,
    "_copy": lambda net, i, attrs, x: x,
    "broadcast_mul": multiply,
    "clip": lambda net, i, attrs, x: x.clamp(float(attrs["a_min"]), float(attrs["a_max"])),
    "elemwise_add": lambda net, i, attrs, x, y: x + y,
    "softmax": lambda net, i, attrs, x: x.softmax(int(attrs.get("axis", -1))),
    "transpose": lambda net, i, attrs, x: x.permute(pair(attrs, "axes", None)),
}
