package live

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

func TestKernelInfo(t *testing.T) {
	k := startKernel(t)
	info := k.ask(k.shell, "kernel_info_request", content{})
	language := info["language_info"].(map[string]any)
	if info["status"] != "ok" || info["protocol_version"] != "5.3" || info["implementation"] != "jamba" || language["name"] != "go" || language["file_extension"] != ".go" {
		t.Errorf("kernel_info_reply is %v", info)
	}
	if again := k.ask(k.control, "kernel_info_request", content{}); again["status"] != "ok" {
		t.Errorf("on control it is %v", again)
	}
}

func TestHeartbeatEchoes(t *testing.T) {
	k := startKernel(t)
	for _, beat := range []string{"ping", "pong"} {
		if err := k.heartbeat.Send(zmq4.NewMsgString(beat)); err != nil {
			t.Fatal(err)
		}
		got, err := k.heartbeat.Recv()
		if err != nil || string(got.Bytes()) != beat {
			t.Fatalf("heart beats %q, %v", got.Bytes(), err)
		}
	}
}

func TestExecute(t *testing.T) {
	k := startKernel(t)
	h := k.send(k.shell, "execute_request", content{"code": "x := 20\nfmt.Println(\"hello\")\nx + 1"})
	kind, reply := k.reply(k.shell, h)
	out := k.outputs(h)
	if kind != "execute_reply" || reply["status"] != "ok" || reply["execution_count"] != 1.0 {
		t.Errorf("%s is %v", kind, reply)
	}
	var kinds []string
	for _, o := range out {
		kinds = append(kinds, o.kind)
	}
	if want := []string{"status", "execute_input", "stream", "execute_result", "status"}; !slices.Equal(kinds, want) {
		t.Errorf("published %v, want %v", kinds, want)
	}
	if got := text(out); got != "hello\n21" {
		t.Errorf("text is %q", got)
	}
	if got := k.must("x"); got != "20" {
		t.Errorf("x is %s in the next cell", got)
	}
}

func TestSilentCellsLeaveNoTrace(t *testing.T) {
	k := startKernel(t)
	k.must("n := 1")
	h := k.send(k.shell, "execute_request", content{"code": "n = 5; fmt.Println(\"noise\"); n", "silent": true})
	_, reply := k.reply(k.shell, h)
	for _, o := range k.outputs(h) {
		if o.kind != "status" {
			t.Errorf("a silent cell published %s %v", o.kind, o.content)
		}
	}
	if reply["status"] != "ok" || reply["execution_count"] != 1.0 {
		t.Errorf("reply is %v", reply)
	}
	h = k.send(k.shell, "execute_request", content{"code": "n", "store_history": false})
	if _, reply := k.reply(k.shell, h); reply["execution_count"] != 1.0 || text(k.outputs(h)) != "5" {
		t.Errorf("without history the reply is %v", reply)
	}
	if history := k.ask(k.shell, "history_request", content{"hist_access_type": "tail", "n": 10})["history"].([]any); len(history) != 1 {
		t.Errorf("history is %v", history)
	}
}

func TestUserExpressions(t *testing.T) {
	k := startKernel(t)
	h := k.send(k.shell, "execute_request", content{"code": "a := 6", "user_expressions": map[string]string{"good": "a * 7", "bad": "nothing"}})
	_, reply := k.reply(k.shell, h)
	got := reply["user_expressions"].(map[string]any)
	good, bad := got["good"].(map[string]any), got["bad"].(map[string]any)
	if good["status"] != "ok" || good["data"].(map[string]any)["text/plain"] != "42" {
		t.Errorf("good expression: %v", good)
	}
	if bad["status"] != "error" || bad["ename"] != "CompileError" {
		t.Errorf("bad expression: %v", bad)
	}
}

