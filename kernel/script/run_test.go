//go:build unix

package script_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/kernel/script"
)

func TestArgumentsStreamsAndCode(t *testing.T) {
	path := write(t, `package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	n := flag.Int("n", 1, "a number")
	flag.Parse()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println("read", in.Text())
	}
	fmt.Println(*n, flag.Args(), len(os.Args))
	fmt.Fprintln(os.Stderr, "to stderr")
	println("built in")
	log.SetFlags(0)
	defer fmt.Println("os.Exit runs no deferred calls")
	log.Print("logged")
	os.Exit(7)
}
`)
	got := interpret(t, "a\nb\n", path, "-n", "5", "x", "-y")
	want := result{"read a\nread b\n5 [x -y] 5\n", "to stderr\nbuilt in\nlogged\n", 7}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := interpret(t, "", path, "-none"); got.code != 2 || !strings.Contains(got.stderr, "flag provided but not defined: -none") || !strings.Contains(got.stderr, "-n int") {
		t.Errorf("an unknown flag: %+v", got)
	}
	if got := interpret(t, "", path, "--help"); got.code != 0 || strings.Contains(got.stderr, "test.run") {
		t.Errorf("--help: %+v", got)
	}
	fatal := write(t, program("log", `	log.SetFlags(0); log.Fatalf("stop %d", 1)`))
	if got := interpret(t, "", fatal); got != (result{"", "stop 1\n", 1}) {
		t.Errorf("log.Fatal: %+v", got)
	}
}

// What ends the program is told with the lines of the script, innermost first, and the code of a compiled program.
func TestCrashes(t *testing.T) {
	text := `package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
)

type list struct{ next *list }

func (l *list) last() *list {
	for l.next != nil {
		l = l.next
	}
	return l.next.next
}

func pick(x []int, n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += x[i]
	}
	return sum
}

func deep(n int) int { return deep(n+1) + 1 }

func main() {
	func() {
		defer func() { fmt.Println("recovered", recover() != nil) }()
		pick(nil, 1)
	}()
	switch os.Args[1] {
	case "index":
		fmt.Println(pick([]int{1},
			2))
	case "nil":
		l := &list{}
		l.last()
	case "error":
		panic(errors.New("it broke"))
	case "goroutine":
		done := make(chan bool)
		go func() {
			pick([]int{}, 3)
			done <- true
		}()
		<-done
	case "callback":
		sort.Slice([]int{2, 1}, func(i, j int) bool { return pick(nil, i+j) > 0 })
	case "compiled":
		strings.Repeat("x", -1)
	case "recursion":
		deep(0)
	case "maps":
		m := map[int]int{}
		for i := 0; i < 8; i++ {
			go func() {
				for n := 0; ; n++ {
					m[n%10] = n
				}
			}()
		}
		select {}
	}
}
`
	path := write(t, text)
	at := func(code string, occurrence int) string { // line:column of the text
		rest, line := text, 1
		for {
			before, after, ok := strings.Cut(rest, code)
			if !ok {
				t.Fatalf("no %q", code)
			}
			line += strings.Count(before, "\n")
			if occurrence--; occurrence == 0 {
				start := before[strings.LastIndex(before, "\n")+1:]
				return fmt.Sprintf("%s:%d:%d", path, line, len(start)+1)
			}
			line += strings.Count(code, "\n")
			rest = after
		}
	}
	frame := func(function, code string) string { return function + "()\n\t" + at(code, 1) + "\n" }
	inner := frame("main.pick", "sum += x[i]")
	tests := map[string]string{
		"index":     at("sum += x[i]", 1) + ": panic: runtime error: index out of range\n" + inner + frame("main.main", "fmt.Println(pick("),
		"nil":       at("return l.next.next", 1) + ": panic: runtime error: invalid memory address or nil pointer dereference\n" + frame("main.(*list).last", "return l.next.next") + frame("main.main", "l.last()"),
		"error":     at("panic(errors.New", 1) + ": panic: it broke\n" + frame("main.main", "panic(errors.New"),
		"goroutine": at("sum += x[i]", 1) + ": panic: runtime error: index out of range (in a goroutine)\n" + inner + frame("main.main.func2", "pick([]int{}, 3)"),
		"callback":  at("sum += x[i]", 1) + ": panic: runtime error: index out of range\n" + inner + frame("main.main.func3", "return pick(nil, i+j)") + frame("main.main", "sort.Slice("),
		"compiled":  at("strings.Repeat", 1) + ": panic: strings: negative Repeat count\n" + frame("main.main", "strings.Repeat"),
		"recursion": at("{ return deep", 1) + ": panic: stack overflow: the script calls itself without end\nmain.deep()\n\t" + at("{ return deep", 1) + "\n",
		"maps":      "panic: concurrent map writes (this cannot be recovered)\n",
	}
	for name, want := range tests {
		got := interpret(t, "", path, name)
		if got.code != 2 || got.stdout != "recovered true\n" || got.stderr != want {
			t.Errorf("%s: code %d, printed %q\n%s\nwant\n%s", name, got.code, got.stdout, got.stderr, want)
		}
	}
}

