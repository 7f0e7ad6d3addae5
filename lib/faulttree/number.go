package faulttree

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// Number is a float64 that JSON can carry in every case: not-a-number is null, the infinities are the strings "Infinity"
// and "-Infinity".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	x := float64(n)
	switch {
	case math.IsNaN(x):
		return []byte("null"), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	}
	return strconv.AppendFloat(nil, x, 'g', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	switch s := string(text); s {
	case "null":
		*n = Number(math.NaN())
	case `"Infinity"`:
		*n = Number(math.Inf(1))
	case `"-Infinity"`:
		*n = Number(math.Inf(-1))
	default:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("faulttree: %s is not a number", s)
		}
		*n = Number(x)
	}
	return nil
}

// String returns the number with six significant digits.
func (n Number) String() string {
	if math.IsNaN(float64(n)) {
		return "-"
	}
	return strconv.FormatFloat(float64(n), 'g', 6, 64)
}

// Count is a number of cut sets. In JSON it is a number up to 2^53 and a decimal string above, because many readers of
// JSON keep numbers as doubles.
type Count struct{ big.Int }

// MarshalJSON implements json.Marshaler.
func (c *Count) MarshalJSON() ([]byte, error) {
	text := c.Int.String()
	if c.IsUint64() && c.Uint64() <= 1<<53 {
		return []byte(text), nil
	}
	return []byte(`"` + text + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Count) UnmarshalJSON(text []byte) error {
	s := string(text)
	if len(s) >= 2 && s[0] == '"' {
		s = s[1 : len(s)-1]
	}
	if _, ok := c.SetString(s, 10); !ok {
		return fmt.Errorf("faulttree: %s is not a whole number", text)
	}
	return nil
}
