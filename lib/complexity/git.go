package complexity

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ErrRevision is the error of a revision that git does not know, or of a folder that is in no repository.
var ErrRevision = errors.New("revision")

// commit is the tree of a commit. Contents come from one git process, on demand.
type commit struct {
	top    string          // folder of the repository
	prefix string          // the folder of the analysis in it, "." for the top
	blobs  map[string]blob // by path in the repository
	paths  []string        // in order

	stop func() error
	mu   sync.Mutex // of the conversation with git
	ask  io.WriteCloser
	hear *bufio.Reader
}

type blob struct {
	id   string
	link bool // the content is the target of a symbolic link
}

// openCommit reads what a revision holds. dir is a folder of the repository.
func openCommit(ctx context.Context, dir, revision string) (*commit, error) {
	if revision == "" || strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("complexity: %w %q: name a commit, a branch or a tag", ErrRevision, revision)
	}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("complexity: %w %s: git is needed to read it: %w", ErrRevision, revision, err)
	}
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		out, err := cmd.Output()
		return string(out), gitError(ctx, revision, err)
	}
	place, err := git("rev-parse", "--show-toplevel", "--show-prefix")
	if err != nil {
		return nil, err
	}
	top, prefix, _ := strings.Cut(strings.TrimRight(place, "\n"), "\n")
	id, err := git("rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err != nil || strings.TrimSpace(id) == "" {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("complexity: %w %q is not a commit of the repository %s", ErrRevision, revision, top))
	}
	listing, err := git("ls-tree", "-r", "-z", "--full-tree", strings.TrimSpace(id))
	if err != nil {
		return nil, err
	}
	c := &commit{top: top, prefix: path.Clean(prefix), blobs: map[string]blob{}}
	for line := range strings.SplitSeq(listing, "\x00") { // mode SP type SP id TAB path
		about, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(about)
		if ok && len(fields) == 3 && fields[1] == "blob" {
			c.blobs[name] = blob{id: fields[2], link: fields[0] == "120000"}
			c.paths = append(c.paths, name)
		}
	}
	slices.Sort(c.paths)
	return c, c.start(ctx, revision)
}

// gitError adds what git said to the error of running it.
func gitError(ctx context.Context, revision string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if said := ""; errors.As(err, &exit) {
		said, _, _ = strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		if said != "" {
			return fmt.Errorf("complexity: %w %s: git: %s", ErrRevision, revision, said)
		}
	}
	return fmt.Errorf("complexity: %w %s: git: %w", ErrRevision, revision, err)
}

// start begins the conversation in which contents are asked for.
func (c *commit) start(ctx context.Context, revision string) error {
	cmd := exec.CommandContext(ctx, "git", "-C", c.top, "cat-file", "--batch")
	ask, err := cmd.StdinPipe()
	if err != nil {
		return gitError(ctx, revision, err)
	}
	hear, err := cmd.StdoutPipe()
	if err != nil {
		return gitError(ctx, revision, err)
	}
	if err := cmd.Start(); err != nil {
		return gitError(ctx, revision, err)
	}
	c.ask, c.hear, c.stop = ask, bufio.NewReader(hear), cmd.Wait
	return nil
}

func (c *commit) close() error { return errors.Join(c.ask.Close(), c.stop()) }

func (c *commit) parent(name string) (string, bool) { return path.Dir(name), name != "." }

func (c *commit) join(folder, name string) string { return path.Join(folder, name) }

// read returns a file's content. A link is followed within the commit, once.
func (c *commit) read(name string) ([]byte, error) {
	b, ok := c.blobs[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	text, err := c.content(b)
	if err != nil || !b.link {
		return text, err
	}
	target, ok := c.blobs[path.Join(path.Dir(name), string(text))]
	if !ok || target.link {
		return nil, fmt.Errorf("the link to %s leads to no file of the commit", text)
	}
	return c.content(target)
}

func (c *commit) content(b blob) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Fprintln(c.ask, b.id); err != nil {
		return nil, err
	}
	head, err := c.hear.ReadString('\n') // id SP type SP size
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(head)
	if len(fields) != 3 {
		return nil, fmt.Errorf("git: %s", strings.TrimSpace(head))
	}
	size, err := strconv.Atoi(fields[2])
	if err != nil {
		return nil, fmt.Errorf("git: %q: %w", strings.TrimSpace(head), err)
	}
	text := make([]byte, size+1) // a newline follows
	if _, err := io.ReadFull(c.hear, text); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text, []byte("\n"))[:size], nil
}

// find selects files as disk.find does, by their paths. A folder that the commit lacks holds no files.
func (c *commit) find(_ context.Context, p pattern, r *Report) ([]entry, error) {
	root, err := c.place(p)
	if err != nil {
		return nil, err
	}
	if _, ok := c.blobs[root]; ok && !p.below {
		return []entry{{name: root, shown: p.root, below: ".", named: true}}, nil
	}
	var found []entry
	seen := map[string]bool{} // folders that were decided on: false for those that are left out
	for _, name := range c.paths {
		below, ok := strings.CutPrefix(name, root+"/")
		if root == "." {
			below, ok = name, true
		}
		folder := path.Dir(below)
		switch {
		case !ok || !isGo(name) || folder != "." && !p.below || !open(root, folder, seen, &r.Left):
		case hidden(path.Base(name)):
			r.Left.count(&r.Left.Hidden, name)
		default:
			found = append(found, entry{name: name, shown: path.Join(p.root, below), below: folder})
		}
	}
	return found, nil
}

// open reports whether no part of a folder's path below root is left out.
func open(root, folder string, seen map[string]bool, left *Left) bool {
	if folder == "." {
		return true
	}
	known, ok := seen[folder]
	if !ok {
		known = open(root, path.Dir(folder), seen, left) && !left.skip(path.Join(root, folder), path.Base(folder))
		seen[folder] = known
	}
	return known
}

// place is where a pattern's folder is in the repository.
func (c *commit) place(p pattern) (string, error) {
	root := path.Join(c.prefix, p.root)
	if filepath.IsAbs(filepath.FromSlash(p.root)) {
		real, err := filepath.EvalSymlinks(filepath.FromSlash(p.root))
		if err != nil {
			real = filepath.FromSlash(p.root) // it may be in the commit and no longer on disk
		}
		rel, err := filepath.Rel(filepath.FromSlash(c.top), real)
		if err != nil {
			return "", fmt.Errorf("complexity: pattern %s: %w", p.text, err)
		}
		root = filepath.ToSlash(rel)
	}
	if root == ".." || strings.HasPrefix(root, "../") {
		return "", fmt.Errorf("complexity: pattern %s is outside of the repository %s", p.text, c.top)
	}
	return root, nil
}
