package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Remove deletes the plugin that [Install] put into the folder of [Dir], with its record, and returns the paths of the
// deleted files: none when there was nothing to delete. A plugin that somebody else put there is an error.
func Remove(ctx context.Context) ([]string, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	unlock, err := lockDir(ctx, dir, func(string) {})
	if err != nil {
		return nil, fmt.Errorf("plugin: remove: %w", err)
	}
	defer unlock()
	if err := (&installer{dir: dir}).sweep(); err != nil {
		return nil, fmt.Errorf("plugin: remove: %w", err)
	}
	path := filepath.Join(dir, libraryName())
	info, err := os.Lstat(path)
	if err == nil {
		if rec, _ := readRecord(dir, path, info); rec.Installed.IsZero() {
			return nil, fmt.Errorf("plugin: remove %s: it was not installed by jamba: delete it yourself if you want to", path)
		}
	}
	var removed []string
	for _, name := range []string{path, recordPath(dir, path)} {
		switch err := os.Remove(name); {
		case err == nil:
			removed = append(removed, name)
		case !errors.Is(err, fs.ErrNotExist):
			return removed, fmt.Errorf("plugin: remove: %w", err)
		}
	}
	return removed, nil
}
