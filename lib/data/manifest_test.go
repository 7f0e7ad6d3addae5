package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// manifest is datasets/NAME/manifest.json.
type manifest struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Paper     string   `json:"paper"`
	Source    string   `json:"source"`
	Licence   string   `json:"licence"`
	Schema    string   `json:"schema"`
	LabelRule string   `json:"label_rule"`
	HonestUse []string `json:"honest_use"`
	Files     []struct {
		Path          string `json:"path"`
		Part          string `json:"part"`
		Rows          int    `json:"rows"`
		SHA256        string `json:"sha256"`
		ContentSHA256 string `json:"content_sha256"`
		Note          string `json:"note"`
	} `json:"files"`
}

func manifests(t *testing.T) []manifest {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testenv.Root(), "datasets", "*", "manifest.json"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no manifests", err)
	}
	var list []manifest
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		dec := json.NewDecoder(file)
		dec.DisallowUnknownFields()
		var m manifest
		if err := dec.Decode(&m); err != nil {
			t.Fatal(path, err)
		}
		if m.Name != filepath.Base(filepath.Dir(path)) {
			t.Errorf("%s calls itself %q", path, m.Name)
		}
		list = append(list, m)
	}
	return list
}

func TestManifests(t *testing.T) {
	for _, m := range manifests(t) {
		if m.Title == "" || m.Paper == "" || m.Source == "" || m.Licence == "" || m.LabelRule == "" || len(m.HonestUse) == 0 || len(m.Files) == 0 {
			t.Errorf("%s: an entry is empty", m.Name)
		}
		if m.Schema != "" {
			if _, err := NamedSchema(m.Schema); err != nil {
				t.Error(m.Name, err)
			}
		}
		for _, f := range m.Files {
			if !strings.HasPrefix(f.Path, m.Name+"/") || len(f.SHA256) != 64 {
				t.Errorf("%s: file %q, hash %q", m.Name, f.Path, f.SHA256)
			}
		}
	}
}

func TestManifestsDescribeTheFiles(t *testing.T) {
	for _, m := range manifests(t) {
		for _, f := range m.Files {
			path := testenv.Data(t, f.Path)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != f.SHA256 {
				t.Errorf("%s has SHA-256 %x", f.Path, sum)
			}
			text := content
			if f.ContentSHA256 != "" {
				r, err := gzip.NewReader(bytes.NewReader(content))
				if err != nil {
					t.Fatal(err)
				}
				if text, err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
				if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.ContentSHA256 {
					t.Errorf("the content of %s has SHA-256 %x", f.Path, sum)
				}
			}
			if f.Rows == 0 {
				continue
			}
			lines := bytes.Count(text, newline)
			if s, err := NamedSchema(m.Schema); err != nil {
				t.Error(m.Name, err)
			} else if len(s.Header) == 0 {
				lines-- // the header; no field of these files holds a line end
			}
			if lines != f.Rows {
				t.Errorf("%s has %d rows", f.Path, lines)
			}
		}
	}
}

func TestFixture(t *testing.T) {
	table, err := Read(context.Background(), filepath.Join(testenv.Root(), "datasets", "fixtures", "flows.csv"),
		Schema{Label: "is_threat", Family: "attack", Group: "source", Time: "timestamp"})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.CheckTrainable(); err != nil || table.Rows() != 120 || len(table.Columns) != 6 {
		t.Errorf("%d rows, features %v, %v", table.Rows(), table.FeatureNames(), err)
	}
	for _, p := range []Plan{{}, ByTime(0.7, 0.15), ByGroup(0.7, 0.15, 1)} {
		if _, err := table.Split(p); err != nil {
			t.Error(err)
		}
	}
}
