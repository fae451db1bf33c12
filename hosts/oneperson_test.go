package hosts

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// Whatever hosts want to know at the same time, the person is asked one thing after the other.
func TestOneQuestionAtATime(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	var asked atomic.Int32
	alone := func() {
		if !busy.CompareAndSwap(false, true) {
			t.Error("two questions at the same time")
		}
		asked.Add(1)
		time.Sleep(50 * time.Millisecond) // for others to come: this is what is tested
		busy.Store(false)
	}
	answers := map[string]string{"password": "right", "passphrase of ~/.ssh/id_rsa": "pass phrase",
		"Verification code:": "123456", "sudo password": sudoPassword}
	l := newLab(t, Options{Person: told{
		answer: func(_ context.Context, q PasswordQuestion) (string, error) {
			alone()
			return answers[first(q.Prompt, q.What)], nil
		},
		trust: func(context.Context, []NewKey) (bool, error) { alone(); return true, nil },
	}})
	key := newRSA(t)
	l.write("id_rsa", encrypted(t, key, "pass phrase"))
	var all []SSHOptions
	for slug, server := range map[string]sshserver.Options{
		"password": {Password: sshserver.IsPassword("right")}, "passphrase": authorized(publicOf(t, key)),
		"code": asking(codeRound), "other code": asking(codeRound), "new": {AuthorizedKeys: []ssh.PublicKey{l.key}},
	} {
		o := at(slug, l.server(server).Port())
		if slug == "new" {
			o.KnownHosts = []string{l.path("nothing")}
		}
		all = append(all, o)
	}
	var running sync.WaitGroup
	want := int32(len(all))
	if os.Geteuid() == 0 { // others have no accounts for sudo
		want++
		h := sshHandle(t, l.session, sudoers(t), "sudo", "tester", nil)
		running.Go(func() {
			if _, err := h.Run(t.Context(), "true", RunOptions{Sudo: true}); err != nil {
				t.Error(err)
			}
		})
	}
	for _, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	running.Wait()
	if asked.Load() != want {
		t.Errorf("asked %d times, want %d", asked.Load(), want)
	}
}
