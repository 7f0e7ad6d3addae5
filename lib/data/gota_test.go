package data

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

func TestGotaRoundTrip(t *testing.T) {
	for _, s := range []Schema{{Label: "class", Family: "kind", Group: "host", Time: "when"}, {Label: "class", Multiclass: true, Family: "kind", Group: "host", Time: "when"}} {
		want := mixedTable(t, 2000, s)
		df, err := want.ToGota()
		if err != nil {
			t.Fatal(err)
		}
		if df.Nrow() != 2000 || df.Ncol() != 7 {
			t.Fatalf("frame of %d x %d", df.Nrow(), df.Ncol())
		}
		got, err := FromGota(df, want.Schema)
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, got, want)
	}
}

func TestFromGota(t *testing.T) {
	df := dataframe.ReadCSV(strings.NewReader("n,i,ok,proto,y\n0.1,1,true,tcp,0\nNaN,2,false,NaN,1\n"))
	table, err := FromGota(df, Schema{Label: "y"})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(table); got != "0.1|1|1|tcp|benign/_|2|0|_|threat/" {
		t.Error(got)
	}
	if table, err = FromGota(df, Schema{Categorical: []string{"n", "i"}, Time: "i"}); err == nil {
		t.Error("a column was both time and feature")
	}
	if table, err = FromGota(df, Schema{Categorical: []string{"n"}, Time: "i", Drop: []string{"ok"}}); err != nil || table.Column("n").Value(0) != "0.1" || !slices.Equal(table.Time, []int64{1e9, 2e9}) {
		t.Errorf("%v, %v", table, err)
	}
	bad := dataframe.New(series.New([]float64{1, 1e300}, series.Float, "a"))
	_, err = FromGota(bad, Schema{})
	checkMessage(t, err, ErrRange, []string{"row 2", `"a"`})
	_, err = FromGota(dataframe.New(series.New([]string{"x"}, series.String, "a")), Schema{Numeric: []string{"a"}})
	checkMessage(t, err, ErrNumber, []string{"row 1", `"x"`})
	_, err = FromGota(dataframe.DataFrame{Err: errors.New("broken frame")}, Schema{})
	checkMessage(t, err, ErrSchema, []string{"broken frame"})
	_, err = FromGota(dataframe.DataFrame{}, Schema{})
	checkMessage(t, err, nil, []string{"no rows"})
}

func TestGotaIsForSmallTables(t *testing.T) {
	large := &Table{Columns: []Column{{Name: "a", Kind: Numeric, Num: make([]float32, GotaRows+1)}}}
	_, err := large.ToGota()
	checkMessage(t, err, ErrSchema, []string{"200001 rows", "200000"})
	_, err = FromGota(dataframe.New(series.New(make([]int, GotaRows+1), series.Int, "a")), Schema{})
	checkMessage(t, err, ErrSchema, []string{"200001 rows"})
}
