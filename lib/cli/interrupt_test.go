//go:build unix

package cli_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/lib/internal/safetensors"
)

// child is the jamba command in a process of its own.
type child struct {
	*exec.Cmd
	stderr bytes.Buffer
}

func jamba(t *testing.T, dir string, env []string, args ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0], args...)}
	c.Dir = dir
	c.Env = append(os.Environ(), childEnv+"=1", "JAMBA_ENGINE=go", "JAMBA_MODEL_MEMBERS=2", "JAMBA_CACHE="+filepath.Join(dir, ".cache"))
	c.Env = append(c.Env, env...)
	c.Stderr = &c.stderr
	return c
}

// mustRun runs to the end and demands the exit code.
func (c *child) mustRun(t *testing.T, code int) {
	t.Helper()
	err := c.Run()
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit code %d (%v), want %d\n%s", c.Args[1:], got, err, code, c.stderr.String())
	}
}

// startAndSignal lets training finish at least the given number of epochs, sends the signal in the middle of the next, and
// returns the exit code, -1 for a killed process.
func (c *child) startAndSignal(t *testing.T, run string, epochs int, signal os.Signal) int {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); epochsIn(run) < epochs; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) || c.Process.Signal(syscall.Signal(0)) != nil {
			c.Process.Kill()
			c.Wait()
			t.Fatalf("epoch %d is never reached\n%s", epochs, c.stderr.String())
		}
	}
	time.Sleep(30 * time.Millisecond) // into the next epoch
	if err := c.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	if _, err := os.Stat(filepath.Join(run, "DONE")); err == nil {
		t.Fatal("training was over before the signal")
	}
	return c.ProcessState.ExitCode()
}

// epochsIn counts the lines of metrics.csv after its header.
func epochsIn(run string) int {
	text, err := os.ReadFile(filepath.Join(run, "metrics.csv"))
	if err != nil {
		return 0
	}
	return max(0, bytes.Count(text, []byte("\n"))-1)
}

// weights is a hash of everything in a checkpoint that training computes; the file itself also holds durations.
func weights(t *testing.T, run string) string {
	t.Helper()
	h := sha256.New()
	for _, name := range []string{"best", "last"} {
		file, err := os.Open(filepath.Join(run, "checkpoints", name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Read(file, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		for _, tensor := range f.Tensors {
			fmt.Fprintf(h, "%s/%s:%d:", name, tensor.Name, len(tensor.Data))
			h.Write(tensor.Data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Training that is killed, runs into a full disk, and is interrupted by Ctrl-C ends with the weights of training that was
// left alone.
func TestInterruptedTrainingContinuesExactly(t *testing.T) {
	dir := t.TempDir()
	jamba(t, dir, nil, "generate", "--out", "rows.csv", "--samples", "8000").mustRun(t, 0)
	train := func(out string) []string {
		return []string{"train", "--data", "rows.csv", "--epochs", "6", "--patience", "-1", "--out", out}
	}
	jamba(t, dir, nil, train("whole")...).mustRun(t, 0)
	want := weights(t, filepath.Join(dir, "whole"))
	run := filepath.Join(dir, "broken")

	if code := jamba(t, dir, nil, train("broken")...).startAndSignal(t, run, 1, syscall.SIGKILL); code != -1 {
		t.Fatalf("a killed process has exit code %d", code)
	}

	before := weights(t, run)
	full := jamba(t, dir, []string{limitEnv + "=30000"}, train("broken")...)
	full.mustRun(t, 1)
	if text := full.stderr.String(); !strings.Contains(text, "jamba: ") || !strings.Contains(text, "file too large") {
		t.Errorf("a full disk is reported as\n%s", text)
	}
	if weights(t, run) != before {
		t.Error("a full disk has damaged the checkpoint of before")
	}

	stopped := jamba(t, dir, nil, train("broken")...)
	if code := stopped.startAndSignal(t, run, 3, syscall.SIGINT); code != 130 {
		t.Fatalf("exit code after SIGINT is %d, want 130\n%s", code, stopped.stderr.String())
	}
	if text := stopped.stderr.String(); !strings.Contains(text, "continue with: jamba train --checkpoint broken") {
		t.Errorf("an interrupted run does not say how to continue:\n%s", text)
	}

	// What the message says, from another folder: the run knows where its data are.
	elsewhere := t.TempDir()
	jamba(t, elsewhere, nil, "train", "--checkpoint", run).mustRun(t, 0)
	if got := weights(t, run); got != want {
		t.Error("the continued run has other weights than the one that was left alone")
	}
	if n := epochsIn(run); n != 6 {
		t.Errorf("metrics.csv has %d epochs, want 6", n)
	}
}

func TestSIGTERMWhilePredictingLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	jamba(t, dir, nil, "generate", "--out", "small.csv", "--samples", "300").mustRun(t, 0)
	jamba(t, dir, nil, "train", "--data", "small.csv", "--epochs", "1", "--out", "run").mustRun(t, 0)
	jamba(t, dir, nil, "generate", "--out", "large.csv", "--samples", "200000").mustRun(t, 0)
	c := jamba(t, dir, nil, "predict", "--run", "run", "--data", "large.csv", "--out", "scores.csv")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		if left, _ := filepath.Glob(filepath.Join(dir, ".scores.csv.*")); left != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is written\n%s", c.stderr.String())
		}
	}
	c.Process.Signal(syscall.SIGTERM)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit code is %d, want 130\n%s", code, c.stderr.String())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*scores.csv*")); left != nil {
		t.Errorf("an interrupted prediction leaves %v", left)
	}
}
