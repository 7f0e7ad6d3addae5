// Package notebooks_test keeps the notebooks working: what is committed can be shown to anyone, and every notebook runs
// from its first cell to its last, on both kernels.
package notebooks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notebook is what the tests look at in a file of nbformat 4.
type notebook struct {
	Format   int `json:"nbformat"`
	Metadata struct {
		Kernelspec struct {
			Name        string `json:"name"`
			DisplayName string `json:"display_name"`
		} `json:"kernelspec"`
	} `json:"metadata"`
	Cells []cell `json:"cells"`
}

type cell struct {
	Type    string   `json:"cell_type"`
	Source  text     `json:"source"`
	Count   *int     `json:"execution_count"`
	Outputs []output `json:"outputs"`
}

type output struct {
	Type string          `json:"output_type"`
	Text text            `json:"text"`
	Data map[string]text `json:"data"`
}

// text is a string or a list of its lines.
type text string

func (x *text) UnmarshalJSON(raw []byte) error {
	var lines []string
	if err := json.Unmarshal(raw, &lines); err == nil {
		*x = text(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(raw, (*string)(x))
}

// files returns the notebooks of this folder.
func files(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.ipynb")
	if err != nil || len(found) == 0 {
		t.Fatalf("no notebooks here: %v", err)
	}
	return found
}

func read(t *testing.T, path string) (notebook, []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var n notebook
	if err := json.Unmarshal(raw, &n); err != nil {
		t.Fatal(err)
	}
	return n, raw
}

// private finds what must not leave the machine that executed a notebook.
var private = regexp.MustCompile(`/(root|home|Users|work|tmp|var|usr|opt|mnt|private)/[\w.-]+|[A-Z]:\\\\|gonb_[0-9a-f]{8}`)

// remote finds what a notebook would load from elsewhere when it is shown.
var remote = regexp.MustCompile(`(?i)<(script|link|iframe|img)[^>]*(src|href)=\\?["']?https?:`)

func TestCommitted(t *testing.T) {
	const largest = 1 << 20
	for _, path := range files(t) {
		t.Run(path, func(t *testing.T) {
			n, raw := read(t, path)
			if n.Format != 4 || n.Metadata.Kernelspec.Name != "jamba-gonb" || n.Metadata.Kernelspec.DisplayName != "Go (GoNB) - Jamba" {
				t.Errorf("nbformat %d, kernelspec %+v", n.Format, n.Metadata.Kernelspec)
			}
			if len(raw) > largest {
				t.Errorf("%d bytes; keep it below %d", len(raw), largest)
			}
			if n.Cells[0].Type != "markdown" || !strings.HasPrefix(string(n.Cells[0].Source), "# ") {
				t.Error("the first cell is no title")
			}
			if found := remote.Find(raw); found != nil {
				t.Errorf("loads something from elsewhere: %s", found)
			}
			checkCells(t, n.Cells)
		})
	}
}

// checkCells makes sure that the outputs are those of one execution from top to bottom, and say something.
func checkCells(t *testing.T, cells []cell) {
	t.Helper()
	count, shown := 0, 0
	for _, c := range cells {
		if c.Type != "code" {
			continue
		}
		count++
		if c.Count == nil || *c.Count != count {
			t.Errorf("code cell %d was not executed in its turn: %.60s", count, c.Source)
		}
		for _, o := range c.Outputs {
			if o.Type == "error" {
				t.Errorf("code cell %d failed", count)
			}
			shown++
			if found := private.FindString(string(o.Text)); found != "" {
				t.Errorf("the output of code cell %d names %s", count, found)
			}
			for kind, content := range o.Data {
				if kind == "image/png" {
					continue
				}
				if found := private.FindString(string(content)); found != "" {
					t.Errorf("the output of code cell %d (%s) names %s", count, kind, found)
				}
			}
		}
	}
	if shown < 4 {
		t.Errorf("only %d outputs in %d code cells: execute it and commit the result", shown, count)
	}
}

// TestPrivate makes sure that the pattern finds what it is for.
func TestPrivate(t *testing.T) {
	for _, s := range []string{"at /ro" + "ot/x", "/home/me/jamba", "/tmp/gonb_1", `C:\\Users`, "main.go in gonb_0a1b2c3d"} {
		if !private.MatchString(s) {
			t.Errorf("%q is not found", s)
		}
	}
	for _, s := range []string{"runs/nsl-kdd", "rows/s", "1/2", "../../shared/data"} {
		if private.MatchString(s) {
			t.Errorf("%q is found", s)
		}
	}
	if !remote.MatchString(`<script src=\"https://example.com/x.js\">`) {
		t.Error("a script from elsewhere is not found")
	}
}

// TestDirectives keeps to the directives that the live kernel knows too, so that notebooks run on both.
func TestDirectives(t *testing.T) {
	known := []string{"%%", "%goflags"}
	for _, path := range files(t) {
		n, _ := read(t, path)
		for _, c := range n.Cells {
			for line := range strings.Lines(string(c.Source)) {
				if c.Type != "code" || (line[0] != '%' && line[0] != '!') {
					continue
				}
				if word := strings.Fields(line)[0]; !slices.Contains(known, word) {
					t.Errorf("%s: %q is not known to both kernels", path, strings.TrimSpace(line))
				}
			}
		}
	}
}
