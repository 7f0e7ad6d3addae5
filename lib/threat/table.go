package threat

import (
	"context"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/generate"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/track"
)

// Types of the vocabulary that live in the packages below; see there for their fields and methods.
type (
	Table    = data.Table      // telemetry in columns
	Schema   = data.Schema     // what the columns of a file mean
	Plan     = data.Plan       // how to split a table
	Split    = data.Split      // its parts: Train, Valid, Test
	Event    = track.Event     // one finished epoch
	History  = track.History   // all of them
	Report   = metrics.Report  // an evaluation
	Generate = generate.Config // a synthetic data set
)

// Read reads a table by the extension of the path: .csv, .txt, .tsv (also .gz, .zst), .parquet or .npz.
func Read(ctx context.Context, path string, s Schema) (*Table, error) { return data.Read(ctx, path, s) }

// ReadCSV reads a CSV file, compressed or not. It is Read without a context, for scripts.
func ReadCSV(path string, s Schema) (*Table, error) {
	return data.ReadCSV(context.Background(), path, s)
}

// Stratified splits at random with the same share of every class (and attack family) in each part; what train and
// valid leave is the test part. The same seed gives the same split.
func Stratified(train, valid float64, seed int64) Plan { return data.Stratified(train, valid, seed) }

// ByTime splits by timestamp: the oldest rows train, the newest test.
func ByTime(train, valid float64) Plan { return data.ByTime(train, valid) }

// ByGroup splits such that no group (host, session) is in two parts.
func ByGroup(train, valid float64, seed int64) Plan { return data.ByGroup(train, valid, seed) }

// NamedSchema returns a ready schema: "nsl-kdd" or "unsw-nb15".
func NamedSchema(name string) (Schema, error) { return data.NamedSchema(name) }

// DefaultGenerate is the synthetic data set of the seed document: 35,000 rows, 20 features, half of them threats, seed 42.
func DefaultGenerate() Generate { return generate.DefaultConfig() }

// GenerateTable makes a synthetic table. The same configuration gives the same rows.
func GenerateTable(cfg Generate) (*Table, error) { return generate.Table(cfg) }
