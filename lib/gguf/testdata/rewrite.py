"""Reads a GGUF file with the Python package gguf, writes it again with that package's writer, and prints what it read.

usage: rewrite.py IN.gguf OUT.gguf

The output is one JSON object: metadata, a list of [key, types, value], and tensors, a list of [name, type, shape, SHA-256 of
the data, SHA-256 of the values as float32]. Shapes have the contiguous dimension first, as in the file.
"""

import hashlib
import json
import sys

import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter, quants


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def main(source, target):
    reader = GGUFReader(source)
    fields = [f for f in reader.fields.values() if not f.name.startswith("GGUF.")]
    writer = GGUFWriter(target, reader.get_field("general.architecture").contents())
    for field in fields:
        array = field.types[0] == GGUFValueType.ARRAY
        if field.name != "general.architecture":  # the constructor has written it
            element = field.types[-1] if array else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=element)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    json.dump({
        "metadata": [[f.name, [t.name for t in f.types], f.contents()] for f in fields],
        "tensors": [[
            t.name, t.tensor_type.name, [int(n) for n in t.shape], digest(t.data),
            digest(quants.dequantize(t.data, t.tensor_type).astype(np.float32)),
        ] for t in reader.tensors],
    }, sys.stdout)


main(*sys.argv[1:])
