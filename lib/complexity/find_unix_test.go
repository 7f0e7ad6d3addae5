//go:build unix

package complexity

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: a pipe with the name of a Go file must not block.
func TestPipe(t *testing.T) {
	dir := tree(t, map[string]string{"good.go": empty})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.go"), 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	r, err := Analyze(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "pipe.go: not a regular file") || fileNames(r) != "good.go" {
		t.Errorf("%v, %s", err, fileNames(r))
	}
}
