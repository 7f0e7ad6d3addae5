package torchfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/internal/torchfile"
)

// A small assembler of pickles. Every function returns the bytes that push one value.

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func integer(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func tuple(items ...string) string { return "(" + strings.Join(items, "") + "t" }

func list(items ...string) string { return "](" + strings.Join(items, "") + "e" }

func dict(pairs ...string) string { return "}(" + strings.Join(pairs, "") + "u" }

func global(module, name string) string { return "c" + module + "\n" + name + "\n" }

func call(function string, args ...string) string { return function + tuple(args...) + "R" }

func storage(key string, count int64) string {
	return tuple(text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(count)) + "Q"
}

func tensor(storage string, offset int64, shape, stride string) string {
	return call(global("torch._utils", "_rebuild_tensor_v2"), storage, integer(offset), shape, stride, "\x89",
		call(global("collections", "OrderedDict")))
}

// vector is a tensor of n numbers in a storage of its own.
func vector(key string, n int64) string {
	return tensor(storage(key, n), 0, tuple(integer(n)), tuple(integer(1)))
}

func program(body string) []byte { return []byte("\x80\x02" + body + ".") }

// archive is a file as torch.save writes it: one pickle and storages of four-byte numbers.
func archive(t testing.TB, pickle []byte, storages map[string][]byte) []byte {
	t.Helper()
	files := map[string][]byte{"data.pkl": pickle, "byteorder": []byte("little"), "version": []byte("3\n")}
	for key, data := range storages {
		files["data/"+key] = data
	}
	return stored(t, "archive/", files)
}

func stored(t testing.TB, prefix string, files map[string][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range []string{"data.pkl", "byteorder", "version", "constants.pkl", "data/0", "data/1"} {
		if data, there := files[name]; there {
			entry, err := w.CreateRaw(&zip.FileHeader{Name: prefix + name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
				CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := entry.Write(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func floats(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// TestAssembler makes sure that what the tables below distort is valid as it stands.
func TestAssembler(t *testing.T) {
	c, err := read(archive(t, program(dict(text("w"), vector("0", 2))), map[string][]byte{"0": floats(1, 2)}))
	if err != nil || len(c.Tensors) != 1 || c.Tensors[0].Data[1] != 2 {
		t.Fatalf("read %+v: %v", c, err)
	}
}

// TestOlderForms are what PyTorch and NumPy wrote in the past, and may still be read.
func TestOlderForms(t *testing.T) {
	version1 := call(global("torch._utils", "_rebuild_tensor"), storage("0", 2), integer(0), tuple(integer(2)), tuple(integer(1)))
	bigEndian := call(global("numpy", "dtype"), text("i4"), "\x89", "\x88") + tuple(integer(3), text(">"), "N", "N", "N", integer(-1)) + "b"
	number := call(global("numpy.core.multiarray", "scalar"), bigEndian, "C\x04\xff\xff\xff\xfe")
	body := call(global("collections", "OrderedDict"), list(list(text("w"), version1), tuple(text("n"), number))) +
		dict(text("_metadata"), "N") + "b"
	c, err := read(archive(t, program(body), map[string][]byte{"0": floats(1, 2)}))
	if err != nil || len(c.Tensors) != 1 || c.Tensors[0].Data[1] != 2 || c.Meta["n"] != int64(-2) {
		t.Errorf("read %+v: %v", c, err)
	}
	set := dict(text("w"), vector("0", 2), text("s"), "\x8f(K\x01K\x02\x90", text("o"), global("collections", "OrderedDict")+")}\x92", text("one"), "]Na", text("key"), "}K\x01Ns")
	c, err = read(archive(t, program(set), map[string][]byte{"0": floats(1, 2)}))
	if err != nil || fmt.Sprint(c.Meta) != "map[key:map[1:<nil>] o:map[] one:[<nil>] s:[1 2]]" {
		t.Errorf("read %+v: %v", c, err)
	}
}

// TestRefused: whatever a pickle asks for beyond the list is named in the error, at whatever place it stands.
func TestRefused(t *testing.T) {
	owned := filepath.Join(t.TempDir(), "owned")
	system := call(global("os", "system"), text("touch "+owned))
	good := vector("0", 2)
	cases := map[string]struct{ body, want string }{
		"os.system":                  {system, "os.system"},
		"posix.system":               {call(global("posix", "system"), text("id")), "posix.system"},
		"builtins.eval":              {call(global("builtins", "eval"), text("1")), "builtins.eval"},
		"__builtin__.getattr":        {call(global("__builtin__", "getattr"), text("a"), text("b")), "__builtin__.getattr"},
		"nested in the state":        {dict(text("w"), good, text("x"), dict(text("y"), list(system))), "os.system"},
		"named, never called":        {dict(text("w"), good, text("f"), global("subprocess", "Popen")), "subprocess.Popen"},
		"named and thrown away":      {global("os", "system") + "0" + dict(text("w"), good), "os.system"},
		"as an argument of a tensor": {call(global("torch._utils", "_rebuild_tensor_v2"), system), "os.system"},
		"as attributes":              {dict(text("w"), good) + system + "b", "os.system"},
		"in a persistent id":         {tuple(text("storage"), global("os", "environ"), text("0"), text("cpu"), integer(1)) + "Q", "os.environ"},
		"by STACK_GLOBAL":            {text("os") + text("system") + "\x93" + text("id") + "\x85R", "os.system"},
		"a dotted name":              {text("torch") + text("os.system") + "\x93", "torch.os.system"},
		"by NEWOBJ":                  {global("collections", "deque") + ")\x81", "collections.deque"},
		"a whole module":             {global("jamba.jamba_model", "JambaThreatModel") + ")\x81}b", "jamba.jamba_model.JambaThreatModel"},
		"torch.load":                 {call(global("torch", "load"), text("/etc/passwd")), "torch.load"},
		"unprintable":                {global("os\x1b[2J", "system"), `"os\x1b[2J.system"`},
		"INST":                       {"(" + text("id") + "ios\nsystem\n", "operation 0x69"},
		"OBJ":                        {"(" + text("id") + "o", "operation 0x6f"},
		"EXT1":                       {"\x82\x01", "operation 0x82"},
		"text protocol PERSID":       {"P0\n", "operation 0x50"},
		"NEXT_BUFFER":                {"\x97", "operation 0x97"},
	}
	for name, test := range cases {
		pickle := program(test.body)
		zipped := archive(t, pickle, map[string][]byte{"0": floats(1, 2)})
		for container, raw := range map[string][]byte{"zip": zipped, "bare pickle": pickle, "legacy": legacy(test.body)} {
			_, err := read(raw)
			if !errors.Is(err, torchfile.ErrRefused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s in %s: error %v, want ErrRefused with %q", name, container, err, test.want)
			}
		}
	}
	if _, err := os.Stat(owned); err == nil {
		t.Error("the command was executed")
	}
}

// legacy is the stream of old versions with this value and no storages.
func legacy(body string) []byte {
	return bytes.Join([][]byte{program("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"), program("M\xe9\x03"), program("}"),
		program(body), program("]")}, nil)
}

// TestBadPickles: every one of these is damage, not an attack on the list of names.
func TestBadPickles(t *testing.T) {
	rebuild := global("torch._utils", "_rebuild_tensor_v2")
	shaped := func(count, offset int64, shape, stride string) string {
		return dict(text("w"), tensor(storage("0", count), offset, shape, stride))
	}
	numpyType := call(global("numpy", "dtype"), text("f8"), "\x89", "\x88")
	scalar := func(typ, bytes string) string {
		return dict(text("w"), vector("0", 2), text("m"), call(global("numpy.core.multiarray", "scalar"), typ, bytes))
	}
	cases := map[string]struct{ body, want string }{
		"nothing on the stack":       {"", "stack is empty"},
		"values left over":           {"NN", "left over"},
		"mark left over":             {"(N", "left over"},
		"append to nothing":          {"Na", "stack is empty"},
		"append to None":             {"NNa", "appends to None"},
		"below a mark":               {"](a", "stack is empty"},
		"no mark":                    {"Nt", "no mark"},
		"tuple from below a mark":    {"NN(\x86t", "stack is empty"},
		"odd items":                  {"}(NNNu", "3 keys and values"},
		"items into a list":          {"](NNu", "into list"},
		"tuple too short":            {"N\x86", "stack is empty"},
		"key of a list":              {"}]Ns", "key of type list"},
		"memory never stored":        {"h\x07", "never stored"},
		"long memory never stored":   {"j\xff\xff\xff\xff", "never stored"},
		"text of 4 GB":               {"X\xff\xff\xff\xff", "asks for 4294967295 bytes"},
		"bytes of 2^63":              {"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", "asks for 9223372036854775807 bytes"},
		"text of 2^64-1":             {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "asks for 18446744073709551615 bytes"},
		"integer of 2 GB":            {"\x8b\xff\xff\xff\x7f", "asks for 2147483647 bytes"},
		"integer of 65 bytes":        {"\x8a\x41" + strings.Repeat("\x01", 65), "integer of 65 bytes"},
		"not UTF-8":                  {"X\x01\x00\x00\x00\xff", "not UTF-8"},
		"name without end":           {"ctorch", "no end"},
		"protocol 5":                 {"\x80\x05N", "protocol 5"},
		"protocol 0":                 {"\x80\x00N", "protocol 0"},
		"call of a number":           {"K\x01)R", "calls int"},
		"call with a list":           {global("collections", "OrderedDict") + "]R", "with list"},
		"keyword arguments":          {global("collections", "OrderedDict") + ")" + dict(text("a"), "N") + "\x92", "keyword"},
		"attributes of a number":     {"K\x01}b", "attributes of int"},
		"persistent id of text":      {text("x") + "Q", "persistent id is str"},
		"persistent id too short":    {tuple(text("storage")) + "Q", "persistent id"},
		"persistent id of a module":  {tuple(text("module"), "N", "N", "N", "N") + "Q", "persistent id"},
		"negative storage":           {storage("0", -1), "storage 0 of -1 numbers"},
		"storage of 2^62":            {storage("0", 1<<62), "of 4611686018427387904 numbers"},
		"storage that is not there":  {storage("7", 2), "no entry archive/data/7"},
		"storage of another size":    {storage("0", 3), "8 bytes, its 3 numbers of float32 take 12"},
		"storage outside the folder": {storage("../data.pkl", 3), "no entry"},
		"tensor without arguments":   {rebuild + ")R", "_rebuild_tensor_v2"},
		"tensor of a number":         {call(rebuild, integer(1), integer(0), ")", ")"), "_rebuild_tensor_v2"},
		"offset":                     {shaped(2, 2, tuple(integer(1)), tuple(integer(1))), "leaves its storage"},
		"negative offset":            {shaped(2, -1, tuple(integer(1)), tuple(integer(1))), "leaves its storage"},
		"huge offset":                {shaped(2, math.MaxInt64, tuple(integer(1)), tuple(integer(1))), "leaves its storage"},
		"too long":                   {shaped(2, 0, tuple(integer(3)), tuple(integer(1))), "leaves its storage"},
		"stride":                     {shaped(2, 0, tuple(integer(2)), tuple(integer(2))), "leaves its storage"},
		"product wraps":              {shaped(2, 0, tuple(integer(1<<31-1), integer(1<<31-1)), tuple(integer(1<<31-1), integer(1<<31-1))), "leaves its storage"},
		"negative length":            {shaped(2, 0, tuple(integer(-1)), tuple(integer(1))), "_rebuild_tensor_v2"},
		"negative stride":            {shaped(2, 1, tuple(integer(2)), tuple(integer(-1))), "_rebuild_tensor_v2"},
		"length of 2^40":             {shaped(2, 0, tuple(integer(1<<40)), tuple(integer(0))), "_rebuild_tensor_v2"},
		"repeated a billion times":   {shaped(2, 0, tuple(integer(1<<15), integer(1<<15)), tuple(integer(0), integer(0))), "repeats the numbers"},
		"repeated beyond 2^64":       {shaped(2, 0, tuple(integer(1<<30), integer(1<<30), integer(1<<30)), tuple(integer(0), integer(0), integer(0))), "repeats the numbers"},
		"ranks differ":               {shaped(2, 0, tuple(integer(2)), ")"), "_rebuild_tensor_v2"},
		"nine axes":                  {shaped(2, 0, tuple(repeat(integer(1), 9)...), tuple(repeat(integer(1), 9)...)), "_rebuild_tensor_v2"},
		"parameter of nothing":       {call(global("torch._utils", "_rebuild_parameter"), "N", "\x88", "N"), "_rebuild_parameter"},
		"pairs of three":             {call(global("collections", "OrderedDict"), list(tuple("N", "N", "N"))), "OrderedDict"},
		"NumPy object":               {call(global("numpy", "dtype"), text("O8")), "NumPy value of type O8"},
		"NumPy order":                {scalar(numpyType+tuple(integer(3), text("?"))+"b", "C\x08abcdefgh"), "__setstate__"},
		"NumPy state":                {scalar(numpyType+"]b", "C\x08abcdefgh"), "__setstate__"},
		"NumPy scalar too short":     {scalar(numpyType, "C\x07abcdefg"), "numpy scalar"},
		"text as UTF-16":             {call(global("_codecs", "encode"), text("a"), text("utf-16")), "_codecs.encode"},
		"long text as bytes":         {call(global("_codecs", "encode"), text(strings.Repeat("a", 65)), text("latin1")), "_codecs.encode"},
		"device":                     {call(global("torch", "device"), "N"), "torch.device"},
		"a list":                     {list(vector("0", 2)), "it holds a list"},
		"no tensors":                 {dict(text("model"), dict(text("epoch"), "N")), "has the keys [model]"},
		"two states":                 {dict(text("model"), dict(text("w"), vector("0", 2)), text("state_dict"), dict(text("w"), vector("0", 2))), "more than one state: model, state_dict"},
	}
	for name, test := range cases {
		_, err := read(archive(t, program(test.body), map[string][]byte{"0": floats(1, 2)}))
		if !errors.Is(err, torchfile.ErrFormat) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want ErrFormat with %q", name, err, test.want)
		}
	}
}

func repeat(s string, n int) []string {
	var list []string
	for range n {
		list = append(list, s)
	}
	return list
}

// TestBadArchives distorts the container around a valid pickle.
func TestBadArchives(t *testing.T) {
	pickle := program(dict(text("w"), vector("0", 2)))
	files := func(more ...string) map[string][]byte {
		m := map[string][]byte{"data.pkl": pickle, "data/0": floats(1, 2)}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = []byte(more[i+1])
		}
		return m
	}
	good := stored(t, "archive/", files())
	if _, err := read(good); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(good)
	damaged[bytes.Index(damaged, floats(1, 2))] ^= 1
	cases := map[string]struct {
		raw  []byte
		want string
	}{
		"empty":        {nil, "first bytes"},
		"text":         {[]byte("hello, world, this is no checkpoint"), "first bytes"},
		"tar":          {append(bytes.Repeat([]byte("x"), 257), "ustar\x0000"...), "tar archive of PyTorch"},
		"no pickle":    {stored(t, "a/", map[string][]byte{"version": []byte("3")}), "0 entries data.pkl"},
		"TorchScript":  {stored(t, "a/", files("constants.pkl", "x")), "TorchScript"},
		"byte order":   {stored(t, "a/", files("byteorder", "middle")), "byte order middle"},
		"two storages": {doubled(t, pickle), "two entries of the archive"},
		"compressed":   {compressed(t, pickle), "entry a/data/0 is compressed"},
		"checksum":     {damaged, "entry archive/data/0 is damaged"},
		"after STOP":   {stored(t, "a/", files("data.pkl", string(pickle)+"N.")), "2 bytes after its end"},
		"other pickle": {program(dict()), "magic number"},
		"legacy without storages": {legacy(dict(text("w"), vector("0", 2))),
			"other storages than the 1"},
		"legacy version": {append(program("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"), program("K\x07")...), "stream version 7"},
		"legacy storage twice": {bytes.Replace(legacy(list(storage("0", 1), storage("1", 1))), []byte("\x80\x02]."),
			program(list(text("0"), text("0"))), 1), "numbers of float32 are not where they should be"},
		"legacy storage in two ways": {legacy(list(storage("0", 1), storage("0", 2))), "described in two ways"},
		"legacy view": {legacy(tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), integer(1), tuple("N")) + "Q"),
			"view of another"},
		"safetensors header": {append(binary.LittleEndian.AppendUint64(nil, 2), "{]"...), "safetensors"},
		"safetensors empty":  {append(binary.LittleEndian.AppendUint64(nil, 2), "{}"...), "no tensors"},
	}
	for name, test := range cases {
		_, err := read(test.raw)
		if !errors.Is(err, torchfile.ErrFormat) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want ErrFormat with %q", name, err, test.want)
		}
	}
	big := stored(t, "a/", map[string][]byte{"data.pkl": pickle, "byteorder": []byte("big"), "data/0": {0x3f, 0x80, 0, 0, 0x40, 0, 0, 0}})
	if c, err := read(big); err != nil || c.Tensors[0].Data[0] != 1 || c.Tensors[0].Data[1] != 2 {
		t.Errorf("big-endian numbers: %+v, %v", c, err)
	}
}

func doubled(t testing.TB, pickle []byte) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range []string{"a/data.pkl", "a/data/0", "a/data/0"} {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		data := pickle
		if strings.HasSuffix(name, "0") {
			data = floats(1, 2)
		}
		if _, err := entry.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// compressed holds a storage of 100 MB in 100 KB, as a zip bomb would.
func compressed(t testing.TB, pickle []byte) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	entry, err := w.CreateHeader(&zip.FileHeader{Name: "a/data.pkl", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(pickle); err != nil {
		t.Fatal(err)
	}
	if entry, err = w.CreateHeader(&zip.FileHeader{Name: "a/data/0", Method: zip.Deflate}); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 16 {
		if _, err := entry.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestBoundedMemory: files that grow when they are read. None may take more than a fixed multiple of its size.
func TestBoundedMemory(t *testing.T) {
	w := dict(text("w"), vector("0", 2))
	nesting := dict(text("w"), vector("0", 2), text("deep"), strings.Repeat("](", 100_000)+strings.Repeat("e", 100_000))
	itself := dict(text("w"), vector("0", 2), text("loop"), "]q\x01(h\x01e")
	laughs := "](NNNNNNNNNNe" // every level holds the one before ten times
	for level := range 20 {
		laughs += fmt.Sprintf("q%c0](%se", level, strings.Repeat(fmt.Sprintf("h%c", level), 10))
	}
	long := list(repeat("N", 10_000)...) + "q\x01" // remembered, and then copied a thousand times
	copies := long + strings.Repeat("0"+global("builtins", "set")+"h\x01\x85R", 1000) + "0" + w
	encoded := text(strings.Repeat("a", 1<<20)) + "q\x01" + strings.Repeat("0"+call(global("_codecs", "encode"), "h\x01", text("latin1")), 1000) + "0" + w
	var views []string // of 25,000 numbers each
	for i := range 2000 {
		views = append(views, text(fmt.Sprint(i)), tensor(storage("1", 25_000), 0, tuple(integer(25_000)), tuple(integer(1))))
	}
	cases := map[string]struct {
		body string
		want string // the error; "" where the file is valid, if odd
	}{
		"nesting":                    {nesting, ""},
		"self-reference":             {itself, ""},
		"billion laughs":             {dict(text("w"), vector("0", 2), text("joke"), laughs), ""},
		"copies":                     {copies, "over and over"},
		"encodings":                  {encoded, "_codecs.encode is called"},
		"empty dicts":                {strings.Repeat("}", 3<<20), "more than 2097152 operations"},
		"one storage shared by many": {dict(views...), "repeat"},
	}
	for name, test := range cases {
		raw := archive(t, program(test.body), map[string][]byte{"0": floats(1, 2), "1": make([]byte, 100_000)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, err := read(raw)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(200*len(raw))+1<<24 {
			t.Errorf("%s: a file of %d bytes takes %d bytes to read", name, len(raw), spent)
		}
		if test.want == "" && (err != nil || len(c.Tensors) != 1 || len(c.Omitted) != 1) {
			t.Errorf("%s: read %+v, error %v, want one tensor and one omitted value", name, c, err)
		}
		if test.want != "" && (!errors.Is(err, torchfile.ErrFormat) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: error %v, want ErrFormat with %q", name, err, test.want)
		}
	}
}

// FuzzRead: no bytes crash the reader, and what it returns holds together.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"zip.pt", "zip4.pt", "legacy.pt"} {
		f.Add(load(f, filepath.Join("testdata", name)))
	}
	for _, body := range []string{
		dict(text("w"), vector("0", 2)),
		call(global("os", "system"), text("id")),
		dict(text("model_state"), dict(text("module.w"), vector("0", 2)), text("epoch"), "K\x03"),
		"]q\x01(h\x01e",
	} {
		f.Add(archive(f, program(body), map[string][]byte{"0": floats(1, 2)}))
		f.Add(legacy(body))
		f.Add(program(body))
	}
	header := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	f.Add(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+"\x00\x00\x80\x3f"...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		check := func(raw []byte) {
			c, err := read(raw)
			if err != nil {
				if !errors.Is(err, torchfile.ErrFormat) && !errors.Is(err, torchfile.ErrRefused) {
					t.Errorf("error of neither kind: %v", err)
				}
				return
			}
			for _, tensor := range c.Tensors {
				n := 1
				for _, d := range tensor.Shape {
					n *= d
				}
				if n != len(tensor.Data) {
					t.Errorf("tensor %q of shape %v has %d numbers", tensor.Name, tensor.Shape, len(tensor.Data))
				}
			}
		}
		check(raw)
		// The checksums of an archive keep most changes out: run the same bytes as the pickle of an intact one.
		check(archive(t, raw, map[string][]byte{"0": floats(1, 2)}))
	})
}
