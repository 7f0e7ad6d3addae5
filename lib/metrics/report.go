package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Report is the evaluation of a binary detector on one set of rows, and the content of report.json.
type Report struct {
	Rows      int     `json:"rows"`
	Positives int     `json:"positives"`
	Threshold float64 `json:"threshold"`

	Metrics Values `json:"metrics"`
	// Intervals are 95 % bootstrap intervals by name of the metric; one that is undefined is absent.
	Intervals map[string]Interval `json:"intervals"`
	Confusion Confusion           `json:"confusion"`

	// Families are the attack families of the rows with label 1, most rows first. Benign rows are in FPR.
	Families []FamilyRecall `json:"families"`
	// RecallSeen and RecallUnseen are the recall over all rows of families that training rows had, and that they had not.
	// NaN (null in JSON) without such rows.
	RecallSeen   float64 `json:"-"`
	RecallUnseen float64 `json:"-"`

	Classes *ClassReport `json:"classes,omitempty"` // when the model tells more than two classes apart
}

// FamilyRecall is the recall of one attack family.
type FamilyRecall struct {
	Name   string  `json:"name"`
	Seen   bool    `json:"seen"` // training rows had it
	Rows   int     `json:"rows"`
	Recall float64 `json:"recall"`
}

// Input is what Evaluate measures. Slices have one entry per row and are not changed.
type Input struct {
	Score     []float64 // probability of a threat, 0..1
	Label     []int32   // 1 threat, 0 benign
	Threshold float64   // a row is flagged when its score is at or above it; 0 = 0.5

	Family       []int32  // attack family as index into Families, negative where unknown; nil = no families
	Families     []string // names
	SeenFamilies []string // those in the training rows; nil = not known, all count as seen

	Bootstrap  int  // resamples for the intervals; 0 = 1000, -1 = no intervals
	Stratified bool // see Bootstrap.Stratified
	Seed       int64
}

