"""Quantises float32 values, rows of 256, with the Python package gguf, and prints SHA-256 hashes of the blocks as JSON.

usage: quantize.py VALUES TYPE...

Beside the hashes it prints the package's table of block sizes, and its size labels for some numbers of parameters.
"""

import hashlib
import json
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
from gguf.utility import model_weight_count_rounded_notation


def main(path, *types):
    values = np.fromfile(path, dtype="<f4").reshape(-1, 256)
    blocks = {}
    for name in types:
        data = quants.quantize(values, GGMLQuantizationType[name])
        blocks[name] = hashlib.sha256(np.ascontiguousarray(data).tobytes()).hexdigest()
    sizes = {str(t.value): list(size) for t, size in GGML_QUANT_SIZES.items()}
    counts = [3, 999, 1500, 154370, 999999, 1000001, 7241732096, 10**12 + 1]
    labels = {str(n): model_weight_count_rounded_notation(n) for n in counts}
    json.dump({"blocks": blocks, "sizes": sizes, "labels": labels}, sys.stdout)


main(*sys.argv[1:])
