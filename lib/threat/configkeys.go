package threat

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// configField is a key of the configuration: a section with children, or a value.
type configField struct {
	key      string // dotted, from the top
	name     string // its last part
	index    []int  // of the field in Config, for reflect
	kind     reflect.Kind
	children []*configField // nil for a value
}

// configTree describes the keys of Config as its JSON tags name them.
func configTree() *configField {
	return &configField{children: configFields("", nil, reflect.TypeFor[Config]())}
}

func configFields(prefix string, index []int, t reflect.Type) []*configField {
	fields := []*configField{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		c := &configField{key: prefix + name, name: name, index: append(slices.Clone(index), i), kind: f.Type.Kind()}
		if c.kind == reflect.Struct {
			c.children = configFields(c.key+".", c.index, f.Type)
		}
		fields = append(fields, c)
	}
	return fields
}

func (c *configField) child(name string) *configField {
	for _, f := range c.children {
		if f.name == name {
			return f
		}
	}
	return nil
}

// find returns the key's field, or nil.
func (c *configField) find(key string) *configField {
	for _, part := range strings.Split(key, ".") {
		if c = c.child(part); c == nil {
			return nil
		}
	}
	return c
}

// values lists the keys that are no sections, in the order of Config.
func (c *configField) values() []*configField {
	if c.children == nil {
		return []*configField{c}
	}
	var all []*configField
	for _, f := range c.children {
		all = append(all, f.values()...)
	}
	return all
}

// trainSeed is in the JSON of a resolved configuration, but always follows seed: nobody is to set it.
const trainSeed = "train.seed"

// ConfigKeys lists the keys that Set and configuration files take, "seed" or "model.members", in the order of Config.
// Each key is also an environment variable of the jamba command: JAMBA_MODEL_MEMBERS.
func ConfigKeys() []string {
	var keys []string
	for _, f := range configTree().values() {
		if f.key != trainSeed {
			keys = append(keys, f.key)
		}
	}
	return keys
}

// Get returns the value under a key as JSON text; an unknown key is an error.
func (c Config) Get(key string) (string, error) {
	f := configTree().find(key)
	if f == nil || f.children != nil {
		return "", &ConfigError{[]string{fmt.Sprintf("unknown key %q; %s", key, suggest("", key, configTree()))}}
	}
	text, err := json.Marshal(reflect.ValueOf(c).FieldByIndex(f.index).Interface())
	if err != nil {
		return "", &ConfigError{[]string{fmt.Sprintf("%s: %v", key, strings.TrimPrefix(err.Error(), "json: "))}}
	}
	return string(text), nil
}

// wants says in words what a value of the field looks like.
func (c *configField) wants() string {
	switch c.kind {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	}
	return "a list"
}

// fits judges the type of a value in a file; its content is judged when it is applied.
func (c *configField) fits(n *configNode) error {
	ok := false
	switch c.kind {
	case reflect.Int, reflect.Int64, reflect.Float64:
		ok = n.kind == numberNode
	case reflect.Bool:
		ok = n.kind == boolNode
	case reflect.String:
		ok = n.kind == textNode || n.kind == numberNode // version: 1.0 without quotes
	default:
		ok = n.kind == listNode
	}
	if !ok {
		return fmt.Errorf("is %s, want %s", n.describe(), c.wants())
	}
	return nil
}

// set puts a value, as JSON text or a bare word, into its field.
func (c *configField) set(cfg *Config, value string) error {
	v := reflect.ValueOf(cfg).Elem().FieldByIndex(c.index)
	wrong := fmt.Errorf("is %s, want %s", clipValue(value), c.wants())
	switch c.kind {
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, v.Type().Bits())
		if err != nil {
			// 1e4 and 30.0 are whole numbers, too, as long as a float holds them exactly.
			x, ferr := strconv.ParseFloat(value, 64)
			if ferr != nil || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
				return wrong
			}
			n = int64(x)
		}
		v.SetInt(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(value, 64)
		yamlWord := strings.TrimLeft(strings.ToLower(value), "+-")
		if math.IsNaN(x) || math.IsInf(x, 0) || yamlWord == ".nan" || yamlWord == ".inf" {
			return fmt.Errorf("is %s, want a finite number", clipValue(value))
		}
		if err != nil {
			return wrong
		}
		v.SetFloat(x)
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return wrong
		}
		v.SetBool(b)
	case reflect.String:
		var text string
		if json.Unmarshal([]byte(value), &text) != nil || value == "null" {
			text = value
		}
		v.SetString(text)
	default:
		dec := json.NewDecoder(strings.NewReader(value))
		dec.DisallowUnknownFields()
		list := reflect.New(v.Type())
		if err := dec.Decode(list.Interface()); err != nil || dec.More() {
			return fmt.Errorf("is %s, want %s", clipValue(value), listForm(v.Type()))
		}
		v.Set(list.Elem())
	}
	return nil
}

// listForm shows what a list of the type looks like.
func listForm(t reflect.Type) string {
	if t.Elem().Kind() == reflect.Array {
		return `a list of pairs such as [["bytes_out", "bytes_in"]]`
	}
	return `a list such as [{"column": "bytes_out", "rows": 10}] (or seconds instead of rows)`
}

func clipValue(v string) string {
	if v == "" {
		return "empty"
	}
	if len(v) > 80 {
		return strings.ToValidUTF8(v[:77], "") + "..."
	}
	return v
}

func listKeys(section *configField) string {
	var names []string
	for _, f := range section.children {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// suggest is the way out of an unknown key: the known one that is most like it, or all of its section.
func suggest(prefix, name string, section *configField) string {
	best, least := "", 1+max(1, len(name)/3)
	try := func(candidate, key string) {
		d := editDistance(name, candidate)
		if len(name) > 3 && strings.Contains(candidate, name) {
			d = min(d, 1)
		}
		if d < least {
			best, least = key, d
		}
	}
	for _, f := range section.children {
		try(f.name, f.key)
	}
	// A key in the wrong section is the other common mistake.
	for _, f := range configTree().values() {
		if f.key != trainSeed {
			try(f.name, f.key)
			try(f.key, f.key)
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	if prefix == "" {
		return "known are " + listKeys(section)
	}
	return "known in " + strings.TrimSuffix(prefix, ".") + " are " + listKeys(section)
}

// editDistance is the number of single-character insertions, deletions, replacements and swaps of neighbours between two
// words (optimal string alignment).
func editDistance(a, b string) int {
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}
