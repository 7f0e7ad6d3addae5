// Package plot draws the figures of a training run: learning curves, ROC and precision-recall curves, confusion matrices,
// reliability, score distributions, comparisons of runs, the impact of settings, and importances.
//
// Each function checks its numbers and returns a *Figure, which turns itself into PNG (1200 x 800 pixels, twice the size it
// is shown at), SVG or PDF bytes, or saves itself under a file name with one of these endings. Colours are told apart by
// people who cannot see all of them, text is sans serif, legends stand beside the data. A value that is NaN or infinite
// leaves a gap. The same input gives the same bytes.
package plot

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/color"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/jamba-threat/jamba/lib/track"
)

// px is a pixel as a web page counts them, 96 to the inch; PNG files hold two in each direction.
const px = vg.Inch / 96

const (
	figureWidth  = 600 * px
	figureHeight = 400 * px
	pngDPI       = 2 * 96
)

// Figure is a drawing that can be rendered in several formats. It is immutable and safe for concurrent use.
type Figure struct {
	title         string
	subtitle      string // what the numbers of the figure say, in words
	legend        []legendEntry
	width, height vg.Length
	draw          func(c draw.Canvas) // into the space below title and legend
}

func newFigure(title, subtitle string, draw func(draw.Canvas), legend ...legendEntry) *Figure {
	return &Figure{title: title, subtitle: subtitle, legend: legend, width: figureWidth, height: figureHeight, draw: draw}
}

// String returns the figure's title and what its numbers say.
func (f *Figure) String() string {
	if f.subtitle == "" {
		return f.title
	}
	return f.title + ": " + f.subtitle
}

// PNG returns the figure as a PNG image.
func (f *Figure) PNG() ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(pngDPI), vgimg.UseBackgroundColor(color.White))
	return f.render(vgimg.PngCanvas{Canvas: c})
}

// SVG returns the figure as an SVG document. Text stays text, in a sans serif font of the viewer.
func (f *Figure) SVG() ([]byte, error) {
	out, err := f.render(vgsvg.New(f.width, f.height))
	// The writer names the one font it measured with; a viewer without it would fall back to its serif font.
	return bytes.ReplaceAll(out, []byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")), err
}

// PDF returns the figure as a PDF document with embedded fonts. Characters beyond Windows-1252 become question marks.
func (f *Figure) PDF() ([]byte, error) {
	out, err := f.render(pdfCanvas{vgpdf.New(f.width, f.height)})
	// The writer stamps the time of day, and the same figure must give the same bytes; the length must stay, because a PDF
	// refers to byte offsets.
	return pdfDate.ReplaceAll(out, []byte("Date (D:20000101000000")), err
}

var pdfDate = regexp.MustCompile(`Date \(D:\d{14}`)

// pdfCanvas hands text over in the one encoding that the PDF writer's fonts have.
type pdfCanvas struct{ *vgpdf.Canvas }

// FillString implements vg.Canvas.
func (c pdfCanvas) FillString(f font.Face, pt vg.Point, txt string) {
	var b strings.Builder
	for _, r := range txt {
		code, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			code = '?'
		}
		b.WriteByte(code)
	}
	c.Canvas.FillString(f, pt, b.String())
}

// HTML returns the figure as an image element for a notebook or a page; when it cannot be drawn, the reason.
func (f *Figure) HTML() string {
	png, err := f.PNG()
	if err != nil {
		return "<pre>" + html.EscapeString(err.Error()) + "</pre>"
	}
	return fmt.Sprintf(`<img width="%d" alt="%s" src="data:image/png;base64,%s">`,
		int(f.width/px+0.5), html.EscapeString(f.String()), base64.StdEncoding.EncodeToString(png))
}

// Save writes the figure to a file, replacing it atomically. The ending of the name decides the format: .png, .svg or .pdf.
func (f *Figure) Save(path string) error {
	var out []byte
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".png":
		out, err = f.PNG()
	case ".svg":
		out, err = f.SVG()
	case ".pdf":
		out, err = f.PDF()
	default:
		return fmt.Errorf("plot: save %s: the name must end in .png, .svg or .pdf", path)
	}
	if err != nil {
		return err
	}
	return track.AtomicWrite(path, func(w io.Writer) error {
		_, err := w.Write(out)
		return err
	})
}

// render draws onto a canvas and encodes it. The drawing library panics on what it cannot draw; that is an error here.
func (f *Figure) render(c vg.CanvasWriterTo) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("plot: draw %q: %v", f.title, r)
		}
	}()
	f.page(draw.NewCanvas(c, f.width, f.height))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("plot: draw %q: %w", f.title, err)
	}
	return b.Bytes(), nil
}

// page draws the background, title, subtitle and legend, then the figure into what is left.
func (f *Figure) page(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, 12*px, -14*px, 10*px, -12*px)
	at := c.Max.Y
	title := textStyle(16, black) // not bold: the PDF writer cannot
	at -= 16 * px
	c.FillText(title, vg.Point{X: c.Min.X, Y: at}, f.title)
	if f.subtitle != "" {
		at -= 17 * px
		c.FillText(textStyle(11.5, grey), vg.Point{X: c.Min.X, Y: at}, f.subtitle)
	}
	if len(f.legend) > 0 {
		at = drawLegend(c, at-8*px, f.legend)
	}
	c.Max.Y = at - 10*px
	f.draw(c)
}
