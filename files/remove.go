package files

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// removersAtOnce hides a distance, as defaultWorkers does: an entry takes one round trip.
const removersAtOnce = 32

// RemoveTree removes a directory with all that is in it, and follows no links. One at a time says that nothing is done at
// once. What cannot be removed keeps nothing beside it from that; the error is of the first by name, with its path where
// that is not the one given.
func RemoveTree(ctx context.Context, on System, path string, oneAtATime bool) error {
	if shell, ok := on.(*Shell); ok { // one command, in place of one for each entry
		err := shell.do(ctx, "rmtree", path)
		if err == nil || isLost(err) || ctx.Err() != nil {
			return err
		}
	}
	r := &removal{on: on, top: path, places: make(chan struct{}, removersAtOnce)}
	if oneAtATime {
		r.places = make(chan struct{}, 1)
	}
	return r.directory(ctx, path)
}

// removal removes what is below a directory.
type removal struct {
	on     System
	top    string
	places chan struct{}
}

func (r *removal) directory(ctx context.Context, name string) error {
	r.places <- struct{}{}
	list, err := r.on.List(ctx, name)
	<-r.places
	if err != nil {
		return r.named(name, err)
	}
	if err := r.entries(ctx, name, list); err != nil {
		return err
	}
	r.places <- struct{}{}
	defer func() { <-r.places }()
	return r.named(name, r.on.Remove(ctx, name, true))
}

// entries removes what is in a directory.
func (r *removal) entries(ctx context.Context, dir string, list []*Info) error {
	slices.SortFunc(list, func(a, b *Info) int { return strings.Compare(a.Name, b.Name) })
	errs := make([]error, len(list))
	var removing sync.WaitGroup
	for i, info := range list {
		if err := cmp.Or(context.Cause(ctx), plainName(info.Name)); err != nil {
			errs[i] = r.named(dir, err)
			break
		}
		name := below(dir, info.Name)
		if info.IsDir() {
			removing.Go(func() { errs[i] = r.directory(ctx, name) })
			continue
		}
		r.places <- struct{}{} // before the goroutine: there may be many files
		removing.Go(func() {
			defer func() { <-r.places }()
			errs[i] = r.named(name, r.on.Remove(ctx, name, false))
		})
	}
	removing.Wait()
	return cmp.Or(errs...)
}

// named says at which path an error is, if that is below the top.
func (r *removal) named(path string, err error) error {
	if err == nil || path == r.top {
		return err
	}
	return fmt.Errorf("%s: %w", Shown(path), err)
}
