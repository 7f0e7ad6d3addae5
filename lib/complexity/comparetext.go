package complexity

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// section is one list of a comparison.
type section struct {
	title   string
	changes []Change
}

// sections are the lists that have entries, what matters most first.
func (c *Comparison) sections() []section {
	var list []section
	for _, s := range []section{{"Worse", c.Worse}, {"New", c.New}, {"Better", c.Better}, {"Removed", c.Removed}} {
		if len(s.changes) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// headline is the outcome in a line.
func (c *Comparison) headline() string {
	return fmt.Sprintf("%d worse, %d new, %d better, %d removed, %d changed otherwise, %d unchanged; cyclomatic complexity in all %d → %d, cognitive %d → %d, mean maintainability %.1f → %.1f",
		len(c.Worse), len(c.New), len(c.Better), len(c.Removed), c.Other, c.Unchanged,
		c.Before.Cyclomatic, c.After.Cyclomatic, c.Before.Cognitive, c.After.Cognitive, c.Before.MaintainabilityIndex, c.After.MaintainabilityIndex)
}

// step is a figure before and after.
func (c Change) step(of func(Function) int) string {
	switch {
	case c.Before == nil:
		return strconv.Itoa(of(*c.After))
	case c.After == nil:
		return strconv.Itoa(of(*c.Before))
	case of(*c.Before) == of(*c.After):
		return strconv.Itoa(of(*c.After))
	}
	return fmt.Sprintf("%d → %d", of(*c.Before), of(*c.After))
}

// cells are one row: figures, the function as it is now, and where it is or was.
func (c Change) cells() []string {
	f := c.After
	if f == nil {
		f = c.Before
	}
	return []string{
		c.step(func(f Function) int { return f.Cyclomatic }), c.step(func(f Function) int { return f.Cognitive }),
		c.step(func(f Function) int { return f.MaintainabilityIndex }), c.step(func(f Function) int { return f.Lines }),
		c.step(func(f Function) int { return f.Nesting }), f.Function, fmt.Sprintf("%s:%d", f.File, f.Line),
	}
}

// Table writes the comparison as text for people, at most top rows in each list; 0 is all.
func (c *Comparison) Table(w io.Writer, top int) error {
	var out bytes.Buffer
	for _, s := range c.sections() {
		fmt.Fprintf(&out, "%s\n", s.title)
		shown, more := first(s.changes, top)
		grid := [][]string{{"cyclomatic", "cognitive", "maintainability", "lines", "nesting", "function", "place"}}
		for _, change := range shown {
			grid = append(grid, change.cells())
		}
		align(&out, grid, 5)
		if more > 0 {
			fmt.Fprintf(&out, "and %d more\n", more)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s\n", c.headline())
	return write(w, out.Bytes())
}

// Markdown writes the comparison for a review, at most top rows in each list; 0 is all.
func (c *Comparison) Markdown(w io.Writer, top int) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Code Complexity Changes\n\n%s\n", c.headline())
	for _, s := range c.sections() {
		fmt.Fprintf(&out, "\n## %s\n\n| Cyclomatic | Cognitive | Maintainability | Lines | Nesting | Function | Place |\n|--:|--:|--:|--:|--:|---|---|\n", s.title)
		shown, more := first(s.changes, top)
		for _, change := range shown {
			cells := change.cells()
			fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s |\n", cells[0], cells[1], cells[2], cells[3], cells[4], code(cells[5]), code(cells[6]))
		}
		if more > 0 {
			fmt.Fprintf(&out, "\nand %d more\n", more)
		}
	}
	return write(w, out.Bytes())
}

// JSON writes the comparison as one object.
func (c *Comparison) JSON(w io.Writer) error { return writeJSON(w, c) }

func first(list []Change, top int) (shown []Change, more int) {
	if top > 0 && len(list) > top {
		return list[:top], len(list) - top
	}
	return list, 0
}
