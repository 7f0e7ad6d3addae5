"""Lists a GGUF file as the Python package gguf reads it: keys with the number of their values, then tensors with type,
shape and the sum of their values, dequantised by that package."""
import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize

r = GGUFReader(sys.argv[1])
for name, field in r.fields.items():
    if name.startswith("GGUF."):
        continue  # the header
    value = field.contents()
    print(name, len(value) if isinstance(value, list) else 1)
for t in r.tensors:
    total = dequantize(t.data, t.tensor_type).astype(np.float64).sum()
    print(t.name, t.tensor_type.name.lower(), "[" + " ".join(str(d) for d in t.shape) + "]", f"{total + 0:.4f}")
