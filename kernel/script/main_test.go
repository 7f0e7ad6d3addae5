package script_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/kernel/script"
	"github.com/jamba-threat/jamba/lib/testenv"
)

// childArg makes this test binary the process that a script runs in.
const childArg = "script-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArg {
		os.Exit(script.Child(context.Background(), os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// result is what a program did.
type result struct {
	stdout, stderr string
	code           int
}

// interpret runs a script without checking it.
func interpret(t *testing.T, stdin, path string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code, err := script.Run(t.Context(), script.Options{Path: path, Args: args, Stdin: strings.NewReader(stdin),
		Stdout: &stdout, Stderr: &stderr, Program: []string{os.Args[0], childArg}})
	if err != nil {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), code}
}

// write makes a script of its text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.go")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// program wraps the body of a main function.
func program(imports, body string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, i := range strings.Fields(imports) {
		b.WriteString("\t\"" + i + "\"\n")
	}
	b.WriteString(")\n\nfunc main() {\n" + body + "\n}\n")
	return b.String()
}

var (
	mainFunc    = regexp.MustCompile(`(?m)^func main\(\)`)
	mainPackage = regexp.MustCompile(`(?m)^package main$`)
)

// compiled builds the programs with the Go toolchain, all in one binary to link only once, each as a package of its own.
// The result runs one of them. The programs import nothing but the standard library.
func compiled(t *testing.T, programs map[string]string) func(name string) result {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		testenv.Missing(t, "go", "the go command is not in PATH")
	}
	dir := t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module programs\n\ngo 1.26\n")
	main := "package main\n\nimport (\n\t\"os\"\n"
	table := ""
	for name, text := range programs {
		pkg := "p_" + strings.NewReplacer("-", "_", ".", "_").Replace(name)
		text = strings.ReplaceAll(text, "//go:build ignore", "")
		put(pkg+"/p.go", mainPackage.ReplaceAllString(mainFunc.ReplaceAllString(text, "func Main()"), "package "+pkg))
		main += "\t\"programs/" + pkg + "\"\n"
		table += "\tcase \"" + name + "\":\n\t\t" + pkg + ".Main()\n"
	}
	put("main.go", main+")\n\nfunc main() {\n\tswitch os.Args[1] {\n"+table+"\t}\n}\n")
	binary := filepath.Join(dir, "all.bin")
	build := exec.Command("go", "build", "-mod=mod", "-o", binary, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return func(name string) result {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command(binary, name)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run() // the code is in the state
		return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	}
}
