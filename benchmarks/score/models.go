package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/threat"
)

// shape is one network to measure. Speed does not depend on what it has learned, so its weights are random.
type shape struct {
	name       string
	cfg        model.Config
	numeric    int
	categories []int // sizes of the categorical columns
}

func shapes() []shape {
	return []shape{
		{"default", threat.DefaultConfig().Model, 20, nil},
		{"nsl-kdd", named("nsl-kdd").Model, 38, []int{3, 70, 11}},
		{"large", model.Config{TokenWidth: 64, Heads: 8, Blocks: 3, FFN: 256}, 32, nil},
	}
}

func named(name string) threat.Config {
	c, err := threat.NamedConfig(name)
	check(err)
	return c
}

// subject is a network with its file and rows to predict.
type subject struct {
	shape
	file   []byte // GGUF, f32
	raw    []float64
	rows   []map[string]any
	matrix *features.Matrix // the same rows, scaled
}

const rowsKept = 4096

func newSubject(s shape) *subject {
	table := randomTable(rowsKept, s)
	fitted, err := features.Fit(table, features.Config{})
	check(err)
	layout, err := model.NewLayout(s.cfg, fitted.Spec())
	check(err)
	weights, stats := layout.Init(1)
	var file bytes.Buffer
	_, err = export.Write(&file, export.Source{Layout: layout, Weights: weights, Stats: stats, Features: fitted,
		Schema: table.Schema, Classes: []string{"benign", "threat"}, Threshold: 0.5, Info: export.Info{Name: s.name, Version: "1"}}, export.F32)
	check(err)
	out := &subject{shape: s, file: file.Bytes()}
	out.matrix, err = fitted.Transform(table)
	check(err)
	for r := range rowsKept {
		row := map[string]any{}
		for i := range table.Columns {
			c := &table.Columns[i]
			if c.Kind == data.Numeric {
				row[c.Name] = float64(c.Num[r])
				out.raw = append(out.raw, float64(c.Num[r]))
			} else {
				row[c.Name] = c.Dict[c.Code[r]]
			}
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// randomTable has continuous columns, so that every quantile and bin is in use.
func randomTable(rows int, s shape) *data.Table {
	rng := rand.New(rand.NewPCG(1, 2))
	t := &data.Table{Name: "random"}
	for j := range s.numeric {
		c := data.Column{Name: fmt.Sprintf("n%d", j), Kind: data.Numeric, Num: make([]float32, rows)}
		for i := range c.Num {
			c.Num[i] = float32(math.Exp(2 * rng.NormFloat64()))
		}
		t.Columns = append(t.Columns, c)
	}
	for j, size := range s.categories {
		c := data.Column{Name: fmt.Sprintf("c%d", j), Kind: data.Categorical, Code: make([]int32, rows)}
		for k := range size {
			c.Dict = append(c.Dict, fmt.Sprintf("v%d", k))
		}
		for i := range c.Code {
			c.Code[i] = int32(rng.IntN(size))
		}
		t.Columns = append(t.Columns, c)
	}
	for i := range t.Columns {
		t.Schema.Columns = append(t.Schema.Columns, data.ColumnSpec{Name: t.Columns[i].Name, Kind: t.Columns[i].Kind})
	}
	return t
}
