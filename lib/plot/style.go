package plot

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// middle centres text on a point by the height of its digits; the library's YCenter counts descenders too, which leaves labels
// below the dots and bars they belong to.
const middle = draw.YAlignment(-0.4)

// Colours of M. Okabe and K. Ito, "Color Universal Design" (2008), which remain distinct under all common forms of colour
// blindness. Yellow is left out: it does not show on white.
var (
	blue   = color.NRGBA{0x00, 0x72, 0xB2, 0xFF}
	red    = color.NRGBA{0xD5, 0x5E, 0x00, 0xFF} // vermilion
	green  = color.NRGBA{0x00, 0x9E, 0x73, 0xFF}
	purple = color.NRGBA{0xCC, 0x79, 0xA7, 0xFF}
	sky    = color.NRGBA{0x56, 0xB4, 0xE9, 0xFF}
	orange = color.NRGBA{0xE6, 0x9F, 0x00, 0xFF}
	black  = color.NRGBA{0x22, 0x22, 0x22, 0xFF}
	grey   = color.NRGBA{0x66, 0x66, 0x66, 0xFF}
	pale   = color.NRGBA{0xE4, 0xE4, 0xE4, 0xFF}
)

// series returns the colour and the dashes of the i-th line: when the colours run out the dashes change.
func series(i int) (color.NRGBA, []vg.Length) {
	colours := [...]color.NRGBA{blue, red, green, purple, sky, orange}
	dashes := [...][]vg.Length{nil, {5 * px, 3 * px}, {2 * px, 2 * px}}
	return colours[i%len(colours)], dashes[i/len(colours)%len(dashes)]
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

// textStyle is sans serif text of a size in pixels, its origin at the left of the base line.
func textStyle(size float64, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    plotfont.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size) * px},
		Handler: plot.DefaultTextHandler,
	}
}

func centred(s text.Style) text.Style {
	s.XAlign, s.YAlign = draw.XCenter, middle
	return s
}

// axes returns an empty plot in the style of this package.
func axes(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = title
	p.Title.TextStyle = textStyle(12, black)
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	p.Title.Padding = 5 * px
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		align := a.Tick.Label
		a.Tick.Label = textStyle(11, grey)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = align.XAlign, align.YAlign
		a.LineStyle = draw.LineStyle{Color: grey, Width: 0.8 * px}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = 4 * px
		a.Tick.Marker = ticks{}
		a.Padding = 0
	}
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.Add(grid{})
	return p
}

// drawPlot draws a copy: drawing adjusts the ranges of a plot, and a Figure may be drawn by several goroutines. The labels of
// the axes are written here, because the library misplaces them on logarithmic axes and then leaves room for them there.
func drawPlot(p *plot.Plot, c draw.Canvas) {
	data := dataCanvas(p, c)
	twin, inner := withoutLabels(p, c)
	twin.Draw(inner)
	style := textStyle(12, black)
	style.XAlign = draw.XCenter
	c.FillText(style, vg.Point{X: data.Center().X, Y: c.Min.Y + 2*px}, p.X.Label.Text)
	style.Rotation = math.Pi / 2
	c.FillText(style, vg.Point{X: c.Min.X + 11*px, Y: data.Center().Y}, p.Y.Label.Text)
}

// dataCanvas is the part of c between the axes.
func dataCanvas(p *plot.Plot, c draw.Canvas) draw.Canvas {
	twin, inner := withoutLabels(p, c)
	return twin.DataCanvas(inner)
}

// withoutLabels returns a copy of the plot and the canvas that is left beside the labels of its axes.
func withoutLabels(p *plot.Plot, c draw.Canvas) (*plot.Plot, draw.Canvas) {
	twin := *p
	twin.X.Label.Text, twin.Y.Label.Text = "", ""
	if p.X.Label.Text != "" {
		c = draw.Crop(c, 0, 0, 18*px, 0)
	}
	if p.Y.Label.Text != "" {
		c = draw.Crop(c, 20*px, 0, 0, 0)
	}
	return &twin, c
}

// limits fixes the range of an axis.
func limits(a *plot.Axis, low, high float64) { a.Min, a.Max = low, high }

// unit is an axis of shares.
func unit(a *plot.Axis) {
	limits(a, 0, 1)
	a.Tick.Marker = ticks{step: 0.2}
}

// ticks places marks at round numbers: multiples of 1, 2 or 5 times a power of ten.
type ticks struct {
	about   int     // how many; 0 = five
	step    float64 // 0 = choose
	integer bool    // no fractions
}

