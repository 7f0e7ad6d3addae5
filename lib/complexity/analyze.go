package complexity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/build"
	"io"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// The definitions of cognitive complexity, for Options.Cognitive.
const (
	Gocognit = "gocognit" // as github.com/uudashr/gocognit counts
	Paper    = "paper"    // as SonarSource defines it, version 1.5, 2021
)

// Options say what is measured and how. The zero value measures all below the current folder.
type Options struct {
	Dir      string   // folder that patterns start from; "" is the current one
	Patterns []string // see the package comment; none is ./...

	Cognitive string // Gocognit or Paper; "" is Gocognit

	SkipTests bool // leave out _test.go files
	Generated bool // measure files marked "Code generated ... DO NOT EDIT." too

	// Build leaves out the files that its build constraints exclude; nil measures files whatever theirs are. Only the
	// target, the tags and CgoEnabled of it are used.
	Build *build.Context
}

// Analyze measures the Go files that the patterns name.
//
// Errors: a pattern that names no Go file (ErrNoFiles) or nothing at all (fs.ErrNotExist),
// an unknown definition of cognitive complexity, the context's error. A file that cannot be read or parsed is no error but one of the report's
// Problems; Report.Err makes an error of them.
func Analyze(ctx context.Context, opts Options) (*Report, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("complexity: %w", err)
	}
	return analyze(ctx, disk{dir}, opts, true)
}

// AnalyzeRevision measures the same files as they are in a commit of the git repository that holds Options.Dir. It needs
// the git command. A pattern may name what the commit does not have.
//
// Errors: as Analyze, without ErrNoFiles; ErrRevision for what git does not know.
func AnalyzeRevision(ctx context.Context, revision string, opts Options) (*Report, error) {
	c, err := openCommit(ctx, cmp.Or(opts.Dir, "."), revision)
	if err != nil {
		return nil, err
	}
	r, err := analyze(ctx, c, opts, false)
	return r, errors.Join(err, gitError(ctx, revision, c.close()))
}

// analyze does both. must makes an error of a pattern without files.
func analyze(ctx context.Context, src source, opts Options, must bool) (*Report, error) {
	opts.Cognitive = cmp.Or(opts.Cognitive, Gocognit)
	if opts.Cognitive != Gocognit && opts.Cognitive != Paper {
		return nil, fmt.Errorf("complexity: cognitive is %q, must be %s or %s", opts.Cognitive, Gocognit, Paper)
	}
	if len(opts.Patterns) == 0 {
		opts.Patterns = []string{"./..."}
	}
	r := &Report{Cognitive: opts.Cognitive}
	files, err := findAll(ctx, src, opts, must, r)
	if err != nil {
		return nil, err
	}
	results, err := measureAll(ctx, src, files, opts.Cognitive == Paper)
	if err != nil {
		return nil, err
	}
	names := newNames(src, files, results)
	if opts.Cognitive == Paper {
		scoreRecursion(files, results, names)
	}
	assemble(r, names, files, results, opts.Generated)
	return r, nil
}

// findAll returns the files of all patterns by path, each once.
func findAll(ctx context.Context, src source, opts Options, must bool, r *Report) ([]entry, error) {
	var files []entry
	seen := map[string]bool{}
	for _, text := range opts.Patterns {
		p, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		found, err := src.find(ctx, p, r)
		if err := cmp.Or(ctx.Err(), err); err != nil {
			return nil, err
		}
		if must && len(found) == 0 && len(r.Problems) == 0 {
			return nil, p.nothing()
		}
		for _, e := range found {
			if !seen[e.name] && selected(src, e, opts, &r.Left) {
				files = append(files, e)
			}
			seen[e.name] = true
		}
	}
	r.Left.seen = nil
	slices.SortFunc(files, func(a, b entry) int { return cmp.Compare(a.shown, b.shown) })
	return files, nil
}

// selected decides by name and build constraints. What a pattern names itself is always measured.
func selected(src source, e entry, opts Options, left *Left) bool {
	switch {
	case e.named:
		return true
	case opts.SkipTests && strings.HasSuffix(e.shown, "_test.go"):
		left.Tests++
		return false
	case opts.Build == nil:
		return true
	}
	ctx := *opts.Build
	ctx.JoinPath = func(parts ...string) string { return path.Join(parts...) }
	ctx.OpenFile = func(string) (io.ReadCloser, error) {
		text, err := src.read(e.name)
		return io.NopCloser(bytes.NewReader(text)), err
	}
	match, err := ctx.MatchFile(".", path.Base(e.shown))
	if err == nil && !match { // what cannot be read is reported when it is measured
		left.Build++
		return false
	}
	return true
}

// result is one file's figures or what is wrong with it.
type result struct {
	*measured
	problem *Problem
}

// measureAll measures files side by side; results are in the order of the files.
func measureAll(ctx context.Context, src source, files []entry, paper bool) ([]result, error) {
	results := make([]result, len(files))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				results[i] = measureEntry(src, files[i], paper)
			}
		})
	}
	for i := range files {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return results, ctx.Err()
}

func measureEntry(src source, e entry, paper bool) result {
	text, err := src.read(e.name)
	if err != nil {
		return result{problem: readProblem(e.shown, err)}
	}
	m, problem := measure(e.shown, text, paper)
	return result{m, problem}
}

// scoreRecursion goes through the functions of each package.
func scoreRecursion(files []entry, results []result, names *names) {
	byPlace := map[string][]*Function{}
	for i, e := range files {
		if m := results[i].measured; m != nil {
			place := path.Dir(e.shown) + "\x00" + names.of(i)
			for j := range m.functions {
				byPlace[place] = append(byPlace[place], &m.functions[j])
			}
		}
	}
	for _, functions := range byPlace {
		markRecursion(functions)
	}
}

// assemble sums up: files by path, functions in the order of the text.
func assemble(r *Report, names *names, files []entry, results []result, generated bool) {
	var packages []*group
	byPlace := map[string]*group{}
	total := newGroup("", "")
	for i, e := range files {
		m := results[i].measured
		switch {
		case m == nil:
			r.Problems = append(r.Problems, results[i].problem)
			continue
		case m.generated && !generated && !e.named:
			r.Generated = append(r.Generated, e.shown)
			continue
		}
		pkg, folder := names.of(i), path.Dir(e.shown)
		for j := range m.functions {
			m.functions[j].Package, m.functions[j].File = pkg, e.shown
		}
		r.Functions = append(r.Functions, m.functions...)
		r.Ignored += m.ignored
		one := newGroup(pkg, folder)
		one.add(m)
		r.Files = append(r.Files, File{Package: pkg, File: e.shown, Summary: one.summary()})
		place := folder + "\x00" + pkg
		if byPlace[place] == nil {
			byPlace[place] = newGroup(pkg, folder)
			packages = append(packages, byPlace[place])
		}
		byPlace[place].add(m)
		total.add(m)
	}
	slices.SortStableFunc(packages, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	for _, g := range packages {
		r.Packages = append(r.Packages, Package{Package: g.name, Files: g.files, Summary: g.summary(), folder: g.folder})
	}
	r.Totals = total.summary()
}
