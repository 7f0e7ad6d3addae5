package score

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// fill puts a row given by name into the order of Inputs. The error names every column that is absent or of another kind.
func (m *Model) fill(num []float64, codes []int32, row map[string]any) error {
	bad := 0
	for i, name := range m.inputs.Numeric {
		value, there := row[name]
		v, ok := number(value)
		if !there || !ok {
			bad++
		}
		num[i] = v
	}
	for i, name := range m.inputs.Categorical {
		value, there := row[name]
		text, ok := category(value)
		if !there || !ok {
			bad++
		}
		if m.missing[text] {
			text = ""
		}
		codes[i] = m.codes[i][text]
	}
	if bad > 0 {
		return m.complain(row)
	}
	return nil
}

// complain lists what fill found wrong.
func (m *Model) complain(row map[string]any) error {
	var absent, mixed []string
	look := func(name, want string, ok func(any) bool) {
		value, there := row[name]
		switch {
		case !there:
			absent = append(absent, name)
		case !ok(value):
			mixed = append(mixed, fmt.Sprintf("%s is %T %.40v, want a %s", name, value, value, want))
		}
	}
	for _, name := range m.inputs.Numeric {
		look(name, "number", func(v any) bool { _, ok := number(v); return ok })
	}
	for _, name := range m.inputs.Categorical {
		look(name, "text", func(v any) bool { _, ok := category(v); return ok })
	}
	var problems []string
	if len(absent) > 0 {
		problems = append(problems, fmt.Sprintf("%d columns missing: %s (nil stands for a value that is not known)", len(absent), strings.Join(absent, ", ")))
	}
	if len(mixed) > 0 {
		problems = append(problems, fmt.Sprintf("%d of another kind: %s", len(mixed), strings.Join(mixed, "; ")))
	}
	return fmt.Errorf("%w: %s", ErrInput, strings.Join(problems, "; "))
}

// number reads the value of a numeric column; nil is missing.
func number(value any) (v float64, ok bool) {
	switch x := value.(type) {
	case nil:
		return math.NaN(), true
	case float64:
		return x, true
	case float32:
		return float64(x), true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case json.Number:
		v, err := x.Float64()
		return v, err == nil
	}
	if i, ok := integer(value); ok {
		return float64(i), true
	}
	u, ok := unsigned(value)
	return float64(u), ok
}

// category reads the value of a categorical column; nil and "" are missing.
func category(value any) (text string, ok bool) {
	switch x := value.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), true
	case json.Number:
		return x.String(), true
	case float64:
		return decimal(x, 64), true
	case float32:
		return decimal(float64(x), 32), true
	}
	if i, ok := integer(value); ok {
		return strconv.FormatInt(i, 10), true
	}
	if u, ok := unsigned(value); ok {
		return strconv.FormatUint(u, 10), true
	}
	return "", false
}

// decimal writes a number as a person does; NaN is missing.
func decimal(x float64, bits int) string {
	if x != x {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, bits)
}

func integer(value any) (int64, bool) {
	switch x := value.(type) {
	case int:
		return int64(x), true
	case int8:
		return int64(x), true
	case int16:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	}
	return 0, false
}

func unsigned(value any) (uint64, bool) {
	switch x := value.(type) {
	case uint:
		return uint64(x), true
	case uint8:
		return uint64(x), true
	case uint16:
		return uint64(x), true
	case uint32:
		return uint64(x), true
	case uint64:
		return x, true
	}
	return 0, false
}

// note reports every feature of a row without a value (missing) and every category that training never saw.
func (m *Model) note(num []float64, codes []int32, found func(column string, missing bool)) {
	for i := range m.absence {
		if m.absence[i].of(num) {
			found(m.absence[i].name, true)
		}
	}
	for i, code := range codes {
		switch code {
		case CodeMissing:
			found(m.inputs.Categorical[i], true)
		case CodeUnknown:
			found(m.inputs.Categorical[i], false)
		}
	}
}
