package faulttree

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jamba-threat/jamba/lib/testenv"
)

const good = `
name: pumping
mission_time: 100
parameters:
  rate: {value: 1e-3, uncertainty: {lognormal: {error_factor: 3}}}
  plain: 0.5
house: {maintenance: false}
gates:
  no-flow:
    name: No flow
    severity: 4
    type: or
    inputs: [pumps, valve, {and: [maintenance, {not: spare}]}]
  pumps: {and: [pump-a, pump-b]}
  voted: {type: atleast, k: 2, inputs: [valve, spare, timed]}
events:
  valve: 1e-4
  spare: {probability: 0.1, uncertainty: {beta: {alpha: 2, beta: 18}}, mitigation: "test: monthly", mitigation_effect: 0.5}
  timed: {probability: {exponential: {rate: rate}}}
  drawn: {probability: {histogram: {bounds: [0, 0.1, 0.3], weights: [3, 1]}}}
  "1e3": {probability: plain, description: "a \"quoted\" name"}
  pump-a: {}
  pump-b: {}
ccf:
  pumps-fail: {model: mgl, members: [pump-a, pump-b], probability: {glm: {failure_rate: rate, repair_rate: 0.1}}, factors: [0.1]}
`

func parse(t *testing.T, name, text string) *Model {
	t.Helper()
	m, err := Parse(strings.NewReader(text), name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sameModel(a, b *Model) string {
	return cmp.Diff(a, b, cmp.Comparer(func(Pos, Pos) bool { return true }))
}

func TestTextRoundTrip(t *testing.T) {
	m := parse(t, "good.yaml", good)
	text := m.YAML()
	again := parse(t, "again.yaml", string(text))
	if diff := sameModel(m, again); diff != "" {
		t.Errorf("written and read again (-first +second):\n%s\n%s", diff, text)
	}
	if !bytes.Equal(text, again.YAML()) {
		t.Error("the text changes when it is read and written again")
	}
}

func TestMEFRoundTrip(t *testing.T) {
	m := parse(t, "good.yaml", good)
	text, err := m.MEF()
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, "again.xml", string(text))
	for _, top := range m.Tops() {
		first, err := analyze(t, m, Options{Top: top, Samples: 100}).JSON()
		if err != nil {
			t.Fatal(err)
		}
		second, err := analyze(t, again, Options{Top: top, Samples: 100}).JSON()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Errorf("%s (-text +xml):\n%s", top, diff)
		}
	}
	m.Gates[0].ID = "a.b"
	if _, err := m.MEF(); err == nil || !strings.Contains(err.Error(), `"a.b" cannot be written`) {
		t.Errorf("a name with a dot: %v", err)
	}
}

func TestJSONForm(t *testing.T) {
	yaml := parse(t, "a.yaml", "name: x\ngates: {top: {or: [a, b]}}\nevents: {a: 0.1, b: {probability: 0.2, severity: 3}}\n")
	json := parse(t, "a.json", "{\n\t\"name\": \"x\",\n\t\"gates\": [{\"id\": \"top\", \"type\": \"or\", \"inputs\": [\"a\", \"b\"]}],\n\t\"events\": [{\"id\": \"a\", \"probability\": 0.1}, {\"id\": \"b\", \"probability\": 0.2, \"severity\": 3}]\n}\n")
	if diff := sameModel(yaml, json); diff != "" {
		t.Errorf("YAML and JSON differ:\n%s", diff)
	}
}

