// Command read measures the readers of lib/data on a generated file of 400,000 rows and 79 columns (about 254 MB as CSV).
//
//	go run ./benchmarks/read [-rows 400000] [-n 5] [-procs 1]
//
// Each reading runs in a process of its own, so that its CPU time (user and system) and its peak resident memory are
// the operating system's figures and not estimates. The table prints medians. "beyond table" is the peak minus the
// bytes of the table that was read and minus the peak of a process that reads nothing.
package main

import (
	"bufio"
	"context"
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

func main() {
	rows := flag.Int("rows", 400_000, "rows of the generated file")
	repeat := flag.Int("n", 5, "readings per file")
	procs := flag.Int("procs", 1, "GOMAXPROCS of the reading process")
	dir := flag.String("dir", "", "keep the files in this folder and use those that are there")
	child := flag.String("child", "", "internal: read this file and report the bytes of the table")
	mode := flag.String("mode", "read", "internal: read, scan or nothing")
	flag.Parse()
	var err error
	if *child != "" {
		err = measured(*child, *mode)
	} else {
		err = run(*rows, *repeat, *procs, *dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run generates the files and prints one line per reading.
func run(rows, repeat, procs int, dir string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "jamba-read-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	csv, parquet := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "flows.parquet")
	npz := filepath.Join(dir, "flows.npz")
	if _, err := os.Stat(npz); err != nil {
		if err := generate(csv, rows); err != nil {
			return err
		}
		t, err := data.Read(context.Background(), csv, schema())
		if err != nil {
			return err
		}
		for _, path := range []string{parquet, npz} {
			if err := data.Write(path, t); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d rows x %d columns, GOMAXPROCS %d of %d processors, %s, median of %d\n", rows, columns, procs, runtime.NumCPU(), runtime.Version(), repeat)
	fmt.Printf("%-18s %9s %9s %9s %14s %12s %14s\n", "", "file MB", "CPU s", "wall s", "M values/CPU s", "peak RSS MB", "beyond table")
	idle, err := sample(csv, "nothing", repeat, procs)
	if err != nil {
		return err
	}
	for _, m := range []struct{ name, path, mode string }{
		{"CSV, Read", csv, "read"}, {"CSV, Scan", csv, "scan"}, {"Parquet, Read", parquet, "read"},
		{"Parquet, Scan", parquet, "scan"}, {"NPZ, Read", npz, "read"}, {"NPZ, Scan", npz, "scan"},
	} {
		info, err := os.Stat(m.path)
		if err != nil {
			return err
		}
		s, err := sample(m.path, m.mode, repeat, procs)
		if err != nil {
			return err
		}
		fmt.Printf("%-18s %9.1f %9.3f %9.3f %14.0f %12.1f %14.1f\n", m.name, float64(info.Size())/1e6, s.cpu, s.wall,
			float64(rows)*columns/1e6/max(s.cpu-idle.cpu, 1e-9), s.rss, s.rss-s.table-idle.rss)
	}
	return nil
}

func schema() data.Schema { return data.Schema{Label: "label"} }

// figures are what one reading took: seconds and megabytes.
type figures struct{ cpu, wall, rss, table float64 }

// sample runs the readings in processes of their own and returns the median of each figure.
func sample(path, mode string, repeat, procs int) (figures, error) {
	self, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	var all [4][]float64
	for range repeat {
		cmd := exec.Command(self, "-child", path, "-mode", mode)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(procs))
		cmd.Stderr = os.Stderr
		start := time.Now()
		out, err := cmd.Output()
		if err != nil {
			return figures{}, fmt.Errorf("reading %s: %w", path, err)
		}
		wall := time.Since(start).Seconds()
		var told childReport
		if err := json.Unmarshal(out, &told); err != nil {
			return figures{}, err
		}
		s := cmd.ProcessState
		for i, v := range []float64{(s.UserTime() + s.SystemTime()).Seconds(), wall, told.PeakMB, told.TableMB} {
			all[i] = append(all[i], v)
		}
	}
	for i := range all {
		slices.Sort(all[i])
	}
	m := repeat / 2
	return figures{all[0][m], all[1][m], all[2][m], all[3][m]}, nil
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
