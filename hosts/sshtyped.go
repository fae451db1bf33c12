package hosts

import (
	"context"
	"slices"
	"sync"
	"time"
)

// typedSecrets are the passwords and passphrases that were typed in a session, and the questions for them.
type typedSecrets struct {
	pool *pool

	mu  sync.Mutex // guards what follows, and the fields of answers but gather
	all map[string]*answers
}

// wanted is a secret that hosts may share: a passphrase by its key, a password by account and group.
type wanted struct{ key, what, user string }

// answers are what was typed for one secret.
type answers struct {
	gather   *gather[secretQuestion, string]
	given    []string       // newest last; without those that no host took
	taken    map[string]int // by so many hosts
	declined time.Time      // when the question was last left without an answer
}

// secretQuestion is what one host wants to know.
type secretQuestion struct {
	host    string
	failed  string          // why the last answer was refused
	refused map[string]bool // answers that are wrong for it
	since   time.Time       // when it was first of interest: a question that was declined since is not put again
}

// get returns what was typed before and was not refused, else it asks. It returns errDeclined where nobody answered.
func (t *typedSecrets) get(ctx context.Context, w wanted, q secretQuestion) (string, error) {
	a := t.of(w)
	if answer, err := t.known(a, q); answer != "" || err != nil {
		return answer, err
	}
	answer, err := a.gather.ask(ctx, q)
	if known, _ := t.known(a, q); known != "" && ctx.Err() == nil {
		return known, nil // also where the question was only put for others that waited
	}
	if err == nil && answer == "" {
		err = errDeclined
	}
	return answer, err
}

func (t *typedSecrets) of(w wanted) *answers {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string]*answers{}
	}
	a := t.all[w.key]
	if a == nil {
		a = &answers{taken: map[string]int{}}
		a.gather = &gather[secretQuestion, string]{pool: t.pool, put: t.asker(w, a)}
		t.all[w.key] = a
	}
	return a
}

// known returns an answer that was not refused: the one that most hosts have taken, else the newest.
func (t *typedSecrets) known(a *answers, q secretQuestion) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := ""
	for _, answer := range a.given {
		if !q.refused[answer] && (found == "" || a.taken[answer] > a.taken[found] || a.taken[found] == 0) {
			found = answer
		}
	}
	if found == "" && a.declined.After(q.since) {
		return "", errDeclined
	}
	return found, nil
}

// asker returns how to put the question to a person, for the hosts that still have it when the turn has come.
func (t *typedSecrets) asker(w wanted, a *answers) func(context.Context, Person, []secretQuestion) (string, error) {
	return func(ctx context.Context, person Person, all []secretQuestion) (string, error) {
		q := PasswordQuestion{What: w.what, User: w.user}
		for _, one := range all {
			if answer, err := t.known(a, one); answer != "" || err != nil {
				continue // since somebody was asked while this one waited for its turn
			}
			q.Hosts = append(q.Hosts, one.host)
			q.Failed = first(q.Failed, one.failed)
		}
		if len(q.Hosts) == 0 {
			return t.known(a, all[0])
		}
		slices.Sort(q.Hosts)
		answer, err := t.pool.askSecret(ctx, person, q)
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case ctx.Err() != nil: // nobody waits for it any more
		case answer == "" || err != nil:
			a.declined = time.Now()
		default:
			a.add(answer)
		}
		return answer, err
	}
}

// judge records whether an answer was right on a host. One that was wrong where it was first tried is forgotten: it
// was mistyped. One that another host took is another host's.
func (t *typedSecrets) judge(w wanted, answer string, right bool) {
	a := t.of(w)
	t.mu.Lock()
	defer t.mu.Unlock()
	if right {
		a.taken[answer]++
		a.add(answer)
	} else if a.taken[answer] == 0 {
		a.given = slices.DeleteFunc(a.given, func(g string) bool { return g == answer })
	}
}

// add needs typedSecrets.mu.
func (a *answers) add(answer string) {
	if !slices.Contains(a.given, answer) {
		a.given = append(a.given, answer)
	}
}
