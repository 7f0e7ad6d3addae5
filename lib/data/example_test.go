package data_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jamba-threat/jamba/lib/data"
)

const flows = `time,src,proto,bytes,is_threat
2024-05-01 10:00:00,10.0.0.1,tcp,512,0
2024-05-01 10:00:01,10.0.0.2,udp,NaN,0
2024-05-01 10:00:02,10.0.0.1,tcp,90210,1
`

func ExampleParseCSV() {
	table, err := data.ParseCSV(context.Background(), strings.NewReader(flows), "flows.csv",
		data.Schema{Label: "is_threat", Time: "time", Group: "src"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Rows(), "rows of", table.FeatureNames(), "with", table.ClassCounts(), table.Classes)
	fmt.Printf("%q %q\n", table.Column("proto").Value(1), table.Column("bytes").Value(1))
	// Output:
	// 3 rows of [proto bytes] with [2 1] [benign threat]
	// "udp" ""
}

func ExampleRead() {
	dir, err := os.MkdirTemp("", "jamba")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "flows.parquet")

	table, _ := data.ParseCSV(ctx, strings.NewReader(flows), "flows.csv", data.Schema{Label: "is_threat", Time: "time", Group: "src"})
	if err := data.Write(path, table); err != nil {
		fmt.Println(err)
		return
	}
	again, err := data.Read(ctx, path, table.Schema)
	fmt.Println(again.Fingerprint() == table.Fingerprint(), err)

	_, err = data.Read(ctx, path, data.Schema{Columns: []data.ColumnSpec{{Name: "bytes"}, {Name: "port"}}})
	fmt.Println(errors.Is(err, data.ErrSchema))
	// Output:
	// true <nil>
	// true
}

func ExampleScan() {
	dir, err := os.MkdirTemp("", "jamba")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(path, []byte("bytes\n"+strings.Repeat("2\n", 1_000_000)), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	var sum float64
	err = data.Scan(context.Background(), path, data.Schema{}, func(chunk *data.Table) error {
		for _, v := range chunk.Column("bytes").Num {
			sum += float64(v)
		}
		return nil
	})
	fmt.Println(sum, err)
	// Output: 2e+06 <nil>
}

func ExampleFoldOneHot() {
	const text = "proto=tcp,proto=udp,bytes\n1,0,5\n0,1,6\n"
	table, err := data.ParseCSV(context.Background(), strings.NewReader(text), "onehot.csv", data.Schema{})
	if err != nil {
		fmt.Println(err)
		return
	}
	folded, err := data.FoldOneHot(table, "=")
	fmt.Println(folded.FeatureNames(), folded.Column("proto").Value(1), err)
	// Output: [proto bytes] udp <nil>
}
