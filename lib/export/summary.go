package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/gguf"
)

// Summary says what became of the weights of a model.
type Summary struct {
	Mix     Mix
	Tensors []Choice // in the order of the file
	// Bytes is the size of the file; Data is the part of it that holds tensors, with their padding. The rest is metadata.
	Bytes, Data int64
}

// Choice is one tensor.
type Choice struct {
	Name     string
	Shape    []uint64 // the contiguous dimension first
	Type     gguf.Type
	FellBack bool // its rows do not fill the blocks of the type that the mix wants
	Weights  uint64
	Bytes    uint64
}

// Share is what one type has of a model.
type Share struct {
	Type    gguf.Type
	Tensors int
	Weights uint64
	Share   float64 // of all weights, 0..1
}

// Weights returns the number of weights.
func (s *Summary) Weights() (n uint64) {
	for _, t := range s.Tensors {
		n += t.Weights
	}
	return n
}

// BitsPerWeight returns the mean over all weights, without metadata.
func (s *Summary) BitsPerWeight() float64 {
	var bytes uint64
	for _, t := range s.Tensors {
		bytes += t.Bytes
	}
	return 8 * float64(bytes) / float64(max(1, s.Weights()))
}

// FellBack returns how many tensors fell back, and how many the mix means to change.
func (s *Summary) FellBack() (fell, meant int) {
	for _, t := range s.Tensors {
		if t.FellBack {
			fell++
		}
		if t.FellBack || t.Type != gguf.F32 {
			meant++
		}
	}
	return fell, meant
}

// Shares returns what each type has, most weights first.
func (s *Summary) Shares() []Share {
	var list []Share
	total := float64(max(1, s.Weights()))
	for _, t := range s.Tensors {
		i := slices.IndexFunc(list, func(x Share) bool { return x.Type == t.Type })
		if i < 0 {
			i, list = len(list), append(list, Share{Type: t.Type})
		}
		list[i].Tensors++
		list[i].Weights += t.Weights
		list[i].Share = float64(list[i].Weights) / total
	}
	slices.SortStableFunc(list, func(a, b Share) int {
		if a.Weights != b.Weights {
			return int(int64(b.Weights) - int64(a.Weights))
		}
		return int(a.Type) - int(b.Type)
	})
	return list
}

// String returns the summary as a table.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %8s %10s %8s\n", "type", "tensors", "weights", "share")
	for _, x := range s.Shares() {
		fmt.Fprintf(&b, "%-8s %8d %10d %6.1f %%\n", x.Type, x.Tensors, x.Weights, 100*x.Share)
	}
	fmt.Fprintf(&b, "%d weights, %.2f bits each", s.Weights(), s.BitsPerWeight())
	if fell, meant := s.FellBack(); s.Mix.Base().Quantized() {
		fmt.Fprintf(&b, "; %d of %d matrices fell back (rows that do not fill a block of %s)", fell, meant, s.Mix.Base())
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "file %s: tensors %s, features and other metadata %s\n", size(s.Bytes), size(s.Data), size(s.Bytes-s.Data))
	return b.String()
}

// size writes a number of bytes.
func size(n int64) string {
	if n < 10<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/1024)
}