func TestErrors(t *testing.T) {
	k := startKernel(t)
	k.must("func third(xs []int) int {\n\treturn xs[2]\n}")
	for _, c := range []struct{ name, code, ename, evalue, trace string }{
		{"does not compile", "a := 1\nb := a + nothing", "CompileError", "In[2], line 2: undefined: nothing", "b := a + nothing"},
		{"does not parse", "for {", "CompileError", "In[3], line 1", "for {"},
		{"panics in a function of another cell", "ys := []int{1}\nthird(ys)", "panic", "index out of range", "In[1], line 2, in third"},
		{"panics", "panic(\"own words\")", "panic", "own words", "In[5], line 1"},
		{"exits", "os.Exit(7)", "Exit", "os.Exit(7)", "not the kernel"},
		{"ends in an error", "os.Open(\"/no/such/file\")", "error", "no such file", "no such file"},
		{"recurses without end", "func deep(n int) int { return deep(n + 1) }\ndeep(0)", "Error", "stack overflow", "stack overflow"},
		{"asks for input", "fmt.Scanln()", "error", "no standard input", "assign the value"},
		{"panics in a goroutine", "go func() { panic(\"in the back\") }(); select {}", "panic", "in the back", "In[10], line 1"},
		{"imports what is not there", "import \"github.com/nobody/nothing\"", "CompileError", "not built into this kernel", "GoNB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, out := k.run(c.code)
			if reply["status"] != "error" || reply["ename"] != c.ename || !strings.Contains(reply["evalue"].(string), c.evalue) {
				t.Errorf("reply is %v %v: %v, want %s: %s", reply["status"], reply["ename"], reply["evalue"], c.ename, c.evalue)
			}
			published := of(out, "error")
			if len(published) != 1 || !strings.Contains(fmt.Sprint(published[0]["traceback"]), c.trace) {
				t.Errorf("published %v, want a traceback with %q", published, c.trace)
			}
		})
	}
	if got := k.must("third([]int{1, 2, 3})"); got != "3" {
		t.Errorf("after all this third is %s", got)
	}
}

// A cell that fails takes those that wait out of the queue, unless it says otherwise.
func TestStopOnError(t *testing.T) {
	k := startKernel(t)
	for _, stop := range []bool{true, false} {
		first := k.send(k.shell, "execute_request", content{"code": "time.Sleep(300*time.Millisecond); panic(1)", "stop_on_error": stop})
		second := k.send(k.shell, "execute_request", content{"code": "1"})
		if _, reply := k.reply(k.shell, first); reply["status"] != "error" {
			t.Errorf("the first cell is %v", reply)
		}
		want := "ok"
		if stop {
			want = "aborted"
		}
		if _, reply := k.reply(k.shell, second); reply["status"] != want {
			t.Errorf("with stop_on_error %v the next cell is %v", stop, reply["status"])
		}
	}
}

func TestStreamsWhileTheCellRuns(t *testing.T) {
	k := startKernel(t)
	h := k.send(k.shell, "execute_request", content{"code": `
fmt.Println("one")
fmt.Fprintln(os.Stderr, "two")
os.Stdout.WriteString("three\n")
log.Print("five")
time.Sleep(time.Hour)`})
	seen := map[string]string{}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(seen["stdout"], "three\n") || !strings.Contains(seen["stderr"], "five\n"); {
		select {
		case m := <-k.published:
			if m.header.Type == "stream" {
				c := k.content(m)
				seen[c["name"].(string)] += c["text"].(string)
			}
		case <-time.After(time.Until(deadline)):
			t.Fatalf("while the cell ran only %v was published", seen)
		}
	}
	if !strings.HasPrefix(seen["stdout"], "one\nthree\n") || !strings.Contains(seen["stderr"], "two\n") || !strings.Contains(seen["stderr"], "five\n") {
		t.Errorf("streams are %v", seen)
	}
	k.ask(k.control, "interrupt_request", content{})
	if _, reply := k.reply(k.shell, h); reply["ename"] != "Interrupted" {
		t.Errorf("the cell that sleeps ended with %v", reply)
	}
}

