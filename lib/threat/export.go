package threat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/track"
)

// Types of a model file.
type (
	// Mix says how the weights of a model file are stored.
	Mix = export.Mix
	// ExportInfo is what a model file says about itself to people.
	ExportInfo = export.Info
	// ExportSummary says what became of the weights.
	ExportSummary = export.Summary
)

// The mixes, most exact first. A network whose rows do not fill the blocks of a type falls back to a wider one, as in
// llama.cpp; ExportSummary says how much of it did.
const (
	F32    = export.F32
	BF16   = export.BF16
	F16    = export.F16
	Q8_0   = export.Q8_0
	Q5_K_M = export.Q5_K_M
	Q4_K_M = export.Q4_K_M
)

// Export writes the detector as a GGUF file, the one file that package score needs to predict. The folder is made when
// there is none; the file is replaced when the new one is complete. The same detector and mix give the same bytes.
// Weights that are not finite, or too large for the type, are an error.
func (f *Fitted) Export(path string, mix Mix) error {
	_, err := f.ExportWith(path, mix, ExportInfo{})
	return err
}

// ExportWith is Export with a name and other words for people in the file, and says what became of the weights. The version is
// that of the configuration when it is empty.
func (f *Fitted) ExportWith(path string, mix Mix, info ExportInfo) (*ExportSummary, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("threat: export: %w", err)
	}
	var summary *ExportSummary
	err := track.AtomicWrite(path, func(w io.Writer) (err error) {
		summary, err = f.WriteGGUF(w, mix, info)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("threat: export: %w", err)
	}
	return summary, nil
}

// WriteGGUF is ExportWith to a writer.
func (f *Fitted) WriteGGUF(w io.Writer, mix Mix, info ExportInfo) (*ExportSummary, error) {
	if info.Version == "" {
		info.Version = f.cfg.Version
	}
	if info.Tags == nil {
		info.Tags = []string{"tabular-classification", "security"}
	}
	return export.Write(w, export.Source{
		Info: info, Layout: f.layout, Weights: f.checkpoint.Evaluated(), Stats: f.checkpoint.Stats,
		Features: f.features, Schema: f.state.Schema, Classes: f.state.Classes, Threshold: f.state.Threshold,
		Calibrator: f.state.Calibrator, SeenFamilies: f.state.SeenFamilies, Report: f.runReport, ReportSHA256: f.reportDigest,
	}, mix)
}

// readReport remembers the report of a run on its test rows, or on its validation rows when there are no others: a model file
// names it by its digest.
func (f *Fitted) readReport(r *track.Run) error {
	for _, name := range []string{reportFile, validFile} {
		text, err := os.ReadFile(r.Path(name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		report := &Report{}
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(report); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		digest := sha256.Sum256(text)
		f.runReport, f.reportDigest = report, hex.EncodeToString(digest[:])
		return nil
	}
	return nil
}
