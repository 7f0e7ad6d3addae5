package live

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// TestJupyter runs the kernel under jupyter_client and nbclient: testdata/jupyter_suite.py.
func TestJupyter(t *testing.T) {
	python := testenv.Python(t, "jupyter", "jupyter_client,nbclient,nbformat")
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join("testdata", "jupyter_suite.py"), program)
	cmd.Env = append(os.Environ(), "JUPYTER_PLATFORM_DIRS=1", "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
