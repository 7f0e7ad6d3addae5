package plugin

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// maxLibrary bounds what one file may unpack to. The largest CPU plugin known has 260 MB.
const maxLibrary = 1 << 30

// wheelMember is the library inside the wheel of xla-cpu-pjrt, and releaseMember its base name in a go-xla release.
const wheelMember = "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"

var releaseMember = regexp.MustCompile(`^pjrt_c_api_cpu(_v[0-9.]+)?_plugin\.(so|dylib|dll)$`)

func isLibrary(member string) bool {
	return member == wheelMember || releaseMember.MatchString(path.Base(member))
}

// extract writes the plugin library that source is or holds to target: source is a wheel (or another zip), a tar.gz, or
// the library itself, told apart by content. No other member is unpacked and no path inside an archive is used, so an
// archive cannot write anywhere else. More than limit bytes are an error.
func extract(ctx context.Context, source, target string, limit int64) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	var magic [4]byte
	if _, err := io.ReadFull(file, magic[:]); err != nil {
		return fmt.Errorf("%s is neither a wheel nor a tar.gz nor a shared library: only %d bytes or unreadable", filepath.Base(source), fileSize(file))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	switch {
	case string(magic[:]) == "PK\x03\x04":
		return extractZip(ctx, file, target, limit)
	case bytes.HasPrefix(magic[:], []byte{0x1f, 0x8b}):
		return extractTar(ctx, file, target, limit)
	case checkHeader(source) == nil:
		return store(ctx, file, target, limit)
	}
	return fmt.Errorf("%s is neither a wheel nor a tar.gz nor a shared library of this machine: it begins with %q", filepath.Base(source), magic[:])
}

func fileSize(file *os.File) int64 {
	if info, err := file.Stat(); err == nil {
		return info.Size()
	}
	return 0
}

func extractZip(ctx context.Context, file *os.File, target string, limit int64) error {
	archive, err := zip.NewReader(file, fileSize(file))
	if err != nil {
		return fmt.Errorf("damaged zip: %w", err)
	}
	for _, member := range archive.File {
		if !isLibrary(member.Name) || !member.Mode().IsRegular() {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return fmt.Errorf("damaged zip: %s: %w", member.Name, err)
		}
		defer r.Close()
		return store(ctx, r, target, limit)
	}
	return fmt.Errorf("the zip has no %s: not the right package or version", wheelMember)
}

func extractTar(ctx context.Context, file *os.File, target string, limit int64) error {
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("damaged gzip: %w", err)
	}
	// Members before the wanted one are read through too, so the limit is on everything that comes out.
	all := &limitedReader{r: unzipped, left: limit + 1<<20}
	for archive := tar.NewReader(all); ; {
		member, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the tar.gz has no pjrt_c_api_cpu_plugin library: not a release of the CPU plugin")
		case err != nil:
			return fmt.Errorf("damaged tar.gz: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if member.Typeflag == tar.TypeReg && isLibrary(member.Name) {
			return store(ctx, archive, target, limit)
		}
	}
}

// store writes r to the new file target, synced to the disk.
func store(ctx context.Context, r io.Reader, target string, limit int64) error {
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = writeSynced(file, &ctxReader{ctx, &limitedReader{r: r, left: limit}})
	return err
}

// errTooLarge is returned for a download or a member beyond its limit.
var errTooLarge = errors.New("larger than a plugin can be: refused")

// limitedReader is io.LimitedReader with an error at the limit: a cut library must not look like a whole one.
type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		// Only one more byte tells "exactly the limit" from "more".
		var one [1]byte
		n, err := l.r.Read(one[:])
		if n > 0 {
			return 0, errTooLarge
		}
		return 0, err
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}
