package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/threat"
)

// configFlags are the flags that make a configuration. Those of the seed document have its names.
type configFlags struct {
	config string
	sets   []string

	epochs, batchSize, patience int
	learningRate                float64
	seed                        int64
	engine                      string
}

// flagKeys maps flags to the configuration keys that they set.
var flagKeys = map[string]string{
	"epochs": "train.epochs", "batch-size": "train.batch_size", "lr": "train.learning_rate", "patience": "train.patience",
	"seed": "seed", "engine": "engine",
}

func (c *configFlags) register(cmd *cobra.Command) {
	d := threat.DefaultConfig()
	f := cmd.Flags()
	f.StringVar(&c.config, "config", "", "configuration: a YAML or JSON file, or one of "+strings.Join(threat.ConfigNames(), ", "))
	f.StringArrayVar(&c.sets, "set", nil, "any configuration key, as in --set model.members=8 (repeatable; `jamba config show` lists the keys)")
	f.IntVar(&c.epochs, "epochs", d.Train.Epochs, "at most this many passes over the training rows")
	f.IntVar(&c.batchSize, "batch-size", d.Train.BatchSize, "rows of a training step")
	f.Float64Var(&c.learningRate, "lr", d.Train.LearningRate, "learning rate")
	f.IntVar(&c.patience, "patience", d.Train.Patience, "epochs without improvement before training stops; -1 never stops")
	f.Int64Var(&c.seed, "seed", d.Seed, "decides initial weights, order of rows, split and bootstrap")
	f.StringVar(&c.engine, "engine", d.Engine, "auto, xla:cuda, xla:cpu or go")
}

// resolved is a configuration with what made it.
type resolved struct {
	threat.Config
	base     string // what is below all settings, for people
	settings []threat.Setting
}

// resolve makes the configuration of a command line. This is the one place that knows the precedence, lowest first:
//
//	defaults (or those named by --config NAME, else by the schema) < file < environment < flags < --set
//
// saved, when not "", is the config.json of a run to continue, and takes the place of the defaults.
func (a *app) resolve(cmd *cobra.Command, flags *configFlags, schema, saved string) (*resolved, error) {
	r := &resolved{base: "default"}
	if slices.Contains(threat.ConfigNames(), schema) {
		r.base = schema
	}
	file := flags.config
	if slices.Contains(threat.ConfigNames(), file) {
		r.base, file = file, ""
	} else if file != "" {
		r.base = "default"
	}
	base, err := threat.NamedConfig(r.base)
	if err != nil {
		return nil, err
	}
	if saved != "" && flags.config == "" {
		file = saved
	}
	if file != "" {
		if r.settings, err = threat.ReadSettings(file); err != nil {
			_, more := base.Apply(r.settings...)
			return nil, inputError(bothConfigErrors(err, more))
		}
	}
	env, err := a.environmentSettings()
	if err != nil {
		return nil, err
	}
	r.settings = append(r.settings, env...)
	for _, name := range []string{"seed", "engine", "epochs", "batch-size", "lr", "patience"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			r.settings = append(r.settings, threat.Setting{Key: flagKeys[name], Value: f.Value.String(), Origin: "--" + name})
		}
	}
	for _, s := range flags.sets {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usagef("--set %q: want key=value, as in --set model.members=8", s)
		}
		r.settings = append(r.settings, threat.Setting{Key: strings.TrimSpace(key), Value: value, Origin: "--set"})
	}
	r.Config, err = base.Apply(r.settings...)
	return r, err
}

// bothConfigErrors reports the problems of reading a file and those of applying what could be read.
func bothConfigErrors(read, apply error) error {
	if apply == nil {
		return read
	}
	return fmt.Errorf("%w\n%w", read, apply)
}

func envName(key string) string {
	return "JAMBA_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// environmentSettings collects the variables that are configuration keys. One that begins like a section but names no
// key is refused: it is a mistake that would otherwise train the wrong thing for a night.
func (a *app) environmentSettings() ([]threat.Setting, error) {
	var settings []threat.Setting
	known := map[string]bool{}
	for _, key := range threat.ConfigKeys() {
		name := envName(key)
		known[name] = true
		if value := a.env(name); value != "" {
			settings = append(settings, threat.Setting{Key: key, Value: value, Origin: name})
		}
	}
	problems := &threat.ConfigError{}
	for _, e := range a.Environ {
		name, value, _ := strings.Cut(e, "=")
		if value == "" {
			continue
		}
		for _, section := range []string{"JAMBA_FEATURES_", "JAMBA_MODEL_", "JAMBA_TRAIN_", "JAMBA_THRESHOLD_"} {
			if strings.HasPrefix(name, section) && !known[name] {
				problems.Problems = append(problems.Problems, fmt.Sprintf("%s: no configuration key has this variable; `jamba config show` lists the keys", name))
			}
		}
	}
	if problems.Problems != nil {
		return nil, problems
	}
	return settings, nil
}

// origin says where the value of a key comes from.
func (r *resolved) origin(key string) string {
	origin := r.base
	if origin != "default" {
		origin = "configuration " + origin
	}
	for _, s := range r.settings {
		if s.Key == key {
			origin = s.Origin
		}
	}
	return origin
}
