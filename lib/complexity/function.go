package complexity

import "math"

// Function is what is known about one function, method, or literal that is the value of a package-level variable.
type Function struct {
	Package  string `json:"package"`  // import path, or what is known of it without a go.mod
	File     string `json:"file"`     // slash-separated, as reached from the folder of the analysis
	Line     int    `json:"line"`     // of the word func, from 1
	Function string `json:"function"` // Name, (T).Name or (*T).Name; type parameters are left out

	Cyclomatic           int      `json:"cyclomatic"`
	Cognitive            int      `json:"cognitive"`
	Halstead             Halstead `json:"halstead"`
	MaintainabilityIndex int      `json:"maintainability_index"` // 0..100, higher is better
	Lines                int      `json:"lines"`
	Nesting              int      `json:"nesting"`

	clause           string // name in the package clause: a folder can hold several packages
	cognitiveIgnored bool   // //gocognit:ignore
	self             string // name among the functions of the package
	calls            map[string]bool
}

// Halstead is the size of a text in operators and operands (Halstead 1977). In JSON the distinct ones are n1 and n2, all
// of them N1 and N2.
type Halstead struct {
	DistinctOperators int `json:"n1"`
	DistinctOperands  int `json:"n2"`
	Operators         int `json:"N1"`
	Operands          int `json:"N2"`

	Volume     float64 `json:"volume"`     // bits: length times the logarithm to base 2 of the vocabulary
	Difficulty float64 `json:"difficulty"` // n1/2 * N2/n2; 0 without operands
	Effort     float64 `json:"effort"`     // difficulty times volume
}

// newHalstead derives the measures from the counts.
func newHalstead(distinctOperators, distinctOperands, operators, operands int) Halstead {
	h := Halstead{DistinctOperators: distinctOperators, DistinctOperands: distinctOperands, Operators: operators, Operands: operands}
	if n := h.Vocabulary(); n > 0 {
		h.Volume = float64(h.Length()) * math.Log2(float64(n))
	}
	if distinctOperands > 0 {
		h.Difficulty = float64(distinctOperators) / 2 * float64(operands) / float64(distinctOperands)
	}
	h.Effort = h.Difficulty * h.Volume
	return h
}

// Vocabulary is the number of distinct operators and operands.
func (h Halstead) Vocabulary() int { return h.DistinctOperators + h.DistinctOperands }

// Length is the number of operators and operands.
func (h Halstead) Length() int { return h.Operators + h.Operands }

// EstimatedLength is the length that the vocabulary lets expect: n1 log2 n1 + n2 log2 n2.
func (h Halstead) EstimatedLength() float64 {
	part := func(n int) float64 {
		if n == 0 {
			return 0
		}
		return float64(n) * math.Log2(float64(n))
	}
	return part(h.DistinctOperators) + part(h.DistinctOperands)
}

// Seconds is the time to write the text that the effort lets expect: 18 decisions a second.
func (h Halstead) Seconds() float64 { return h.Effort / 18 }

// Bugs is the number of faults that the volume lets expect: one in 3000 bits.
func (h Halstead) Bugs() float64 { return h.Volume / 3000 }

// Risk says what a cyclomatic complexity means: "low" to 10, "moderate" to 20, "high" to 50, then "very high".
//
// Source: Software Engineering Institute, C4 Software Technology Reference Guide, 1997.
func Risk(cyclomatic int) string {
	switch {
	case cyclomatic <= 10:
		return "low"
	case cyclomatic <= 20:
		return "moderate"
	case cyclomatic <= 50:
		return "high"
	}
	return "very high"
}
