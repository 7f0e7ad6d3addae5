package threat

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jamba-threat/jamba/lib/features"
)

func TestConfigRoundTrip(t *testing.T) {
	busy := DefaultConfig()
	busy.Seed, busy.Engine = -9007199254740993, "xla:cpu" // beyond what a float64 holds
	busy.Train.LearningRate, busy.Train.Patience, busy.Train.MinDelta = 1e-9, -1, 0.1+0.2
	busy.Features.Derived = features.Derived{Logs: true, Ratios: [][2]string{{"a: b", `c"#`}},
		Rolling: []features.Rolling{{Column: "x", Rows: 3}, {Column: "y", Seconds: 0.5}}}
	nsl, err := NamedConfig("nsl-kdd")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Config{"default": DefaultConfig(), "nsl-kdd": nsl, "busy": busy.WithDefaults()} {
		for _, format := range []string{YAML, JSON} {
			t.Run(name+"/"+format, func(t *testing.T) {
				var text bytes.Buffer
				if err := WriteConfig(&text, format, want); err != nil {
					t.Fatal(err)
				}
				got, err := ParseConfig("c."+format, text.Bytes())
				if err != nil {
					t.Fatalf("%v\n%s", err, text.String())
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("read back as %+v, want %+v", got, want)
				}
			})
		}
	}
}

func TestConfigSeedKeys(t *testing.T) {
	const flat = `{
	"version": "1.0.0", "input_dim": 20, "hidden_dim": 128, "output_dim": 1, "dropout_rate": 0.2,
	"n_heads": 2, "feature_layers": 3, "batch_size": 64, "learning_rate": 0.01, "epochs": 7
}`
	got, err := ParseConfig("seed.json", []byte(flat))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.InputDim, want.Model.Hidden, want.Model.Dropout, want.Model.Heads, want.Model.Layers = 20, 128, 0.2, 2, 3
	want.Train.BatchSize, want.Train.LearningRate, want.Train.Epochs = 64, 0.01, 7
	// Nobody chose these: they follow dropout_rate and epochs.
	want.Train.DropoutMin, want.Train.DropoutMax, want.Train.AverageFrom = 0, 0, 0
	if diff := cmp.Diff(want.WithDefaults(), got, ignoreFuncs); diff != "" {
		t.Errorf("wrong configuration (-want +got):\n%s", diff)
	}
}

var ignoreFuncs = cmp.FilterPath(func(p cmp.Path) bool {
	return p.Last().Type().Kind() == reflect.Func
}, cmp.Ignore())

