package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jamba-threat/jamba/lib/cli"
)

// childEnv makes this test binary the jamba command.
const childEnv = "JAMBA_CLI_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		limitFiles()
		os.Exit(cli.Main(cli.OS()))
	}
	testscript.Main(m, map[string]func(){"jamba": func() { os.Exit(cli.Main(cli.OS())) }})
}

// TestScripts runs testdata/script: every command, with good input and with bad.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("JAMBA_CACHE", filepath.Join(env.WorkDir, ".cache")) // no plugin of this machine
			env.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
			env.Setenv("JAMBA_NO_FETCH", "1")
			env.Setenv("JAMBA_MODEL_MEMBERS", "2") // small and quick
			env.Setenv("JAMBA_ENGINE", "go")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": runForCode, "edit": edit, "appears": appears},
	})
}

// runForCode is `code N COMMAND...`: the command must exit with exactly N, print one line "jamba: ..." for each problem, and no
// stack trace.
func runForCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	stderr := ts.ReadFile("stderr")
	if got != args[0] {
		ts.Fatalf("exit code is %s, want %s\n%s", got, args[0], stderr)
	}
	if got != "0" && !regexp.MustCompile(`(?m)^jamba: .`).MatchString(stderr) {
		ts.Fatalf("no line begins with jamba: in\n%s", stderr)
	}
	if regexp.MustCompile(`goroutine \d+|panic|\.go:\d+`).MatchString(stderr) {
		ts.Fatalf("there is a stack trace in\n%s", stderr)
	}
}

// edit is `edit FILE OLD NEW`: it replaces a text that the file must have.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit file old new")
	}
	path := ts.MkAbs(args[0])
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(text, args[1], args[2])), 0o666))
}

// appears is `appears FILE`: it waits until a background command has made the file.
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appears file")
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s does not appear", args[0])
}

func ExampleMain() {
	code := cli.Main(cli.State{Args: []string{"evalute", "--run", "runs/demo"}, Stdout: os.Stdout, Stderr: os.Stdout})
	fmt.Println("exit code", code)
	// Output:
	// jamba: unknown flag: --run
	// hint: `jamba --help` lists the flags
	// exit code 2
}
