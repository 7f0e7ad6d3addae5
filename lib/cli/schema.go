package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
)

// schemaFlags say what the columns of a data file mean.
type schemaFlags struct {
	schema             string
	target             string
	group, time        string
	positive, negative []string
	drop               []string
	multiclass         bool
}

func (s *schemaFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.schema, "schema", "", "what the columns mean: "+strings.Join(data.SchemaNames(), ", ")+" or a JSON file")
	f.StringVar(&s.target, "target", "", "label column (default is_threat, or that of the schema)")
	f.StringSliceVar(&s.positive, "positive", nil, "label values that mean a threat (default: 1, true, attack, ...; see --negative)")
	f.StringSliceVar(&s.negative, "negative", nil, "label values that mean no threat; every other then is one")
	f.StringVar(&s.group, "group", "", "column whose rows stay together under --split group (host, session); not a feature")
	f.StringVar(&s.time, "time", "", "column with the time of a row (default timestamp, or that of the schema); not a feature")
	f.StringSliceVar(&s.drop, "drop", nil, "columns that are not features, for example because they leak the label")
	f.BoolVar(&s.multiclass, "multiclass", false, "tell the label's values apart instead of threat or not")
}

const (
	defaultTarget = "is_threat" // of the seed document
	defaultTime   = "timestamp"
)

// sidecar is the schema file beside a data file. `jamba generate` writes it, and training and evaluation look for it, so
// that a column that gives the label away cannot become a feature by being forgotten.
func sidecar(path string) string { return path + ".schema.json" }

// resolve returns the schema of a training file: --schema, else the file beside the data, else label is_threat and time
// timestamp; --target, --group, --time, --positive, --negative, --drop and --multiclass are laid over it.
func (s *schemaFlags) resolve(a *app, dataPath string) (threat.Schema, error) {
	schema := threat.Schema{Label: defaultTarget, Time: defaultTime}
	beside := sidecar(dataPath)
	switch _, err := os.Stat(beside); {
	case slices.Contains(data.SchemaNames(), s.schema):
		named, err := threat.NamedSchema(s.schema)
		if err != nil {
			return schema, err
		}
		schema = named
	case s.schema != "":
		read, err := readSchema(s.schema)
		if err != nil {
			return schema, err
		}
		schema = read
	case err == nil:
		read, err := readSchema(beside)
		if err != nil {
			return schema, err
		}
		schema = read
		a.note("schema: %s", beside)
	}
	return s.over(schema)
}

// over lays the single flags over a schema.
func (s *schemaFlags) over(schema threat.Schema) (threat.Schema, error) {
	if s.target != "" {
		schema.Label = s.target
	}
	if s.group != "" {
		schema.Group = s.group
	}
	if s.time != "" {
		schema.Time = s.time
	}
	schema.Drop = append(slices.Clone(schema.Drop), s.drop...)
	schema.Columns = slices.DeleteFunc(slices.Clone(schema.Columns), func(c data.ColumnSpec) bool {
		return slices.Contains(s.drop, c.Name) || slices.Contains([]string{schema.Label, schema.Group, schema.Time}, c.Name)
	})
	if s.positive != nil || s.negative != nil {
		schema.Multiclass, schema.Positive, schema.Negative = false, s.positive, s.negative
	}
	if s.multiclass {
		if s.positive != nil || s.negative != nil {
			return schema, usagef("--multiclass keeps every label value as a class, so it excludes --positive and --negative")
		}
		schema.Multiclass, schema.Positive, schema.Negative = true, nil, nil
	}
	return schema, schema.Validate()
}

func readSchema(path string) (threat.Schema, error) {
	file, err := os.Open(path)
	if err != nil {
		return threat.Schema{}, withHint(inputError(fmt.Errorf("schema: %w", err)), "the ready schemas are %s; any other is the path of a JSON file", strings.Join(data.SchemaNames(), " and "))
	}
	defer file.Close()
	schema, err := data.DecodeSchema(file)
	if err != nil {
		return schema, inputError(fmt.Errorf("%s: %w", path, err))
	}
	return schema, nil
}

// writeSidecar writes the schema of a data file beside it.
func writeSidecar(path string, schema threat.Schema) error {
	return writeJSON(sidecar(path), schema)
}