func TestNotAScript(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "none.go"), "there is no file"},
		{dir, "is a folder"},
		{put("empty.go", " \n"), "is empty"},
		{put("lib.go", "package lib\n"), "lib.go:1:9: package lib is not a program"},
		{put("nomain.go", "package main\n\nfunc run() {}\n"), "nomain.go:1:1: there is no function main"},
		{put("method.go", "package main\n\ntype t int\n\nfunc (t) main() {}\n"), "there is no function main"},
		{put("broken.go", "package main\n\nfunc main() {\n\tx := (1\n}\n"), "broken.go:4:9: expected ')'"},
		{put("binary.go", "\x7fELF\x00\x01"), "is not text"},
		{put("latin.go", "package main // \xe9\n"), "is not text in UTF-8"},
	}
	for _, test := range tests {
		_, err := script.Check(test.path)
		if !errors.Is(err, script.ErrScript) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.path, err, test.want)
		}
	}
	// Editors and kernels: both are no part of Go, or only sometimes.
	for _, first := range []string{"\uFEFF", "#!/usr/bin/env -S jamba run\n", "\uFEFF#!/usr/bin/env x\n"} {
		path := put("first.go", first+program("fmt", `	fmt.Println("runs")`))
		if findings, err := script.Check(path); err != nil || len(findings) > 0 {
			t.Errorf("%q: %v %v", first, findings, err)
		}
		if got := interpret(t, "", path); got.stdout != "runs\n" || got.code != 0 {
			t.Errorf("%q: %+v", first, got)
		}
	}
}

// child starts a script so that it can get signals.
func child(t *testing.T, text string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childArg, write(t, text))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended if all is well
	return cmd, bufio.NewReader(out)
}

// ends waits for the end of a script and returns its code.
func ends(t *testing.T, cmd *exec.Cmd, limit time.Duration) int {
	t.Helper()
	timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("the script does not end in %v", limit)
	}
	return cmd.ProcessState.ExitCode()
}

func TestInterruptStopsALoop(t *testing.T) {
	cmd, out := child(t, program("fmt", "\tfmt.Println(\"ready\")\n\tfor i := 0; ; i++ {\n\t}"))
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := ends(t, cmd, 5*time.Second); code != 130 {
		t.Errorf("code %d, want 130", code)
	}
}

// A script that asks for the signal gets it, and goes on; the second one ends it.
func TestInterruptIsTheScriptsOwn(t *testing.T) {
	text := program("context fmt os os/signal", `	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println("handled")
	for len(os.Args) > 1 {
	}`)
	cmd, out := child(t, text)
	for _, want := range []string{"ready\n", "handled\n"} {
		if line, err := out.ReadString('\n'); err != nil || line != want {
			t.Fatal(line, err)
		}
		_ = cmd.Process.Signal(os.Interrupt) // the second comes when it has ended
	}
	if code := ends(t, cmd, 5*time.Second); code != 0 {
		t.Errorf("code %d, want 0", code)
	}

	cmd, out = child(t, strings.Replace(text, "len(os.Args) > 1", "", 1))
	for _, want := range []string{"ready\n", "handled\n"} {
		if line, err := out.ReadString('\n'); err != nil || line != want {
			t.Fatal(line, err)
		}
		_ = cmd.Process.Signal(os.Interrupt)
		time.Sleep(400 * time.Millisecond) // a terminal's Ctrl-C counts once even when it arrives twice
	}
	if code := ends(t, cmd, 5*time.Second); code != 130 {
		t.Errorf("code after the second interrupt %d, want 130", code)
	}
}

// The end of Run's context is an interrupt of the script, once.
func TestContextInterrupts(t *testing.T) {
	path := write(t, program("context fmt os os/signal time", `	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Println("ready")
	<-ctx.Done()
	time.Sleep(500 * time.Millisecond)
	fmt.Println("handled")`))
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		line, _ := bufio.NewReader(r).ReadString('\n')
		if line == "ready\n" {
			cancel()
		}
		_, _ = io.Copy(io.Discard, r)
	}()
	code, err := script.Run(ctx, script.Options{Path: path, Stdout: w, Program: []string{os.Args[0], childArg}})
	cancel()
	w.Close()
	if err != nil || code != 0 {
		t.Errorf("code %d, %v", code, err)
	}
}

// A program that reads the output and stops ends the script, quietly, as it ends a compiled program.
func TestClosedPipe(t *testing.T) {
	path := write(t, program("fmt", "\tfor i := 0; ; i++ {\n\t\tfmt.Println(i)\n\t}"))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = bufio.NewReader(r).ReadString('\n')
		r.Close()
	}()
	var stderr strings.Builder
	code, err := script.Run(t.Context(), script.Options{Path: path, Stdout: w, Stderr: &stderr, Program: []string{os.Args[0], childArg}})
	w.Close()
	if err != nil || code != 128+int(syscall.SIGPIPE) || stderr.String() != "" {
		t.Errorf("code %d, %v, told %q", code, err, stderr.String())
	}
}

// The script ends with its parent.
func TestParentDies(t *testing.T) {
	path := write(t, program("fmt os", "\tfmt.Println(os.Getpid())\n\tfor {\n\t}"))
	cmd := exec.Command(os.Args[0], "-test.run=TestHelperParent")
	cmd.Env = append(os.Environ(), "JAMBA_TEST_PARENT="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for deadline := time.Now().Add(5 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the script outlives its parent")
		}
	}
}

// TestHelperParent is the parent in TestParentDies.
func TestHelperParent(t *testing.T) {
	path := os.Getenv("JAMBA_TEST_PARENT")
	if path == "" {
		t.Skip("only a helper of TestParentDies")
	}
	_, _ = script.Run(context.Background(), script.Options{Path: path, Stdout: os.Stdout, Program: []string{os.Args[0], childArg}})
}
