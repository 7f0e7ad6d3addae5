package complexity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// sample is a small module with something to see in every column.
var sample = map[string]string{
	"go.mod": "module example.com/m\n",
	"a.go":   "package m\n\nfunc simple() {}\n\nfunc nested(x bool) {\n\tfor {\n\t\tif x {\n\t\t}\n\t}\n}\n",
	"b.go":   "package m\n\nconst c = 1\n",
	"x/x.go": "package x\n\ntype T struct{}\n\nfunc (*T) flat(x bool) bool { return x && x && x && x && x && x && x && x && x && x && x }\n",
}

// TestJSON: the shape is an interface that other programs read.
func TestJSON(t *testing.T) {
	r := analyzed(t, sample, Options{})
	var out bytes.Buffer
	if err := r.JSON(&out, View{Sort: Nesting, Top: 1}); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "package": "example.com/m",
    "file": "a.go",
    "line": 5,
    "function": "nested",
    "cyclomatic": 3,
    "cognitive": 3,
    "halstead": {
      "n1": 5,
      "n2": 3,
      "N1": 7,
      "N2": 4,
      "volume": 33,
      "difficulty": 3.3333333333333335,
      "effort": 110
    },
    "maintainability_index": 71,
    "lines": 6,
    "nesting": 2
  }
]
`
	if out.String() != want {
		t.Errorf("%s\nwant %s", out.String(), want)
	}
	for by, keys := range map[string]string{
		ByFile:    "package file functions over cyclomatic max_cyclomatic worst cognitive max_cognitive halstead maintainability_index min_maintainability_index lines nesting",
		ByPackage: "package files functions over cyclomatic max_cyclomatic worst cognitive max_cognitive halstead maintainability_index min_maintainability_index lines nesting",
	} {
		out.Reset()
		if err := r.JSON(&out, View{By: by, Over: 2}); err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal(out.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Fields(keys) {
			if _, ok := list[0][key]; !ok || len(list[0]) != len(strings.Fields(keys)) {
				t.Errorf("by %s: no %q, or too much, in %v", by, key, list[0])
			}
		}
		if list[0]["package"] != "example.com/m/x" || list[0]["over"] != 1.0 || list[0]["cyclomatic"] != 11.0 || list[0]["worst"] != "(*T).flat" {
			t.Errorf("by %s: %v", by, list[0])
		}
	}
	out.Reset()
	if err := analyzed(t, map[string]string{"a.go": "package p"}, Options{}).JSON(&out, View{}); err != nil || out.String() != "[]\n" {
		t.Errorf("no functions: %q, %v", out.String(), err)
	}
}

func TestSummaries(t *testing.T) {
	r := analyzed(t, sample, Options{})
	s := r.Totals
	if s.Functions != 3 || s.Cyclomatic != 1+3+11 || s.MaxCyclomatic != 11 || s.Worst != "(*T).flat" || s.Over != 1 || s.Cognitive != 0+3+1 || s.MaxCognitive != 3 || s.Nesting != 2 || s.Lines != 10+3+5 {
		t.Errorf("totals %+v", s)
	}
	if s.MeanCyclomatic() != 5 || math.Abs(s.MeanCognitive()-4.0/3) > 1e-12 {
		t.Errorf("means %v, %v", s.MeanCyclomatic(), s.MeanCognitive())
	}
	sum, least := 0, 100
	for _, f := range r.Functions {
		sum += f.MaintainabilityIndex
		least = min(least, f.MaintainabilityIndex)
	}
	if math.Abs(s.MaintainabilityIndex-float64(sum)/3) > 1e-12 || s.MinMaintainabilityIndex != least {
		t.Errorf("maintainability %v, lowest %d, want %v, %d", s.MaintainabilityIndex, s.MinMaintainabilityIndex, float64(sum)/3, least)
	}
	if none := r.Files[1].Summary; none.Functions != 0 || none.MaintainabilityIndex != 100 || none.MeanCyclomatic() != 0 || none.Worst != "" || none.Halstead.Length() != 6 {
		t.Errorf("a file without functions: %+v", none)
	}
	if len(r.Packages) != 2 || r.Packages[0].Files != 2 || r.Packages[0].Functions != 2 || r.Packages[0].Lines != 13 {
		t.Errorf("packages %+v", r.Packages)
	}
}

func TestViews(t *testing.T) {
	r := analyzed(t, sample, Options{})
	for _, test := range []struct {
		view View
		want string
		more int
	}{
		{View{}, "(*T).flat nested simple", 0},
		{View{Sort: Cognitive}, "nested (*T).flat simple", 0},
		{View{Sort: Nesting, Top: 2}, "nested simple", 1}, // equals stay in their order
		{View{Sort: Lines}, "nested simple (*T).flat", 0},
		{View{Sort: Volume}, "(*T).flat nested simple", 0},
		{View{Sort: Difficulty}, "(*T).flat nested simple", 0},
		{View{Sort: Effort, Top: 1}, "(*T).flat", 2},
		{View{Sort: Maintainability}, "nested (*T).flat simple", 0},
		{View{Sort: Maintainability, Over: 90}, "nested (*T).flat", 0},
		{View{Over: 3}, "(*T).flat", 0},
		{View{Over: 2, Top: 9}, "(*T).flat nested", 0},
	} {
		rows, err := r.rows(test.view)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range rows.functions {
			names = append(names, f.Function)
		}
		if got := strings.Join(names, " "); got != test.want || rows.more != test.more {
			t.Errorf("%+v: %s and %d more, want %s and %d", test.view, got, rows.more, test.want, test.more)
		}
	}
	for _, view := range []View{{By: "line"}, {Sort: "size"}, {Top: -1}} {
		for name, render := range renderers(r, view) {
			if err := render(io.Discard); err == nil || !strings.HasPrefix(err.Error(), "complexity: ") {
				if name == "json" || name == "table" || view.By == "" {
					t.Errorf("%s takes %+v: %v", name, view, err)
				}
			}
		}
	}
	if _, err := ParseMetric("size"); err == nil || !strings.Contains(err.Error(), "maintainability") {
		t.Errorf("metric size: %v", err)
	}
	if got := r.Over(Cyclomatic, 2); len(got) != 2 || got[0].Function != "(*T).flat" {
		t.Errorf("over 2: %+v", got)
	}
}

func renderers(r *Report, v View) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"table": func(w io.Writer) error { return r.Table(w, v) }, "markdown": func(w io.Writer) error { return r.Markdown(w, v) },
		"html": func(w io.Writer) error { return r.HTML(w, v) }, "json": func(w io.Writer) error { return r.JSON(w, v) },
	}
}

// full is a writer that cannot write.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWriteErrors(t *testing.T) {
	r := analyzed(t, sample, Options{})
	for name, render := range renderers(r, View{}) {
		if err := render(full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHostileNames: names of files come from elsewhere, and a report must show them as they are.
func TestHostileNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such names here")
	}
	r := analyzed(t, map[string]string{"<script>alert(1).go": empty, "a|b`c.go": empty, "bad<b>.go": "package"}, Options{})
	var page, text bytes.Buffer
	if err := errors.Join(r.HTML(&page, View{}), r.Markdown(&text, View{})); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script") || strings.Contains(page.String(), "<b>.go") || !strings.Contains(page.String(), "&lt;script&gt;") {
		t.Error("HTML in names reaches the page")
	}
	if !strings.Contains(text.String(), "`` a\\|b`c.go:2 ``") {
		t.Errorf("no escaped name in\n%s", text.String())
	}
}

