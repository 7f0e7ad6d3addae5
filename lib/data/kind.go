package data

import "fmt"

// String returns "auto", "numeric" or "categorical".
func (k Kind) String() string {
	switch k {
	case Auto:
		return "auto"
	case Numeric:
		return "numeric"
	case Categorical:
		return "categorical"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes the kind as its name, so that JSON and YAML hold a word and not a number.
func (k Kind) MarshalText() ([]byte, error) {
	if k > Categorical {
		return nil, schemaErrorf("schema: %v is no kind of column", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads "numeric", "categorical", or "auto" ("" is auto).
func (k *Kind) UnmarshalText(text []byte) error {
	switch string(text) {
	case "auto", "":
		*k = Auto
	case "numeric":
		*k = Numeric
	case "categorical":
		*k = Categorical
	default:
		return schemaErrorf("schema: kind %q is unknown: give numeric, categorical or auto", clip(string(text)))
	}
	return nil
}
