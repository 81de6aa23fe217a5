"""A workload in PyTorch: ``python -m benchmarks.gpu.torch_side WORKLOAD DTYPE WAY [rehearse]``.

Ways: ``eager``, ``compile``.
"""

import sys

import torch
from torch import nn

from benchmarks.gpu import sizes
from benchmarks.workloads.torch_programs import MODELS as OF_THE_CPU


class Bottleneck(nn.Module):
    """Three convolutions, and a way around them."""

    def __init__(self, before: int, filters: int, stride: int, around: bool):
        super().__init__()
        self.body = nn.Sequential(
            *_convolved(before, filters, 1),
            nn.ReLU(),
            *_convolved(filters, filters, 3, stride),
            nn.ReLU(),
            *_convolved(filters, 4 * filters, 1),
        )
        self.around = nn.Identity()
        if around:
            self.around = nn.Sequential(*_convolved(before, 4 * filters, 1, stride))

    def forward(self, x):
        return torch.relu(self.around(x) + self.body(x))


def _convolved(before: int, after: int, kernel: int, stride: int = 1) -> list:
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(after)]


def resnet50(size):
    """ResNet-50."""
    parts = [*_convolved(3, size.width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    before = size.width
    for stage, blocks in enumerate(sizes.STAGES):
        filters = size.width * 2**stage
        for block in range(blocks):
            parts.append(Bottleneck(before, filters, 2 if stage and not block else 1, not block))
            before = 4 * filters
    return nn.Sequential(
        *parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, size.classes)
    )


class Recurrent(nn.Module):
    """Layers of LSTM over words."""

    def __init__(self, size):
        super().__init__()
        self.words = nn.Embedding(size.words, size.width)
        self.body = nn.LSTM(size.width, size.width, size.depth, batch_first=True)
        self.out = nn.Linear(size.width, 1)

    def forward(self, x):
        return self.out(self.body(self.words(x))[0][:, -1])


def language(size):
    """A causal language model, that of the CPU's workload in another size."""
    return OF_THE_CPU["gpt"](size.width, size.length, size.words, size.depth, sizes.HEADS)


def mlp(size):
    """Wide layers."""
    parts = [
        part for _ in range(size.depth) for part in (nn.Linear(size.width, size.width), nn.ReLU())
    ]
    return nn.Sequential(*parts, nn.Linear(size.width, size.classes))


MODELS = {"mlp": mlp, "resnet50": resnet50, "lstm": Recurrent, "gpt": language}


def made(name: str, rehearse: bool):
    """The model of a workload."""
    if name in sizes.SMALL:
        return OF_THE_CPU[sizes.CPU_NAMES.get(name, name)]()
    return MODELS[name](sizes.size_of(name, rehearse))


def main(name: str, dtype: str, way: str, rehearse: bool) -> None:
    """Train on one batch again and again, and print the time of a step."""
    device = "cpu" if rehearse else "cuda"
    torch.backends.cudnn.benchmark = True
    x, y = sizes.batch_of(name, rehearse)
    model = made(name, rehearse).to(device)
    xs, ys = torch.from_numpy(x), torch.from_numpy(y)
    if xs.ndim == 4:
        xs = xs.permute(0, 3, 1, 2)  # channels last in memory, as PyTorch is fastest
        model = model.to(memory_format=torch.channels_last)
    xs, ys = xs.to(device), ys.to(device)
    binary = name.startswith("lstm")
    loss = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
    ys = ys if binary else ys.long()
    sgd = name in ("iris", "resnet")
    fused = {} if rehearse else {"fused": True}
    optimizer = (
        torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, **fused)
        if sgd
        else torch.optim.Adam(model.parameters(), **fused)
    )
    forward = (
        model if way == "eager" else torch.compile(model, mode=None if rehearse else "max-autotune")
    )
    seen = torch.zeros((), device=device)
    narrow = torch.autocast(device, torch.bfloat16, enabled=dtype == "bfloat16")

    def step() -> None:
        with narrow:
            out = forward(xs)
            if out.ndim == 3:
                out = out.flatten(0, 1)
            value = loss(out, ys.flatten() if name.startswith("gpt") else ys)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        seen.add_(value.detach())

    clock = sizes.wall_clock(lambda: None)
    if not rehearse:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

        def clock(run) -> float:
            start.record()
            run()
            end.record()
            end.synchronize()
            return start.elapsed_time(end)

    sizes.report(step_ms=sizes.measured(step, clock, rehearse), version=torch.__version__)


if __name__ == "__main__":
    main(*sys.argv[1:4], "rehearse" in sys.argv[4:])
