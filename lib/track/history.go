package track

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// History is the events of a run in order of epoch.
type History []Event

// Best returns the last event marked as best, or the last event when none is; false when the history is empty.
func (h History) Best() (Event, bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Best {
			return h[i], true
		}
	}
	if len(h) > 0 {
		return h[len(h)-1], true
	}
	return Event{}, false
}

// MetricNames returns the sorted names of all metrics in the history.
func (h History) MetricNames() []string {
	seen := map[string]bool{}
	for _, e := range h {
		for n := range e.Metrics {
			seen[n] = true
		}
	}
	return sortedKeys(seen)
}

// Metric returns the epochs in which the metric has a value, and the values; both are empty for an unknown name.
func (h History) Metric(name string) (epoch, value []float64) {
	for _, e := range h {
		if v, ok := e.Metrics[name]; ok && !math.IsNaN(v) {
			epoch = append(epoch, float64(e.Epoch))
			value = append(value, v)
		}
	}
	return epoch, value
}

// fixedColumns are the columns of metrics.csv before the metrics.
var fixedColumns = [...]string{"epoch", "epochs", "rows", "rows_per_second", "elapsed_seconds", "remaining_seconds", "best"}

// WriteCSV writes the history as metrics.csv: a header, then one line per epoch with epoch, epochs, rows,
// rows_per_second, elapsed_seconds, remaining_seconds, best (0 or 1) and the metrics sorted by name. Numbers are decimal and
// read back exactly; a metric without a value in an epoch is an empty cell.
func (h History) WriteCSV(w io.Writer) error {
	names := h.MetricNames()
	out := csv.NewWriter(w)
	if err := out.Write(append(slices.Clone(fixedColumns[:]), names...)); err != nil {
		return err
	}
	for _, e := range h {
		if err := out.Write(record(e, names)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// record is the line of an event in a file with these metric columns.
func record(e Event, names []string) []string {
	best := "0"
	if e.Best {
		best = "1"
	}
	cells := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Epochs), strconv.FormatInt(e.Rows, 10), number(e.RowsPerSecond),
		number(e.Elapsed.Seconds()), number(e.Remaining.Seconds()), best}
	for _, n := range names {
		if v, ok := e.Metrics[n]; ok && !math.IsNaN(v) {
			cells = append(cells, number(v))
		} else {
			cells = append(cells, "")
		}
	}
	return cells
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// ReadHistory reads a metrics.csv. A last line without a newline was cut off by a crash and is left out; anything else
// that does not parse is an error with file, line and column. A missing file wraps fs.ErrNotExist.
func ReadHistory(path string) (History, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("track: read history: %w", err)
	}
	text := string(raw)
	text = text[:strings.LastIndexByte(text, '\n')+1]
	in := csv.NewReader(strings.NewReader(text))
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("track: read %s: %w", path, err)
	}
	if len(header) < len(fixedColumns) || !slices.Equal(header[:len(fixedColumns)], fixedColumns[:]) {
		return nil, fmt.Errorf("track: read %s:1: not a metrics.csv: the header must start with %s",
			path, strings.Join(fixedColumns[:], ","))
	}
	names := slices.Clone(header[len(fixedColumns):])
	var h History
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("track: read %s: %w", path, err)
		}
		e, column, err := parseRecord(cells, names)
		if err == nil && len(h) > 0 && e.Epoch <= h[len(h)-1].Epoch {
			err = fmt.Errorf("epoch %d comes after epoch %d", e.Epoch, h[len(h)-1].Epoch)
		}
		if err != nil {
			line, pos := in.FieldPos(column)
			return nil, fmt.Errorf("track: read %s:%d:%d: %w", path, line, pos, err)
		}
		h = append(h, e)
	}
}

// parseRecord is the inverse of record; on an error it also returns the column.
func parseRecord(cells, names []string) (e Event, column int, err error) {
	e.Metrics = map[string]float64{}
	for column, cell := range cells {
		var v float64
		switch column {
		case 0:
			e.Epoch, err = strconv.Atoi(cell)
		case 1:
			e.Epochs, err = strconv.Atoi(cell)
		case 2:
			e.Rows, err = strconv.ParseInt(cell, 10, 64)
		case 3:
			e.RowsPerSecond, err = strconv.ParseFloat(cell, 64)
		case 4:
			v, err = strconv.ParseFloat(cell, 64)
			e.Elapsed = seconds(v)
		case 5:
			v, err = strconv.ParseFloat(cell, 64)
			e.Remaining = seconds(v)
		case 6:
			e.Best, err = strconv.ParseBool(cell)
		default:
			if cell == "" {
				continue
			}
			v, err = strconv.ParseFloat(cell, 64)
			e.Metrics[names[column-len(fixedColumns)]] = v
		}
		if err != nil {
			return e, column, fmt.Errorf("%q is not a number", cell)
		}
	}
	return e, 0, nil
}

// seconds converts back to the nanosecond that was written.
func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// appendHistory adds one line to an existing file and syncs it.
func appendHistory(path string, e Event, names []string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// One write call for the whole line: a crash in between leaves a torn last line, which the reader knows.
	var line strings.Builder
	out := csv.NewWriter(&line)
	if err := out.Write(record(e, names)); err != nil {
		return err
	}
	out.Flush()
	if _, err := io.WriteString(f, line.String()); err != nil {
		return err
	}
	return f.Sync()
}

// exists reports whether there is something at path.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
