package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/track"
)

// pixels decodes a picture.
func pixels(t *testing.T, f *Figure) *image.RGBA {
	t.Helper()
	out, err := f.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	rgba := image.NewRGBA(img.Bounds())
	imagedraw.Draw(rgba, rgba.Bounds(), img, image.Point{}, imagedraw.Src)
	return rgba
}

// TestPNG: every figure is a picture of the right size with a white margin and something drawn inside.
func TestPNG(t *testing.T) {
	for name, f := range figures(t) {
		t.Run(name, func(t *testing.T) {
			if raceDetector && name != "learning" && name != "confusion" {
				t.Skip("slow under the race detector, which needs one or two figures only")
			}
			img := pixels(t, f)
			if size := img.Bounds().Size(); size != image.Pt(1200, 800) {
				t.Fatalf("size %v", size)
			}
			const margin = 8
			drawn, edge := 0, 0
			for y := range 800 {
				row := img.Pix[y*img.Stride : y*img.Stride+4*1200]
				for x := range 1200 {
					if p := row[4*x : 4*x+4]; p[0]&p[1]&p[2] == 255 {
						continue
					}
					drawn++
					if x < margin || y < margin || x >= 1200-margin || y >= 800-margin {
						edge++
					}
				}
			}
			if drawn < 5000 {
				t.Errorf("%d pixels are not white: nothing is drawn", drawn)
			}
			if edge > 0 {
				t.Errorf("%d pixels at the edge: something is cut off", edge)
			}
		})
	}
}

// TestSameBytes builds a figure twice, since maps and clocks are where bytes come to differ.
func TestSameBytes(t *testing.T) {
	again := figures(t)
	for name, f := range figures(t) {
		renderings := map[string][2]func() ([]byte, error){"svg": {f.SVG, again[name].SVG}, "pdf": {f.PDF, again[name].PDF}}
		if name == "learning" {
			renderings["png"] = [2]func() ([]byte, error){f.PNG, again[name].PNG}
		}
		for format, r := range renderings {
			a, err := r[0]()
			b, err2 := r[1]()
			if err != nil || err2 != nil || !bytes.Equal(a, b) {
				t.Errorf("%s as %s differs (%v, %v)", name, format, err, err2)
			}
		}
	}
}

func TestSVGAndPDF(t *testing.T) {
	for name, f := range figures(t) {
		svg, err := f.SVG()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := ""
		for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: not an XML document: %v", name, err)
			}
			if data, ok := token.(xml.CharData); ok {
				text += string(data)
			}
		}
		if !bytes.Contains(svg, []byte("sans-serif")) {
			t.Errorf("%s: no sans serif font for a viewer without ours", name)
		}
		if !strings.Contains(text, f.title) || bytes.Contains(svg, []byte("NaN")) {
			t.Errorf("%s: no title, or not numbers, in the SVG", name)
		}
		pdf, err := f.PDF()
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 5000 {
			t.Errorf("%s: %d bytes of PDF, %v", name, len(pdf), err)
		}
		if !bytes.Contains(pdf, []byte("Date (D:20000101000000")) || bytes.Contains(pdf, []byte("Date (D:202")) {
			t.Errorf("%s: the PDF depends on the time", name)
		}
	}
}

// TestHandPickedPixels looks where the data says that there must be a colour.
func TestHandPickedPixels(t *testing.T) {
	f, err := Confusion(metrics.Confusion{TN: 100, FP: 0, FN: 50, TP: 50})
	if err != nil {
		t.Fatal(err)
	}
	img := pixels(t, f)
	// A corner of each cell, clear of the text: first row 100 % and 0 %, second row half and half.
	for _, c := range []struct {
		x, y  int
		share float64
	}{{200, 200, 1}, {700, 200, 0}, {200, 600, 0.5}, {700, 600, 0.5}} {
		want := shade(c.share)
		r, g, b, _ := img.At(c.x, c.y).RGBA()
		if uint8(r>>8) != want.R || uint8(g>>8) != want.G || uint8(b>>8) != want.B {
			t.Errorf("at %d, %d: %v, want %v", c.x, c.y, img.At(c.x, c.y), want)
		}
	}
}

func TestReadableOn(t *testing.T) {
	for i := range 101 {
		background := shade(float64(i) / 100)
		dark := readableOn(background) == color.Color(black)
		if i < 40 && !dark || i > 80 && dark {
			t.Errorf("share %d %%: dark text is %v", i, dark)
		}
	}
}

func TestGapsAreNoErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	h := history(6)
	h[1].Metrics[track.ValidLoss] = nan
	h[2].Metrics[track.ValidLoss] = inf
	delete(h[3].Metrics, track.ValidROCAUC)
	h[4].Metrics[track.LearningRate] = 0
	allNaN := history(3)
	for i := range allNaN {
		for n := range allNaN[i].Metrics {
			allNaN[i].Metrics[n] = nan
		}
	}
	huge := history(3)
	huge[0].Metrics[track.TrainLoss] = 1e300
	huge[1].Metrics[track.TrainLoss] = -1e300
	for name, h := range map[string]track.History{"gaps": h, "nothing": allNaN, "huge": huge} {
		f, err := LearningCurves(h)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		svg, err := f.SVG()
		if err != nil || bytes.Contains(svg, []byte("NaN")) {
			t.Errorf("%s as SVG: %v", name, err)
		}
		if raceDetector {
			continue
		}
		if _, err := f.PNG(); err != nil {
			t.Errorf("%s as PNG: %v", name, err)
		}
	}
}

func TestEdgeCases(t *testing.T) {
	one := []int32{1, 0}
	for name, make := range map[string]func() (*Figure, error){
		"two rows": func() (*Figure, error) { return ROC(ranked(t, Predicted{Prob: []float64{0.9, 0.1}, Label: one}, 0.5)) },
		"constant scores": func() (*Figure, error) {
			return ROC(ranked(t, Predicted{Prob: []float64{0.5, 0.5}, Label: one}, 0.5))
		},
		"threshold above all": func() (*Figure, error) {
			return ROC(ranked(t, Predicted{Prob: []float64{0.9, 0.1}, Label: one}, 2))
		},
		"positives only": func() (*Figure, error) {
			return PrecisionRecall(ranked(t, Predicted{Prob: []float64{0.9}, Label: one[:1]}, 0.5))
		},
		"certain": func() (*Figure, error) { return Reliability(Predicted{Prob: []float64{1, 0}, Label: one}) },
		"benign only": func() (*Figure, error) {
			return ScoreDistribution(Predicted{Prob: []float64{0.2}, Label: []int32{0}}, 0.5)
		},
		"no rows at all":  func() (*Figure, error) { return ConfusionMatrix([][]int{{0}}, []string{""}) },
		"80 classes":      func() (*Figure, error) { return ConfusionMatrix(square(80), names(80)) },
		"one group":       func() (*Figure, error) { return RunComparison(comparison(1), "test/roc_auc") },
		"zero importance": func() (*Figure, error) { return Importance([]string{"a"}, []float64{0}, nil, "") },
		"negative only":   func() (*Figure, error) { return Importance([]string{"a"}, []float64{-3}, []float64{math.NaN()}, "x") },
		"long names": func() (*Figure, error) {
			return ROC(ranked(t, Predicted{Name: strings.Repeat("name ", 80), Prob: []float64{0.9, 0.1}, Label: one}, 0))
		},
		"markup in names": func() (*Figure, error) { return ConfusionMatrix([][]int{{1, 0}, {0, 1}}, []string{"<b>&\n", "日本"}) },
	} {
		f, err := make()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, render := range []func() ([]byte, error){f.SVG, f.PDF} { // PNG takes longest and shares all but the last step
			if _, err := render(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func square(n int) [][]int {
	m := make([][]int, n)
	for i := range m {
		m[i] = make([]int, n)
		m[i][i] = 1
	}
	return m
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("class ", i))
	}
	return out
}

func TestRefusals(t *testing.T) {
	good := rows(50, 2)
	oneClass := ranked(t, Predicted{Prob: []float64{0.1}, Label: []int32{0}}, 0)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no epochs":         {failed(LearningCurves(nil)), "no epochs"},
		"unknown metric":    {failed(LearningCurves(history(2), "valid/auroc")), "valid/roc_auc"},
		"no detectors":      {failed(ROC()), "nothing to draw"},
		"no ranking":        {failed(ROC(Ranked{Name: "a"})), "no ranking"},
		"one class":         {failed(ROC(oneClass)), "one class"},
		"no positives":      {failed(PrecisionRecall(oneClass)), "one class"},
		"no names":          {failed(ConfusionMatrix([][]int{{1}}, nil)), "0 names"},
		"not square":        {failed(ConfusionMatrix([][]int{{1, 2}, {3}}, []string{"a", "b"})), "row 1"},
		"negative count":    {failed(ConfusionMatrix([][]int{{-1}}, []string{"a"})), "-1"},
		"no predictions":    {failed(Reliability()), "nothing to draw"},
		"no probability":    {failed(Reliability(Predicted{Name: "m", Prob: []float64{2}, Label: []int32{1}})), "not a probability"},
		"lengths":           {failed(ScoreDistribution(Predicted{Prob: good.Prob}, 0.5)), "50 scores for 0 labels"},
		"no comparison":     {failed(RunComparison(nil, "x")), "nothing to compare"},
		"metric not there":  {failed(RunComparison(comparison(2), "valid/f1")), "valid/f1"},
		"no impacts":        {failed(ParameterImpact(nil, "x")), "no setting"},
		"no features":       {failed(Importance(nil, nil, nil, "")), "0 names"},
		"importance of NaN": {failed(Importance([]string{"a"}, []float64{math.NaN()}, nil, "")), "a is NaN"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !strings.HasPrefix(c.err.Error(), "plot: ") {
			t.Errorf("%s: %v, want %q", name, c.err, c.want)
		}
	}
	if err := failed(ROC(oneClass)); !errors.Is(err, metrics.ErrOneClass) {
		t.Errorf("%v is not ErrOneClass", err)
	}
}

func failed(_ *Figure, err error) error { return err }

func TestPanicsBecomeErrors(t *testing.T) {
	f := newFigure("broken", "", func(draw.Canvas) { panic("log of 0") })
	for _, render := range []func() ([]byte, error){f.PNG, f.SVG, f.PDF} {
		if out, err := render(); err == nil || out != nil || !strings.Contains(err.Error(), "log of 0") {
			t.Errorf("%d bytes, %v", len(out), err)
		}
	}
	path := filepath.Join(t.TempDir(), "f.png")
	if err := f.Save(path); err == nil {
		t.Error("saved")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was left")
	}
	if s := f.HTML(); !strings.Contains(s, "log of 0") || strings.Contains(s, "<img") {
		t.Errorf("HTML %q", s)
	}
}

func TestSave(t *testing.T) {
	f, err := Confusion(metrics.Confusion{TN: 1, FP: 2, FN: 3, TP: 4})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, start := range map[string]string{"a.png": "\x89PNG", "a.SVG": "<?xml", "a.pdf": "%PDF"} {
		path := filepath.Join(dir, name)
		if err := f.Save(path); err != nil {
			t.Fatal(err)
		}
		if out, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(out), start) {
			t.Errorf("%s starts with %.5q, %v", name, out, err)
		}
	}
	for _, name := range []string{"a.jpg", "a", "none/a.png"} {
		if err := f.Save(filepath.Join(dir, name)); err == nil {
			t.Errorf("saved %s", name)
		}
	}
	if s := f.HTML(); !strings.HasPrefix(s, `<img width="600" alt="Confusion matrix: 10 rows`) {
		t.Errorf("HTML %.60q", s)
	}
}

// TestConcurrentRendering is for the race detector.
func TestConcurrentRendering(t *testing.T) {
	f, err := ROC(ranked(t, rows(300, 2), 0.5))
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if got, err := f.SVG(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("differs (%v)", err)
			}
			if _, err := f.PNG(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"}, {0.955, 0.97, "0.955 0.960 0.965 0.970"}, {-3, 7, "-2 0 2 4 6"}, {0, 0.0021, "0.0000 0.0005 0.0010 0.0015 0.0020"},
		{0, 3e7, "0 5e+06 1e+07 1.5e+07 2e+07 2.5e+07 3e+07"}, {1, 1, ""}, {math.NaN(), 1, ""},
	} {
		var labels []string
		for _, tick := range (ticks{}).Ticks(c.low, c.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v..%v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

// BenchmarkPNGMillion draws the curves of a million distinct scores.
func BenchmarkPNGMillion(b *testing.B) {
	d := ranked(b, rows(1_000_000, 1), 0.5)
	for b.Loop() {
		f, err := ROC(d)
		if err == nil {
			_, err = f.PNG()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
