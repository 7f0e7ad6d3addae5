package faulttree

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Whatever the bytes, Parse returns a model or an error; a model can be analysed, drawn and written, and reading what was
// written gives a model again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{good, scopes, eventTrees, `{"gates": {"g": {"or": ["a"]}}, "events": {"a": 0.1}}`, "gates: &x [*x]", "<opsa-mef/>", "\x1f\x8b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(bytes.NewReader(text), "f.yaml")
		if err != nil {
			return
		}
		again, err := Parse(bytes.NewReader(m.YAML()), "again.yaml")
		if err != nil {
			t.Fatalf("written as text:\n%s\n%v", m.YAML(), err)
		}
		if diff := sameModel(&Model{Gates: m.Gates, Events: m.Events, Houses: m.Houses}, &Model{Gates: again.Gates, Events: again.Events, Houses: again.Houses}); diff != "" && !strings.Contains(diff, "Pass") {
			t.Fatal(diff)
		}
		for _, top := range m.Tops() {
			r, err := Assess(t.Context(), m, Options{Top: top, MaxMemory: 4 << 20, Samples: 2})
			if err != nil {
				if !errors.Is(err, ErrModel) && !errors.Is(err, errFull) {
					t.Fatal(err)
				}
				continue
			}
			if _, err := r.JSON(); err != nil {
				t.Fatal(err)
			}
			if _, err := r.HTML(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
