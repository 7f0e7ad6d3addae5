// Command read measures the readers of lib/data on a generated file of 400,000 rows and 79 columns (about 254 MB as CSV).
//
//	go run ./benchmarks/read [-rows 400000] [-n 5] [-procs 1] [-python python3]
//
// Each reading runs in a process of its own, so that its CPU time (user and system) and its peak resident memory are
// the operating system's figures and not estimates. The readings are taken in turn, and the table prints medians. "beyond
// table" is the peak minus the bytes of the table that was read and minus the peak of a process that reads nothing; CPU
// seconds per value are without those of a process that reads nothing.
//
// With a Python that has pyarrow it also reads files as users have them, which arrow.py writes, and lets pyarrow read the
// same files on one thread. Its tables are larger than ours: they keep 64 bits where lib/data keeps a float32.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/jamba-threat/jamba/lib/data"
)

const columns = 79 // 78 numbers and the label

//go:embed arrow.py
var arrow string

func main() {
	rows := flag.Int("rows", 400_000, "rows of the generated file")
	repeat := flag.Int("n", 5, "readings per file")
	procs := flag.Int("procs", 1, "GOMAXPROCS of the reading process")
	dir := flag.String("dir", "", "keep the files in this folder and use those that are there")
	python := flag.String("python", "", "a Python with pyarrow, to read files as users have them and to compare with")
	child := flag.String("child", "", "internal: read this file and report the bytes of the table")
	mode := flag.String("mode", "read", "internal: read, scan or nothing")
	flag.Parse()
	var err error
	if *child != "" {
		err = measured(*child, *mode)
	} else {
		err = run(*rows, *repeat, *procs, *dir, *python)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// reading is one line of the table.
type reading struct {
	name, path string
	mode       string // of measured, or arrow
	taken      []figures
}

// arrowMode is reading by pyarrow.
const arrowMode = "pyarrow"

// run generates the files and prints one line per reading.
func run(rows, repeat, procs int, dir, python string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "jamba-read-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	if err := files(dir, rows, python); err != nil {
		return err
	}
	all := []*reading{{name: "nothing", path: "nothing", mode: "nothing"}}
	add := func(name, file string, modes ...string) {
		for _, mode := range modes {
			all = append(all, &reading{name: name + ", " + mode, path: filepath.Join(dir, file), mode: mode})
		}
	}
	add("CSV", "flows.csv", "read", "scan")
	add("NPZ", "flows.npz", "read", "scan")
	add("Parquet", "flows.parquet", "read", "scan")
	if python != "" {
		add("Parquet", "flows.parquet", arrowMode)
		add("Parquet snappy", "flows-snappy.parquet", "read", "scan", arrowMode)
		add("Parquet zstd", "flows-zstd.parquet", "read", "scan", arrowMode)
		all = append(all, &reading{name: "nothing, " + arrowMode, mode: arrowMode})
	}
	for range repeat {
		for _, r := range all {
			if err := r.take(procs, python); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d rows x %d columns, GOMAXPROCS %d of %d processors, %s, median of %d\n", rows, columns, procs, runtime.NumCPU(), runtime.Version(), repeat)
	fmt.Printf("%-24s %9s %9s %9s %14s %12s %14s\n", "", "file MB", "CPU s", "wall s", "M values/CPU s", "peak RSS MB", "beyond table")
	for _, r := range all {
		info, err := os.Stat(r.path)
		if err != nil {
			continue // nothing is read
		}
		idle := all[0].median()
		if r.mode == arrowMode {
			idle = all[len(all)-1].median()
		}
		s := r.median()
		fmt.Printf("%-24s %9.1f %9.3f %9.3f %14.0f %12.1f %14.1f\n", r.name, float64(info.Size())/1e6, s.cpu, s.wall,
			float64(rows)*columns/1e6/max(s.cpu-idle.cpu, 1e-9), s.rss, s.rss-s.table-idle.rss)
	}
	return nil
}

// files writes those files that are not there.
func files(dir string, rows int, python string) error {
	csv, npz := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "flows.npz")
	if _, err := os.Stat(npz); err != nil {
		if err := generate(csv, rows); err != nil {
			return err
		}
		t, err := data.Read(context.Background(), csv, schema())
		if err != nil {
			return err
		}
		for _, path := range []string{filepath.Join(dir, "flows.parquet"), npz} {
			if err := data.Write(path, t); err != nil {
				return err
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "flows-zstd.parquet")); err == nil || python == "" {
		return nil
	}
	cmd := exec.Command(python, "-c", arrow, "write", dir)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func schema() data.Schema { return data.Schema{Label: "label"} }

// figures are what one reading took: seconds and megabytes.
type figures struct{ cpu, wall, rss, table float64 }

// take runs the reading once in a process of its own.
func (r *reading) take(procs int, python string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "-child", r.path, "-mode", r.mode)
	if r.mode == arrowMode {
		cmd = exec.Command(python, "-c", arrow, "read", r.path)
	}
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(procs))
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	wall := time.Since(start).Seconds()
	var told childReport
	if err := json.Unmarshal(out, &told); err != nil {
		return err
	}
	s := cmd.ProcessState
	r.taken = append(r.taken, figures{(s.UserTime() + s.SystemTime()).Seconds(), wall, told.PeakMB, told.TableMB})
	return nil
}

// median returns the median of each figure.
func (r *reading) median() figures {
	of := func(figure func(figures) float64) float64 {
		v := make([]float64, len(r.taken))
		for i, f := range r.taken {
			v[i] = figure(f)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return figures{of(func(f figures) float64 { return f.cpu }), of(func(f figures) float64 { return f.wall }),
		of(func(f figures) float64 { return f.rss }), of(func(f figures) float64 { return f.table })}
}

// childReport is what the measured process prints.
type childReport struct{ TableMB, PeakMB float64 }

// measured is the process that is measured. It reports its own peak, because what the system tells the parent includes
// the parent's memory from before the program was started.
func measured(path, mode string) error {
	ctx, bytes := context.Background(), 0
	switch mode {
	case "read":
		t, err := data.Read(ctx, path, schema())
		if err != nil {
			return err
		}
		bytes = 4 * t.Rows() * (len(t.Columns) + 1)
		runtime.KeepAlive(t)
	case "scan":
		rows := 0
		if err := data.Scan(ctx, path, schema(), func(t *data.Table) error { rows += t.Rows(); return nil }); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(childReport{float64(bytes) / 1e6, peakRSS()})
}

// generate writes rows like those of flow exporters: counters, rates with six decimals, ratios, many zeros, and one
// cell in 750 without a usable value.
func generate(path string, rows int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	var line []byte
	for c := range columns - 1 {
		line = append(line, "feature_"+strconv.Itoa(c)+","...)
	}
	w.Write(append(line, "label\n"...))
	for range rows {
		line = line[:0]
		for c := range columns - 1 {
			switch {
			case r.IntN(1500) == 0:
				line = append(line, "NaN"...)
			case r.IntN(1500) == 0:
				line = append(line, "Infinity"...)
			case c%5 == 0:
				line = strconv.AppendInt(line, int64(r.ExpFloat64()*40), 10)
			case c%5 == 1:
				line = strconv.AppendInt(line, int64(r.ExpFloat64()*2e6), 10)
			case c%5 == 2:
				line = strconv.AppendFloat(line, r.ExpFloat64()*1000, 'f', 6, 64)
			case c%5 == 3:
				line = strconv.AppendFloat(line, r.NormFloat64(), 'f', 6, 64)
			default:
				line = strconv.AppendFloat(line, r.Float64(), 'f', 6, 64)
			}
			line = append(line, ',')
		}
		line = append(line, '0'+byte(r.IntN(2)), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}
