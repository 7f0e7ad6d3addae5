package metrics_test

import (
	"fmt"

	"github.com/jamba-threat/jamba/lib/metrics"
)

// A detector is judged on rows it has never seen, at a threshold that was chosen on other rows.
func Example() {
	validScore, validLabel := []float64{0.1, 0.2, 0.3, 0.6, 0.7, 0.9}, []int32{0, 0, 0, 1, 0, 1}
	threshold, err := metrics.AtFPR(validScore, validLabel, 0.25) // at most one false alarm in four benign rows
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := metrics.Evaluate(metrics.Input{
		Score:        []float64{0.05, 0.2, 0.55, 0.8, 0.9, 0.3},
		Label:        []int32{0, 0, 0, 1, 1, 1},
		Threshold:    threshold,
		Family:       []int32{0, 0, 0, 1, 1, 2},
		Families:     []string{"benign", "scan", "exfiltration"},
		SeenFamilies: []string{"scan"},
		Bootstrap:    -1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	// Output:
	// 6 rows, 3 threats (50.0 %), threshold 0.45
	//
	// roc_auc            0.8889
	// pr_auc             0.9167
	// accuracy           0.6667
	// balanced_accuracy  0.6667
	// precision          0.6667
	// recall             0.6667
	// f1                 0.6667
	// fpr                0.3333
	// mcc                0.3333
	// brier              0.1475
	// ece                0.3000
	// recall_seen        1.0000
	// recall_unseen      0.0000
	//
	//                    benign  flagged
	// truly benign            2        1
	// truly a threat          1        2
	//
	// family            rows  recall
	// scan                 2  1.0000
	// exfiltration         1  0.0000  unseen
}

// Rank sorts once; everything that depends on the order reads it.
func ExampleRank() {
	ranking, err := metrics.Rank([]float64{2.5, -1, 0.3, 0.3}, []int32{1, 0, 1, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	auc, _ := ranking.ROCAUC() // the error says that one class is absent, which it is not here
	ap, _ := ranking.AveragePrecision()
	threshold, _ := ranking.BestF1()
	fmt.Printf("auc %.3f, average precision %.3f\n", auc, ap)
	fmt.Printf("at %.2f: %+v\n", threshold, ranking.Confusion(threshold))
	// Output:
	// auc 0.875, average precision 0.833
	// at -0.35: {TN:1 FP:1 FN:0 TP:2}
}

// A calibrator makes "0.9" mean that nine of ten such rows are threats.
func ExampleFitIsotonic() {
	c, err := metrics.FitIsotonic([]float64{0.1, 0.2, 0.3, 0.4, 0.6, 0.7}, []int32{0, 0, 1, 0, 1, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range []float64{0.1, 0.35, 0.5, 0.9} {
		fmt.Printf("%.2f -> %.2f\n", p, c.Apply(p))
	}
	// Output:
	// 0.10 -> 0.00
	// 0.35 -> 0.50
	// 0.50 -> 0.75
	// 0.90 -> 1.00
}
