"""The network of a model file as an ONNX graph, run by onnxruntime: the other half of `go run ./benchmarks/score`.

Reads FOLDER/model.gguf (f32), numeric.f32 and codes.i32; prints one line of JSON with its version, the ways in which the
graph was written and their probabilities; then answers lines "FORM THREADS BATCH SECONDS" with rows per second.

The graph is written in several ways, and the caller takes the fastest for each measurement:
  token     m: piecewise-linear cells as a batched product; g: a gathered cell (binning by comparison)
  attention p: plain products; f: onnxruntime's own fused MultiHeadAttention
  members   s: inputs scaled for each member; w: where all members read the same rows, one product with all their matrices
  threads   n: waiting threads sleep; y: they spin (with several threads only)
Inputs and outputs are bound to fixed buffers in every form.
"""
import json
import sys
import time
import itertools

import numpy as np
import onnx
import onnxruntime as ort
from gguf import GGUFReader
from onnx import TensorProto, helper, numpy_helper

KEY = "jambathreat."


class File:
    def __init__(self, path):
        r = GGUFReader(path)
        self.fields = r.fields
        # the reader gives shapes in the order of GGUF and data row-major
        self.tensors = {t.name: np.array(t.data).reshape(t.shape[::-1]).astype(np.float32) for t in r.tensors}

    def get(self, key, default=None):
        f = self.fields.get(KEY + key)
        return default if f is None else f.contents()


class Graph:
    def __init__(self):
        self.nodes, self.init, self.n = [], [], 0

    def const(self, v):
        self.n += 1
        name = f"c{self.n}"
        self.init.append(numpy_helper.from_array(np.array(v, order="C"), name))
        return name

    def op(self, kind, *inputs, **attrs):
        self.n += 1
        name = f"t{self.n}"
        names = [i if isinstance(i, str) else self.const(np.asarray(i)) for i in inputs]
        self.nodes.append(helper.make_node(kind, names, [name], **attrs))
        return name


def f32(v):
    return np.asarray(v, np.float32)


def i64(*v):
    return np.asarray(v, np.int64)


def silu(g, x):
    return g.op("Mul", x, g.op("Sigmoid", x))


def tokens(g, f, form, fn, fc):
    """[B, F, D]"""
    D = f.get("embedding_length")
    parts = []
    if fn:
        counts = f.get("features.numeric.edge_counts")
        flat = f32(f.get("features.numeric.edges"))
        T = max(counts) - 1
        weight = f.tensors["feature_embd.numeric"].reshape(fn, T, D)
        bias = f.tensors["feature_embd.numeric_bias"].reshape(fn, D)
        missing = f.tensors["feature_embd.numeric_missing"].reshape(fn, D)
        low, inv = np.zeros((fn, T), np.float32), np.zeros((fn, T), np.float32)
        at = 0
        for j, n in enumerate(counts):
            e = flat[at:at + n]
            at += n
            low[j, :n - 1], inv[j, :n - 1] = e[:-1], 1 / (e[1:] - e[:-1])
        absent = g.op("IsNaN", "numeric")
        x = g.op("Where", absent, f32(0), "numeric")
        if form[0] == "m":
            xt = g.op("Unsqueeze", g.op("Transpose", x, perm=[1, 0]), i64(2))  # [Fn, B, 1]
            cell = g.op("Clip", g.op("Mul", g.op("Sub", xt, low[:, None, :]), inv[:, None, :]), f32(0), f32(1))
            t = g.op("Transpose", g.op("MatMul", cell, weight), perm=[1, 0, 2])
            t = g.op("Add", t, bias[None])
        else:
            never = np.where(inv == 0, np.float32(np.inf), low)
            x3 = g.op("Unsqueeze", x, i64(2))
            above = g.op("Cast", g.op("GreaterOrEqual", x3, never[None, :, 1:]), to=TensorProto.INT32)
            bin_ = g.op("Cast", g.op("ReduceSum", above, i64(2), keepdims=0), to=TensorProto.INT64)
            index = g.op("Add", bin_, (np.arange(fn, dtype=np.int64) * T)[None])
            share = g.op("Mul", g.op("Sub", x, g.op("Gather", low.reshape(-1), index)), g.op("Gather", inv.reshape(-1), index))
            share = g.op("Unsqueeze", g.op("Clip", share, f32(0), f32(1)), i64(2))
            base = (np.concatenate([np.zeros((fn, 1, D), np.float32), np.cumsum(weight, 1)[:, :-1]], 1) + bias[:, None]).astype(np.float32)
            t = g.op("Add", g.op("Gather", base.reshape(-1, D), index), g.op("Mul", share, g.op("Gather", weight.reshape(-1, D), index)))
        parts.append(g.op("Where", g.op("Unsqueeze", absent, i64(2)), missing[None], t))
    if fc:
        counts = f.get("features.categorical.category_counts")
        first = np.cumsum([0] + [n + 2 for n in counts])[:-1].astype(np.int64)
        index = g.op("Add", "codes", first[None])
        parts.append(g.op("Gather", f.tensors["feature_embd.category"].reshape(-1, D), index))
    return parts[0] if len(parts) == 1 else g.op("Concat", *parts, axis=1)


