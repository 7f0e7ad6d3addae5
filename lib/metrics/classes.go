package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// ClassInput is what EvaluateClasses measures.
type ClassInput struct {
	// Prob holds the probabilities [rows, classes], row after row; rows need not sum to 1 exactly, see LogLoss.
	Prob    []float64
	Label   []int32  // index into Classes per row
	Classes []string // names, at least two
}

// ClassReport is the evaluation of a model that tells several classes apart. The predicted class is the most probable one, the
// first of equals. NaN is undefined and null in JSON.
type ClassReport struct {
	Accuracy         float64
	BalancedAccuracy float64 // mean recall of the classes that have rows
	MCC              float64 // the generalisation R_K of J. Gorodkin (2004)
	LogLoss          float64 // nats; each row's probabilities scaled to sum to 1, kept 2^-52 away from 0

	// Macro is the unweighted mean over the classes that occur among labels or predictions (its ROCAUC and PRAUC over those that
	// have rows and are not all rows), Weighted the mean weighted by rows, Micro the metrics of all decisions pooled: its
	// precision, recall and F1 all equal the accuracy. Of Weighted and Micro ROCAUC and PRAUC are not given (NaN).
	Macro, Weighted, Micro ClassValues

	Classes []ClassValues // each class against the rest
	// Confusion counts rows: Confusion[i][j] have label i and prediction j.
	Confusion [][]int
}

// ClassValues are the metrics of one class against the rest, or an average of them.
type ClassValues struct {
	Name                  string
	Rows                  int // rows with this label
	Precision, Recall, F1 float64
	ROCAUC, PRAUC         float64 // NaN without rows, and ROCAUC when every row has the label
}

// EvaluateClasses computes the report. Errors are ErrInput: a length that does not fit, fewer than two classes, a label
// outside them, a probability outside 0..1, a row of zeros.
// Source: definitions and one-class behaviour as scikit-learn's precision_recall_fscore_support, matthews_corrcoef, log_loss.
func EvaluateClasses(in ClassInput) (*ClassReport, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	k := len(in.Classes)
	r := &ClassReport{Confusion: make([][]int, k), Classes: make([]ClassValues, k)}
	for i := range r.Confusion {
		r.Confusion[i] = make([]int, k)
	}
	for i, y := range in.Label {
		row := in.Prob[i*k : (i+1)*k]
		r.Confusion[y][argmax(row)]++
		r.LogLoss -= math.Log(clip(row[y] / sum(row)))
	}
	n := float64(len(in.Label))
	r.LogLoss /= n
	var hits int
	for i := range k {
		hits += r.Confusion[i][i]
	}
	r.Accuracy = float64(hits) / n
	r.MCC = mcc(r.Confusion)
	var recalls, present float64
	for c, name := range in.Classes {
		r.Classes[c] = in.against(c, r.Confusion)
		r.Classes[c].Name = name
		if r.Classes[c].Rows > 0 {
			recalls += r.Classes[c].Recall
			present++
		}
	}
	r.BalancedAccuracy = recalls / present
	r.average()
	return r, nil
}

func (in *ClassInput) check() error {
	k := len(in.Classes)
	switch {
	case k < 2:
		return fmt.Errorf("metrics: evaluate classes: %w: %d classes, want at least 2", ErrInput, k)
	case len(in.Label) == 0:
		return fmt.Errorf("metrics: evaluate classes: %w: no rows", ErrInput)
	case len(in.Prob) != k*len(in.Label):
		return fmt.Errorf("metrics: evaluate classes: %w: %d probabilities for %d rows of %d classes", ErrInput, len(in.Prob), len(in.Label), k)
	}
	for i, y := range in.Label {
		if y < 0 || int(y) >= k {
			return fmt.Errorf("metrics: evaluate classes: %w: label %d in row %d, want 0..%d", ErrInput, y, i, k-1)
		}
		row := in.Prob[i*k : (i+1)*k]
		if err := checkProb(row); err != nil || sum(row) == 0 {
			return fmt.Errorf("metrics: evaluate classes: %w: row %d has probabilities %v, want values in 0..1 that are not all 0", ErrInput, i, row)
		}
	}
	return nil
}

// against measures class c against the rest.
func (in *ClassInput) against(c int, confusion [][]int) ClassValues {
	k := len(in.Classes)
	var binary Confusion
	for i := range k {
		for j := range k {
			n := confusion[i][j]
			switch {
			case i == c && j == c:
				binary.TP += n
			case i == c:
				binary.FN += n
			case j == c:
				binary.FP += n
			default:
				binary.TN += n
			}
		}
	}
	score, label := make([]float64, len(in.Label)), make([]int32, len(in.Label))
	for i, y := range in.Label {
		score[i] = in.Prob[i*k+c]
		if int(y) == c {
			label[i] = 1
		}
	}
	v := ClassValues{Rows: binary.TP + binary.FN, Precision: binary.Precision(), Recall: binary.Recall(), F1: binary.F1(),
		ROCAUC: math.NaN(), PRAUC: math.NaN()}
	if v.Rows > 0 {
		ranking := rank(score, label)
		v.ROCAUC = areaUnder(ranking.groups, nil)
		v.PRAUC = averagePrecision(ranking.groups, nil)
	}
	return v
}

