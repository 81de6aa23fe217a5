"""The workloads as plain PyTorch programs: ``python torch_programs.py WORKLOAD WAY``.

Ways: ``eager``, ``channels_last`` (convolutions only), ``compile``.
"""

import sys
import time

STARTED = time.perf_counter()

import measuring  # noqa: E402 (the clock starts before anything is imported)
import torch  # noqa: E402
from torch import nn  # noqa: E402


class Residual(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.around = nn.Identity()
        if stride != 1:
            self.around = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x):
        return torch.relu(self.around(x) + self.body(x))


def resnet():
    parts = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    before = 16
    for filters in (16, 32, 64):
        for number in range(3):
            parts.append(Residual(before, filters, 2 if filters > 16 and number == 0 else 1))
            before = filters
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Recurrent(nn.Module):
    """Two bidirectional LSTM over embedded words."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20000, 128)
        self.first = nn.LSTM(128, 64, batch_first=True, bidirectional=True)
        self.second = nn.LSTM(128, 64, batch_first=True, bidirectional=True)
        self.out = nn.Linear(128, 1)

    def forward(self, x):
        x, _ = self.first(self.words(x))
        x, _ = self.second(x)
        return self.out(torch.cat([x[:, -1, :64], x[:, 0, 64:]], -1))


class Block(nn.Module):
    """Attention and a feed-forward part, each with a way around."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width, 1e-3), nn.LayerNorm(width, 1e-3)
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, w = x.shape
        parts = self.inward(self.before(x)).view(b, t, 3, self.heads, w // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.outward(y.transpose(1, 2).reshape(b, t, w))
        return x + self.down(nn.functional.gelu(self.up(self.between(x))))


class Language(nn.Module):
    """A causal language model, by default a small one."""

    def __init__(
        self,
        width: int = 128,
        length: int = 128,
        words: int = 2000,
        depth: int = 4,
        heads: int = 4,
    ):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.last, self.out = nn.LayerNorm(width, 1e-3), nn.Linear(width, words)

    def forward(self, x):
        x = self.words(x) + self.places.weight
        return self.out(self.last(self.blocks(x)))


def tabular():
    parts, before = [], 30
    for _ in range(3):
        parts += [nn.Linear(before, 64), nn.BatchNorm1d(64), nn.ReLU()]
        before = 64
    return nn.Sequential(*parts, nn.Linear(64, 2))


MODELS = {
    "iris": lambda: nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)),
    "tabular": tabular,
    "mnist_mlp": lambda: nn.Sequential(
        *[nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU()],
        *[nn.Dropout(0.2), nn.Linear(512, 10)],
    ),
    "mnist_cnn": lambda: nn.Sequential(
        *[nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU()],
        *[nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)],
    ),
    "resnet": resnet,
    "lstm": Recurrent,
    "gpt": Language,
}


def main(name: str, way: str) -> None:
    """Train, predict, and print the times."""
    x, y, batch, steps = measuring.data(name)
    if x.ndim == 4:
        x = x.transpose(0, 3, 1, 2).copy()
    model = MODELS[name]()
    sgd = name in ("iris", "resnet")
    parameters = model.parameters()
    optimizer = (
        torch.optim.SGD(parameters, 0.1, momentum=0.9) if sgd else torch.optim.Adam(parameters)
    )
    xs, ys = torch.from_numpy(x), torch.from_numpy(y)
    if name != "lstm":
        ys = ys.long()
    if way == "channels_last":
        model, xs = (
            model.to(memory_format=torch.channels_last),
            xs.to(memory_format=torch.channels_last),
        )
    forward = torch.compile(model) if way == "compile" else model
    loss = nn.BCEWithLogitsLoss() if name == "lstm" else nn.CrossEntropyLoss()
    seen = {"correct": torch.zeros(()), "loss": torch.zeros(())}

    def step(xb, yb) -> None:
        out = forward(xb)
        wanted = out.flatten(0, 1) if name == "gpt" else out
        value = loss(wanted, yb.flatten() if name == "gpt" else yb)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        seen["loss"] += value.detach()
        if name not in ("gpt", "lstm"):
            seen["correct"] += (out.detach().argmax(-1) == yb).sum()

    epochs = measuring.EPOCHS.get(name, 1)

    def train() -> None:
        for _ in range(epochs):
            order = torch.randperm(len(xs))
            for number in range(steps):
                rows = order[(number * batch) % len(xs) :][:batch]
                step(xs[rows], ys[rows])

    step(xs[:batch], ys[:batch])
    step(xs[batch : 2 * batch], ys[batch : 2 * batch])
    found = {"first_epoch_s": time.perf_counter() - STARTED}
    found["step_ms"] = measuring.median(train, 1.0) / (steps * epochs) * 1e3
    model.eval()

    def predict(rows) -> None:
        with torch.no_grad():
            forward(rows).numpy()

    some, one = xs[:batch], xs[:1]
    found["predict_batch_ms"] = 1e3 * measuring.median(lambda: predict(some), 0.3)
    found["predict_one_ms"] = 1e3 * measuring.median(lambda: predict(one), 0.3)
    found["call_one_ms"] = found["predict_one_ms"]
    measuring.report(found)


if __name__ == "__main__":
    main(*sys.argv[1:3])
