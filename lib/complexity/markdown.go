package complexity

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Markdown writes a report to be kept beside the code: a summary, the functions of the view, all packages, and the figures
// of every file with what they mean.
func (r *Report) Markdown(w io.Writer, v View) error {
	v.By = ByFunction
	t, err := r.rows(v)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Code Complexity Analysis Report\n\n## Summary\n\n")
	r.markdownSummary(&out)
	fmt.Fprintf(&out, "\n## Functions\n\n")
	markdownFunctions(&out, t.functions)
	if t.more > 0 {
		fmt.Fprintf(&out, "\nand %d more\n", t.more)
	}
	fmt.Fprintf(&out, "\n## Packages\n\n")
	fmt.Fprintf(&out, "| Package | Files | Functions | %s | Cyclomatic | Highest | Cognitive | Maintainability | Lowest | Lines |\n", overTitle(t.View))
	fmt.Fprintf(&out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, p := range t.packages {
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %d | %.1f | %d | %d |\n", code(p.Package), p.Files, p.Functions, p.Over,
			p.Cyclomatic, p.MaxCyclomatic, p.Cognitive, p.MaintainabilityIndex, p.MinMaintainabilityIndex, p.Lines)
	}
	fmt.Fprintf(&out, "\n## Detailed Metrics\n")
	for _, f := range r.Files {
		markdownFile(&out, f)
	}
	return write(w, out.Bytes())
}

func overTitle(v View) string {
	side := "above"
	if v.Sort == Maintainability {
		side = "below"
	}
	return fmt.Sprintf("%s %s %g", v.Sort, side, v.limit())
}

func (r *Report) markdownSummary(out *bytes.Buffer) {
	s := r.Totals
	volume, effort, worst := 0.0, 0.0, ""
	for _, f := range r.Files {
		volume += f.Halstead.Volume / float64(len(r.Files))
		effort += f.Halstead.Effort / float64(len(r.Files))
		if worst == "" && f.MaxCyclomatic == s.MaxCyclomatic && s.Functions > 0 {
			worst = fmt.Sprintf(" (%s in %s)", code(f.Worst), code(f.File))
		}
	}
	fmt.Fprintf(out, "- Total files analyzed: %d, with %s and %s\n", len(r.Files), plural(s.Functions, "function"), plural(s.Lines, "line"))
	fmt.Fprintf(out, "- Average cyclomatic complexity of a function: %.2f\n", s.MeanCyclomatic())
	fmt.Fprintf(out, "- Average cognitive complexity of a function (%s): %.2f\n", r.Cognitive, s.MeanCognitive())
	fmt.Fprintf(out, "- Average maintainability index of a function: %.1f\n", s.MaintainabilityIndex)
	fmt.Fprintf(out, "- Average Halstead volume of a file: %.2f\n", volume)
	fmt.Fprintf(out, "- Average Halstead effort of a file: %.2f\n", effort)
	fmt.Fprintf(out, "- Highest cyclomatic complexity: %d%s\n", s.MaxCyclomatic, worst)
	fmt.Fprintf(out, "- Functions with a cyclomatic complexity above %.0f: %d\n", Cyclomatic.Limit(), s.Over)
	if left := r.LeftOut(); left != "" {
		fmt.Fprintf(out, "- Left out: %s\n", left)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "- Not measured: %s\n", code(p.Error()))
	}
}

func markdownFunctions(out *bytes.Buffer, list []Function) {
	fmt.Fprintf(out, "| Function | Place | Cyclomatic | Risk | Cognitive | Maintainability | Volume | Effort | Lines | Nesting |\n")
	fmt.Fprintf(out, "|---|---|--:|---|--:|--:|--:|--:|--:|--:|\n")
	for _, f := range list {
		fmt.Fprintf(out, "| %s | %s | %d | %s | %d | %d | %.0f | %.0f | %d | %d |\n", code(f.Function), code(fmt.Sprintf("%s:%d", f.File, f.Line)),
			f.Cyclomatic, Risk(f.Cyclomatic), f.Cognitive, f.MaintainabilityIndex, f.Halstead.Volume, f.Halstead.Effort, f.Lines, f.Nesting)
	}
}

// markdownFile is one file's section. A file's sum of cyclomatic complexities grows with its length and says nothing about
// risk, so what is interpreted is the worst function.
func markdownFile(out *bytes.Buffer, f File) {
	h := f.Halstead
	fmt.Fprintf(out, "\n### %s\n\n", strings.NewReplacer("_", `\_`, "*", `\*`).Replace(f.File))
	fmt.Fprintf(out, "#### Cyclomatic Complexity: %d\n\n", f.Cyclomatic)
	if f.Functions == 0 {
		fmt.Fprintf(out, "- No functions\n")
	} else {
		fmt.Fprintf(out, "- %s, %.2f on average, highest %d in %s\n", plural(f.Functions, "function"), f.MeanCyclomatic(), f.MaxCyclomatic, code(f.Worst))
		fmt.Fprintf(out, "- Interpretation: %s\n", interpretation(f.MaxCyclomatic))
		fmt.Fprintf(out, "- Cognitive complexity: %d, highest %d\n", f.Cognitive, f.MaxCognitive)
		fmt.Fprintf(out, "- Maintainability index: %.1f on average, lowest %d\n", f.MaintainabilityIndex, f.MinMaintainabilityIndex)
	}
	fmt.Fprintf(out, "\n#### Halstead Metrics\n\n")
	fmt.Fprintf(out, "- Program vocabulary: %d\n- Program length: %d\n- Volume: %.2f\n- Difficulty: %.2f\n- Effort: %.2f\n", h.Vocabulary(), h.Length(), h.Volume, h.Difficulty, h.Effort)
	fmt.Fprintf(out, "- Estimated time to program: %.2f hours\n- Estimated number of bugs: %.2f\n", h.Seconds()/3600, h.Bugs())
}

// interpretation puts a risk in words.
func interpretation(cyclomatic int) string {
	meaning := map[string]string{
		"low":       "simple code",
		"moderate":  "more complex code",
		"high":      "complex code, consider to take it apart",
		"very high": "code that cannot be tested in full",
	}
	risk := Risk(cyclomatic)
	return risk + " risk, " + meaning[risk]
}

// code marks a name as code. Names come from files and may hold what Markdown would take for its own.
func code(text string) string {
	text = strings.NewReplacer("\n", " ", "|", `\|`).Replace(text)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
