package complexity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// names lists changes as function or before>after, with the files when they differ.
func changeNames(list []Change) string {
	var names []string
	for _, c := range list {
		switch {
		case c.Before == nil:
			names = append(names, c.After.Function)
		case c.After == nil:
			names = append(names, c.Before.Function)
		default:
			names = append(names, fmt.Sprintf("%s:%d>%d", c.After.Function, c.Before.Cyclomatic, c.After.Cyclomatic))
		}
	}
	return strings.Join(names, " ")
}

func TestCompare(t *testing.T) {
	branches := func(n int) string { return "{" + strings.Repeat(" if x { } ;", n) + "}" }
	long := "{" + strings.Repeat("\n\tx = x && g(x)", 2) + "}"
	longer := "{" + strings.Repeat("\n\tx = g(g(x), x); x, x = x, x", 12) + "\n\tx = x && g(x)\n\tx = x && g(x)}"
	tests := []struct {
		name                            string
		before, after                   map[string]string
		worse, better, created, removed string
		other, unchanged                int
	}{
		{name: "nothing", before: map[string]string{"a.go": "func f() {}"}, after: map[string]string{"a.go": "func f() {}"}, unchanged: 1},
		{name: "moved within the file", before: map[string]string{"a.go": "func f() {}"}, after: map[string]string{"a.go": "\n\n\nfunc f() {}"}, unchanged: 1},
		{name: "worse and better, the most first",
			before: map[string]string{"a.go": "func f(x bool) {}; func g(x bool) {}; func h(x bool) " + branches(2) + "; func i(x bool)" + branches(3)},
			after:  map[string]string{"a.go": "func f(x bool) " + branches(1) + "; func g(x bool) " + branches(2) + "; func h(x bool) " + branches(1) + "; func i(x bool)" + branches(1)},
			worse:  "g:1>3 f:1>2", better: "i:4>2 h:3>2"},
		{name: "new and removed",
			before: map[string]string{"a.go": "func a() {}; func b() {}"}, after: map[string]string{"a.go": "func c() {}; func d(x bool) " + branches(1)},
			created: "d c", removed: "a b"},
		{name: "to another file", before: map[string]string{"a.go": "func f() {}"}, after: map[string]string{"b.go": "func f() {}"}, unchanged: 1},
		{name: "to another folder", before: map[string]string{"a.go": "func f() {}"}, after: map[string]string{"b/b.go": "func f() {}"}, created: "f", removed: "f"},
		{name: "a pointer now", before: map[string]string{"a.go": "type t int; func (t) f() {}"}, after: map[string]string{"a.go": "type t int; func (*t) f() {}"}, other: 1},
		{name: "same name, other receivers", before: map[string]string{"a.go": "type t int; func (t) f() {}"},
			after: map[string]string{"a.go": "type t int; func f(x bool) " + branches(3) + "; func (t) f() {}"}, created: "f", unchanged: 1},
		{name: "one name in each file",
			before:  map[string]string{"a_linux.go": "func f(x bool) {}", "b_windows.go": "func f(x bool) " + branches(4)},
			after:   map[string]string{"a_linux.go": "func f(x bool) " + branches(1), "b_windows.go": "func f(x bool) " + branches(4), "c_plan9.go": "func f() {}"},
			created: "f", worse: "f:1>2", unchanged: 1},
		{name: "one of several init is gone",
			before:  map[string]string{"a.go": "func init() {}; func init() {}", "b.go": "func init() {}"},
			after:   map[string]string{"a.go": "func init() {}", "b.go": "func init() {}"},
			removed: "init", unchanged: 2},
		{name: "longer only", before: map[string]string{"a.go": "func f(x bool) " + long}, after: map[string]string{"a.go": "func f(x bool) " + longer}, worse: "f:3>3"},
		{name: "shorter only", before: map[string]string{"a.go": "func f(x bool) " + longer}, after: map[string]string{"a.go": "func f(x bool) " + long}, better: "f:3>3"},
		{name: "a little longer", before: map[string]string{"a.go": "func f() { a(); b() }"}, after: map[string]string{"a.go": "func f() { a(); b(); c() }"}, other: 1},
		{name: "one up, one down", before: map[string]string{"a.go": "func f(x bool) { if x { if x { if x { } } } }"},
			after: map[string]string{"a.go": "func f(x bool) " + branches(4)}, worse: "f:4>5"},
		{name: "a module of another name", before: map[string]string{"go.mod": "module a", "a.go": "func f() {}"},
			after: map[string]string{"go.mod": "module b", "a.go": "func f() {}"}, unchanged: 1},
		{name: "a test package", before: map[string]string{"a.go": "func f() {}"}, after: map[string]string{"a.go": "func f() {}", "a_test.go": "\x00_test\nfunc f() {}"}, created: "f", unchanged: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Compare(analyzed(t, inPackage(test.before), Options{}), analyzed(t, inPackage(test.after), Options{}))
			for _, list := range []struct {
				name string
				got  []Change
				want string
			}{{"worse", c.Worse, test.worse}, {"better", c.Better, test.better}, {"new", c.New, test.created}, {"removed", c.Removed, test.removed}} {
				if got := changeNames(list.got); got != list.want {
					t.Errorf("%s: %q, want %q", list.name, got, list.want)
				}
			}
			if c.Other != test.other || c.Unchanged != test.unchanged {
				t.Errorf("%d changed otherwise, %d unchanged, want %d, %d", c.Other, c.Unchanged, test.other, test.unchanged)
			}
			if n := len(c.Touched()); n != len(c.Worse)+len(c.New) {
				t.Errorf("%d touched", n)
			}
		})
	}
}

