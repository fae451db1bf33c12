package knownhosts

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"deployer/internal/sshconfig"
	"deployer/internal/sshkeys"
)

// Known is what files of known_hosts say.
type Known []*index

// index finds what one file says of a host. It may have thousands of entries, and be asked about as many hosts. Entries
// are told by their places.
type index struct {
	text     []byte
	entries  Entries
	byName   map[string][]int // that tell their names one by one
	patterns []int

	mu     sync.Mutex       // guards what follows
	hashed []int            // whose names were not asked for yet; what it holds is never changed
	asked  map[string][]int // hashed ones of the names that were
}

// parse passes over lines that cannot be read, as OpenSSH does: they can only make a host unknown.
func parse(name string, text []byte) *index {
	x := &index{text: text, byName: map[string][]int{}, asked: map[string][]int{}}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if entry, ok := parseLine(string(line)); ok {
			entry.File, entry.Number = name, number
			x.add(entry)
		}
	}
	return x
}

func (x *index) add(l Line) {
	at := len(x.entries)
	x.entries = append(x.entries, l)
	switch {
	case l.hash != nil:
		x.hashed = append(x.hashed, at)
	case l.HasPattern():
		x.patterns = append(x.patterns, at)
	default:
		for name := range strings.SplitSeq(strings.ToLower(l.hosts), ",") {
			x.byName[name] = append(x.byName[name], at)
		}
	}
}

// about returns the entries for a name whose keys can be read, in their order.
func (x *index) about(name string) Entries {
	name = strings.ToLower(name)
	places := slices.Concat(x.byName[name], x.byHash(name))
	for _, at := range x.patterns {
		if sshconfig.MatchesName(x.entries[at].hosts, name) {
			places = append(places, at)
		}
	}
	slices.Sort(places)
	var found Entries
	for _, at := range slices.Compact(places) {
		if l := x.entries[at]; l.readKey() {
			found = append(found, l)
		}
	}
	return found
}

// byHash finds entries whose hash stands for a name. That is work, for thousands of entries and as many hosts: those that
// were found to stand for one name are not tried for another.
func (x *index) byHash(name string) []int {
	x.mu.Lock()
	found, known := x.asked[name]
	hashed := x.hashed
	x.mu.Unlock()
	if known || len(hashed) == 0 {
		return found
	}
	for _, at := range hashed {
		if x.entries[at].hash.is(name) {
			found = append(found, at)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked[name] = found
	if len(found) > 0 {
		x.hashed = slices.DeleteFunc(slices.Clone(x.hashed), func(at int) bool { return slices.Contains(found, at) })
	}
	return found
}

// Reader reads files of known_hosts for many logins at once: see [sshkeys.Files].
type Reader struct {
	texts sshkeys.Files
	mu    sync.Mutex
	files map[string]*index // of those that were read, as they were last
}

// Read returns what files say. One that does not exist says nothing.
func (r *Reader) Read(names []string) (Known, error) {
	var all Known
	for _, name := range names {
		text, err := r.texts.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r.index(name, text))
	}
	return all, nil
}

func (r *Reader) index(name string, text []byte) *index {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.files[name]; x != nil && bytes.Equal(x.text, text) {
		return x
	}
	if r.files == nil {
		r.files = map[string]*index{}
	}
	r.files[name] = parse(name, text)
	return r.files[name]
}

// Forget has every file read anew.
func (r *Reader) Forget() { r.texts.Forget() }

// Read returns what files say now.
func Read(names []string) (Known, error) { return new(Reader).Read(names) }
