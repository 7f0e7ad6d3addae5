package plot_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/plot"
)

// A figure says in words what it shows, and saves itself in the format of the file's ending.
func Example() {
	ranking, err := metrics.Rank([]float64{0.1, 0.4, 0.35, 0.8}, []int32{0, 0, 1, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	roc, err := plot.ROC(plot.Ranked{Name: "demo", Ranking: ranking, Threshold: 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "plots")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fmt.Println(roc, roc.Save(filepath.Join(dir, "roc.png")))
	// Output:
	// Receiver operating characteristic: threshold 0.5: recall 0.5000 at a false-positive rate of 0.0000 <nil>
}
