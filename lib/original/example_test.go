package original_test

import (
	"fmt"
	"os"

	"github.com/jamba-threat/jamba/lib/original"
)

// A checkpoint of the Python project is recognised by its parameters, and predicts without Python.
func ExampleImport() {
	file, err := os.Open("testdata/norm-attention.pt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := original.Import(file, info.Size(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	fmt.Println(model.Features()[:3])

	row := []float32{0.5, -1, 0, 2, 1, 1, 0, -0.5, 3}
	probability := make([]float32, 1)
	if err := model.Probabilities(probability, row, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", probability[0])
	// Output:
	// original network norm-attention: 9 inputs, 1 outputs, 369 parameters
	// [column 0 column 1 column 2]
	// 0.2972
}
