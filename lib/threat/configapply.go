package threat

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Set changes one value: cfg.Set("train.epochs", "50"). The value is JSON text, or a bare word. See Apply for errors and
// for defaults that follow from other values.
func (c *Config) Set(key, value string) error {
	changed, err := c.Apply(Setting{Key: key, Value: value})
	if err == nil {
		*c = changed
	}
	return err
}

// derivedDefaults lists the keys whose default follows from the value of another.
var derivedDefaults = map[string]string{
	"model.ffn":          "model.token_width",
	"model.member_layer": "model.feature_layers",
	"train.dropout_min":  "model.dropout_rate",
	"train.dropout_max":  "model.dropout_rate",
	"train.average_from": "train.epochs",
}

// Apply returns the configuration with the settings laid over it, defaults filled in, and checked. Of several settings
// with one key the last counts. A default that follows from another value (model.ffn from model.token_width) follows it
// when that value is set and it itself is not.
//
// Errors: a *ConfigError with every problem, each line beginning with the origin of the value; the configuration is
// then c. A number 0 where zero stands for a default that is not zero is a problem too: the caller wrote something that
// would not happen. It does not panic.
func (c Config) Apply(settings ...Setting) (Config, error) {
	a := &application{base: c, result: c, last: map[string]int{}, settings: settings}
	a.assign()
	a.follow()
	a.checkZeros()
	a.validate()
	if a.problems == nil {
		return a.result.WithDefaults(), nil
	}
	slices.SortStableFunc(a.problems, func(x, y configProblem) int { return cmp.Compare(x.setting, y.setting) })
	e := &ConfigError{}
	for _, p := range a.problems {
		e.Problems = append(e.Problems, p.text)
	}
	return c, e
}

// application is one call of Apply.
type application struct {
	base, result Config
	settings     []Setting
	last         map[string]int // index of the setting that counts, by key
	problems     []configProblem
}

// configProblem belongs to a setting by index; -1 is for none.
type configProblem struct {
	setting int
	text    string
}

func (a *application) problem(i int, text string) {
	if i >= 0 && a.settings[i].Origin != "" {
		text = a.settings[i].Origin + ": " + text
	}
	a.problems = append(a.problems, configProblem{i, text})
}

func (a *application) assign() {
	tree := configTree()
	for i, s := range a.settings {
		f := tree.find(s.Key)
		if flat, ok := flatKeys[s.Key]; ok && f == nil {
			f = tree.find(flat)
		}
		switch {
		case f == nil:
			a.problem(i, fmt.Sprintf("unknown key %q; %s", s.Key, suggest("", s.Key, tree)))
			continue
		case f.children != nil:
			a.problem(i, fmt.Sprintf("%s is a section; set one of its keys: %s", s.Key, listKeys(f)))
			continue
		}
		if err := f.set(&a.result, s.Value); err != nil {
			a.problem(i, fmt.Sprintf("%s %v", f.key, err))
			continue
		}
		a.last[f.key] = i
	}
	if i, ok := a.last[trainSeed]; ok && a.result.Train.Seed != a.result.Seed {
		a.problem(i, fmt.Sprintf("train.seed is %d, but it always follows seed, which is %d: set seed", a.result.Train.Seed, a.result.Seed))
	}
}

// follow resets the derived defaults whose source has been set.
func (a *application) follow() {
	tree := configTree()
	for key, source := range derivedDefaults {
		_, own := a.last[key]
		if _, set := a.last[source]; !set || own {
			continue
		}
		field := tree.find(key)
		unset := a.base
		reflect.ValueOf(&unset).Elem().FieldByIndex(field.index).SetZero()
		unset = unset.WithDefaults()
		if equalField(field, unset, a.base) { // nobody had chosen it
			reflect.ValueOf(&a.result).Elem().FieldByIndex(field.index).SetZero()
		}
	}
}

func equalField(f *configField, a, b Config) bool {
	return reflect.ValueOf(a).FieldByIndex(f.index).Equal(reflect.ValueOf(b).FieldByIndex(f.index))
}

// checkZeros refuses a written 0 that WithDefaults would turn into another number.
func (a *application) checkZeros() {
	resolved := reflect.ValueOf(a.result.WithDefaults())
	tree := configTree()
	for key, i := range a.last {
		f := tree.find(key)
		v := reflect.ValueOf(a.result).FieldByIndex(f.index)
		if (v.CanInt() || v.CanFloat()) && v.IsZero() && !resolved.FieldByIndex(f.index).IsZero() {
			a.problem(i, fmt.Sprintf("%s is 0, which stands for the default %v; leave it out or give another value", key, resolved.FieldByIndex(f.index)))
		}
	}
}

// validate asks Config.Validate and puts each finding where its value was set. Some parts of a configuration report only
// their first problem, so what was found is set back to its default and the rest is asked again.
func (a *application) validate() {
	candidate, defaults := a.result, DefaultConfig()
	seen := map[string]bool{}
	for {
		err := candidate.Validate()
		if err == nil {
			return
		}
		found := false
		for _, line := range strings.Split(strings.TrimPrefix(err.Error(), "threat: config: "), "\n") {
			f, text := locate(line)
			i := a.responsible(f, line)
			// What nobody has set can only be wrong as a consequence, unless it is all there is.
			if !seen[line] && (i >= 0 || len(a.problems) == 0) {
				seen[line] = true
				a.problem(i, text)
			}
			for _, reset := range []*configField{f, a.fieldOf(i)} {
				if reset != nil && !seen[reset.key] {
					seen[reset.key], found = true, true
					reflect.ValueOf(&candidate).Elem().FieldByIndex(reset.index).Set(reflect.ValueOf(defaults).FieldByIndex(reset.index))
				}
			}
		}
		if !found {
			return
		}
	}
}

// fieldOf returns the field that a setting is for, nil for index -1.
func (a *application) fieldOf(i int) *configField {
	if i < 0 {
		return nil
	}
	return configTree().find(fullKey(a.settings[i].Key))
}

func fullKey(key string) string {
	if flat, ok := flatKeys[key]; ok {
		return flat
	}
	return key
}

var messageName = regexp.MustCompile(`^((?:[a-z]+: )*)([a-z0-9_.]+)[^ ]*(?::? [a-z]+)?? is `)

// locate finds the field that a line of Config.Validate is about, nil when it cannot be told, and the line with the
// field's whole key.
func locate(line string) (*configField, string) {
	m := messageName.FindStringSubmatchIndex(line)
	if m == nil {
		return nil, line
	}
	name, sections := line[m[4]:m[5]], strings.Split(strings.TrimSuffix(line[m[2]:m[3]], ": "), ": ")
	if section := sections[len(sections)-1]; section != "" {
		name = section + "." + name // "features: augment: noise" is augment.noise of whatever holds it
	}
	for _, f := range configTree().values() {
		if f.key == name || strings.HasSuffix(f.key, "."+name) {
			return f, f.key + line[m[5]:]
		}
	}
	return nil, line
}

// responsible returns the setting to blame for a finding about f: the one of f itself, or else one whose key the line
// names, as in "n_heads is 4, which does not divide token_width 6". -1 is none.
func (a *application) responsible(f *configField, line string) int {
	if f != nil {
		if i, ok := a.last[f.key]; ok {
			return i
		}
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return r != '_' && r != '.' && (r < 'a' || r > 'z') })
	for key, i := range a.last {
		if slices.Contains(words, key[strings.LastIndexByte(key, '.')+1:]) {
			return i
		}
	}
	return -1
}
