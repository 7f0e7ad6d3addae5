package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/score"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
)

// mixHelp explains the types. It is printed by --show-info.
const mixHelp = `Types of weights in a model file (GGUF, as ggml and llama.cpp define them):

  f32      32 bits: the weights as trained
  bf16     16 bits: the range of f32, 3 significant digits
  f16      16 bits: 4 significant digits, largest number 65504
  q8_0     8.5 bits: 32 weights share one scale
  q5_k_m   5.5 bits for most rows of 256: super-blocks of 8 x 32 weights; half of the attn_v and ffn_down get q6_K
  q4_k_m   4.5 bits for most rows of 256: the same with one bit less

The K of q4_K is no k-means. K types are super-blocks: 256 weights in 8 or 16 groups, whose scales (and minima) are
themselves stored in 6 or 8 bits against one or two f16 numbers of the super-block.

A block never crosses a row. Rows that are no multiple of 256 fall back as in llama.cpp: q4_K to q5_0, q5_K to q5_1,
q6_K to q8_0; rows that are no multiple of 32 become f16. Only matrices change type: norms, biases, member factors and the
tables of the feature tokens stay f32. Networks for tabular data have narrow rows, so a q4_k_m file of one has more than
4 bits for each weight; the table that convert prints says how many.

A file of this program is standard GGUF: ggml, the Python package gguf and jamba inspect read it. llama.cpp reads the
container and refuses the model, because its architecture ("jambathreat") is none that llama.cpp knows.
`

// conversion is one run of convert.
type conversion struct {
	app         *app
	input, name string
	mix         export.Mix
	out         string
	data        string
	noCompare   bool
	info        export.Info
	columns     []string // names of the inputs of a PyTorch checkpoint
	asJSON      bool
	target      string
}

func (a *app) convertCommand() *cobra.Command {
	c := &conversion{app: a}
	var quantization string
	var showInfo bool
	cmd := &cobra.Command{
		Use:   "convert",
		Short: "Write a detector as a model file (GGUF)",
		Long: `Write a detector as one GGUF file, which holds all that predicting needs: weights, schema, fitted features, calibration,
threshold and class names. ` + "`jamba predict --model FILE`" + ` and the Go package lib/score use it; jamba inspect shows it.

--input-model is a run directory, a model file in f32 (.gguf), or a checkpoint of the Python project that came before this
one (.pt, .pth, .safetensors). Nothing in a checkpoint is executed: a pickle that asks for anything but tensors and plain
values is refused.

The file is models/gguf/TYPE/NAME-SIZE-vVERSION-TYPE.gguf, by the naming rule of GGUF, unless --out names a folder or a
file that ends in .gguf. --show-info explains the types.

How much the type costs is measured on --data, labelled rows that training has not seen: ROC AUC and F1 at the threshold as
f32 and as written, and the largest change of a probability. A run directory keeps no rows, so that without --data only the
change of probabilities is measured, on rows drawn column by column from the distributions of the training rows, which says
nothing about accuracy. --no-compare measures nothing.`,
		Example: `  jamba convert --input-model runs/nsl --model-name nsl --quantization q8_0 --data valid.csv
  jamba convert --input-model old.pt --features names.txt
  jamba convert --show-info`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showInfo {
				a.print("%s", mixHelp)
				if c.input == "" {
					return nil
				}
				a.print("\n")
			}
			if err := need(cmd, "input-model"); err != nil {
				return err
			}
			mix, err := gguf.ParseMix(quantization)
			if err != nil {
				return usagef("%s--quantization is %q, must be one of %s", prefix(cmd), quantization, mixNames())
			}
			c.mix = mix
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.input, "input-model", "", "run directory, .gguf (f32), or PyTorch checkpoint: .pt, .pth, .safetensors")
	f.StringVar(&c.name, "model-name", "", "name of the model in the file and of the file (default: the name of --input-model)")
	f.StringVar(&quantization, "quantization", "q8_0", "type of most weights: "+mixNames())
	f.StringVar(&c.out, "out", "", "folder, or file that ends in .gguf (default models/gguf/TYPE)")
	f.StringVar(&c.data, "data", "", "labelled rows on which to measure what the type costs")
	f.StringVar(&c.target, "target", "", "label column of --data (default: that of training)")
	f.BoolVar(&c.noCompare, "no-compare", false, "do not measure what the type costs")
	f.StringVar(&c.info.Version, "model-version", "", "version of the model (default: that of the configuration)")
	f.StringVar(&c.info.Description, "description", "", "what the model is for")
	f.StringVar(&c.info.License, "license", "", "licence of the model, as SPDX names it")
	f.StringSliceVar(&c.columns, "features", nil, "names of the inputs of a PyTorch checkpoint in their order, or a file with one in each line")
	f.BoolVar(&c.asJSON, "json", false, "print the result as JSON")
	f.BoolVar(&showInfo, "show-info", false, "explain the types of weights")
	return cmd
}

func mixNames() string {
	var names []string
	for _, m := range gguf.Mixes() {
		names = append(names, m.String())
	}
	return strings.Join(names, ", ")
}

