package script

import (
	"go/types"
	"regexp"
	"strings"
)

// importAdvice says what a script does without a package.
var importAdvice = map[string]string{
	"iter":                "a function that takes a callback, or returns a slice",
	"embed":               "os.ReadFile of a path given by a flag",
	"unique":              "a map from the value to itself",
	"weak":                "an ordinary pointer",
	"unsafe":              "encoding/binary or math.Float64bits, whatever the bytes are needed for",
	"C":                   "a compiled package: scripts have no cgo",
	"testing/synctest":    "a test of the compiled package",
	"golang.org/x/exp":    "the sort package",
	"encoding/json/v2":    "encoding/json",
	"crypto/sha3":         "crypto/sha256",
	"math/rand/v2/chacha": "math/rand/v2",
}

func importInstead(path string) string {
	if advice, ok := importAdvice[path]; ok {
		return advice
	}
	switch {
	case strings.HasPrefix(path, "github.com/gomlx/"):
		return "lib/threat, which trains and predicts; the engine's own functions are generic"
	case strings.Contains(path, "/jamba/lib/"), strings.Contains(path, "/jamba/kernel/"):
		return "lib/threat and the packages whose types it hands out; else a compiled program"
	case strings.HasPrefix(path, "./"), strings.HasPrefix(path, "../"):
		return "one file: a script cannot import other scripts"
	case strings.Contains(path, "."):
		return "lib/threat, gonum.org/v1/plot, github.com/go-gota/gota or the standard library; else `go run`"
	}
	return "another package of the standard library, or `go run`"
}

// symbolAdvice says how a script does without a function, by package and name; a name alone stands for its package.
var symbolAdvice = map[string]string{
	"slices.Sort":           "sort.Ints, sort.Float64s, sort.Strings",
	"slices.SortFunc":       "sort.Slice with a less function",
	"slices.SortStableFunc": "sort.SliceStable with a less function",
	"slices.IsSorted":       "sort.IntsAreSorted, sort.Float64sAreSorted, sort.StringsAreSorted",
	"slices.BinarySearch":   "sort.SearchInts, sort.SearchFloat64s, sort.SearchStrings",
	"slices.Clone":          "append([]T(nil), s...)",
	"slices.Reverse":        "a loop that swaps s[i] and s[len(s)-1-i]",
	"slices.Contains":       "a loop that returns true at the first match",
	"slices.Index":          "a loop that returns i at the first match",
	"slices.Equal":          "a loop that compares the elements",
	"slices.Concat":         "append(append([]T(nil), a...), b...)",
	"slices.Delete":         "append(s[:i], s[j:]...)",
	"slices.Insert":         "append(s[:i], append([]T{v}, s[i:]...)...)",
	"slices.Sorted":         "collect into a slice with a loop, then sort.Strings or sort.Ints",
	"slices.Collect":        "a loop that appends",
	"slices":                "a loop, or the sort package",
	"maps.Keys":             "for k := range m { keys = append(keys, k) }",
	"maps.Values":           "for _, v := range m { values = append(values, v) }",
	"maps.Clone":            "a loop over the map that copies",
	"maps.Copy":             "for k, v := range src { dst[k] = v }",
	"maps":                  "a loop over the map",
	"cmp.Compare":           "if a < b",
	"cmp.Less":              "a < b",
	"cmp.Or":                "if x == zero { x = fallback }",
	"atomic.Pointer":        "atomic.Value, or a sync.Mutex beside the pointer",
	"sync.OnceValue":        "sync.Once and a variable",
	"sync.OnceValues":       "sync.Once and variables",
	"strings.SplitSeq":      "for _, s := range strings.Split(text, sep)",
	"strings.Lines":         "for _, line := range strings.SplitAfter(text, \"\\n\")",
	"strings.FieldsSeq":     "for _, s := range strings.Fields(text)",
	"bytes.Lines":           "bytes.SplitAfter",
	"rand.N":                "IntN, Int64N or UintN of the same package",
	"errors.AsType":         "errors.As with a pointer to a variable",
	"reflect.TypeFor":       "reflect.TypeOf",
	"sql.Null":              "sql.NullString, sql.NullInt64, sql.NullFloat64",
}

func symbolInstead(pkg, name string) string {
	if advice, ok := symbolAdvice[pkg+"."+name]; ok {
		return advice
	}
	if strings.HasSuffix(name, "Func") || pkg == "slices" {
		return symbolAdvice["slices"]
	}
	return symbolAdvice[pkg]
}

var undefinedMember = regexp.MustCompile(`^undefined: (\w+)\.(\w+)$`)

// compileError turns an error of the type checker into a finding.
func (c *checker) compileError(err error) {
	e, ok := err.(types.Error) //nolint:errorlint // go/types hands over the value itself
	if !ok || strings.HasPrefix(e.Msg, "\t") || strings.HasPrefix(e.Msg, "could not import") {
		return // a second line of the error before, or reported at the import
	}
	if e.Soft && len(c.missing) > 0 {
		return // what seems unused may be used by what cannot be understood without the package
	}
	if m := undefinedMember.FindStringSubmatch(e.Msg); m != nil {
		c.report(e.Pos, "symbol", Error, symbolInstead(m[1], m[2]), "%s.%s is not available in scripts", m[1], m[2])
		return
	}
	c.report(e.Pos, "compile", Error, "", "%s", e.Msg)
}
