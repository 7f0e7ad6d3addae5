package complexity_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/complexity"
)

const scanner = `package scan

// Port says what a port number is used for.
func Port(number int, open, filtered bool) string {
	if !open || filtered {
		return ""
	}
	for _, known := range []int{22, 80, 443} {
		if number == known {
			return "service"
		}
	}
	return "other"
}

func (s *Scan) Close() error { return nil }
`

// folder holds the code above.
func folder() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "complexity")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "scan.go"), []byte(scanner), 0o600)
	}
	if err != nil {
		panic(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

func ExampleAnalyze() {
	dir, remove := folder()
	defer remove()
	r, err := complexity.Analyze(context.Background(), complexity.Options{Dir: dir, Patterns: []string{"./..."}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range r.Functions {
		fmt.Printf("%s:%d %s: cyclomatic %d, cognitive %d, Halstead volume %.1f, maintainability %d\n",
			f.File, f.Line, f.Function, f.Cyclomatic, f.Cognitive, f.Halstead.Volume, f.MaintainabilityIndex)
	}
	// Output:
	// scan.go:4 Port: cyclomatic 5, cognitive 5, Halstead volume 211.5, maintainability 60
	// scan.go:16 (*Scan).Close: cyclomatic 1, cognitive 0, Halstead volume 36.5, maintainability 88
}

func ExampleReport_Table() {
	dir, remove := folder()
	defer remove()
	r, err := complexity.Analyze(context.Background(), complexity.Options{Dir: dir})
	if err == nil {
		err = r.Table(os.Stdout, complexity.View{Sort: complexity.Cognitive})
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// cyclomatic  cognitive  maintainability  volume  effort  lines  nesting  function       place
	//          5          5               60     212    1833     11        2  Port           scan.go:4
	//          1          0               88      37      91      1        0  (*Scan).Close  scan.go:16
	//
	// 2 functions in 1 file of 1 package, 16 lines; cyclomatic complexity mean 3.00, highest 5, above 10 in 0; cognitive (gocognit) mean 2.50, highest 5; maintainability mean 74.0, lowest 60
}

func ExampleLimits_Check() {
	dir, remove := folder()
	defer remove()
	r, err := complexity.Analyze(context.Background(), complexity.Options{Dir: dir, Cognitive: complexity.Paper})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, offence := range (complexity.Limits{MaxCyclomatic: 4}).Check(r.Functions) {
		fmt.Println(offence)
	}
	// Output:
	// scan.go:4: Port: cyclomatic 5, must be at most 4
}

// A change makes a function worse when it becomes harder to read or to test.
func ExampleCompare() {
	dir, remove := folder()
	defer remove()
	before, err := complexity.Analyze(context.Background(), complexity.Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	change := "package scan\n\nfunc (s *Scan) Close() error {\n\tif s == nil {\n\t\treturn nil\n\t}\n\treturn s.conn.Close()\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "scan.go"), []byte(change), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	after, err := complexity.Analyze(context.Background(), complexity.Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range complexity.Compare(before, after).Worse {
		fmt.Printf("%s: cyclomatic %d, was %d\n", c.After.Function, c.After.Cyclomatic, c.Before.Cyclomatic)
	}
	// Output:
	// (*Scan).Close: cyclomatic 2, was 1
}
