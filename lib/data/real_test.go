package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

func readReal(t *testing.T, name string, s Schema) *Table {
	t.Helper()
	table, err := Read(context.Background(), testenv.Data(t, name), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.CheckTrainable(); err != nil {
		t.Fatal(err)
	}
	return table
}

// records reads a real file with encoding/csv, for comparison.
func records(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open(testenv.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	list, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// compare checks the features of the table against the fields of the file: every row, or every fifth of a large file.
func compare(t *testing.T, table *Table, header []string, rows [][]string) {
	t.Helper()
	if table.Rows() != len(rows) {
		t.Fatalf("%d rows, encoding/csv has %d", table.Rows(), len(rows))
	}
	step := 1
	if len(rows) > 50_000 {
		step = 5
	}
	for i := range table.Columns {
		c := &table.Columns[i]
		at := slices.Index(header, c.Name)
		for row := 0; row < len(rows); row += step {
			record := rows[row]
			if c.Kind == Categorical {
				if c.Value(row) != record[at] {
					t.Fatalf("%s row %d: %q, file has %q", c.Name, row, c.Value(row), record[at])
				}
				continue
			}
			want, err := strconv.ParseFloat(record[at], 32)
			if err != nil || c.Num[row] != float32(want) {
				t.Fatalf("%s row %d: %v, file has %q", c.Name, row, c.Num[row], record[at])
			}
		}
	}
}

func TestNSLKDD(t *testing.T) {
	s := NSLKDD()
	train := readReal(t, "nsl-kdd/KDDTrain+.txt.gz", s)
	test := readReal(t, "nsl-kdd/KDDTest+.txt.gz", train.Schema)
	compare(t, train, s.Header, records(t, "nsl-kdd/KDDTrain+.txt.gz"))
	compare(t, test, s.Header, records(t, "nsl-kdd/KDDTest+.txt.gz"))
	// Counts as published with the set (Tavallaee et al. 2009).
	for _, want := range []struct {
		table              *Table
		rows, normal, kind int
	}{{train, 125973, 67343, 23}, {test, 22544, 9711, 38}} {
		counts := want.table.ClassCounts()
		if want.table.Rows() != want.rows || counts[0] != want.normal || len(want.table.Families) != want.kind || len(want.table.Columns) != 40 {
			t.Errorf("%s: %d rows, %v classes, %d families, %d features", want.table.Name, want.table.Rows(), counts, len(want.table.Families), len(want.table.Columns))
		}
	}
	if !slices.Equal(train.FeatureNames(), test.FeatureNames()) || train.Column("difficulty") != nil || train.Column("num_outbound_cmds") != nil {
		t.Errorf("features %v", test.FeatureNames())
	}
	unseen := 0
	for _, f := range test.presentFamilies() {
		if !slices.Contains(train.Families, f) {
			unseen++
		}
	}
	if unseen != 17 {
		t.Errorf("%d attack types only in the test file, want 17", unseen)
	}
	split, err := train.Split(Stratified(0.85, 0.15, 1))
	if err != nil {
		t.Fatal(err)
	}
	if split.Train.Rows()+split.Valid.Rows() != 125973 || split.Test.Rows() != 0 {
		t.Errorf("parts of %d, %d, %d rows", split.Train.Rows(), split.Valid.Rows(), split.Test.Rows())
	}
}

func TestUNSWNB15(t *testing.T) {
	const name = "unsw-nb15/UNSW_NB15_testing-set.csv.gz"
	table := readReal(t, name, UNSWNB15())
	list := records(t, name)
	compare(t, table, list[0], list[1:])
	if counts := table.ClassCounts(); table.Rows() != 82332 || counts[0] != 37000 || counts[1] != 45332 {
		t.Errorf("%d rows, classes %v", table.Rows(), counts)
	}
	if len(table.Columns) != 42 || len(table.Families) != 10 {
		t.Errorf("%d features, %d families", len(table.Columns), len(table.Families))
	}
	if !slices.Contains(table.Column("service").Dict, "-") {
		t.Error(`the service "-" is not a category`)
	}
}

// TestUNSWNB15Sample folds the one-hot sample of the training partition and reads the test partition to match.
func TestUNSWNB15Sample(t *testing.T) {
	sample := readReal(t, "unsw-nb15/nb15_10k_of_training175k_aucad.csv", Schema{Label: "label", Family: "attack_cat"})
	folded, err := FoldOneHot(sample, "=")
	if err != nil {
		t.Fatal(err)
	}
	if folded.Rows() != 10000 || len(folded.Columns) != 25 {
		t.Fatalf("%d rows, features %v", folded.Rows(), folded.FeatureNames())
	}
	for name, values := range map[string][]string{"proto": {"tcp", "udp", "other"}, "service": {"-", "http", "dns", "other"}, "state": {"FIN", "INT", "other"}} {
		c := folded.Column(name)
		if c == nil || !slices.Equal(c.Dict, values) || slices.Contains(c.Code, Missing) {
			t.Errorf("%s is %v", name, c)
		}
	}
	test := readReal(t, "unsw-nb15/UNSW_NB15_testing-set.csv.gz", folded.Schema)
	if test, err = test.MapCategories("proto", []string{"tcp", "udp"}, "other"); err != nil {
		t.Fatal(err)
	}
	dict := slices.Sorted(slices.Values(test.Column("proto").Dict))
	if !slices.Equal(dict, []string{"other", "tcp", "udp"}) || !slices.Equal(test.FeatureNames(), folded.FeatureNames()) || len(test.Families) != 10 {
		t.Errorf("test has proto %v, features %v", dict, test.FeatureNames())
	}
}

// TestRealFilesRoundTrip writes a real set in each format and reads the same table back.
func TestRealFilesRoundTrip(t *testing.T) {
	table := readReal(t, "nsl-kdd/KDDTest+.txt.gz", NSLKDD())
	for _, name := range []string{"t.csv.gz", "t.parquet", "t.npz"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, table); err != nil {
			t.Fatal(err)
		}
		again, err := Read(context.Background(), path, NSLKDD())
		if err != nil {
			t.Fatal(err)
		}
		if again.Fingerprint() != table.Fingerprint() {
			t.Errorf("%s holds another table", name)
		}
	}
}
