package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestNotebookNeedsJupyter(t *testing.T) {
	home := t.TempDir()
	code, _, stderr := run(t, []string{"PATH=" + home, "HOME=" + home}, "notebook", "--live")
	if code != Failure || !strings.Contains(stderr, "no jupyter command") || !strings.Contains(stderr, "pip install jupyterlab") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// A stand-in for jupyter says how it was called.
func TestNotebookStartsJupyter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	home, work := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho \"$@\"\nexit ${FAIL:-0}\n"
	if err := os.WriteFile(filepath.Join(home, "jupyter"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	start := func(vars []string, args ...string) (Code, string, string) {
		var out, errs bytes.Buffer
		code := Main(State{
			Args: args, Environ: append([]string{"PATH=" + home, "HOME=" + home, "JUPYTER_DATA_DIR=" + filepath.Join(home, "data")}, vars...),
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Executable: os.Args[0],
		})
		return Code(code), out.String(), errs.String()
	}
	code, stdout, stderr := start(nil, "notebook", work)
	if code != Failure || !strings.Contains(stderr, "not installed") || !strings.Contains(stderr, "--live") {
		t.Errorf("without the GoNB kernel: exit code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = start(nil, "notebook", "--live", "--no-browser", work, "--", "--port", "9000")
	want := "lab --notebook-dir " + work + " --MultiKernelManager.default_kernel_name=jamba-live --no-browser --port 9000\n"
	if code != OK || !strings.HasSuffix(stdout, want) {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, stdout, stderr, want)
	}
	if _, err := os.Stat(filepath.Join(home, "data", "kernels", "jamba-live", "kernel.json")); err != nil {
		t.Error(err)
	}
	if code, _, stderr := start([]string{"FAIL=3"}, "notebook", "--live", work); code != Failure || !strings.Contains(stderr, "exit status 3") {
		t.Errorf("when jupyter fails: exit code %d\n%s", code, stderr)
	}
}