// converted is the result, and what --json prints.
type converted struct {
	Input        string       `json:"input"`
	File         string       `json:"file"`
	Quantization string       `json:"quantization"`
	Weights      uint64       `json:"weights"`
	BitsPerWt    float64      `json:"bits_per_weight"`
	FellBack     int          `json:"matrices_fell_back"`
	Matrices     int          `json:"matrices"`
	Types        []typeShare  `json:"types"`
	BytesBefore  int64        `json:"bytes_f32"`
	Bytes        int64        `json:"bytes"`
	Metadata     int64        `json:"bytes_metadata"`
	Comparison   *lossMeasure `json:"comparison,omitempty"`

	summary *export.Summary
}

type typeShare struct {
	Type    string  `json:"type"`
	Tensors int     `json:"tensors"`
	Weights uint64  `json:"weights"`
	Share   float64 `json:"share"`
}

func (c *conversion) run(ctx context.Context) error {
	source, err := c.open()
	if err != nil {
		return err
	}
	defer source.close()
	var exact, small bytes.Buffer
	before, err := source.write(&exact, export.F32)
	if err != nil {
		return err
	}
	after, err := source.write(&small, c.mix)
	if err != nil {
		return err
	}
	path, err := c.path(source.info(), after)
	if err != nil {
		return err
	}
	// Measured before the file appears: a comparison that cannot be made must not leave a file that looks finished.
	var loss *lossMeasure
	if !c.noCompare {
		if loss, err = c.compare(ctx, exact.Bytes(), small.Bytes()); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if err := track.AtomicWrite(path, func(w io.Writer) error { _, err := w.Write(small.Bytes()); return err }); err != nil {
		return err
	}
	return c.report(path, before, after, loss)
}

// path is where the file goes.
func (c *conversion) path(info export.Info, s *export.Summary) (string, error) {
	if strings.EqualFold(filepath.Ext(c.out), ".gguf") {
		return c.out, nil
	}
	name, err := export.FileName(info, s.Weights(), c.mix)
	if err != nil {
		return "", withHint(inputError(err), "--model-name and --model-version decide the name of the file; --out FILE.gguf names it freely")
	}
	return filepath.Join(cmp.Or(c.out, filepath.Join("models", "gguf", c.mix.String())), name), nil
}

func (c *conversion) report(path string, before, after *export.Summary, loss *lossMeasure) error {
	fell, meant := after.FellBack()
	r := &converted{Input: c.input, File: path, Quantization: c.mix.String(), Weights: after.Weights(), BitsPerWt: after.BitsPerWeight(),
		FellBack: fell, Matrices: meant, BytesBefore: before.Bytes, Bytes: after.Bytes, Metadata: after.Bytes - after.Data, Comparison: loss, summary: after}
	for _, s := range after.Shares() {
		r.Types = append(r.Types, typeShare{s.Type.String(), s.Tensors, s.Weights, s.Share})
	}
	if c.asJSON {
		return c.app.printJSON(r)
	}
	c.app.print("%s -> %s\n\n%v", c.input, path, after)
	if c.mix != export.F32 {
		c.app.print("as f32 it would be %.1f KiB: %.2f times as large, the tensors alone %.2f times\n", float64(before.Bytes)/1024,
			float64(before.Bytes)/float64(after.Bytes), float64(before.Data)/float64(after.Data))
	}
	if loss != nil {
		c.app.print("\n%v", loss)
	}
	return nil
}

// source is something that can be written as a model file.
type source interface {
	info() export.Info
	write(w io.Writer, mix export.Mix) (*export.Summary, error)
	close()
}

// open recognises --input-model.
func (c *conversion) open() (source, error) {
	base := strings.TrimSuffix(filepath.Base(filepath.Clean(c.input)), filepath.Ext(c.input))
	c.info.Name = cmp.Or(c.name, base)
	stat, err := os.Stat(c.input)
	if err != nil {
		return nil, inputError(fmt.Errorf("convert: %w", err))
	}
	if stat.IsDir() {
		c.info.Name = cmp.Or(c.name, filepath.Base(filepath.Clean(c.input)))
		fitted, err := openRun(c.input)
		if err != nil {
			return nil, err
		}
		c.info.Version = cmp.Or(c.info.Version, fitted.Config().Version)
		return &runSource{fitted, c.info}, nil
	}
	if strings.EqualFold(filepath.Ext(c.input), ".gguf") {
		return c.openGGUF()
	}
	return c.openCheckpoint(stat.Size())
}

// runSource is a run directory.
type runSource struct {
	fitted *threat.Fitted
	about  export.Info
}

func (r *runSource) info() export.Info { return r.about }
func (r *runSource) close()            { r.fitted.Close() }

func (r *runSource) write(w io.Writer, mix export.Mix) (*export.Summary, error) {
	s, err := r.fitted.WriteGGUF(w, mix, r.about)
	return s, inputError(err)
}

// openModel opens a model file in memory.
func openModel(file []byte) (*score.Model, error) {
	return score.OpenReader(bytes.NewReader(file), int64(len(file)))
}
