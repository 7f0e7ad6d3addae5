package complexity

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// MaintainabilityDrop is the fall of the maintainability index from which on a function counts as worse although neither
// its cyclomatic nor its cognitive complexity rose: about what it costs to make a function twice as long.
const MaintainabilityDrop = 10

// Comparison is what happened to functions between two reports.
type Comparison struct {
	Worse   []Change `json:"worse"`   // the greatest rise of cyclomatic and cognitive complexity first
	Better  []Change `json:"better"`  // the greatest fall first
	New     []Change `json:"new"`     // the highest cyclomatic complexity first
	Removed []Change `json:"removed"` // by place

	Other     int `json:"other"`     // functions that changed, but neither for the worse nor for the better
	Unchanged int `json:"unchanged"` // functions with the same figures

	Before Summary `json:"before"`
	After  Summary `json:"after"`
}

// Change is one function before and after; nil where there is none.
type Change struct {
	Before *Function `json:"before"`
	After  *Function `json:"after"`
}

// rise is how much cyclomatic and cognitive complexity rose together.
func (c Change) rise() int {
	return c.After.Cyclomatic - c.Before.Cyclomatic + c.After.Cognitive - c.Before.Cognitive
}

// drop is how much the maintainability index fell.
func (c Change) drop() int { return c.Before.MaintainabilityIndex - c.After.MaintainabilityIndex }

func (c Change) worse() bool {
	return c.After.Cyclomatic > c.Before.Cyclomatic || c.After.Cognitive > c.Before.Cognitive || c.drop() >= MaintainabilityDrop
}

func (c Change) better() bool {
	return c.After.Cyclomatic < c.Before.Cyclomatic || c.After.Cognitive < c.Before.Cognitive || c.drop() <= -MaintainabilityDrop
}

// Compare finds out what became of the functions of a report. A function is known again by its folder, package, receiver
// type and name, wherever in the folder it stands; where several have one name (init, or a variant for each system) those
// of one file belong together. A function is worse when its cyclomatic or cognitive complexity rose, or its
// maintainability index fell by MaintainabilityDrop, whatever else fell; it is better when the same can be said the other
// way round and it is not worse.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Before: before.Totals, After: after.Totals}
	c.Worse, c.Better, c.New, c.Removed = []Change{}, []Change{}, []Change{}, []Change{} // [] in JSON
	for _, change := range pair(before.Functions, after.Functions) {
		switch {
		case change.Before == nil:
			c.New = append(c.New, change)
		case change.After == nil:
			c.Removed = append(c.Removed, change)
		case change.worse():
			c.Worse = append(c.Worse, change)
		case change.better():
			c.Better = append(c.Better, change)
		case sameFigures(*change.Before, *change.After):
			c.Unchanged++
		default:
			c.Other++
		}
	}
	slices.SortStableFunc(c.Worse, func(a, b Change) int { return cmp.Or(b.rise()-a.rise(), b.drop()-a.drop()) })
	slices.SortStableFunc(c.Better, func(a, b Change) int { return cmp.Or(a.rise()-b.rise(), a.drop()-b.drop()) })
	slices.SortStableFunc(c.New, func(a, b Change) int { return Cyclomatic.worse(Cyclomatic.Of(*a.After), Cyclomatic.Of(*b.After)) })
	return c
}

func sameFigures(a, b Function) bool {
	return a.Cyclomatic == b.Cyclomatic && a.Cognitive == b.Cognitive && a.MaintainabilityIndex == b.MaintainabilityIndex &&
		a.Halstead == b.Halstead && a.Lines == b.Lines && a.Nesting == b.Nesting
}

// identity is what a function keeps when it is moved to another file or its receiver becomes a pointer.
func identity(f Function) string {
	return path.Dir(f.File) + "\x00" + f.clause + "\x00" + strings.Replace(f.Function, "(*", "(", 1)
}

// pair matches functions: those of the same file first, in the order of the text, then the others. New functions and
// matched ones come in the order of after, removed ones follow in the order of before.
func pair(before, after []Function) []Change {
	waiting := map[string][]*Function{}
	for i := range before {
		key := identity(before[i])
		waiting[key] = append(waiting[key], &before[i])
	}
	changes := make([]Change, len(after))
	take := func(i int, file string) {
		key := identity(after[i])
		at := slices.IndexFunc(waiting[key], func(f *Function) bool { return file == "" || f.File == file })
		if changes[i].Before == nil && at >= 0 {
			changes[i].Before = waiting[key][at]
			waiting[key] = slices.Delete(waiting[key], at, at+1)
		}
	}
	for i := range after {
		changes[i].After = &after[i]
		take(i, after[i].File)
	}
	for i := range after {
		take(i, "")
	}
	left := map[*Function]bool{}
	for _, list := range waiting {
		for _, f := range list {
			left[f] = true
		}
	}
	for i := range before {
		if left[&before[i]] {
			changes = append(changes, Change{Before: &before[i]})
		}
	}
	return changes
}

// Touched are the functions that the change added or made worse, as they are now: those that a limit for changes is about.
func (c *Comparison) Touched() []Function {
	var list []Function
	for _, change := range slices.Concat(c.Worse, c.New) {
		list = append(list, *change.After)
	}
	return list
}
