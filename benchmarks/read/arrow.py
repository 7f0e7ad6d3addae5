"""The peer of benchmarks/read, and the files that users have.

write FOLDER    writes flows.csv again as pandas and pyarrow write tables when nobody asks for anything: optional columns
                of doubles, 64-bit integers and texts, dictionary pages with plain ones behind them, nulls for NaN.
read FILE       reads a file with pyarrow.parquet and reports as the Go program does; without FILE it only imports.
"""
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq


def write(folder):
    numbers = ["feature_%d" % i for i in range(78)]
    convert = pyarrow.csv.ConvertOptions(null_values=["NaN"], column_types={name: pa.float64() for name in numbers})
    table = pyarrow.csv.read_csv(folder + "/flows.csv", convert_options=convert)
    words = np.array(["service-%d" % i for i in range(40)], dtype=object)
    for i, name in enumerate(numbers):
        whole = np.nan_to_num(table[name].to_numpy(), nan=0, posinf=0, neginf=0).astype(np.int64)
        if i in (11, 41, 71):
            table = table.set_column(i, name, pa.array(words[whole % 40]))
        elif i % 5 < 2 and i % 2 == 0:
            table = table.set_column(i, name, pa.array(whole))
    for codec in "snappy", "zstd":
        pq.write_table(table, folder + "/flows-" + codec + ".parquet", compression=codec)


def read(path):
    table = pq.read_table(path, use_threads=False) if path else None
    # Not the system's figure for the process, which includes the parent's memory from before the program was started.
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(json.dumps({"TableMB": table.nbytes / 1e6 if path else 0, "PeakMB": int(status["VmHWM"].split()[0]) * 1024 / 1e6}))


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    read(sys.argv[2])
