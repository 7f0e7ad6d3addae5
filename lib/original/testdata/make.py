"""Builds the original networks with random weights in PyTorch, stores them in the ways that programs store checkpoints,
and writes what PyTorch computes for random rows into manifest.json.

    python make.py FOLDER [--small]

--small gives narrow networks: the committed fixtures are made with it.
"""
import collections
import json
import pathlib
import struct
import sys

import numpy
import torch
from torch import nn


class LengthOne(nn.Module):
    """Wraps attention over a sequence of one element per row, the batch on axis 0."""

    def __init__(self, width, heads):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def attend(self, x):
        x = x.unsqueeze(1)
        return self.attention(x, x, x)[0].squeeze(1)


def stack(*blocks):
    return nn.Sequential(*[layer for block in blocks for layer in block])


class NormAttention(LengthOne):
    def __init__(self, inputs, hidden, outputs, layers=2, heads=4):
        super().__init__(hidden, heads)
        widths = [inputs] + [hidden] * layers
        self.feature_extractor = stack(*[
            (nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU(), nn.Dropout(0.3)) for a, b in zip(widths, widths[1:])])
        self.classifier = stack((nn.Linear(hidden, hidden // 2), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden // 2, outputs)))

    def forward(self, x):
        return self.classifier(self.attend(self.feature_extractor(x)))


class Processor(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers=2):
        super().__init__()
        self.feature_extractor = stack((nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.3)))
        self.feature_processor = nn.ModuleList(
            [stack((nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.3))) for _ in range(layers)])
        self.classifier = nn.Linear(hidden, outputs)

    def middle(self, x):
        return x

    def forward(self, x):
        x = self.middle(self.feature_extractor(x))
        for layer in self.feature_processor:
            x = layer(x)
        return self.classifier(x)


class AttentionProcessor(Processor):
    def __init__(self, inputs, hidden, outputs, layers=2, heads=4):
        super().__init__(inputs, hidden, outputs, layers)
        self.attention = nn.MultiheadAttention(hidden, heads, batch_first=True)

    middle = LengthOne.attend


class AttentionGRU(nn.Module):
    def __init__(self, inputs, wide, heads=1, padded=None):
        super().__init__()
        embed = padded or inputs
        self.embedding = nn.Linear(inputs, embed) if padded else nn.Identity()
        self.attention = nn.MultiheadAttention(embed, heads)  # the sequence on axis 0
        self.fc1 = nn.Linear(embed, wide)
        self.fc2 = nn.Linear(wide, wide // 2)
        self.temporal = nn.GRU(wide // 2, wide // 4, batch_first=True, bidirectional=True)
        self.fc3 = nn.Linear(wide // 2, wide // 4)
        self.fc4 = nn.Linear(wide // 4, wide // 8)
        self.output = nn.Linear(wide // 8, 1)

    def forward(self, x):
        x = self.embedding(x).unsqueeze(0)
        x = self.attention(x, x, x)[0].squeeze(0)
        x = torch.relu(self.fc2(torch.relu(self.fc1(x))))
        x = self.temporal(x.unsqueeze(1))[0].squeeze(1)
        return self.output(torch.relu(self.fc4(torch.relu(self.fc3(x)))))


class AttentionGRU2(nn.Module):
    """Its forward puts the rows on the sequence axis, so it is only a function of a row for a batch of one."""

    def __init__(self, inputs, wide):
        super().__init__()
        embed = (inputs + 3) // 4 * 4
        self.projection = nn.Linear(inputs, embed) if embed != inputs else nn.Identity()
        self.attention = nn.MultiheadAttention(embed, 4)
        self.feature_layers = stack(
            (nn.Linear(embed, wide), nn.SiLU(), nn.Dropout(0.3), nn.BatchNorm1d(wide)),
            (nn.Linear(wide, wide // 2), nn.SiLU(), nn.Dropout(0.2), nn.BatchNorm1d(wide // 2)))
        self.temporal = nn.GRU(wide // 2, wide // 4, num_layers=2, batch_first=True, bidirectional=True)
        self.output_layers = stack((nn.Linear(wide // 2, wide // 4), nn.SiLU(), nn.Dropout(0.1),
                                    nn.Linear(wide // 4, wide // 8), nn.SiLU(), nn.Linear(wide // 8, 1)))

    def one(self, x):
        x = self.projection(x).unsqueeze(0)
        x = self.feature_layers(self.attention(x, x, x)[0].squeeze(0))
        return self.output_layers(self.temporal(x.unsqueeze(1))[0].squeeze(1))

    def forward(self, x):
        return torch.cat([self.one(row) for row in x.split(1)])


class NormAttentionGRU(LengthOne):
    def __init__(self, inputs, hidden, outputs, layers=3, heads=4):
        widths = [hidden] + [hidden // 2 ** min(i, 2) for i in range(layers)]
        last = widths[-1]
        super().__init__(last, heads)
        self.projection = nn.Linear(inputs, hidden) if inputs != hidden else nn.Identity()
        self.feature_extraction = stack(*[
            (nn.Linear(a, b), nn.BatchNorm1d(b), nn.SiLU(), nn.Dropout(0.3)) for a, b in zip(widths, widths[1:])])
        self.gru = nn.GRU(last, last, num_layers=2, batch_first=True, bidirectional=True)
        self.out_linear1 = nn.Linear(2 * last, hidden)
        self.out_bn = nn.BatchNorm1d(hidden)
        self.out_linear2 = nn.Linear(hidden, outputs)

    def forward(self, x):
        x = self.attend(self.feature_extraction(self.projection(x)))
        x = self.gru(x.unsqueeze(1))[0].squeeze(1)
        return self.out_linear2(nn.functional.silu(self.out_bn(self.out_linear1(x))))


class Transformer(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers=2, heads=4, wide=2048):
        super().__init__()
        self.token_embedding = nn.Linear(1, hidden)
        self.positional_encoding = nn.Parameter(torch.randn(1, inputs, hidden))
        layer = nn.TransformerEncoderLayer(hidden, heads, wide, dropout=0.3, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(layer, layers)
        self.classifier = nn.Linear(hidden, outputs)

    def forward(self, x):
        tokens = self.token_embedding(x.unsqueeze(-1)) + self.positional_encoding
        return self.classifier(self.transformer_encoder(tokens).mean(dim=1))


def shake(model, seed):
    """Gives every parameter and statistic a value that matters: PyTorch's own start leaves norms and biases near 0 or 1."""
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if not value.is_floating_point():
                continue
            fresh = torch.randn(value.shape, generator=noise)
            if name.endswith("running_var"):
                fresh = fresh.abs() + 0.5
            elif value.dim() >= 2 and name != "positional_encoding":
                fresh *= 1.4 / value.shape[-1] ** 0.5
            elif "norm" in name or name.endswith("bias"):
                fresh = fresh * 0.3 + (1 if "norm" in name and name.endswith("weight") else 0)
            value.copy_(fresh)
    return model.eval()


def save_safetensors(path, state, metadata):
    kinds = {torch.float32: "F32", torch.int64: "I64", torch.bfloat16: "BF16"}
    header, data = {"__metadata__": metadata}, b""
    for name, value in state.items():
        raw = value.contiguous().view(-1).view(torch.uint8).numpy().tobytes() if value.dim() else struct.pack("<q", int(value))
        header[name] = {"dtype": kinds[value.dtype], "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Maker:
    def __init__(self, folder, small):
        self.folder, self.small, self.cases = folder, small, []

    def case(self, name, layout, model, inputs, save, features=None, width=None):
        """width rounds the weights to a narrower type before PyTorch computes with them, as a reader of the file would."""
        rows = 5 if self.small else 35
        x = torch.randn(rows, inputs, generator=torch.Generator().manual_seed(1000 + len(self.cases))) * 2
        seed, spread = 100 * len(self.cases), 0.0
        while spread < 0.1:  # a narrow network may be dead, and its constant output would prove little
            shake(model, seed)
            with torch.no_grad():
                spread, seed = model(x).std(0).min().item(), seed + 1
        if width:
            model.to(width)
            state = {key: value.clone() for key, value in model.state_dict().items()}
            model.to(torch.float32)
        else:
            state = model.state_dict()
        save(self.folder / name, model, state)
        with torch.no_grad():
            logits = model(x)
        self.cases.append({"file": name, "layout": layout, "inputs": inputs, "outputs": logits.shape[1], "rows": rows,
                           "features": features or [f"f{i}" for i in range(inputs)],
                           "x": x.flatten().tolist(), "logits": logits.flatten().tolist()})


def bare(path, model, state):
    torch.save(model.state_dict(), path)


def legacy(key):
    return lambda path, model, state: torch.save({key: model.state_dict(), "epoch": 7}, path, _use_new_zipfile_serialization=False)


def parallel(path, model, state):
    torch.save({"model_state_dict": nn.DataParallel(model).state_dict()}, path)


def training(features):
    """A checkpoint in the middle of training: optimizer and scheduler states, metrics from NumPy, a configuration."""
    def save(path, model, state):
        optimizer = torch.optim.AdamW(model.parameters())
        model(torch.randn(2, len(features))).sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        torch.save({
            "epoch": 12, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
            "scheduler_state_dict": scheduler.state_dict(), "best_val_loss": float("inf"), "timestamp": "20250404_120000",
            "metrics": {"f1": numpy.float64(0.9375), "correct": numpy.int64(-3), "small": numpy.float32(0.5), "ok": numpy.bool_(True)},
            "config": {"version": "1.0.0", "device": torch.device("cuda", 0), "dtype": torch.float32, "tags": {"a"},
                       "shape": torch.Size([2, 3]), "feature_names": features, "nothing": None, "seed": 2**80},
        }, path)
    return save


def nested(path, model, state):
    torch.save({"checkpoint": 3, "model": {"config": {"input_dim": 6}, "state_dict": model.state_dict()}}, path, pickle_protocol=4)


def strided(path, model, state):
    """Every matrix transposed in memory, all of them views into one storage at some offset."""
    total = sum(v.numel() for v in model.state_dict().values())
    pool, at, views = torch.zeros(total + 3), 3, collections.OrderedDict()
    for name, value in model.state_dict().items():
        shape = tuple(value.shape)
        view = pool[at:at + value.numel()].view(shape[::-1]).permute(*reversed(range(len(shape)))) if shape else pool[at]
        view.copy_(value)
        views[name], at = view, at + value.numel()
    torch.save({"state_dict": views}, path)


def narrow(path, model, state):
    torch.save({"model": state}, path)


def tensors(metadata):
    return lambda path, model, state: save_safetensors(path, state, metadata)


def main(folder, small):
    torch.manual_seed(0)
    make = Maker(folder, small)
    hidden, wide = (8, 16) if small else (64, 256)
    named = [f"column {i}" for i in range(9)]
    make.case("norm-attention.pt", "norm-attention", NormAttention(9, hidden, 1), 9, training(named), named)
    make.case("norm-attention-legacy.pt", "norm-attention", NormAttention(5, hidden, 3, layers=1), 5, legacy("model_state"))
    make.case("norm-attention-strided.pt", "norm-attention", NormAttention(5, hidden, 1, layers=1), 5, strided)
    make.case("norm-attention-no-layers.pt", "norm-attention", NormAttention(hidden, hidden, 1, layers=0), hidden, bare)
    make.case("processor.pt", "processor", Processor(6, hidden, 2), 6, nested)
    make.case("processor-f16.pt", "processor", Processor(6, hidden, 1, layers=1), 6, narrow, width=torch.float16)
    make.case("processor-f64.pt", "processor", Processor(1, hidden, 1, layers=1), 1, narrow, width=torch.float64)
    make.case("attention-processor.pt", "attention-processor", AttentionProcessor(6, hidden, 1), 6, parallel)
    make.case("attention-processor.safetensors", "attention-processor", AttentionProcessor(4, hidden, 1, layers=1), 4,
              tensors({"feature_names": '["a","b","c","d"]'}), ["a", "b", "c", "d"], width=torch.bfloat16)
    make.case("attention-gru.pt", "attention-gru", AttentionGRU(7, wide, heads=7), 7, legacy("state_dict"))
    make.case("attention-gru-padded.pt", "attention-gru", AttentionGRU(6, wide, heads=4, padded=8), 6, bare)
    make.case("attention-gru-2.pt", "attention-gru-2", AttentionGRU2(6, wide), 6, bare)
    make.case("norm-attention-gru.safetensors", "norm-attention-gru", NormAttentionGRU(6, 2 * hidden, 2), 6, tensors({"epoch": "3"}))
    make.case("transformer.pt", "transformer", Transformer(5, hidden, 1, wide=16 if small else 2048), 5, bare)
    if not small:
        make.case("published-default.pt", "norm-attention", NormAttention(20, 128, 1, layers=3), 20, bare)
        make.case("published-largest.pt", "norm-attention", NormAttention(512, 512, 2, layers=4, heads=8), 512, parallel)
        make.case("one-feature.pt", "transformer", Transformer(1, 64, 1), 1, legacy("model"))
    (folder / "manifest.json").write_text(json.dumps(make.cases, separators=(",", ":")) + "\n")


main(pathlib.Path(sys.argv[1]), "--small" in sys.argv[2:])
