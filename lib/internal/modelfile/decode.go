package modelfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// Variant returns which network the file holds, Native or Original. A file of another architecture is ErrModel.
func Variant(f *gguf.File) (string, error) {
	d := &decoder{file: f}
	if arch := get[string](d, keyArchitecture); d.err == nil && arch != Architecture {
		return "", badf("key %q is %q, must be %q: this is a model of another program", keyArchitecture, arch, Architecture)
	}
	variant := get[string](d, keyVariant)
	if d.err == nil && variant != Native && variant != Original {
		return "", badf("key %q is %q, must be %q or %q", keyVariant, variant, Native, Original)
	}
	return variant, d.err
}

// Decode reads a model of the variant Native. Whatever Encode would not have written is ErrModel: a missing key or one of
// another type, a number out of bounds, a tensor that is missing, superfluous or of another shape, a value that is not
// finite, features that contradict themselves, the schema or the tensors. Further keys are ignored.
//
// Nothing is allocated by a number in the file before that number is compared with what the file holds.
func Decode(f *gguf.File) (*Model, error) {
	variant, err := Variant(f)
	if err != nil {
		return nil, err
	}
	if variant != Native {
		return nil, badf("key %q is %q, must be %q", keyVariant, variant, Native)
	}
	d := &decoder{file: f}
	if v := d.count(keyFormat); d.err == nil && v != formatVersion {
		return nil, badf("key %q is %d, this program reads %d: use a newer one", keyFormat, v, formatVersion)
	}
	m := &Model{Info: decodeInfo(d), Network: decodeNetwork(d)}
	tokens := d.count(keyContext)
	d.decision(m)
	state := decodeFeatures(d)
	if d.err != nil {
		return nil, d.err
	}
	if err := m.Network.validate(); err != nil {
		return nil, err
	}
	if m.Features, err = features.Open(state); err != nil {
		return nil, fmt.Errorf("modelfile: %w: %w", ErrModel, err)
	}
	spec := m.Features.Spec()
	if n := len(spec.Numeric) + len(spec.Categorical); tokens != n {
		return nil, badf("key %q is %d, but there are %d features", keyContext, tokens, n)
	}
	if err := m.readTensors(f, Tensors(m.Network, spec)); err != nil {
		return nil, err
	}
	return m, m.Validate()
}

// readTensors compares the tensors of the file with those that the network has, and reads them.
func (m *Model) readTensors(f *gguf.File, want []Shape) error {
	for _, s := range want {
		t, ok := f.Tensor(s.Name)
		if !ok {
			return badf("tensor %q is missing", s.Name)
		}
		if ne := s.NE(); !slices.Equal(t.Dims, ne) {
			return badf("tensor %q has shape %v, must be %v (contiguous dimension first)", s.Name, t.Dims, ne)
		}
	}
	if len(f.Tensors) != len(want) {
		for _, t := range f.Tensors {
			if !slices.ContainsFunc(want, func(s Shape) bool { return s.Name == t.Name }) {
				return badf("tensor %q is not part of this network", t.Name)
			}
		}
	}
	m.Weights = make(map[string][]float32, len(want))
	for _, s := range want {
		t, _ := f.Tensor(s.Name)
		values, err := f.Values(t)
		if err != nil {
			return fmt.Errorf("modelfile: %w: tensor %q: %w", ErrModel, s.Name, err)
		}
		m.Weights[s.Name] = values
	}
	return nil
}

func decodeInfo(d *decoder) Info {
	i := Info{Name: d.text(keyName), BaseName: d.text(keyBaseName), Version: d.text(keyVersion),
		Description: d.text(keyDescription), License: d.text(keyLicense), SizeLabel: d.text(keySizeLabel)}
	if d.has(keyTags) {
		i.Tags = get[[]string](d, keyTags)
	}
	return i
}

func decodeNetwork(d *decoder) Network {
	n := Network{
		Embedding: get[string](d, keyEmbedding), Precision: get[string](d, keyPrecision),
		Width: d.count(keyWidth), Heads: d.count(keyHeads), Blocks: d.count(keyBlocks), FFN: d.count(keyFFN),
		Epsilon: get[float32](d, keyEpsilon), NormEpsilon: get[float32](d, keyTowerEpsilon),
		Members: d.count(keyMembers), MemberLayer: d.count(keyMemberLayer), Outputs: d.count(keyOutputs),
	}
	for _, w := range get[[]uint32](d, keyTowerWidths) {
		n.Widths = append(n.Widths, int(min(w, maxCount)))
	}
	return n
}

