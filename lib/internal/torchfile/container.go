package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
)

// archive is a zip file whose entries are all stored as they are: an entry is a part of raw, never a copy.
type archive struct {
	raw     []byte
	prefix  string // "archive/": torch.save puts everything into one folder
	entries map[string]*zip.File
}

// readZip reads what torch.save has written since PyTorch 1.6.
func readZip(raw []byte) (*Checkpoint, error) {
	a, err := openArchive(raw)
	if err != nil {
		return nil, err
	}
	pickle, err := a.bytes("data.pkl")
	if err != nil {
		return nil, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if _, there := a.entries[a.prefix+"byteorder"]; there {
		text, err := a.bytes("byteorder")
		switch {
		case err != nil:
			return nil, err
		case string(text) == "big":
			order = binary.BigEndian
		case string(text) != "little":
			return nil, fmt.Errorf("%w: byte order %s, want little or big", ErrFormat, shorten(string(text)))
		}
	}
	known := map[string]*storage{}
	m := newMachine(pickle, 0, func(id tuple) (any, error) {
		key, s, err := storageID(id)
		if err != nil {
			return nil, err
		}
		if before, there := known[key]; there && before.kind.name == s.kind.name && before.count == s.count {
			return before, nil
		}
		s.order = order
		if s.data, err = a.bytes("data/" + key); err != nil {
			return nil, err
		}
		if int64(len(s.data)) != s.count*int64(s.kind.size) {
			return nil, fmt.Errorf("%w: storage %s has %d bytes, its %d numbers of %s take %d",
				ErrFormat, shorten(key), len(s.data), s.count, s.kind.name, s.count*int64(s.kind.size))
		}
		known[key] = s
		return s, nil
	})
	root, err := m.run()
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	if m.at != len(pickle) {
		return nil, fmt.Errorf("data.pkl: %w: %d bytes after its end", ErrFormat, len(pickle)-m.at)
	}
	return checkpoint("zip", root, len(raw))
}

func openArchive(raw []byte) (*archive, error) {
	reader, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &archive{raw: raw, entries: map[string]*zip.File{}}
	found := 0
	for _, f := range reader.File {
		if _, twice := a.entries[f.Name]; twice {
			return nil, fmt.Errorf("%w: two entries of the archive are named %s", ErrFormat, shorten(f.Name))
		}
		a.entries[f.Name] = f
		if prefix, is := strings.CutSuffix(f.Name, "data.pkl"); is && (prefix == "" || strings.HasSuffix(prefix, "/")) {
			a.prefix = prefix
			found++
		}
	}
	if found != 1 {
		return nil, fmt.Errorf("%w: the archive has %d entries data.pkl, want 1", ErrFormat, found)
	}
	if _, script := a.entries[a.prefix+"constants.pkl"]; script {
		return nil, fmt.Errorf("%w: it is a TorchScript program: load it in Python and save model.state_dict()", ErrFormat)
	}
	return a, nil
}

// bytes returns the content of an entry. torch.save compresses nothing, and so neither may the file.
func (a *archive) bytes(name string) ([]byte, error) {
	f, there := a.entries[a.prefix+name]
	if !there {
		return nil, fmt.Errorf("%w: the archive has no entry %s", ErrFormat, shorten(a.prefix+name))
	}
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("%w: entry %s is compressed, which torch.save never does", ErrFormat, shorten(f.Name))
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%w: entry %s: %w", ErrFormat, shorten(f.Name), err)
	}
	if at < 0 || at > int64(len(a.raw)) || f.UncompressedSize64 > uint64(int64(len(a.raw))-at) {
		return nil, fmt.Errorf("%w: entry %s leaves the file", ErrFormat, shorten(f.Name))
	}
	content := a.raw[at : at+int64(f.UncompressedSize64)]
	if crc32.ChecksumIEEE(content) != f.CRC32 {
		return nil, fmt.Errorf("%w: entry %s is damaged: its checksum differs", ErrFormat, shorten(f.Name))
	}
	return content, nil
}

// The stream of PyTorch before 1.6 begins with this number and this version.
const (
	legacyMagic   = "1950a86a20f9469cfc6c"
	legacyVersion = 1001
)

// readLegacy reads the stream: pickles of the magic number, the version, facts about the machine that wrote it, the value
// itself and the keys of its storages, then for each key the count of numbers and the numbers, always little-endian.
func readLegacy(raw []byte) (*Checkpoint, error) {
	stream := &stream{raw: raw, storages: map[string]*storage{}}
	magic, err := stream.pickle()
	if err != nil {
		return nil, err
	}
	want, _ := new(big.Int).SetString(legacyMagic, 16)
	if got, ok := magic.(*big.Int); !ok || got.Cmp(want) != 0 {
		return nil, fmt.Errorf("%w: it is a pickle, but not one of torch.save: its magic number is missing", ErrFormat)
	}
	version, err := stream.pickle()
	if err != nil {
		return nil, err
	}
	if version != int64(legacyVersion) {
		return nil, fmt.Errorf("%w: stream version %v, want %d", ErrFormat, version, legacyVersion)
	}
	if _, err := stream.pickle(); err != nil { // sizes of C types there: nothing depends on them
		return nil, err
	}
	root, err := stream.pickle()
	if err != nil {
		return nil, err
	}
	keys, err := stream.pickle()
	if err != nil {
		return nil, err
	}
	if err := stream.fill(keys); err != nil {
		return nil, err
	}
	return checkpoint("legacy", root, len(raw))
}

// stream is the reading position in a legacy file.
type stream struct {
	raw      []byte
	at       int
	storages map[string]*storage
}

func (s *stream) pickle() (any, error) {
	m := newMachine(s.raw, s.at, s.storage)
	v, err := m.run()
	s.at = m.at
	return v, err
}

// storage promises a storage, whose numbers follow behind the pickles.
func (s *stream) storage(id tuple) (any, error) {
	key, found, err := storageID(id)
	if err != nil {
		return nil, err
	}
	if before, there := s.storages[key]; there {
		if before.kind.name != found.kind.name || before.count != found.count {
			return nil, fmt.Errorf("%w: storage %s is described in two ways", ErrFormat, shorten(key))
		}
		return before, nil
	}
	s.storages[key] = found
	return found, nil
}

// fill gives the promised storages their numbers.
func (s *stream) fill(keys any) error {
	l, ok := keys.(*list)
	if !ok || len(l.items) != len(s.storages) {
		return fmt.Errorf("%w: it announces other storages than the %d of its tensors", ErrFormat, len(s.storages))
	}
	for _, item := range l.items {
		key, _ := item.(string)
		found, there := s.storages[key]
		if !there || found.data != nil {
			return fmt.Errorf("%w: storage %s is unknown or announced twice", ErrFormat, shorten(key))
		}
		rest := s.raw[s.at:]
		if len(rest) < 8 || int64(binary.LittleEndian.Uint64(rest)) != found.count || int64(len(rest)-8) < found.count*int64(found.kind.size) {
			return fmt.Errorf("%w: storage %s: its %d numbers of %s are not where they should be",
				ErrFormat, shorten(key), found.count, found.kind.name)
		}
		size := int(found.count) * found.kind.size
		found.data = rest[8 : 8+size : 8+size]
		s.at += 8 + size
	}
	if s.at != len(s.raw) {
		return fmt.Errorf("%w: %d bytes after its end", ErrFormat, len(s.raw)-s.at)
	}
	return nil
}
