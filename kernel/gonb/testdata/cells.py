"""Executes cells on a kernel: a JSON list of sources on standard input, a JSON list of results on standard output.

A result has status ("ok" or "error"), text (the first 4000 characters of everything that the cell showed), chars (how
many there were) and seconds. A cell that begins with "#interrupt" is interrupted after three seconds.
"""

import json
import sys
import threading
import time

from jupyter_client.manager import start_new_kernel


def text_of(message):
    content = message["content"]
    match message["msg_type"]:
        case "stream":
            return content["text"]
        case "error":
            return content["evalue"] + "\n" + "\n".join(content["traceback"])
        case "display_data" | "execute_result" | "update_display_data":
            return json.dumps(content["data"])
    return ""


def run(manager, client, source):
    if source.startswith("#interrupt"):
        source = source.removeprefix("#interrupt\n")
        threading.Timer(3, manager.interrupt_kernel).start()
    shown = []
    began = time.monotonic()
    reply = client.execute_interactive(
        source, timeout=60, output_hook=lambda m: shown.append(text_of(m))
    )
    text = "".join(shown)
    return {
        "status": reply["content"]["status"],
        "text": text[:4000],
        "chars": len(text),
        "seconds": time.monotonic() - began,
    }


def main(kernel):
    manager, client = start_new_kernel(kernel_name=kernel)
    try:
        results = [run(manager, client, source) for source in json.load(sys.stdin)]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    json.dump(results, sys.stdout)


main(sys.argv[1])