def block(g, f, i, a, form, F):
    D, H = f.get("embedding_length"), f.get("attention.head_count")
    dh = D // H
    w = lambda name: f.tensors[f"blk.{i}.{name}"]
    linear = lambda x, weight, bias: g.op("Add", g.op("MatMul", x, f32(weight.T)), f32(bias))
    norm = lambda x, name: g.op("LayerNormalization", x, w(name + ".weight"), w(name + ".bias"), axis=-1,
                                epsilon=float(f.get("attention.layer_norm_epsilon")))
    h = norm(a, "attn_norm")
    if form[1] == "f":
        q, k, v = (linear(h, w(f"attn_{n}.weight").reshape(D, D), w(f"attn_{n}.bias")) for n in "qkv")
        h = g.op("MultiHeadAttention", q, k, v, num_heads=H, domain="com.microsoft")
    else:
        scale = 1 / np.sqrt(dh)
        weight = np.concatenate([w("attn_q.weight").reshape(D, D) * scale, w("attn_k.weight").reshape(D, D), w("attn_v.weight").reshape(D, D)])
        bias = np.concatenate([w("attn_q.bias") * scale, w("attn_k.bias"), w("attn_v.bias")])
        qkv = g.op("Transpose", g.op("Reshape", linear(h, weight, bias), i64(0, F, 3, H, dh)), perm=[2, 0, 3, 1, 4])
        q, k, v = (g.op("Gather", qkv, np.int64(n), axis=0) for n in range(3))  # [B, H, F, dh]
        s = g.op("Softmax", g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2])), axis=-1)
        h = g.op("Reshape", g.op("Transpose", g.op("MatMul", s, v), perm=[0, 2, 1, 3]), i64(0, F, D))
    a = g.op("Add", a, linear(h, w("attn_output.weight").reshape(D, D), w("attn_output.bias")))
    h = norm(a, "ffn_norm")
    ff = f.get("feed_forward_length")
    gate = linear(h, w("ffn_gate.weight").reshape(ff, D), w("ffn_gate.bias"))
    up = linear(h, w("ffn_up.weight").reshape(ff, D), w("ffn_up.bias"))
    return g.op("Add", a, linear(g.op("Mul", silu(g, gate), up), w("ffn_down.weight").reshape(D, ff), w("ffn_down.bias")))


def tower(g, f, x, form):
    K, first = f.get("tower.member_count"), f.get("tower.member_layer") - 1
    eps = f.get("tower.norm_epsilon")
    own = False
    for i, out in enumerate(f.get("tower.widths")):
        w = lambda name: f.tensors[f"tower.{i}.{name}"]
        W = w("weight").reshape(out, -1)
        factor = w("norm.weight") / np.sqrt(w("norm.variance") + eps)
        shift = w("norm.bias") - w("norm.mean") * factor
        if K == 1 or i < first:
            x = g.op("Gemm", x, f32(W * factor[:, None]), f32(w("bias") * factor + shift), transB=1)
        else:
            r, s, b = (w(n).reshape(K, -1) for n in ("member_in", "member_out", "member_bias"))
            scale = f32(s * factor)
            add = f32((s * w("bias") + b) * factor + shift)
            if not own and form[2] == "w":
                all_ = f32(W[None] * r[:, None, :] * scale[:, :, None]).reshape(K * out, -1)
                x = g.op("Reshape", g.op("Gemm", x, all_, add.reshape(-1), transB=1), i64(0, K, out))
            else:
                if not own:
                    x = g.op("Unsqueeze", x, i64(1))
                x = g.op("Add", g.op("Mul", g.op("MatMul", g.op("Mul", x, f32(r)[None]), f32(W.T)), scale[None]), add[None])
            own = True
        x = silu(g, x)
    weight, bias = f.tensors["output.weight"].reshape(K, -1), f.tensors["output.bias"].reshape(K)
    if not own:
        x = g.op("Unsqueeze", x, i64(1))
    z = g.op("Add", g.op("ReduceSum", g.op("Mul", x, weight[None]), i64(2), keepdims=0), bias[None])
    return g.op("ReduceMean", g.op("Sigmoid", z), i64(1), keepdims=0)