func TestConfigProblems(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []string // whole lines
	}{
		{"unknown keys", "c.yaml", "train:\n  epoch: 3\n  learning_rat: 1\nmodle: {}\npatience: 3\nzzzzzz: 1\n", []string{
			`c.yaml:2:3: unknown key "train.epoch"; did you mean train.epochs?`,
			`c.yaml:3:3: unknown key "train.learning_rat"; did you mean train.learning_rate?`,
			`c.yaml:4:1: unknown key "modle"; did you mean model?`,
			`c.yaml:5:1: unknown key "patience"; did you mean train.patience?`,
			`c.yaml:6:1: unknown key "zzzzzz"; known are version, seed, input_dim, engine, features, model, train, calibration, threshold`,
		}},
		{"types", "c.yaml", "seed: many\nthreshold: 5\ntrain:\n  epochs: \"30\"\n  schedule: [a]\n  monitor:\nfeatures:\n  derived:\n    logs: 1\n    ratios: [[a]]\n    rolling: x\n", []string{
			`c.yaml:1:7: seed is the text "many", want a whole number`,
			`c.yaml:2:12: threshold holds keys (method, fpr, cost_fp, cost_fn, value), not 5`,
			`c.yaml:4:11: train.epochs is the text "30", want a whole number`,
			`c.yaml:5:13: train.schedule is a list, want a text`,
			`c.yaml:9:11: features.derived.logs is 1, want true or false`,
			`c.yaml:11:14: features.derived.rolling is the text "x", want a list`,
		}},
		{"ranges and types at once", "c.yaml", "model:\n  hidden_dim: 8\n  n_heads: 3\ntrain:\n  epochs: 2.5\n  batch_size: -1\n  augment:\n    noise: -1\nfeatures:\n  scaling: min-max\n  bins: 5000\nthreshold: {fpr: 2}\nengine: tpu\n", []string{
			`c.yaml:2:15: model.hidden_dim is 8, must be 16..512`,
			`c.yaml:3:12: model.n_heads is 3, which does not divide token_width 8`,
			`c.yaml:5:11: train.epochs is 2.5, want a whole number`,
			`c.yaml:6:15: train.batch_size is -1, must be 1..65536`,
			`c.yaml:8:12: train.augment.noise is -1, want a finite standard deviation of 0 or more`,
			`c.yaml:10:12: features.scaling is "min-max", want one of quantile-normal, standard, none`,
			`c.yaml:11:9: features.bins is 5000, want 1..1024, or 0 for the default 24`,
			`c.yaml:12:18: threshold.fpr is 2, must be 0..1`,
			`c.yaml:13:9: engine is "tpu", must be one of auto, xla:cuda, xla:cpu, go`,
		}},
		{"the default of another key clashes", "c.yaml", "model:\n  token_width: 6\n", []string{
			`c.yaml:2:16: model.n_heads is 4, which does not divide token_width 6`}},
		{"not finite", "c.yaml", "train:\n  learning_rate: .nan\n  clip_norm: .inf\n  focal: -.inf\n  min_delta: 1e400\n", []string{
			`c.yaml:2:18: train.learning_rate is .nan, want a finite number`,
			`c.yaml:3:14: train.clip_norm is .inf, want a finite number`,
			`c.yaml:4:10: train.focal is -.inf, want a finite number`,
			`c.yaml:5:14: train.min_delta is 1e400, want a finite number`,
		}},
		{"given twice", "c.yaml", "epochs: 3\ntrain:\n  epochs: 4\n  epochs: 5\nseed: 1\nseed: 1\n", []string{
			`c.yaml:3:3: train.epochs is given twice, first at line 1`,
			`c.yaml:4:3: train.epochs is given twice, first at line 1`,
			`c.yaml:6:1: seed is given twice, first at line 5`,
		}},
		{"zero is no value", "c.yaml", "train: {epochs: 0, weight_decay: 0, patience: 0}\n", []string{
			`c.yaml:1:17: train.epochs is 0, which stands for the default 30; leave it out or give another value`,
			`c.yaml:1:47: train.patience is 0, which stands for the default 5; leave it out or give another value`,
		}},
		{"JSON", "c.json", "{\n\t\"seed\": 1,\n\t\"seed\": 2,\n\t\"model\": {\"heads\": 2, \"ffn\": \"x\"},\n\t\"train\": {\"epochs\": 1e9}\n}", []string{
			`c.json:3:2: seed is given twice, first at line 2`,
			`c.json:4:12: unknown key "model.heads"; did you mean model.n_heads?`,
			`c.json:4:31: model.ffn is the text "x", want a whole number`,
			`c.json:5:22: train.epochs is 1e+09, must be 1..100000`,
		}},
		{"JSON syntax", "c.json", "{\n  \"seed\": NaN\n}", []string{`c.json:2:11: invalid character 'N' looking for beginning of value`}},
		{"JSON cut off", "c.json", "{\n  \"seed\": 1", []string{`c.json:2:12: the file ends before the object does`}},
		{"JSON and more", "c.json", "{} {}", []string{`c.json:1:4: there is text after the end of the object`}},
		{"a list at the top", "c.yaml", "- a\n", []string{`c.yaml:1:1: the file holds keys (version, seed, input_dim, engine, features, model, train, calibration, threshold), not a list`}},
		{"aliases", "c.yaml", "model: &m\n  ffn: 3\ntrain: *m\n", []string{
			`c.yaml:1:8: anchor is not supported in a configuration; write the values out`,
			`c.yaml:3:8: alias is not supported in a configuration; write the values out`}},
		{"two documents", "c.yaml", "seed: 1\n---\nseed: 2\n", []string{`c.yaml:2:1: a second document begins; a configuration is one`}},
		{"seed of training", "c.yaml", "seed: 1\ntrain: {seed: 2}\n", []string{`c.yaml:2:15: train.seed is 2, but it always follows seed, which is 1: set seed`}},
		{"version", "c.yaml", "version: 2.0.0\n", []string{`c.yaml:1:10: version is "2.0.0", this library reads 1.x.y`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseConfig(c.file, []byte(c.text))
			if !errors.Is(err, ErrConfig) {
				t.Fatalf("error is %v, want ErrConfig", err)
			}
			got := strings.Split(err.Error(), "\n")
			for _, line := range c.want {
				if !slices.Contains(got, line) {
					t.Errorf("lacks the line\n  %s", line)
				}
			}
			extra := slices.DeleteFunc(slices.Clone(got), func(l string) bool { return slices.Contains(c.want, l) })
			if c.name == "types" { // an empty value and a pair of one are reported as well
				extra = slices.DeleteFunc(extra, func(l string) bool {
					return strings.HasPrefix(l, "c.yaml:6:") && strings.Contains(l, "train.monitor is nothing") ||
						strings.HasPrefix(l, "c.yaml:10:13: features.derived.ratios")
				})
			}
			for _, line := range extra {
				t.Errorf("has the line\n  %s", line)
			}
		})
	}
}

