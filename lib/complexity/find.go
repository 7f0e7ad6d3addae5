package complexity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ErrNoFiles is the error of a pattern that names no Go file.
var ErrNoFiles = errors.New("no Go files")

// source is where files come from: the disk, or a commit.
type source interface {
	// find returns the Go files of a pattern. What it leaves out and what it cannot read it says in the report.
	find(ctx context.Context, p pattern, r *Report) ([]entry, error)
	read(name string) ([]byte, error)
	// parent returns the folder that holds a file or a folder, and false above the top.
	parent(name string) (string, bool)
	join(folder, name string) string
}

// entry is one file to measure.
type entry struct {
	name  string // for the source
	shown string // for people: as reached from the folder of the analysis, slash-separated
	below string // its folder as seen from the pattern's, "." for the same
	named bool   // it is the pattern itself
}

// Left counts what the search for files left out.
type Left struct {
	Vendor   int `json:"vendor"`   // folders named vendor
	Testdata int `json:"testdata"` // folders named testdata
	Hidden   int `json:"hidden"`   // files and folders that begin with _ or a dot, but for .git
	Links    int `json:"links"`    // links to folders
	Tests    int `json:"tests"`    // _test.go files, with Options.SkipTests
	Build    int `json:"build"`    // files that Options.Build excludes

	seen map[string]bool // what was counted, for patterns that overlap
}

// skip reports whether a folder below a pattern is left out, and counts it. at tells it from others of the same name.
func (l *Left) skip(at, folder string) bool {
	switch {
	case folder == "vendor":
		l.count(&l.Vendor, at)
	case folder == "testdata":
		l.count(&l.Testdata, at)
	case folder == ".git": // nobody expects Go there
	case hidden(folder):
		l.count(&l.Hidden, at)
	default:
		return false
	}
	return true
}

// count adds one to a counter, once for each place.
func (l *Left) count(counter *int, at string) {
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	if !l.seen[at] {
		l.seen[at] = true
		*counter++
	}
}

func hidden(name string) bool { return name[0] == '_' || name[0] == '.' }

func isGo(name string) bool { return strings.HasSuffix(name, ".go") }

// pattern is a file, a folder, or a folder with all below it.
type pattern struct {
	text  string
	root  string // slash-separated
	below bool   // all folders below root
}

func parsePattern(text string) (pattern, error) {
	p := pattern{text: text}
	root := filepath.ToSlash(text)
	switch {
	case root == "...":
		root, p.below = ".", true
	case root == "/...":
		root, p.below = "/", true
	case strings.HasSuffix(root, "/..."):
		root, p.below = strings.TrimSuffix(root, "/..."), true
	}
	if root == "" {
		return p, errors.New("complexity: an empty pattern names nothing: use ./... for all below the current folder")
	}
	if strings.Contains(root, "...") {
		return p, fmt.Errorf("complexity: pattern %q: dots are only understood at the end, as in dir/... for a folder with all below it", text)
	}
	p.root = path.Clean(root)
	return p, nil
}

// nothing is the error of a pattern without files.
func (p pattern) nothing() error {
	err := fmt.Errorf("complexity: pattern %s: %w", p.text, ErrNoFiles)
	if !p.below {
		err = fmt.Errorf("%w: %s/... also means the folders below", err, strings.TrimSuffix(p.text, "/"))
	}
	return err
}

// missing is the error of a pattern that names nothing at all.
func (p pattern) missing() error {
	return fmt.Errorf("complexity: pattern %s: no such file or folder (patterns are paths: ./..., ./lib/data, main.go): %w", p.text, fs.ErrNotExist)
}

// disk is the file system, seen from a folder.
type disk struct{ dir string }

func (d disk) read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would block for ever
		return nil, fmt.Errorf("not a regular file")
	}
	return os.ReadFile(name)
}

func (d disk) parent(name string) (string, bool) {
	up := filepath.Dir(name)
	return up, up != name
}

func (d disk) join(folder, name string) string { return filepath.Join(folder, name) }

func (d disk) find(ctx context.Context, p pattern, r *Report) ([]entry, error) {
	root := filepath.FromSlash(p.root)
	if !filepath.IsAbs(root) {
		root = filepath.Join(d.dir, root)
	}
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, p.missing()
	case err != nil:
		return nil, fmt.Errorf("complexity: pattern %s: %w", p.text, err)
	case info.IsDir():
		return d.list(ctx, nil, entry{name: root, shown: p.root, below: "."}, p.below, r), nil
	case p.below:
		return nil, fmt.Errorf("complexity: pattern %s: %s is a file", p.text, p.root)
	case !isGo(root):
		return nil, fmt.Errorf("complexity: pattern %s: the name of a Go file ends in .go", p.text)
	}
	return []entry{{name: root, shown: p.root, below: ".", named: true}}, nil
}

// list appends the files of a folder and, on demand, of those below. Links to folders are not followed, so a loop of them
// does no harm.
func (d disk) list(ctx context.Context, found []entry, folder entry, deep bool, r *Report) []entry {
	children, err := os.ReadDir(folder.name)
	if err != nil { // what could be listed is still there
		r.Problems = append(r.Problems, readProblem(folder.shown, err))
	}
	for _, child := range children {
		if ctx.Err() != nil {
			return found // who measures will see it too
		}
		name := child.Name()
		at := entry{name: filepath.Join(folder.name, name), shown: path.Join(folder.shown, name), below: folder.below}
		switch {
		case child.IsDir():
			if deep && !r.Left.skip(at.name, name) {
				at.below = path.Join(folder.below, name)
				found = d.list(ctx, found, at, deep, r)
			}
		case linkToFolder(child, at.name):
			if deep {
				r.Left.count(&r.Left.Links, at.name)
			}
		case isGo(name) && hidden(name):
			r.Left.count(&r.Left.Hidden, at.name)
		case isGo(name):
			found = append(found, at)
		}
	}
	return found
}

func linkToFolder(child fs.DirEntry, at string) bool {
	if child.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(at)
	return err == nil && info.IsDir()
}