func TestBadText(t *testing.T) {
	const tail = "\nevents: {a: 0.1, b: 0.2}\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", " \n", "x.yaml: the file is empty"},
		{"cycle", "gates:\n  g: {or: [h, a]}\n  h: {and: [i, b]}\n  i: {or: [g, a]}" + tail, `x.yaml:2:3: gate "g" is below itself: g -> h -> i -> g`},
		{"self", "gates: {g: {or: [g, a]}}" + tail, `gate "g" is below itself: g -> g`},
		{"undefined", "gates: {g: {or: [a, nothing]}}" + tail, `x.yaml:1:21: gate "g": input "nothing" is not defined`},
		{"duplicate gate", "gates:\n  g: {or: [a]}\n  g: {or: [b]}" + tail, `x.yaml:3:3: `},
		{"duplicate in list", "gates:\n- {id: g, or: [a]}\n- {id: g, or: [b]}" + tail, `gate "g" is already defined as a gate at x.yaml:2:4`},
		{"gate and event", "gates: {a: {or: [b]}}" + tail, `basic event "a" is already defined as a gate at x.yaml:1:9`},
		{"k above n", "gates: {g: {type: atleast, k: 3, inputs: [a, b]}}" + tail, `gate "g": at least 3 of 2 inputs: must be 1 to 2`},
		{"no k", "gates: {g: {type: atleast, inputs: [a, b]}}" + tail, `at least 0 of 2`},
		{"arity", "gates: {g: {not: [a, b]}}" + tail, `gate "g": not has 2 inputs, needs 1`},
		{"no inputs", "gates: {g: {type: or}}" + tail, `gate "g": or has 0 inputs`},
		{"no type", "gates: {g: {inputs: [a]}}" + tail, `gate "g" has no type`},
		{"unknown type", "gates: {g: {type: maybe, inputs: [a]}}" + tail, `unknown type "maybe": must be one of and, atleast, iff`},
		{"unknown key", "gates: {g: {or: [a], color: red}}" + tail, `x.yaml:1:22: gate "g": unknown key "color": must be one of`},
		{"unknown part", "gates: {g: {or: [a]}}\nevent: {}" + tail, `unknown key "event"`},
		{"probability above 1", "gates: {g: {or: [a]}}\nevents:\n  a: 1.5\n", `x.yaml:3:6: basic event "a" has probability 1.5: must be 0 to 1`},
		{"negative", "gates: {g: {or: [a]}}\nevents:\n  a: {probability: -0.1}\n", `x.yaml:3:20: basic event "a" has probability -0.1`},
		{"not a number", "gates: {g: {or: [a]}}\nevents:\n  a: .nan\n", `x.yaml:3:6:`},
		{"missing probability", "gates: {g: {or: [a]}}\nevents:\n  a: {name: x}\n", `x.yaml:3:3: basic event "a" has no probability`},
		{"severity", "gates: {g: {or: [a], severity: 6}}" + tail, `"g" has severity 6: must be 1`},
		{"severity text", "gates: {g: {or: [a], severity: high}}" + tail, `severity: expected a whole number, found "high"`},
		{"effect", "gates: {g: {or: [a]}}\nevents: {a: {probability: 0.1, mitigation_effect: 2}}\n", "mitigation effect 2: must be 0 to 1"},
		{"top", "top: h\ngates: {g: {or: [a]}}" + tail, `x.yaml:1:6: top "h" is not a gate`},
		{"mission time", "mission_time: -1\ngates: {g: {or: [a]}}" + tail, `x.yaml:1:15: mission_time -1: must be a number of at least 0`},
		{"law", "gates: {g: {or: [a]}}\nevents: {a: {probability: {guess: 3}}}\n", `x.yaml:2:28: event "a": unknown law or operator "guess"`},
		{"law argument", "gates: {g: {or: [a]}}\nevents: {a: {probability: {exponential: {lambda: 3}}}}\n", `unknown key "lambda": must be one of rate, time`},
		{"parameter", "gates: {g: {or: [a]}}\nevents: {a: {probability: rate}}\n", `parameter "rate" is not defined`},
		{"second document", "gates: {g: {or: [a]}}\n---\nx: 1\n", "a second document"},
		{"malformed", "gates: {g: {or: [a}}\n", "x.yaml:1:"},
		{"list", "- a\n", "model: expected a mapping, found a list"},
		{"tag", "gates: !!binary x\n", "tags are not used"},
		{"alias", "gates: *nothing\n", ""},
		{"deep", "gates: {g: {or: " + strings.Repeat("[", 100_000), "nested deeper than 500"},
		{"deep dashes", "gates:\n" + strings.Repeat("- ", 100_000) + "a\n", "nested deeper than 500"},
		{"deep formula", "gates: {g: " + strings.Repeat("{not: ", 600) + "a" + strings.Repeat("}", 600) + "}" + tail, "nested deeper than 500"},
		{"json cut", `{"gates": {"g": {"or": ["a"]`, "malformed JSON: the file ends too early"},
		{"json text after", `{"gates": {}} x`, "x.yaml:1:15: malformed JSON"},
		{"json twice", `{"gates": {"g": {"or": ["a"]}}, "events": {"a": 0.1}, "events": {"a": 0.1}}`, `x.yaml:1:55: model: key "events" twice`},
		{"no gates", "events: {a: 0.1}\n", "has no gate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(test.text), "x.yaml")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if !errors.Is(err, ErrModel) {
				t.Errorf("%v is not an ErrModel", err)
			}
		})
	}
}

