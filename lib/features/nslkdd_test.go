package features_test

import (
	"context"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/testenv"
)

// nslKDD reads a part of NSL-KDD with columns named c0..c40; c1..c3 are the categorical ones.
func nslKDD(t *testing.T, part string) *data.Table {
	t.Helper()
	path := testenv.Data(t, "nsl-kdd/KDD"+part+"+.txt.gz")
	s := data.Schema{Label: "attack", Negative: []string{"normal"}, Drop: []string{"difficulty"}}
	for i := range 41 {
		s.Header = append(s.Header, "c"+strconv.Itoa(i))
	}
	s.Header = append(s.Header, "attack", "difficulty")
	s.Categorical = []string{"c1", "c2", "c3"}
	table, err := data.ReadCSV(context.Background(), path, s)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Fitted on the official training part, every value of the official test part has a bounded place, and the training
// rows fill the bins evenly as far as equal values allow.
func TestNSLKDD(t *testing.T) {
	train, test := nslKDD(t, "Train"), nslKDD(t, "Test")
	f := mustFit(t, train, features.Config{})
	spec := f.Spec()
	if len(spec.Numeric) != 38 || len(spec.Categorical) != 3 {
		t.Fatalf("%d numeric and %d categorical features, want 38 and 3", len(spec.Numeric), len(spec.Categorical))
	}
	m := mustTransform(t, f, test)
	for i, v := range m.Numeric {
		if !(math.Abs(float64(v)) < 5.2) {
			t.Fatalf("%s is %v in row %d", spec.Numeric[i%38].Name, v, i/38)
		}
	}
	if len(m.MissingValues)+len(m.UnknownCategories) != 0 {
		// KDDTest+ has no missing cells, and its services are all among those of KDDTrain+.
		t.Errorf("missing %v, unknown %v, want none", m.MissingValues, m.UnknownCategories)
	}
	m = mustTransform(t, f, train)
	for j, s := range spec.Numeric {
		if s.Name == "c19" { // num_outbound_cmds is always 0
			if v := m.Numeric[j]; len(s.Edges) != 2 || !(s.Edges[0] < v && v < s.Edges[1]) {
				t.Errorf("the constant column becomes %v, outside its edges %v", v, s.Edges)
			}
			continue
		}
		checkBins(t, s, m, j)
	}
}

// checkBins demands that no more rows lie strictly between two edges than a 24th of all.
func checkBins(t *testing.T, s features.NumericSpec, m *features.Matrix, j int) {
	t.Helper()
	rows := make([]int, len(s.Edges)+1)
	for i := range m.Rows {
		if bin, onEdge := slices.BinarySearch(s.Edges, m.Numeric[i*38+j]); !onEdge {
			rows[bin]++
		}
	}
	for bin, n := range rows {
		if limit := m.Rows/24 + 1; n > limit {
			t.Errorf("%s: %d of %d rows lie before edge %d, want at most %d", s.Name, n, m.Rows, bin, limit)
		}
	}
	if rows[0]+rows[len(s.Edges)] != 0 {
		t.Errorf("%s: %d training rows lie outside the edges", s.Name, rows[0]+rows[len(s.Edges)])
	}
}
