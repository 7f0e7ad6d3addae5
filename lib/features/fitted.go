package features

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jamba-threat/jamba/lib/data"
)

// errUnfitted answers a zero Fitted, which only a declaration can make.
var errUnfitted = errors.New("nothing is fitted: use Fit, Open or json.Unmarshal")

// Fitted turns tables and rows into numbers, with what Fit learned from the training rows. Its JSON is its State, exact
// to the last bit. It does not change after it is made and may be used by many goroutines.
type Fitted struct {
	state   State
	scalers []*scaler          // per numeric feature
	plans   []plan             // per numeric feature
	sources []string           // numeric columns of the table
	rolling []*NumericState    // rolling means, which follow the sources among the inputs
	codes   []map[string]int32 // per categorical feature
}

// Open returns the Fitted of a state, for example one read from a model file. It checks every value; a state that no
// Fit would produce is an error.
func Open(s State) (*Fitted, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	f := &Fitted{state: s.clone()}
	if err := f.compilePlans(); err != nil {
		return nil, err
	}
	f.scalers = make([]*scaler, len(f.state.Numeric))
	parallel(len(f.scalers), func(i int) {
		f.scalers[i] = newScaler(&f.state.Numeric[i], f.state.Config)
	})
	for i := range f.state.Categorical {
		categories := f.state.Categorical[i].Categories
		codes := make(map[string]int32, len(categories)+1)
		codes[""] = CodeMissing
		for k, v := range categories {
			codes[v] = firstCode + int32(k)
		}
		f.codes = append(f.codes, codes)
	}
	return f, nil
}

// compilePlans resolves the columns behind each numeric feature to positions among the inputs.
func (f *Fitted) compilePlans() error {
	input := map[string]int{}
	for i := range f.state.Numeric {
		if n := &f.state.Numeric[i]; n.Derive == nil {
			input[n.Name] = len(f.sources)
			f.sources = append(f.sources, n.Name)
		}
	}
	for i := range f.state.Numeric {
		n := &f.state.Numeric[i]
		if n.Derive == nil {
			f.plans = append(f.plans, plan{a: input[n.Name]})
			continue
		}
		if err := n.Derive.validate(); err != nil {
			return fmt.Errorf("features: open: derived feature %q: %w", n.Name, err)
		}
		for _, c := range n.Derive.Columns {
			if _, ok := input[c]; !ok {
				return fmt.Errorf("features: open: derived feature %q needs %q, which is not a numeric column", n.Name, c)
			}
		}
		if n.Derive.Op == OpRollingMean {
			f.plans = append(f.plans, plan{a: len(f.sources) + len(f.rolling)})
			f.rolling = append(f.rolling, n)
			continue
		}
		f.plans = append(f.plans, plan{op: n.Derive.Op, a: input[n.Derive.Columns[0]], b: input[n.Derive.Columns[len(n.Derive.Columns)-1]]})
	}
	return nil
}

// State returns a copy of everything that was learned.
func (f *Fitted) State() State { return f.state.clone() }

// Config returns the resolved configuration of the fit.
func (f *Fitted) Config() Config { return f.state.Config.clone() }

// Spec returns the names, bin edges and sizes of the features, in the order of the columns of a Matrix.
func (f *Fitted) Spec() Spec {
	s := f.state.clone()
	spec := Spec{Numeric: make([]NumericSpec, len(s.Numeric)), Categorical: make([]CategoricalSpec, len(s.Categorical))}
	for i, n := range s.Numeric {
		spec.Numeric[i] = NumericSpec{Name: n.Name, Edges: n.Edges}
	}
	for i, c := range s.Categorical {
		spec.Categorical[i] = CategoricalSpec{Name: c.Name, Size: len(c.Categories) + int(firstCode)}
	}
	return spec
}

// Columns returns the columns that a table must have, for data.Schema.Columns.
func (f *Fitted) Columns() []data.ColumnSpec {
	var out []data.ColumnSpec
	for _, name := range f.sources {
		out = append(out, data.ColumnSpec{Name: name, Kind: data.Numeric})
	}
	for i := range f.state.Categorical {
		out = append(out, data.ColumnSpec{Name: f.state.Categorical[i].Name, Kind: data.Categorical})
	}
	return out
}

// MarshalJSON writes the state. Numbers are written so that they are read back exactly.
func (f *Fitted) MarshalJSON() ([]byte, error) {
	if f.plans == nil && f.codes == nil {
		return nil, fmt.Errorf("features: save: %w", errUnfitted)
	}
	return json.Marshal(f.state)
}

// UnmarshalJSON reads a state and checks it as Open does. On error f is unchanged.
func (f *Fitted) UnmarshalJSON(text []byte) error {
	// The version comes first: the fields of a newer layout would otherwise be reported as unknown.
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("features: open: %w", err)
	}
	s := State{Version: head.Version}
	if head.Version == StateVersion {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return fmt.Errorf("features: open: %w", err)
		}
	}
	opened, err := Open(s)
	if err != nil {
		return err
	}
	*f = *opened
	return nil
}
