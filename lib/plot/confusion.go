package plot

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/metrics"
)

// Confusion draws the four counts of a binary detector, see ConfusionMatrix.
func Confusion(c metrics.Confusion) (*Figure, error) {
	return ConfusionMatrix([][]int{{c.TN, c.FP}, {c.FN, c.TP}}, []string{"benign", "threat"})
}

// ConfusionMatrix draws counts[i][j], the rows with label i and prediction j, with the share of their row; the colour is the share. The
// first class is at the top left. The matrix must be square, not empty, without negative counts, with a name for
// each class.
func ConfusionMatrix(counts [][]int, names []string) (*Figure, error) {
	n := len(counts)
	if n == 0 || len(names) != n {
		return nil, fmt.Errorf("plot: confusion matrix: %d rows of counts for %d names, want as many and at least one", n, len(names))
	}
	var total, hits int
	share := make([][]float64, n)
	for i, row := range counts {
		if len(row) != n {
			return nil, fmt.Errorf("plot: confusion matrix: row %d has %d counts, want %d", i, len(row), n)
		}
		sum := 0
		for j, v := range row {
			if v < 0 {
				return nil, fmt.Errorf("plot: confusion matrix: row %d, column %d is %d, want at least 0", i, j, v)
			}
			sum += v
		}
		share[i] = make([]float64, n)
		for j, v := range row {
			share[i][j] = float64(v) / math.Max(1, float64(sum))
		}
		total += sum
		hits += row[i]
	}
	subtitle := fmt.Sprintf("%s rows, accuracy %.4f; percentages are shares of the row", thousands(total), float64(hits)/math.Max(1, float64(total)))
	return newFigure("Confusion matrix", subtitle, func(c draw.Canvas) { drawMatrix(c, counts, share, names) }), nil
}

func drawMatrix(c draw.Canvas, counts [][]int, share [][]float64, names []string) {
	n := len(counts)
	axis := textStyle(12, black)
	size := math.Min(12, math.Max(5, 190/float64(n)))
	name := textStyle(size, black)
	widest := vg.Length(0)
	for _, s := range names {
		widest = max(widest, min(name.Width(s), 120*px))
	}
	const scaleWidth = 74 * px
	left := c.Min.X + 20*px + widest + 6*px
	top := c.Max.Y - 2*px
	bottom := c.Min.Y + 40*px
	// Labels under the columns are turned when they do not fit side by side.
	cell := (c.Max.X - scaleWidth - left) / vg.Length(n)
	turned := false
	for _, s := range names {
		turned = turned || name.Width(s) > cell*0.95
	}
	if turned {
		bottom = c.Min.Y + 24*px + widest
	}
	right := min(c.Max.X-scaleWidth, left+(top-bottom)*2)
	w, h := (right-left)/vg.Length(n), (top-bottom)/vg.Length(n)

	for i := range n {
		for j := range n {
			x, y := left+w*vg.Length(j), top-h*vg.Length(i+1)
			fill := shade(share[i][j])
			c.FillPolygon(fill, rectangle(x, y, x+w, y+h))
			drawCell(c, vg.Point{X: x + w/2, Y: y + h/2}, w, h, counts[i][j], share[i][j], readableOn(fill))
		}
	}
	border := draw.LineStyle{Color: color.White, Width: 1.5 * px}
	for k := range n + 1 {
		x, y := left+w*vg.Length(k), top-h*vg.Length(k)
		c.StrokeLine2(border, x, bottom, x, top)
		c.StrokeLine2(border, left, y, right, y)
	}
	for k, s := range names {
		row := name
		row.XAlign, row.YAlign = draw.XRight, middle
		c.FillText(row, vg.Point{X: left - 6*px, Y: top - h*(vg.Length(k)+0.5)}, shorten(name, s, widest))
		col := name
		at := vg.Point{X: left + w*(vg.Length(k)+0.5), Y: bottom - 6*px}
		col.XAlign, col.YAlign = draw.XCenter, draw.YTop
		if turned {
			col.Rotation, col.XAlign, col.YAlign = math.Pi/2, draw.XRight, middle
		}
		c.FillText(col, at, shorten(name, s, widest))
	}
	axis.XAlign = draw.XCenter
	c.FillText(axis, vg.Point{X: (left + right) / 2, Y: c.Min.Y + 3*px}, "predicted")
	axis.Rotation = math.Pi / 2
	c.FillText(axis, vg.Point{X: c.Min.X + 12*px, Y: (top + bottom) / 2}, "true")
	drawScale(c, right+18*px, bottom, top)
}

// drawCell writes count and share into a cell as far as there is room.
func drawCell(c draw.Canvas, mid vg.Point, w, h vg.Length, count int, share float64, colour color.Color) {
	number, percent := thousands(count), fmt.Sprintf("%.1f %%", 100*share)
	for _, size := range []float64{17, 14, 12, 10, 8, 6} {
		style := centred(textStyle(size, colour))
		small := centred(textStyle(size*0.75, colour))
		line := vg.Length(size) * px
		if max(style.Width(number), small.Width(percent)) > w*0.9 {
			continue
		}
		if 2.2*line < h*0.95 {
			c.FillText(style, vg.Point{X: mid.X, Y: mid.Y + 0.55*line}, number)
			c.FillText(small, vg.Point{X: mid.X, Y: mid.Y - 0.6*line}, percent)
			return
		}
		if line < h*0.95 {
			c.FillText(style, mid, number)
			return
		}
	}
}

// drawScale draws the colours from 0 to 100 %.
func drawScale(c draw.Canvas, x, bottom, top vg.Length) {
	const n = 50
	step := (top - bottom) / n
	for i := range n {
		y := bottom + step*vg.Length(i)
		c.FillPolygon(shade((float64(i)+0.5)/n), rectangle(x, y, x+12*px, y+step+0.3*px))
	}
	style := textStyle(11, grey)
	style.YAlign = middle
	for _, v := range []float64{0, 0.5, 1} {
		c.FillText(style, vg.Point{X: x + 17*px, Y: bottom + (top-bottom)*vg.Length(v)}, strconv.Itoa(int(100*v))+" %")
	}
}

// shade is white for 0 and dark blue for 1, even steps of lightness in between.
func shade(share float64) color.NRGBA {
	stops := [...][3]float64{{0xF4, 0xF7, 0xFB}, {0x9E, 0xC5, 0xE3}, {0x3B, 0x86, 0xBF}, {0x08, 0x3A, 0x6B}}
	at := math.Min(1, math.Max(0, share)) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	t := at - float64(i)
	mix := func(k int) uint8 { return uint8(math.Round(stops[i][k]*(1-t) + stops[i+1][k]*t)) }
	return color.NRGBA{mix(0), mix(1), mix(2), 0xFF}
}

// readableOn returns black or white, whichever has the higher contrast on the background by relative luminance (WCAG 2).
func readableOn(background color.NRGBA) color.Color {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	luminance := 0.2126*linear(background.R) + 0.7152*linear(background.G) + 0.0722*linear(background.B)
	if (luminance+0.05)/0.05 >= 1.05/(luminance+0.05) {
		return black
	}
	return color.White
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