// What a goroutine prints after its cell belongs to that cell.
func TestLateOutputGoesToItsCell(t *testing.T) {
	k := startKernel(t)
	first := k.send(k.shell, "execute_request", content{"code": "gate := make(chan bool)\nprinted := make(chan bool)\ngo func() { <-gate; fmt.Println(\"late\"); printed <- true }()"})
	k.reply(k.shell, first)
	k.outputs(first)
	second := k.send(k.shell, "execute_request", content{"code": "fmt.Println(\"now\"); gate <- true; <-printed"})
	k.reply(k.shell, second)
	got := map[string]string{}
	for deadline := time.After(10 * time.Second); got[first.ID] == "" || got[second.ID] == ""; {
		select {
		case m := <-k.published:
			if m.header.Type == "stream" {
				for _, h := range []string{first.ID, second.ID} {
					if bytes.Contains(m.parent, []byte(h)) {
						got[h] += k.content(m)["text"].(string)
					}
				}
			}
		case <-deadline:
			t.Fatalf("published %v", got)
		}
	}
	if got[first.ID] != "late\n" || got[second.ID] != "now\n" {
		t.Errorf("the first cell shows %q, the second %q", got[first.ID], got[second.ID])
	}
}

func TestHugeOutputIsCut(t *testing.T) {
	k := startKernel(t)
	_, out := k.run("line := strings.Repeat(\"x\", 1023) + \"\\n\"\nfor range 100 * 1024 { fmt.Print(line) }\n\"done\"")
	total, all := 0, ""
	for _, c := range of(out, "stream") {
		total += len(c["text"].(string))
		all = c["text"].(string)
	}
	if total < streamLimit || total > streamLimit+1000 || !strings.Contains(all, "output ends here") {
		t.Errorf("of 100 MiB the notebook got %d bytes, which end in %q", total, all[max(0, len(all)-200):])
	}
	if r := of(out, "execute_result"); len(r) != 1 {
		t.Errorf("results are %v", r)
	}
	if got := k.must("fmt.Print(\"next\")"); got != "next" {
		t.Errorf("the next cell prints %q", got)
	}
}

// TestOutputIsCutAtTheLimit: what fills the limit to the last byte is followed by the same note as what exceeds it.
func TestOutputIsCutAtTheLimit(t *testing.T) {
	k := startKernel(t)
	_, out := k.run("fmt.Print(strings.Repeat(\"x\", 2<<20))\ntime.Sleep(300 * time.Millisecond)\nfmt.Print(\"more\")")
	var text strings.Builder
	for _, c := range of(out, "stream") {
		text.WriteString(c["text"].(string))
	}
	if got := text.String(); !strings.Contains(got, "output ends here") || strings.HasSuffix(got, "more") {
		t.Errorf("%d bytes, which end in %q", len(got), got[max(0, len(got)-150):])
	}
}

func TestInterrupts(t *testing.T) {
	k := startKernel(t)
	k.must("func spin() { for { } }\nkept := 1")
	for name, code := range map[string]string{
		"a loop":                    "for { kept++ }",
		"a loop in a function":      "spin()",
		"recursion":                 "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(60)",
		"a wait for the context":    "<-ctx.Done()",
		"a context derived":         "c, cancel := context.WithTimeout(ctx, time.Hour); defer cancel(); <-c.Done()",
		"sleep":                     "time.Sleep(time.Hour)",
		"a callback":                "sort.Slice(make([]int, 100), func(i, j int) bool { spin(); return false })",
		"a command":                 "!sleep 1000",
		"a channel nobody sends to": "<-make(chan int)",
	} {
		t.Run(name, func(t *testing.T) {
			h := k.send(k.shell, "execute_request", content{"code": code})
			time.Sleep(200 * time.Millisecond)
			start := time.Now()
			if reply := k.ask(k.control, "interrupt_request", content{}); reply["status"] != "ok" {
				t.Errorf("interrupt_reply is %v", reply)
			}
			_, reply := k.reply(k.shell, h)
			if took := time.Since(start); reply["status"] != "error" || took > 5*time.Second {
				t.Errorf("after %v the cell is %v", took, reply)
			}
			k.outputs(h)
			if got := k.must("kept > 0 && ctx.Err() == nil"); got != "true" {
				t.Errorf("afterwards the kernel says %s", got)
			}
		})
	}
	if got := k.must("func answer() int { return 42 }\nanswer()"); got != "42" {
		t.Error(got)
	}
}

