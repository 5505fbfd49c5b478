"""ResNet-50 of PyTorch at the same batches, for comparison: images a second of the network alone.

Random weights, no torchvision needed. Without PyTorch or a GPU it says so and does nothing.
"""

import statistics
import sys

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("PyTorch is not there: no comparison")
if not torch.cuda.is_available():
    sys.exit("PyTorch sees no GPU: no comparison")


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width

        def unit(a: int, b: int, kernel: int, step: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False),
                                 nn.BatchNorm2d(b))

        self.first = unit(inputs, width, 1, 1)
        self.second = unit(width, width, 3, stride)
        self.third = unit(width, outputs, 1, 1)
        self.short = unit(inputs, outputs, 1, stride) if inputs != outputs or stride != 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.first(x))
        y = self.third(torch.relu(self.second(y)))
        return torch.relu(y + (x if self.short is None else self.short(x)))


def resnet50() -> nn.Module:
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
              nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            layers.append(Bottleneck(inputs, width, 2 if stage > 0 and block == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def milliseconds(run) -> float:
    samples = []
    for _ in range(50):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        stop.record()
        torch.cuda.synchronize()
        samples.append(start.elapsed_time(stop))
    return statistics.median(samples)


def capture(model: nn.Module, images: torch.Tensor):
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(5):
            model(images)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        model(images)
    return graph.replay


def main() -> None:
    torch.backends.cudnn.benchmark = True
    print(f"\nPyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}: resnet50, "
          "channels last, images/s eager and as a CUDA graph")
    for batch in (int(text) for text in (sys.argv[1] if len(sys.argv) > 1 else "1,32,256").split(",")):
        for name, dtype, tf32 in (("f32", torch.float32, False), ("tf32", torch.float32, True),
                                  ("f16", torch.float16, False)):
            torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cuda.matmul.allow_tf32 = tf32
            model = resnet50().cuda().eval().to(dtype).to(memory_format=torch.channels_last)
            images = torch.randn(batch, 3, 224, 224, device="cuda", dtype=dtype)
            images = images.to(memory_format=torch.channels_last)
            with torch.inference_mode():
                for _ in range(5):
                    model(images)
                eager = milliseconds(lambda: model(images))
                graphed = milliseconds(capture(model, images))
            print(f"resnet50 {batch:5d} {name:5s} {batch / eager * 1e3:10.0f} "
                  f"{batch / graphed * 1e3:10.0f}", flush=True)


main()
