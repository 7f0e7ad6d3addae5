//go:build !unix

package cli_test

const limitEnv = ""

func limitFiles() {}