func (d *decoder) decision(m *Model) {
	m.Classes = get[[]string](d, keyClasses)
	m.Threshold = get[float64](d, keyThreshold)
	m.Calibrator = decodeCalibrator(d)
	if get[bool](d, keyFamiliesKnown) {
		m.SeenFamilies = []string{}
		if d.has(keyFamiliesSeen) {
			m.SeenFamilies = get[[]string](d, keyFamiliesSeen)
		}
	}
	m.Report.SHA256 = d.text(keyReportDigest)
	if d.has(keyReportNames) || d.has(keyReportValues) {
		m.Report.Names, m.Report.Values = get[[]string](d, keyReportNames), get[[]float64](d, keyReportValues)
	}
	if text := get[string](d, keySchema); d.err == nil {
		schema, err := data.DecodeSchema(bytes.NewReader([]byte(text)))
		if err != nil {
			d.fail(fmt.Errorf("modelfile: %w: key %q: %w", ErrModel, keySchema, err))
		}
		m.Schema = schema
	}
}

func decodeCalibrator(d *decoder) *metrics.Calibrator {
	c := &metrics.Calibrator{Kind: get[string](d, keyCalibration)}
	switch c.Kind {
	case noCalibration:
		return nil
	case metrics.Temperature:
		c.Temperature = get[float64](d, keyTemperature)
	case metrics.Isotonic:
		c.X, c.Y = get[[]float64](d, keyIsotonicX), get[[]float64](d, keyIsotonicY)
	default:
		d.fail(badf("key %q is %q, must be one of %s, %s, %s", keyCalibration, c.Kind, noCalibration, metrics.Temperature, metrics.Isotonic))
	}
	return c
}

// decoder reads typed values and keeps the first error, after which everything it returns is zero.
type decoder struct {
	file *gguf.File
	err  error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) has(key string) bool {
	_, ok := d.file.Get(key)
	return ok
}

// get returns the value of a key that must be there and of type T.
func get[T any](d *decoder, key string) (v T) {
	if d.err != nil {
		return v
	}
	value, ok := d.file.Get(key)
	if !ok {
		d.fail(badf("key %q is missing", key))
		return v
	}
	typed, ok := value.(T)
	if !ok {
		d.fail(badf("key %q is %s, must be %s", key, typeName(value), typeName(v)))
	}
	return typed
}

// text returns a text that may be absent.
func (d *decoder) text(key string) string {
	if !d.has(key) {
		return ""
	}
	return get[string](d, key)
}

// maxCount stands for every larger number: it is above all bounds, and an int on every machine.
const maxCount = 1 << 30

// count returns a number. Both widths that GGUF knows are accepted, since its text says 64 bits and its programs use 32.
func (d *decoder) count(key string) int {
	if d.err != nil {
		return 0
	}
	value, ok := d.file.Get(key)
	switch v := value.(type) {
	case uint32:
		return int(min(v, maxCount))
	case uint64:
		return int(min(v, maxCount))
	}
	if !ok {
		d.fail(badf("key %q is missing", key))
	} else {
		d.fail(badf("key %q is %s, must be u32", key, typeName(value)))
	}
	return 0
}

// column returns an array with one entry per feature.
func column[T any](d *decoder, key string, n int) []T {
	values := get[[]T](d, key)
	if d.err == nil && len(values) != n {
		d.fail(badf("key %q has %d entries for %d features", key, len(values), n))
	}
	return values
}

// grouped cuts an array into one part per feature, as long as counts says.
func grouped[T any](d *decoder, key, countKey string, n int) [][]T {
	values, counts := get[[]T](d, key), column[uint32](d, countKey, n)
	if d.err != nil {
		return nil
	}
	parts := make([][]T, n)
	rest := values
	for i, count := range counts {
		if uint64(count) > uint64(len(rest)) {
			d.fail(badf("key %q has %d entries, fewer than %q adds up to", key, len(values), countKey))
			return nil
		}
		parts[i], rest = rest[:count:count], rest[count:]
	}
	if len(rest) > 0 {
		d.fail(badf("key %q has %d entries, %d more than %q adds up to", key, len(values), len(rest), countKey))
	}
	return parts
}

// document reads a text of JSON; a member that is not known is an error.
func (d *decoder) document(key string, into any) {
	if text := get[string](d, key); d.err == nil {
		d.parse(key, text, into)
	}
}

func (d *decoder) parse(key, text string, into any) {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, after := dec.Token(); after != io.EOF {
			err = fmt.Errorf("text after the value")
		}
	}
	if err != nil {
		d.fail(fmt.Errorf("modelfile: %w: key %q: %w", ErrModel, key, err))
	}
}

// typeName names the type of a value as GGUF programs print it.
func typeName(value any) string {
	t, elem, _, _ := gguf.TypeOf(value)
	if t == gguf.Array {
		return fmt.Sprintf("arr[%v]", elem)
	}
	return t.String()
}

// Encoding names how the weights of a file are stored, by its general.file_type: "f32", "q4_k_m", ...; "" when it does not say.
func Encoding(f *gguf.File) string {
	v, _ := f.Get(keyFileType)
	n, ok := v.(uint32)
	if !ok {
		return ""
	}
	for _, m := range gguf.Mixes() {
		if m.FileType() == n {
			return m.String()
		}
	}
	return fmt.Sprintf("file type %d", n)
}