// Several faults come in one error, the first twenty of them.
func TestManyFaults(t *testing.T) {
	text := "gates:\n" + strings.Repeat("- {id: g, or: [nothing]}\n", 50) + "events: {a: 0.1}\n"
	_, err := Parse(strings.NewReader(text), "x.yaml")
	if err == nil || strings.Count(err.Error(), "\n") != maxFaults || !strings.Contains(err.Error(), "more faults") {
		t.Errorf("got %v", err)
	}
}

// A long file is parsed in parts; places and faults are those of the file.
func TestLongText(t *testing.T) {
	const n = 3000
	var text strings.Builder
	text.WriteString("name: long\ngates: # a chain\n")
	for i := range n - 1 {
		fmt.Fprintf(&text, "  g%d:\n    # gate %d\n    type: or\n    inputs:\n    - e%d\n    - g%d\n", i, i, i, i+1)
	}
	fmt.Fprintf(&text, "  g%d: {or: [e%d]}\nevents:\n", n-1, n-1)
	for i := range n {
		fmt.Fprintf(&text, "- id: e%d\n  probability: 1e-6\n", i)
	}
	text.WriteString("mission_time: 5\n")
	m := parse(t, "x.yaml", text.String())
	if len(m.Gates) != n || len(m.Events) != n || m.MissionTime != 5 {
		t.Fatalf("%d gates, %d events", len(m.Gates), len(m.Events))
	}
	if g := m.Gates[n-2]; g.Pos.Line != 3+6*(n-2) || g.Formula.Args[1].Name != g.ID[:1]+fmt.Sprint(n-1) || g.Formula.Args[1].Pos.Line != g.Pos.Line+5 {
		t.Errorf("gate %+v", g)
	}
	again := parse(t, "y.yaml", string(m.YAML()))
	if diff := sameModel(m, again); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct{ old, new, want string }{
		{"- id: e2999\n  probability: 1e-6", "- id: e2999\n  probability: 2", fmt.Sprintf(`x.yaml:%d:16: basic event "e2999" has probability 2`, 2+6*(n-1)+2+2*n)},
		{"  g2000:\n    #", "  g2000: [\n    #", "x.yaml:120"},
		{"- id: e2000\n", "  ? x\n", "x.yaml:"},
	} {
		if _, err := Parse(strings.NewReader(strings.Replace(text.String(), test.old, test.new, 1)), "x.yaml"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
	flow := "gates: {g: {or: [e0]}}\nevents: {" + strings.Repeat("\n", maxPlainLines) + "e0: 0.1}\n"
	if _, err := Parse(strings.NewReader(flow), "x.yaml"); err == nil || !strings.Contains(err.Error(), "write gates and events in block style") {
		t.Errorf("long flow text: %v", err)
	}
}

func TestReadFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(filepath.Join(dir, "missing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("folder: %v", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte("\xef\xbb\xbf" + good)) // with a byte-order mark
	w.Close()
	path := filepath.Join(dir, "model.yaml.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := Read(path); err != nil || m.Name != "pumping" {
		t.Errorf("gzip: %v", err)
	}
	if err := os.WriteFile(path, packed.Bytes()[:packed.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("cut gzip: %v", err)
	}
}

// The system's own tree is sound, and every cause in it that can be mitigated says how.
func TestOwnTree(t *testing.T) {
	m, err := Read(filepath.Join(testenv.Root(), "docs", "fault-tree.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Assess(t.Context(), m, Options{Samples: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if p := *r.Analysis.Probability.Exact; !(p > 0.001 && p < 0.5) || r.Severity != 5 || len(r.Mitigations) < 10 || r.Analysis.Uncertainty.Std == 0 {
		t.Errorf("P %v, severity %d, %d mitigations, %+v", p, r.Severity, len(r.Mitigations), r.Analysis.Uncertainty)
	}
}
