//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package track

import "errors"

// Without flock the lock is the file itself, see claimPath.

func flockPath(string) (*lock, error) { return nil, errors.ErrUnsupported }

func flockHeld(string) (bool, error) { return false, errors.ErrUnsupported }
