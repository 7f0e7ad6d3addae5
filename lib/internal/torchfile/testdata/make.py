"""Stores one dictionary in the containers of PyTorch, and what it holds in expected.json: python make.py FOLDER"""
import collections
import json
import pathlib
import sys

import numpy
import torch

folder = pathlib.Path(sys.argv[1])
base = torch.arange(24, dtype=torch.float32) / 8 - 1
state = collections.OrderedDict([
    ("f32", base.view(4, 6)),
    ("transposed", base.view(4, 6).t()),  # shares the storage of f32
    ("window", base.view(4, 6)[1:3, 2:5]),
    ("every second", base[1::2]),
    ("repeated", torch.tensor([1.5, -2.5]).expand(3, 2)),
    ("cube", base.view(2, 3, 4).permute(2, 0, 1)),
    ("f64", torch.tensor([[0.1, -1e300], [float("inf"), 2.0**-149]], dtype=torch.float64)),
    ("f16", torch.tensor([1.0, -0.333, 65504.0, 6e-8, -0.0, float("inf"), 6.104e-5], dtype=torch.float16)),
    ("bf16", torch.tensor([1.0, -0.333, 3e38], dtype=torch.bfloat16)),
    ("i64", torch.tensor([-1, 2**40])), ("i32", torch.tensor([-7, 2**31 - 1], dtype=torch.int32)),
    ("i16", torch.tensor([-300, 300], dtype=torch.int16)), ("i8", torch.tensor([-128, 127], dtype=torch.int8)),
    ("u8", torch.tensor([0, 255], dtype=torch.uint8)), ("bool", torch.tensor([True, False, True])),
    ("scalar", torch.tensor(2.5)), ("empty", torch.zeros(0, 3)),
    ("parameter", torch.nn.Parameter(torch.tensor([1.0, 2.0]))),
])
meta = {
    "epoch": 3, "loss": 0.25, "negative": -(2**33), "huge": 2**70, "none": None, "yes": True, "text": "\u00fcn\u00efcode", "bytes": b"\x00\xff",
    "list": [1, [2.5, "three"], ()], "map": {"a": {"b": 1}, 7: "seven"}, "device": torch.device("cuda", 1), "dtype": torch.bfloat16,
    "size": torch.Size([2, 3]), "set": {"only"}, "frozen": frozenset([5]), "one": torch.tensor([4.5]), "many": torch.zeros(2),
    "numpy": [numpy.float64(0.1), numpy.float32(0.5), numpy.float16(-2), numpy.int64(-5), numpy.int8(-6), numpy.uint8(200), numpy.uint64(2**63),
              numpy.bool_(True)],
}
torch.save({**meta, "model": state}, folder / "zip.pt")
torch.save({**meta, "model": state}, folder / "zip4.pt", pickle_protocol=4)
torch.save({**meta, "model": state}, folder / "legacy.pt", _use_new_zipfile_serialization=False)
expected = [{"name": name, "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape),
             "bits": t.detach().to(torch.float32).contiguous().view(-1).view(torch.int32).tolist() if t.numel() else []}
            for name, t in state.items()]
(folder / "expected.json").write_text(json.dumps(expected, indent=None, separators=(",", ":")) + "\n")
