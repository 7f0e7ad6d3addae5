package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestProbe(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	for _, test := range []struct {
		mode string
		want []string // in the error; nil means success
	}{
		{mode: "ok"},
		{mode: "garbage", want: []string{`answered "Segmentation what?" instead of "ok"`}},
		{mode: "silent", want: []string{`answered "" instead of "ok"`}},
		{mode: "exit", want: []string{"exited with code 3", "older than 0.104 giving up"}},
		{mode: "crash", want: []string{"crashed (killed)", "about to die"}},
		{mode: "gocrash", want: []string{"crashed (SIGSEGV)", "unexpected signal during runtime execution"}},
	} {
		t.Run(test.mode, func(t *testing.T) {
			err := Probe(t.Context(), self(t, test.mode), path)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var probe *ProbeError
			if !errors.As(err, &probe) || probe.Path != path || probe.Hint() == "" {
				t.Fatalf("got %v, want a *ProbeError about %s with a hint", err, path)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 700 {
				t.Errorf("error is not one short line: %q", err)
			}
		})
	}
}

// A child that really dies of a segmentation fault, as a wrong plugin makes it do.
func TestProbeSegmentationFault(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	err := Probe(t.Context(), []string{"/bin/sh", "-c", "kill -SEGV $$"}, path)
	if err == nil || !strings.Contains(err.Error(), "crashed (segmentation fault)") {
		t.Fatalf("got %v, want a crash by segmentation fault", err)
	}
}

func TestProbeTimeLimit(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	argv := self(t, "hang")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := Probe(ctx, argv, path)
	if err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Fatalf("got %v, want that the child gave no answer", err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := Probe(ctx, argv, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

func TestProbeBadCalls(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	if err := Probe(t.Context(), nil, path); err == nil || !strings.Contains(err.Error(), "no command") {
		t.Errorf("no command: got %v", err)
	}
	if err := Probe(t.Context(), []string{"x"}, path+".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing plugin: got %v", err)
	}
	if err := Probe(t.Context(), []string{filepath.Join(t.TempDir(), "no-such-program")}, path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing program: got %v", err)
	}
}

// argv is the caller's: appending the path must not write into its backing array.
func TestProbeLeavesArgvAlone(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	argv := append(self(t, "ok"), "spare")[:1]
	if err := Probe(t.Context(), argv, path); err != nil {
		t.Fatal(err)
	}
	if got := argv[:2][1]; got != "spare" {
		t.Errorf("the element behind argv became %q", got)
	}
}

func TestExcerptKeepsBothEnds(t *testing.T) {
	var e excerpt
	e.Write([]byte("first "))
	for range 100 {
		e.Write([]byte(strings.Repeat("x", 1000)))
	}
	e.Write([]byte(" last"))
	text := e.String()
	if !strings.HasPrefix(text, "first ") || !strings.HasSuffix(text, " last") || len(text) > 2*excerptSize+10 {
		t.Errorf("kept %d bytes, %q ... %q", len(text), text[:10], text[len(text)-10:])
	}
}