// Evaluate computes the report. Errors are ErrInput: lengths that differ, no rows, a score that is no probability, a label
// other than 0 and 1, a family index outside Families. One class is not an error: what it leaves undefined is NaN.
// Determinism: the same input gives the same report.
func Evaluate(in Input) (*Report, error) {
	ranking, err := Rank(in.Score, in.Label)
	if err != nil {
		return nil, err
	}
	if err := checkProb(in.Score); err != nil {
		return nil, err
	}
	if t := in.Threshold; t-t != 0 {
		return nil, fmt.Errorf("metrics: evaluate: %w: threshold %v, want a finite number", ErrInput, t)
	}
	if in.Threshold == 0 {
		in.Threshold = 0.5
	}
	flagged := ranking.flagged(in.Threshold)
	r := &Report{
		Rows: ranking.Rows(), Positives: ranking.Positives(), Threshold: in.Threshold,
		Metrics:   ranking.measure(nil, flagged),
		Intervals: map[string]Interval{},
		Confusion: ranking.after(flagged),
	}
	if err := r.addFamilies(in); err != nil {
		return nil, err
	}
	if in.Bootstrap >= 0 {
		opt := Bootstrap{Replicates: in.Bootstrap, Seed: in.Seed, Stratified: in.Stratified}
		if r.Intervals, err = ranking.Bootstrap(in.Threshold, opt); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// addFamilies counts the flagged rows of each attack family.
func (r *Report) addFamilies(in Input) error {
	r.Families = []FamilyRecall{}
	r.RecallSeen, r.RecallUnseen = math.NaN(), math.NaN()
	if in.Family == nil {
		return nil
	}
	if len(in.Family) != len(in.Label) {
		return fmt.Errorf("metrics: evaluate: %w: %d families for %d rows", ErrInput, len(in.Family), len(in.Label))
	}
	rows, caught := make([]int, len(in.Families)), make([]int, len(in.Families))
	for i, f := range in.Family {
		if int(f) >= len(in.Families) {
			return fmt.Errorf("metrics: evaluate: %w: family %d in row %d, there are %d", ErrInput, f, i, len(in.Families))
		}
		if f < 0 || in.Label[i] != 1 {
			continue
		}
		rows[f]++
		if in.Score[i] >= in.Threshold {
			caught[f]++
		}
	}
	var total, hit [2]int // by seen
	for f, name := range in.Families {
		if rows[f] == 0 {
			continue
		}
		seen := in.SeenFamilies == nil || slices.Contains(in.SeenFamilies, name)
		r.Families = append(r.Families, FamilyRecall{Name: name, Seen: seen, Rows: rows[f], Recall: ratio(float64(caught[f]), float64(rows[f]))})
		k := 0
		if seen {
			k = 1
		}
		total[k] += rows[f]
		hit[k] += caught[f]
	}
	r.RecallUnseen = float64(hit[0]) / float64(total[0]) // 0/0 is NaN
	r.RecallSeen = float64(hit[1]) / float64(total[1])
	slices.SortStableFunc(r.Families, func(a, b FamilyRecall) int {
		if a.Rows != b.Rows {
			return b.Rows - a.Rows
		}
		return strings.Compare(a.Name, b.Name)
	})
	return nil
}

// reportJSON adds the members that may be null.
type reportJSON struct {
	*plainReport
	RecallSeen   *float64 `json:"recall_seen"`
	RecallUnseen *float64 `json:"recall_unseen"`
}

type plainReport Report

// MarshalJSON writes report.json's members; an undefined metric is null.
func (r Report) MarshalJSON() ([]byte, error) {
	plain := plainReport(r)
	return json.Marshal(reportJSON{&plain, nullable(r.RecallSeen), nullable(r.RecallUnseen)})
}

// UnmarshalJSON is the inverse.
func (r *Report) UnmarshalJSON(text []byte) error {
	read := reportJSON{plainReport: (*plainReport)(r)}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	r.RecallSeen, r.RecallUnseen = orNaN(read.RecallSeen), orNaN(read.RecallUnseen)
	return nil
}

// String returns the report as text for a terminal: metrics with intervals, the confusion matrix, and the families.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows, %d threats (%.1f %%), threshold %.4g\n\n", r.Rows, r.Positives,
		100*ratio(float64(r.Positives), float64(r.Rows)), r.Threshold)
	for _, f := range r.Metrics.fields() {
		fmt.Fprintf(&b, "%-18s%7s", f.name, digits4(*f.value))
		if iv, ok := r.Intervals[f.name]; ok {
			fmt.Fprintf(&b, "   %s .. %s", digits4(iv[0]), digits4(iv[1]))
		}
		b.WriteByte('\n')
	}
	for _, s := range []struct {
		name  string
		value float64
	}{{"recall_seen", r.RecallSeen}, {"recall_unseen", r.RecallUnseen}} {
		if s.value == s.value {
			fmt.Fprintf(&b, "%-18s%7s\n", s.name, digits4(s.value))
		}
	}
	c := r.Confusion
	w := len(fmt.Sprint(max(c.TN, c.FP, c.FN, c.TP, 1e6)))
	fmt.Fprintf(&b, "\n%-18s%*s  %*s\n", "", w, "benign", w, "flagged")
	fmt.Fprintf(&b, "%-18s%*d  %*d\n%-18s%*d  %*d\n", "truly benign", w, c.TN, w, c.FP, "truly a threat", w, c.FN, w, c.TP)
	if len(r.Families) > 0 {
		width := len("family")
		for _, f := range r.Families {
			width = max(width, len(f.Name))
		}
		fmt.Fprintf(&b, "\n%-*s  %8s  %6s\n", width, "family", "rows", "recall")
		for _, f := range r.Families {
			mark := ""
			if !f.Seen {
				mark = "  unseen"
			}
			fmt.Fprintf(&b, "%-*s  %8d  %6.4f%s\n", width, f.Name, f.Rows, f.Recall, mark)
		}
	}
	if r.Classes != nil {
		b.WriteString("\n" + r.Classes.String())
	}
	return b.String()
}

// digits4 prints a metric, or - where it is undefined.
func digits4(v float64) string {
	if v != v {
		return "-"
	}
	return fmt.Sprintf("%.4f", v)
}
