"""Executes a notebook headless: execute.py KERNEL NOTEBOOK [RESULT].

Prints the seconds that each code cell took. The first cell that fails ends it, with what the cell said and exit code 1.
RESULT, which may be NOTEBOOK itself, receives the notebook with its outputs, without time stamps.
"""

import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

SHIPPED = {"display_name": "Go (GoNB) - Jamba", "language": "go", "name": "jamba-gonb"}


def first_line(source):
    lines = [line for line in source.splitlines() if line and line[0] not in "%!/"]
    return lines[0][:60] if lines else source[:60]


def merge_streams(cell):
    """Joins neighbouring pieces of one stream: how a kernel cuts them depends on the moment."""
    merged = []
    for output in cell.outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            merged.append(output)
    cell.outputs = merged


def execute(kernel, source, result):
    book = nbformat.read(source, as_version=4)
    client = NotebookClient(book, kernel_name=kernel, timeout=900, record_timing=False)
    client.reset_execution_trackers()
    began = time.monotonic()
    with client.setup_kernel():
        print(f"{time.monotonic() - began:7.2f} s  kernel ready", flush=True)
        for index, cell in enumerate(book.cells):
            if cell.cell_type != "code":
                continue
            cell.outputs = []
            began = time.monotonic()
            client.execute_cell(cell, index, execution_count=None)
            print(f"{time.monotonic() - began:7.2f} s  {first_line(cell.source)}", flush=True)
            merge_streams(cell)
        client.set_widgets_metadata()
    if result:
        book.metadata = {"kernelspec": SHIPPED, "language_info": {"name": "go", "file_extension": ".go", "mimetype": "text/x-go"}}
        nbformat.write(book, result)


def main(kernel, source, result=None):
    try:
        execute(kernel, source, result)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
        sys.exit(f"{source}: {failure}")


main(*sys.argv[1:])
