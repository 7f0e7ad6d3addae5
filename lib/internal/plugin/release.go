package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// release names the archive of one go-xla release.
type release struct {
	metadata string // URL of the JSON that lists the assets
	asset    string // file name of the asset
}

// releaseOf returns the release that go-xla v0.4.1 installs by itself (its installer/cpu.go and internal/utils).
func releaseOf(goos, goarch string) release {
	ext := ".tar.gz"
	if goos == "windows" {
		ext = ".zip"
	}
	return release{
		metadata: "https://api.github.com/repos/gomlx/pjrt-cpu-binaries/releases/tags/v0.114.0",
		asset:    "pjrt_cpu_" + goos + "_" + goarch + ext,
	}
}

const (
	maxMetadata = 4 << 20
	maxDownload = 512 << 20
	// stallLimit ends a download that no longer delivers. The limit on the whole attempt would too, but much later.
	stallLimit = 30 * time.Second
)

// asset is one file of a release. Size and Digest are checked where the release publishes them.
type asset struct {
	Name   string `json:"name"`
	URL    string `json:"browser_download_url"`
	Size   int64  `json:"size"`
	Digest string `json:"digest"` // "sha256:<hex>"
}

// fetchRelease downloads the archive of the release into dir and returns its path and the SHA-256 that the release
// itself states ("" when it states none).
func (in *installer) fetchRelease(ctx context.Context, dir string) (path, digest string, err error) {
	found, err := in.findAsset(ctx)
	if err != nil {
		return "", "", err
	}
	digest, _ = strings.CutPrefix(found.Digest, "sha256:")
	in.log("downloading " + found.URL)
	if digest == "" && in.opts.SHA256 == "" {
		in.log("the release states no SHA-256 for this file: it is trusted because the connection is")
	}
	path = filepath.Join(dir, filepath.Base(in.release.asset))
	if err := in.download(ctx, found, path); err != nil {
		return "", "", err
	}
	return path, digest, nil
}

// findAsset asks the release for the archive of this machine.
func (in *installer) findAsset(ctx context.Context) (asset, error) {
	body, _, err := in.get(ctx, in.release.metadata)
	if err != nil {
		return asset{}, err
	}
	defer body.Close()
	var listing struct {
		Assets []asset `json:"assets"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxMetadata)).Decode(&listing); err != nil {
		return asset{}, fmt.Errorf("%s: not the JSON of a release: %w", in.release.metadata, err)
	}
	for _, a := range listing.Assets {
		if a.Name == in.release.asset {
			return a, nil
		}
	}
	return asset{}, fmt.Errorf("%s: the release has no %s", in.release.metadata, in.release.asset)
}

// download writes an asset to the file path.
func (in *installer) download(ctx context.Context, a asset, path string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, size, err := in.get(ctx, a.URL)
	if err != nil {
		return err
	}
	defer body.Close()
	if a.Size > 0 && size > 0 && a.Size != size {
		return fmt.Errorf("%s: the server offers %d bytes, the release says %d", a.URL, size, a.Size)
	}
	if max(size, a.Size) > maxDownload {
		return fmt.Errorf("%s: %d bytes: %w", a.URL, max(size, a.Size), errTooLarge)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	stall := time.AfterFunc(in.stall, func() {
		cancel(fmt.Errorf("no data for %v", in.stall))
	})
	defer stall.Stop()
	total := max(size, a.Size)
	counted := &countingReader{r: &limitedReader{r: body, left: maxDownload}, each: func(done int64) {
		stall.Reset(in.stall)
		in.progress(done, total)
	}}
	n, err := writeSynced(file, counted)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("%s: after %d of %d bytes: %w", a.URL, n, total, err)
	}
	if total > 0 && n != total {
		return fmt.Errorf("%s: truncated: %d of %d bytes", a.URL, n, total)
	}
	return nil
}

// get requests a URL and returns the body and its length (-1 when the server does not say).
func (in *installer) get(ctx context.Context, address string) (io.ReadCloser, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	if in.httpsOnly && request.URL.Scheme != "https" {
		return nil, 0, fmt.Errorf("%s: only https is trusted", address)
	}
	request.Header.Set("User-Agent", "jamba")
	response, err := in.client.Do(request)
	if err != nil {
		return nil, 0, unwrapURL(err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, 0, fmt.Errorf("%s: the server answered %s", address, response.Status)
	}
	return response.Body, response.ContentLength, nil
}

// unwrapURL shortens net/http's `Get "url": ...` to the form of our other errors.
func unwrapURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return fmt.Errorf("%s: %w", wrapped.URL, wrapped.Err)
	}
	return err
}

// newClient returns an HTTP client that gives up on each silent step of a connection within seconds: on a closed network
// the user should be waiting for the next source, not for this one.
func newClient(httpsOnly bool) *http.Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 20 * time.Second,
		DisableKeepAlives:     true, // two requests in the life of the client
	}
	return &http.Client{Transport: transport, CheckRedirect: func(request *http.Request, via []*http.Request) error {
		if httpsOnly && request.URL.Scheme != "https" {
			return errors.New("redirected away from https")
		}
		if len(via) >= 5 {
			return errors.New("more than five redirects")
		}
		return nil
	}}
}

// countingReader reports how many bytes went through it.
type countingReader struct {
	r    io.Reader
	n    int64
	each func(done int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.n += int64(n)
		c.each(c.n)
	}
	return n, err
}
