package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/threat"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  jamba version",
		Args:    arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			xla := "with XLA"
			if !gx.XLALinked {
				xla = "without XLA"
			}
			a.print("jamba %s (%s, configurations %s, %s/%s, %s)\n", buildVersion(), runtime.Version(), threat.Version, runtime.GOOS, runtime.GOARCH, xla)
			return nil
		},
	}
}

// buildVersion is the version of the module, with the commit for a build from a checkout.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown build)"
	}
	return info.Main.Version
}
