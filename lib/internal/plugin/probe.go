package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ProbeTimeout is the time limit of a probe whose context has no deadline. Opening the CPU plugin and computing one sum
// takes about a second; a cold disk adds a few.
const ProbeTimeout = 60 * time.Second

// probeOK is what a probing child prints last on its standard output.
const probeOK = "ok"

// ProbeError says how a plugin failed in the child process that tried it.
type ProbeError struct {
	Path   string // of the plugin
	Reason string // "the process that opened it crashed (SIGSEGV)", "no answer within 1m0s", ...
	Stderr string // what the child wrote to its standard error, the middle left out when long; may be empty
}

// Error returns the reason and the child's own last words.
func (e *ProbeError) Error() string {
	text := fmt.Sprintf("plugin: probe %s: %s", e.Path, e.Reason)
	if words := lastWords(e.Stderr); words != "" {
		text += ": " + words
	}
	return text
}

// Hint returns what to try next.
func (e *ProbeError) Hint() string {
	return "this plugin does not work here: install another with `jamba xla install`, or use the pure-Go backend"
}

// Probe tries the plugin at path in a child process and returns nil when it works there.
//
// The child is argv with path as its last argument, for example {"/usr/bin/jamba", "xla", "probe"}. It runs with
// PJRT_PLUGIN_LIBRARY_PATH set to the plugin's folder, is expected to open the plugin, to compute something, and to print
// "ok" as its last line before it exits with 0. A crash, another exit code, other output and silence until the end of
// ctx (at most [ProbeTimeout] when ctx has no deadline) are returned as *[ProbeError].
func Probe(ctx context.Context, argv []string, path string) error {
	if len(argv) == 0 {
		return fmt.Errorf("plugin: probe %s: no command given to try it with", path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("plugin: probe: %w", err)
	}
	if _, err := os.Stat(abs); err != nil {
		return fmt.Errorf("plugin: probe: %w", err)
	}
	limit := ProbeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	child, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, errOut, err := runChild(child, argv, abs, PathEnv+"="+filepath.Dir(abs))
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("plugin: probe %s: %w", abs, ctx.Err())
	}
	fail := func(format string, args ...any) error {
		return &ProbeError{Path: abs, Reason: fmt.Sprintf(format, args...), Stderr: errOut}
	}
	var exit *exec.ExitError
	switch {
	case child.Err() != nil:
		return fail("no answer within %v", limit.Round(time.Millisecond))
	case errors.As(err, &exit):
		if signal := deathSignal(exit); signal != "" {
			return fail("the process that opened it crashed (%s)", signal)
		}
		if m := goCrash.FindStringSubmatch(errOut); m != nil {
			return fail("the process that opened it crashed (%s)", m[1])
		}
		return fail("the process that opened it exited with code %d", exit.ExitCode())
	case err != nil:
		return fmt.Errorf("plugin: probe %s: %w", abs, err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != probeOK {
		return fail("the process that opened it answered %.80q instead of %q", last, probeOK)
	}
	return nil
}

// runChild runs argv with one more argument and one more variable, in its own process group, and returns the ends of its
// two outputs.
func runChild(ctx context.Context, argv []string, arg, env string) (out, errOut string, err error) {
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], arg)...)
	cmd.Env = append(os.Environ(), env)
	var stdout, stderr excerpt
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// goCrash matches what the Go runtime writes when C code gets a fatal signal: it turns the signal into exit code 2.
var goCrash = regexp.MustCompile(`(?m)^\[?(?:signal )?(SIG[A-Z]+): `)

// lastWords returns the lines of an error output that explain a death, as one line: the first ones of a Go crash, whose
// rest is stacks and registers, and the last ones of everything else.
func lastWords(text string) string {
	const lines, length = 3, 400
	all := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(all) > lines {
		if goCrash.MatchString(text) {
			all = all[:lines]
		} else {
			all = all[len(all)-lines:]
		}
	}
	words := strings.Join(strings.Fields(strings.Join(all, " ")), " ")
	if len(words) > length {
		words = "..." + strings.ToValidUTF8(words[len(words)-length:], "")
	}
	return words
}

// excerpt keeps the first and the last bytes written to it: a child may write without end.
type excerpt struct {
	mu         sync.Mutex
	head, tail []byte
	cut        bool
}

const excerptSize = 4 << 10 // of each end

func (e *excerpt) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(p), excerptSize-len(e.head))
	e.head = append(e.head, p[:n]...)
	e.tail = append(e.tail, p[n:]...)
	if extra := len(e.tail) - excerptSize; extra > 0 {
		e.tail = append(e.tail[:0], e.tail[extra:]...)
		e.cut = true
	}
	return len(p), nil
}

func (e *excerpt) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cut {
		return string(e.head) + "\n...\n" + string(e.tail)
	}
	return string(e.head) + string(e.tail)
}
