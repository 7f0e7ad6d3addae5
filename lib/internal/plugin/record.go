package plugin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// record holds what is expensive to learn about a plugin file. It counts only while the file has this size and time.
type record struct {
	Path      string    `json:"path"`
	Size      int64     `json:"size"`
	ModTime   time.Time `json:"mod_time"`
	SHA256    string    `json:"sha256"`
	Origin    string    `json:"origin,omitempty"`
	Installed time.Time `json:"installed,omitzero"`
	Probed    time.Time `json:"probed,omitzero"`
}

// recordPath returns where the record of the plugin at path lies: beside it in our own folder, else in a subfolder of
// ours, because the folder of a system plugin is not ours to write to.
func recordPath(dir, path string) string {
	if filepath.Dir(path) == dir {
		return path + ".json"
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(dir, "verified", hex.EncodeToString(sum[:8])+".json")
}

// readRecord returns the record of the plugin at path and whether it still describes the file info.
func readRecord(dir, path string, info fs.FileInfo) (rec record, valid bool) {
	text, err := os.ReadFile(recordPath(dir, path))
	if err != nil || json.Unmarshal(text, &rec) != nil {
		return record{}, false
	}
	return rec, rec.Path == path && rec.Size == info.Size() && rec.ModTime.Equal(info.ModTime())
}

// writeRecord replaces the record of rec.Path in one step.
func writeRecord(dir string, rec record) error {
	text, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return err
	}
	path := recordPath(dir, rec.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".record-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails after the rename, as it should
	if _, err := writeSynced(file, bytes.NewReader(append(text, '\n'))); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// writeSynced copies r to file, makes it readable for everyone, and returns only after the bytes are on the disk.
func writeSynced(file *os.File, r io.Reader) (n int64, err error) {
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	if n, err = io.Copy(file, r); err != nil {
		return n, err
	}
	if err = file.Chmod(0o644); err != nil {
		return n, err
	}
	return n, file.Sync()
}

// Verify tries the plugin at path in a child process (see [Probe]), computes its SHA-256 and remembers both, so that the
// next [Find] reports it as verified until the file changes. It returns the file's new status.
func Verify(ctx context.Context, argv []string, path string) (Status, error) {
	dir, err := Dir()
	if err != nil {
		return Status{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return Status{}, fmt.Errorf("plugin: verify: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Status{}, fmt.Errorf("plugin: verify: %w", err)
	}
	if err := Probe(ctx, argv, path); err != nil {
		return inspect(dir, path, FromFile), err
	}
	sum, err := hashFile(ctx, path)
	if err != nil {
		return Status{}, fmt.Errorf("plugin: verify: %w", err)
	}
	rec, _ := readRecord(dir, path, info) // keep what is known about the installation
	rec.Path, rec.Size, rec.ModTime, rec.SHA256, rec.Probed = path, info.Size(), info.ModTime(), sum, time.Now().UTC()
	if err := writeRecord(dir, rec); err != nil {
		return Status{}, fmt.Errorf("plugin: verify %s: %w: it works, but that cannot be remembered; set %s to a folder that you can write to", path, err, CacheEnv)
	}
	for _, s := range Find(ctx) {
		if s.Path == path {
			return s, nil
		}
	}
	return inspect(dir, path, FromFile), nil
}

// hashFile returns the SHA-256 of a file as lower-case hex.
func hashFile(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &ctxReader{ctx, file}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ctxReader ends a long copy when its context does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
