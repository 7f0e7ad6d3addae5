// Command nsl measures the detector on NSL-KDD as it was split by its authors.
//
//	go run ./benchmarks/nsl              five seeds on the official test rows
//	go run ./benchmarks/nsl -leave-out   whole attack families left out of the training rows instead
//
// Settings are compared with -leave-out, which never opens the test rows. The official test rows are for the setting
// that ships.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"path/filepath"

	"github.com/jamba-threat/jamba/benchmarks/internal/protocol"
	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
)

// folds are families left out together: of each kind of attack (denial of service, probe, remote access, privilege
// escalation) some stay and some go.
var folds = [][]string{
	{"satan", "back", "guess_passwd", "rootkit", "phf"},
	{"ipsweep", "warezclient", "teardrop", "buffer_overflow"},
	{"portsweep", "smurf", "warezmaster", "imap", "loadmodule"},
	{"nmap", "neptune", "pod", "land", "ftp_write"},
}

func main() {
	var leaveOut bool
	f := protocol.Parse(func() {
		flag.BoolVar(&leaveOut, "leave-out", false, "leave attack families out of KDDTrain+ instead of opening KDDTest+")
	})
	schema, err := threat.NamedSchema("nsl-kdd")
	protocol.Check(err)
	read := func(name string) *threat.Table {
		t, err := threat.Read(context.Background(), filepath.Join(f.Data, "nsl-kdd", name), schema)
		protocol.Check(err)
		return t
	}
	training := read("KDDTrain+.txt.gz")
	if leaveOut {
		families(f, training)
		return
	}
	test := read("KDDTest+.txt.gz")
	f.RunSeeds("NSL-KDD, KDDTest+", "nsl-kdd", training, test)
}

// families measures, for each fold, the recall on the families left out (mean over families with at least 15 rows, so
// that a large one does not decide alone) and the AUC between them and benign rows that were held out.
func families(f *protocol.Flags, all *threat.Table) {
	var auc, recall, fpr, n float64
	for k, fold := range folds {
		kept, left := protocol.Without(all, fold)
		for seed := range f.Seeds {
			held, err := kept.Split(threat.Stratified(0.9, 0.1, int64(1000+seed))) // benign rows to tell the families from
			protocol.Check(err)
			test, err := data.Concat(benign(held.Valid), left)
			protocol.Check(err)
			cfg := f.Config("nsl-kdd", int64(seed))
			split, err := held.Train.Split(threat.Stratified(0.85, 0.15, int64(seed)))
			protocol.Check(err)
			model, err := cfg.Fit(context.Background(), split.Train, split.Valid)
			protocol.Check(err)
			report, err := model.Evaluate(test)
			protocol.Check(err)
			model.Close()
			sum, count := 0.0, 0.0
			for _, fam := range report.Families {
				if fam.Rows >= 15 {
					sum, count = sum+fam.Recall, count+1
				}
			}
			auc, recall, fpr, n = auc+report.Metrics.ROCAUC, recall+sum/math.Max(1, count), fpr+report.Metrics.FPR, n+1
			if !f.Quiet {
				fmt.Printf("fold %d seed %d  auc %.4f  recall %.4f  fpr %.4f\n", k, seed, report.Metrics.ROCAUC, sum/count, report.Metrics.FPR)
			}
		}
	}
	fmt.Printf("families left out  auc %.4f  recall %.4f  fpr %.4f  (%d folds x %d seeds)  %s\n", auc/n, recall/n, fpr/n, len(folds), f.Seeds, f.Set.String())
}

func benign(t *threat.Table) *threat.Table {
	var rows []int
	for i, y := range t.Label {
		if y == 0 {
			rows = append(rows, i)
		}
	}
	out, err := t.Select(rows)
	protocol.Check(err)
	return out
}
