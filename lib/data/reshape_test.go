package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestLeaveFamiliesOut(t *testing.T) {
	table := numbered(600)
	kept, left, err := table.LeaveFamiliesOut("dos", "rare")
	if err != nil {
		t.Fatal(err)
	}
	if kept.Rows()+left.Rows() != 600 || slices.Contains(kept.Family, 1) || slices.Contains(kept.Family, 3) || slices.ContainsFunc(left.Family, func(f int32) bool { return f != 1 && f != 3 }) {
		t.Errorf("kept families %v, left %v", kept.presentFamilies(), left.presentFamilies())
	}
	_, _, err = table.LeaveFamiliesOut("dos", "worm")
	checkMessage(t, err, ErrSchema, []string{`"worm"`, `"dos", "normal", "probe", "rare"`})
	_, _, err = kept.LeaveFamiliesOut("dos") // in the dictionary, but no row
	checkMessage(t, err, ErrSchema, []string{`no row of family "dos"`})
	_, _, err = parse(t, "a\n1\n", Schema{}).LeaveFamiliesOut("dos")
	checkMessage(t, err, ErrSchema, []string{"no families"})
}

func TestBalance(t *testing.T) {
	table := numbered(600)
	b, err := table.Balance(5)
	if err != nil {
		t.Fatal(err)
	}
	if c := b.ClassCounts(); c[0] != c[1] || c[0] != 200 {
		t.Errorf("classes %v", c)
	}
	if !slices.IsSorted(b.Columns[0].Num) {
		t.Error("rows are not in order")
	}
	again, _ := table.Balance(5)
	other, _ := table.Balance(6)
	if again.Fingerprint() != b.Fingerprint() || other.Fingerprint() == b.Fingerprint() {
		t.Error("the seed does not fix the rows")
	}
	if _, err := parse(t, "a\n1\n", Schema{}).Balance(1); err == nil {
		t.Error("a table without labels was balanced")
	}
}

func TestMapCategories(t *testing.T) {
	table := parse(t, "p,a\ntcp,1\narp,2\n,3\nospf,4\nudp,5\ntcp,6\n", Schema{})
	before := table.Fingerprint()
	mapped, err := table.MapCategories("p", []string{"udp", "tcp"}, "other")
	if err != nil {
		t.Fatal(err)
	}
	if got := show(mapped); got != "tcp|1|/other|2|/_|3|/other|4|/udp|5|/tcp|6|/" {
		t.Error(got)
	}
	if !slices.Equal(mapped.Columns[0].Dict, []string{"tcp", "other", "udp"}) || table.Fingerprint() != before {
		t.Errorf("dictionary %v; the table itself must not change", mapped.Columns[0].Dict)
	}
	for _, column := range []string{"a", "nope"} {
		_, err = table.MapCategories(column, nil, "other")
		checkMessage(t, err, ErrSchema, []string{"no categorical column"})
	}
}

func TestFoldOneHot(t *testing.T) {
	table := parse(t, "dur,p=tcp,s=a,p=udp,s=b,x=1,label\n1,1,0,0,1,7,0\n2,0,1,1,0,8,1\n3,0,,0,0,9,1\n", Schema{Label: "label"})
	folded, err := FoldOneHot(table, "=")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(folded.FeatureNames(), " ") + " " + show(folded); got != "dur p s x=1 1|tcp|b|7|benign/2|udp|a|8|threat/3|_|_|9|threat/" {
		t.Error(got)
	}
	if len(folded.Schema.Columns) != 4 || folded.Schema.Columns[1] != (ColumnSpec{"p", Categorical}) || len(table.Schema.Columns) != 6 {
		t.Errorf("schema %v", folded.Schema.Columns)
	}
	for _, test := range []struct{ text, want string }{
		{"p=a,p=b\n1,1\n", "both 1"}, {"p=a,p=b\n0,2\n", "neither 0 nor 1"}, {"p=a,p=b,p\n0,1,5\n", `column "p" beside`},
	} {
		_, err := FoldOneHot(parse(t, test.text, Schema{}), "=")
		checkMessage(t, err, ErrSchema, []string{test.want})
	}
	if _, err := FoldOneHot(table, ""); err == nil {
		t.Error("an empty separator was taken")
	}
}

