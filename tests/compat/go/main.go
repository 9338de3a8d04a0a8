// An app in Go that uses all that the hub offers, and tells how it went: compat http|grpc
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/dapr/go-sdk/client"
)

func main() {
	t := &tap{}
	service := newApp(os.Args[1])
	go func() {
		if err := service.start(); err != nil {
			log.Printf("the app ended: %v", err)
		}
	}()
	dapr, err := client.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	t.try(namedCase{"the hub is healthy", func() error { return dapr.Wait(ctx, limit) }})
	t.try(namedCase{"the hub has found the app", waitUntilReady})
	cases := append(newBlocks(ctx, dapr).cases(), service.cases(ctx, dapr)...)
	for _, one := range append(cases, service.newerCases(ctx, dapr)...) {
		t.try(one)
	}
	t.try(namedCase{"shutdown", func() error { return dapr.Shutdown(ctx) }})
	dapr.Close()
	os.Exit(t.end())
}

// waitUntilReady asks what an orchestrator asks: whether the hub and the app are ready.
func waitUntilReady() error {
	url := fmt.Sprintf("http://127.0.0.1:%s/v1.0/healthz", os.Getenv("DAPR_HTTP_PORT"))
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusNoContent {
				return nil
			}
		}
	}
	return fmt.Errorf("not ready within %v", limit)
}
