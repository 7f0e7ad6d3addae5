package gguf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// nameRule is the naming rule of the GGUF specification. Go's expressions have no look-ahead, which keeps LoRA and vocab
// from being encodings there: FileName refuses them.
const nameRule = `^(?P<base>[A-Za-z0-9\s]*(?:(?:-(?:(?:[A-Za-z\s][A-Za-z0-9\s]*)|(?:[0-9\s]*)))*))` +
	`-(?:(?P<size>(?:\d+x)?(?:\d+\.)?\d+[A-Za-z](?:-[A-Za-z]+(?:\d+\.)?\d+[A-Za-z]+)?)(?:-(?P<tune>[A-Za-z0-9\s-]+))?)?` +
	`-(?P<version>v\d+(?:\.\d+)*)(?:-(?P<encoding>[\w_]+))?(?:-(?P<type>LoRA|vocab))?(?:-(?P<shard>\d{5}-of-\d{5}))?\.gguf$`

// FileName composes base-size[-fineTune]-version-encoding.gguf by the naming rule of the GGUF specification, for example
// TabThreat-154K-cicids2017-v1.0-Q8_0.gguf. fineTune may be ""; a version gets its leading v ("1.0.0" becomes v1.0.0).
// See SizeLabel for the size and Mix.Encoding for the encoding.
//
// It refuses parts that the rule does not allow, and those that a reader of the name would split elsewhere. Letters,
// digits and hyphens are safe in base and fineTune, dots and underscores are not.
func FileName(base, size, fineTune, version, encoding string) (string, error) {
	if version != "" && !strings.HasPrefix(version, "v") {
		version = "v" + version
	}
	name := base + "-" + size
	if fineTune != "" {
		name += "-" + fineTune
	}
	name += "-" + version + "-" + encoding + ".gguf"
	rule, err := regexp.Compile(nameRule)
	if err != nil {
		return "", fmt.Errorf("gguf: file name: %w", err)
	}
	found := rule.FindStringSubmatch(name)
	if found == nil {
		return "", tagf(ErrValue, "gguf: file name %s does not follow the naming rule %s; use letters, digits and hyphens",
			quote(name), "base-size[-fine tune]-version-encoding.gguf")
	}
	for _, p := range []struct{ group, want string }{
		{"base", base}, {"size", size}, {"tune", fineTune}, {"version", version}, {"encoding", encoding},
	} {
		got := found[rule.SubexpIndex(p.group)]
		if p.want == "" && p.group != "tune" || strings.TrimSpace(p.want) != p.want {
			return "", tagf(ErrValue, "gguf: file name: the %s is %q, want one without space around it", p.group, p.want)
		}
		if got != p.want {
			return "", tagf(ErrValue, "gguf: file name %s would be read with %s %q instead of %q", quote(name), p.group, got, p.want)
		}
	}
	if encoding == "LoRA" || encoding == "vocab" {
		return "", tagf(ErrValue, "gguf: file name: %q is a kind of file, not an encoding", encoding)
	}
	return name, nil
}

// SizeLabel writes a number of parameters as file names have it: at least two digits and a letter for thousands,
// millions, billions or trillions. 154370 is "154K", 1500 is "1.5K". It rounds as the Python package gguf does.
func SizeLabel(parameters uint64) string {
	unit, letter := 1e-3, "K"
	switch {
	case parameters > 1e12:
		unit, letter = 1e-12, "T"
	case parameters > 1e9:
		unit, letter = 1e-9, "B"
	case parameters > 1e6:
		unit, letter = 1e-6, "M"
	}
	scaled := float64(parameters) * unit
	digits := len(strings.TrimLeft(strconv.FormatFloat(scaled, 'f', 0, 64), "0"))
	return strconv.FormatFloat(scaled, 'f', max(0, 2-digits), 64) + letter
}
