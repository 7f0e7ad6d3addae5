package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Values are the metrics of a binary detector at one threshold. All are ratios in 0..1 (MCC -1..1); NaN is undefined,
// which JSON writes as null.
type Values struct {
	ROCAUC           float64 // see Ranking.ROCAUC
	PRAUC            float64 // average precision, see Ranking.AveragePrecision
	Accuracy         float64
	BalancedAccuracy float64
	Precision        float64
	Recall           float64
	F1               float64
	FPR              float64 // lower is better, as are Brier and ECE
	MCC              float64
	Brier            float64
	ECE              float64 // 15 bins of equal width, see ECE
}

// Undefined returns metrics that all have no value: NaN, and null in JSON.
func Undefined() (v Values) {
	for _, f := range v.fields() {
		*f.value = math.NaN()
	}
	return v
}

// namedValue is one field of Values under its name in JSON.
type namedValue struct {
	name  string
	value *float64
}

// fields lists the metrics in the order of report.json.
func (v *Values) fields() [11]namedValue {
	return [...]namedValue{
		{"roc_auc", &v.ROCAUC}, {"pr_auc", &v.PRAUC}, {"accuracy", &v.Accuracy}, {"balanced_accuracy", &v.BalancedAccuracy},
		{"precision", &v.Precision}, {"recall", &v.Recall}, {"f1", &v.F1}, {"fpr", &v.FPR}, {"mcc", &v.MCC},
		{"brier", &v.Brier}, {"ece", &v.ECE},
	}
}

// Names returns the names of the metrics in the order of report.json.
func Names() []string {
	var v Values
	var names []string
	for _, f := range v.fields() {
		names = append(names, f.name)
	}
	return names
}

// Get returns a metric by its name in JSON; an unknown name is an error that lists the known ones.
func (v Values) Get(name string) (float64, error) {
	for _, f := range v.fields() {
		if f.name == name {
			return *f.value, nil
		}
	}
	return math.NaN(), fmt.Errorf("metrics: unknown metric %q, known are %s", name, strings.Join(Names(), ", "))
}

// MarshalJSON writes an object with every metric in order, null where undefined.
func (v Values) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, f := range v.fields() {
		text, err := json.Marshal(nullable(*f.value))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%c%q:%s", "{,"[min(i, 1)], f.name, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON is the inverse: null and absent metrics are NaN.
func (v *Values) UnmarshalJSON(text []byte) error {
	var read map[string]*float64
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	for _, f := range v.fields() {
		*f.value = orNaN(read[f.name])
	}
	return nil
}

// nullable is nil for NaN and infinities, which JSON has no numbers for.
func nullable(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// measure computes all metrics for the rows of the ranking, or for a resample of them that holds weight[2g] positives and
// weight[2g+1] negatives of group g. The first flagged groups are at or above the threshold. The scores must be
// probabilities. The point estimate and every resample go through this one function, so an interval can only be about
// the number it stands beside.
func (r *Ranking) measure(weight []uint32, flagged int) Values {
	var c Confusion
	var brier, ece, rows float64
	var gap float64 // in the current bin: sum of probabilities minus positives
	low := 2.0      // the current bin's lower edge, which belongs to the bin below
	for i := range r.groups {
		p, n := members(r.groups, weight, i)
		if i < flagged {
			c.TP += int(p)
			c.FP += int(n)
		} else {
			c.FN += int(p)
			c.TN += int(n)
		}
		s := r.groups[i].score
		brier += float64(p)*(1-s)*(1-s) + float64(n)*s*s
		if s <= low && low > 0 { // scores fall, so each bin is one stretch of groups
			ece += math.Abs(gap)
			gap, low = 0, edge(binOf(s, ECEBins), ECEBins)
		}
		gap += float64(p+n)*s - float64(p)
		rows += float64(p + n)
	}
	return Values{
		ROCAUC:           areaUnder(r.groups, weight),
		PRAUC:            averagePrecision(r.groups, weight),
		Accuracy:         c.Accuracy(),
		BalancedAccuracy: c.BalancedAccuracy(),
		Precision:        c.Precision(),
		Recall:           c.Recall(),
		F1:               c.F1(),
		FPR:              c.FPR(),
		MCC:              c.MCC(),
		Brier:            brier / rows,
		ECE:              (ece + math.Abs(gap)) / rows,
	}
}