func TestConcat(t *testing.T) {
	s := Schema{Label: "y", Multiclass: true, Family: "f", BadCell: BadCellMissing}
	a := parse(t, "n,c,y,f\n1,x,web,F1\n2,y,dns,F2\n", s)
	b := parse(t, "n,c,y,f\n3,z,ssh,F2\n,x,web,\n", s)
	got, err := Concat(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if text := show(got); text != "1|x|web/2|y|dns/3|z|ssh/_|x|web/" {
		t.Error(text)
	}
	if !slices.IsSorted(got.Classes) || !slices.Equal(got.Family, []int32{0, 1, 1, Missing}) {
		t.Errorf("classes %v, families %v", got.Classes, got.Family)
	}
	whole := parse(t, "n,c,y,f\n1,x,web,F1\n2,y,dns,F2\n3,z,ssh,F2\n,x,web,\n", s)
	if got.Fingerprint() != whole.Fingerprint() {
		t.Error("joining parts and reading the whole give different tables")
	}
	if a.Rows() != 2 || len(a.Columns[1].Dict) != 2 {
		t.Error("the first table was changed")
	}
	timed := parse(t, "n,c,t\n1,x,5\n", Schema{Time: "t"})
	both, err := Concat(timed, parse(t, "n,c\n2,y\n", Schema{}))
	if err != nil || !slices.Equal(both.Time, []int64{5e9, NoTime}) {
		t.Errorf("times %v, %v", both.Time, err)
	}
	for _, other := range []*Table{parse(t, "n\n1\n", Schema{}), parse(t, "c,n\nx,1\n", Schema{}), parse(t, "n,c\n1,x\n", Schema{})} {
		_, err := Concat(a, other)
		checkMessage(t, err, ErrSchema, []string{"concat"})
	}
}

func TestFingerprint(t *testing.T) {
	base := "a,b,y\n1,x,0\n2,y,1\n,x,1\n"
	s := Schema{Label: "y"}
	want := parse(t, base, s).Fingerprint()
	if len(want) != 64 {
		t.Fatalf("%q", want)
	}
	for name, text := range map[string]string{"line ends": "a,b,y\r\n1,x,0\r\n2,y,1\r\n,x,1\r\n", "spelling": "a,b,y\n1.0,\"x\",0.0\n2e0,y,1\nNaN,x,1\n"} {
		if got := parse(t, text, s).Fingerprint(); got != want {
			t.Errorf("%s change the fingerprint", name)
		}
	}
	seen := map[string]string{want: "base"}
	for name, table := range map[string]*Table{
		"value": parse(t, "a,b,y\n1,x,0\n2,y,1\n3,x,1\n", s), "name": parse(t, "A,b,y\n1,x,0\n2,y,1\n,x,1\n", s),
		"category": parse(t, "a,b,y\n1,x,0\n2,z,1\n,x,1\n", s), "label": parse(t, "a,b,y\n1,x,0\n2,y,0\n,x,1\n", s),
		"no label": parse(t, "a,b\n1,x\n2,y\n,x\n", s), "order": parse(t, "a,b,y\n2,y,1\n1,x,0\n,x,1\n", s),
		"kind": parse(t, base, Schema{Label: "y", Categorical: []string{"a"}}), "columns": parse(t, "b,a,y\nx,1,0\ny,2,1\nx,,1\n", s),
		"family": parse(t, base, Schema{Label: "y", Family: "y"}), "fewer rows": parse(t, "a,b,y\n1,x,0\n2,y,1\n", s),
	} {
		got := table.Fingerprint()
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[got] = name
	}
	table := parse(t, base, s)
	half, err := table.Select([]int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if half.Fingerprint() != parse(t, "a,b,y\n2,y,1\n,x,1\n", s).Fingerprint() {
		t.Error("a selection differs from the same rows read alone")
	}
	other := parse(t, base, s)
	other.Columns[0].Num[2] = math.Float32frombits(0x7fc00123)
	if other.Fingerprint() != want {
		t.Error("another NaN changes the fingerprint")
	}
}
