package threat

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrConfig marks an error about a configuration: a file that does not parse, an unknown key, a value out of range.
var ErrConfig = errors.New("threat: config")

// Setting is one value of a configuration under its dotted key, with the place that gave it.
type Setting struct {
	Key string `json:"key"` // see ConfigKeys
	// Value is JSON text. Words may stand without quotes, so that what a person types after --set works as well.
	Value string `json:"value"`
	// Origin begins every message about the value: "flows.yaml:3:5", "--epochs", "JAMBA_SEED". It may be empty.
	Origin string `json:"origin"`
}

// ConfigError lists everything that is wrong with a configuration, one line for each problem, in the order of the
// settings. It wraps ErrConfig.
type ConfigError struct {
	Problems []string
}

// Error returns one line for each problem.
func (e *ConfigError) Error() string { return strings.Join(e.Problems, "\n") }

// Unwrap makes errors.Is see ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }

// ReadConfig reads a configuration file in YAML or JSON. What the file does not set has its default.
//
// The keys are those of Config's JSON, nested; the seed document's flat keys (hidden_dim, n_heads, batch_size, ...) are
// taken at the top level. A key that does not exist, is given twice or has a value of the wrong type, and a value that
// is out of range or not a finite number are errors with file:line:column; all of them are reported at once, as a
// *ConfigError. A file that cannot be read is an error that wraps the system's.
func ReadConfig(path string) (Config, error) {
	text, err := readConfigText(path)
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(path, text)
}

// ReadSettings reads the settings of a configuration file without applying them, for a caller who has others to lay
// over them. Errors are those of ReadConfig, except that values are not judged before Apply.
func ReadSettings(path string) ([]Setting, error) {
	text, err := readConfigText(path)
	if err != nil {
		return nil, err
	}
	return ParseSettings(path, text)
}

// maxConfigBytes bounds a configuration file; a data file given by mistake must not be parsed to its end.
const maxConfigBytes = 1 << 20

func readConfigText(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("threat: config: %w", err)
	}
	if info.IsDir() {
		return nil, &ConfigError{[]string{fmt.Sprintf("%s: is a folder, want a file in YAML or JSON", path)}}
	}
	if info.Size() > maxConfigBytes {
		return nil, &ConfigError{[]string{fmt.Sprintf("%s: has %d bytes, which is no configuration; at most %d are read", path, info.Size(), maxConfigBytes)}}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("threat: config: %w", err)
	}
	return text, nil
}

// ParseConfig is ReadConfig for text; name stands for the file in messages.
func ParseConfig(name string, text []byte) (Config, error) {
	settings, err := ParseSettings(name, text)
	if err != nil {
		// Values are judged even where a key is wrong, so that one look is enough to correct the file.
		_, more := DefaultConfig().Apply(settings...)
		return Config{}, joinConfigErrors(err, more)
	}
	return DefaultConfig().Apply(settings...)
}

// joinConfigErrors is one *ConfigError with the problems of all.
func joinConfigErrors(errs ...error) error {
	all := &ConfigError{}
	for _, err := range errs {
		var list *ConfigError
		switch {
		case errors.As(err, &list):
			all.Problems = append(all.Problems, list.Problems...)
		case err != nil:
			return err
		}
	}
	if all.Problems == nil {
		return nil
	}
	return all
}

// ParseSettings is ReadSettings for text. With an error it still returns the settings that it understood.
func ParseSettings(name string, text []byte) ([]Setting, error) {
	var root *configNode
	var err error
	if trimmed := strings.TrimLeft(string(text), " \t\r\n\ufeff"); strings.HasPrefix(trimmed, "{") {
		root, err = parseJSON(name, text)
	} else {
		root, err = parseYAML(name, text)
	}
	if err != nil {
		return nil, err
	}
	f := &flattener{name: name, first: map[string]*configNode{}}
	if root != nil {
		f.section("", configTree(), root)
	}
	if f.problems != nil {
		return f.settings, &ConfigError{f.problems}
	}
	return f.settings, nil
}

// flatKeys are the seed document's top-level keys that live in a section here. The others, version and input_dim, are
// where they were.
var flatKeys = map[string]string{
	"hidden_dim": "model.hidden_dim", "output_dim": "model.output_dim", "dropout_rate": "model.dropout_rate",
	"n_heads": "model.n_heads", "feature_layers": "model.feature_layers",
	"batch_size": "train.batch_size", "learning_rate": "train.learning_rate", "epochs": "train.epochs",
}

// flattener turns the tree of a file into settings.
type flattener struct {
	name     string
	settings []Setting
	first    map[string]*configNode // where each key was given first
	problems []string
}

func (f *flattener) problem(n *configNode, format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf("%s:%d:%d: ", f.name, n.line, n.column)+fmt.Sprintf(format, args...))
}

// section takes the keys of one section; prefix is "" or ends in a dot.
func (f *flattener) section(prefix string, want *configField, n *configNode) {
	if n.kind != objectNode {
		where := "the file"
		if prefix != "" {
			where = strings.TrimSuffix(prefix, ".")
		}
		f.problem(n, "%s holds keys (%s), not %s", where, listKeys(want), n.describe())
		return
	}
	for _, entry := range n.entries {
		key := prefix + entry.name
		field := want.child(entry.name)
		if flat, ok := flatKeys[key]; ok && field == nil {
			key, field = flat, configTree().find(flat)
		}
		if field == nil {
			f.problem(entry.key, "unknown key %q; %s", key, suggest(prefix, entry.name, want))
			continue
		}
		if before := f.first[key]; before != nil {
			f.problem(entry.key, "%s is given twice, first at line %d", key, before.line)
			continue
		}
		f.first[key] = entry.key
		if field.children != nil {
			f.section(key+".", field, entry.value)
			continue
		}
		f.leaf(key, field, entry.value)
	}
}

func (f *flattener) leaf(key string, field *configField, n *configNode) {
	if err := field.fits(n); err != nil {
		f.problem(n, "%s %v", key, err)
		return
	}
	f.settings = append(f.settings, Setting{Key: key, Value: n.json(), Origin: fmt.Sprintf("%s:%d:%d", f.name, n.line, n.column)})
}
