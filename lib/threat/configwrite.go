package threat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Formats of WriteConfig.
const (
	YAML = "yaml" // with a comment above each key
	JSON = "json"
)

// WriteConfig writes a configuration, in the form that ReadConfig reads back as the same one. Unset values are written
// as their defaults.
func WriteConfig(w io.Writer, format string, c Config) error {
	c = c.WithDefaults()
	var out bytes.Buffer
	var err error
	switch format {
	case YAML:
		out.WriteString("# Configuration of a jamba experiment. Every key may be left out and then has its default.\n")
		err = writeYAML(&out, c, configTree(), "")
	case JSON:
		err = writeJSON(&out, c, configTree(), "")
		out.WriteByte('\n')
	default:
		err = &ConfigError{[]string{fmt.Sprintf("format is %q, must be %s or %s", format, YAML, JSON)}}
	}
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// written lists the children of a section that belong into a file, with the JSON of those that are values. A list that
// is not set is left out.
func written(c Config, section *configField) (fields []*configField, values []string, err error) {
	for _, f := range section.children {
		value := ""
		if f.children == nil {
			if value, err = c.Get(f.key); err != nil {
				return nil, nil, err
			}
		}
		if value != "null" && f.key != trainSeed {
			fields, values = append(fields, f), append(values, value)
		}
	}
	return fields, values, nil
}

func writeJSON(out *bytes.Buffer, c Config, section *configField, indent string) error {
	fields, values, err := written(c, section)
	if err != nil {
		return err
	}
	out.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "\n%s  %q: %s", indent, f.name, values[i])
		if f.children != nil {
			if err := writeJSON(out, c, f, indent+"  "); err != nil {
				return err
			}
		}
	}
	out.WriteString("\n" + indent + "}")
	return nil
}

func writeYAML(out *bytes.Buffer, c Config, section *configField, indent string) error {
	fields, values, err := written(c, section)
	if err != nil {
		return err
	}
	for i, f := range fields {
		if indent == "" || f.children != nil {
			out.WriteByte('\n')
		}
		for _, line := range strings.Split(configHelp[f.key], "\n") {
			if line != "" {
				out.WriteString(indent + "# " + line + "\n")
			}
		}
		if f.children == nil {
			out.WriteString(indent + f.name + ": " + yamlScalar(values[i]) + "\n")
			continue
		}
		out.WriteString(indent + f.name + ":\n")
		if err := writeYAML(out, c, f, indent+"  "); err != nil {
			return err
		}
	}
	return nil
}

// plainYAML are the words that YAML takes for texts without quotes, apart from those that mean something to it.
var plainYAML = regexp.MustCompile(`^[A-Za-z][A-Za-z_/-]*$`)

// yamlScalar writes JSON text as YAML, which it is; only quotes that nobody needs are taken away.
func yamlScalar(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) != nil || !plainYAML.MatchString(text) {
		return value
	}
	if slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) {
		return value
	}
	return text
}

