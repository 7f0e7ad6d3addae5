"""The live kernel under Jupyter's own clients. Run by TestJupyter; the argument is the program that serves the kernel."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PROGRAM = sys.argv.pop(1)
DATA = tempfile.TemporaryDirectory()
NAME = "live-under-test"


def setUpModule():
    folder = os.path.join(DATA.name, "kernels", NAME)
    os.makedirs(folder)
    with open(os.path.join(folder, "kernel.json"), "w") as f:
        json.dump({"argv": [PROGRAM, "live-kernel", "{connection_file}"], "display_name": "test", "language": "go", "interrupt_mode": "message"}, f)
    os.environ["JUPYTER_DATA_DIR"] = DATA.name


def resident(pid):
    """Memory of a process in MiB; None where that cannot be read."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1)) / 1024
    except OSError:
        return None


class Kernel:
    def __init__(self):
        self.manager = KernelManager(kernel_name=NAME)
        self.manager.start_kernel()
        self.connect()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)

    def run(self, code, timeout=60, **more):
        """Runs a cell; returns the reply's content and the messages that were published for it."""
        out = []
        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=lambda m: out.append((m["msg_type"], m["content"])), **more)
        return reply["content"], out

    def text(self, code):
        reply, out = self.run(code)
        assert reply["status"] == "ok", reply
        return "".join(c["text"] if t == "stream" else c["data"]["text/plain"] if "data" in c else "" for t, c in out)

    def start(self, code):
        """Starts a cell that will be interrupted."""
        return self.client.execute(code)

    def finish(self, request, timeout=30):
        deadline = time.time() + timeout
        while time.time() < deadline:
            reply = self.client.get_shell_msg(timeout=deadline - time.time())
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]
        raise TimeoutError(request)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


