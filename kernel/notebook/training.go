package notebook

import (
	"crypto/rand"
	"fmt"
	"html"
	"strings"
	"sync"
	"time"

	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/track"
)

// Training is a plot of a training that grows with every epoch.
type Training struct {
	screen *Screen
	title  string
	id     string

	mu      sync.Mutex
	history track.History
	step    string
	share   float64 // of the whole training that is done, 0..1
	shown   bool
	next    time.Time   // not drawn again before
	timer   *time.Timer // draws what came in between
	figure  Bundle
}

// TrainingPlot shows a plot that a training fills: hang its OnEpoch into Config.Train.OnEpoch. On a screen that cannot
// update, the epochs are shown as lines and the plot when the training is over.
func TrainingPlot(title string) *Training { return current().TrainingPlot(title) }

// TrainingPlot is the function of that name for this screen.
func (s *Screen) TrainingPlot(title string) *Training {
	t := &Training{screen: s, title: title, id: "training-" + rand.Text()}
	if s.Updates {
		t.draw()
	}
	return t
}

// OnEpoch adds an epoch. It returns nil always: a plot is no reason to stop a training.
func (t *Training) OnEpoch(e track.Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.history); n > 0 && t.history[n-1].Epoch >= e.Epoch { // a new training into the same plot
		t.history = nil
	}
	t.history = append(t.history, e)
	t.step, t.figure = "", nil
	if e.Epochs > 0 {
		t.share = float64(e.Epoch) / float64(e.Epochs)
	}
	if !t.screen.Updates {
		t.screen.Display(Bundle{Plain: e.String()}, "", false)
		if e.Epochs > 0 && e.Epoch == e.Epochs {
			t.screen.Show(t.history)
		}
		return nil
	}
	t.refresh()
	return nil
}

// OnStep shows how far an epoch is: call it from Config.Train.OnStep with the fields of the event.
func (t *Training) OnStep(epoch, epochs, step, steps int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.screen.Updates || epochs <= 0 || steps <= 0 {
		return
	}
	t.step = fmt.Sprintf("epoch %d/%d, step %d/%d", epoch, epochs, step, steps)
	t.share = (float64(epoch-1) + float64(step)/float64(steps)) / float64(epochs)
	t.refresh()
}

// Done draws the last state at once. A training that ends early need not call it: the plot follows by itself, unless the
// program ends first.
func (t *Training) Done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	t.step, t.share = "", 1
	switch {
	case t.screen.Updates:
		t.draw()
	case len(t.history) > 0:
		t.screen.Show(t.history)
	}
}

// refresh draws, but leaves most of the time to the training: after a drawing it rests ten times as long as that took.
func (t *Training) refresh() {
	now := time.Now()
	switch {
	case t.timer != nil:
	case now.Before(t.next):
		t.timer = time.AfterFunc(t.next.Sub(now), func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.timer != nil {
				t.timer = nil
				t.draw()
			}
		})
	default:
		t.draw()
	}
}

func (t *Training) draw() {
	start := time.Now()
	t.screen.Display(t.bundle(), t.id, t.shown)
	t.shown = true
	t.next = start.Add(max(200*time.Millisecond, 10*time.Since(start)))
}

// bundle is the plot as it stands: a bar above the learning curves.
func (t *Training) bundle() Bundle {
	text := t.title
	if n := len(t.history); n > 0 {
		text = strings.TrimSpace(t.title + "  " + t.history[n-1].String())
	}
	head := t.step
	if head == "" {
		head = text
	} else if t.title != "" {
		head = t.title + "  " + head
	}
	b := Bundle{Plain: text, HTML: barHTML(t.share, head)}
	if t.figure == nil && len(t.history) > 0 {
		t.figure = Bundle{}
		if fig, err := plot.LearningCurves(t.history); err == nil {
			if out, err := fig.PNG(); err == nil {
				t.figure[HTML] = imageHTML(out, fig.String())
			}
		}
	}
	if img, ok := t.figure[HTML].(string); ok {
		b[HTML] = b[HTML].(string) + img
	}
	return b
}

// barHTML is a progress bar with a line of text.
func barHTML(share float64, text string) string {
	percent := 100 * min(1, max(0, share))
	return fmt.Sprintf(`<div style="max-width:600px;margin:.3em 0"><div style="height:6px;border-radius:3px;background:rgba(128,128,128,.25)">`+
		`<div style="height:6px;border-radius:3px;width:%.1f%%;background:#0072b2"></div></div>`+
		`<div style="font-size:85%%;font-variant-numeric:tabular-nums;margin-top:.2em">%s</div></div>`, percent, html.EscapeString(text))
}

// Bar is a progress bar.
type Bar struct {
	screen *Screen
	title  string
	id     string
	total  int

	mu    sync.Mutex
	start time.Time
	next  time.Time
	at    int
	shown bool
}

// Progress shows a bar for total pieces of work, which fills in place. A total of 0 or less is unknown: the pieces are
// counted.
func Progress(title string, total int) *Bar { return current().Progress(title, total) }

// Progress is the function of that name for this screen.
func (s *Screen) Progress(title string, total int) *Bar {
	b := &Bar{screen: s, title: title, total: total, id: "progress-" + rand.Text(), start: time.Now()}
	if s.Updates {
		b.draw()
	}
	return b
}

// Set says how many pieces are done.
func (b *Bar) Set(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(n)
}

// Add says that n more pieces are done.
func (b *Bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(b.at + n)
}

func (b *Bar) set(n int) {
	b.at = n
	full := b.total > 0 && n >= b.total
	switch {
	case full, b.screen.Updates && !time.Now().Before(b.next):
		b.draw()
	}
}

func (b *Bar) draw() {
	elapsed := time.Since(b.start)
	text := fmt.Sprintf("%s  %s", b.title, thousands(b.at))
	share := 0.0
	if b.total > 0 {
		share = float64(b.at) / float64(b.total)
		text += fmt.Sprintf("/%s  %.0f %%", thousands(b.total), 100*share)
	}
	text += "  " + elapsed.Round(time.Second).String()
	if left := time.Duration(float64(elapsed) * (1/max(share, 1e-9) - 1)); share > 0.01 && share < 1 {
		text += ", " + left.Round(time.Second).String() + " left"
	}
	text = strings.TrimSpace(text)
	b.screen.Display(Bundle{Plain: text, HTML: barHTML(share, text)}, b.id, b.shown)
	b.shown = true
	b.next = time.Now().Add(100 * time.Millisecond)
}
