package track

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// holdRun is set in a child process that takes the lock, says so, and waits to be killed.
const holdRun = "JAMBA_TRACK_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdRun); dir != "" {
		if _, err := Create(dir, Meta{}); err != nil {
			os.Stdout.WriteString(err.Error())
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		time.Sleep(time.Minute) // the parent kills it long before
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// TestTwoProcesses: the second writer is refused by name, and a lock whose holder was killed is free.
func TestTwoProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), holdRun+"="+dir)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line := make([]byte, 100)
	n, err := out.Read(line)
	must(t, err)
	if string(line[:n]) != "held\n" {
		t.Fatalf("the child says %q", line[:n])
	}

	_, err = Resume(dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(child.Process.Pid)) {
		t.Errorf("%v, want ErrLocked with process %d", err, child.Process.Pid)
	}
	if runs, err := Runs(dir); err != nil || len(runs) != 1 || runs[0].State != Running {
		t.Errorf("%+v, %v, want one running run", runs, err)
	}
	if err := Remove(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("remove: %v", err)
	}

	must(t, child.Process.Kill())
	child.Wait()
	if runs, err := Runs(dir); err != nil || runs[0].State != Stopped {
		t.Errorf("%+v, %v, want a stopped run", runs, err)
	}
	r, err := Resume(dir)
	if err != nil {
		t.Fatalf("the lock of a killed process holds: %v", err)
	}
	must(t, r.Close())
}

// TestClaim covers the way without flock on any system: the file is the lock.
func TestClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockFile)
	l, err := claimPath(path)
	must(t, err)
	if _, err := claimPath(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("second claim: %v", err)
	}
	must(t, l.release())

	// A process that has ended, and whose id is not yet in use again.
	child := exec.Command(os.Args[0], "-test.run=^$")
	must(t, child.Run())
	host, err := os.Hostname()
	must(t, err)
	stale := `{"pid": ` + strconv.Itoa(child.Process.Pid) + `, "host": "` + host + `", "since": "2026-01-01T00:00:00Z"}`
	must(t, os.WriteFile(path, []byte(stale), 0o666))
	l, err = claimPath(path)
	if err != nil {
		t.Fatalf("the lock of a dead process: %v", err)
	}
	must(t, l.release())

	for name, text := range map[string]string{
		"of another host": strings.Replace(stale, host, host+"-other", 1),
		"not readable":    "{",
	} {
		must(t, os.WriteFile(path, []byte(text), 0o666))
		if _, err := claimPath(path); !errors.Is(err, ErrLocked) {
			t.Errorf("a lock %s: %v, want ErrLocked", name, err)
		}
	}
}

// TestOneWinner lets many goroutines race for one run.
func TestOneWinner(t *testing.T) {
	r := create(t)
	must(t, r.Close())
	for range 5 {
		var wg sync.WaitGroup
		won := make(chan *Run, 8)
		for range cap(won) {
			wg.Go(func() {
				if r, err := Resume(r.Dir()); err == nil {
					won <- r
				} else if !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d hold the lock at once", len(won))
		}
		must(t, (<-won).Close())
	}
}

func TestAlive(t *testing.T) {
	if !alive(os.Getpid()) {
		t.Error("this process is not alive")
	}
	if runtime.GOOS != "windows" && !alive(1) {
		t.Error("process 1 is not alive, though it belongs to someone else")
	}
}
