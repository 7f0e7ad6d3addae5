package gguf

import (
	"errors"
	"strings"
	"testing"
)

func TestFileName(t *testing.T) {
	for _, c := range []struct{ base, size, tune, version, encoding, want string }{
		{"TabThreat", "154K", "", "v1.0", "Q4_K_M", "TabThreat-154K-v1.0-Q4_K_M.gguf"},
		{"TabThreat", "154K", "cicids2017", "v1.0", "Q8_0", "TabThreat-154K-cicids2017-v1.0-Q8_0.gguf"},
		{"nsl", "0.50K", "", "1.0.0", "F32", "nsl-0.50K-v1.0.0-F32.gguf"},
		{"Hermes 2 Pro", "8x1.5B", "a b-c", "2", "BF16", "Hermes 2 Pro-8x1.5B-a b-c-v2-BF16.gguf"},
		{"nsl-kdd", "154K", "", "1", "F16", "nsl-kdd-154K-v1-F16.gguf"},
	} {
		got, err := FileName(c.base, c.size, c.tune, c.version, c.encoding)
		if err != nil || got != c.want {
			t.Errorf("FileName gives %q, %v, want %q", got, err, c.want)
		}
	}
	for _, c := range []struct{ base, size, tune, version, encoding, want string }{
		{"", "154K", "", "v1.0", "Q8_0", `the base is ""`},
		{"threat", "", "", "v1.0", "Q8_0", `size`},
		{"threat", "154", "", "v1.0", "Q8_0", ""},
		{"threat", "154K", "", "", "Q8_0", ""},
		{"threat", "154K", "", "one", "Q8_0", "does not follow the naming rule"},
		{"threat", "154K", "", "v1.0", "", "encoding"},
		{"threat", "154K", "", "v1.0", "Q8-0", ""},
		{"threat", "154K", "", "v1.0", "LoRA", "LoRA"},
		{"threat", "154K", "", "v1.0", "vocab", "vocab"},
		{"nsl_kdd", "154K", "", "v1.0", "Q8_0", "use letters, digits and hyphens"},
		{"nsl.kdd", "154K", "", "v1.0", "Q8_0", "use letters, digits and hyphens"},
		{"../../etc/x", "154K", "", "v1.0", "Q8_0", "use letters, digits and hyphens"},
		{"threat\n", "154K", "", "v1.0", "Q8_0", "without space around it"},
		{"threat", "154K", "a_b", "v1.0", "Q8_0", "does not follow the naming rule"},
	} {
		got, err := FileName(c.base, c.size, c.tune, c.version, c.encoding)
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("FileName(%q, %q, %q, %q, %q) gives %q, %v, want an error with %q", c.base, c.size, c.tune, c.version, c.encoding, got, err, c.want)
		}
	}
}

// TestSizeLabel has the labels of gguf 0.17.1 (Python), model_weight_count_rounded_notation.
func TestSizeLabel(t *testing.T) {
	for n, want := range map[uint64]string{
		154370: "154K", 1500: "1.5K", 12345: "12K", 500: "0.50K", 7: "0.01K", 0: "0.00K", 950: "1.0K", 9499: "9.5K", 9999: "10K",
		1000000: "1000K", 1000001: "1.0M", 7241732096: "7.2B", 46702792704: "47B", 1e12 + 1: "1.0T", 2500: "2.5K", 10500: "10K",
	} {
		if got := SizeLabel(n); got != want {
			t.Errorf("SizeLabel(%d) is %q, want %q", n, got, want)
		}
	}
}
