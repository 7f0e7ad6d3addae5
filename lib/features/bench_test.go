package features_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
)

// flows has the shape of NSL-KDD's training part: 125,973 rows of 38 numeric columns (a third nearly all zero, a third
// rates with two digits, a third heavy-tailed) and 3 categorical ones.
func flows() *data.Table {
	const rows = 125_973
	rng := rand.New(rand.NewPCG(1, 1))
	t := &data.Table{Name: "flows"}
	for j := range 38 {
		v := make([]float32, rows)
		for i := range v {
			switch j % 3 {
			case 0:
				if rng.IntN(50) == 0 {
					v[i] = float32(rng.IntN(4))
				}
			case 1:
				v[i] = float32(rng.IntN(101)) / 100
			default:
				v[i] = float32(math.Exp(3 * rng.NormFloat64()))
			}
		}
		t.Columns = append(t.Columns, data.Column{Name: "n" + strconv.Itoa(j), Kind: data.Numeric, Num: v})
	}
	for j, size := range []int{3, 70, 11} {
		c := data.Column{Name: "c" + strconv.Itoa(j), Kind: data.Categorical, Code: make([]int32, rows)}
		for k := range size {
			c.Dict = append(c.Dict, "value"+strconv.Itoa(k))
		}
		for i := range c.Code {
			c.Code[i] = int32(rng.IntN(size))
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

func BenchmarkFit(b *testing.B) {
	t := flows()
	b.ReportAllocs()
	for b.Loop() {
		mustFit(b, t, features.Config{})
	}
	b.ReportMetric(float64(t.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkTransform(b *testing.B) {
	t := flows()
	for _, scaling := range []string{features.QuantileNormal, features.Standard} {
		f := mustFit(b, t, features.Config{Scaling: scaling})
		b.Run(scaling, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustTransform(b, f, t)
			}
			b.ReportMetric(float64(t.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkTransformRow(b *testing.B) {
	t := flows()
	f := mustFit(b, t, features.Config{})
	names, categories := f.RowInputs()
	num, cat := make([][]float64, 1000), make([][]string, 1000)
	for i := range num {
		for _, name := range names {
			num[i] = append(num[i], float64(t.Column(name).Num[i]))
		}
		for _, name := range categories {
			cat[i] = append(cat[i], t.Column(name).Value(i))
		}
	}
	dst, codes := make([]float32, len(names)), make([]int32, len(categories))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := f.TransformRow(dst, codes, num[i%1000], cat[i%1000]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