func TestConfigSyntaxErrorsHavePositions(t *testing.T) {
	for _, text := range []string{"seed: 1\n  model: 2\n", "seed: [1\n", "seed: 'a\n", "a: b: c\n", "\tseed: 1\n"} {
		_, err := ParseConfig("c.yaml", []byte(text))
		if !errors.Is(err, ErrConfig) || !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("%q: error is %v, want ErrConfig with a position", text, err)
		}
	}
}

func TestConfigFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadConfig(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := ReadConfig(dir); !errors.Is(err, ErrConfig) {
		t.Errorf("folder: %v", err)
	}
	large := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(large, make([]byte, maxConfigBytes+1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(large); !errors.Is(err, ErrConfig) {
		t.Errorf("large file: %v", err)
	}
	empty := filepath.Join(dir, "empty.yaml")
	if err := os.WriteFile(empty, []byte("# nothing yet\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadConfig(empty)
	if diff := cmp.Diff(DefaultConfig(), got, ignoreFuncs); err != nil || diff != "" {
		t.Errorf("file of comments: %v, %s", err, diff)
	}
}

func TestConfigSet(t *testing.T) {
	c := DefaultConfig()
	for _, s := range [][2]string{{"model.members", "8"}, {"train.schedule", "cosine"}, {"train.monitor", `"valid/pr_auc"`},
		{"features.derived.logs", "true"}, {"seed", "1e3"}, {"epochs", "9"}} {
		if err := c.Set(s[0], s[1]); err != nil {
			t.Fatalf("%s=%s: %v", s[0], s[1], err)
		}
	}
	if c.Model.Members != 8 || c.Train.Schedule != "cosine" || c.Train.Monitor != "valid/pr_auc" || !c.Features.Derived.Logs ||
		c.Seed != 1000 || c.Train.Seed != 1000 || c.Train.Epochs != 9 {
		t.Errorf("configuration is %+v", c)
	}
	before := c
	for _, s := range [][2]string{{"model.member", "8"}, {"model", "8"}, {"train.epochs", "x"}, {"train.epochs", ""}, {"train.learning_rate", "NaN"},
		{"train.learning_rate", "+Inf"}, {"seed", "1e300"}, {"seed", "9223372036854775808"}, {"features.derived.ratios", "[[1]]"}, {"model.hidden_dim", "1"}} {
		if err := c.Set(s[0], s[1]); !errors.Is(err, ErrConfig) {
			t.Errorf("%s=%s: error is %v, want ErrConfig", s[0], s[1], err)
		}
	}
	if !reflect.DeepEqual(before, c) {
		t.Error("a refused value has changed the configuration")
	}
}

func TestConfigDerivedDefaultsFollow(t *testing.T) {
	c := DefaultConfig()
	if err := c.Set("model.token_width", "16"); err != nil || c.Model.FFN != 32 {
		t.Errorf("ffn is %d after token_width 16 (%v), want 32", c.Model.FFN, err)
	}
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		s := []Setting{{Key: "model.token_width", Value: "16"}, {Key: "model.ffn", Value: "48"}}
		got, err := DefaultConfig().Apply(s[order[0]], s[order[1]])
		if err != nil || got.Model.FFN != 48 {
			t.Errorf("ffn is %d (%v), want the 48 that was asked for", got.Model.FFN, err)
		}
	}
	c = DefaultConfig()
	c.Train.AverageFrom = 3
	if err := c.Set("train.epochs", "100"); err != nil || c.Train.AverageFrom != 3 {
		t.Errorf("average_from is %d (%v), want the 3 that was chosen", c.Train.AverageFrom, err)
	}
}

// derivedDefaults knows every default that follows from another value: setting one number through Apply gives what
// WithDefaults makes of a configuration that has only this number.
func TestConfigDerivedDefaultsAreComplete(t *testing.T) {
	for _, f := range configTree().values() {
		if f.kind != reflect.Int && f.kind != reflect.Float64 {
			continue
		}
		for _, value := range []string{"1", "2", "16", "100", "0.05", "0.5"} {
			raw := Config{Seed: 42, Model: Model{Dropout: 0.3}} // as DefaultConfig begins
			raw.Train.Augment = features.DefaultAugment()
			if f.set(&raw, value) != nil || raw.Validate() != nil {
				continue
			}
			want := raw.WithDefaults()
			got, err := DefaultConfig().Apply(Setting{Key: f.key, Value: value})
			if err != nil {
				t.Errorf("%s=%s: %v", f.key, value, err)
			} else if diff := cmp.Diff(want, got, ignoreFuncs); diff != "" {
				t.Errorf("%s=%s: a default does not follow (-want +got):\n%s", f.key, value, diff)
			}
		}
	}
}

// Every key can be read, set to what it is, and has an explanation; no explanation is for a key that does not exist.
func TestConfigKeys(t *testing.T) {
	c := DefaultConfig()
	known := map[string]bool{}
	for _, key := range ConfigKeys() {
		known[key] = true
		value, err := c.Get(key)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if value != "null" {
			if err := c.Set(key, value); err != nil && value != "0" {
				t.Errorf("%s=%s: %v", key, value, err)
			}
		}
		if configHelp[key] == "" {
			t.Errorf("%s has no explanation", key)
		}
	}
	if diff := cmp.Diff(DefaultConfig(), c, ignoreFuncs); diff != "" {
		t.Errorf("setting every key to its value changed the configuration:\n%s", diff)
	}
	for key := range configHelp {
		if f := configTree().find(key); f == nil {
			t.Errorf("%s is explained but does not exist", key)
		}
	}
	for flat, key := range flatKeys {
		if !known[key] {
			t.Errorf("flat key %s stands for %s, which does not exist", flat, key)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{"seed: 1", "{\"seed\": 1}", "a: &b\n  c: *b", "? [x]\n: y", "model: {ffn: 1e400}", "!!binary x", "- |\n a", "{{{{", "\"\\ud800\": 1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig("c", text)
		if err != nil && !errors.Is(err, ErrConfig) {
			t.Fatalf("error without ErrConfig: %v", err)
		}
		if err == nil && c.Validate() != nil {
			t.Fatal("an invalid configuration was accepted")
		}
	})
}
