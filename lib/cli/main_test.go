package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/jamba-threat/jamba/lib/threat"
)

// run calls Main in process.
func run(t *testing.T, environ []string, args ...string) (code Code, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := Main(State{Args: args, Environ: environ, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs})
	return Code(c), out.String(), errs.String()
}

func TestMainReportsAPanicAsOneLine(t *testing.T) {
	for _, debug := range []bool{false, true} {
		var stderr bytes.Buffer
		s := State{Args: []string{"version"}, Stdout: panicking{}, Stderr: &stderr}
		if debug {
			s.Environ = []string{"JAMBA_DEBUG=1"}
		}
		if code := Main(s); code != int(Failure) {
			t.Errorf("exit code is %d, want %d", code, Failure)
		}
		if !strings.HasPrefix(stderr.String(), "jamba: internal error: no paper\nhint: ") {
			t.Errorf("standard error is\n%s", stderr.String())
		}
		if got := strings.Contains(stderr.String(), "goroutine"); got != debug {
			t.Errorf("a stack trace is there: %v, want %v", got, debug)
		}
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no paper") }

func TestMainStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	data := filepath.Join(dir, "rows.csv")
	if code, _, stderr := run(t, nil, "generate", "--out", data, "--samples", "200"); code != OK {
		t.Fatal(stderr)
	}
	var stderr bytes.Buffer
	s := State{Args: []string{"train", "--data", data, "--out", filepath.Join(dir, "run")}, Context: ctx, Stdout: io.Discard, Stderr: &stderr}
	if code := Main(s); code != int(Interrupted) {
		t.Errorf("exit code is %d, want %d\n%s", code, Interrupted, stderr.String())
	}
}

// Scores in Parquet are those in CSV, row by row, over several pieces of the file.
func TestParquetScoresEqualCSV(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	env := []string{"JAMBA_ENGINE=go", "JAMBA_MODEL_MEMBERS=1", "JAMBA_MODEL_BLOCKS=-1"}
	const rows = 60_000 // more than one piece
	for _, args := range [][]string{
		{"generate", "--out", at("train.csv"), "--samples", "300"},
		{"train", "--data", at("train.csv"), "--epochs", "1", "--out", at("run")},
		{"generate", "--out", at("new.parquet"), "--samples", strconv.Itoa(rows), "--seed", "9"},
		{"predict", "--run", at("run"), "--data", at("new.parquet"), "--out", at("scores.csv")},
		{"predict", "--run", at("run"), "--data", at("new.parquet"), "--out", at("scores.parquet")},
	} {
		if code, _, stderr := run(t, env, args...); code != OK {
			t.Fatalf("%v: exit code %d\n%s", args, code, stderr)
		}
	}
	type score struct {
		Row     int64   `parquet:"row"`
		Prob    float64 `parquet:"prob"`
		Flagged bool    `parquet:"flagged"`
		Class   string  `parquet:"class"`
	}
	got, err := parquet.ReadFile[score](at("scores.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(at("scores.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != rows || len(want) != rows+1 {
		t.Fatalf("%d rows in Parquet and %d lines of CSV, want %d and %d", len(got), len(want), rows, rows+1)
	}
	for i, s := range got {
		line := want[i+1]
		prob, err := strconv.ParseFloat(line[1], 64)
		if err != nil || math.Abs(prob-s.Prob) > 1e-8 || line[0] != strconv.FormatInt(s.Row, 10) || s.Row != int64(i+1) ||
			line[2] != strconv.FormatBool(s.Flagged) || line[3] != s.Class {
			t.Fatalf("row %d: Parquet %+v, CSV %v", i+1, s, line)
		}
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	width := 61
	a := &app{State: State{Stderr: &out, Terminal: func() (int, bool) { return width, true }}}
	p := a.newProgress()
	p.step(threat.StepEvent{Epoch: 2, Epochs: 30, Step: 5, Steps: 10, Loss: 0.25, RowsPerSecond: 51_234, Remaining: 90 * time.Second})
	p.epoch(threat.Event{Epoch: 2, Epochs: 30})
	want := "\r\x1b[Kepoch  2/30 step 5/10  loss 0.2500  51.2k rows/s  1m30s left" + "\r\x1b[K" + "epoch  2/30\n"
	if out.String() != want {
		t.Errorf("terminal shows %q, want %q", out.String(), want)
	}
	wide := stepLine(threat.StepEvent{Epoch: 1, Epochs: 3, Step: 1, Steps: 4}, 200)
	if !strings.Contains(wide, "["+strings.Repeat("#", 7)+strings.Repeat("-", 23)+"]") {
		t.Errorf("a quarter of an epoch is drawn as %q", wide)
	}
	for width := range 120 {
		if line := stepLine(threat.StepEvent{Epoch: 1, Epochs: 3, Step: 4, Steps: 4}, width); len(line) > width {
			t.Fatalf("line of %d characters on a terminal of %d", len(line), width)
		}
	}
}

func TestProgressElsewhereIsLines(t *testing.T) {
	var out bytes.Buffer
	a := &app{State: State{Stderr: &out}}
	p := a.newProgress()
	p.step(threat.StepEvent{Epoch: 1, Epochs: 2, Steps: 10})
	p.epoch(threat.Event{Epoch: 1, Epochs: 2})
	if out.String() != "epoch 1/2\n" {
		t.Errorf("output is %q", out.String())
	}
}

func TestCodeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, OK}, {errors.New("x"), Failure}, {usagef("x"), Usage}, {inputError(os.ErrNotExist), BadInput}, {threat.ErrConfig, BadInput},
		{runError(os.ErrNotExist), BadRun}, {threat.ErrOtherRun, BadRun}, {context.Canceled, Interrupted},
		{inputError(context.Canceled), Interrupted}, {withHint(usagef("x"), "y"), Usage}, {errors.Join(runError(os.ErrExist)), BadRun},
	} {
		if got := codeOf(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
	for _, code := range []Code{OK, Failure, Usage, BadInput, BadRun, Interrupted} {
		if !strings.Contains(exitCodesHelp, "\n"+strings.Repeat(" ", 5-len(strconv.Itoa(int(code))))+strconv.Itoa(int(code))+"  ") {
			t.Errorf("the help does not explain exit code %d", code)
		}
	}
}

// Every command has a description and an example.
func TestEveryCommandHasAnExample(t *testing.T) {
	a := &app{State: State{Stdout: io.Discard, Stderr: io.Discard}}
	todo := a.root().Commands()
	for len(todo) > 0 {
		c := todo[0]
		todo = append(todo[1:], c.Commands()...)
		if c.Runnable() && !c.Hidden && (c.Short == "" || !strings.Contains(c.Example, "jamba ")) {
			t.Errorf("%s has no description or no example", c.CommandPath())
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"runs/x": "runs/x", "my runs": "'my runs'", "it's": `'it'\''s'`, "": "''"} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q is quoted as %s, want %s", in, got, want)
		}
	}
}
