package data

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// numbered is a table whose only feature is the row number, so that parts can be followed.
func numbered(rows int) *Table {
	t := &Table{Name: "numbered", Columns: []Column{{Name: "row", Kind: Numeric, Num: make([]float32, rows)}}, Classes: []string{Benign, Threat},
		Families: []string{"normal", "dos", "probe", "rare"}, Groups: []string{"a", "b", "c", "d", "e", "f", "g", "h"}}
	for i := range rows {
		t.Columns[0].Num[i] = float32(i)
		family := int32(0)
		if i%3 == 0 {
			family = 1 + int32(i/3%2)
			if i%60 == 0 {
				family = 3
			}
		}
		t.Family = append(t.Family, family)
		t.Label = append(t.Label, min(family, 1))
		t.Group = append(t.Group, int32(i*i%97%8))
		t.Time = append(t.Time, int64(1e9)*int64((i*7919)%rows/4))
	}
	return t
}

func TestSplitsKeepEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := numbered(rapid.IntRange(400, 3000).Draw(t, "rows"))
		train := rapid.Float64Range(0.3, 0.8).Draw(t, "train")
		valid := rapid.SampledFrom([]float64{0, 0.1, 0.19, 1 - train}).Draw(t, "valid")
		seed := rapid.Int64().Draw(t, "seed")
		for _, p := range []Plan{Stratified(train, valid, seed), ByTime(train, valid), ByGroup(train, valid, seed)} {
			s, err := table.Split(p)
			if err != nil {
				t.Fatal(err)
			}
			var rows []float32
			for i, part := range []*Table{s.Train, s.Valid, s.Test} {
				rows = append(rows, part.Columns[0].Num...)
				if share := p.shares()[i]; (part.Rows() == 0) != (share == 0) {
					t.Fatalf("%+v: part %d of %g has %d rows", p, i, share, part.Rows())
				} else if p.Kind != SplitGroup && math.Abs(float64(part.Rows())-share*float64(table.Rows())) > 5 {
					t.Fatalf("%+v: part %d of %g has %d of %d rows", p, i, share, part.Rows(), table.Rows())
				}
			}
			slices.Sort(rows)
			if !slices.Equal(rows, table.Columns[0].Num) {
				t.Fatalf("%+v: rows are lost or doubled", p)
			}
			again, _ := table.Split(p)
			if again.Train.Fingerprint() != s.Train.Fingerprint() || again.Test.Fingerprint() != s.Test.Fingerprint() {
				t.Fatalf("%+v: a second split differs", p)
			}
		}
	})
}

func TestStratifiedKeepsProportions(t *testing.T) {
	table := numbered(6000)
	s, err := table.Split(Plan{})
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []*Table{s.Train, s.Valid, s.Test} {
		share := []float64{0.70, 0.15, 0.15}[i]
		count := func(codes []int32, code int32) int {
			n := 0
			for _, c := range codes {
				if c == code {
					n++
				}
			}
			return n
		}
		for f := range table.Families {
			want := share * float64(count(table.Family, int32(f)))
			if got := count(part.Family, int32(f)); math.Abs(float64(got)-want) > 1 {
				t.Errorf("%s has %d rows of %s, want about %.1f", partNames[i], got, table.Families[f], want)
			}
		}
		if !slices.IsSorted(part.Columns[0].Num) {
			t.Errorf("%s is not in file order", partNames[i])
		}
	}
	other, err := table.Split(Stratified(0.70, 0.15, 1))
	if err != nil {
		t.Fatal(err)
	}
	if other.Train.Fingerprint() == s.Train.Fingerprint() {
		t.Error("another seed gives the same split")
	}
}

