// Command score measures predictions from a model file against onnxruntime on the same weights, in turns: rows per second of
// wall and of CPU time, for three networks, batches of 1, 64 and 1024 rows, one thread and two. It also measures the time of
// one row, its allocations, and the time from opening a file to its first prediction. README.md says how to run it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/score"
)

func main() {
	python := flag.String("python", os.Getenv("JAMBA_PYTHON"), "interpreter with onnxruntime, onnx, numpy and gguf; \"\" measures this library alone")
	turns := flag.Int("turns", 5, "turns of each measurement; the median counts")
	seconds := flag.Float64("seconds", 0.4, "length of a turn")
	only := flag.String("only", "", "network to measure: default, nsl-kdd or large; \"\" is all")
	flag.Parse()
	for _, s := range shapes() {
		if *only == "" || *only == s.name {
			measure(newSubject(s), *python, *turns, *seconds)
		}
	}
}

func measure(s *subject, python string, turns int, seconds float64) {
	m, err := score.OpenReader(bytes.NewReader(s.file), int64(len(s.file)))
	check(err)
	fmt.Printf("\n%s: %v\n", s.name, m)
	ours := make([]float64, rowsKept)
	check(m.PredictMatrix(ours, s.matrix))
	var peer *session
	if python != "" {
		peer = startSession(python, s)
		defer peer.stop()
		fmt.Printf("onnxruntime %s, largest difference of a probability %.1e\n", peer.version, peer.difference(ours))
	}
	fmt.Printf("%6s %7s | %12s %12s | %12s %12s | %s\n", "batch", "threads", "rows/s", "rows/CPU s", "onnx rows/s", "rows/CPU s", "ratio per CPU s (wall)")
	for _, threads := range []int{1, 2} {
		for _, batch := range []int{1, 64, 1024} {
			if threads > batch {
				continue
			}
			compare(m, s, peer, threads, batch, turns, seconds)
		}
	}
	single(m, s)
}

// speed is a measurement: rows per second of wall and of CPU time.
type speed struct{ wall, cpu float64 }

func compare(m *score.Model, s *subject, peer *session, threads, batch, turns int, seconds float64) {
	var mine, theirs []speed
	form := ""
	if peer != nil {
		form = peer.choose(threads, batch, seconds/2)
	}
	for range turns {
		mine = append(mine, predictFor(m, s, threads, batch, seconds))
		if peer != nil {
			theirs = append(theirs, peer.run(form, threads, batch, seconds))
		}
	}
	a := median(mine)
	if peer == nil {
		fmt.Printf("%6d %7d | %12.0f %12.0f |\n", batch, threads, a.wall, a.cpu)
		return
	}
	b := median(theirs)
	fmt.Printf("%6d %7d | %12.0f %12.0f | %12.0f %12.0f | %5.2f (%.2f)  onnx form %s\n", batch, threads, a.wall, a.cpu, b.wall, b.cpu, a.cpu/b.cpu, a.wall/b.wall, form)
}

// predictFor predicts batch after batch, each divided among the threads.
func predictFor(m *score.Model, s *subject, threads, batch int, seconds float64) speed {
	out := make([]float64, batch)
	nn, nc := s.numeric, len(s.categories)
	part := func(first, n int, dst []float64) {
		check(m.PredictMatrix(dst, &features.Matrix{Rows: n, Numeric: s.matrix.Numeric[first*nn : (first+n)*nn], Categorical: s.matrix.Categorical[first*nc : (first+n)*nc]}))
	}
	start, cpu, rows := time.Now(), cpuSeconds(), 0
	for time.Since(start).Seconds() < seconds {
		first := rows % (rowsKept - batch + 1)
		if threads == 1 {
			part(first, batch, out)
		} else {
			var wg sync.WaitGroup
			half := batch / 2
			wg.Go(func() { part(first, half, out[:half]) })
			part(first+half, batch-half, out[half:])
			wg.Wait()
		}
		rows += batch
	}
	return speed{float64(rows) / time.Since(start).Seconds(), float64(rows) / (cpuSeconds() - cpu)}
}

func median(v []speed) speed {
	var wall, cpu []float64
	for _, x := range v {
		wall, cpu = append(wall, x.wall), append(cpu, x.cpu)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	return speed{wall[len(wall)/2], cpu[len(cpu)/2]}
}

// single measures what one row costs in each way of asking.
func single(m *score.Model, s *subject) {
	in := m.Inputs()
	codes := make([]int32, len(in.Categorical)*rowsKept)
	copy(codes, s.matrix.Categorical)
	dst := make([]float64, 1)
	nn, nc := len(in.Numeric), len(in.Categorical)
	batch := func(r int) {
		check(m.PredictBatch(dst, score.Batch{Rows: 1, Numeric: s.raw[r*nn : (r+1)*nn], Categorical: codes[r*nc : (r+1)*nc]}))
	}
	named := func(r int) {
		_, err := m.PredictRow(s.rows[r])
		check(err)
	}
	var parts []string
	for _, way := range []struct {
		name string
		one  func(int)
	}{{"PredictBatch", batch}, {"PredictRow", named}} {
		var took []time.Duration
		for i := range 20000 {
			start := time.Now()
			way.one(i % rowsKept)
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		allocs := testing.AllocsPerRun(1000, func() { way.one(7) })
		parts = append(parts, fmt.Sprintf("%s p50 %.1f us, p99 %.1f us, %.0f allocations", way.name,
			took[len(took)/2].Seconds()*1e6, took[len(took)*99/100].Seconds()*1e6, allocs))
	}
	fmt.Printf("one row: %s\n", strings.Join(parts, "; "))
	fmt.Printf("raw values, scaled by the model, batch 1024: %.0f rows/CPU s\n", rawSpeed(m, s, codes))

	folder, err := os.MkdirTemp("", "jamba-score")
	check(err)
	defer os.RemoveAll(folder)
	path := folder + "/model.gguf"
	check(os.WriteFile(path, s.file, 0o666))
	best := math.Inf(1)
	for range 20 {
		start := time.Now()
		opened, err := score.Open(path)
		check(err)
		_, err = opened.PredictRow(s.rows[0])
		check(err)
		best = min(best, time.Since(start).Seconds())
	}
	fmt.Printf("from opening the file (%d KiB) to the first prediction: %.2f ms\n", len(s.file)>>10, best*1e3)
}

// rawSpeed is the speed of PredictBatch, which scales raw values first.
func rawSpeed(m *score.Model, s *subject, codes []int32) float64 {
	const batch = 1024
	nn, nc := s.numeric, len(s.categories)
	out := make([]float64, batch)
	start, cpu, rows := time.Now(), cpuSeconds(), 0
	for time.Since(start) < time.Second {
		first := rows % (rowsKept - batch + 1)
		check(m.PredictBatch(out, score.Batch{Rows: batch, Numeric: s.raw[first*nn : (first+batch)*nn], Categorical: codes[first*nc : (first+batch)*nc]}))
		rows += batch
	}
	return float64(rows) / (cpuSeconds() - cpu)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