// TestHTML: the page stands alone, every tag is closed, and bars have lengths.
func TestHTML(t *testing.T) {
	r := analyzed(t, sample, Options{})
	var out bytes.Buffer
	if err := r.HTML(&out, View{Top: 2}); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, bad := range []string{"http:", "https:", "src=", "<script", "<link", "ZgotmplZ", "NaN", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"(*T).flat", "x/x.go:5", "1 more are not shown", `class="bar r1" style="width:100.0%"`, `class="bar r0" style="width:27.3%"`, "cyclomatic above 10", "left out"} {
		if has := strings.Contains(page, want); has != (want != "left out") {
			t.Errorf("%q on the page: %v", want, has)
		}
	}
	for _, tag := range []string{"table", "tr", "td", "th", "div", "p", "h2", "code", "span", "body", "html"} {
		opened := len(regexp.MustCompile("<"+tag+"[ >]").FindAllString(page, -1))
		if closed := strings.Count(page, "</"+tag+">"); opened != closed || opened == 0 {
			t.Errorf("<%s> is opened %d times and closed %d times", tag, opened, closed)
		}
	}
}

func TestHistogram(t *testing.T) {
	var r Report
	for c := 1; c <= 60; c++ {
		r.Functions = append(r.Functions, Function{Cyclomatic: c})
	}
	sum, percent := 0, 0.0
	var labels []string
	for _, b := range r.histogram() {
		sum += b.Functions
		percent += b.Percent
		labels = append(labels, b.Label)
	}
	if sum != 60 || math.Abs(percent-100) > 1e-9 || strings.Join(labels, ", ") != "1, 2, 3, 4 to 5, 6 to 7, 8 to 10, 11 to 15, 16 to 20, 21 to 30, 31 to 50, 51 and more" {
		t.Errorf("%d functions, %v %%, %v", sum, percent, labels)
	}
}

func TestRisk(t *testing.T) {
	for c, want := range map[int]string{1: "low", 10: "low", 11: "moderate", 20: "moderate", 21: "high", 50: "high", 51: "very high"} {
		if Risk(c) != want {
			t.Errorf("%d is %s, want %s", c, Risk(c), want)
		}
	}
}

func TestLimits(t *testing.T) {
	list := []Function{
		{File: "a.go", Line: 3, Function: "f", Cyclomatic: 10, Cognitive: 15, MaintainabilityIndex: 20},
		{File: "a.go", Line: 9, Function: "g", Cyclomatic: 11, Cognitive: 16, MaintainabilityIndex: 19},
	}
	if got := (Limits{}).Check(list); got != nil {
		t.Errorf("no limits: %v", got)
	}
	var got []string
	for _, o := range (Limits{MaxCyclomatic: 10, MaxCognitive: 15, MinMaintainability: 20}).Check(list) {
		got = append(got, o.String())
	}
	want := "a.go:9: g: cyclomatic 11, must be at most 10\na.go:9: g: cognitive 16, must be at most 15\na.go:9: g: maintainability 19, must be at least 20"
	if strings.Join(got, "\n") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "\n"), want)
	}
}

// TestSameEverywhere: neither the number of processors nor the order in which files are done shows in a report.
func TestSameEverywhere(t *testing.T) {
	opts := Options{Dir: testenv.Root(), Patterns: []string{"./lib/complexity", "./lib/cli/..."}}
	all := func() string {
		r, err := Analyze(context.Background(), opts)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		for _, name := range []string{"table", "markdown", "html", "json"} {
			for _, by := range []string{ByFunction, ByFile, ByPackage} {
				if err := renderers(r, View{By: by, Sort: Cognitive})[name](&out); err != nil {
					t.Fatal(err)
				}
			}
		}
		return out.String()
	}
	first := all()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if second := all(); first != second {
		t.Error("two analyses of the same files differ")
	}
}
