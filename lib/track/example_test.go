package track_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/track"
)

// A run is created, logs its epochs, and is finished; the same configuration and data find it again.
func Example() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	if err := train(filepath.Join(root, "demo")); err != nil {
		fmt.Println(err)
		return
	}

	run, err := track.Open(filepath.Join(root, "demo"))
	if err != nil {
		fmt.Println(err)
		return
	}
	best, _ := run.History().Best()
	done, finished, err := run.Done()
	fmt.Println("finished:", finished, err, "same fingerprint:", done.Fingerprint == run.Meta().Fingerprint)
	fmt.Println("best:", best)

	runs, err := track.Runs(root)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(track.Table(runs, track.ValidROCAUC))
	// Output:
	// finished: true <nil> same fingerprint: true
	// best: epoch 2/3  loss 0.3000  roc_auc 0.9500  best
	// run   state     epochs  best  valid/roc_auc
	// demo  finished       3     2         0.9500
}

// train stands for a training loop.
func train(dir string) error {
	config := map[string]any{"lr": 0.001, "seed": 42}
	fingerprint, err := track.Fingerprint(config, "sha256 of the data")
	if err != nil {
		return err
	}
	run, err := track.Create(dir, track.Meta{Library: "1.0.0", Fingerprint: fingerprint})
	if err != nil {
		return err
	}
	defer run.Close()
	if err := run.WriteJSON("config.json", config); err != nil {
		return err
	}
	auc := []float64{0.90, 0.95, 0.94}
	for i, v := range auc {
		event := track.Event{Epoch: i + 1, Epochs: len(auc), Best: i == 1,
			Metrics: map[string]float64{track.TrainLoss: 0.6 / float64(i+1), track.ValidROCAUC: v}}
		if err := run.Log(event); err != nil {
			return err
		}
	}
	return run.Finish()
}
