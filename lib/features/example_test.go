package features_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
)

func Example() {
	train := &data.Table{Name: "train", Columns: []data.Column{
		{Name: "bytes", Kind: data.Numeric, Num: []float32{120, 80, 100, 60, 140}},
		{Name: "protocol", Kind: data.Categorical, Code: []int32{0, 1, 0, 0, 1}, Dict: []string{"udp", "tcp"}},
	}}
	fitted, err := features.Fit(train, features.Config{Scaling: features.Standard})
	if err != nil {
		log.Fatal(err)
	}
	// Other rows, columns in another order, a protocol that was not there in training.
	flows := &data.Table{Name: "flows", Columns: []data.Column{
		{Name: "protocol", Kind: data.Categorical, Code: []int32{0, 1, data.Missing}, Dict: []string{"tcp", "quic"}},
		{Name: "bytes", Kind: data.Numeric, Num: []float32{100, 140, 60}},
	}}
	m, err := fitted.Transform(flows)
	if err != nil {
		log.Fatal(err)
	}
	for i := range m.Rows {
		fmt.Printf("%6.3f %d\n", m.Numeric[i], m.Categorical[i])
	}
	fmt.Println("unknown:", m.UnknownCategories, "missing:", m.MissingValues)
	// Output:
	//  0.000 2
	//  1.414 0
	// -1.414 1
	// unknown: map[protocol:1] missing: map[protocol:1]
}

// A service keeps the fitted state as JSON and scores one row at a time.
func ExampleFitted_TransformRow() {
	train := &data.Table{Name: "train", Columns: []data.Column{
		{Name: "bytes", Kind: data.Numeric, Num: []float32{1, 10, 100, 1000, 10000}},
		{Name: "packets", Kind: data.Numeric, Num: []float32{1, 2, 10, 50, 100}},
	}}
	fitted, err := features.Fit(train, features.Config{Derived: features.Derived{Ratios: [][2]string{{"bytes", "packets"}}}})
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(fitted)
	if err != nil {
		log.Fatal(err)
	}

	var opened features.Fitted
	if err := json.Unmarshal(text, &opened); err != nil {
		log.Fatal(err)
	}
	inputs, _ := opened.RowInputs()
	row := make([]float32, len(opened.Spec().Numeric))
	if err := opened.TransformRow(row, nil, []float64{250, 50}, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(inputs)
	for i, n := range opened.Spec().Numeric {
		fmt.Printf("%s: %.3f\n", n.Name, row[i])
	}
	// Output:
	// [bytes packets]
	// bytes: 0.105
	// packets: 0.674
	// bytes/packets: -0.674
}
