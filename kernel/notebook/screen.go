package notebook

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Screen is where values are shown. The functions of the package use the one that the program has: a notebook's output
// area or the terminal. A host that has its own makes a Screen and hands out its methods.
type Screen struct {
	// Display shows a bundle. With an id it shows it under that name, and with update it replaces what the name shows.
	// It is called from any goroutine.
	Display func(b Bundle, id string, update bool)
	// Updates says that Display can replace what it has shown. Without, a progress bar is shown when it is full, and
	// of a training the line of every epoch and the last plot.
	Updates bool
}

// Show shows values, each as Render draws it.
func Show(values ...any) { current().Show(values...) }

// Show shows values, each as Render draws it.
func (s *Screen) Show(values ...any) {
	for _, v := range values {
		s.Display(Render(v), "", false)
	}
}

// Context ends when the user interrupts: Jupyter's stop button, Ctrl-C in a terminal. Pass it to what takes long. A second
// Ctrl-C ends the program.
func Context() context.Context { return interrupted() }

var interrupted = sync.OnceValue(func() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
})

// current finds the screen of this program. Which one it is does not change while it runs.
var current = sync.OnceValue(func() *Screen {
	if gonbui.IsNotebook {
		return gonbScreen()
	}
	return Terminal(os.Stdout, os.Getenv("JAMBA_FIGURES"))
})

// gonbScreen shows through the pipe that the GoNB kernel gives to the program of a cell.
func gonbScreen() *Screen {
	show := func(b Bundle, id string, _ bool) {
		out := &protocol.DisplayData{Data: map[protocol.MIMEType]any{}, DisplayID: id}
		for mime, content := range b {
			if raw, ok := content.([]byte); ok {
				content = base64.StdEncoding.EncodeToString(raw)
			}
			if text, ok := content.(string); ok {
				out.Data[protocol.MIMEType(mime)] = text
			}
		}
		if raw, ok := b[PNG].([]byte); ok {
			if width, height, ok := Size(raw); ok {
				out.Metadata = map[string]any{PNG: map[string]int{"width": width, "height": height}}
			}
		}
		gonbui.SendData(out)
		gonbui.Sync() // or a cell that ends at once would end before GoNB has read it
	}
	return &Screen{Updates: true, Display: show}
}

// Terminal is a screen for terminals and files: text is written to w, and pictures to PNG files in the folder, of which
// the path is written. The folder "" is jamba-figures in the system's folder for temporary files.
func Terminal(w io.Writer, folder string) *Screen {
	if folder == "" {
		folder = filepath.Join(os.TempDir(), "jamba-figures")
	}
	var mu sync.Mutex
	return &Screen{Display: func(b Bundle, _ string, _ bool) {
		mu.Lock()
		defer mu.Unlock()
		picture, isPicture := b[PNG].([]byte)
		if text, ok := b[Plain].(string); ok && text != "" && (!isPicture || text[0] != '[') {
			fmt.Fprintln(w, text)
		}
		if !isPicture {
			return
		}
		path, err := saveFigure(folder, picture)
		if err != nil {
			fmt.Fprintln(w, "figure not saved:", err)
			return
		}
		fmt.Fprintln(w, path)
	}}
}

// saveFigure writes a picture under the next free number. Several programs may do so at the same time.
func saveFigure(folder string, picture []byte) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		path := filepath.Join(folder, "figure-"+strconv.Itoa(n)+".png")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if _, err := f.Write(picture); err != nil {
			_ = f.Close()
			return "", err
		}
		return path, f.Close()
	}
}
