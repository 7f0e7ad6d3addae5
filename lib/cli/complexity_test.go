package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/cli"
)

// TestComplexityExitCodes: a file that does not parse outweighs a limit, since the limit was checked on a part only.
func TestComplexityExitCodes(t *testing.T) {
	dir := t.TempDir()
	for name, code := range map[string]string{
		"good/f.go": "package p\n\nfunc f(x bool) {\n\tif x {\n\t}\n}\n",
		"bad/f.go":  "package p\n\nfunc f(x bool) {\n\tif x {\n\t}\n}\n",
		"bad/g.go":  "package p\n\nfunc g() { if { } }\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(code), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := func(ctx context.Context, args ...string) (code cli.Code, stdout, stderr string) {
		var out, errs bytes.Buffer
		n := cli.Main(cli.State{Args: append([]string{"complexity"}, args...), Stdout: &out, Stderr: &errs, Context: ctx})
		return cli.Code(n), out.String(), errs.String()
	}
	for _, test := range []struct {
		folder, limit string
		want          cli.Code
	}{{"good", "2", cli.OK}, {"good", "1", cli.Failure}, {"bad", "2", cli.BadInput}, {"bad", "1", cli.BadInput}} {
		code, stdout, stderr := run(context.Background(), "--max-cyclomatic", test.limit, filepath.Join(dir, test.folder))
		if code != test.want {
			t.Errorf("%s, limit %s: exit code %d, want %d\n%s", test.folder, test.limit, code, test.want, stderr)
		}
		if named := strings.Contains(stdout, "f.go:3: f: cyclomatic 2, must be at most 1"); named != (test.limit == "1") {
			t.Errorf("%s, limit %s: standard output is %q", test.folder, test.limit, stdout)
		}
		if said := strings.Contains(stderr, "bad/g.go:3:15: missing condition in if statement"); said != (test.folder == "bad") {
			t.Errorf("%s, limit %s: standard error is %q", test.folder, test.limit, stderr)
		}
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if code, _, stderr := run(over, dir+"/..."); code != cli.Interrupted {
		t.Errorf("interrupted: exit code %d\n%s", code, stderr)
	}
}