func TestByTimeNeverLooksAhead(t *testing.T) {
	table := numbered(1000)
	s, err := table.Split(ByTime(0.6, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := slices.Max(s.Train.Time), slices.Min(s.Valid.Time); a >= b {
		t.Errorf("train ends at %d, valid begins at %d", a, b)
	}
	if a, b := slices.Max(s.Valid.Time), slices.Min(s.Test.Time); a >= b {
		t.Errorf("valid ends at %d, test begins at %d", a, b)
	}
}

func TestByGroupKeepsGroupsWhole(t *testing.T) {
	s, err := numbered(1000).Split(ByGroup(0.6, 0.2, 3))
	if err != nil {
		t.Fatal(err)
	}
	in := make(map[int32]int)
	for i, part := range []*Table{s.Train, s.Valid, s.Test} {
		for _, g := range part.Group {
			if at, ok := in[g]; ok && at != i {
				t.Fatalf("group %d is in parts %d and %d", g, at, i)
			}
			in[g] = i
		}
	}
}

func TestSplitErrors(t *testing.T) {
	plain := func(text string, s Schema) *Table {
		table, err := ParseCSV(context.Background(), strings.NewReader(text), "t.csv", s)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	table := numbered(100)
	bare := plain("a,y\n"+strings.Repeat("1,0\n", 50)+"2,1\n", Schema{Label: "y"})
	timed := plain("a,t\n1,2024-01-01\n2,\n", Schema{Time: "t"})
	oneInstant := plain("a,t\n"+strings.Repeat("1,2024-01-01\n", 9), Schema{Time: "t"})
	grouped := plain("a,g\n1,x\n2,y\n3,x\n", Schema{Group: "g"})
	groupless := plain("a,g\n1,x\n2,\n", Schema{Group: "g"})
	for _, test := range []struct {
		name  string
		table *Table
		plan  Plan
		want  []string
	}{
		{"kind", table, Plan{Kind: "random", Train: 0.5}, []string{`"random"`, `"stratified"`}},
		{"NaN train", table, Stratified(math.NaN(), 0.1, 1), []string{"train fraction NaN"}},
		{"NaN valid", table, Stratified(0.5, math.NaN(), 1), []string{"valid fraction NaN"}},
		{"negative", table, Stratified(-0.1, 0.1, 1), []string{"train fraction -0.1"}},
		{"no train", table, Stratified(0, 0.1, 1), []string{"train fraction 0"}},
		{"infinite", table, Stratified(math.Inf(1), 0.1, 1), []string{"train fraction +Inf"}},
		{"more than all", table, Stratified(0.9, 0.2, 1), []string{"0.9", "0.2", "more than 1"}},
		{"small class", bare, Stratified(0.7, 0.15, 1), []string{`class "threat" has only 1 rows`, "part of"}},
		{"no time", bare, ByTime(0.7, 0.15), []string{"no time column", "schema"}},
		{"row without time", timed, ByTime(0.7, 0.15), []string{"1 rows have no time", "row 2"}},
		{"one instant", oneInstant, ByTime(0.7, 0.15), []string{"valid part", "no row"}},
		{"no group", bare, ByGroup(0.7, 0.15, 1), []string{"no group column"}},
		{"few groups", grouped, ByGroup(0.7, 0.15, 1), []string{"2 groups", "3 parts"}},
		{"row without group", groupless, ByGroup(0.7, 0.3, 1), []string{"row 2 has no group"}},
		{"no rows", &Table{Name: "nothing"}, Plan{}, []string{"no rows"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.table.Split(test.plan)
			checkMessage(t, err, ErrSchema, test.want)
		})
	}
}

func ExampleTable_Split() {
	const text = "bytes,when,is_threat\n10,2024-01-01,0\n12,2024-01-02,0\n900,2024-01-03,1\n11,2024-01-04,0\n950,2024-01-05,1\n"
	table, err := ParseCSV(context.Background(), strings.NewReader(text), "flows.csv", Schema{Label: "is_threat", Time: "when"})
	if err != nil {
		fmt.Println(err)
		return
	}
	split, err := table.Split(ByTime(0.6, 0.2))
	fmt.Println(split.Train.Rows(), split.Valid.Rows(), split.Test.Rows(), err)
	// Output: 3 1 1 <nil>
}