// Ticks implements plot.Ticker.
func (t ticks) Ticks(low, high float64) []plot.Tick {
	if !(high > low) {
		return nil
	}
	step := t.step
	if step == 0 {
		rough := (high - low) / 5
		if t.about > 0 {
			rough = (high - low) / float64(t.about)
		}
		power := math.Pow(10, math.Floor(math.Log10(rough)))
		for _, m := range []float64{1, 2, 5, 10} {
			if step = m * power; step >= rough*0.8 {
				break
			}
		}
	}
	if t.integer {
		step = max(1, math.Round(step))
	}
	decimals := min(12, max(0, int(math.Ceil(-math.Log10(step)-1e-9))))
	format := byte('f')
	if max(math.Abs(low), math.Abs(high)) >= 1e6 || decimals > 5 {
		format, decimals = 'g', -1
	}
	var out []plot.Tick
	slack := (high - low) * 1e-9
	for i := math.Ceil((low - slack) / step); i*step <= high+slack; i++ {
		v := i*step + 0 // no -0
		label := strconv.FormatFloat(v, format, decimals, 64)
		if format == 'g' {
			label = strconv.FormatFloat(v, 'g', 3, 64)
		}
		out = append(out, plot.Tick{Value: v, Label: label})
	}
	return out
}

// decades places a mark at every power of ten of a logarithmic axis.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	var out []plot.Tick
	if !(low > 0 && high < math.Inf(1)) {
		return nil
	}
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		label := strconv.FormatFloat(math.Pow(10, e), 'f', int(max(0, -e)), 64)
		if e < -4 {
			label = "1e" + strconv.Itoa(int(e))
		}
		out = append(out, plot.Tick{Value: math.Pow(10, e), Label: label})
		for m := 2.0; m < 10; m++ {
			out = append(out, plot.Tick{Value: m * math.Pow(10, e)})
		}
	}
	return out
}

// grid draws pale lines at the labelled ticks.
type grid struct{}

// Plot implements plot.Plotter.
func (grid) Plot(c draw.Canvas, p *plot.Plot) {
	style := draw.LineStyle{Color: pale, Width: 0.8 * px}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := c.X(p.X.Norm(t.Value)); t.Label != "" && c.ContainsX(x) {
			c.StrokeLine2(style, x, c.Min.Y, x, c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := c.Y(p.Y.Norm(t.Value)); t.Label != "" && c.ContainsY(y) {
			c.StrokeLine2(style, c.Min.X, y, c.Max.X, y)
		}
	}
}

// legendEntry is a name beside the line, the marker or the patch that it explains.
type legendEntry struct {
	name   string
	color  color.NRGBA
	dashes []vg.Length
	marker draw.GlyphDrawer // instead of a line
	patch  bool             // a filled square instead of a line
}

// drawLegend writes the entries in rows from the left, starting below y, and returns the y below the last row.
func drawLegend(c draw.Canvas, y vg.Length, entries []legendEntry) vg.Length {
	const sample, gap, row = 20 * px, 5 * px, 16 * px
	style := textStyle(11.5, black)
	style.YAlign = middle
	x, mid := c.Min.X, y-row/2
	for _, e := range entries {
		name := shorten(style, e.name, c.Max.X-c.Min.X-sample-gap)
		width := sample + gap + style.Width(name) + 16*px
		if x > c.Min.X && x+width > c.Max.X+16*px {
			x, mid = c.Min.X, mid-row
		}
		switch {
		case e.marker != nil:
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: e.color, Radius: 4 * px, Shape: e.marker}, vg.Point{X: x + sample/2, Y: mid})
		case e.patch:
			c.FillPolygon(e.color, rectangle(x+4*px, mid-5*px, x+sample-2*px, mid+5*px))
		default:
			c.StrokeLine2(draw.LineStyle{Color: e.color, Width: 2 * px, Dashes: e.dashes}, x, mid, x+sample, mid)
		}
		c.FillText(style, vg.Point{X: x + sample + gap, Y: mid}, name)
		x += width
	}
	return mid - row/2
}

func rectangle(x0, y0, x1, y1 vg.Length) []vg.Point {
	return []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// shorten cuts text that is wider than the space and ends it with an ellipsis.
func shorten(s text.Style, txt string, width vg.Length) string {
	txt = strings.Join(strings.Fields(txt), " ") // a line break would be drawn as one
	if s.Width(txt) <= width {
		return txt
	}
	r := []rune(txt)
	for len(r) > 0 && s.Width(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// columns divides a canvas into panels side by side.
func columns(c draw.Canvas, n int) []draw.Canvas {
	const gap = 18 * px
	width := (c.Max.X - c.Min.X - gap*vg.Length(n-1)) / vg.Length(n)
	out := make([]draw.Canvas, n)
	for i := range out {
		left := (width + gap) * vg.Length(i)
		out[i] = c
		out[i].Min.X = c.Min.X + left
		out[i].Max.X = c.Min.X + left + width
	}
	return out
}

// dashed is the pattern of lines that mark a place.
func dashed() []vg.Length { return []vg.Length{3 * px, 3 * px} }

// dotted is the pattern of reference lines.
func dotted() []vg.Length { return []vg.Length{2 * px, 3 * px} }
