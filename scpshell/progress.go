package scpshell

import (
	"fmt"
	"path"
	"sync"
	"time"

	"deployer/console"
	"deployer/hosts"
	"deployer/prompt"
)

// progress shows how far a transfer is: the file that is copied now, and all of them. It is drawn once a transfer takes
// a while.
type progress struct {
	t *transfer

	mu      sync.Mutex // guards what follows
	items   []hosts.CopyProgress
	last    int // the item that is shown
	drawn   bool
	bars    []*console.Bar
	samples []sample // of the last seconds
}

// sample is how many bytes had been copied at a moment. Those that were there say nothing of the speed.
type sample struct {
	at    time.Time
	bytes int64
}

const (
	quick  = 200 * time.Millisecond // what is done by then is not drawn
	silent = 10 * time.Second       // nor, where lines of a log tell of it, by then
	window = 5 * time.Second        // the speed is that of so long
)

// newProgress knows the sizes of files already; those of directories will be told.
func newProgress(t *transfer, items []item) *progress {
	p := &progress{t: t, items: make([]hosts.CopyProgress, len(items))}
	for i, one := range items {
		if !one.info.IsDir() {
			p.items[i] = hosts.CopyProgress{Files: 1, Bytes: one.info.Size, Walked: true}
		}
	}
	return p
}

// of returns what is told of an item.
func (p *progress) of(item int) func(hosts.CopyProgress) {
	return func(now hosts.CopyProgress) {
		begin := p.update(item, now)
		if begin {
			p.draw()
		}
		p.mu.Lock()
		bars, done := p.bars, int(p.total().BytesDone>>10)
		p.mu.Unlock()
		for _, bar := range bars {
			bar.Set(done)
		}
	}
}

// update notes how far an item is, and reports whether that is to be drawn from now on.
func (p *progress) update(item int, now hosts.CopyProgress) (begin bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items[item], p.last = now, item
	total := p.total()
	p.samples = append(p.samples, sample{time.Now(), total.BytesDone - total.There})
	for len(p.samples) > 2 && time.Since(p.samples[0].at) > window {
		p.samples = p.samples[1:]
	}
	wait := quick
	if !p.t.o.Interactive {
		wait = silent
	}
	begin = !p.drawn && time.Since(p.t.begun) > wait
	p.drawn = p.drawn || begin
	return begin
}

// draw begins to draw. A bar asks for its line whenever it wants: p.mu must not be held here.
func (p *progress) draw() {
	p.mu.Lock()
	total := p.total()
	p.mu.Unlock()
	c := console.From(p.t.ctx)
	o := console.ProgressOptions{Expected: int(total.Bytes >> 10), Clear: true}
	var bars []*console.Bar
	if total.Files > 1 && !hosts.ScopeOf(p.t.ctx).Parallel { // of several hosts one line each
		o.Format = p.fileLine
		bars = append(bars, c.Progress(p.t.name(), o))
	}
	o.Format = p.allLine
	bars = append(bars, c.Progress(p.t.name(), o))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bars = bars
}

// end draws nothing any more.
func (p *progress) end() {
	p.mu.Lock()
	bars := p.bars
	p.mu.Unlock()
	for _, bar := range bars {
		bar.Stop()
	}
}

// total is how far all of it is.
func (p *progress) total() hosts.CopyProgress {
	sum := hosts.CopyProgress{Walked: true}
	for _, one := range p.items {
		sum.Walked = sum.Walked && one.Walked
		sum.Files += one.Files
		sum.FilesDone += one.FilesDone
		sum.Bytes += one.Bytes
		sum.BytesDone += one.BytesDone
		sum.There += one.There
	}
	return sum
}

// fileLine is how far the file is that was begun last.
func (p *progress) fileLine(console.Progress) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.items[p.last]
	return fmt.Sprintf("%s  %s%s", prompt.Quote(path.Base(now.Name)), share(now.SizeDone, now.Size), verifying(now))
}

// verifying is what is said of a file while it is compared.
func verifying(now hosts.CopyProgress) string {
	if now.Verifying {
		return "  verifying"
	}
	return ""
}

// allLine is how far all of it is, how fast it goes, and how long it will take, once it is known how much there is.
func (p *progress) allLine(console.Progress) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := p.total()
	text := p.t.name() + "  "
	if total.Files > 1 {
		text += fmt.Sprintf("%d/%d files  ", total.FilesDone, total.Files)
	} else if name := p.items[p.last].Name; name != "" {
		text += prompt.Quote(path.Base(name)) + "  "
	}
	speed := p.speed()
	switch {
	case total.Files == 1 && p.items[p.last].Verifying:
		return text + share(total.BytesDone, total.Bytes) + verifying(p.items[p.last])
	case !total.Walked:
		return text + fmt.Sprintf("%s  %s/s", size(total.BytesDone), size(int64(speed)))
	case total.BytesDone >= total.Bytes:
		return text + share(total.BytesDone, total.Bytes) + "  finishing"
	case speed <= 0:
		return text + share(total.BytesDone, total.Bytes)
	}
	left := time.Duration(float64(total.Bytes-total.BytesDone) / speed * float64(time.Second)).Round(time.Second)
	return text + fmt.Sprintf("%s  %s/s  %s left", share(total.BytesDone, total.Bytes), size(int64(speed)), left)
}

// speed is in bytes per second.
func (p *progress) speed() float64 {
	if len(p.samples) < 2 {
		return 0
	}
	first, last := p.samples[0], p.samples[len(p.samples)-1]
	if took := last.at.Sub(first.at).Seconds(); took > 0 {
		return float64(last.bytes-first.bytes) / took
	}
	return 0
}

// share is a part of a number of bytes.
func share(done, all int64) string {
	if all <= 0 {
		return size(done)
	}
	return fmt.Sprintf("%s of %s %d%%", size(done), size(all), done*100/all)
}
