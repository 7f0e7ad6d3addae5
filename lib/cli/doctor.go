package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/cpu"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/internal/plugin"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine has and what would be used",
		Long: `Say which engine would be used and why, and what it depends on: plugins, processor, memory, GPU, data sets. A line that
begins with ! is worth a look; the exit code is 0 unless something that is needed does not work.`,
		Example: "  jamba doctor",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{app: a}
			d.engine(cmd.Context())
			d.machine(cmd.Context())
			d.data()
			d.folders()
			return errors.Join(d.broken...)
		},
	}
}

// doctor collects what is broken while it prints.
type doctor struct {
	app    *app
	broken []error
}

func (d *doctor) line(name, format string, args ...any) {
	d.app.print("  %-10s %s\n", name, fmt.Sprintf(format, args...))
}

func (d *doctor) warn(name, format string, args ...any) {
	d.app.print("! %-10s %s\n", name, fmt.Sprintf(format, args...))
}

func (d *doctor) engine(ctx context.Context) {
	name, why, err := gx.Choose(gx.Auto)
	if err == nil {
		d.line("engine", "%s (%s)", name, why)
		err = tryEngine(gx.PureGo)
	}
	if err != nil {
		d.broken = append(d.broken, fmt.Errorf("engine: %w", err))
	}
	linked := "in this program"
	if !gx.XLALinked {
		linked = "not in this program (it needs a C compiler, CGO_ENABLED=1 and no noxla tag at build time)"
	}
	d.line("xla", "%s", linked)
	found := plugin.Find(ctx)
	for _, s := range found {
		if s.Problem != "" {
			d.warn("plugin", "%v", s)
			continue
		}
		d.line("plugin", "%v", s)
	}
	if len(found) == 0 && gx.XLALinked {
		d.line("plugin", "none; `jamba xla install` fetches one")
	}
}

// tryEngine opens an engine and computes with it. Only the pure-Go one is tried here: a plugin is tried when it is
// installed, in a process of its own.
func tryEngine(name string) error {
	engine, err := gx.Open(name)
	if err != nil {
		return err
	}
	defer engine.Close()
	return engine.Check()
}

func (d *doctor) machine(ctx context.Context) {
	d.line("go", "%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	d.line("processor", "%d cores in use of %d, %s", runtime.GOMAXPROCS(0), runtime.NumCPU(), features())
	d.line("memory", "%s", memory())
	d.line("gpu", "%s", gpu(ctx))
}

// features lists the vector instructions that decide the speed of XLA.
func features() string {
	var have []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"AVX2", cpu.X86.HasAVX2}, {"FMA", cpu.X86.HasFMA}, {"AVX512F", cpu.X86.HasAVX512F}, {"AVX512BF16", cpu.X86.HasAVX512BF16},
		{"AMX", cpu.X86.HasAMXTile}, {"ASIMD", cpu.ARM64.HasASIMD}, {"SVE", cpu.ARM64.HasSVE},
	} {
		if f.has {
			have = append(have, f.name)
		}
	}
	if have == nil {
		return "no known vector instructions"
	}
	return strings.Join(have, " ")
}

// memory reads Linux's view; other systems have no file to read it from.
func memory() string {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "not known on " + runtime.GOOS
	}
	var total, available float64
	for scan := bufio.NewScanner(bytes.NewReader(text)); scan.Scan(); {
		var kib float64
		if name, rest, ok := strings.Cut(scan.Text(), ":"); ok {
			if _, err := fmt.Sscanf(rest, "%f", &kib); err != nil {
				continue
			}
			switch name {
			case "MemTotal":
				total = kib
			case "MemAvailable":
				available = kib
			}
		}
	}
	return fmt.Sprintf("%.1f GiB, %.1f GiB available", total/(1<<20), available/(1<<20))
}

// gpu asks the driver's tool, which may hang on a sick driver.
func gpu(ctx context.Context) string {
	if !plugin.HasNVIDIA() {
		return "no NVIDIA GPU"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader").Output()
	if err != nil {
		return "an NVIDIA GPU, but nvidia-smi does not answer"
	}
	return strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "; ")
}

// data lists the folders of JAMBA_DATA, where the tests and benchmarks look for the public data sets.
func (d *doctor) data() {
	dir := d.app.env("JAMBA_DATA")
	if dir == "" {
		d.line("data sets", "JAMBA_DATA is not set (only tests and benchmarks need it)")
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		d.warn("data sets", "JAMBA_DATA: %v", err)
		return
	}
	var names []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	d.line("data sets", "%s: %s", dir, strings.Join(names, ", "))
}

// folders tries to write where the commands write.
func (d *doctor) folders() {
	f, err := os.CreateTemp(".", ".jamba-doctor-*")
	if err != nil {
		d.broken = append(d.broken, withHint(fmt.Errorf("working folder: %w", err), "runs are written below the current folder unless --out says otherwise"))
		return
	}
	f.Close()
	if err := os.Remove(f.Name()); err != nil {
		d.broken = append(d.broken, fmt.Errorf("working folder: %w", err))
		return
	}
	d.line("folder", "can be written to")
}
