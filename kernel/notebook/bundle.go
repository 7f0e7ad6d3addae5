package notebook

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/png"
	"strings"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/track"
)

// MIME types of a Bundle.
const (
	Plain    = "text/plain"
	HTML     = "text/html"
	Markdown = "text/markdown"
	SVG      = "image/svg+xml"
	PNG      = "image/png"
)

// Bundle is one value in several forms by MIME type: a string, or []byte for image/png. Whoever shows it takes the form
// that it likes best. Plain is always there.
type Bundle map[string]any

// Values that draw themselves have one or more of these methods.
type (
	pngDrawer       interface{ PNG() ([]byte, error) }
	svgDrawer       interface{ SVG() ([]byte, error) }
	htmlDrawer      interface{ HTML() string }
	htmlErrorDrawer interface{ HTML() (string, error) }
	markdownDrawer  interface{ Markdown() string }
	historied       interface{ History() track.History }
)

// textLimit bounds the text of one value: a slice of a million numbers helps nobody.
const textLimit = 20_000

// Render returns a value in every form that it has. It does not fail: a value that cannot be drawn becomes the reason as
// text, and one whose methods panic too.
func Render(x any) (b Bundle) {
	defer func() {
		if r := recover(); r != nil {
			b = Bundle{Plain: fmt.Sprintf("%T cannot be shown: %v", x, r)}
		}
	}()
	b = Bundle{Plain: Text(x)}
	if err := draw1(b, x); err != nil {
		b[Plain] = fmt.Sprintf("%s\n(%T cannot be drawn: %v)", b[Plain], x, err)
	}
	return b
}

// draw1 adds what is more than text.
func draw1(b Bundle, x any) error {
	switch v := x.(type) {
	case nil, error, string, []byte:
		return nil
	case Bundle:
		for mime, content := range v {
			b[mime] = content
		}
		return nil
	case *gonum.Plot:
		return drawPNG(b, func() ([]byte, error) { return plotPNG(v) }, "plot")
	case image.Image:
		return drawPNG(b, func() ([]byte, error) {
			var out bytes.Buffer
			err := png.Encode(&out, v)
			return out.Bytes(), err
		}, "image")
	case dataframe.DataFrame:
		return drawFrame(b, v)
	case *dataframe.DataFrame:
		if v != nil {
			return drawFrame(b, *v)
		}
		return nil
	case series.Series:
		return drawFrame(b, dataframe.New(v))
	case *data.Table:
		if v != nil {
			b[HTML] = tableHTML(v)
		}
		return nil
	case data.Split:
		b[HTML] = splitHTML(v)
		return nil
	case *metrics.Report:
		if v != nil {
			b[HTML] = reportHTML(v)
		}
		return nil
	case metrics.Report:
		b[HTML] = reportHTML(&v)
		return nil
	case track.History:
		return drawHistory(b, v)
	case []track.Summary:
		b[HTML] = summaryHTML(v)
		return nil
	}
	return drawMethods(b, x)
}

// drawMethods asks the value itself.
func drawMethods(b Bundle, x any) error {
	if nilPointer(x) {
		return nil
	}
	drawn := false
	if v, ok := x.(pngDrawer); ok {
		out, err := v.PNG()
		if err != nil {
			return err
		}
		b[PNG], drawn = out, true
	}
	// A picture that is there as PNG is not sent again as SVG, nor as the HTML around the same PNG.
	if v, ok := x.(svgDrawer); ok && !drawn {
		out, err := v.SVG()
		if err != nil {
			return err
		}
		b[SVG], drawn = string(out), true
	}
	switch v := x.(type) {
	case htmlDrawer:
		if !drawn {
			b[HTML], drawn = v.HTML(), true
		}
	case htmlErrorDrawer:
		if !drawn {
			out, err := v.HTML()
			if err != nil {
				return err
			}
			b[HTML], drawn = out, true
		}
	}
	if v, ok := x.(markdownDrawer); ok && !drawn {
		b[Markdown], drawn = v.Markdown(), true
	}
	if v, ok := x.(historied); ok && !drawn { // a fitted model: its line, and how it came about
		return drawHistory(b, v.History())
	}
	if !drawn {
		if out, ok := structsHTML(x); ok {
			b[HTML] = out
		}
	}
	return nil
}

func drawPNG(b Bundle, encode func() ([]byte, error), what string) error {
	out, err := encode()
	if err != nil {
		return err
	}
	b[PNG] = out
	b[Plain] = fmt.Sprintf("[%s, %d bytes of PNG]", what, len(out))
	return nil
}

func drawHistory(b Bundle, h track.History) error {
	if len(h) == 0 {
		return nil
	}
	fig, err := plot.LearningCurves(h)
	if err != nil {
		return err
	}
	out, err := fig.PNG()
	if err != nil {
		return err
	}
	b[PNG] = out
	return nil
}

// plotPNG draws a plot of gonum as large as the figures of lib/plot.
func plotPNG(p *gonum.Plot) (out []byte, err error) {
	defer func() { // gonum panics on values that it cannot draw
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	const width, height, dpi = 6.25 * vg.Inch, 4.17 * vg.Inch, 192
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// imageHTML is a picture inside a page, at half the size of its pixels.
func imageHTML(out []byte, alt string) string {
	width, _, ok := Size(out)
	if !ok {
		width = 600
	}
	return fmt.Sprintf(`<img width="%d" alt="%s" src="data:image/png;base64,%s">`, width, html.EscapeString(alt), base64.StdEncoding.EncodeToString(out))
}

// Text returns a value as text, as fmt prints it, shortened when it is very long. A pointer to a struct is printed as the
// struct.
func Text(x any) string {
	var s string
	switch v := x.(type) {
	case nil:
		return "<nil>"
	case string:
		s = v
	case error:
		s = v.Error()
	case fmt.Stringer:
		if nilPointer(x) {
			return "<nil>"
		}
		s = v.String()
	case []byte:
		s = fmt.Sprintf("%q", shorten(string(v)))
	default:
		s = fmt.Sprintf("%+v", x)
	}
	return shorten(s)
}

func shorten(s string) string {
	if len(s) <= textLimit {
		return s
	}
	cut := strings.ToValidUTF8(s[:textLimit], "")
	return fmt.Sprintf("%s ... (%d bytes more)", cut, len(s)-len(cut))
}

// Size returns the width and height at which a PNG image is meant to be seen: figures have two pixels in each direction
// for one that is shown.
func Size(out []byte) (width, height int, ok bool) {
	cfg, err := png.DecodeConfig(bytes.NewReader(out))
	if err != nil {
		return 0, 0, false
	}
	if cfg.Width < 900 { // a small image as it is
		return cfg.Width, cfg.Height, true
	}
	return cfg.Width / 2, cfg.Height / 2, true
}
