package complexity

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// reference is one function of complexity_micro.json, checked by hand.
type reference struct {
	Name      string   `json:"name"`
	Line      int      `json:"line"`
	Gocyclo   int      `json:"gocyclo"`
	Gocognit  int      `json:"gocognit"`
	Maintidx  int      `json:"maintidx"`
	Lines     int      `json:"loc_span"`
	Paper     int      `json:"cognitive_spec_variant"`
	Halstead  Halstead `json:"token_halstead"`
	IsLiteral bool     `json:"func_literal"` // only gocyclo knows these
}

func TestMicro(t *testing.T) {
	code := read(t, testenv.Shared(t, "complexity", "complexity_micro.go.txt"))
	var want struct {
		Files []struct {
			Lines     int         `json:"lines"`
			Functions []reference `json:"functions"`
		} `json:"files"`
	}
	if err := json.Unmarshal(read(t, testenv.Shared(t, "complexity", "complexity_micro.json")), &want); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"micro.go": string(code)}
	got := map[string]map[string]Function{}
	for _, definition := range []string{Gocognit, Paper} {
		r := analyzed(t, files, Options{Cognitive: definition})
		got[definition] = map[string]Function{}
		for _, f := range r.Functions {
			got[definition][f.Function] = f
		}
		if r.Files[0].Lines != want.Files[0].Lines {
			t.Errorf("the file has %d lines, want %d", r.Files[0].Lines, want.Files[0].Lines)
		}
	}
	if n := len(want.Files[0].Functions); n < 24 || n != len(got[Gocognit]) {
		t.Fatalf("%d functions, the reference has %d", len(got[Gocognit]), n)
	}
	for _, w := range want.Files[0].Functions {
		f, ok := got[Gocognit][w.Name]
		if !ok || f.Line != w.Line || f.Cyclomatic != w.Gocyclo {
			t.Errorf("%s: line %d, cyclomatic %d, want %d, %d", w.Name, f.Line, f.Cyclomatic, w.Line, w.Gocyclo)
		}
		if w.IsLiteral {
			continue
		}
		if f.Cognitive != w.Gocognit || f.MaintainabilityIndex != w.Maintidx || f.Lines != w.Lines {
			t.Errorf("%s: cognitive %d, maintainability %d, lines %d, want %d, %d, %d", w.Name, f.Cognitive, f.MaintainabilityIndex, f.Lines, w.Gocognit, w.Maintidx, w.Lines)
		}
		if paper := got[Paper][w.Name].Cognitive; paper != w.Paper {
			t.Errorf("%s: cognitive by the paper %d, want %d", w.Name, paper, w.Paper)
		}
		if !sameHalstead(f.Halstead, w.Halstead) {
			t.Errorf("%s: Halstead %+v, want %+v", w.Name, f.Halstead, w.Halstead)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sameHalstead allows for the last bits of the derived measures.
func sameHalstead(a, b Halstead) bool {
	near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-12*math.Abs(y) }
	return a.DistinctOperators == b.DistinctOperators && a.DistinctOperands == b.DistinctOperands && a.Operators == b.Operators &&
		a.Operands == b.Operands && near(a.Volume, b.Volume) && near(a.Difficulty, b.Difficulty) && near(a.Effort, b.Effort)
}