// inPackage puts package clauses before code, "package p_test" where the code asks for it.
func inPackage(files map[string]string) map[string]string {
	whole := map[string]string{}
	for name, code := range files {
		if isGo(name) {
			code = "package p\n" + code
			code = strings.Replace(code, "package p\n\x00", "package p", 1)
		}
		whole[name] = code
	}
	return whole
}

// git runs a git command in a folder, whatever the settings of this machine.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		testenv.Missing(t, "git", err.Error())
	}
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository is a folder whose files are committed under the tag v1.
func repository(t *testing.T) string {
	t.Helper()
	dir := tree(t, map[string]string{
		"go.mod": "module example.com/m\n", "a.go": empty, "a_test.go": empty, "sub/b.go": "package sub\nfunc f(x bool) { if x { } }\n", "sub/deep/c.go": empty,
		"sub/gen.go": "// Code generated by a test. DO NOT EDIT.\n\npackage sub\nfunc g() {}\n", "sub/broken.go": "package\n", "sub/c_windows.go": empty,
		"vendor/v/v.go": empty, "sub/testdata/t.go": empty, "_old/o.go": empty, ".hid/h.go": empty, "_a.go": empty, "späße/ä b.go": empty, "sub/deep/.x.go": empty,
		".gitattributes": "sub/deep export-ignore\na.go export-subst\n",
	})
	if err := os.Symlink("a.go", filepath.Join(dir, "alias.go")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	git(t, dir, "init", "--quiet")
	git(t, dir, "add", "--all", "--force")
	git(t, dir, "commit", "--quiet", "--message", "one")
	git(t, dir, "tag", "v1")
	return dir
}

// TestRevision: a commit is measured as the folder was.
func TestRevision(t *testing.T) {
	dir := repository(t)
	for _, opts := range []Options{
		{}, {SkipTests: true}, {Generated: true}, {Patterns: []string{"."}}, {Patterns: []string{"sub", "a.go", "sub/gen.go"}}, {Dir: "sub"}, {Dir: "sub", Patterns: []string{"../...", "."}},
		{Cognitive: Paper}, {Patterns: []string{dir + "/sub/..."}}, {Dir: "sub/deep", Patterns: []string{"."}}, {Build: linuxTarget()}, {Patterns: []string{"sub/testdata", "_old/..."}},
	} {
		opts.Dir = filepath.Join(dir, opts.Dir)
		now, then := both(t, "v1", opts)
		if a, b := printed(t, now), printed(t, then); a != b {
			t.Errorf("%+v: the folder and its commit differ\n%s\n%s", opts, a, b)
		}
		if c := Compare(then, now); len(c.Worse)+len(c.Better)+len(c.New)+len(c.Removed)+c.Other != 0 || c.Unchanged != len(now.Functions) {
			t.Errorf("%+v: %s", opts, c.headline())
		}
	}
}

// TestChangesSinceRevision: the commit stays what it was when the folder changes.
func TestChangesSinceRevision(t *testing.T) {
	dir := repository(t)
	put(t, dir, map[string]string{"sub/b.go": "package sub\nfunc f(x bool) { if x { if x { } } }\n", "new/n.go": empty})
	if err := os.Remove(filepath.Join(dir, "a_test.go")); err != nil {
		t.Fatal(err)
	}
	for _, revision := range []string{"v1", "HEAD", git(t, dir, "rev-parse", "--short", "HEAD"), "HEAD^{/one}"} {
		now, then := both(t, revision, Options{Dir: dir})
		c := Compare(then, now)
		if changeNames(c.Worse) != "f:2>3" || changeNames(c.New) != "f" || changeNames(c.Removed) != "f" || c.New[0].After.File != "new/n.go" || c.Removed[0].Before.File != "a_test.go" {
			t.Errorf("since %s: %s", revision, c.headline())
		}
	}
	// A pattern may be newer than the commit.
	if r, err := AnalyzeRevision(context.Background(), "HEAD", Options{Dir: dir, Patterns: []string{"new"}}); err != nil || len(r.Files) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// both measures a folder as it is and as it was.
func both(t *testing.T, revision string, opts Options) (now, then *Report) {
	t.Helper()
	now, err := Analyze(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if then, err = AnalyzeRevision(context.Background(), revision, opts); err != nil {
		t.Fatal(err)
	}
	return now, then
}

// printed is all that a report says.
func printed(t *testing.T, r *Report) string {
	t.Helper()
	text, err := json.MarshalIndent(struct{ Left, All any }{r.Left, []any{r.Totals, r.Packages, r.Files, r.Functions, r.Generated, r.Ignored, r.Problems, r.Cognitive}}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBadRevisions(t *testing.T) {
	dir := tree(t, map[string]string{"a.go": empty})
	git(t, dir, "init", "--quiet")
	outside := t.TempDir()
	tests := []struct{ dir, revision, pattern, want string }{
		{dir, "HEAD", ".", `revision "HEAD" is not a commit`}, // there is none yet
		{dir, "nowhere", ".", `revision "nowhere" is not a commit`},
		{dir, "", ".", "name a commit"},
		{dir, "--output=x", ".", "name a commit"},
		{outside, "HEAD", ".", "not a git repository"},
		{filepath.Join(dir, "gone"), "HEAD", ".", "gone"},
	}
	for _, test := range tests {
		_, err := AnalyzeRevision(context.Background(), test.revision, Options{Dir: test.dir, Patterns: []string{test.pattern}})
		if !errors.Is(err, ErrRevision) || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "complexity: ") {
			t.Errorf("%q in %s: %v, want %s", test.revision, test.dir, err, test.want)
		}
	}
	git(t, dir, "add", "a.go")
	git(t, dir, "commit", "--quiet", "--message", "one")
	if _, err := AnalyzeRevision(context.Background(), "HEAD^{tree}", Options{Dir: dir}); !errors.Is(err, ErrRevision) {
		t.Errorf("a tree: %v", err)
	}
	for _, pattern := range []string{"../...", "/", outside} {
		if _, err := AnalyzeRevision(context.Background(), "HEAD", Options{Dir: dir, Patterns: []string{pattern}}); err == nil || !strings.Contains(err.Error(), "outside of the repository") {
			t.Errorf("pattern %s: %v", pattern, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := AnalyzeRevision(ctx, "HEAD", Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: %v", err)
	}
}

func TestComparisonText(t *testing.T) {
	before := analyzed(t, map[string]string{"a.go": "package p\nfunc f(x bool) {}\nfunc old() {}\nfunc same() {}\n"}, Options{})
	after := analyzed(t, map[string]string{"a.go": "package p\nfunc f(x bool) { if x { } }\nfunc same() {}\nfunc new1() {}\nfunc new2() {}\n"}, Options{})
	c := Compare(before, after)
	for name, render := range map[string]func(*bytes.Buffer) error{
		"table":    func(w *bytes.Buffer) error { return c.Table(w, 1) },
		"markdown": func(w *bytes.Buffer) error { return c.Markdown(w, 1) },
	} {
		var out bytes.Buffer
		if err := render(&out); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"1 worse, 2 new, 0 better, 1 removed, 0 changed otherwise, 1 unchanged; cyclomatic complexity in all 3 → 5", "1 → 2", "0 → 1", "new1", "and 1 more", "Removed", "a.go:3"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), "new2") || strings.Contains(out.String(), "Better") {
			t.Errorf("%s: too much in\n%s", name, out.String())
		}
	}
	var out bytes.Buffer
	if err := c.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var back Comparison
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back.New) != 2 || back.Worse[0].Before.Cyclomatic != 1 || !strings.Contains(out.String(), `"better": []`) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