func TestMemoryOfACellIsBounded(t *testing.T) {
	k := startKernel(t, "JAMBA_TEST_MEMORY=300000000")
	reply, _ := k.run("var hoard [][]byte\nfor { hoard = append(hoard, make([]byte, 1<<20)) }")
	if reply["status"] != "error" || !strings.Contains(fmt.Sprint(reply["evalue"]), "out of memory") {
		t.Errorf("the cell ended with %v", reply)
	}
	k.must("hoard = nil")
	if got := k.must("1 + 1"); got != "2" {
		t.Error(got)
	}
}

func TestDisplay(t *testing.T) {
	k := startKernel(t)
	_, out := k.run(`import "github.com/jamba-threat/jamba/kernel/notebook"
fmt.Println("before")
notebook.Show("shown", image.NewGray(image.Rect(0, 0, 4, 4)))
fmt.Println("after")`)
	var kinds []string
	for _, o := range out {
		if o.kind == "stream" || o.kind == "display_data" {
			kinds = append(kinds, o.kind)
		}
	}
	if want := []string{"stream", "display_data", "display_data", "stream"}; !slices.Equal(kinds, want) {
		t.Errorf("published %v, want %v", kinds, want)
	}
	shown := of(out, "display_data")
	if png := fmt.Sprint(shown[1]["data"].(map[string]any)["image/png"]); !strings.HasPrefix(png, "iVBOR") {
		t.Errorf("the image is %.40q", png)
	}
	_, out = k.run("bar := notebook.Progress(\"work\", 3)\nfor i := range 3 { bar.Set(i + 1); time.Sleep(110 * time.Millisecond) }")
	first, updates := of(out, "display_data"), of(out, "update_display_data")
	if len(first) != 1 || len(updates) == 0 {
		t.Fatalf("a progress bar was displayed %d times and updated %d times", len(first), len(updates))
	}
	id := first[0]["transient"].(map[string]any)["display_id"]
	last := updates[len(updates)-1]
	if last["transient"].(map[string]any)["display_id"] != id || !strings.Contains(fmt.Sprint(last["data"]), "3/3") {
		t.Errorf("the last update of %v is %v", id, last)
	}
}

func TestAssistance(t *testing.T) {
	k := startKernel(t)
	k.must("größe := 3\ntype box struct { width, height int }\nfunc (b box) area() int { return b.width * b.height }\nb := box{2, 3}")
	complete := func(code string) (matches []any, from, to float64) {
		c := k.ask(k.shell, "complete_request", content{"code": code, "cursor_pos": len([]rune(code))})
		return c["matches"].([]any), c["cursor_start"].(float64), c["cursor_end"].(float64)
	}
	if m, from, to := complete("n := größe + strings.ToUp"); !slices.Contains(m, any("ToUpper")) || from != 21 || to != 25 {
		t.Errorf("package member: %v %v %v", m, from, to)
	}
	if m, _, _ := complete("b."); !slices.Equal(m, []any{"area", "height", "width"}) {
		t.Errorf("members: %v", m)
	}
	if m, _, _ := complete("grö"); !slices.Contains(m, any("größe")) {
		t.Errorf("variable: %v", m)
	}
	in := k.ask(k.shell, "inspect_request", content{"code": "strings.Repeat", "cursor_pos": 10, "detail_level": 0})
	if in["found"] != true || !strings.Contains(fmt.Sprint(in["data"]), "func strings.Repeat") {
		t.Errorf("inspect: %v", in)
	}
	if in := k.ask(k.shell, "inspect_request", content{"code": "nothing", "cursor_pos": 3}); in["found"] != false || in["status"] != "ok" {
		t.Errorf("inspect of nothing: %v", in)
	}
	for code, want := range map[string]string{"x := 1": "complete", "func f() {": "incomplete", "x := )": "invalid"} {
		if c := k.ask(k.shell, "is_complete_request", content{"code": code}); c["status"] != want {
			t.Errorf("is_complete of %q: %v", code, c)
		}
	}
	if c := k.ask(k.shell, "comm_info_request", content{}); c["status"] != "ok" || len(c["comms"].(map[string]any)) != 0 {
		t.Errorf("comm_info: %v", c)
	}
	if c := k.ask(k.shell, "no_such_request", content{}); c["status"] != "error" {
		t.Errorf("unknown request: %v", c)
	}
}

