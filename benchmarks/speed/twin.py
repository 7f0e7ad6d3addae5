"""The default network of this project in PyTorch, and the speed of its training step in eager mode.

    pip install torch
    python benchmarks/speed/twin.py BATCH SECONDS THREADS

Same shapes, same operations, same optimizer as lib/model and lib/train: 20 numeric features with 24 piecewise-linear
bins, tokens of width 8, one attention block of 4 heads with a gated feed-forward of width 16, feature layers of 64 and
32 with batch norm, SiLU and dropout, 16 members that differ from the second layer on, AdamW with clipping.
"""

import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

FEATURES, BINS, D, HEADS, FFN, K, HIDDEN, DROPOUT = 20, 24, 8, 4, 16, 16, 64, 0.3


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.gate_up, self.down = nn.Linear(D, 2 * FFN), nn.Linear(FFN, D)

    def forward(self, t):
        b, f, _ = t.shape
        q, k, v = self.qkv(self.norm1(t)).reshape(b, f, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, f, D)
        t = t + self.out(a)
        gate, up = self.gate_up(self.norm2(t)).chunk(2, -1)
        return t + self.down(F.silu(gate) * up)


class Layer(nn.Module):
    def __init__(self, inputs, outputs, members):
        super().__init__()
        self.linear, self.norm = nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)
        self.members = members
        if members:
            self.r = nn.Parameter(torch.randint(0, 2, (K, inputs)) * 2.0 - 1)
            self.s = nn.Parameter(torch.ones(K, outputs))
            self.b = nn.Parameter(torch.rand(K, outputs) * 0.1)

    def forward(self, x):  # [B, in] -> [B, out], or [B, K, out] with members
        if self.members:
            x = x[:, None] if x.dim() == 2 else x
            h = self.linear(x * self.r) * self.s + self.b
            h = self.norm(h.flatten(0, 1)).unflatten(0, h.shape[:2])
        else:
            h = self.norm(self.linear(x))
        return F.dropout(F.silu(h), DROPOUT, self.training)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        edges = torch.linspace(-3, 3, BINS + 1)
        self.register_buffer("low", edges[:-1])
        self.register_buffer("inverse", 1 / (edges[1:] - edges[:-1]))
        self.weight = nn.Parameter(torch.randn(FEATURES, BINS, D) * 0.1)
        self.bias = nn.Parameter(torch.randn(FEATURES, D) * 0.1)
        self.block = Block()
        self.layers = nn.Sequential(Layer(FEATURES * D + D, HIDDEN, False), Layer(HIDDEN, HIDDEN // 2, True))
        self.head = nn.Parameter(torch.randn(K, HIDDEN // 2) * 0.1)
        self.head_bias = nn.Parameter(torch.zeros(K))

    def forward(self, x):
        e = ((x[..., None] - self.low) * self.inverse).clamp(0, 1)  # [B, F, T]
        t = torch.einsum("bft,ftd->bfd", e, self.weight) + self.bias
        a = self.block(t)
        h = self.layers(torch.cat([t.flatten(1), a.mean(1)], 1))
        return (h * self.head).sum(-1) + self.head_bias  # [B, K]


def cpu():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return r.ru_utime + r.ru_stime


def main():
    batch, seconds, threads = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = Net()
    opt = torch.optim.AdamW(net.parameters(), 1e-3, foreach=True)
    rows = 35000
    x = torch.randn(rows, FEATURES)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).float()

    def step():
        i = torch.randint(0, rows, (batch,))
        opt.zero_grad(set_to_none=True)
        z = net(x[i])
        loss = F.binary_cross_entropy_with_logits(z, y[i, None].expand(-1, K))
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        return loss

    for _ in range(20):
        step()
    c, w, n = cpu(), time.time(), 0
    while time.time() - w < seconds:
        loss = step()
        n += 1
    loss = loss.item()
    wall, used = time.time() - w, cpu() - c
    print(f"torch   batch {batch:4d}  {n * batch / wall:8.0f} rows/s  {n * batch / used:8.0f} rows/CPU s  loss {loss:.4f}  ({torch.__version__}, {threads} threads)")


main()
