package main

import (
	"fmt"
	"strings"
	"time"
)

// limit is how long anything may take that must happen.
const limit = 10 * time.Second

// skip is what cannot be tried, and why.
type skip string

func (s skip) Error() string { return string(s) }

type namedCase struct {
	name string
	run  func() error
}

// tap prints one line a case, in TAP.
type tap struct{ count, failed int }

func (t *tap) try(one namedCase) {
	verdict, why := "ok", ""
	switch err := one.run().(type) {
	case nil:
	case skip:
		why = " # SKIP " + string(err)
	default:
		t.failed++
		verdict, why = "not ok", " # "+strings.Join(strings.Fields(err.Error()), " ")
	}
	t.count++
	fmt.Printf("%s %d - %s%s\n", verdict, t.count, one.name, why)
}

func (t *tap) end() int {
	fmt.Printf("1..%d\n", t.count)
	if t.failed > 0 {
		return 1
	}
	return 0
}

// same compares values as they print.
func same(found, wanted interface{}) error {
	if f, w := fmt.Sprint(found), fmt.Sprint(wanted); f != w {
		return fmt.Errorf("%q is not %q", f, w)
	}
	return nil
}

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// take waits for what comes.
func take(inbox <-chan string) (string, error) {
	select {
	case one := <-inbox:
		return one, nil
	case <-time.After(limit):
		return "", fmt.Errorf("nothing came within %v", limit)
	}
}

// takes waits for exactly this.
func takes(inbox <-chan string, wanted string) error {
	found, err := take(inbox)
	if err != nil {
		return err
	}
	return same(found, wanted)
}