// configHelp is the comment of each key in a written file.
var configHelp = map[string]string{
	"version":   "Version of this format; 1.x.y is read.",
	"seed":      "Decides initial weights, the order of rows, dropout and the bootstrap. Same seed, same data, same engine: same weights.",
	"input_dim": "Number of feature columns, 1..1024; 0 takes it from the data.",
	"engine":    "auto, xla:cuda, xla:cpu or go.",

	"features":                "How columns become numbers. Everything is fitted on the training rows only.",
	"features.scaling":        "quantile-normal, standard or none.",
	"features.bins":           "Quantile bins of a numeric feature for the piecewise-linear embedding, 1..1024.",
	"features.missing":        "What stands for a missing number: learned, mean, median or constant.",
	"features.constant":       "The value for missing: constant, in the column's own unit.",
	"features.min_count":      "Categories with fewer training rows count as unknown.",
	"features.max_categories": "Most frequent categories of a column that are kept; 0 keeps all.",
	"features.derived": "Features computed from the numeric columns, for example\n" +
		`  ratios: [["bytes_out", "bytes_in"]]` + "\n" +
		`  rolling: [{"column": "bytes_out", "rows": 10}, {"column": "bytes_out", "seconds": 3600}]`,
	"features.derived.logs":    "Adds log(1+|x|) of heavy-tailed columns.",
	"features.derived.ratios":  "Quotients of two columns.",
	"features.derived.rolling": "Means over earlier rows of the same group; they need a time column.",

	"model":                "The network: tokens of features, attention over them, feature layers, ensemble members.",
	"model.embedding":      "How a number becomes a token: piecewise-linear, linear or periodic.",
	"model.token_width":    "Width of a token, 1..512. n_heads must divide it.",
	"model.n_heads":        "Attention heads, 1..64.",
	"model.blocks":         "Attention blocks, 1..32; -1 for none.",
	"model.ffn":            "Width inside the feed-forward part of a block; left out: twice token_width.",
	"model.hidden_dim":     "Width of the first feature layer, 16..512; each further one is half as wide.",
	"model.feature_layers": "Feature layers, 1..16.",
	"model.dropout_rate":   "Share of values dropped in the feature layers, 0..1; 0 is none.",
	"model.members":        "Ensemble members that share the layers, 1..256; 1 is no ensemble.",
	"model.member_layer":   "Feature layer, from 1, from which on the members differ; left out: 2, or 1 when there is only one layer.",
	"model.output_dim":     "1: threat or not; else the number of classes. Several classes follow from the data by themselves.",
	"model.precision":      "float32 or bfloat16.",

	"train":                 "How the weights are found.",
	"train.epochs":          "At most this many passes over the training rows.",
	"train.batch_size":      "Rows of a step.",
	"train.learning_rate":   "Of AdamW.",
	"train.weight_decay":    "Of AdamW, on matrices only; 0 is none.",
	"train.clip_norm":       "Largest norm of the gradient; -1 does not clip.",
	"train.schedule":        "Of the learning rate: constant, plateau, cosine or one-cycle.",
	"train.warm_up":         "Share of all steps in which the learning rate rises, 0..1.",
	"train.monitor":         "What decides which epoch is best: valid/loss, valid/roc_auc, valid/pr_auc, valid/f1, valid/accuracy.",
	"train.patience":        "Epochs without improvement before training stops; -1 never stops.",
	"train.min_delta":       "Smallest change that counts as improvement.",
	"train.dropout_mode":    "adaptive follows the gap between training and validation loss; or fixed.",
	"train.dropout_min":     "Lower bound of the adaptive rate; left out: half of dropout_rate.",
	"train.dropout_max":     "Upper bound; left out: one and a half times dropout_rate.",
	"train.class_weights":   "none, or balanced: each class has the same total weight.",
	"train.focal":           "Exponent of the focal loss; 0 is cross-entropy.",
	"train.label_smoothing": "0..0.999; 0 is off.",
	"train.average":         "Average of weights that is kept: none, ema or last (epochs).",
	"train.average_decay":   "Of ema, per step.",
	"train.average_from":    "First epoch of last; left out: after half of the epochs.",
	"train.augment":         "How training rows are varied, afresh in every step.",
	"train.augment.noise":   "Standard deviation of noise on scaled numbers.",
	"train.augment.mask":    "Share of values hidden as if missing.",
	"train.augment.unknown": "Share of categories replaced by the unknown one.",

	"calibration":       "Of the probability, on the validation rows: temperature, isotonic or none.",
	"threshold":         "From which probability a row is flagged, chosen on the validation rows.",
	"threshold.method":  "fpr, f1, cost or fixed.",
	"threshold.fpr":     "For fpr: largest share of benign rows that may be flagged.",
	"threshold.cost_fp": "For cost: what a false alarm costs.",
	"threshold.cost_fn": "For cost: what a missed threat costs.",
	"threshold.value":   "For fixed: the probability.",
}