// average fills in Macro, Weighted and Micro.
func (r *ClassReport) average() {
	macro, weighted := ClassValues{Name: "macro"}, ClassValues{Name: "weighted", ROCAUC: math.NaN(), PRAUC: math.NaN()}
	var occurring, ranked, rows float64
	for c, v := range r.Classes {
		predicted := 0
		for i := range r.Confusion {
			predicted += r.Confusion[i][c]
		}
		if v.Rows+predicted > 0 {
			occurring++
			macro.Precision += v.Precision
			macro.Recall += v.Recall
			macro.F1 += v.F1
		}
		if v.ROCAUC == v.ROCAUC {
			ranked++
			macro.ROCAUC += v.ROCAUC
			macro.PRAUC += v.PRAUC
		}
		w := float64(v.Rows)
		rows += w
		weighted.Precision += w * v.Precision
		weighted.Recall += w * v.Recall
		weighted.F1 += w * v.F1
	}
	macro.Precision, macro.Recall, macro.F1 = macro.Precision/occurring, macro.Recall/occurring, macro.F1/occurring
	macro.ROCAUC, macro.PRAUC = macro.ROCAUC/ranked, macro.PRAUC/ranked // 0/0 is NaN
	weighted.Precision, weighted.Recall, weighted.F1 = weighted.Precision/rows, weighted.Recall/rows, weighted.F1/rows
	macro.Rows, weighted.Rows = int(rows), int(rows)
	r.Macro, r.Weighted = macro, weighted
	r.Micro = ClassValues{Name: "micro", Rows: int(rows), Precision: r.Accuracy, Recall: r.Accuracy, F1: r.Accuracy,
		ROCAUC: math.NaN(), PRAUC: math.NaN()}
}

// mcc is the correlation of label and prediction; 0 when either is constant.
func mcc(confusion [][]int) float64 {
	var hits, n, labels2, predictions2, both float64
	for c := range confusion {
		var label, predicted float64
		for i := range confusion {
			label += float64(confusion[c][i])
			predicted += float64(confusion[i][c])
		}
		hits += float64(confusion[c][c])
		n += label
		labels2 += label * label
		predictions2 += predicted * predicted
		both += label * predicted
	}
	return ratio(hits*n-both, math.Sqrt(n*n-labels2)*math.Sqrt(n*n-predictions2))
}

func argmax(v []float64) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}

func sum(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s
}

// classJSON and classValuesJSON are the forms in JSON, where undefined is null.
type classJSON struct {
	Accuracy         *float64      `json:"accuracy"`
	BalancedAccuracy *float64      `json:"balanced_accuracy"`
	MCC              *float64      `json:"mcc"`
	LogLoss          *float64      `json:"log_loss"`
	Macro            ClassValues   `json:"macro"`
	Weighted         ClassValues   `json:"weighted"`
	Micro            ClassValues   `json:"micro"`
	Classes          []ClassValues `json:"classes"`
	Confusion        [][]int       `json:"confusion"`
}

type classValuesJSON struct {
	Name      string   `json:"name"`
	Rows      int      `json:"rows"`
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
	ROCAUC    *float64 `json:"roc_auc"`
	PRAUC     *float64 `json:"pr_auc"`
}

// MarshalJSON writes the report with null for undefined metrics.
func (r ClassReport) MarshalJSON() ([]byte, error) {
	return json.Marshal(classJSON{nullable(r.Accuracy), nullable(r.BalancedAccuracy), nullable(r.MCC), nullable(r.LogLoss),
		r.Macro, r.Weighted, r.Micro, r.Classes, r.Confusion})
}

// UnmarshalJSON is the inverse.
func (r *ClassReport) UnmarshalJSON(text []byte) error {
	var j classJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*r = ClassReport{orNaN(j.Accuracy), orNaN(j.BalancedAccuracy), orNaN(j.MCC), orNaN(j.LogLoss),
		j.Macro, j.Weighted, j.Micro, j.Classes, j.Confusion}
	return nil
}

// MarshalJSON writes the metrics with null for undefined ones.
func (v ClassValues) MarshalJSON() ([]byte, error) {
	return json.Marshal(classValuesJSON{v.Name, v.Rows, nullable(v.Precision), nullable(v.Recall), nullable(v.F1),
		nullable(v.ROCAUC), nullable(v.PRAUC)})
}

// UnmarshalJSON is the inverse.
func (v *ClassValues) UnmarshalJSON(text []byte) error {
	var j classValuesJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*v = ClassValues{j.Name, j.Rows, orNaN(j.Precision), orNaN(j.Recall), orNaN(j.F1), orNaN(j.ROCAUC), orNaN(j.PRAUC)}
	return nil
}

// String returns the report as a text table, one line per class and average.
func (r *ClassReport) String() string {
	width := len("balanced_accuracy")
	for _, v := range r.Classes {
		width = max(width, len(v.Name))
	}
	var b strings.Builder
	for _, m := range []struct {
		name  string
		value float64
	}{{"accuracy", r.Accuracy}, {"balanced_accuracy", r.BalancedAccuracy}, {"mcc", r.MCC}, {"log_loss", r.LogLoss}} {
		fmt.Fprintf(&b, "%-*s  %7s\n", width, m.name, digits4(m.value))
	}
	fmt.Fprintf(&b, "\n%-*s  %8s  %9s  %7s  %7s  %7s  %7s\n", width, "class", "rows", "precision", "recall", "f1", "roc_auc", "pr_auc")
	for _, v := range append(append([]ClassValues{}, r.Classes...), r.Macro, r.Weighted) {
		fmt.Fprintf(&b, "%-*s  %8d  %9s  %7s  %7s  %7s  %7s\n", width, v.Name, v.Rows, digits4(v.Precision), digits4(v.Recall),
			digits4(v.F1), digits4(v.ROCAUC), digits4(v.PRAUC))
	}
	return b.String()
}
