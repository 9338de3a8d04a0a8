// An app in Go that uses all that the hub offers, and tells how it went: compat http|grpc
package main

import (
	"context"
	"encoding/json"
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
	t.try(namedCase{"the hub knows the app's topics", waitUntilSubscribed})
	cases := append(newBlocks(ctx, dapr).cases(), service.cases(ctx, dapr)...)
	for _, one := range append(cases, service.newerCases(ctx, dapr)...) {
		t.try(one)
	}
	t.try(namedCase{"shutdown", func() error { return dapr.Shutdown(ctx) }})
	dapr.Close()
	os.Exit(t.end())
}

// waitUntilSubscribed waits until the hub has asked the app for its topics: what is published
// before may go nowhere.
func waitUntilSubscribed() error {
	url := fmt.Sprintf("http://127.0.0.1:%s/v1.0/metadata", os.Getenv("DAPR_HTTP_PORT"))
	var known struct{ Subscriptions []json.RawMessage }
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := getJSON(url, &known); err != nil {
			return err
		}
		if len(known.Subscriptions) == topicCount {
			return nil
		}
	}
	return fmt.Errorf("the hub knows of %s", known.Subscriptions)
}

func getJSON(url string, into interface{}) error {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("dapr-api-token", os.Getenv("DAPR_API_TOKEN"))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}
