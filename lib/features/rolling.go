package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/jamba-threat/jamba/lib/data"
)

// timeOrder returns the rows that have a time (and a group, when grouped) by group, time and position.
func timeOrder(t *data.Table, grouped bool) ([]int, error) {
	if t.Time == nil {
		return nil, fmt.Errorf("%s has no time column, which rolling means need: name it in Schema.Time", t.Name)
	}
	if grouped && t.Group == nil {
		return nil, fmt.Errorf("%s has no group column, which the rolling means were fitted with: name it in Schema.Group", t.Name)
	}
	order := make([]int, 0, len(t.Time))
	for i, at := range t.Time {
		if at != data.NoTime && !(grouped && t.Group[i] == data.Missing) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if grouped {
			if c := cmp.Compare(t.Group[a], t.Group[b]); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(t.Time[a], t.Time[b]), cmp.Compare(a, b))
	})
	return order, nil
}

// rollingMean returns the mean of column over the window before each row; NaN without a value in it.
func rollingMean(t *data.Table, column []float32, r Rolling, grouped bool, order []int) []float32 {
	out := make([]float32, len(column))
	for i := range out {
		out[i] = float32(math.NaN())
	}
	for len(order) > 0 {
		n := len(order)
		if grouped {
			group := t.Group[order[0]]
			n, _ = slices.BinarySearchFunc(order, group, func(row int, g int32) int {
				if t.Group[row] <= g {
					return -1
				}
				return 1
			})
		}
		rollGroup(out, t.Time, column, r, order[:n])
		order = order[n:]
	}
	return out
}

// rollGroup fills the rows of one group, which come in order of time.
func rollGroup(out []float32, time []int64, column []float32, r Rolling, rows []int) {
	span := uint64(r.Seconds * 1e9)
	w := newWindow(column, rows)
	for _, row := range rows {
		now := time[row]
		for time[rows[w.end]] < now {
			w.push()
		}
		if r.Rows > 0 {
			for w.end-w.head > r.Rows {
				w.pop()
			}
		} else {
			// The difference is exact as an unsigned number, even where it exceeds the signed range.
			for w.head < w.end && uint64(now)-uint64(time[rows[w.head]]) > span {
				w.pop()
			}
		}
		out[row] = w.mean()
	}
}

// window is a queue over rows[head:end] that knows the sum of its values. Subtracting what leaves would let one huge
// value spoil every sum after it; instead the front part has sums of its suffixes, rebuilt when it is used up, and the
// back part a plain sum (the queue made of two stacks): amortised constant time, and no history in the rounding.
type window struct {
	column         []float32
	rows           []int
	suffix         []float64 // sum of rows[k:mid], for head <= k < mid
	present        []int     // number of values in it
	head, mid, end int
	back           float64 // sum of rows[mid:end]
	backPresent    int
}

func newWindow(column []float32, rows []int) *window {
	return &window{column: column, rows: rows, suffix: make([]float64, len(rows)), present: make([]int, len(rows))}
}

func (w *window) push() {
	if v := w.column[w.rows[w.end]]; !isMissing(v) {
		w.back += float64(v)
		w.backPresent++
	}
	w.end++
}

func (w *window) pop() {
	if w.head == w.mid {
		var sum float64
		var n int
		for k := w.end - 1; k >= w.head; k-- {
			if v := w.column[w.rows[k]]; !isMissing(v) {
				sum += float64(v)
				n++
			}
			w.suffix[k], w.present[k] = sum, n
		}
		w.mid, w.back, w.backPresent = w.end, 0, 0
	}
	w.head++
}

func (w *window) mean() float32 {
	sum, n := w.back, w.backPresent
	if w.head < w.mid {
		sum, n = sum+w.suffix[w.head], n+w.present[w.head]
	}
	if n == 0 {
		return float32(math.NaN())
	}
	return float32(sum / float64(n))
}
