package cli

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/gguf"
)

func (a *app) inspectCommand() *cobra.Command {
	var asJSON, headerOnly bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a GGUF file holds",
		Long: `Show the header, the key-values and the tensors of a GGUF file, of this program or any other, and how many bits a weight
takes.

The whole file is checked: a structure that is not valid, numbers that are NaN or infinite, padding that is not zero end
with one line that says where, and exit code 3. --header-only leaves out the check of the tensors' data, for files of
many gigabytes.

Shapes have the contiguous dimension first: a weight matrix of 64 outputs and 20 inputs is 20 x 64. Arrays are shortened;
--json has them whole, as one object:

  file, bytes, version, alignment, data_offset, architecture
  metadata  list in the order of the file: key, type (u8 ... f64, bool, str, arr), element_type (of arrays), value; a
            number that is NaN or infinite is the string "NaN", "+Inf" or "-Inf"
  tensors   list in the order of the file: name, type, shape, weights, bytes, offset (from data_offset), share (of all
            bytes, 0..1)
  types     list, the largest first: type, tensors, weights, bytes, share
  total     tensors, weights, bytes, bits_per_weight`,
		Example: `  jamba inspect model.gguf
  jamba inspect model.gguf --json | jq .total.bits_per_weight`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := inspect(cmd.Context(), args[0], headerOnly)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(in.json())
			}
			a.print("%s", in)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything as JSON")
	cmd.Flags().BoolVar(&headerOnly, "header-only", false, "do not read and check the data of the tensors")
	return cmd
}

// inspection is a GGUF file as `jamba inspect` shows it.
type inspection struct {
	path    string
	bytes   int64
	file    *gguf.File
	summary gguf.Summary
}

func inspect(ctx context.Context, path string, headerOnly bool) (*inspection, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, inputError(err)
	}
	defer f.Close()
	if !headerOnly {
		if err := f.Check(ctx); err != nil {
			return nil, inputError(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, inputError(err)
	}
	return &inspection{path, info.Size(), f, gguf.Summarize(f.Tensors)}, nil
}

// String is the text form. Names and strings of the file are quoted or cleaned of control characters: a file must not
// be able to write to the terminal.
func (in *inspection) String() string {
	var b strings.Builder
	f := in.file
	fmt.Fprintf(&b, "%s: GGUF version %d, %d bytes, alignment %d, data from byte %d\n", in.path, f.Version, in.bytes, f.Alignment, f.DataOffset)
	fmt.Fprintf(&b, "\n%d keys\n", len(f.KVs))
	alignRows(&b, "", func(row func(...any)) {
		for _, kv := range f.KVs {
			row("  "+cleanName(kv.Key), typeName(kv.Value), valueText(kv.Value))
		}
	})
	s := in.summary
	fmt.Fprintf(&b, "\n%d tensors\n", s.Tensors)
	if s.Tensors > 0 {
		alignRows(&b, "  name\ttype\tshape\tbytes\tshare", func(row func(...any)) {
			for _, t := range f.Tensors {
				row("  "+cleanName(t.Name), t.Type, shapeText(t.Dims), t.Size, percentOf(t.Size, s.Bytes))
			}
		})
		b.WriteString("\n")
		alignRows(&b, "  type\ttensors\tweights\tof weights\tbytes\tof bytes", func(row func(...any)) {
			for _, t := range s.Types {
				row("  "+t.Type.String(), t.Tensors, t.Weights, percentOf(t.Weights, s.Weights), t.Bytes, percentOf(t.Bytes, s.Bytes))
			}
			row("  total", s.Tensors, s.Weights, percentOf(s.Weights, s.Weights), s.Bytes, percentOf(s.Bytes, s.Bytes))
		})
		fmt.Fprintf(&b, "\n%.2f bits per weight\n", s.BitsPerWeight())
	}
	return b.String()
}

// alignRows aligns rows of cells below a header line, if there is one.
func alignRows(b *strings.Builder, header string, rows func(row func(...any))) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	if header != "" {
		fmt.Fprintln(w, header)
	}
	rows(func(cells ...any) {
		text := make([]string, len(cells))
		for i, c := range cells {
			text[i] = fmt.Sprint(c)
		}
		fmt.Fprintln(w, strings.Join(text, "\t"))
	})
	_ = w.Flush() // a strings.Builder takes everything
}

func percentOf(part, whole uint64) string {
	return fmt.Sprintf("%.1f %%", 100*shareOf(part, whole))
}

func shareOf(part, whole uint64) float64 { return float64(part) / float64(max(1, whole)) }

func shapeText(dims []uint64) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = strconv.FormatUint(d, 10)
	}
	return strings.Join(parts, " x ")
}

// cleanName is a name without what a terminal would act on.
func cleanName(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

func typeName(value any) string {
	t, elem, n, _ := gguf.TypeOf(value)
	if t == gguf.Array {
		return fmt.Sprintf("arr[%s,%d]", elem, n)
	}
	return t.String()
}

const (
	shownElements = 4  // of an array
	shownText     = 80 // bytes of a string
)

// valueText is a value in short.
func valueText(value any) string {
	t, _, n, _ := gguf.TypeOf(value)
	if t != gguf.Array {
		return scalarText(value)
	}
	list := reflect.ValueOf(value)
	var parts []string
	for i := range min(n, shownElements) {
		parts = append(parts, scalarText(list.Index(i).Interface()))
	}
	if n > shownElements {
		parts = append(parts, fmt.Sprintf("and %d more", n-shownElements))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func scalarText(value any) string {
	s, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	if len(s) <= shownText {
		return strconv.Quote(s)
	}
	n := shownText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s... (%d bytes)", strconv.Quote(s[:n]), len(s))
}