class Messages(unittest.TestCase):
    """Every request that Jupyter's client has a method for."""

    @classmethod
    def setUpClass(cls):
        cls.k = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.k.close()

    def ask(self, method, *args, **kwargs):
        return getattr(self.k.client, method)(*args, reply=True, timeout=20, **kwargs)["content"]

    def test_kernel_info(self):
        info = self.ask("kernel_info")
        self.assertEqual((info["status"], info["language_info"]["name"], info["protocol_version"]), ("ok", "go", "5.3"))

    def test_execute(self):
        reply, out = self.k.run("a := 6\nfmt.Println(\"printed\")\na * 7")
        self.assertEqual(reply["status"], "ok")
        kinds = [t for t, _ in out if t != "status"]
        self.assertEqual(kinds, ["execute_input", "stream", "execute_result"])
        self.assertEqual(out[-2][1]["data"], {"text/plain": "42"})

    def test_user_expressions(self):
        reply, _ = self.k.run("b := 2", user_expressions={"x": "b + 1"})
        self.assertEqual(reply["user_expressions"]["x"]["data"]["text/plain"], "3")

    def test_complete_and_inspect(self):
        code = "strings.Rep"
        reply = self.ask("complete", code, len(code))
        self.assertIn("Repeat", reply["matches"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (8, len(code)))
        self.assertIn("func strings.Repeat", self.ask("inspect", "strings.Repeat", 12)["data"]["text/plain"])

    def test_is_complete(self):
        for code, status in {"x := 1": "complete", "if true {": "incomplete", "x := ]": "invalid"}.items():
            request = self.k.client.is_complete(code)
            self.assertEqual(self.k.finish(request)["status"], status, code)

    def test_history(self):
        self.k.run("remembered := 1")
        self.assertIn("remembered := 1", [entry[2] for entry in self.ask("history", hist_access_type="tail", n=3, raw=True, output=False)["history"]])

    def test_comm_info(self):
        self.assertEqual(self.ask("comm_info")["comms"], {})

    def test_stdin_is_refused(self):
        asked = []
        reply, _ = self.k.run("fmt.Scanln()", allow_stdin=True, stdin_hook=asked.append)
        self.assertEqual((reply["status"], asked), ("error", []))
        self.assertIn("no standard input", reply["evalue"])

    def test_display_and_update(self):
        code = 'import "github.com/jamba-threat/jamba/kernel/notebook"\nbar := notebook.Progress("p", 2)\nbar.Set(2)'
        _, out = self.k.run(code)
        shown = [(t, c["transient"]["display_id"]) for t, c in out if t.endswith("display_data")]
        self.assertEqual([t for t, _ in shown], ["display_data", "update_display_data"])
        self.assertEqual(len({i for _, i in shown}), 1)

    def test_a_panic_and_an_exit_are_errors(self):
        for code, name in {'panic("no")': "panic", "os.Exit(3)": "Exit", "var p *int; *p = 1": "panic", "log.Fatal(1)": "panic"}.items():
            reply, out = self.k.run(code)
            self.assertEqual((reply["status"], reply["ename"]), ("error", name), code)
            self.assertEqual([t for t, _ in out if t == "error"], ["error"])
        self.assertEqual(self.k.text("1 + 1"), "2")

    def test_100_megabytes(self):
        start = time.time()
        _, out = self.k.run("for range 100 { fmt.Println(strings.Repeat(\"x\", 1<<20)) }")
        printed = sum(len(c["text"]) for t, c in out if t == "stream")
        self.assertLess(printed, 3 << 20)
        self.assertLess(time.time() - start, 30)
        self.assertEqual(self.k.text("2 + 2"), "4")

    def test_200_cells_do_not_grow(self):
        cell = "func step{0}(n int) int {{ return n + {0} }}\nvalues := []int{{1, 2, 3}}\nfor i := range values {{ values[i] = step{0}(i) }}\nfmt.Sprint(len(values))"
        times, memory = [], []
        for i in range(200):
            start = time.time()
            self.assertEqual(self.k.text(cell.format(i)), "3")
            times.append(time.time() - start)
            if i in (99, 199):
                memory.append(resident(self.k.pid))
        first, last = (sorted(t)[len(t) // 2] for t in (times[50:100], times[150:]))
        print(f"200 cells: median {1000 * sorted(times)[100]:.1f} ms, cells 51-100 {1000 * first:.1f} ms, 151-200 {1000 * last:.1f} ms, MiB after 100 and 200 {memory}", file=sys.stderr)
        if memory[0] is not None:
            self.assertLess(memory[1], memory[0] + 40)


class Life(unittest.TestCase):
    """What happens to a kernel from its start to its end."""

    def kernel(self):
        k = Kernel()
        self.addCleanup(k.close)
        return k

    def test_a_training_stops_through_its_context(self):
        k = self.kernel()
        k.text("""
g := threat.DefaultGenerate()
g.Samples = 2000
table, err := threat.GenerateTable(g)
split, err := table.Split(threat.Stratified(0.7, 0.15, 1))
cfg := threat.DefaultConfig()
cfg.Engine, cfg.Model.Members, cfg.Model.Blocks = "go", 1, -1
cfg.Train.Epochs = 2""")
        k.text("model, err := cfg.Fit(ctx, split.Train, split.Valid)\nmodel.Parameters() > 0")
        k.text("cfg.Train.Epochs, cfg.Train.Patience = 100000, -1\nbefore := runtime.NumGoroutine()")
        request = k.start("cfg.Fit(ctx, split.Train, split.Valid)")
        time.sleep(1.5)
        start = time.time()
        k.manager.interrupt_kernel()
        reply = k.finish(request)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        self.assertLess(time.time() - start, 5)
        self.assertEqual(k.text("time.Sleep(200 * time.Millisecond); runtime.NumGoroutine() <= before + 2"), "true")  # nothing trains on
        self.assertEqual(k.text("model.Threshold() > 0"), "true")  # the model of the cell before is a live value

    def test_interrupt_of_a_loop(self):
        k = self.kernel()
        k.text("n := 0")
        request = k.start("for { n++ }")
        time.sleep(0.5)
        k.manager.interrupt_kernel()
        self.assertEqual(k.finish(request)["ename"], "Interrupted")
        self.assertEqual(k.text("n > 0"), "true")

    def test_restart_forgets(self):
        k = self.kernel()
        k.text("x := 1")
        k.client.stop_channels()
        k.manager.restart_kernel()
        k.connect()
        reply, _ = k.run("x")
        self.assertIn("undefined: x", reply["evalue"])

    def test_shutdown(self):
        k = self.kernel()
        pid = k.pid
        k.client.shutdown(reply=True, timeout=20)
        deadline = time.time() + 10
        while time.time() < deadline and k.manager.is_alive():
            time.sleep(0.05)
        self.assertFalse(k.manager.is_alive(), pid)

    def test_two_kernels_at_once(self):
        a, b = self.kernel(), self.kernel()
        a.text('who := "a"')
        b.text('who := "b"')
        busy = a.start("for {}")
        time.sleep(0.5)
        self.assertEqual(b.text("who"), "b")
        a.manager.interrupt_kernel()
        a.finish(busy)
        self.assertEqual(a.text("who"), "a")

    def test_it_does_not_outlive_its_parent(self):
        script = (
            "import sys, time\nfrom jupyter_client.manager import KernelManager\n"
            f"m = KernelManager(kernel_name={NAME!r}); m.start_kernel(); c = m.client(); c.start_channels(); c.wait_for_ready(timeout=30)\n"
            "c.execute('for {}')\nprint(m.provisioner.pid, flush=True)\ntime.sleep(600)\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        kernel = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
        deadline = time.time() + 10
        while time.time() < deadline:
            try:
                os.kill(kernel, 0)
                with open(f"/proc/{kernel}/stat") as f:  # a zombie that nobody reaps has ended too
                    if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                        return
            except OSError:
                return
            time.sleep(0.1)
        os.kill(kernel, signal.SIGKILL)
        self.fail("the kernel goes on without its parent")


class Notebooks(unittest.TestCase):
    """Notebooks as nbclient and nbconvert run them."""

    def execute(self, *sources, **more):
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
        NotebookClient(nb, timeout=60, kernel_name=NAME, **more).execute()
        nbformat.validate(nb)
        return nb

    def test_outputs(self):
        nb = self.execute(
            'import (\n\t"github.com/jamba-threat/jamba/kernel/notebook"\n\t"github.com/go-gota/gota/dataframe"\n)',
            '%noautoget\ndf := dataframe.LoadRecords([][]string{{"port", "bytes"}, {"22", "10"}, {"80", "20"}})\n%%\ndf',
            'notebook.Show(image.NewGray(image.Rect(0, 0, 3, 3)))',
            'p := plot.New()\np.Title.Text = "title"\np',
        )
        table, picture, figure = (cell.outputs[0] for cell in nb.cells[1:])
        self.assertIn("<table", table.data["text/html"])
        self.assertEqual(picture.output_type, "display_data")
        self.assertTrue(figure.data["image/png"].startswith("iVBOR"))
        self.assertNotIn("http", json.dumps(nb))  # nothing is fetched from anywhere

    def test_a_failing_cell_fails_the_notebook(self):
        for bad in ['panic("no")', "undefined_thing()", "os.Exit(1)", 'os.Open("/no/such/file")']:
            with self.assertRaises(CellExecutionError, msg=bad):
                self.execute("x := 1", bad)


if __name__ == "__main__":
    unittest.main(verbosity=0)
