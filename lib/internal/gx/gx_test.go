package gx_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/testenv"
)

func TestTryCatchesEveryPanic(t *testing.T) {
	cause := errors.New("the cause")
	for name, c := range map[string]struct {
		fn   func() error
		want string
	}{
		"string":  {func() error { panic("plain text") }, "op: plain text"},
		"error":   {func() error { panic(cause) }, "op: the cause"},
		"runtime": {func() error { var m map[int]int; m[1] = 1; return nil }, "op: assignment to entry in nil map"},
		"number":  {func() error { panic(7) }, "op: 7"},
	} {
		err := gx.Try("op", c.fn)
		if err == nil || err.Error() != c.want || !errors.Is(err, gx.ErrInternal) {
			t.Errorf("%s: error %q, want %q that is ErrInternal", name, err, c.want)
		}
		if full := fmt.Sprintf("%+v", err); !strings.Contains(full, "gx_test.go") {
			t.Errorf("%s: no stack of the panic in %q", name, full)
		}
		if strings.Contains(fmt.Sprintf("%v", err), "\n") {
			t.Errorf("%s: the short form has a stack", name)
		}
	}
	if err := gx.Try("op", func() error { panic(cause) }); !errors.Is(err, cause) {
		t.Error("the error that was panicked with is lost")
	}
	if err := gx.Try("op", func() error { return cause }); err != cause || errors.Is(err, gx.ErrInternal) {
		t.Errorf("an ordinary error becomes %v", err)
	}
	var rt runtime.Error
	if err := gx.Try("op", func() error { var p *int; *p = 1; return nil }); !errors.As(err, &rt) {
		t.Errorf("nil pointer: %v", err)
	}
}

func TestOpen(t *testing.T) {
	if _, err := gx.Open("tpu"); err == nil || !strings.Contains(err.Error(), "known are auto, xla:cuda, xla:cpu, go") {
		t.Errorf("unknown engine: %v", err)
	}
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	t.Setenv("JAMBA_CACHE", t.TempDir())
	e, err := gx.Open(gx.Auto) // whatever this machine has
	if err != nil {
		t.Fatalf("auto must never fail: %v", err)
	}
	defer e.Close()
	if e.Why == "" || e.Check() != nil {
		t.Errorf("%s: why %q, check %v", e.Name, e.Why, e.Check())
	}
}

func TestEachEngineComputes(t *testing.T) {
	for _, name := range []string{gx.PureGo, gx.XLACPU} {
		for _, threads := range []int{0, 1} {
			e, err := gx.OpenThreads(name, threads)
			if err != nil {
				testenv.Missing(t, "xla", err.Error())
			}
			if err := e.Check(); err != nil {
				t.Errorf("%s with %d threads: %v", name, threads, err)
			}
			e.Close()
		}
	}
}

// TestDonate: a tensor that was given away is memory for the result and cannot be used again, and nothing leaks an error.
func TestDonate(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	double, err := e.Compile("double", func(in []*Node) []*Node { return []*Node{MulScalar(in[0], 2)} })
	if err != nil {
		t.Fatal(err)
	}
	defer double.Close()
	x, err := e.Floats([]float32{1, 2, 3}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		given, err := e.Donate(x)
		if err != nil {
			t.Fatal(err)
		}
		out, err := double.Call(given)
		if err != nil {
			t.Fatal(err)
		}
		x = out[0]
	}
	if v, err := gx.Read(x); err != nil || v[2] != 24 {
		t.Errorf("three doublings of 3 give %v (%v)", v, err)
	}
	if _, err := e.Floats([]float32{1, 2}, 3); err == nil {
		t.Error("two values fill a shape of three")
	}
	if _, err := double.Call("text"); err == nil {
		t.Error("a text is taken for a tensor")
	}
}
