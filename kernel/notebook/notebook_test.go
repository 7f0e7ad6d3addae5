package notebook

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/generate"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/track"
)

func ExampleTerminal() {
	dir, err := os.MkdirTemp("", "figures")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	var out strings.Builder
	screen := Terminal(&out, dir)
	screen.Show("text", 42, image.NewGray(image.Rect(0, 0, 2, 2)))
	fmt.Print(strings.ReplaceAll(filepath.ToSlash(out.String()), filepath.ToSlash(dir), "DIR"))
	// Output:
	// text
	// 42
	// DIR/figure-1.png
}

func table(t *testing.T) *data.Table {
	t.Helper()
	cfg := generate.DefaultConfig()
	cfg.Samples = 300
	out, err := generate.Table(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func history(n int) track.History {
	var h track.History
	for i := 1; i <= n; i++ {
		h = append(h, track.Event{Epoch: i, Epochs: n, Metrics: map[string]float64{
			track.TrainLoss: 1 / float64(i), track.ValidLoss: 1.1 / float64(i), track.ValidROCAUC: 1 - 0.4/float64(i),
		}, Best: i == n})
	}
	return h
}

func report(t *testing.T) *metrics.Report {
	t.Helper()
	r, err := metrics.Evaluate(metrics.Input{
		Score: []float64{0.1, 0.2, 0.8, 0.9, 0.7, 0.3}, Label: []int32{0, 0, 1, 1, 1, 0}, Threshold: 0.5,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Families = []metrics.FamilyRecall{{Name: "neptune", Seen: true, Rows: 2, Recall: 1}, {Name: "<mailbomb>", Rows: 1, Recall: 0.5}}
	return r
}

// drawn values of the tests draw themselves.
type (
	pictured struct{ err error }
	paged    struct{}
	vectored struct{}
	marked2  struct{}
	broken   struct{}
	fitted   struct{ h track.History }
)

func (p pictured) PNG() ([]byte, error) { return []byte("png"), p.err }
func (pictured) HTML() string           { return "<b>not asked</b>" }
func (paged) HTML() string              { return "<b>page</b>" }
func (vectored) SVG() ([]byte, error)   { return []byte("<svg/>"), nil }
func (marked2) Markdown() string        { return "**bold**" }
func (broken) String() string           { panic("no words") }
func (fitted) String() string           { return "a model" }
func (f fitted) History() track.History { return f.h }

func TestRender(t *testing.T) {
	df := dataframe.New(series.New([]string{"tcp", "<udp>"}, series.String, "protocol"), series.New([]float64{1.5, math.NaN()}, series.Float, "bytes"))
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		t.Fatal(err)
	}
	p := gonum.New()
	p.Add(line)
	fig, err := plot.LearningCurves(history(3))
	if err != nil {
		t.Fatal(err)
	}
	tab := table(t)
	split, err := tab.Split(data.Stratified(0.7, 0.15, 1))
	if err != nil {
		t.Fatal(err)
	}
	type pair struct {
		Name string
		N    int
	}
	var none *metrics.Report
	for name, c := range map[string]struct {
		x    any
		mime string
		has  []string // in that form
		not  []string // no other forms
	}{
		"nil":                {nil, Plain, []string{"<nil>"}, []string{HTML}},
		"text":               {"a\nb", Plain, []string{"a\nb"}, []string{HTML}},
		"error":              {errors.New("bad"), Plain, []string{"bad"}, nil},
		"number":             {3.5, Plain, []string{"3.5"}, nil},
		"struct":             {pair{"x", 1}, Plain, []string{"{Name:x N:1}"}, nil},
		"structs":            {[]pair{{"x", 1}, {"<y>", 2}}, HTML, []string{"<table", "Name", "&lt;y&gt;", "2 rows"}, nil},
		"draws a PNG":        {pictured{}, PNG, []string{"png"}, []string{HTML}},
		"cannot draw":        {pictured{errors.New("no ink")}, Plain, []string{"no ink"}, []string{PNG}},
		"draws a page":       {paged{}, HTML, []string{"<b>page</b>"}, nil},
		"draws SVG":          {vectored{}, SVG, []string{"<svg/>"}, nil},
		"writes Markdown":    {marked2{}, Markdown, []string{"**bold**"}, nil},
		"panics":             {broken{}, Plain, []string{"cannot be shown: no words"}, nil},
		"figure":             {fig, PNG, []string{"\x89PNG"}, []string{HTML}},
		"plot of gonum":      {p, PNG, []string{"\x89PNG"}, nil},
		"plot that panics":   {&gonum.Plot{}, Plain, []string{"cannot be drawn"}, []string{PNG}},
		"image":              {image.NewRGBA(image.Rect(0, 0, 3, 3)), PNG, []string{"\x89PNG"}, nil},
		"history":            {history(3), PNG, []string{"\x89PNG"}, nil},
		"no history":         {track.History{}, Plain, []string{"[]"}, []string{PNG}},
		"model":              {fitted{history(2)}, PNG, []string{"\x89PNG"}, nil},
		"data frame":         {df, HTML, []string{"<table", "protocol", "string", "&lt;udp&gt;", "1.5", "NaN", "2 rows × 2 columns"}, nil},
		"data frame pointer": {&df, HTML, []string{"<table"}, nil},
		"damaged data frame": {dataframe.DataFrame{Err: errors.New("no columns")}, Plain, []string{"no columns"}, []string{HTML}},
		"series":             {df.Col("bytes"), HTML, []string{"bytes"}, nil},
		"table":              {tab, HTML, []string{"<table", tab.Columns[0].Name, "300 rows × 20 columns", "threat", "⋮"}, nil},
		"split":              {split, HTML, []string{"train", "valid", "test", "210"}, nil},
		"report":             {report(t), HTML, []string{"ROC-AUC", "0.5", "neptune", "&lt;mailbomb&gt;", "unseen", "<img "}, nil},
		"nil report":         {none, Plain, []string{"<nil>"}, []string{HTML}},
		"bundle":             {Bundle{HTML: "<i>as is</i>"}, HTML, []string{"<i>as is</i>"}, nil},
		"runs":               {[]track.Summary{{Name: "r1", State: "done", Metrics: map[string]float64{"valid/roc_auc": 0.5}}}, HTML, []string{"r1", "valid/roc_auc", "0.5000"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := Render(c.x)
			if _, ok := b[Plain].(string); !ok {
				t.Errorf("there is no text: %v", b[Plain])
			}
			got := fmt.Sprint(b[c.mime])
			if raw, ok := b[c.mime].([]byte); ok {
				got = string(raw)
			}
			for _, has := range c.has {
				if !strings.Contains(strings.ToLower(got), strings.ToLower(has)) && !(has == "ROC-AUC" && strings.Contains(got, "roc_auc")) {
					t.Errorf("%s is %.300q, want %q in it", c.mime, got, has)
				}
			}
			for _, mime := range c.not {
				if b[mime] != nil {
					t.Errorf("there is %s too: %.80v", mime, b[mime])
				}
			}
			for _, v := range b {
				if s, ok := v.(string); ok && (strings.Contains(s, "<script") || strings.Contains(s, "src=\"http")) {
					t.Errorf("the page is not still: %.200s", s)
				}
			}
		})
	}
}

func TestWideAndLongTablesAreCut(t *testing.T) {
	var columns []series.Series
	for i := range 60 {
		columns = append(columns, series.New(make([]int, 1000), series.Int, fmt.Sprintf("c%02d", i)))
	}
	page := Render(dataframe.New(columns...))[HTML].(string)
	if n := strings.Count(page, "<th "); n != maxColumns+2 { // and the row numbers, and the dots
		t.Errorf("%d columns are shown", n)
	}
	if n := strings.Count(page, "<tr"); n != headRows+tailRows+2 {
		t.Errorf("%d rows are shown", n)
	}
	if !strings.Contains(page, "1,000 rows × 60 columns") || len(page) > 100_000 {
		t.Errorf("the page has %d bytes and does not tell the size", len(page))
	}
}

func TestTextIsShortened(t *testing.T) {
	got := Text(strings.Repeat("é", textLimit))
	if len(got) > textLimit+100 || !strings.Contains(got, "bytes more") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-40:])
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 3: "3", -2: "-2", 48.96: "48.96", 5.889: "5.889", 0.123456: "0.1235", 1234.5678: "1235", 123456.7: "123457", 1e12: "1e+12", 0.00001234: "1.234e-05",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if number(math.NaN()) != "–" || thousands(-1234567) != "-1,234,567" || thousands(999) != "999" {
		t.Error(number(math.NaN()), thousands(-1234567), thousands(999))
	}
}

// recorder is a screen that keeps what it is shown.
type recorder struct {
	mu    sync.Mutex
	shown []Bundle
	ids   []string
	again []bool
}

func (r *recorder) display(b Bundle, id string, update bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown, r.ids, r.again = append(r.shown, b), append(r.ids, id), append(r.again, update)
}

func (r *recorder) last() (Bundle, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown[len(r.shown)-1], len(r.shown)
}

func TestTrainingPlotGrowsInPlace(t *testing.T) {
	var r recorder
	plot := (&Screen{Updates: true, Display: r.display}).TrainingPlot("flows")
	for _, e := range history(20) {
		plot.OnStep(e.Epoch, 20, 1, 2)
		if err := plot.OnEpoch(e); err != nil {
			t.Fatal(err)
		}
	}
	_, n := r.last()
	if n > 10 {
		t.Errorf("20 quick epochs were drawn %d times", n)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the last state follows by itself
		if b, _ := r.last(); strings.Contains(b[HTML].(string), "epoch 20/20") || strings.Contains(b[HTML].(string), "20/20") {
			break
		}
		if time.Now().After(deadline) {
			b, _ := r.last()
			t.Fatalf("the last drawing is %.300s", b[HTML])
		}
	}
	b, _ := r.last()
	page := b[HTML].(string)
	if !strings.Contains(page, "width:100.0%") || !strings.Contains(page, "data:image/png;base64,") {
		t.Errorf("the page is %.400s", page)
	}
	_, encoded, _ := strings.Cut(page, "base64,")
	encoded, _, _ = strings.Cut(encoded, `"`)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Error(err)
	}
	for i, id := range r.ids {
		if id != r.ids[0] || r.again[i] != (i > 0) {
			t.Errorf("drawing %d has id %q and update %v", i, id, r.again[i])
		}
	}
}