def build(f, form):
    assert f.get("output_count") == 1 and f.get("token.embedding") == "piecewise-linear"
    fn = len(f.get("features.numeric.names", []))
    fc = len(f.get("features.categorical.names", []))
    F, D = fn + fc, f.get("embedding_length")
    g = Graph()
    t = tokens(g, f, form, fn, fc)
    x = g.op("Reshape", t, i64(0, F * D))
    if f.get("block_count"):
        a = t
        for i in range(f.get("block_count")):
            a = block(g, f, i, a, form, F)
        x = g.op("Concat", x, g.op("ReduceMean", a, i64(1), keepdims=0), axis=1)
    out = tower(g, f, x, form)
    g.nodes.append(helper.make_node("Identity", [out], ["prob"]))
    inputs = []
    if fn:
        inputs.append(helper.make_tensor_value_info("numeric", TensorProto.FLOAT, ["B", fn]))
    if fc:
        inputs.append(helper.make_tensor_value_info("codes", TensorProto.INT64, ["B", fc]))
    graph = helper.make_graph(g.nodes, "threat", inputs, [helper.make_tensor_value_info("prob", TensorProto.FLOAT, ["B"])], g.init)
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)])
    m.ir_version = 9
    return m.SerializeToString()


class Runner:
    def __init__(self, folder):
        self.f = File(folder + "/model.gguf")
        fn = len(self.f.get("features.numeric.names", []))
        fc = len(self.f.get("features.categorical.names", []))
        self.data = {}
        if fn:
            self.data["numeric"] = np.fromfile(folder + "/numeric.f32", np.float32).reshape(-1, fn)
        if fc:
            self.data["codes"] = np.fromfile(folder + "/codes.i32", np.int32).reshape(-1, fc).astype(np.int64)
        self.rows = len(next(iter(self.data.values())))
        self.models, self.sessions = {}, {}

    def forms(self):
        K, first = self.f.get("tower.member_count"), self.f.get("tower.member_layer")
        blocks = self.f.get("block_count")
        return ["".join(p) for p in itertools.product("mg", "pf" if blocks else "p", "sw" if K > 1 else "s", "ny")]

    def session(self, form, threads):
        if (form, threads) not in self.sessions:
            graph = form[:3]
            if graph not in self.models:
                self.models[graph] = build(self.f, graph)
            o = ort.SessionOptions()
            o.intra_op_num_threads, o.inter_op_num_threads = threads, 1
            o.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
            o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
            o.log_severity_level = 3
            o.add_session_config_entry("session.intra_op.allow_spinning", "1" if form[3] == "y" else "0")
            self.sessions[form, threads] = ort.InferenceSession(self.models[graph], o, providers=["CPUExecutionProvider"])
        return self.sessions[form, threads]

    def measure(self, form, threads, batch, seconds):
        s = self.session(form, threads)
        starts = range(0, self.rows - batch + 1, max(batch, 64))
        bindings = []
        for at in list(starts)[:16]:
            b = s.io_binding()
            for name, v in self.data.items():
                b.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(v[at:at + batch]))
            b.bind_ortvalue_output("prob", ort.OrtValue.ortvalue_from_numpy(np.zeros(batch, np.float32)))
            bindings.append(b)
        run, n = s.run_with_iobinding, len(bindings)
        for b in bindings[:2]:
            run(b)
        rows, i = 0, 0
        start, cpu = time.perf_counter(), time.process_time()
        end = start + seconds
        while time.perf_counter() < end:
            run(bindings[i])
            i = i + 1 if i + 1 < n else 0
            rows += batch
        return {"wall": rows / (time.perf_counter() - start), "cpu": rows / (time.process_time() - cpu)}


def main():
    r = Runner(sys.argv[1])
    prob = [float(p) for form in r.forms() if form[3] == "n" for p in r.session(form, 1).run(None, r.data)[0]]
    print(json.dumps({"version": ort.__version__, "forms": r.forms(), "prob": prob}), flush=True)
    for line in sys.stdin:
        form, threads, batch, seconds = line.split()
        print(json.dumps(r.measure(form, int(threads), int(batch), float(seconds))), flush=True)


main()
