package cells

import (
	"fmt"
	"testing"
)

// BenchmarkCell is the time of one cell after a hundred others.
func BenchmarkCell(b *testing.B) {
	for name, src := range map[string]string{
		"assignment":   "x := 1\nx + 1",
		"function":     "func f(n int) int { return 2 * n }\nf(21)",
		"type":         "type row struct { n int }\nfunc (r row) String() string { return fmt.Sprint(r.n) }\nrow{1}.String()",
		"library":      "cfg := threat.DefaultConfig()\ncfg.Train.Epochs = 3\ncfg.Validate() == nil",
		"generic":      "slices.Sorted(maps.Keys(map[string]int{\"b\": 1, \"a\": 2}))",
		"does not fit": "x := 1\nx + \"a\"",
	} {
		b.Run(name, func(b *testing.B) {
			s := newTestSession(b)
			for i := range 100 {
				run(b, s, fmt.Sprintf("v%d := %d\nfunc g%d() int { return v%d }", i, i, i, i))
			}
			for b.Loop() {
				_, _ = s.Run("In[1]", src) // one of them fails, as it is to
			}
		})
	}
}