func TestTrainingPlotOnATerminal(t *testing.T) {
	var out strings.Builder
	dir := t.TempDir()
	plot := Terminal(&out, dir).TrainingPlot("flows")
	for _, e := range history(2) {
		plot.OnStep(e.Epoch, 2, 1, 2)
		if err := plot.OnEpoch(e); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.HasPrefix(lines[0], "epoch 1/2") || !strings.HasSuffix(lines[len(lines)-1], "figure-1.png") {
		t.Errorf("the terminal shows\n%s", out.String())
	}
}

func TestProgress(t *testing.T) {
	var r recorder
	screen := &Screen{Updates: true, Display: r.display}
	bar := screen.Progress("<runs>", 4)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { bar.Add(1) })
	}
	wg.Wait()
	b, n := r.last()
	if n < 2 || !strings.Contains(b[HTML].(string), "&lt;runs&gt;  4/4  100 %") || !strings.Contains(b[HTML].(string), "width:100.0%") {
		t.Errorf("after %d drawings the bar is %v", n, b)
	}
	var out strings.Builder
	bar = Terminal(&out, t.TempDir()).Progress("runs", 2)
	bar.Set(1)
	if out.String() != "" {
		t.Errorf("a terminal shows %q half-way", out.String())
	}
	bar.Set(2)
	if !strings.HasPrefix(out.String(), "runs  2/2  100 %") {
		t.Errorf("a terminal shows %q at the end", out.String())
	}
}

// Programs that save figures at the same time do not overwrite each other's.
func TestFiguresGetNamesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var out strings.Builder
			Terminal(&out, dir).Show(Bundle{PNG: []byte("x")})
		})
	}
	wg.Wait()
	if files, err := os.ReadDir(dir); err != nil || len(files) != 8 {
		t.Errorf("8 figures are %d files, %v", len(files), err)
	}
	var out strings.Builder
	Terminal(&out, filepath.Join(dir, "figure-1.png")).Show(Bundle{PNG: []byte("x")})
	if !strings.Contains(out.String(), "figure not saved") {
		t.Errorf("a folder that is a file: %q", out.String())
	}
}
