package hosts

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// lab is a session with a home directory of its own, and what its tests need around it.
type lab struct {
	*testing.T
	home    string
	session *Session
	events  *journal.Recorder
	key     sshserver.PublicKey // of ~/.ssh/id_ed25519
	agent   string              // the socket of its agent; "": it has none
	configs int                 // that were written
}

// TestMain takes the agent of whoever runs the tests away: none may depend on it. More tests than there are processors
// run at once, unless -parallel says otherwise, since most of them wait.
func TestMain(m *testing.M) {
	if err := errors.Join(os.Unsetenv("SSH_AUTH_SOCK"), flag.Set("test.parallel", "8")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// labs counts them, so that each has a label of its own.
var labs atomic.Int64

// newLab starts a session. All goroutines that the test starts from now on are labelled, so that those which it leaves
// can be told from those of tests that run at the same time.
func newLab(t *testing.T, o Options) *lab {
	t.Helper()
	l := &lab{T: t, home: o.Home}
	if l.home == "" {
		l.makeHome()
	}
	label := fmt.Sprint(labs.Add(1))
	pprof.SetGoroutineLabels(pprof.WithLabels(t.Context(), pprof.Labels("lab", label)))
	l.open(o)
	t.Cleanup(func() {
		if err := l.session.Close(); err != nil {
			t.Error(err)
		}
		l.noneLeft(fmt.Sprintf(`"lab":%q`, label))
	})
	return l
}

// makeHome makes a home directory with a key.
func (l *lab) makeHome() {
	l.Helper()
	l.home = l.TempDir()
	if err := os.Mkdir(l.path(), 0o700); err != nil {
		l.Fatal(err)
	}
	key, err := sshserver.NewKeyFile(l.path("id_ed25519"))
	if err != nil {
		l.Fatal(err)
	}
	l.key = key
}

// open starts the session.
func (l *lab) open(o Options) {
	l.events = &journal.Recorder{}
	o.Home = l.home
	o.Journal = journal.New("test", journal.NewSecrets(), l.events)
	l.session = NewSession(o)
}

// noneLeft checks that a closed session has left no goroutine of SSH behind. Those of x/crypto end a moment later, except
// for who asks for a session while the connection ends: x/crypto forgets to answer (see sshConn.ask).
func (l *lab) noneLeft(label string) {
	l.Helper()
	l.eventually("the goroutines of the session have ended", func() bool {
		stacks := strings.Join(slices.DeleteFunc(goroutines(label), func(stack string) bool {
			return strings.Contains(stack, "ssh.(*mux).openChannel")
		}), "")
		for _, owner := range []string{
			"hosts.(*pool)", "hosts.(*sshConn)", "hosts.(*sshProcess)", "hosts.(*copier)", "ssh.(*Client)",
		} {
			if strings.Contains(stacks, owner) {
				return false
			}
		}
		return true
	})
}

// path is a file in ~/.ssh.
func (l *lab) path(names ...string) string {
	return filepath.Join(append([]string{l.home, ".ssh"}, names...)...)
}

func (l *lab) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(l.path(name), []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) read(name string) string {
	l.Helper()
	text, err := os.ReadFile(l.path(name))
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}

// server starts a server that takes the lab's key, and that its known_hosts knows.
func (l *lab) server(o sshserver.Options) *sshserver.Server {
	l.Helper()
	if o.AuthorizedKeys == nil && o.UserAuthority == nil && o.Password == nil && o.KeyboardInteractive == nil {
		o.AuthorizedKeys = []ssh.PublicKey{l.key}
	}
	if o.Home == "" {
		o.Home = l.home
	}
	s, err := sshserver.Start(o)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { s.Close() })
	l.know(s.KnownHosts())
	return s
}

// know appends to known_hosts.
func (l *lab) know(lines string) {
	l.Helper()
	f, err := os.OpenFile(l.path("known_hosts"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		l.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(lines); err != nil {
		l.Fatal(err)
	}
}

// sshd starts a real sshd, and returns options for it that the lab can log in with. The start files of the shell are
// not those of whoever runs the test.
func (l *lab) sshd(o sshdtest.Options) SSHOptions {
	l.Helper()
	o.Config = append(o.Config, "SetEnv HOME="+l.home)
	return l.real(sshdtest.Start(l.T, o))
}

func (l *lab) real(s *sshdtest.Server) SSHOptions {
	l.Helper()
	o := at("real", s.Port)
	o.Username, o.KeyFilename = s.User, s.ClientKeyFile
	o.KnownHosts = []string{s.KnownHostsFile}
	return o
}

// at returns options for a host on a port of this machine.
func at(slug string, port int) SSHOptions {
	return SSHOptions{Slug: slug, Address: "127.0.0.1", Port: port, Username: "deploy", ConfigFilename: "none"}
}

// reading returns options that read a configuration, which names the agent of the lab too.
func (l *lab) reading(o SSHOptions, config string) SSHOptions {
	l.Helper()
	if l.agent != "" {
		config = "IdentityAgent " + l.agent + "\n" + config
	}
	l.configs++ // since a session reads each file once
	name := fmt.Sprintf("config%d", l.configs)
	l.write(name, config)
	o.ConfigFilename = l.path(name)
	return o
}

func (l *lab) host(o SSHOptions) *SSH {
	l.Helper()
	h, err := NewSSH(o)
	if err != nil {
		l.Fatal(err)
	}
	return h
}

// sshRun is a command of a test.
type sshRun struct {
	Process
	out, errs bytes.Buffer
	post      *post
	exit      Exit
	err       error
}

// start starts a command as Handle.Run does, with a place among the working hosts.
func (l *lab) start(ctx context.Context, h *SSH, line string) (*sshRun, error) {
	post, err := l.session.post(ctx, h.Slug())
	if err != nil {
		return nil, err
	}
	r := &sshRun{post: post}
	if r.Process, err = h.Start(post.ctx, l.session, Command{Line: line, Stdout: &r.out, Stderr: &r.errs}); err != nil {
		post.end()
		return nil, err
	}
	return r, nil
}

func (r *sshRun) wait() (Exit, error) {
	defer r.post.end()
	r.exit, r.err = r.Wait()
	return r.exit, r.err
}

// begun starts a command that must begin.
func (l *lab) begun(o SSHOptions, line string) *sshRun {
	l.Helper()
	r, err := l.start(l.Context(), l.host(o), line)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// run runs a command to its end. It may be called from any goroutine.
func (l *lab) run(ctx context.Context, o SSHOptions, line string) (*sshRun, error) {
	h, err := NewSSH(o)
	if err != nil {
		return nil, err
	}
	r, err := l.start(ctx, h, line)
	if err != nil {
		return nil, err
	}
	_, err = r.wait()
	return r, err
}

// output runs a command that must succeed.
func (l *lab) output(o SSHOptions, line string) string {
	l.Helper()
	r, err := l.run(context.Background(), o, line)
	if err != nil {
		l.Fatal(err)
	}
	if !r.exit.OK() {
		l.Fatalf("%s: %+v: %s", line, r.exit, r.errs.String())
	}
	return r.out.String()
}

// fails runs a command that must fail with a fault, and returns the error.
func (l *lab) fails(o SSHOptions, fault Fault, parts ...string) *Error {
	l.Helper()
	_, err := l.run(context.Background(), o, "true")
	return l.fault(err, fault, parts...)
}

func (l *lab) fault(err error, fault Fault, parts ...string) *Error {
	l.Helper()
	var failure *Error
	if !errors.As(err, &failure) {
		l.Fatalf("error %v, want fault %q", err, fault)
	}
	if failure.Fault != fault {
		l.Errorf("fault %q, want %q: %v", failure.Fault, fault, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			l.Errorf("error %q does not say %q", err, part)
		}
	}
	return failure
}

// warned checks that there was one warning.
func (l *lab) warned(part string) {
	l.Helper()
	if all := l.events.Events(journal.Warning); len(all) != 1 || !strings.Contains(all[0].Message, part) {
		l.Errorf("warnings %+v, want one that says %q", all, part)
	}
}

// within fails the test if do takes unreasonably long, which is far longer than any time limit that it tests.
func (l *lab) within(d time.Duration, do func()) {
	l.Helper()
	begun := time.Now()
	do()
	if took := time.Since(begun); took > d {
		l.Errorf("took %v, want at most %v", took, d)
	}
}

// eventually waits until a condition holds.
func (l *lab) eventually(what string, holds func() bool) {
	l.Helper()
	eventually(l.T, what, holds)
}

// sshPerson answers questions.
type sshPerson struct {
	mu        sync.Mutex
	passwords []string // answers in turn; then it does not answer
	trust     bool
	asked     []PasswordQuestion
	tables    [][]NewKey
}

var errNoAnswer = errors.New("no answer")

func (p *sshPerson) Password(_ context.Context, q PasswordQuestion) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if len(p.passwords) == 0 {
		return "", errNoAnswer
	}
	answer := p.passwords[0]
	p.passwords = p.passwords[1:]
	return answer, nil
}

func (p *sshPerson) TrustKeys(_ context.Context, keys []NewKey) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tables = append(p.tables, keys)
	return p.trust, nil
}

// hosts returns n hosts at one server.
func atOnce(n, port int) []SSHOptions {
	var all []SSHOptions
	for i := range n {
		all = append(all, at(fmt.Sprintf("web%d", i+1), port))
	}
	return all
}

// runAll runs a command on all hosts at once and returns the errors.
func (l *lab) runAll(ctx context.Context, all []SSHOptions, line string) []error {
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, o := range all {
		wait.Go(func() { _, errs[i] = l.run(ctx, o, line) })
	}
	wait.Wait()
	return errs
}