func TestHistory(t *testing.T) {
	k := startKernel(t)
	for _, code := range []string{"a := 1", "a + 1", "a := 1"} {
		k.must(code)
	}
	for _, c := range []struct {
		req  content
		want string
	}{
		{content{"hist_access_type": "tail", "n": 2}, "[[0 2 a + 1] [0 3 a := 1]]"},
		{content{"hist_access_type": "range", "start": 1, "stop": 2}, "[[0 1 a := 1]]"},
		{content{"hist_access_type": "search", "pattern": "a :*", "unique": true}, "[[0 3 a := 1]]"},
		{content{"hist_access_type": "range", "start": 2, "stop": 3, "output": true}, "[[0 2 [a + 1 2]]]"},
	} {
		if got := fmt.Sprint(k.ask(k.shell, "history_request", c.req)["history"]); got != c.want {
			t.Errorf("%v: %s, want %s", c.req, got, c.want)
		}
	}
}

// A message that is not signed with the key of the connection is as if it had not come.
func TestForgedMessagesAreIgnored(t *testing.T) {
	k := startKernel(t)
	honest := k.signer
	k.signer = signer{key: []byte("another key")}
	k.send(k.shell, "execute_request", content{"code": "forged := true"})
	k.signer = honest
	if err := k.shell.SendMulti(zmq4.NewMsgFrom([]byte("no"), []byte("message"))); err != nil {
		t.Fatal(err)
	}
	if reply, _ := k.run("forged"); reply["ename"] != "CompileError" {
		t.Errorf("a forged cell ran: %v", reply)
	}
}

func TestShutdown(t *testing.T) {
	for _, restart := range []bool{false, true} {
		k := startKernel(t)
		running := k.send(k.shell, "execute_request", content{"code": "for {}"})
		time.Sleep(100 * time.Millisecond)
		if c := k.ask(k.control, "shutdown_request", content{"restart": restart}); c["status"] != "ok" || c["restart"] != restart {
			t.Errorf("shutdown_reply is %v", c)
		}
		select {
		case err := <-k.exited:
			if err != nil {
				t.Errorf("the kernel ended with %v", err)
			}
			k.exited <- err
		case <-time.After(10 * time.Second):
			t.Errorf("the kernel goes on with %s", running.Type)
		}
	}
}

// Two kernels know nothing of each other.
func TestTwoKernels(t *testing.T) {
	a, b := startKernel(t), startKernel(t)
	a.must("x := \"a\"")
	b.must("x := \"b\"")
	ha := a.send(a.shell, "execute_request", content{"code": "for { }"})
	if got := b.must("fmt.Print(x)"); got != "b" {
		t.Errorf("the second kernel prints %q", got)
	}
	b.ask(b.control, "interrupt_request", content{})
	a.ask(a.control, "interrupt_request", content{})
	a.reply(a.shell, ha)
	if got := a.must("x"); got != "a" {
		t.Errorf("in the first kernel x is %q", got)
	}
}

func TestExplain(t *testing.T) {
	k := startKernel(t, "JAMBA_TEST_EXCUSE=there is no Go here")
	reply, out := k.run("1 + 1")
	if reply["ename"] != "KernelUnavailable" || reply["evalue"] != "there is no Go here" || len(of(out, "error")) != 1 {
		t.Errorf("reply is %v", reply)
	}
	if c := k.ask(k.shell, "complete_request", content{"code": "x", "cursor_pos": 1}); c["status"] != "ok" {
		t.Errorf("complete: %v", c)
	}
}

func TestReadConnectionRefuses(t *testing.T) {
	good := `{"transport":"tcp","ip":"127.0.0.1","shell_port":1,"control_port":2,"iopub_port":3,"stdin_port":4,"hb_port":5,"signature_scheme":"hmac-sha256","key":"k"}`
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":        {"{", "connection.json"},
		"transport":      {strings.Replace(good, "tcp", "udp", 1), `"udp"`},
		"scheme":         {strings.Replace(good, "sha256", "md5", 1), "hmac-md5"},
		"port":           {strings.Replace(good, `"hb_port":5`, `"hb_port":70000`, 1), "hb_port is 70000"},
		"no address":     {strings.Replace(good, "127.0.0.1", "", 1), "ip is missing"},
		"nothing at all": {"{}", "transport"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "connection.json")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadConnection(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}
