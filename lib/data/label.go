package data

import (
	"slices"
	"strconv"
	"strings"
)

// Class names of a binary table, by index.
const (
	Benign = "benign" // class 0
	Threat = "threat" // class 1
)

// labeller turns label values into class indices by the rules of a Schema.
type labeller struct {
	schema             *Schema
	classes            []string
	positive, negative map[string]bool
	byCode             []int32 // class of each code of the label column, Missing where the value is no class
}

func newLabeller(s *Schema) *labeller {
	lb := &labeller{schema: s}
	if !s.Multiclass {
		lb.classes = []string{Benign, Threat}
	}
	lb.positive, lb.negative = labelSet(s.Positive), labelSet(s.Negative)
	return lb
}

func labelSet(values []string) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[canonicalLabel(v)] = true
	}
	return set
}

// canonicalLabel makes different spellings of one label value equal: case, blanks around it, and 1, 1.0 and 1e0.
func canonicalLabel(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return v
}

// extend gives classes to the values whose codes are new since the last call.
func (lb *labeller) extend(values []string) {
	for code := len(lb.byCode); code < len(values); code++ {
		lb.byCode = append(lb.byCode, lb.class(values[code]))
	}
}

// class returns the class of a label value, or Missing when the schema knows none.
func (lb *labeller) class(value string) int32 {
	if lb.schema.Multiclass {
		lb.classes = append(lb.classes, value) // called once per distinct value
		return int32(len(lb.classes) - 1)
	}
	v := canonicalLabel(value)
	positive, negative := lb.positive[v], lb.negative[v]
	switch {
	case positive:
		return 1
	case negative:
		return 0
	case len(lb.positive) > 0 && len(lb.negative) > 0:
		return Missing
	case len(lb.negative) > 0:
		return 1
	case len(lb.positive) > 0:
		return 0
	}
	switch v {
	case "0", "false", "benign", "normal", "clean":
		return 0
	case "1", "true", "threat", "attack", "anomaly", "malicious":
		return 1
	}
	return Missing
}

// unknown is the error for label values that are no class: line and value of the first, and every value seen so far,
// which is what one needs to write Positive and Negative.
func (lb *labeller) unknown(file, place, column, value string, seen []string) error {
	way := `name the classes in the schema's positive and negative values, or set multiclass`
	if len(lb.positive) > 0 || len(lb.negative) > 0 {
		way = `it is in neither the schema's positive nor its negative values: list it in one, or give only one of the two`
	}
	sorted := slices.Sorted(slices.Values(seen))
	return schemaErrorf("read: %s:%s: label column %q: %q is neither of two classes; %s (values so far: %s)",
		file, place, column, clip(value), way, quoteList(sorted, 12))
}

// Benign returns the index of the class that means no threat: one that Negative lists, or one of a usual name; -1 when
// there is none. Training and scoring both ask here, so that they cannot disagree.
func (s Schema) Benign(classes []string) int {
	return slices.IndexFunc(classes, func(name string) bool {
		return slices.Contains(s.Negative, name) || slices.Contains([]string{"benign", "normal", "clean"}, strings.ToLower(name))
	})
}
