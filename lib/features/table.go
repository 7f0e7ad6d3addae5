package features

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamba-threat/jamba/lib/data"
)

// ErrColumns is wrapped by the errors about tables whose columns are not those that were fitted, or are malformed.
var ErrColumns = errors.New("columns do not match")

// checkTable refuses a table that was not put together by a reader's rules, so that nothing after it can go wrong.
func checkTable(t *data.Table) error {
	if t == nil {
		return fmt.Errorf("%w: the table is nil", ErrColumns)
	}
	rows, seen := t.Rows(), make(map[string]bool, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Name == "" || seen[c.Name] {
			return fmt.Errorf("%w: %s: column name %q is empty or used twice", ErrColumns, t.Name, c.Name)
		}
		seen[c.Name] = true
		if c.Kind != data.Numeric && c.Kind != data.Categorical {
			return fmt.Errorf("%w: %s: column %q is neither numeric nor categorical", ErrColumns, t.Name, c.Name)
		}
		if c.Len() != rows {
			return fmt.Errorf("%w: %s: column %q has %d rows, the first column %d", ErrColumns, t.Name, c.Name, c.Len(), rows)
		}
		for row, code := range c.Code {
			if code < data.Missing || int(code) >= len(c.Dict) {
				return fmt.Errorf("%w: %s: row %d of column %q has code %d, outside its dictionary of %d", ErrColumns, t.Name, row, c.Name, code, len(c.Dict))
			}
		}
	}
	if t.Time != nil && len(t.Time) != rows || t.Group != nil && len(t.Group) != rows {
		return fmt.Errorf("%w: %s: the times or groups are not one per row (%d rows)", ErrColumns, t.Name, rows)
	}
	return nil
}

// match finds the columns that f needs in t. Its error names everything that is wrong at once.
func (f *Fitted) match(t *data.Table) (numeric, categorical []*data.Column, err error) {
	var absent, mixed []string
	find := func(name string, kind data.Kind, is, want string) *data.Column {
		c := t.Column(name)
		switch {
		case c == nil:
			absent = append(absent, name)
		case c.Kind != kind:
			mixed = append(mixed, fmt.Sprintf("%s is %s, was %s in training", name, is, want))
		}
		return c
	}
	for _, name := range f.sources {
		numeric = append(numeric, find(name, data.Numeric, "categorical", "numeric"))
	}
	for i := range f.state.Categorical {
		categorical = append(categorical, find(f.state.Categorical[i].Name, data.Categorical, "numeric", "categorical"))
	}
	var problems []string
	if len(absent) > 0 {
		problems = append(problems, fmt.Sprintf("%d missing: %s", len(absent), strings.Join(absent, ", ")))
	}
	if len(mixed) > 0 {
		problems = append(problems, fmt.Sprintf("%d of another kind: %s", len(mixed), strings.Join(mixed, ", ")))
	}
	if problems != nil {
		return nil, nil, fmt.Errorf("%w: %s: %s (read the file with the schema of the training data)", ErrColumns, t.Name, strings.Join(problems, "; "))
	}
	return numeric, categorical, nil
}
