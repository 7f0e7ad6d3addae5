package cli

import (
	"fmt"
	"go/build"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/complexity"
)

// complexityFlags say what is measured, what is shown and what is allowed.
type complexityFlags struct {
	opts   complexity.Options
	view   complexity.View
	limits complexity.Limits

	sort, tags, goos, goarch string
	tests                    bool
	json                     bool
	format, out              string
	diff                     string
	failWorse                bool
	asked                    bool // for a report, by a flag about it
}

// The rows that are shown unless --top says otherwise: a table has to fit a terminal, a document a reader's patience, and
// a program wants all.
const (
	tableRows    = 50
	documentRows = 200
)

func (f *complexityFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.opts.Cognitive, "cognitive", complexity.Gocognit, "definition of cognitive complexity: gocognit, or paper (SonarSource 2021)")
	flags.BoolVar(&f.tests, "tests", true, "measure _test.go files too")
	flags.BoolVar(&f.opts.Generated, "generated", false, `measure files marked "Code generated ... DO NOT EDIT." too`)
	flags.StringVar(&f.tags, "tags", "", "only files that are built with these tags, separated by commas, for --goos and --goarch")
	flags.StringVar(&f.goos, "goos", "", "only files that are built for this operating system (default with --tags: this one)")
	flags.StringVar(&f.goarch, "goarch", "", "only files that are built for this architecture (default with --tags: this one)")

	flags.StringVar(&f.view.By, "by", complexity.ByFunction, "what the table and the JSON list: function, file or package")
	flags.StringVar(&f.sort, "sort", string(complexity.Cyclomatic), "the worst first by "+strings.Join(complexity.Metrics(), ", "))
	flags.IntVar(&f.view.Top, "top", 0, fmt.Sprintf("rows at most; 0 is all (default: %d in the table, %d functions in md and html, all in JSON)", tableRows, documentRows))
	flags.Float64Var(&f.view.Over, "over", 0, "only functions above this value of --sort (below it for maintainability), and the limit of the column over")
	flags.BoolVar(&f.json, "json", false, "print JSON: the same as --format json")
	flags.StringVar(&f.format, "format", "", "txt, json, md or html (default: by the ending of --out, else txt)")
	flags.StringVar(&f.out, "out", "", "file for the report: .txt, .json, .md or .html; nothing or - is standard output")

	flags.StringVar(&f.diff, "diff", "", "compare the git revision `REV` with the files as they are now")
	flags.BoolVar(&f.failWorse, "fail-worse", false, "with --diff: exit with 1 when a function got worse")
	flags.IntVar(&f.limits.MaxCyclomatic, "max-cyclomatic", 0, "exit with 1 when a function's cyclomatic complexity is above this")
	flags.IntVar(&f.limits.MaxCognitive, "max-cognitive", 0, "exit with 1 when a function's cognitive complexity is above this")
	flags.IntVar(&f.limits.MinMaintainability, "min-maintainability", 0, "exit with 1 when a function's maintainability index is below this")
}

func (f *complexityFlags) limited() bool { return f.limits != complexity.Limits{} }

// check completes the flags and refuses those that do not fit.
func (f *complexityFlags) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	oneOf := func(flag, value string, known ...string) error {
		if slices.Contains(known, value) {
			return nil
		}
		return usagef("%s--%s is %q, must be one of %s", prefix(cmd), flag, value, strings.Join(known, ", "))
	}
	if err := oneOf("cognitive", f.opts.Cognitive, complexity.Gocognit, complexity.Paper); err != nil {
		return err
	}
	if err := oneOf("by", f.view.By, complexity.ByFunction, complexity.ByFile, complexity.ByPackage); err != nil {
		return err
	}
	if err := oneOf("sort", f.sort, complexity.Metrics()...); err != nil {
		return err
	}
	if err := f.checkNumbers(cmd); err != nil {
		return err
	}
	if err := f.checkFormat(cmd); err != nil {
		return err
	}
	f.view.Sort = complexity.Metric(f.sort)
	f.opts.SkipTests = !f.tests
	f.opts.Build = f.target(changed("tags") || changed("goos") || changed("goarch"))
	for _, flag := range []string{"json", "format", "out", "by", "sort", "top", "over"} {
		f.asked = f.asked || changed(flag)
	}
	return nil
}

// checkNumbers refuses numbers that mean nothing.
func (f *complexityFlags) checkNumbers(cmd *cobra.Command) error {
	if f.view.Top < 0 {
		return usagef("%s--top is %d, must be 0 or more", prefix(cmd), f.view.Top)
	}
	if !(f.view.Over >= 0) {
		return usagef("%s--over is %v, must be 0 or more", prefix(cmd), f.view.Over)
	}
	for _, limit := range []struct {
		flag  string
		value int
	}{{"max-cyclomatic", f.limits.MaxCyclomatic}, {"max-cognitive", f.limits.MaxCognitive}, {"min-maintainability", f.limits.MinMaintainability}} {
		if cmd.Flags().Changed(limit.flag) && limit.value < 1 {
			return usagef("%s--%s is %d, must be 1 or more", prefix(cmd), limit.flag, limit.value)
		}
	}
	if f.limits.MinMaintainability > 100 {
		return usagef("%s--min-maintainability is %d, must be 1..100", prefix(cmd), f.limits.MinMaintainability)
	}
	return nil
}

// checkFormat finds the format, and the number of rows that suits it.
func (f *complexityFlags) checkFormat(cmd *cobra.Command) error {
	if err := f.checkDiff(cmd); err != nil {
		return err
	}
	known := []string{"txt", "json", "md", "html"}
	if f.diff != "" {
		known = known[:3]
	}
	if f.json {
		if f.format != "" && f.format != "json" {
			return usagef("%s--json and --format %s exclude each other", prefix(cmd), f.format)
		}
		f.format = "json"
	}
	format, err := fileFormat(cmd, f.format, f.out, known...)
	if err != nil {
		return err
	}
	f.format = format
	if !cmd.Flags().Changed("top") {
		f.view.Top = map[string]int{"txt": tableRows, "md": documentRows, "html": documentRows}[format]
	}
	return nil
}

// checkDiff refuses flags that mean nothing with or without a comparison.
func (f *complexityFlags) checkDiff(cmd *cobra.Command) error {
	switch {
	case f.diff == "" && cmd.Flags().Changed("diff"):
		return usagef("%s--diff needs a revision: a commit, a branch or a tag", prefix(cmd))
	case f.diff == "" && f.failWorse:
		return withHint(usagef("%s--fail-worse needs --diff", prefix(cmd)), "--diff REV names the commit to compare with")
	case f.diff == "":
		return nil
	}
	for _, flag := range []string{"by", "sort", "over"} {
		if cmd.Flags().Changed(flag) {
			return usagef("%s--%s is not understood with --diff: functions are sorted by how much they changed", prefix(cmd), flag)
		}
	}
	return nil
}

// target is what files must be built for; nil is anything.
func (f *complexityFlags) target(asked bool) *build.Context {
	if !asked {
		return nil
	}
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH = runtime.GOOS, runtime.GOARCH
	if f.goos != "" {
		ctx.GOOS = f.goos
	}
	if f.goarch != "" {
		ctx.GOARCH = f.goarch
	}
	ctx.BuildTags = strings.FieldsFunc(f.tags, func(r rune) bool { return r == ',' || r == ' ' })
	ctx.CgoEnabled = slices.Contains(ctx.BuildTags, "cgo") // the same on every machine
	return &ctx
}
